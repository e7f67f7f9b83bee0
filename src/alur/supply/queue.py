"""The queue for goods that are not there: one row a line, in the order's place (priority, received_at, id), at one warehouse."""

from collections.abc import Mapping, Sequence

from alur.core import sql
from alur.reads.allot import Part

ENTER = """
INSERT INTO backorder (order_line_id, order_id, product_id, warehouse_id, open, priority, received_at)
SELECT l.id, o.id, b.product_id, b.warehouse_id, b.quantity, o.priority, o.received_at
  FROM unnest(%(line_id)s::bigint[], %(product_id)s::bigint[], %(warehouse_id)s::bigint[], %(quantity)s::numeric[])
       AS b(line_id, product_id, warehouse_id, quantity)
  JOIN order_line l ON l.id = b.line_id JOIN sales_order o ON o.id = l.order_id
"""
LEAVE = """
WITH given AS (
    SELECT * FROM unnest(%(line_id)s::bigint[], %(quantity)s::numeric[]) AS g(line_id, quantity)
), gone AS (
    DELETE FROM backorder b USING given g WHERE b.order_line_id = g.line_id AND b.open <= g.quantity
)
UPDATE backorder b SET open = b.open - g.quantity FROM given g WHERE b.order_line_id = g.line_id AND b.open > g.quantity
"""
# The orders that wait for these products where they are to come.
WAKE = """
INSERT INTO recheck (step, order_id, why)
SELECT DISTINCT 'promise', b.order_id, 'supply'
  FROM backorder b JOIN unnest(%(product_id)s::bigint[], %(warehouse_id)s::bigint[]) AS s(product_id, warehouse_id)
    ON s.product_id = b.product_id AND s.warehouse_id = b.warehouse_id
"""


def enter(parts: Sequence[Part]) -> None:
    """Let these wait where they would be taken from (may be pipelined)."""
    if parts:
        sql.run(ENTER, **sql.columns(parts, *Part._fields))


def leave(lines: Mapping[int, object]) -> None:
    """Take so much of each line out of the queue: it came, or nobody wants it any more (may be pipelined)."""
    if lines:
        sql.run(LEAVE, line_id=list(lines), quantity=list(lines.values()))


def wake(places: Sequence[tuple[int, int | None]]) -> None:
    """What is on its way to these (product, warehouse) has changed: who waits there is promised anew (may be pipelined)."""
    sql.run(WAKE, product_id=[product for product, _ in places], warehouse_id=[warehouse for _, warehouse in places])
