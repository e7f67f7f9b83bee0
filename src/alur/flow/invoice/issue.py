"""Issue: what was delivered is invoiced, advances are deducted, and the rest is owed from now on.

    confirmed | fulfilled, something delivered and not billed --issue--> the same, billed     invoice.issued

One invoice a delivery, or one an order once it is fulfilled (invoice_rule). The amounts are worked out in bill.py. Tickets wake it: whoever
delivers writes one (docs/decisions/0003).
Rules: reference model.md "Money rules"; the tax rule is that of the delivery day (art. 13(1a) UU PPN); numbers have no gaps.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.core import clock, company, sql
from alur.core.step import Outcome
from alur.flow.invoice import bill
from alur.flow.invoice.documents import Document, number, write
from alur.log import recheck
from alur.models import locks
from alur.reads import billed, tax

REFUSALS = {
    "too_early": "Nothing of {order} has been delivered that is not invoiced yet; its invoice follows the delivery by itself.",
    "period_closed": "The month of {on:day} is closed, so {order} cannot be invoiced on that day. Open the month, or wait for the next one.",
}

# A ticket of an order that may not be billed yet stays until it may.
WAITING = """
SELECT o.id FROM sales_order o
 WHERE o.id = ANY(ARRAY(SELECT r.order_id FROM recheck r WHERE r.step = 'issue'))
   AND o.state NOT IN ('received', 'verified') AND NOT (o.state = 'confirmed' AND o.invoice_rule = 'order')
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'invoice.issue' AND b.subject_id = o.id)
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""
TICKETS = """
DELETE FROM recheck r USING sales_order o
 WHERE r.step = 'issue' AND r.order_id = ANY(%(ids)s::bigint[]) AND o.id = r.order_id AND o.id = ANY(%(ids)s::bigint[])
   AND o.state NOT IN ('received', 'verified') AND NOT (o.state = 'confirmed' AND o.invoice_rule = 'order')
"""
ORDERS = """
SELECT o.id, o.state, o.customer_id, o.payer_id, o.bill_to_id, o.currency, o.rate, o.tax_included, o.terms_id, o.invoice_rule,
       o.total, o.advance_pct, o.granted, EXISTS (SELECT FROM invoice i WHERE i.order_id = o.id) AS advanced,
       EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.invoiced > 0) AS billed
  FROM sales_order o WHERE o.id = ANY(%(ids)s::bigint[]) ORDER BY o.priority, o.received_at, o.id
"""
# A piece: what of a line is billed for one delivery. The billable quantity is the last that was delivered; what no delivery brought
# (a charge left over) has none, and what came beside deliveries counts as the first one's.
PIECES = """
WITH line AS (
    SELECT l.id, l.order_id, l.position, l.ordered, l.net, l.invoiced, l.tax_rule_id, l.delivered - l.returned - l.invoiced + l.credited AS billable
      FROM order_line l WHERE l.order_id = ANY(%(ids)s::bigint[]) AND l.delivered - l.returned > l.invoiced - l.credited
), brought AS (
    SELECT l.id, d.id AS delivery_line_id, d.delivery_id, v.ended_at, d.delivered, sum(d.delivered) OVER later AS back, row_number() OVER earlier AS nth
      FROM line l JOIN delivery_line d ON d.order_line_id = l.id AND d.delivered > 0 JOIN delivery v ON v.id = d.delivery_id
    WINDOW later AS (PARTITION BY l.id ORDER BY v.ended_at DESC, d.id DESC), earlier AS (PARTITION BY l.id ORDER BY v.ended_at, d.id)
), piece AS (
    SELECT l.*, b.delivery_id, b.delivery_line_id, b.ended_at,
           CASE WHEN b.nth > 1 THEN least(l.billable, b.back) ELSE l.billable END - least(l.billable, coalesce(b.back - b.delivered, 0)) AS quantity
      FROM line l LEFT JOIN brought b ON b.id = l.id
)
SELECT p.id, p.order_id, p.ordered, p.net, p.invoiced, p.tax_rule_id, p.quantity, p.delivery_id, p.delivery_line_id,
       (p.ended_at AT TIME ZONE %(zone)s)::date AS brought_on,
       CASE WHEN p.invoiced > 0
            THEN (SELECT coalesce(sum(b.net), 0) FROM invoice_line b WHERE b.order_line_id = p.id AND b.credited_line_id IS NULL) END AS billed
  FROM piece p WHERE p.quantity > 0
 ORDER BY p.order_id, p.ended_at NULLS FIRST, p.delivery_id, p.position, p.id
"""
TERMS = "SELECT p.terms_id, t.due_from, p.percent, p.days FROM terms t JOIN terms_part p ON p.terms_id = t.id ORDER BY p.terms_id, p.position"
ADVANCES = """
SELECT i.order_id, i.id AS advance_id, l.tax_rule_id, l.net, l.tax, coalesce(d.net, 0) AS net_taken, coalesce(d.tax, 0) AS tax_taken
  FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
  LEFT JOIN LATERAL (SELECT -sum(t.net) AS net, -sum(t.tax) AS tax FROM invoice_line t
                      WHERE t.advance_id = i.id AND t.tax_rule_id IS NOT DISTINCT FROM l.tax_rule_id) d ON true
 WHERE i.order_id = ANY(%(ids)s::bigint[]) ORDER BY i.order_id, i.id, l.id
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
    closed = bool(periods.closed([today]))
    if not closed:
        sql.run(TICKETS, ids=list(ids))
    orders = sql.rows(ORDERS, ids=list(ids))
    pieces = _by(sql.rows(PIECES, ids=list(ids), zone=company.current().time_zone), "order_id")
    due = _judge(ids, orders, pieces, outcome, today if closed else None)
    if not due:
        return outcome
    documents = _documents(due, pieces, today)
    grants = _grants(due, documents)
    number(documents, "invoice", today)
    with sql.pipeline():
        write(documents, "invoice", on=today, at=at)
        billed = [line for d in documents for line in d.lines if line.order_line_id]
        quantities = [line.quantity for line in billed]
        sql.run(BILL, id=[line.order_line_id for line in billed], quantity=quantities, orders=list(grants), grants=list(grants.values()))
        books.post("invoice.issued", "invoice", (line for d in documents for line in _entry(d, today)), at=at)
        recheck.add("close", outcome.moved, "invoiced")
        log.write([log.Record("invoice.issued", d.id, d.order.id, "invoice", _said(d)) for d in documents], by=by, at=at)
    return outcome


def _by(rows: list[Any], name: str) -> dict[int, list[Any]]:
    return {key: list(group) for key, group in groupby(rows, key=attrgetter(name))}


def _judge(ids: Sequence[int], orders: list[Any], pieces: dict[int, list[Any]], outcome: Outcome, closed_on: date | None) -> list[Any]:
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
    known = {order.id for order in orders}
    for order_id in ids:
        if order_id not in known:
            outcome.refuse(order_id, "not_found")
    return due


def _documents(orders: list[Any], pieces: dict[int, list[Any]], today: date) -> list[Document]:
    billing = bill.Billing(tax.rules(), _by(sql.rows(TERMS), "terms_id"), today)
    ahead = [order.id for order in orders if order.advanced]
    advances = _by(sql.rows(ADVANCES, ids=ahead), "order_id") if ahead else {}
    made: list[Document] = []
    for order in orders:
        paid = [bill.Advance(a.advance_id, a.tax_rule_id, a.net, a.tax, a.net_taken, a.tax_taken) for a in advances.get(order.id, ())]
        made += billing.documents(order, pieces[order.id], paid)
    return made


def _grants(orders: list[Any], documents: list[Document]) -> dict[int, Decimal]:
    """What each order that was granted credit still takes of it now that more is owed instead."""
    before = [order.id for order in orders if order.granted and (order.billed or order.advanced)]
    known = billed.of(before) if before else {}
    grants = {}
    for order, made in groupby(documents, key=lambda d: d.order):
        if order.granted:
            was = known.get(order.id)
            new = list(made)
            amount, deducted = sum(d.totals.total for d in new), sum(d.totals.total - d.to_pay for d in new)
            grants[order.id] = bill.lowered(order, amount + (was.billed if was else 0), deducted + (was.deducted if was else 0))
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
