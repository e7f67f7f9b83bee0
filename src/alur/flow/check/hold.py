"""Hold: a person stops an order until somebody releases it.

    received, verified, confirmed --hold--> the same, held      order.held

The reason is kept as a note: holds and the log carry no typed text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome, judge
from alur.flow import holds
from alur.models import locks
from alur.models.holds import KINDS

REFUSALS = {"wrong_state": "{order} is {state}; nothing of it can be stopped any more."}

JUDGE = """
SELECT o.id,
       CASE WHEN EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.code = 'manual' AND h.resolved_at IS NULL) THEN 'already'
            WHEN o.state NOT IN ('received', 'verified', 'confirmed') THEN 'wrong_state' END,
       CASE WHEN o.state NOT IN ('received', 'verified', 'confirmed') THEN jsonb_build_object('order_id', o.id, 'state', o.state) END
  FROM sales_order o WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.id
"""
NOTE = """
INSERT INTO note (subject_kind, subject_id, body, by, at)
SELECT 'order', n.id, n.body, %(by)s, %(at)s FROM unnest(%(ids)s::bigint[], %(bodies)s::text[]) AS n(id, body) WHERE n.body <> ''
"""


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an order must not go on."""

    reason: str = ""


def hold(orders: Mapping[int, Hold | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Stop these orders."""
    given = {i: each if isinstance(each, Hold) else Hold(**each) for i, each in orders.items()}
    locks.orders(given)
    outcome = judge(JUDGE, list(given))
    if outcome.moved:
        with sql.pipeline():
            holds.open_all([holds.Opening(i, "manual", KINDS["manual"].owner) for i in outcome.moved], by=by, at=at)
            sql.run(NOTE, ids=outcome.moved, bodies=[given[i].reason for i in outcome.moved], by=by, at=at)
            log.append(outcome, moved="order.held", data={"code": "manual"}, by=by, at=at)
    return outcome
