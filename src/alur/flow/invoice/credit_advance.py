"""Credit an advance: what was paid ahead and never deducted is the customer's again, once nothing more of the order will be billed.

    fulfilled | closed | cancelled, paid ahead more than was billed --credit_advance--> the same     invoice.advance_credited
    Dr customer advances, VAT, Cr receivable; the credit note is free for a refund or other invoices

Works from the tickets of close, which lets these orders pass first. Postings: credit_note.py.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, LiteralString

from alur.books import chart, periods
from alur.core import clock, money, sql
from alur.core.money import ZERO, TaxLine, Totals
from alur.core.step import Outcome, judge
from alur.flow.invoice import credit_note
from alur.flow.invoice.credit_note import Note
from alur.flow.invoice.documents import Line
from alur.models import locks
from alur.reads import billed

REFUSALS = {
    "too_early": "{order} may still be billed, so what was paid ahead for it waits for that.",
    "period_closed": "The month of {on:day} is closed, so nothing can be credited on that day. Open the month, or wait for the next one.",
}

WAITING: LiteralString = f"""
SELECT o.id FROM sales_order o
 WHERE o.id = ANY(ARRAY(SELECT r.order_id FROM recheck r WHERE r.step = 'close')) AND {billed.LEFT_AHEAD}
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'invoice.credit_advance' AND b.subject_id = o.id)
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""
JUDGE: LiteralString = f"""
SELECT o.id, CASE WHEN {billed.LEFT_AHEAD} THEN CASE WHEN %(closed)s THEN 'period_closed' END
                  WHEN o.state IN ('fulfilled', 'closed', 'cancelled')
                   AND NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.delivered - l.returned > l.invoiced - l.credited) THEN 'already'
                  ELSE 'too_early' END,
       jsonb_build_object('order_id', o.id, 'on', %(on)s::date)
  FROM sales_order o WHERE o.id = ANY(%(ids)s::bigint[]) ORDER BY o.priority, o.received_at, o.id
"""
ADVANCES = """
SELECT id FROM invoice WHERE order_id = ANY(%(ids)s::bigint[]) ORDER BY id
"""
LEFT = """
SELECT i.order_id, i.id, i.payer_id, i.currency, l.tax_rule_id, l.net + coalesce(d.net, 0) AS net, l.tax + coalesce(d.tax, 0) AS tax, r.base_num, r.base_den
  FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id LEFT JOIN tax_rule r ON r.id = l.tax_rule_id
 CROSS JOIN LATERAL (SELECT sum(t.net) AS net, sum(t.tax) AS tax FROM invoice_line t
                      WHERE t.advance_id = i.id AND t.tax_rule_id IS NOT DISTINCT FROM l.tax_rule_id) d
 WHERE i.order_id = ANY(%(ids)s::bigint[]) AND l.net + l.tax + coalesce(d.net + d.tax, 0) > 0
 ORDER BY array_position(%(ids)s::bigint[], i.order_id), i.id, l.id
"""


def credit_advance(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Credit what is left of these orders' advances, one credit note for each advance invoice."""
    today = clock.day(at)
    locks.orders(ids)
    locks.invoices_and_items(sql.ids(ADVANCES, ids=list(ids)))
    outcome = judge(JUDGE, ids, on=today, closed=bool(periods.closed([today])))
    if outcome.moved:
        notes = [_note(list(rows)) for _, rows in groupby(sql.rows(LEFT, ids=outcome.moved), key=lambda row: row.id)]
        credit_note.issue(notes, event="invoice.advance_credited", on=today, by=by, at=at, account=chart.CUSTOMER_ADVANCES)
    return outcome


def _note(rows: list[Any]) -> Note:
    """The credit note of an advance invoice: its lines deduct from it as those of an invoice do."""
    lines = [Line(-row.net, row.tax_rule_id, advance_id=row.id, tax=-row.tax) for row in rows]
    unit = money.unit_of(rows[0].currency)
    taxes = tuple(TaxLine(r.tax_rule_id, r.net, money.half_up(r.net * r.base_num / r.base_den, unit), r.tax) for r in rows if r.tax_rule_id)
    net, tax = sum((row.net for row in rows), ZERO), sum((row.tax for row in rows), ZERO)
    return Note(rows[0], Totals(net, tax, ZERO, net + tax, taxes), [(line, None) for line in lines], [rows[0].order_id])
