"""Write off: a difference too small to ask for, once something of its invoice was paid or paid ahead.

    open item <= policy.write_off_limit, not untouched --write_off--> settled     item.written_off     Dr payment differences, Cr receivable

A few rupiah a document may differ from the order, since each document is rounded by itself (reference model.md).
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.books.allocate import Allocation, allocate
from alur.core import clock, sql, step
from alur.core.step import Outcome
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "nothing_paid": "Nothing of {invoice} was paid yet, so its {open:money} is not a difference. Collect it.",
    "over_limit": "{open:money} of {invoice} is more than the {limit:money} that may be written off. Collect it, or raise the limit in the settings.",
    "period_closed": "The month of {on:day} is closed, so nothing can be written off on that day. Open the month, or wait for the next one.",
}

WAITING = """
SELECT i.id FROM open_item i
 WHERE i.id = ANY(ARRAY(SELECT s.id FROM open_item s WHERE s.open > 0 AND s.open <= (SELECT write_off_limit FROM policy ORDER BY id DESC LIMIT 1)))
   AND i.uncleared = 0
   AND (i.open < i.total OR (SELECT l.id FROM invoice_line l WHERE l.invoice_id = i.invoice_id AND l.advance_id IS NOT NULL LIMIT 1) IS NOT NULL)
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'settle.write_off' AND b.subject_id = i.id)
 ORDER BY i.id LIMIT %(limit)s FOR NO KEY UPDATE OF i SKIP LOCKED
"""
JUDGE = """
SELECT i.id,
       CASE WHEN i.open = i.total AND (SELECT l.id FROM invoice_line l WHERE l.invoice_id = i.invoice_id AND l.advance_id IS NOT NULL LIMIT 1) IS NULL
            THEN 'nothing_paid'
            WHEN i.open > p.write_off_limit OR i.uncleared > 0 THEN 'over_limit'
            WHEN %(closed)s THEN 'period_closed' END,
       jsonb_build_object('invoice_id', i.invoice_id, 'open', i.open, 'limit', p.write_off_limit, 'on', %(on)s::date)
  FROM open_item i CROSS JOIN (SELECT write_off_limit FROM policy ORDER BY id DESC LIMIT 1) p
 WHERE i.id = ANY(%(ids)s::bigint[]) ORDER BY i.id
"""
ITEMS = """
SELECT i.id, i.invoice_id, i.part, i.payer_id, i.open, i.uncleared,
       ARRAY(SELECT DISTINCT l.order_id FROM invoice_line b JOIN order_line l ON l.id = b.order_line_id WHERE b.invoice_id = i.invoice_id) AS orders
  FROM open_item i WHERE i.id = ANY(%(ids)s::bigint[]) ORDER BY i.id
"""


def write_off(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Settle these open items with the difference that is left of them."""
    today = clock.day(at)
    locks.open_items(ids)
    closed = bool(periods.closed([today]))
    outcome = step.judge(JUDGE, ids, on=today, closed=closed)
    if not outcome.moved:
        return outcome
    items = sql.rows(ITEMS, ids=outcome.moved)
    with sql.pipeline():
        allocate([Allocation(i.open, "write_off", i.invoice_id, i.part, item=i, account=chart.PAYMENT_DIFFERENCES) for i in items], on=today, at=at)
        books.post("item.written_off", "invoice", (line for item in items for line in _entry(item, today)), at=at)
        recheck.add("close", {order for i in items for order in i.orders}, "written_off")
        recheck.verify_held_of_payers({i.payer_id for i in items}, "written_off")
        log.write([log.Record("item.written_off", i.invoice_id, order, "invoice", {"amount": i.open}) for i in items for order in i.orders], by=by, at=at)
    return outcome


def _entry(item: Any, on: date) -> Iterator[books.Line]:
    yield books.Line(item.invoice_id, on, chart.PAYMENT_DIFFERENCES, item.open)
    yield books.Line(item.invoice_id, on, chart.RECEIVABLE, -item.open, item.payer_id)
