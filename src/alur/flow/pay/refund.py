"""Refund: money that is the customer's goes back: paid too much, the rest of a credit note, the rest of an advance.

    free money of a payer --refund--> a payment out     payment.refunded     Dr unallocated receipts (receivable, for credit notes), Cr bank or cash

The oldest first, or one receipt or credit note that is named. Money that pays an order ahead is not free.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.books.allocate import Allocation, allocate
from alur.core import clock, company, sql
from alur.core.step import Outcome
from alur.flow.said import number
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "bad_amount": "An amount of {amount} cannot be paid back; it must be above 0. Correct it.",
    "stale_version": "Money of {payer} was used by somebody else meanwhile; nothing was paid back. Look at what is free now and try again.",
    "more_than_free": "Only {free:money} of {payer} is free, so {amount:money} cannot be paid back. Lower it, or free money that pays something first.",
    "period_closed": "The month of {on:day} is closed, so nothing can be paid back on that day. Open the month, or wait for the next one.",
}

RECEIPTS = """
SELECT r.id, r.payment_id, r.credit_note_id, r.payer_id, r.open, r.cleared,
       coalesce(r.order_id, (SELECT coalesce(l.order_id, a.order_id) FROM invoice_line b LEFT JOIN order_line l ON l.id = b.order_line_id
                               LEFT JOIN invoice a ON a.id = b.advance_id WHERE b.invoice_id = r.credit_note_id ORDER BY b.id LIMIT 1)) AS order_id
  FROM open_receipt r LEFT JOIN sales_order o ON o.id = r.order_id LEFT JOIN payment p ON p.id = r.payment_id LEFT JOIN invoice n ON n.id = r.credit_note_id
 WHERE r.payer_id = ANY(%(ids)s::bigint[]) AND r.cleared AND coalesce(p.currency, n.currency) = %(currency)s
   AND (r.order_id IS NULL OR o.advance_pct = 0 OR o.state IN ('fulfilled', 'closed', 'cancelled'))
 ORDER BY r.payer_id, r.received_on, r.id FOR NO KEY UPDATE OF r
"""
KNOWN = "SELECT id FROM customer WHERE id = ANY(%(ids)s::bigint[])"
ACCOUNTS = "SELECT id, account FROM bank_account ORDER BY is_default DESC, id"
RECORD = """
WITH money AS MATERIALIZED (
    SELECT m.*, nextval(pg_get_serial_sequence('payment', 'id')) AS id
      FROM unnest(%(payer_id)s::bigint[], %(amount)s::numeric[], %(way)s::text[], %(reference)s::text[], %(bank_account_id)s::bigint[])
           WITH ORDINALITY AS m(payer_id, amount, way, reference, bank_account_id, n) ORDER BY m.n
), paid AS (
    INSERT INTO payment (id, number, payer_id, direction, amount, currency, way, received_on, reference, bank_account_id, at, by)
    SELECT id, 'PAY-' || %(year)s || '-' || to_char(nextval('payment_number'), 'FM9999999999000000'), payer_id, 'out', amount, %(currency)s, way, %(on)s,
           reference, bank_account_id, %(at)s, %(by)s FROM money ORDER BY id
)
SELECT payer_id, id FROM money
"""


@dataclass(frozen=True, slots=True)
class Refund:
    """How much goes back and how. receipt_id: of this open receipt only; free: what the person saw free (None = does not matter)."""

    amount: Decimal | str
    way: str = "transfer"
    reference: str = ""
    bank_account_id: int | None = None  # None = the company's usual one
    receipt_id: int | None = None
    free: Decimal | str | None = None


@dataclass(frozen=True, slots=True)
class Back:
    """What goes back to a payer, and from which receipts."""

    payer_id: int
    amount: Decimal
    way: str
    reference: str
    bank_account_id: int | None
    parts: list[tuple[Any, Decimal]]


def refund(payers: Mapping[int, Refund | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Pay back to these payers; `made` says which payment out each got."""
    asked = {i: r if isinstance(r, Refund) else Refund(**r) for i, r in payers.items()}
    ids, outcome, today, currency = list(asked), Outcome(), clock.day(at), company.current().currency
    locks.payers_and_money(ids)
    shut, free, known = periods.ask([today]), sql.ask(RECEIPTS, ids=ids, currency=currency), sql.ask(KNOWN, ids=ids)
    accounts = {row.id: row.account or chart.BANK for row in sql.rows(ACCOUNTS)}
    money = {payer: list(rows) for payer, rows in groupby(free.rows(), key=lambda row: row.payer_id)}
    closed_on, there = (today if shut() else None), set(known.ids())
    back = [found for i in ids if (found := _judge(i, asked[i], money.get(i, []), outcome, known=i in there, accounts=accounts, closed_on=closed_on))]
    if not back:
        return outcome
    outcome.moved = [b.payer_id for b in back]
    across = sql.columns(back, "payer_id", "amount", "way", "reference", "bank_account_id")
    outcome.made = dict(sql.rows(RECORD, year=str(today.year), currency=currency, on=today, at=at, by=by, **across))
    made = [(outcome.made[b.payer_id], b) for b in back]
    with sql.pipeline():
        allocate([Allocation(n, "refund", receipt=row, refund_id=i) for i, b in made for row, n in b.parts], on=today, at=at)
        books.post("payment.refunded", "payment", (line for i, b in made for line in _entry(i, b, today, accounts)), at=at)
        recheck.verify_open_of_payers(outcome.moved, "refunded")
        log.write([log.Record("payment.refunded", i, row.order_id, "payment", _said(b, row, n)) for i, b in made for row, n in b.parts], by=by, at=at)
    return outcome


def _judge(
    payer: int, asked: Refund, receipts: list[Any], outcome: Outcome, *, known: bool, accounts: Mapping[int, int], closed_on: date | None
) -> Back | None:
    """What goes back to a payer; None if it is refused."""
    amount, chosen = number(asked.amount), [row for row in receipts if asked.receipt_id in (None, row.id)]
    free = sum((row.open for row in chosen), Decimal(0))
    if not known:
        outcome.refuse(payer, "not_found")
    elif amount is None or amount <= 0:
        outcome.refuse(payer, "bad_amount", amount=str(asked.amount))
    elif asked.free is not None and number(asked.free) != free:
        outcome.refuse(payer, "stale_version", payer_id=payer)
    elif amount > free:
        outcome.refuse(payer, "more_than_free", payer_id=payer, amount=amount, free=free)
    elif closed_on:
        outcome.refuse(payer, "period_closed", on=closed_on)
    else:
        way = asked.way if asked.way in ("transfer", "cash") else "transfer"
        bank = None if way == "cash" else asked.bank_account_id if asked.bank_account_id in accounts else next(iter(accounts), None)
        return Back(payer, amount, way, asked.reference, bank, _oldest(chosen, amount))
    return None


def _oldest(receipts: list[Any], amount: Decimal) -> list[tuple[Any, Decimal]]:
    """What is taken of which receipt, the oldest first."""
    parts = []
    for row in receipts:
        part = min(row.open, amount)
        if part:
            parts.append((row, part))
        amount -= part
    return parts


def _entry(refund_id: int, back: Back, on: date, accounts: Mapping[int, int]) -> Iterator[books.Line]:
    for row, amount in back.parts:
        yield books.Line(refund_id, on, chart.UNALLOCATED_RECEIPTS if row.payment_id else chart.RECEIVABLE, amount, back.payer_id)
    yield books.Line(refund_id, on, chart.CASH if back.way == "cash" else accounts.get(back.bank_account_id or 0, chart.BANK), -back.amount)


def _said(back: Back, row: Any, amount: Decimal) -> dict[str, Any]:
    source = {"credit_note_id": row.credit_note_id} if row.credit_note_id else {"receipt_id": row.payment_id}
    return {"payer_id": back.payer_id, "amount": amount, **source}
