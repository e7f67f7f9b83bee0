"""Lock period: a month of the books is closed; nothing is posted into it any more.

    open --lock_period--> closed     period.closed

From its last day on, after the months before it, and when nothing that arrived in it still waits for its collective invoice. Postings share the month's
lock (periods.py), so closing waits for those under way and none comes after; the event says up to which entry (`upto`), which `verify-books` checks.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from alur import log
from alur.core import clock, company, sql
from alur.core.step import Outcome
from alur.models import locks

REFUSALS = {
    "not_over": "The month runs until {ends_on:day}. It can be closed from that day on.",
    "earlier_open": "The month that ends on {before:day} is still open. Close that one first.",
    "not_invoiced": "{n:qty} orders brought something up to {ends_on:day} that waits for its collective invoice. Issue those, then close the month.",
}

# What waits is known by its ticket; only what arrived in the month, or before it, keeps it open.
STILL_WAITING: LiteralString = """
SELECT count(DISTINCT o.id) FROM recheck r JOIN sales_order o ON o.id = r.order_id AND o.invoice_rule IN ('day', 'month')
 WHERE r.step = 'issue' AND (r.after_on IS NULL OR r.after_on < p.starts_on + interval '1 month')
   AND EXISTS (SELECT FROM order_line l JOIN delivery_line x ON x.order_line_id = l.id JOIN delivery d ON d.id = x.delivery_id
                WHERE l.order_id = o.id AND l.delivered - l.returned > l.invoiced - l.credited
                  AND (d.ended_at AT TIME ZONE %(zone)s)::date < p.starts_on + interval '1 month')
"""
JUDGE = f"""
SELECT p.id, p.starts_on, p.state, (p.starts_on + interval '1 month - 1 day')::date AS ends_on,
       ({STILL_WAITING}) AS waiting
  FROM period p WHERE p.id = ANY(%(ids)s::bigint[]) ORDER BY p.starts_on
"""
OPEN = "SELECT (starts_on + interval '1 month - 1 day')::date FROM period WHERE state = 'open' ORDER BY starts_on"
MOVE = "UPDATE period SET state = 'closed' WHERE id = ANY(%(ids)s::bigint[])"
NEWEST = "SELECT coalesce(max(id), 0) FROM journal_entry"


def lock_period(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Close these months of the books, the earliest first."""
    outcome, today = Outcome(), clock.day(at)
    locks.periods(ids)
    asked, newest = sql.ask(OPEN), sql.ask(NEWEST)
    months = sql.rows(JUDGE, ids=list(ids), zone=company.current().time_zone)
    still_open: list[Any] = asked.ids()
    for month in months:
        before = still_open[0] if still_open and still_open[0] < month.starts_on else None
        if month.state == "closed":
            outcome.already.append(month.id)
        elif today < month.ends_on:
            outcome.refuse(month.id, "not_over", ends_on=month.ends_on)
        elif before:
            outcome.refuse(month.id, "earlier_open", before=before)
        elif month.waiting:
            outcome.refuse(month.id, "not_invoiced", n=month.waiting, ends_on=month.ends_on)
        else:
            outcome.moved.append(month.id)
            outcome.facts[month.id] = {"ends_on": month.ends_on, "upto": newest.one()}
            still_open.remove(month.ends_on)
    for missing in sorted(set(ids) - {month.id for month in months}):
        outcome.refuse(missing, "not_found")
    if outcome.moved:
        with sql.pipeline():
            sql.run(MOVE, ids=outcome.moved)
            log.write([log.Record("period.closed", i, None, "period", outcome.facts[i]) for i in outcome.moved], by=by, at=at)
    return outcome
