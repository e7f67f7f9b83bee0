"""Close: everything was delivered, invoiced and paid.

    fulfilled --close--> closed     order.closed

Works from tickets only, which issue, match, write_off, returns and credits write; a later return does not open the order again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from alur import log
from alur.core import sql, step
from alur.core.step import Outcome
from alur.models import locks
from alur.reads import billed

REFUSALS = {
    "not_billed": "A part of {order} is delivered but not invoiced yet. It closes by itself once it is.",
    "paid_ahead": "A part of what was paid ahead for {order} is not used. It is credited by itself, then the order closes.",
    "return_open": "Goods of {order} are on their way back. Close the return first.",
    "still_owed": "{open:money} of {order} is still to be paid. It closes by itself once it is.",
}

# ARRAY(...) is read first, whatever the planner believes of a table that is empty most of the time.
WAITING: LiteralString = f"""
SELECT o.id FROM sales_order o
 WHERE o.id = ANY(ARRAY(SELECT r.order_id FROM recheck r WHERE r.step = 'close')) AND NOT ({billed.LEFT_AHEAD})
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'settle.close' AND b.subject_id = o.id)
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""
JUDGE: LiteralString = f"""
WITH ticket AS (
    DELETE FROM recheck WHERE step = 'close' AND order_id = ANY(ARRAY(
           SELECT o.id FROM sales_order o WHERE o.id = ANY(%(ids)s::bigint[]) AND NOT ({billed.LEFT_AHEAD}))) RETURNING order_id
)
SELECT o.id,
       CASE WHEN o.state = 'closed' OR (o.state <> 'fulfilled' AND o.id IN (SELECT order_id FROM ticket)) THEN 'already'
            WHEN o.state <> 'fulfilled' THEN 'wrong_state'
            WHEN l.billable THEN 'not_billed' WHEN {billed.LEFT_AHEAD} THEN 'paid_ahead'
            WHEN l.returning THEN 'return_open' WHEN d.open IS NOT NULL THEN 'still_owed' END,
       CASE WHEN o.state NOT IN ('fulfilled', 'closed') THEN jsonb_build_object('state', o.state)
            WHEN l.billable OR l.returning OR d.open IS NOT NULL OR {billed.LEFT_AHEAD} THEN jsonb_build_object('order_id', o.id, 'open', d.open) END
  FROM sales_order o
  LEFT JOIN LATERAL (
       SELECT bool_or(x.delivered - x.returned > x.invoiced - x.credited) AS billable,
              bool_or((SELECT r.id FROM return_line r WHERE r.order_line_id = x.id AND r.state <> 'closed' LIMIT 1) IS NOT NULL) AS returning
         FROM order_line x WHERE x.order_id = o.id) l ON true
  LEFT JOIN LATERAL (
       SELECT sum(i.open + i.uncleared) AS open
         FROM open_item i
        WHERE i.invoice_id = ANY(ARRAY(
                  SELECT DISTINCT b.invoice_id FROM order_line x JOIN invoice_line b ON b.order_line_id = x.id WHERE x.order_id = o.id
                  UNION SELECT v.id FROM invoice v WHERE v.order_id = o.id))) d ON true
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.priority, o.received_at, o.id
"""
MOVE = "UPDATE sales_order SET state = 'closed', granted = 0 WHERE id = ANY(%(ids)s::bigint[])"


def close(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Close the orders of which nothing is left to do. Their tickets go first: what comes after them writes new ones."""
    locks.orders(ids)
    outcome = step.judge(JUDGE, ids)
    if outcome.moved:
        with sql.pipeline():
            sql.run(MOVE, ids=outcome.moved)
            log.append(outcome, moved="order.closed", by=by, at=at)
    return outcome
