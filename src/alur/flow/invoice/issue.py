"""Issue: what was delivered is invoiced, advances are deducted, and the rest is owed from now on.

    confirmed | fulfilled, something delivered and not billed --issue--> the same, billed     invoice.issued

One invoice a delivery, one an order once it is fulfilled, or one for all that a customer got in a day or month that is over (invoice_rule;
collective.py). What is read stands in billable.py, the amounts are worked out in bill.py. Tickets wake it: whoever delivers writes one
(docs/decisions/0003).
Rules: reference model.md "Money rules"; the tax rule is that of the delivery day (art. 13(1a) UU PPN); numbers have no gaps.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.core import clock, sql
from alur.core.money import ZERO
from alur.core.step import Outcome
from alur.flow.invoice import bill, billable, collective
from alur.flow.invoice.documents import Document, number, write
from alur.log import recheck
from alur.models import locks
from alur.reads import billed

REFUSALS = {
    "too_early": "Nothing of {order} has been delivered that is not invoiced yet; its invoice follows the delivery by itself.",
    "period_closed": "The month of {on:day} is closed, so {order} cannot be invoiced on that day. Open the month, or wait for the next one.",
    **collective.REFUSALS,
}

# A ticket of an order that may not be billed yet stays until it may, and so while the month is closed.
WAITING = """
SELECT o.id FROM sales_order o
 WHERE o.id = ANY(ARRAY(
           SELECT r.order_id FROM recheck r
            WHERE r.step = 'issue' AND (r.after_on IS NULL
                  OR r.after_on < (SELECT (%(at)s::timestamptz AT TIME ZONE time_zone)::date FROM company WHERE schema = current_schema())
                     AND NOT EXISTS (SELECT FROM period p WHERE p.starts_on = date_trunc('month', r.after_on) AND p.state = 'closed'))))
   AND o.state NOT IN ('received', 'verified') AND NOT (o.state = 'confirmed' AND o.invoice_rule = 'order')
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'invoice.issue' AND b.subject_id = o.id)
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""
TICKETS = """
DELETE FROM recheck
 WHERE step = 'issue' AND order_id = ANY(ARRAY(
           SELECT o.id FROM sales_order o
            WHERE o.id = ANY(%(ids)s::bigint[]) AND o.state NOT IN ('received', 'verified')
              AND (o.invoice_rule = 'delivery' OR o.invoice_rule = 'order' AND o.state <> 'confirmed')
              AND NOT EXISTS (SELECT FROM period p WHERE p.starts_on = date_trunc('month', %(today)s::date) AND p.state = 'closed')))
"""
BILL = """
WITH granted AS (
    UPDATE sales_order o SET granted = g.granted FROM unnest(%(orders)s::bigint[], %(grants)s::numeric[]) g(id, granted) WHERE o.id = g.id
)
UPDATE order_line l SET invoiced = l.invoiced + b.quantity
  FROM (SELECT id, sum(quantity) AS quantity FROM unnest(%(id)s::bigint[], %(quantity)s::numeric[]) x(id, quantity) GROUP BY id) b WHERE l.id = b.id
"""


def issue(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Invoice what was delivered of each order and is not billed yet."""
    today, outcome = clock.day(at), Outcome()
    locks.orders(ids)
    closed = periods.ask([today])
    sql.run(TICKETS, ids=list(ids), today=today)
    facts = billable.facts(ids, today)
    alone = [order for order in facts.orders if order.invoice_rule not in collective.RULES]
    due = _judge(alone, facts.pieces, outcome, today if closed() else None)
    collected = collective.collect([order for order in facts.orders if order.invoice_rule in collective.RULES], outcome, today)
    for missing in sorted(set(ids) - {order.id for order in facts.orders}):
        outcome.refuse(missing, "not_found")
    documents = (facts.documents(due) if due else []) + collected.documents
    if not documents:
        return outcome
    due += collected.orders
    grants = _grants(due, documents)
    _number(documents, today)
    with sql.pipeline():
        write(documents, "invoice", on=today, at=at)
        billed = [line for d in documents for line in d.lines if line.order_line_id]
        quantities = [line.quantity for line in billed]
        sql.run(BILL, id=[line.order_line_id for line in billed], quantity=quantities, orders=list(grants), grants=list(grants.values()))
        books.post("invoice.issued", "invoice", (line for d in documents for line in _entry(d, d.on or today)), at=at)
        recheck.add("close", [order.id for order in due], "invoiced")
        log.write([log.Record("invoice.issued", d.id, order_id, "invoice", _said(d)) for d in documents for order_id in d.nets], by=by, at=at)
    return outcome


def _number(documents: list[Document], today: date) -> None:
    """Numbers of the usual series, then those of the collective one, by the year they are dated in."""
    if plain := [d for d in documents if d.on is None]:
        number(plain, "invoice", today)
    for _, dated in groupby((d for d in documents if d.on), key=lambda d: d.on and d.on.year):
        same = list(dated)
        number(same, "collective", same[0].on or today)


def _judge(orders: list[Any], pieces: dict[int, list[Any]], outcome: Outcome, closed_on: date | None) -> list[Any]:
    """The orders to bill, in queue order; the others are answered."""
    due = []
    for order in orders:
        waits = order.invoice_rule == "order" and order.state == "confirmed"
        if order.state == "closed" or (order.billed and order.id not in pieces):
            outcome.already.append(order.id)
        elif order.state not in ("confirmed", "fulfilled"):
            outcome.refuse(order.id, "wrong_state", state=order.state)
        elif waits or order.id not in pieces:
            outcome.refuse(order.id, "too_early", order_id=order.id)
        elif closed_on:
            outcome.refuse(order.id, "period_closed", order_id=order.id, on=closed_on)
        else:
            due.append(order)
            outcome.moved.append(order.id)
    return due


def _grants(orders: list[Any], documents: list[Document]) -> dict[int, Decimal]:
    """What each order that was granted credit still takes of it now that more is owed instead."""
    before = [order.id for order in orders if order.granted and (order.billed or order.advanced)]
    known = billed.of(before) if before else {}
    made: dict[int, list[Document]] = {}
    for document in documents:
        for order_id in document.nets:
            made.setdefault(order_id, []).append(document)
    grants = {}
    for order in orders:
        if order.granted:
            was, new = known.get(order.id), made[order.id]
            amount = sum((d.share(order.id) for d in new), was.billed if was else ZERO)
            deducted = sum((d.deducted.get(order.id, ZERO) for d in new), was.deducted if was else ZERO)
            grants[order.id] = bill.lowered(order, amount, deducted)
    return grants


def _entry(document: Document, on: date) -> Iterator[books.Line]:
    """Dr receivable, Cr revenue, VAT, rounding; what advances covered: Dr advances, Dr VAT, Cr receivable."""
    payer, totals = document.order.payer_id, document.totals
    yield books.Line(document.id, on, chart.RECEIVABLE, document.to_pay, payer)
    yield books.Line(document.id, on, chart.REVENUE, -totals.net)
    yield books.Line(document.id, on, chart.OUTPUT_VAT, document.tax_taken - totals.tax)
    if totals.rounding:
        yield books.Line(document.id, on, chart.DOCUMENT_ROUNDING, -totals.rounding)
    if document.net_taken:
        yield books.Line(document.id, on, chart.CUSTOMER_ADVANCES, document.net_taken, payer)


def _said(document: Document) -> dict[str, Any]:
    return {"invoice_id": document.id, "total": document.totals.total, "to_pay": document.to_pay, "due_on": document.parts[0].due_on}
