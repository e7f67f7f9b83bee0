"""Advance: money that names an order to be paid ahead becomes an advance invoice, paid at once.

    open receipt of a verified | confirmed order with advance_pct > 0 --advance--> advance invoice     invoice.advance_issued

At most total - billed - advances not deducted yet; the rest of the money stays open. The amount is split by the order's tax rules, tax within it,
at the rules of the day the money came (art. 13(1a) UU PPN). Dr receivable, Cr customer advances, Cr output VAT; Dr unallocated receipts, Cr receivable.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, LiteralString

from alur import books, log
from alur.books import chart, periods
from alur.books.allocate import Allocation, allocate
from alur.core import clock, money, sql
from alur.core.step import Outcome
from alur.flow.invoice import bill
from alur.flow.invoice.documents import Document, number, write
from alur.log import recheck
from alur.models import locks
from alur.reads import billed, tax

REFUSALS = {
    "nothing_ahead": "{order} is paid after delivery; money for it is matched with its invoices.",
    "nothing_paid": "No money that names {order} has come in. Enter the payment with the number of the order.",
    "period_closed": "The month of {on:day} is closed, so the advance of {order} cannot be invoiced on that day. Open the month, or wait for the next one.",
}

WAITING: LiteralString = f"""
SELECT o.id FROM sales_order o CROSS JOIN LATERAL ({billed.OF_ORDER}) b
 WHERE o.id = ANY(ARRAY(SELECT r.order_id FROM open_receipt r WHERE r.order_id IS NOT NULL AND r.cleared AND NOT r.by_hand))
   AND o.state IN ('verified', 'confirmed') AND o.advance_pct > 0 AND o.total > b.billed + b.advanced - b.deducted
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'invoice.advance' AND b.subject_id = o.id)
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""
ORDERS: LiteralString = f"""
SELECT o.id, o.state, o.payer_id, o.currency, o.tax_included, o.advance_pct, o.total - b.billed - b.advanced + b.deducted AS room, b.advanced
  FROM sales_order o CROSS JOIN LATERAL ({billed.OF_ORDER}) b
 WHERE o.id = ANY(%(ids)s::bigint[]) ORDER BY o.priority, o.received_at, o.id
"""
RECEIPTS = """
SELECT r.id, r.payment_id, r.order_id, r.payer_id, r.open, r.received_on FROM open_receipt r
 WHERE r.order_id = ANY(%(ids)s::bigint[]) AND r.cleared AND NOT r.by_hand AND r.payment_id IS NOT NULL ORDER BY r.order_id, r.received_on, r.id
   FOR NO KEY UPDATE OF r
"""
LINES = """
SELECT l.order_id, l.net, l.ordered, l.cancelled, l.tax_rule_id FROM order_line l
 WHERE l.order_id = ANY(%(ids)s::bigint[]) AND l.ordered > l.cancelled ORDER BY l.order_id, l.position, l.id
"""


@dataclass(frozen=True, slots=True)
class Paid:
    """An advance invoice and the receipt that pays it."""

    receipt: Any
    document: Document


def advance(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Invoice the money that each order was paid ahead."""
    today, outcome = clock.day(at), Outcome()
    locks.orders(ids)
    locks.open_receipts_of_orders(ids)
    closed = bool(periods.closed([today]))
    receipts = {order: list(group) for order, group in groupby(sql.rows(RECEIPTS, ids=list(ids)), key=lambda r: r.order_id)}
    orders = {order.id: order for order in sql.rows(ORDERS, ids=list(ids))}
    due = [order for order in orders.values() if _due(order, receipts.get(order.id), outcome, today if closed else None)]
    for missing in (i for i in ids if i not in orders):
        outcome.refuse(missing, "not_found")
    if not due:
        return outcome
    paid = _paid(due, receipts)
    number([p.document for p in paid], "advance", today)
    with sql.pipeline():
        write([p.document for p in paid], "advance", on=today, at=at)
        allocate([_allocation(p) for p in paid], on=today, at=at)
        books.post("invoice.advance_issued", "invoice", (line for p in paid for line in _issued(p.document, today)), at=at)
        books.post("payment.matched", "payment", (line for p in paid for line in _used(p, today)), at=at)
        recheck.add("verify", outcome.moved, "advance")
        log.write([log.Record("invoice.advance_issued", p.document.id, p.document.order.id, "invoice", _said(p)) for p in paid], by=by, at=at)
    return outcome


def _due(order: Any, receipts: list[Any] | None, outcome: Outcome, closed_on: Any) -> bool:
    """Whether money that names the order becomes an advance; if not, the answer is given."""
    if order.state not in ("verified", "confirmed"):
        outcome.refuse(order.id, "wrong_state", state=order.state)
    elif not order.advance_pct:
        outcome.refuse(order.id, "nothing_ahead", order_id=order.id)
    elif not receipts or order.room < money.unit_of(order.currency):
        if order.advanced:
            outcome.already.append(order.id)
        else:
            outcome.refuse(order.id, "nothing_paid", order_id=order.id)
    elif closed_on:
        outcome.refuse(order.id, "period_closed", order_id=order.id, on=closed_on)
    else:
        outcome.moved.append(order.id)
        return True
    return False


def _paid(orders: list[Any], receipts: dict[int, list[Any]]) -> list[Paid]:
    """One advance invoice a receipt, the oldest first, while there is room."""
    rules = tax.rules()
    lines = {order: list(group) for order, group in groupby(sql.rows(LINES, ids=[o.id for o in orders]), key=lambda line: line.order_id)}
    paid = []
    for order in orders:
        room, unit = order.room, money.unit_of(order.currency)
        for receipt in receipts[order.id]:
            amount = min(receipt.open, room) // unit * unit
            if amount:
                room -= amount
                paid.append(Paid(receipt, bill.ahead(order, amount, lines[order.id], rules, receipt.received_on)))
    return paid


def _allocation(paid: Paid) -> Allocation:
    return Allocation(paid.document.totals.total, "payment", paid.document.id, receipt=paid.receipt)


def _issued(made: Document, on: Any) -> Iterator[books.Line]:
    totals, payer = made.totals, made.order.payer_id
    yield books.Line(made.id, on, chart.RECEIVABLE, totals.total, payer)
    yield books.Line(made.id, on, chart.CUSTOMER_ADVANCES, -totals.net, payer)
    yield books.Line(made.id, on, chart.OUTPUT_VAT, -totals.tax)


def _used(paid: Paid, on: Any) -> Iterator[books.Line]:
    amount = paid.document.totals.total
    yield books.Line(paid.receipt.payment_id, on, chart.UNALLOCATED_RECEIPTS, amount, paid.receipt.payer_id)
    yield books.Line(paid.receipt.payment_id, on, chart.RECEIVABLE, -amount, paid.document.order.payer_id)


def _said(paid: Paid) -> dict[str, Any]:
    return {"invoice_id": paid.document.id, "payment_id": paid.receipt.payment_id, "amount": paid.document.totals.total}
