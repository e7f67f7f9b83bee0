"""Collective invoices: one for everything that reached a customer in a day or a month that is over (invoice_rule day | month).

One invoice per customer, payer, bill-to, currency, rate, tax mode, terms, rule and period, dated the period's last day, in a series of its own (FG).
Whoever asks for one order gets the whole invoice: its neighbours are taken along, or, if somebody else works on one of them, none goes. What arrived
in a period that still runs keeps a ticket for its last day. What no delivery brought (a charge left over) goes with its order's first delivery; with
none, into the period that ended last, but not before the order's own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import attrgetter
from typing import Any

from alur.books import periods
from alur.core import sql
from alur.core.step import Outcome
from alur.flow.invoice import billable
from alur.flow.invoice.bill import Done, month_end
from alur.flow.invoice.documents import Document
from alur.log import recheck

RULES = ("day", "month")
REFUSALS = {
    "not_over": "What {order} has brought goes on the collective invoice of {on:day}, which follows by itself when that day is over.",
    "its_month_is_closed": "{order} belongs on an invoice of {on:day}, whose month is closed. A manager opens it again; the invoice follows by itself.",
}
KEY = attrgetter("customer_id", "payer_id", "bill_to_id", "currency", "rate", "tax_included", "terms_id", "invoice_rule")

# Neighbours never wait: all that was asked for is locked already, so two who gather the same invoice cannot wait for each other.
NEIGHBOURS = """
WITH asked AS (
    SELECT DISTINCT customer_id, payer_id, bill_to_id, currency, rate, tax_included, terms_id, invoice_rule FROM sales_order WHERE id = ANY(%(ids)s::bigint[])
), near AS MATERIALIZED (
    SELECT o.id, a.* FROM sales_order o
      JOIN asked a ON (a.customer_id, a.payer_id, a.currency, a.rate, a.tax_included, a.invoice_rule)
                    = (o.customer_id, o.payer_id, o.currency, o.rate, o.tax_included, o.invoice_rule)
                  AND a.bill_to_id IS NOT DISTINCT FROM o.bill_to_id AND a.terms_id IS NOT DISTINCT FROM o.terms_id
     WHERE o.id = ANY(ARRAY(SELECT r.order_id FROM recheck r WHERE r.step = 'issue' AND (r.after_on IS NULL OR r.after_on < %(today)s)))
       AND o.state IN ('confirmed', 'fulfilled')
       AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'invoice.issue' AND b.subject_id = o.id)
), free AS MATERIALIZED (
    SELECT o.id FROM sales_order o WHERE o.id IN (SELECT id FROM near) ORDER BY o.id FOR NO KEY UPDATE SKIP LOCKED
)
SELECT n.*, f.id IS NOT NULL AS free FROM near n LEFT JOIN free f ON f.id = n.id
"""
TICKETS = """
DELETE FROM recheck
 WHERE step = 'issue' AND order_id = ANY(ARRAY(SELECT o.id FROM sales_order o
                                                WHERE o.id = ANY(%(ids)s::bigint[]) AND o.state NOT IN ('received', 'verified')))
"""


@dataclass(slots=True)
class Collected:
    """The documents, and the orders they bill."""

    documents: list[Document] = field(default_factory=list)
    orders: list[Any] = field(default_factory=list)


def collect(asked: Sequence[Any], outcome: Outcome, today: date) -> Collected:
    """The collective invoices of these orders and their neighbours, by period and queue; every asked order is answered."""
    if not asked:
        return Collected()
    near = sql.rows(NEIGHBOURS, ids=[order.id for order in asked], today=today)
    busy = {KEY(row) for row in near if not row.free}
    for order in asked:
        if KEY(order) in busy:
            outcome.refuse(order.id, "waits_for_ahead")
    mine = {order.id for order in asked if KEY(order) not in busy}
    ids = sorted(mine | {row.id for row in near if KEY(row) not in busy})
    sql.run(TICKETS, ids=ids)
    facts = billable.facts(ids, today)
    parts = {order.id: _by_period(order, facts.pieces.get(order.id, ()), today) for order in facts.orders}
    shut = periods.closed({end for own in parts.values() for end in own if end < today})
    billed, later, groups = [], {}, {}
    for order in facts.orders:
        over = [end for end in parts[order.id] if end < today]
        verdict, end = _judge(order, parts[order.id], over, shut)
        if verdict is None:
            billed.append(order)
            for each in over:
                groups.setdefault((each, KEY(order)), []).append(order)
        if order.state in ("confirmed", "fulfilled") and (rest := [e for e in parts[order.id] if verdict or e not in over]):
            later[order.id] = rest[0]
        if order.id in mine:
            _answer(order, verdict, end, outcome)
    recheck.later("issue", later, "collective")
    return Collected(list(_documents(groups, parts, facts, billed)), billed)


def _by_period(order: Any, pieces: Iterable[Any], today: date) -> dict[date, list[Any]]:
    """What is to be billed, by the last day of its period, the earliest first."""
    found: dict[date, list[Any]] = {}
    own = list(pieces)
    first = next((piece.brought_on for piece in own if piece.brought_on), None)
    if first is None:
        ended = today - timedelta(days=1) if order.invoice_rule == "day" else today.replace(day=1) - timedelta(days=1)
        first = max(ended, order.received_on)
    for piece in own:
        day = piece.brought_on or first
        found.setdefault(day if order.invoice_rule == "day" else month_end(day), []).append(piece)
    return dict(sorted(found.items()))


def _judge(order: Any, parts: dict[date, list[Any]], over: list[date], shut: set[date]) -> tuple[str | None, date | None]:
    """The verdict on an order, and the day it is about."""
    if order.state == "closed" or (order.billed and not parts):
        return "already", None
    if order.state not in ("confirmed", "fulfilled"):
        return "wrong_state", None
    if not parts:
        return "too_early", None
    if not over:
        return "not_over", next(iter(parts))
    closed = [end for end in over if end in shut]
    return ("its_month_is_closed", closed[0]) if closed else (None, None)


def _answer(order: Any, verdict: str | None, on: date | None, outcome: Outcome) -> None:
    if verdict is None:
        outcome.moved.append(order.id)
    elif verdict == "already":
        outcome.already.append(order.id)
    elif verdict == "wrong_state":
        outcome.refuse(order.id, verdict, state=order.state)
    else:
        outcome.refuse(order.id, verdict, order_id=order.id, **({"on": on} if on else {}))


def _documents(groups: dict[Any, list[Any]], parts: dict[int, dict[date, list[Any]]], facts: billable.Facts, billed: list[Any]) -> Iterable[Document]:
    """One a group, the earliest period first."""
    done: Done = {}
    advances = billable.paid_ahead(billed)
    for (end, _), orders in sorted(groups.items(), key=lambda group: group[0][0]):
        own = {order.id: advances[order.id] for order in orders if order.id in advances}
        yield facts.billing.document([(order, parts[order.id][end]) for order in orders], done, own, end)
