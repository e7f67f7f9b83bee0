"""Cancel: a delivery that has not left is called off. Its goods go back to the shelf and stay reserved, so they can be scheduled again.

    scheduled, picked --cancel--> cancelled     delivery.called_off

Who no longer wants the goods cancels the order (or a part of it) instead. Rules: reference steps.md "deliver.cancel".
"""

from collections.abc import Sequence
from datetime import datetime

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.flow import holds
from alur.flow.deliver import common
from alur.log import recheck
from alur.models import locks
from alur.supply import capacity

REFUSALS = {
    "in_transit": "{delivery} is on the road. Wait until it has arrived, or report it as failed when it comes back.",
}

JUDGE = """
SELECT d.id, s.orders, CASE
         WHEN d.state = 'cancelled' THEN 'already'
         WHEN d.state = 'dispatched' THEN 'in_transit'
         WHEN d.state NOT IN ('scheduled', 'picked') THEN 'wrong_state'
       END AS verdict, jsonb_build_object('delivery_id', d.id, 'state', d.state) AS facts
  FROM delivery d
 CROSS JOIN LATERAL (SELECT array_agg(DISTINCT l.order_id) AS orders FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id
                      WHERE x.delivery_id = d.id) s
 WHERE d.id = ANY(%(ids)s::bigint[])
 ORDER BY d.id
"""
MOVE = """
WITH moved AS (
    UPDATE delivery SET state = 'cancelled', ended_at = %(at)s, version = version + 1 WHERE id = ANY(%(ids)s::bigint[])
), back AS (
    UPDATE delivery_line SET picked = 0 WHERE delivery_id = ANY(%(ids)s::bigint[]) AND picked > 0
)
UPDATE order_line l SET scheduled = l.scheduled - x.quantity, picked = l.picked - x.picked
  FROM (SELECT order_line_id, sum(quantity) AS quantity, sum(picked) AS picked FROM delivery_line WHERE delivery_id = ANY(%(ids)s::bigint[])
         GROUP BY order_line_id) x WHERE l.id = x.order_line_id
"""


def cancel(delivery_ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """These deliveries do not leave; what is on them waits to be scheduled again."""
    with sql.pipeline():
        locks.orders_of_deliveries(delivery_ids)
        capacity.lock(delivery_ids)
        locks.deliveries(delivery_ids)
    outcome, rows = common.judge(JUDGE, delivery_ids)
    served = {order for row in rows if row.verdict is None for order in row.orders}
    with sql.pipeline():
        if outcome.moved:
            capacity.release(outcome.moved)
            holds.resolve_proposals(outcome.moved, "cancelled", by=by, at=at)
            sql.run(MOVE, ids=outcome.moved, at=at)
        recheck.add("promise", sorted(served), "delivery_cancelled")
        log.write(common.told(outcome, rows, moved="delivery.called_off", refused="delivery.cancel_refused"), by=by, at=at)
    return outcome
