"""Shelves to count: what should lie in a warehouse by the books, without goods that are picked and stand elsewhere."""

from collections.abc import Sequence
from typing import Any

from alur.core import sql

PAGE = 50

SHELVES = """
SELECT p.id, p.sku, CASE WHEN %(language)s = 'en' AND p.name_en <> '' OR p.name_id = '' THEN p.name_en ELSE p.name_id END AS name, p.unit,
       coalesce(s.on_hand, 0) - coalesce(x.picked, 0) AS shelf, coalesce(s.reserved, 0) - coalesce(x.picked, 0) AS reserved, coalesce(x.picked, 0) AS picked,
       s.unit_cost, m.at AS counted_at
  FROM (SELECT p.* FROM product p LEFT JOIN stock s ON s.product_id = p.id AND s.warehouse_id = %(warehouse)s AND s.lot = 0
         WHERE p.kind = 'goods' AND (s.on_hand > 0 OR %(q)s <> '' AND p.active)
           AND (%(q)s = '' OR lower(p.sku || ' ' || p.name_id || ' ' || p.name_en) LIKE '%%' || lower(%(q)s) || '%%')
           AND p.id = ANY(coalesce(%(ids)s::bigint[], ARRAY[p.id]))
         ORDER BY p.sku LIMIT %(limit)s OFFSET %(offset)s) p
  LEFT JOIN stock s ON s.product_id = p.id AND s.warehouse_id = %(warehouse)s AND s.lot = 0
  LEFT JOIN LATERAL (
       SELECT sum(d.picked) AS picked FROM reservation r JOIN delivery_line d ON d.order_line_id = r.order_line_id
         JOIN delivery v ON v.id = d.delivery_id
        WHERE r.warehouse_id = %(warehouse)s AND r.product_id = p.id AND v.warehouse_id = r.warehouse_id AND v.state IN ('scheduled', 'picked')) x ON true
  LEFT JOIN LATERAL (
       SELECT at FROM stock_move WHERE product_id = p.id AND warehouse_id = %(warehouse)s AND kind = 'count' AND quantity <> 0
        ORDER BY id DESC LIMIT 1) m ON true
 ORDER BY p.sku
"""
ALL = "SELECT count(*) FROM stock s WHERE s.warehouse_id = %(warehouse)s AND s.on_hand > 0 AND s.lot = 0"
WAREHOUSES = """
SELECT id, coalesce(nullif(name, ''), code) AS name FROM warehouse WHERE kind <> 'transit' AND active ORDER BY kind <> 'own', priority, id
"""


def page(warehouse: int, *, q: str, number: int, language: str) -> list[Any]:
    """A page of a warehouse's shelves; with q also what is not there yet. One row more says that there is another page."""
    return sql.read(SHELVES, warehouse=warehouse, q=q, language=language, ids=None, limit=PAGE + 1, offset=(number - 1) * PAGE)


def some(warehouse: int, products: Sequence[int], *, language: str) -> dict[int, Any]:
    """These shelves, by product."""
    found = sql.read(SHELVES, warehouse=warehouse, q=" ", language=language, ids=list(products), limit=len(products), offset=0)
    return {row.id: row for row in found}


def every(warehouse: int) -> int:
    """How many shelves have something on them."""
    return sql.read(ALL, warehouse=warehouse)[0][0]


def warehouses() -> list[tuple[int, str]]:
    """Where something may be counted."""
    return [(row.id, row.name) for row in sql.read(WAREHOUSES)]
