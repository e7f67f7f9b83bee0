"""Remind: a part that is overdue reaches the level of reminder that its days say; whoever sends messages follows the event.

    open item, due --remind--> the same, reminded     item.reminded

Three levels, from so many days after the due day on (policy); each once. Who reaches several at once is reminded at the highest.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

from alur import log
from alur.core import clock, sql, step
from alur.core.step import Outcome
from alur.flow.pay import paid_orders
from alur.models import locks

REFUSALS = {
    "nothing_open": "Nothing of {invoice} is open: a giro for it waits to be cleared.",
    "not_due": "{invoice} is due on {due_on:day}; the first reminder follows {days} days later by itself.",
}

LEVEL: LiteralString = """
CASE WHEN i.due_on <= t.today - p.remind_3_days THEN 3 WHEN i.due_on <= t.today - p.remind_2_days THEN 2 WHEN i.due_on <= t.today - p.remind_1_days THEN 1
     ELSE 0 END"""
WAITING: LiteralString = f"""
SELECT i.id FROM open_item i
 CROSS JOIN (SELECT remind_1_days, remind_2_days, remind_3_days FROM policy ORDER BY id DESC LIMIT 1) p
 CROSS JOIN (SELECT (%(at)s AT TIME ZONE time_zone)::date AS today FROM company WHERE schema = current_schema()) t
 WHERE i.reminded < 3 AND i.due_on <= t.today - p.remind_1_days AND i.open > 0 AND {LEVEL} > i.reminded
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'pay.remind' AND b.subject_id = i.id)
 ORDER BY i.id LIMIT %(limit)s FOR NO KEY UPDATE OF i SKIP LOCKED
"""
JUDGE: LiteralString = f"""
SELECT i.id, CASE WHEN i.open = 0 THEN 'nothing_open' WHEN x.level <= i.reminded AND i.reminded > 0 THEN 'already' WHEN x.level = 0 THEN 'not_due' END,
       jsonb_build_object('invoice_id', i.invoice_id, 'part', i.part, 'level', x.level, 'amount', i.open, 'due_on', i.due_on, 'days',
                          CASE WHEN x.level = 0 THEN p.remind_1_days ELSE t.today - i.due_on END)
  FROM open_item i
 CROSS JOIN (SELECT remind_1_days, remind_2_days, remind_3_days FROM policy ORDER BY id DESC LIMIT 1) p
 CROSS JOIN (SELECT %(today)s::date AS today) t
 CROSS JOIN LATERAL (SELECT {LEVEL} AS level) x
 WHERE i.id = ANY(%(ids)s::bigint[]) ORDER BY i.id
"""
MOVE = "UPDATE open_item SET reminded = (%(levels)s::jsonb ->> id::text)::int WHERE id = ANY(%(ids)s::bigint[])"


def remind(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Remind of these open items."""
    locks.open_items(ids)
    outcome = step.judge(JUDGE, ids, today=clock.day(at))
    if not outcome.moved:
        return outcome
    facts = [outcome.facts[i] for i in outcome.moved]
    orders = paid_orders.of(each["invoice_id"] for each in facts)
    with sql.pipeline():
        sql.run(MOVE, ids=outcome.moved, levels=sql.dumps({i: outcome.facts[i]["level"] for i in outcome.moved}))
        told = [
            log.Record("item.reminded", f["invoice_id"], order, "invoice", f) for f in facts for order in sorted(orders.get(f["invoice_id"], ())) or (None,)
        ]
        log.write(told, by=by, at=at)
    return outcome
