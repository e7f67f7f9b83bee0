"""Unmatch: what was matched wrongly is taken back; the invoice is owed again, the money is free again.

    allocation --unmatch--> its reversal     payment.unmatched     Dr receivable, Cr unallocated receipts or the account of its kind

A closed order stays closed. Money taken back waits for a person: only a match by hand takes it again (open_receipt.by_hand).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.books.reverse import reverse
from alur.core import clock, sql, step
from alur.core.step import Outcome
from alur.flow.pay import paid_orders
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "is_reversal": "This already is the reversal of a match. Match the money again instead.",
    "paid_back": "{amount:money} of this was paid back, so it cannot be taken back. Record a new payment if the money returns.",
    "period_closed": "The month of {on:day} is closed, so nothing can be taken back on that day. Open the month, or wait for the next one.",
}

PAYERS = "SELECT DISTINCT v.payer_id FROM allocation a JOIN invoice v ON v.id = a.invoice_id WHERE a.id = ANY(%(ids)s::bigint[]) ORDER BY 1"
JUDGE = """
SELECT a.id, CASE WHEN a.reverses_id IS NOT NULL THEN 'is_reversal'
                  WHEN EXISTS (SELECT FROM allocation r WHERE r.reverses_id = a.id) THEN 'already'
                  WHEN a.kind = 'refund' OR a.invoice_id IS NULL THEN 'paid_back'
                  WHEN %(closed)s THEN 'period_closed' END,
       jsonb_build_object('amount', a.amount, 'on', %(on)s::date)
  FROM allocation a WHERE a.id = ANY(%(ids)s::bigint[]) ORDER BY a.id
"""
ALLOCATIONS = """
SELECT a.id, a.payment_id, a.invoice_id, a.kind, a.amount, a.account, v.payer_id
  FROM allocation a JOIN invoice v ON v.id = a.invoice_id WHERE a.id = ANY(%(ids)s::bigint[]) ORDER BY a.id
"""


def unmatch(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Take these allocations back."""
    today = clock.day(at)
    payers = sql.ids(PAYERS, ids=list(ids))
    locks.payers_and_money(payers)
    closed = bool(periods.closed([today]))
    outcome = step.judge(JUDGE, ids, on=today, closed=closed)
    if not outcome.moved:
        return outcome
    taken = sql.rows(ALLOCATIONS, ids=outcome.moved)
    orders = paid_orders.of(row.invoice_id for row in taken)
    with sql.pipeline():
        reverse(outcome.moved, on=today, at=at)
        for kind in ("payment", "invoice"):
            books.post("payment.unmatched", kind, (line for row in taken for line in entry(row, today, kind)), at=at)
        recheck.verify_open_of_payers(payers, "unmatched")
        log.write(records("payment.unmatched", taken, orders), by=by, at=at)
    return outcome


def entry(row: Any, on: date, subject: str) -> Iterator[books.Line]:
    """What an allocation booked, the other way round; subject says whose entries are asked for: a payment's, or (of kinds without one) an invoice's."""
    if (row.payment_id is not None) != (subject == "payment") or row.kind == "credit":
        return  # a credit note and what it settles stand in one account
    account, payer = (chart.UNALLOCATED_RECEIPTS, row.payer_id) if row.kind == "payment" else (row.account, None)
    yield books.Line(row.payment_id or row.invoice_id, on, chart.RECEIVABLE, row.amount, row.payer_id)
    yield books.Line(row.payment_id or row.invoice_id, on, account, -row.amount, payer)


def records(kind: str, rows: Iterable[Any], orders: dict[int, set[int]]) -> list[log.Record]:
    """One event for each order whose invoice is owed again."""
    return [
        log.Record(kind, row.payment_id or row.invoice_id, order, "payment" if row.payment_id else "invoice",
                   {"payment_id": row.payment_id, "invoice_id": row.invoice_id, "amount": row.amount, "kind": row.kind})
        for row in rows for order in sorted(orders.get(row.invoice_id, ())) or (None,)
    ]  # fmt: skip
