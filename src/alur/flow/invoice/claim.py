"""Claim: an invoice is credited without goods coming back: so many of a line, or an amount.

    invoice --claim--> the same, credited     invoice.credited     Dr revenue, VAT, Cr receivable

A quantity is given up: it counts as returned and credited, and cannot come back any more. An amount (as priced) moves no counter. By line, credits
are at most what was billed. Amounts and postings: credit_note.py; reference steps.md "invoice.credit".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from alur.books import periods
from alur.core import clock, money, sql
from alur.core.step import Outcome
from alur.flow.invoice import credit_note
from alur.flow.invoice.credit import nota_day
from alur.flow.invoice.credit_note import Billed, Ground, Left, Note
from alur.flow.said import number
from alur.models import locks

REFUSALS = {
    "not_an_invoice": "{invoice} is not an invoice, so nothing can be claimed on it. Choose the invoice that billed the goods.",
    "no_lines": "Nothing is claimed on {invoice}. Write a quantity or an amount at one of its lines.",
    "no_reason": "Say why {invoice} is credited: choose one of the reasons for returns.",
    "bad_amount": "{amount} cannot be credited on {line}. Write a quantity or an amount above 0.",
    "stale_version": "{invoice} was credited by somebody else meanwhile. Look at what is left of it and try again.",
    "more_than_invoiced": "Of {line} on {invoice} only {left:money} ({quantity:qty}) are not credited yet. Lower what you credit.",
    "needs_nota_retur": "{customer} is PKP, so {invoice} is credited against the customer's nota retur. Ask for it, then enter its number and date.",
    "period_closed": "The month of {on:day} is closed, so nothing can be credited on that day. Open the month, or wait for the next one.",
}

MOVE = """
UPDATE order_line l SET credited = l.credited + c.quantity, returned = l.returned + c.quantity
  FROM (SELECT id, sum(quantity) AS quantity FROM unnest(%(line)s::bigint[], %(quantity)s::numeric[]) AS c(id, quantity) GROUP BY id) c WHERE l.id = c.id
"""
# What may be given up of an order line without a return: what the customer keeps and nobody expects back.
KEPT = """
SELECT l.id, l.delivered - l.returned - coalesce((SELECT sum(r.quantity - r.received - r.refused) FROM return_line r WHERE r.order_line_id = l.id), 0)
  FROM order_line l
 WHERE l.id = ANY(ARRAY(SELECT b.order_line_id FROM invoice_line b WHERE b.invoice_id = ANY(%(ids)s::bigint[]) AND b.order_line_id IS NOT NULL))
"""
REASONS = "SELECT code, id FROM reason WHERE kind = 'return'"


@dataclass(frozen=True, slots=True)
class Claim:
    """By invoice line {"quantity": base units} or {"amount": as priced}, the code of the reason, and the nota retur of a buyer who is PKP.

    credited: what the person saw credited on the invoice so far; None = does not matter.
    """

    lines: Mapping[int, Mapping[str, Decimal | str]] = field(default_factory=dict)
    reason: str = ""
    nota_retur: str = ""
    nota_retur_on: date | str | None = None
    credited: Decimal | str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What claims are judged by; kept: by order line what may still be given up."""

    billed: Billed
    kept: dict[int, Decimal]
    reasons: dict[str, int]
    closed_on: date | None = None


def claim(claims: Mapping[int, Claim | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Credit what is claimed on these invoices; `made` says by which credit note."""
    asked = {i: c if isinstance(c, Claim) else Claim(**c) for i, c in claims.items()}
    ids, outcome, today = list(asked), Outcome(), clock.day(at)
    locks.orders_of_invoices(ids)
    locks.invoices_and_items(ids)
    shut = periods.ask([today])
    facts = _facts(ids)
    if shut():
        facts = replace(facts, closed_on=today)
    notes = [note for i in ids if (note := _judge(i, asked[i], facts, outcome))]
    if notes:
        counted = [line for note in notes for line, _ in note.lines if line.quantity]
        with sql.pipeline():
            sql.run(MOVE, line=[line.order_line_id for line in counted], quantity=[line.quantity for line in counted])
            credit_note.issue(notes, event="invoice.credited", on=today, by=by, at=at)
        outcome.made = {note.invoice.id: note.id for note in notes}
    return outcome


def would(invoice_id: int, asked: Claim) -> tuple[Note | None, Outcome]:
    """The credit note that a claim would make, or why it would not: for a person who is still typing. Nothing is locked or written."""
    outcome = Outcome()
    return _judge(invoice_id, asked, _facts([invoice_id]), outcome), outcome


def _facts(ids: Sequence[int]) -> Facts:
    keeping, naming = sql.ask(KEPT, ids=list(ids)), sql.ask(REASONS)
    return Facts(credit_note.read(ids), dict(keeping.rows()), dict(naming.rows()))


def _judge(invoice_id: int, asked: Claim, facts: Facts, outcome: Outcome) -> Note | None:
    """The credit note of a claim; None if it is refused."""
    invoice, lines = facts.billed.invoices.get(invoice_id), facts.billed.lines.get(invoice_id, [])
    day = nota_day(asked.nota_retur_on)
    if invoice is None:
        outcome.refuse(invoice_id, "not_found")
    elif invoice.kind != "invoice":
        outcome.refuse(invoice_id, "not_an_invoice", invoice_id=invoice_id)
    elif not asked.lines:
        outcome.refuse(invoice_id, "no_lines", invoice_id=invoice_id)
    elif asked.reason not in facts.reasons:
        outcome.refuse(invoice_id, "no_reason", invoice_id=invoice_id)
    elif asked.credited is not None and number(asked.credited) != sum(line.row.net - line.net for line in lines):
        outcome.refuse(invoice_id, "stale_version", invoice_id=invoice_id)
    elif parts := _parts(invoice, asked, lines, facts.kept, outcome):
        if invoice.pkp and not (asked.nota_retur.strip() and day):
            outcome.refuse(invoice_id, "needs_nota_retur", invoice_id=invoice_id, customer_id=invoice.customer_id)
        elif facts.closed_on:
            outcome.refuse(invoice_id, "period_closed", on=facts.closed_on)
        else:
            outcome.moved.append(invoice_id)
            for line, quantity, _ in parts:
                facts.kept[line.row.order_line_id] -= quantity or 0
            return facts.billed.credit(invoice_id, parts, Ground(None, facts.reasons[asked.reason], asked.nota_retur.strip(), day))
    return None


def _parts(invoice: Any, asked: Claim, lines: list[Left], kept: Mapping[int, Decimal], outcome: Outcome) -> list[tuple[Left, Decimal | None, Decimal]]:
    """What is credited of which line; nothing if it is refused."""
    known, parts, kept = {line.row.id: line for line in lines}, [], dict(kept)
    for key, said in sorted(asked.lines.items()):
        line = known.get(int(key))
        text = said.get("quantity") or said.get("amount")
        amount = number(text)
        if line is None or amount is None or amount <= 0:
            outcome.refuse(invoice.id, "bad_amount", line_id=line and line.row.order_line_id, amount=str(text))
            return []
        room = min(line.quantity, kept[line.row.order_line_id]) if said.get("quantity") else line.net
        if amount > room:
            facts = {"line_id": line.row.order_line_id, "left": line.net, "quantity": max(Decimal(0), min(line.quantity, kept[line.row.order_line_id]))}
            outcome.refuse(invoice.id, "more_than_invoiced", invoice_id=invoice.id, **facts)
            return []
        if said.get("quantity"):
            kept[line.row.order_line_id] -= amount
            parts.append((line, amount, line.of(amount, invoice.currency)))
        else:
            parts.append((line, None, money.half_up(amount, money.line_unit(invoice.currency))))
    return parts
