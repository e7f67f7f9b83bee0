"""Match: a payer's open money finds the invoices it pays.

    open receipt + open item --match--> allocation     payment.matched     Dr unallocated receipts or the account of its kind, Cr receivable

By itself: by reference (an invoice number in it, or the order it names), then an exact amount, then the oldest; what is left stays open. Money that
names an order still to be paid ahead is not for here (flow/invoice/advance.py takes it), nor a giro in hand, nor what a person took back.
By hand ({payer: pairs}, choose.py): any open money of the payer's, and what customers keep back by kind: PPh 23, VAT, bank fees, a small difference.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.books.allocate import Allocation, allocate
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.flow.pay import choose, fit, paid_orders
from alur.flow.pay.choose import Pair
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "nothing_open": "{payer} has no open money, or nothing open to pay with it.",
    "bad_amount": "An amount of {amount} cannot be matched; it must be above 0. Correct it.",
    "not_open": "{invoice} of {payer} is not open any more, so {amount:money} cannot settle it. Reload the page and choose what is open.",
    "money_used": "The money that was to pay {amount:money} of {invoice} is not free any more. Reload the page and choose other money.",
    "other_currency": "{payment} is in another currency than {invoice}, so {amount} of it cannot pay it. Choose money of the same currency.",
    "more_than_owed": "{amount:money} is more than the {open:money} that is open on {invoice}. Match less.",
    "more_than_free": "{amount:money} is more than the {open:money} that is free of {payment}. Match less.",
    "over_limit": "{amount:money} of {invoice} is more than the {limit:money} that may be written off. Collect it, or raise the limit in the settings.",
    "period_closed": "The month of {on:day} is closed, so nothing can be matched on that day. Open the month, or wait for the next one.",
}

WAITING = """
SELECT c.id FROM customer c
 WHERE c.id = ANY(ARRAY(
           SELECT r.payer_id FROM open_receipt r LEFT JOIN sales_order o ON o.id = r.order_id
            WHERE r.cleared AND NOT r.by_hand AND r.payment_id IS NOT NULL
              AND (r.order_id IS NULL OR o.advance_pct = 0 OR o.state IN ('fulfilled', 'closed', 'cancelled'))))
   AND (SELECT i.id FROM open_item i WHERE i.payer_id = c.id AND i.open > 0 LIMIT 1) IS NOT NULL
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'pay.match' AND b.subject_id = c.id)
 ORDER BY c.id LIMIT %(limit)s FOR NO KEY UPDATE OF c SKIP LOCKED
"""
# Locked once more as they are read: one that came between the lock and the read is ours too. auto: it may be matched without a person.
RECEIPTS = """
SELECT r.id, r.payment_id, r.credit_note_id, r.payer_id, r.open, r.order_id, r.cleared, p.reference,
       coalesce(p.number, n.number) AS number, coalesce(p.currency, n.currency) AS currency,
       r.payment_id IS NOT NULL AND r.cleared AND NOT r.by_hand
         AND (r.order_id IS NULL OR o.advance_pct = 0 OR o.state IN ('fulfilled', 'closed', 'cancelled')) AS auto
  FROM open_receipt r LEFT JOIN payment p ON p.id = r.payment_id LEFT JOIN invoice n ON n.id = r.credit_note_id
  LEFT JOIN sales_order o ON o.id = r.order_id
 WHERE r.payer_id = ANY(%(ids)s::bigint[])
 ORDER BY r.payer_id, r.received_on, r.id FOR NO KEY UPDATE OF r
"""
ITEMS = """
SELECT i.id, i.invoice_id, i.part, i.payer_id, i.open, i.uncleared, v.number, v.currency
  FROM open_item i JOIN invoice v ON v.id = i.invoice_id
 WHERE i.payer_id = ANY(%(ids)s::bigint[]) AND i.open > 0
 ORDER BY i.payer_id, i.due_on NULLS LAST, i.issued_on, i.invoice_id, i.part FOR NO KEY UPDATE OF i
"""


def match(ids: Sequence[int] | Mapping[int, Sequence[Pair]], *, by: str, at: datetime) -> Outcome:
    """Allocate each payer's open money to what they owe: what fits by itself, or what a person chose."""
    today, outcome = clock.day(at), Outcome()
    locks.payers_and_money(ids)
    closed, money, owed = periods.ask([today]), sql.ask(RECEIPTS, ids=list(ids)), sql.ask(ITEMS, ids=list(ids))
    items, receipts = owed.rows(), money.rows()
    found = choose.chosen(ids, receipts, items, outcome) if isinstance(ids, Mapping) else _fitting(ids, receipts, items, outcome)
    if found and closed():
        for payer in {a.item.payer_id for a in found}:
            outcome.refuse(payer, "period_closed", on=today)
        found = []
    if not found:
        return outcome
    outcome.moved = list(dict.fromkeys(a.item.payer_id for a in found))
    orders = paid_orders.of({a.item.invoice_id for a in found})
    with sql.pipeline():
        allocate(found, on=today, at=at)
        for kind in ("payment", "invoice"):
            books.post("payment.matched", kind, (line for a in found for line in _entry(a, today, kind)), at=at)
        recheck.add("close", {order for invoice in _settled(found, items) for order in orders.get(invoice, ())}, "paid")
        recheck.add("verify", {a.receipt.order_id for a in found if a.receipt and a.receipt.order_id and not a.receipt.auto}, "matched")
        recheck.verify_held_of_payers(outcome.moved, "matched")
        log.write(_records(found, orders), by=by, at=at)
    return outcome


def _fitting(ids: Sequence[int], receipts: list[Any], items: list[Any], outcome: Outcome) -> list[Allocation]:
    """What of each payer's money settles which item; who has nothing that fits is answered."""
    receipts = [receipt for receipt in receipts if receipt.auto]
    named = {receipt.order_id for receipt in receipts if receipt.order_id}
    invoices = paid_orders.invoices(named) if named else {}
    money, owed = _by_payer(receipts), _by_payer(items)
    found = []
    for payer in ids:
        pairs = fit.fit(money.get(payer, ()), owed.get(payer, ()), invoices)
        if not pairs:
            outcome.refuse(payer, "nothing_open", payer_id=payer)
        found += [Allocation(amount, "payment", item.invoice_id, item.part, item, receipt) for receipt, item, amount in pairs]
    return found


def _by_payer(rows: Iterable[Any]) -> dict[int, list[Any]]:
    return {payer: list(group) for payer, group in groupby(rows, key=lambda row: row.payer_id)}


def _settled(found: list[Allocation], items: list[Any]) -> set[int]:
    """The invoices of which nothing is open any more, nor waits to clear."""
    left = {item.id: item.open + item.uncleared for item in items}
    for a in found:
        left[a.item.id] -= a.amount - a.uncleared
    return {a.item.invoice_id for a in found} - {item.invoice_id for item in items if left[item.id]}


def _entry(a: Allocation, on: date, subject: str) -> Iterator[books.Line]:
    """The lines of an allocation (a credit note has none), if entries of this subject are asked for: of the payment, or without one of the invoice."""
    payer = a.item.payer_id
    if a.kind == "payment" and subject == "payment":
        yield books.Line(a.receipt.payment_id, on, chart.UNALLOCATED_RECEIPTS, a.amount, payer)
        yield books.Line(a.receipt.payment_id, on, chart.RECEIVABLE, -a.amount, payer)
    elif a.account and subject == "invoice":
        yield books.Line(a.item.invoice_id, on, a.account, a.amount)
        yield books.Line(a.item.invoice_id, on, chart.RECEIVABLE, -a.amount, payer)


def _records(found: list[Allocation], orders: dict[int, set[int]]) -> list[log.Record]:
    """One event for each order whose invoice was paid."""
    return [_record(a, order) for a in found for order in sorted(orders.get(a.item.invoice_id, ()))]


def _record(a: Allocation, order: int) -> log.Record:
    if a.kind == "payment":
        paid = a.receipt.payment_id
        return log.Record("payment.matched", paid, order, "payment", {"payment_id": paid, "invoice_id": a.item.invoice_id, "amount": a.amount})
    if a.kind == "credit":
        facts = {"invoice_id": a.item.invoice_id, "amount": a.amount, "credit_note_id": a.receipt.credit_note_id}
        return log.Record("item.credited", a.item.invoice_id, order, "invoice", facts)
    return log.Record(choose.KINDS[a.kind][1], a.item.invoice_id, order, "invoice", {"invoice_id": a.item.invoice_id, "amount": a.amount})
