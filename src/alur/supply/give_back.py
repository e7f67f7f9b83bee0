"""Give back: the one place that lowers a line's `reserved`, and with it the reservation and the stock it was promised.

Cancel, amend, expire, short pick, count and failed deliveries call it inside their own step; the caller has locked orders, stock and deliveries.
A line's counters change in one UPDATE, since each of them alone would break a CHECK.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal

from alur.core import sql
from alur.supply import queue

ZERO = Decimal(0)

LINES = """
UPDATE order_line l SET reserved = l.reserved - g.reserved, scheduled = l.scheduled - g.scheduled, picked = l.picked - g.picked,
       shipped = l.shipped - g.shipped, delivered = l.delivered + g.delivered, cancelled = l.cancelled + g.cancelled
  FROM (SELECT line_id, sum(reserved) AS reserved, sum(scheduled) AS scheduled, sum(picked) AS picked, sum(shipped) AS shipped,
               sum(delivered) AS delivered, sum(cancelled) AS cancelled
          FROM unnest(%(line_id)s::bigint[], %(reserved)s::numeric[], %(scheduled)s::numeric[], %(picked)s::numeric[], %(shipped)s::numeric[],
                      %(delivered)s::numeric[], %(cancelled)s::numeric[])
               AS x(line_id, reserved, scheduled, picked, shipped, delivered, cancelled)
         GROUP BY line_id) g
 WHERE l.id = g.line_id
"""
# A reservation that ends is deleted and one that shrinks is updated: two rows, never the same one in both.
STOCK = """
WITH given AS (
    SELECT line_id, product_id, warehouse_id, sum(quantity) AS quantity
      FROM unnest(%(line_id)s::bigint[], %(product_id)s::bigint[], %(warehouse_id)s::bigint[], %(quantity)s::numeric[])
           AS x(line_id, product_id, warehouse_id, quantity)
     GROUP BY line_id, product_id, warehouse_id
), gone AS (
    DELETE FROM reservation r USING given g
     WHERE r.order_line_id = g.line_id AND r.warehouse_id = g.warehouse_id AND r.lot = 0 AND r.quantity <= g.quantity
), less AS (
    UPDATE reservation r SET quantity = r.quantity - g.quantity FROM given g
     WHERE r.order_line_id = g.line_id AND r.warehouse_id = g.warehouse_id AND r.lot = 0 AND r.quantity > g.quantity
)
UPDATE stock s SET reserved = s.reserved - f.quantity
  FROM (SELECT product_id, warehouse_id, sum(quantity) AS quantity FROM given GROUP BY product_id, warehouse_id) f
 WHERE s.product_id = f.product_id AND s.warehouse_id = f.warehouse_id AND s.lot = 0
"""


@dataclass(frozen=True, slots=True)
class Give:
    """What a line gives back. `reserved` falls; `scheduled`, `picked` and `shipped` fall with it as far as it had come; the customer no longer
    wants `cancelled` of it; `delivered` is what arrived beside it. `warehouse_id` says on which shelf it comes free: None for what lies on no
    shelf (a charge, a service, goods on the road, a backorder).
    """  # noqa: D205

    line_id: int
    product_id: int
    reserved: Decimal = ZERO
    warehouse_id: int | None = None
    scheduled: Decimal = ZERO
    picked: Decimal = ZERO
    shipped: Decimal = ZERO
    delivered: Decimal = ZERO
    cancelled: Decimal = ZERO


COUNTERS = tuple(f.name for f in fields(Give) if f.name not in ("product_id", "warehouse_id"))


def give_back(gives: Iterable[Give]) -> set[tuple[int, int]]:
    """Lower these lines' reserved (up to three statements, may be pipelined); which (product, warehouse) came free by it."""
    given = list(gives)
    if not given:
        return set()
    sql.run(LINES, **sql.columns(given, *COUNTERS))
    shelved = [g for g in given if g.warehouse_id is not None and g.reserved]
    if shelved:
        sql.run(STOCK, quantity=[g.reserved for g in shelved], **sql.columns(shelved, "line_id", "product_id", "warehouse_id"))
        queue.free(g.product_id for g in shelved)
    return {(g.product_id, g.warehouse_id) for g in shelved if g.warehouse_id is not None}
