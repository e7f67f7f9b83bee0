"""The queue for goods that are not there: one row a line, in the order's place (priority, received_at, id), at one warehouse."""

from collections.abc import Iterable, Mapping, Sequence

from alur.core import sql
from alur.reads.allot import Part

# A line that waits already goes on waiting where it does, for more.
ENTER = """
INSERT INTO backorder (order_line_id, order_id, product_id, warehouse_id, open, priority, received_at, unpaid)
SELECT l.id, o.id, b.product_id, b.warehouse_id, b.quantity, o.priority, o.received_at, %(unpaid)s
  FROM unnest(%(line_id)s::bigint[], %(product_id)s::bigint[], %(warehouse_id)s::bigint[], %(quantity)s::numeric[])
       AS b(line_id, product_id, warehouse_id, quantity)
  JOIN order_line l ON l.id = b.line_id JOIN sales_order o ON o.id = l.order_id
ON CONFLICT (order_line_id) DO UPDATE SET open = backorder.open + excluded.open, unpaid = backorder.unpaid OR excluded.unpaid
"""
UNPAID = "UPDATE backorder SET unpaid = true WHERE order_id = ANY(%(ids)s::bigint[]) AND NOT unpaid"
PAID = "UPDATE backorder SET unpaid = false WHERE order_id = ANY(%(ids)s::bigint[]) AND unpaid"
LEAVE = """
WITH given AS (
    SELECT * FROM unnest(%(line_id)s::bigint[], %(quantity)s::numeric[]) AS g(line_id, quantity)
), gone AS (
    DELETE FROM backorder b USING given g WHERE b.order_line_id = g.line_id AND b.open <= g.quantity
)
UPDATE backorder b SET open = b.open - g.quantity FROM given g WHERE b.order_line_id = g.line_id AND b.open > g.quantity
"""
GROW = """
UPDATE backorder b SET open = b.open + g.quantity
  FROM unnest(%(line_id)s::bigint[], %(quantity)s::numeric[]) AS g(line_id, quantity) WHERE b.order_line_id = g.line_id
"""
# The orders that wait for these products where they are to come.
WAKE = """
INSERT INTO recheck (step, order_id, why)
SELECT DISTINCT 'promise', b.order_id, 'supply'
  FROM backorder b JOIN unnest(%(product_id)s::bigint[], %(warehouse_id)s::bigint[]) AS s(product_id, warehouse_id)
    ON s.product_id = b.product_id AND s.warehouse_id = b.warehouse_id
"""
# Orders held because goods are missing, and customers that take no backorders: enough is free now.
FREE = """
INSERT INTO recheck (step, order_id, why)
SELECT DISTINCT 'verify', h.order_id, 'supply'
  FROM hold h JOIN order_line l ON l.id = h.line_id
 WHERE h.code = 'not_available' AND h.resolved_at IS NULL AND l.product_id = ANY(%(products)s::bigint[])
   AND l.ordered - l.cancelled - l.reserved <= (SELECT coalesce(sum(s.on_hand - s.reserved), 0) FROM stock s
           JOIN warehouse w ON w.id = s.warehouse_id AND w.kind = 'own' AND w.active WHERE s.product_id = l.product_id)
"""


def enter(parts: Sequence[Part], *, unpaid: bool = False) -> None:
    """Let these wait where they would be taken from, each line once; unpaid: passed over until they have paid (may be pipelined)."""
    if parts:
        sql.run(ENTER, unpaid=unpaid, **sql.columns(parts, *Part._fields))


def unpaid(order_ids: Sequence[int]) -> None:
    """Pass over what these orders wait for until they have paid; they keep their places (may be pipelined)."""
    if order_ids:
        sql.run(UNPAID, ids=list(order_ids))


def paid(order_ids: Sequence[int]) -> None:
    """Serve these orders again, at the places they kept (may be pipelined)."""
    if order_ids:
        sql.run(PAID, ids=list(order_ids))


def leave(lines: Mapping[int, object]) -> None:
    """Take so much of each line out of the queue: it came, or nobody wants it any more (may be pipelined)."""
    if lines:
        sql.run(LEAVE, line_id=list(lines), quantity=list(lines.values()))


def grow(lines: Mapping[int, object]) -> None:
    """Let lines that wait already wait for so much more; of others reserve decides (may be pipelined)."""
    if lines:
        sql.run(GROW, line_id=list(lines), quantity=list(lines.values()))


def wake(places: Sequence[tuple[int, int | None]]) -> None:
    """What is on its way to these (product, warehouse) has changed: who waits there is promised anew (may be pipelined)."""
    sql.run(WAKE, product_id=[product for product, _ in places], warehouse_id=[warehouse for _, warehouse in places])


def free(products: Iterable[int]) -> None:
    """More of these products is free: verify looks again at the orders that are held for want of them (may be pipelined)."""
    found = sorted(set(products))
    if found:
        sql.run(FREE, products=found)
