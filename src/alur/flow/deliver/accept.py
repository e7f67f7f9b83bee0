"""Accept: a department says that it comes on the booked day. Another day that it had proposed is withdrawn by it.

    scheduled visit --accept--> the same, accepted     delivery.accepted

It stops nothing and starts nothing: a visit that nobody accepted can be done as well. A visit on another day is accepted anew.
"""

from collections.abc import Sequence
from datetime import datetime

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.flow import holds
from alur.flow.deliver import common
from alur.models import locks

REFUSALS = {"no_visit": "{delivery} brings goods and is no visit of a department. It needs no acceptance: pick it and send it off."}

JUDGE = """
SELECT d.id, s.orders, CASE
         WHEN d.warehouse_id IS NOT NULL THEN 'no_visit'
         WHEN d.state <> 'scheduled' THEN 'wrong_state'
         WHEN d.accepted_at IS NOT NULL AND NOT EXISTS (SELECT FROM hold h WHERE h.order_id = ANY(s.orders) AND h.code = 'date_proposed'
                                                           AND h.resolved_at IS NULL AND (h.facts ->> 'delivery_id')::bigint = d.id) THEN 'already'
       END AS verdict, jsonb_build_object('delivery_id', d.id, 'state', d.state) AS facts, d.department_id, d.scheduled_on
  FROM delivery d
 CROSS JOIN LATERAL (SELECT array_agg(DISTINCT l.order_id) AS orders FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id
                      WHERE x.delivery_id = d.id) s
 WHERE d.id = ANY(%(ids)s::bigint[])
 ORDER BY d.id
"""
MOVE = "UPDATE delivery SET accepted_at = %(at)s, version = version + 1 WHERE id = ANY(%(ids)s::bigint[])"


def accept(delivery_ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """These visits take place on their booked days."""
    locks.orders_and_deliveries(delivery_ids)
    outcome, rows = common.judge(JUDGE, delivery_ids)
    moved = set(outcome.moved)
    outcome.facts |= {row.id: {"department_id": row.department_id, "on": row.scheduled_on} for row in rows if row.id in moved}
    with sql.pipeline():
        if outcome.moved:
            sql.run(MOVE, ids=outcome.moved, at=at)
            holds.resolve_proposals(outcome.moved, "withdrawn", by=by, at=at)
        log.write(common.told(outcome, rows, moved="delivery.accepted", refused="delivery.accept_refused"), by=by, at=at)
    return outcome
