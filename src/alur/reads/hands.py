"""What hands need to know: what is to be picked now, line by line, and where a driver goes next."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from alur.core import sql

MOST = 60

TO_PICK = """
SELECT d.id, d.number, d.scheduled_on, d.delivery_window, d.scheduled_on < %(today)s AS late, c.name AS customer, w.code AS warehouse,
       g.lines, g.quantity, g.held
  FROM delivery d JOIN customer c ON c.id = d.customer_id JOIN warehouse w ON w.id = d.warehouse_id
 CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE l.kind = 'goods') AS lines, sum(x.quantity) FILTER (WHERE l.kind = 'goods') AS quantity,
           coalesce(bool_or(EXISTS (SELECT FROM hold h WHERE h.order_id = l.order_id AND h.resolved_at IS NULL)), false) AS held
      FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id WHERE x.delivery_id = d.id) g
 WHERE d.state IN ('scheduled', 'picked', 'dispatched') AND d.state = 'scheduled'
   AND d.scheduled_on <= greatest(%(today)s, (SELECT min(n.scheduled_on) FROM delivery n WHERE n.state IN ('scheduled', 'picked', 'dispatched')
                                                AND n.state = 'scheduled' AND n.scheduled_on BETWEEN %(today)s AND %(today)s + 3))
 ORDER BY d.scheduled_on, d.delivery_window, d.id LIMIT %(limit)s
"""
# What a scan may say of a product: its SKU, or the code on a carton of so many.
CODES = """
SELECT p.id, p.sku AS code, p.unit, 1::numeric AS factor, coalesce((SELECT sum(s.on_hand) FROM stock s JOIN warehouse w ON w.id = s.warehouse_id
         WHERE s.product_id = p.id AND w.code = %(warehouse)s), 0) AS on_hand
  FROM product p WHERE p.id = ANY(%(products)s::bigint[])
UNION ALL
SELECT u.product_id, u.barcode, u.unit, u.factor, NULL FROM product_unit u WHERE u.product_id = ANY(%(products)s::bigint[])
 ORDER BY 1, 4
"""
STOPS = """
SELECT d.id, d.number, d.scheduled_on, d.delivery_window, d.vehicle, d.scheduled_on < %(today)s AS late, c.name AS customer, a.name AS ship_name,
       a.lines AS ship_lines, a.city, a.phone, g.lines, g.quantity
  FROM delivery d JOIN customer c ON c.id = d.customer_id LEFT JOIN document_address a ON a.id = d.ship_to_id
 CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE l.kind = 'goods') AS lines, sum(x.picked) FILTER (WHERE l.kind = 'goods') AS quantity
      FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id WHERE x.delivery_id = d.id) g
 WHERE d.state IN ('scheduled', 'picked', 'dispatched') AND d.state = 'dispatched' AND (d.driver_id = %(me)s OR d.driver_id IS NULL AND d.method = 'own_fleet')
 ORDER BY d.scheduled_on, d.delivery_window, d.id LIMIT %(limit)s
"""
ENDED = """
SELECT count(*) FROM delivery d
 WHERE d.ended_at IS NOT NULL AND d.ended_at >= %(since)s AND d.state IN ('delivered', 'failed')
   AND (d.driver_id = %(me)s OR d.driver_id IS NULL AND d.method = 'own_fleet')
"""
SOLD = """
SELECT p.id, p.sku FROM product p WHERE p.sku = ANY(%(codes)s::text[])
UNION ALL SELECT u.product_id, u.barcode FROM product_unit u WHERE u.barcode = ANY(%(codes)s::text[]) AND u.barcode <> ''
"""
# What a substitute is added to: the order as it is now.
VERSIONS = "SELECT id, version FROM sales_order WHERE id = ANY(%(ids)s::bigint[])"


def to_pick(today: date) -> list[Any]:
    """What is to be picked by the end of today, or, when that is done, for the next day; in the order in which it leaves."""
    return sql.read(TO_PICK, today=today, limit=MOST)


def codes(products: Collection[int], warehouse: str) -> list[Any]:
    """The codes of these products with what each stands for; the first of a product is its SKU, with what the shelf holds."""
    return sql.read(CODES, products=list(products), warehouse=warehouse)


def stops(me: int, today: date) -> list[Any]:
    """Where this driver goes, in order: what is loaded for them, and own vans that nobody was named for."""
    return sql.read(STOPS, me=me, today=today, limit=MOST)


def ended(me: int, since: datetime) -> int:
    """How many of this driver's stops are over since then."""
    return sql.read(ENDED, me=me, since=since)[0].count


def products(said: Collection[str]) -> dict[str, int]:
    """The products that these SKUs and barcodes mean."""
    return {row.sku: row.id for row in sql.read(SOLD, codes=list(said))} if said else {}


def versions(orders: Collection[int]) -> dict[int, int]:
    """The version of each of these orders."""
    return {row.id: row.version for row in sql.read(VERSIONS, ids=list(orders))} if orders else {}
