"""Set aside: the one place that raises a line's `reserved` from stock, and with it the reservation and the stock it is promised from.

Reserve and refill call it inside their own step; the caller has locked orders and stock. Its mirror is `give_back.py`.
"""

from collections.abc import Sequence

from alur.core import sql
from alur.reads.allot import Part

SET_ASIDE = """
WITH given AS (
    SELECT * FROM unnest(%(line_id)s::bigint[], %(product_id)s::bigint[], %(warehouse_id)s::bigint[], %(quantity)s::numeric[])
           AS g(line_id, product_id, warehouse_id, quantity)
), kept AS (
    INSERT INTO reservation (order_line_id, product_id, warehouse_id, lot, quantity)
    SELECT line_id, product_id, warehouse_id, 0, quantity FROM given WHERE warehouse_id IS NOT NULL
    ON CONFLICT (order_line_id, warehouse_id, lot) DO UPDATE SET quantity = reservation.quantity + excluded.quantity
), shelf AS (
    UPDATE stock s SET reserved = s.reserved + g.quantity
      FROM (SELECT product_id, warehouse_id, sum(quantity) AS quantity FROM given WHERE warehouse_id IS NOT NULL GROUP BY product_id, warehouse_id) g
     WHERE s.product_id = g.product_id AND s.warehouse_id = g.warehouse_id AND s.lot = 0
)
UPDATE order_line l SET reserved = l.reserved + g.quantity
  FROM (SELECT line_id, sum(quantity) AS quantity FROM given GROUP BY line_id) g
 WHERE l.id = g.line_id
"""


def set_aside(parts: Sequence[Part]) -> None:
    """Reserve these parts (one statement, may be pipelined); one without a warehouse needs no stock."""
    if parts:
        sql.run(SET_ASIDE, **sql.columns(parts, *Part._fields))
