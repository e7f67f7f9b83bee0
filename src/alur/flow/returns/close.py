"""Close a return: what has not come is not awaited any more.

permitted --close--> received, if a part of it came (its credit follows), else closed     return.closed
"""

from collections.abc import Sequence
from datetime import datetime

from alur import log
from alur.core import sql
from alur.core.step import Outcome, judge
from alur.log import recheck
from alur.models import locks

REFUSALS: dict[str, str] = {}

JUDGE = """
SELECT r.id, CASE WHEN r.state <> 'permitted' THEN 'already' END,
       jsonb_build_object('order_id', (SELECT min(l.order_id) FROM return_line x JOIN order_line l ON l.id = x.order_line_id WHERE x.return_id = r.id))
  FROM "return" r WHERE r.id = ANY(%(ids)s::bigint[]) ORDER BY r.id
"""
MOVE = """
WITH rest AS (
    UPDATE return_line SET refused = quantity - received, state = CASE WHEN received > 0 THEN 'received' ELSE 'closed' END
     WHERE return_id = ANY(%(ids)s::bigint[]) RETURNING return_id, received
)
UPDATE "return" r SET state = CASE WHEN x.received > 0 THEN 'received' ELSE 'closed' END
  FROM (SELECT return_id, sum(received) AS received FROM rest GROUP BY return_id) x WHERE r.id = x.return_id
RETURNING r.id, r.state
"""


def close(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Wait no longer for the rest of these returns."""
    locks.orders_and_returns(ids)
    outcome = judge(JUDGE, ids)
    if outcome.moved:
        orders = {i: outcome.facts[i]["order_id"] for i in outcome.moved}
        ended = sql.rows(MOVE, ids=outcome.moved)
        with sql.pipeline():
            recheck.add("close", [orders[row.id] for row in ended if row.state == "closed"], "returned")
            log.write([log.Record("return.closed", row.id, orders[row.id], "return") for row in ended], by=by, at=at)
    return outcome
