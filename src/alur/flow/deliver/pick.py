"""Pick: the goods of a delivery are taken from the shelf and stand ready. They stay reserved until they leave.

    scheduled --pick--> picked     delivery.picked

In part 1 in full. Rules: reference steps.md "deliver.pick".
"""

from collections.abc import Sequence
from datetime import datetime

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.flow.deliver import common
from alur.models import locks

REFUSALS = {
    "held": "{n} open holds stop {order}. Settle or release them, then pick {delivery}.",
    "cancelled": "{delivery} is cancelled. Leave the goods where they are.",
}

# Not claimed: a delivery is locked after its orders; who comes second is answered `already`.
WAITING = """
SELECT d.id FROM delivery d
 WHERE d.state IN ('scheduled', 'picked', 'dispatched') AND d.state = 'scheduled'
   AND NOT EXISTS (SELECT FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id JOIN hold h ON h.order_id = l.order_id AND h.resolved_at IS NULL
                    WHERE x.delivery_id = d.id)
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'deliver.pick' AND b.subject_id = d.id)
 ORDER BY d.scheduled_on, d.id LIMIT %(limit)s
"""
JUDGE = """
SELECT d.id, s.orders, CASE
         WHEN d.state IN ('picked', 'dispatched', 'delivered') THEN 'already'
         WHEN h.n > 0 THEN 'held'
         WHEN d.state = 'cancelled' THEN 'cancelled'
         WHEN d.state <> 'scheduled' THEN 'wrong_state'
       END AS verdict,
       CASE WHEN h.n > 0 OR d.state <> 'scheduled'
            THEN jsonb_build_object('delivery_id', d.id, 'state', d.state, 'order_id', h.order_id, 'n', h.n) END AS facts
  FROM delivery d
 CROSS JOIN LATERAL (SELECT array_agg(DISTINCT l.order_id) AS orders FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id
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


def pick(delivery_ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Everything on these deliveries is picked in full."""
    locks.orders_and_deliveries(delivery_ids)
    outcome, rows = common.judge(JUDGE, delivery_ids)
    with sql.pipeline():
        if outcome.moved:
            sql.run(MOVE, ids=outcome.moved, at=at)
        log.write(common.told(outcome, rows, moved="delivery.picked", refused="delivery.pick_refused"), by=by, at=at)
    return outcome
