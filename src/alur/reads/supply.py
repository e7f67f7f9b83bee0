"""Supply orders: the list, and one order with its lines, its parts and what happened. Plain rows, the same number of queries for any order."""

from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString

from alur.core import sql

PAGE = 25
TABS: tuple[LiteralString, ...] = ("open", "late", "all")
_LATE: LiteralString = "EXISTS (SELECT FROM supply_line x WHERE x.supply_order_id = o.id AND x.state = 'open' AND x.expected_on < %(today)s)"
_TABS: dict[LiteralString, LiteralString] = {"open": "o.state = 'open'", "late": f"o.state = 'open' AND {_LATE}", "all": "true"}
_ROWS: LiteralString = """
SELECT o.id, o.number, o.kind, o.state, o.ordered_at, coalesce(nullif(s.name, ''), s.code, nullif(d.name, ''), d.code, nullif(f.name, ''), f.code) AS source,
       coalesce(nullif(w.name, ''), w.code) AS warehouse, l.*
  FROM (SELECT o.* FROM supply_order o WHERE {tab} AND (%(q)s = '' OR o.number ILIKE '%%' || %(q)s || '%%' OR o.supplier_id IN (SELECT id FROM supplier
           WHERE name ILIKE '%%' || %(q)s || '%%') OR EXISTS (SELECT FROM supply_line x JOIN product p ON p.id = x.product_id
           WHERE x.supply_order_id = o.id AND p.sku ILIKE '%%' || %(q)s || '%%'))
         ORDER BY o.ordered_at DESC, o.id DESC LIMIT %(limit)s OFFSET %(offset)s) o
  JOIN warehouse w ON w.id = o.warehouse_id LEFT JOIN supplier s ON s.id = o.supplier_id LEFT JOIN department d ON d.id = o.department_id
  LEFT JOIN warehouse f ON f.id = o.from_warehouse_id
 CROSS JOIN LATERAL (
       SELECT count(*) AS lines, min(x.expected_on) FILTER (WHERE x.state = 'open') AS expected_on, (array_agg(p.sku ORDER BY x.id))[1] AS sku,
              sum(x.quantity * x.unit_cost) AS value, sum(least(x.received / x.quantity, 1)) / count(*) AS part, sum(x.sent - x.received) AS road
         FROM supply_line x JOIN product p ON p.id = x.product_id WHERE x.supply_order_id = o.id) l
 ORDER BY o.ordered_at DESC, o.id DESC
"""
LISTS: dict[str, LiteralString] = {tab: _ROWS.replace("{tab}", where) for tab, where in _TABS.items()}
TALLY: LiteralString = f"""
SELECT count(*) FILTER (WHERE o.state = 'open') AS open, count(*) FILTER (WHERE o.state = 'open' AND {_LATE}) AS late, count(*) AS all FROM supply_order o
"""
ORDER = """
SELECT o.id, o.number, o.kind, o.state, o.ordered_at, o.by, o.version, o.warehouse_id, coalesce(nullif(w.name, ''), w.code) AS warehouse,
       coalesce(nullif(s.name, ''), s.code, nullif(d.name, ''), d.code, nullif(f.name, ''), f.code) AS source, s.phone, s.email
  FROM supply_order o JOIN warehouse w ON w.id = o.warehouse_id LEFT JOIN supplier s ON s.id = o.supplier_id
  LEFT JOIN department d ON d.id = o.department_id LEFT JOIN warehouse f ON f.id = o.from_warehouse_id
 WHERE o.number = %(number)s
"""
LINES = """
SELECT l.id, l.state, l.quantity, l.sent, l.received, l.quantity - l.received AS open, l.quantity - l.sent AS unsent, l.sent - l.received AS road, l.unit_cost,
       l.expected_on, coalesce(l.state = 'open' AND l.expected_on < %(today)s, false) AS late, p.id AS product_id, p.sku, p.unit,
       CASE WHEN %(language)s = 'en' AND p.name_en <> '' OR p.name_id = '' THEN p.name_en ELSE p.name_id END AS name, o.number AS order_number,
       (SELECT coalesce(sum(b.open), 0) FROM backorder b WHERE b.product_id = l.product_id AND b.warehouse_id = h.warehouse_id) AS waits,
       (SELECT coalesce(sum(s.on_hand - s.reserved), 0) FROM stock s WHERE s.product_id = l.product_id AND s.warehouse_id = h.from_warehouse_id) AS free
  FROM supply_line l JOIN supply_order h ON h.id = l.supply_order_id JOIN product p ON p.id = l.product_id
  LEFT JOIN order_line x ON x.id = l.order_line_id LEFT JOIN sales_order o ON o.id = x.order_id
 WHERE l.supply_order_id = %(id)s ORDER BY l.id
"""
PARTS = """
SELECT p.sku, p.unit, CASE WHEN %(language)s = 'en' AND p.name_en <> '' OR p.name_id = '' THEN p.name_en ELSE p.name_id END AS name,
       sum(c.quantity * (l.quantity - l.received)) AS needed, coalesce(s.on_hand - s.reserved, 0) AS free
  FROM supply_line l JOIN supply_order h ON h.id = l.supply_order_id AND h.kind = 'make' JOIN component c ON c.product_id = l.product_id
  JOIN product p ON p.id = c.part_id LEFT JOIN stock s ON s.product_id = p.id AND s.warehouse_id = h.warehouse_id AND s.lot = 0
 WHERE l.supply_order_id = %(id)s AND l.state = 'open' GROUP BY p.id, s.on_hand, s.reserved ORDER BY p.sku
"""
EVENTS = """
SELECT kind, subject_kind, subject_id, order_id, actor, at, data FROM event
 WHERE order_id IS NULL AND subject_kind = 'supply_order' AND subject_id = %(id)s ORDER BY id DESC LIMIT 50
"""
SOURCES = """
SELECT 'buy' AS kind, id, coalesce(nullif(name, ''), code) AS name, 0 AS place FROM supplier
UNION ALL SELECT 'make', id, coalesce(nullif(name, ''), code), 0 FROM department WHERE kind = 'production'
UNION ALL SELECT k.kind, id, coalesce(nullif(name, ''), code), w.priority FROM warehouse w, (VALUES ('transfer'), ('to')) k(kind)
 WHERE w.kind <> 'transit' AND w.active
 ORDER BY 1, 4, 3, 2
"""
# What an order lacks that is not on its way to it already; and one product, where most is waited for.
LACKING = """
SELECT p.sku, p.supply, p.department_id, p.lead_days, b.warehouse_id, sum(b.open) AS quantity
  FROM sales_order o JOIN backorder b ON b.order_id = o.id JOIN product p ON p.id = b.product_id
 WHERE o.number = %(number)s GROUP BY p.id, b.warehouse_id ORDER BY p.sku
"""
WANTED = """
SELECT p.sku, p.supply, p.department_id, p.lead_days, x.warehouse_id, h.quantity
  FROM sales_order o JOIN hold x0 ON x0.order_id = o.id AND x0.code = 'not_available' AND x0.resolved_at IS NULL
 CROSS JOIN LATERAL (SELECT (x0.facts ->> 'quantity')::numeric AS quantity) h
  JOIN product p ON p.id = (x0.facts ->> 'product_id')::bigint LEFT JOIN customer x ON x.id = o.customer_id
 WHERE o.number = %(number)s ORDER BY p.sku
"""
NUMBERS = "SELECT number FROM supply_order WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id"
PRODUCTS = "SELECT sku, id, unit FROM product WHERE kind = 'goods' AND lower(sku) = ANY(%(skus)s::text[])"
COSTS = """
SELECT p.sku, coalesce(x.unit_cost, s.cost) AS cost FROM product p
  LEFT JOIN LATERAL (SELECT l.unit_cost FROM supply_line l JOIN supply_order h ON h.id = l.supply_order_id AND h.kind = 'buy'
                      WHERE l.product_id = p.id ORDER BY l.id DESC LIMIT 1) x ON true
  LEFT JOIN LATERAL (SELECT sum(value) / nullif(sum(on_hand), 0) AS cost FROM stock WHERE product_id = p.id) s ON true
 WHERE p.sku = ANY(%(skus)s::text[])
"""


@dataclass(frozen=True, slots=True)
class Page:
    """One supply order with everything around it."""

    order: Any
    lines: list[Any]
    parts: list[Any]
    events: list[Any]


def tally(today: date) -> dict[str, int]:
    """How many supply orders there are in each tab."""
    row = sql.read(TALLY, today=today)[0]
    return {tab: getattr(row, tab) for tab in TABS}


def page(tab: str, *, q: str, number: int, today: date) -> list[Any]:
    """A page of the list; one row more says that there is another page."""
    return sql.read(LISTS[tab], q=q, today=today, limit=PAGE + 1, offset=(number - 1) * PAGE)


def load(number: str, *, today: date, language: str) -> Page | None:
    """One supply order."""
    order = next(iter(sql.read(ORDER, number=number)), None)
    if order is None:
        return None
    words = {"id": order.id, "language": language}
    return Page(order, sql.read(LINES, today=today, **words), sql.read(PARTS, **words), sql.read(EVENTS, id=order.id))


def sources() -> dict[str, list[tuple[str, str]]]:
    """Suppliers, departments of production and warehouses to choose from, by the kind of supply; `to`: for which warehouse."""
    found: dict[str, list[tuple[str, str]]] = {"buy": [], "make": [], "transfer": [], "to": []}
    for row in sql.read(SOURCES):
        found[row.kind].append((str(row.id), row.name))
    return found


def lacking(number: str) -> list[Any]:
    """What a sales order waits for, or is held for want of."""
    return sql.read(LACKING, number=number) or sql.read(WANTED, number=number)


def products(skus: list[str]) -> dict[str, Any]:
    """Goods by their SKU, however it is written."""
    return {row.sku.lower(): row for row in sql.read(PRODUCTS, skus=[sku.lower() for sku in skus])}


def costs(skus: list[str]) -> dict[str, Any]:
    """What each cost when it was bought last, else what it is worth."""
    return {row.sku: row.cost for row in sql.read(COSTS, skus=skus)}


def numbers(ids: list[int]) -> list[str]:
    """What these supply orders are called."""
    return [row.number for row in sql.read(NUMBERS, ids=ids)]
