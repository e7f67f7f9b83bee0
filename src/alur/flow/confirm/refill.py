"""Refill: goods that came free go to those who wait for them, in queue order, at the warehouse where they wait.

    confirmed with a backorder --refill--> the same, reserved     order.refilled

Nobody is overtaken: who stands ahead counts in full, whether asked about or not. Held orders and unpaid rows are passed over and keep their place.
What was filled is promised anew. Rules: reference steps.md "confirm.refill" and "Queue rule".
"""

from collections.abc import Sequence
from datetime import datetime

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.log import recheck
from alur.models import locks
from alur.reads.allot import Part
from alur.supply import queue
from alur.supply.set_aside import set_aside

REFUSALS = {
    "held": "{order} is held ({hold}). Settle that hold; it keeps its place in the queue meanwhile.",
    "waits_for_ahead": "Nothing is free for {order} yet: what it waits for has not come, or goes to the orders ahead of it.",
}

JUDGE = """
SELECT o.id, o.state, EXISTS (SELECT FROM backorder b WHERE b.order_id = o.id) AS waits,
       (SELECT h.code FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment' ORDER BY h.id LIMIT 1) AS hold
  FROM sales_order o WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.priority, o.received_at, o.id
"""
# Per product and warehouse with something free: each place in the queue, and how much those before it take.
FILL = """
WITH place AS MATERIALIZED (
    SELECT s.product_id, s.warehouse_id, s.on_hand - s.reserved AS free
      FROM (SELECT DISTINCT product_id, warehouse_id FROM backorder WHERE order_id = ANY(%(ids)s::bigint[])) b
      JOIN stock s ON s.product_id = b.product_id AND s.warehouse_id = b.warehouse_id AND s.lot = 0 AND s.on_hand > s.reserved
), waiting AS (
    SELECT b.order_id, b.order_line_id, b.product_id, b.warehouse_id, b.open, p.free,
           sum(b.open) OVER (PARTITION BY b.product_id, b.warehouse_id ORDER BY b.priority, b.received_at, b.order_id, b.order_line_id) - b.open AS ahead
      FROM place p
      JOIN backorder b ON b.product_id = p.product_id AND b.warehouse_id = p.warehouse_id AND NOT b.unpaid
      JOIN sales_order o ON o.id = b.order_id AND o.state = 'confirmed'
     WHERE NOT EXISTS (SELECT FROM hold h WHERE h.order_id = b.order_id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment')
)
SELECT order_id, order_line_id, product_id, warehouse_id, least(open, free - ahead) AS quantity
  FROM waiting WHERE free > ahead AND order_id = ANY(%(ids)s::bigint[])
"""
WAITING = """
WITH place AS MATERIALIZED (
    SELECT s.product_id, s.warehouse_id, s.on_hand - s.reserved AS free
      FROM (SELECT DISTINCT product_id, warehouse_id FROM backorder WHERE NOT unpaid) b
      JOIN stock s ON s.product_id = b.product_id AND s.warehouse_id = b.warehouse_id AND s.lot = 0 AND s.on_hand > s.reserved
), waiting AS (
    SELECT b.order_id, p.free,
           sum(b.open) OVER (PARTITION BY b.product_id, b.warehouse_id ORDER BY b.priority, b.received_at, b.order_id, b.order_line_id) - b.open AS ahead
      FROM place p
      JOIN backorder b ON b.product_id = p.product_id AND b.warehouse_id = p.warehouse_id AND NOT b.unpaid
      JOIN sales_order o ON o.id = b.order_id AND o.state = 'confirmed'
     WHERE NOT EXISTS (SELECT FROM hold h WHERE h.order_id = b.order_id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment')
)
SELECT o.id FROM sales_order o
 WHERE o.id IN (SELECT order_id FROM waiting WHERE free > ahead)
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'confirm.refill' AND b.subject_id = o.id)
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""


def refill(order_ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Give these orders what came free for them."""
    locks.orders(order_ids)
    locks.stock_of_orders(order_ids)
    filled = sql.rows(FILL, ids=list(order_ids))
    outcome = _answers(order_ids, {row.order_id for row in filled})
    if not filled:
        return outcome
    for row in filled:
        outcome.facts.setdefault(row.order_id, {"lines": {}})["lines"][str(row.order_line_id)] = row.quantity
    with sql.pipeline():
        set_aside([Part(row.order_line_id, row.product_id, row.warehouse_id, row.quantity) for row in filled])
        queue.leave({row.order_line_id: row.quantity for row in filled})
        recheck.add("promise", outcome.moved, "refilled")
        log.append(outcome, moved="order.refilled", by=by, at=at)
    return outcome


def _answers(order_ids: Sequence[int], filled: set[int]) -> Outcome:
    """Who got something, who does not wait, who waits on."""
    outcome, seen = Outcome(), set()
    for order in sql.rows(JUDGE, ids=list(order_ids)):
        seen.add(order.id)
        if order.id in filled:
            outcome.moved.append(order.id)
        elif order.state != "confirmed" and order.waits:
            outcome.refuse(order.id, "wrong_state", state=order.state)
        elif not order.waits:
            outcome.already.append(order.id)
        elif order.hold:
            outcome.refuse(order.id, "held", order_id=order.id, hold=order.hold)
        else:
            outcome.refuse(order.id, "waits_for_ahead", order_id=order.id)
    for missing in set(order_ids) - seen:
        outcome.refuse(missing, "not_found")
    return outcome
