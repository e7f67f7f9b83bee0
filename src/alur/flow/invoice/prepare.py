"""Prepare: a pro forma shows the customer what a confirmed order comes to and how to pay it. No counter moves, nothing is booked.

    confirmed, prepared_version < version --prepare--> confirmed, prepared     invoice.prepared

Those before it are voided.
"""

from collections.abc import Sequence
from datetime import datetime

from alur import log
from alur.core import clock, sql, step
from alur.core.step import Outcome
from alur.models import locks

REFUSALS = {"held": "{order} is held ({hold}). Settle the hold; its pro forma is made by itself then."}

WAITING = """
SELECT o.id FROM sales_order o
 WHERE o.state = 'confirmed' AND o.prepared_version < o.version
   AND NOT EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment')
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'invoice.prepare' AND b.subject_id = o.id)
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""
JUDGE = """
SELECT o.id,
       CASE WHEN o.prepared_version = o.version THEN 'already' WHEN o.state <> 'confirmed' THEN 'wrong_state' WHEN h.code IS NOT NULL THEN 'held' END,
       CASE WHEN o.state <> 'confirmed' THEN jsonb_build_object('state', o.state)
            WHEN h.code IS NOT NULL THEN jsonb_build_object('order_id', o.id, 'hold', h.code)
            ELSE jsonb_build_object('version', o.version, 'total', o.total) END
  FROM sales_order o
  LEFT JOIN LATERAL (SELECT code FROM hold WHERE order_id = o.id AND resolved_at IS NULL AND code <> 'awaiting_payment' ORDER BY id LIMIT 1) h ON true
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.priority, o.received_at, o.id
"""
MOVE = """
WITH voided AS (
    UPDATE pro_forma p SET voided_at = %(at)s WHERE p.order_id = ANY(%(ids)s::bigint[]) AND p.voided_at IS NULL
), made AS (
    INSERT INTO pro_forma (order_id, version, number, total, made_at)
    SELECT o.id, o.version, 'PF-' || %(year)s || '-' || to_char(nextval('pro_forma_number'), 'FM9999999999000000'), o.total, %(at)s
      FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY asked(id, n) JOIN sales_order o ON o.id = asked.id ORDER BY asked.n
)
UPDATE sales_order SET prepared_version = version WHERE id = ANY(%(ids)s::bigint[])
"""


def prepare(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Make the pro forma of each order's version and void the ones before it."""
    locks.orders(ids)
    outcome = step.judge(JUDGE, ids)
    if outcome.moved:
        with sql.pipeline():
            sql.run(MOVE, ids=outcome.moved, at=at, year=str(clock.day(at).year))
            log.append(outcome, moved="invoice.prepared", by=by, at=at)
    return outcome
