"""Pick: the goods of a delivery are taken from the shelf and stand ready. They stay reserved until they leave.

    scheduled --pick--> picked     delivery.picked, for a line that was not found whole delivery.short
    nothing of it was found: --pick--> cancelled     delivery.cancelled

Lines not named are picked in full; of a short one short.py says what becomes of the rest. Rules: reference steps.md "deliver.pick".
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from alur import log
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.flow.deliver import common, short
from alur.flow.deliver.short import Picked, Short
from alur.models import locks

REFUSALS = {
    "a_visit": "{delivery} is a visit of a department, so nothing is picked for it. Report it when it is done.",
    "held": "{n} open holds stop {order}. Settle or release them, then pick {delivery}.",
    "cancelled": "{delivery} is cancelled. Leave the goods where they are.",
    "does_not_add_up": "Of {line}, {planned:qty} are to be picked for {delivery}, not {said}. Correct the quantity.",
    "no_choice": "{missing:qty} of {line} are missing on {delivery}. Say what becomes of them: they wait, are given up, or another product goes instead.",
    "no_reason": "Say why {missing:qty} of {line} are missing on {delivery}: choose a reason from the list.",
    "no_substitute": "What goes instead of {line} is no other product that is sold now. Choose one.",
    **common.SENTENCES,
}

# Not claimed: a delivery is locked after its orders; who comes second is answered `already`.
WAITING = """
SELECT d.id FROM delivery d
 WHERE d.state IN ('scheduled', 'picked', 'dispatched') AND d.state = 'scheduled' AND d.warehouse_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id JOIN hold h ON h.order_id = l.order_id AND h.resolved_at IS NULL
                    WHERE x.delivery_id = d.id)
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'deliver.pick' AND b.subject_id = d.id)
 ORDER BY d.scheduled_on, d.id LIMIT %(limit)s
"""
# left: what is picked of it in all, without charges; booked: whether a shelf is put right.
JUDGE = """
WITH said AS (
    SELECT s.*, x.order_line_id, x.quantity AS planned, x.quantity - s.picked AS missing, r.stock_effect <> 'none' AS booked,
           CASE WHEN x.id IS NULL OR (s.picked BETWEEN 0 AND x.quantity) IS NOT TRUE OR l.kind = 'charge' AND s.picked < x.quantity THEN 'does_not_add_up'
                WHEN s.picked = x.quantity THEN NULL
                WHEN (s.choice = ANY(%(choices)s::text[])) IS NOT TRUE THEN 'no_choice'
                WHEN r.id IS NULL THEN 'no_reason'
                WHEN s.choice = 'substitute' AND NOT EXISTS (SELECT FROM product p WHERE p.id = s.instead AND p.id <> l.product_id AND p.kind = 'goods'
                                                                AND p.active AND NOT p.discontinued) THEN 'no_substitute' END AS wrong
      FROM unnest(%(of)s::bigint[], %(line)s::bigint[], %(picked)s::numeric[], %(choice)s::text[], %(reason)s::text[], %(instead)s::bigint[])
           AS s(delivery_id, id, picked, choice, reason, instead)
      LEFT JOIN delivery_line x ON x.id = s.id AND x.delivery_id = s.delivery_id
      LEFT JOIN order_line l ON l.id = x.order_line_id
      LEFT JOIN reason r ON r.kind = 'short_pick' AND r.code = s.reason
), wrong AS (
    SELECT DISTINCT ON (delivery_id) * FROM said WHERE wrong IS NOT NULL ORDER BY delivery_id, id
)
SELECT d.id, s.orders, s.left, CASE
         WHEN d.state IN ('picked', 'dispatched', 'delivered') THEN 'already'
         WHEN d.warehouse_id IS NULL THEN 'a_visit'
         WHEN h.n > 0 THEN 'held'
         WHEN d.state = 'cancelled' THEN 'cancelled'
         WHEN d.state <> 'scheduled' THEN 'wrong_state'
         ELSE w.wrong
       END AS verdict,
       CASE WHEN h.n > 0 OR d.state <> 'scheduled' OR w.id IS NOT NULL OR d.warehouse_id IS NULL
            THEN jsonb_build_object('delivery_id', d.id, 'state', d.state, 'order_id', h.order_id, 'n', h.n, 'line_id', w.order_line_id,
                                    'planned', w.planned, 'said', w.picked, 'missing', w.missing) END AS facts,
       EXISTS (SELECT FROM said y WHERE y.delivery_id = d.id AND y.missing > 0 AND y.booked) AS booked
  FROM delivery d
  LEFT JOIN wrong w ON w.delivery_id = d.id
 CROSS JOIN LATERAL (SELECT array_agg(DISTINCT l.order_id) AS orders, sum(coalesce(y.picked, x.quantity)) FILTER (WHERE l.kind <> 'charge') AS left
                       FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id LEFT JOIN said y ON y.id = x.id
                      WHERE x.delivery_id = d.id) s
 CROSS JOIN LATERAL (SELECT count(*) AS n, min(order_id) AS order_id FROM hold WHERE order_id = ANY(s.orders) AND resolved_at IS NULL) h
 WHERE d.id = ANY(%(ids)s::bigint[])
 ORDER BY d.id
"""
MOVE = """
WITH moved AS (
    UPDATE delivery SET state = 'picked', picked_at = %(at)s, version = version + 1 WHERE id = ANY(%(ids)s::bigint[])
), taken AS (
    UPDATE delivery_line SET picked = quantity WHERE delivery_id = ANY(%(ids)s::bigint[]) RETURNING order_line_id, quantity
)
UPDATE order_line l SET picked = l.picked + t.quantity
  FROM (SELECT order_line_id, sum(quantity) AS quantity FROM taken GROUP BY order_line_id) t WHERE l.id = t.order_line_id
"""


def pick(deliveries: Sequence[int] | Mapping[int, Picked | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """These deliveries are picked: in full, or as the picker reports."""
    ids, on = list(deliveries), clock.day(at)
    given = short.columns(deliveries if isinstance(deliveries, Mapping) else {})
    spoken = bool(given["line"])
    (locks.orders_stock_and_deliveries if spoken else locks.orders_and_deliveries)(ids)
    outcome, rows = common.judge(JUDGE, ids, books_on=on if spoken else None, choices=list(short.CHOICES), **given)
    missing = short.lower(outcome.moved, given) if spoken else []
    moved = set(outcome.moved)
    empty = [row.id for row in rows if row.id in moved and row.left == 0] if missing else []
    kinds = dict.fromkeys(outcome.moved, "delivery.picked") | dict.fromkeys(empty, "delivery.cancelled")
    with sql.pipeline():
        if full := [i for i in outcome.moved if i not in empty]:
            sql.run(MOVE, ids=full, at=at)
        if missing:
            short.correct(missing, on=on, at=at)
            short.tell(missing, empty, by=by, at=at)
        log.write(common.told(outcome, rows, moved=kinds, refused="delivery.pick_refused"), by=by, at=at)
    return outcome


__all__ = ("REFUSALS", "Picked", "Short", "pick")
