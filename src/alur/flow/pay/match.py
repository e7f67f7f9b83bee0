"""Match: a payer's open money finds the invoices it pays.

    open receipt + open item --match--> allocation     payment.matched     Dr unallocated receipts, Cr receivable

By reference (an invoice number in it, or the order it names), then an exact amount, then the oldest; what is left stays open. Money that
names an order still to be paid ahead is not for here: flow/invoice/advance.py takes it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.books.allocate import Allocation, allocate
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.flow.pay import fit
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "nothing_open": "{payer} has no open money, or nothing open to pay with it.",
    "period_closed": "The month of {on:day} is closed, so nothing can be matched on that day. Open the month, or wait for the next one.",
}

WAITING = """
SELECT c.id FROM customer c
 WHERE c.id = ANY(ARRAY(
           SELECT r.payer_id FROM open_receipt r LEFT JOIN sales_order o ON o.id = r.order_id
            WHERE r.cleared AND r.payment_id IS NOT NULL AND (r.order_id IS NULL OR o.advance_pct = 0 OR o.state IN ('fulfilled', 'closed', 'cancelled'))))
   AND (SELECT i.id FROM open_item i WHERE i.payer_id = c.id AND i.open > 0 LIMIT 1) IS NOT NULL
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'pay.match' AND b.subject_id = c.id)
 ORDER BY c.id LIMIT %(limit)s FOR NO KEY UPDATE OF c SKIP LOCKED
"""
# Locked once more as they are read: one that came between the lock and the read is ours too.
RECEIPTS = """
SELECT r.id, r.payment_id, r.payer_id, r.open, r.order_id, p.reference, p.currency
  FROM open_receipt r JOIN payment p ON p.id = r.payment_id LEFT JOIN sales_order o ON o.id = r.order_id
 WHERE r.payer_id = ANY(%(ids)s::bigint[]) AND r.cleared AND (r.order_id IS NULL OR o.advance_pct = 0 OR o.state IN ('fulfilled', 'closed', 'cancelled'))
 ORDER BY r.payer_id, r.received_on, r.id FOR NO KEY UPDATE OF r
"""
ITEMS = """
SELECT i.id, i.invoice_id, i.part, i.payer_id, i.open, v.number, v.currency
  FROM open_item i JOIN invoice v ON v.id = i.invoice_id
 WHERE i.payer_id = ANY(%(ids)s::bigint[]) AND i.open > 0
 ORDER BY i.payer_id, i.due_on NULLS LAST, i.issued_on, i.invoice_id, i.part FOR NO KEY UPDATE OF i
"""
INVOICES_OF = """
SELECT DISTINCT l.order_id, b.invoice_id FROM order_line l JOIN invoice_line b ON b.order_line_id = l.id WHERE l.order_id = ANY(%(ids)s::bigint[])
"""
ORDERS_OF = """
SELECT DISTINCT b.invoice_id, l.order_id FROM invoice_line b JOIN order_line l ON l.id = b.order_line_id WHERE b.invoice_id = ANY(%(ids)s::bigint[])
"""


def match(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Allocate each payer's open money to what they owe."""
    today, outcome = clock.day(at), Outcome()
    locks.payers_and_money(ids)
    closed, money, owed = periods.ask([today]), sql.ask(RECEIPTS, ids=list(ids)), sql.ask(ITEMS, ids=list(ids))
    items = owed.rows()
    found = _judge(ids, money.rows(), items, outcome, today if closed() else None)
    if not found:
        return outcome
    settled = _settled(found, items)
    orders = _pairs(sql.rows(ORDERS_OF, ids=list({item.invoice_id for _, item, _ in found})))
    with sql.pipeline():
        allocate([Allocation(amount, "payment", i.invoice_id, i.part, i, r) for r, i, amount in found], on=today, at=at)
        books.post("payment.matched", "payment", _entries(found, today), at=at)
        recheck.add("close", {order for invoice in settled for order in orders.get(invoice, ())}, "paid")
        recheck.verify_held_of_payers(outcome.moved, "matched")
        log.write(_records(found, orders), by=by, at=at)
    return outcome


def _judge(ids: Sequence[int], receipts: list[Any], items: list[Any], outcome: Outcome, closed_on: date | None) -> list[fit.Found]:
    """What of each payer's money settles which item; every payer is answered."""
    named = {receipt.order_id for receipt in receipts if receipt.order_id}
    invoices = _pairs(sql.rows(INVOICES_OF, ids=list(named))) if named else {}
    money, owed = _by_payer(receipts), _by_payer(items)
    found = []
    for payer in ids:
        pairs = fit.fit(money.get(payer, ()), owed.get(payer, ()), invoices)
        if not pairs:
            outcome.refuse(payer, "nothing_open", payer_id=payer)
        elif closed_on:
            outcome.refuse(payer, "period_closed", on=closed_on)
        else:
            outcome.moved.append(payer)
            found += pairs
    return found


def _by_payer(rows: Iterable[Any]) -> dict[int, list[Any]]:
    return {payer: list(group) for payer, group in groupby(rows, key=lambda row: row.payer_id)}


def _pairs(rows: Iterable[Any]) -> dict[int, set[int]]:
    """Rows of two ids, the second by the first."""
    found: dict[int, set[int]] = {}
    for first, second in rows:
        found.setdefault(first, set()).add(second)
    return found


def _settled(found: list[fit.Found], items: list[Any]) -> set[int]:
    """The invoices of which nothing is open any more."""
    left = {item.id: item.open for item in items}
    for _, item, amount in found:
        left[item.id] -= amount
    return {item.invoice_id for _, item, _ in found} - {item.invoice_id for item in items if left[item.id]}


def _entries(found: list[fit.Found], on: date) -> Iterable[books.Line]:
    for receipt, _, amount in found:
        yield books.Line(receipt.payment_id, on, chart.UNALLOCATED_RECEIPTS, amount, receipt.payer_id)
        yield books.Line(receipt.payment_id, on, chart.RECEIVABLE, -amount, receipt.payer_id)


def _records(found: list[fit.Found], orders: dict[int, set[int]]) -> list[log.Record]:
    """One event for each order whose invoice was paid."""
    return [
        log.Record("payment.matched", receipt.payment_id, order, "payment", {"payment_id": receipt.payment_id, "invoice_id": item.invoice_id, "amount": amount})
        for receipt, item, amount in found
        for order in sorted(orders.get(item.invoice_id, ()))
    ]
