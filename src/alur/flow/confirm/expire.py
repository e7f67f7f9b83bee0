"""Expire: goods that are set aside for an order whose advance does not come go back to those who pay.

    confirmed, unpaid some days after its last receipt (none: after it was confirmed) --expire--> the same, waiting     order.expired

The order keeps its place in the queue, but refill passes over it until it is paid (or somebody releases the hold). What rides on a delivery already
stays. Days: policy reservation_expires_days. Rules: reference steps.md "confirm.expire".
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from alur import log
from alur.core import sql, step
from alur.core.step import Outcome
from alur.log import recheck
from alur.models import locks
from alur.supply import queue
from alur.supply.release import UNSCHEDULED, release

REFUSALS = {
    "not_waiting": "{order} does not wait for money, so nothing expires.",
    "too_early": "{order} has until {until:day} to pay. Its goods stay set aside until then.",
}

# until: so many days after the last money for it, or after it was asked for.
JUDGE = """
SELECT o.id, CASE
         WHEN o.state <> 'confirmed' THEN 'wrong_state'
         WHEN h.id IS NULL THEN 'not_waiting'
         WHEN u.until > %(at)s THEN 'too_early'
         WHEN NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.kind = 'goods' AND l.reserved > l.scheduled)
              AND NOT EXISTS (SELECT FROM backorder b WHERE b.order_id = o.id AND NOT b.unpaid) THEN 'already' END AS verdict,
       jsonb_build_object('order_id', o.id, 'state', o.state, 'until', (u.until AT TIME ZONE t.time_zone)::date,
                          'due', h.facts -> 'due', 'paid', h.facts -> 'paid') AS facts
  FROM sales_order o
 CROSS JOIN (SELECT time_zone FROM company WHERE schema = current_schema()) t
 CROSS JOIN (SELECT make_interval(days => reservation_expires_days) AS days FROM policy ORDER BY id DESC LIMIT 1) y
  LEFT JOIN hold h ON h.order_id = o.id AND h.code = 'awaiting_payment' AND h.resolved_at IS NULL
 CROSS JOIN LATERAL (SELECT greatest(h.opened_at, (SELECT max(p.at) FROM payment p WHERE p.order_id = o.id AND p.payer_id = o.payer_id
                                                      AND p.direction = 'in')) + y.days AS until) u
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.priority, o.received_at, o.id
"""
WAITING = """
SELECT o.id FROM hold h JOIN sales_order o ON o.id = h.order_id
 CROSS JOIN (SELECT make_interval(days => reservation_expires_days) AS days FROM policy ORDER BY id DESC LIMIT 1) y
 WHERE h.code = 'awaiting_payment' AND h.resolved_at IS NULL AND h.opened_at <= %(at)s::timestamptz - y.days AND o.state = 'confirmed'
   AND (EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.kind = 'goods' AND l.reserved > l.scheduled)
        OR EXISTS (SELECT FROM backorder b WHERE b.order_id = o.id AND NOT b.unpaid))
   AND NOT EXISTS (SELECT FROM payment p WHERE p.order_id = o.id AND p.payer_id = o.payer_id AND p.direction = 'in' AND p.at > %(at)s::timestamptz - y.days)
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'confirm.expire' AND b.subject_id = o.id)
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""


def expire(order_ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Set the goods of these orders aside no longer."""
    locks.orders(order_ids)
    outcome = step.judge(JUDGE, order_ids, at=at)
    if not outcome.moved:
        return outcome
    locks.stock_of_orders(outcome.moved)
    locks.deliveries_of_orders(outcome.moved)
    pieces = sql.rows(UNSCHEDULED, ids=outcome.moved)
    for order_id in outcome.moved:
        facts = outcome.facts[order_id]
        outcome.facts[order_id] = {"due": facts["due"], "paid": facts["paid"], "lines": {}}
    for piece in pieces:
        lines = outcome.facts[piece.order_id]["lines"]
        lines[str(piece.order_line_id)] = lines.get(str(piece.order_line_id), Decimal(0)) + piece.quantity
    with sql.pipeline():
        release(pieces, unpaid=True, by=by, at=at)
        queue.unpaid(outcome.moved)
        recheck.add("promise", outcome.moved, "expired")
        log.append(outcome, moved="order.expired", by=by, at=at)
    return outcome
