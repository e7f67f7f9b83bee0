"""Verify: thin for now, a priced order is let through."""

from collections.abc import Sequence
from datetime import datetime

from alur import log
from alur.core import sql
from alur.core.step import Outcome, judge
from alur.models import locks

REFUSALS: dict[str, str] = {}
WAITING = """
SELECT o.id FROM sales_order o
 WHERE o.state = 'received' AND o.received_at <= %(at)s AND o.priced_version = o.version
   AND NOT EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment')
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'check.verify' AND b.subject_id = o.id)
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""
JUDGE = """
SELECT o.id, CASE WHEN o.state <> 'received' THEN 'already' WHEN o.priced_version < o.version THEN 'too_early' END, NULL::jsonb
  FROM sales_order o WHERE o.id = ANY(%(ids)s::bigint[])
"""
MOVE = """
UPDATE sales_order o SET state = 'verified', granted = greatest(0, total - round(total * advance_pct / 100)) WHERE o.id = ANY(%(ids)s::bigint[])
"""


def verify(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Let priced orders through."""
    locks.orders(ids)
    locks.payers_of_orders(ids)
    outcome = judge(JUDGE, ids)
    sql.run(MOVE, ids=outcome.moved)
    log.append(outcome, moved="order.verified", refused="order.verify_refused", by=by, at=at)
    return outcome
