"""What an order's deliveries are billed: pure, from the rows that issue reads. Rules: reference model.md "Money rules"."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from alur.core import money
from alur.core.money import ZERO, Rule
from alur.flow.invoice.documents import Document, Line, Part
from alur.reads.tax import Rules

WHOLE = Decimal(100)
Done = dict[int, tuple[Decimal, Decimal]]  # line -> quantity and net billed


@dataclass(slots=True)
class Advance:
    """What of an advance invoice, under one tax rule, is not deducted yet."""

    id: int
    tax_rule_id: int | None
    net: Decimal
    tax: Decimal
    net_taken: Decimal = ZERO
    tax_taken: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        """With its tax."""
        return self.net + self.tax - self.net_taken - self.tax_taken

    def take(self, gross: Decimal, unit: Decimal) -> Line:
        """The negative line that deducts this much; what was taken so far decides the tax, so that parts add up."""
        taken = self.net_taken + self.tax_taken + gross
        tax = money.half_up(self.tax * taken / (self.net + self.tax), unit) - self.tax_taken
        self.net_taken, self.tax_taken = self.net_taken + gross - tax, self.tax_taken + tax
        return Line(tax - gross, self.tax_rule_id, advance_id=self.id, tax=-tax)


@dataclass(slots=True)
class Billing:
    """What bills are made from besides the order: the tax rules, the parts of each terms, the day of issue."""

    rules: Rules
    terms: Mapping[int, Sequence[Any]]
    today: date

    def documents(self, order: Any, pieces: Iterable[Any], advances: Sequence[Advance]) -> list[Document]:
        """An order's invoices: one a delivery, or one in all where its rule says so; what no delivery brought goes with the first."""
        done: Done = {}
        groups = _groups(pieces, whole=order.invoice_rule == "order")
        return [self.document([(order, group)], done, {order.id: advances} if advances else {}) for group in groups]

    def document(self, bills: Sequence[tuple[Any, list[Any]]], done: Done, advances: Mapping[int, Sequence[Advance]], on: date | None = None) -> Document:
        """One document for pieces of one or several orders of the same customer and terms; done: what earlier documents of this call billed."""
        order, on_day = bills[0][0], on or self.today
        lines, amounts, nets = [], [], {}
        for each, pieces in bills:
            start = len(amounts)
            for piece in pieces:
                before, billed = done.get(piece.id) or (piece.invoiced, piece.billed or ZERO)
                upto = before + piece.quantity
                net = money.so_far(piece.net, upto, piece.ordered, order.currency)
                done[piece.id] = (upto, net)
                rule = self.rules.on(piece.tax_rule_id, piece.brought_on or on_day)
                amounts.append((net - billed, rule))
                lines.append(Line(net - billed, rule.id if rule else None, piece.id, piece.delivery_line_id, piece.quantity))
            nets[each.id] = sum((amount for amount, _ in amounts[start:]), ZERO)
        document = Document(order, money.totals(amounts, currency=order.currency, tax_included=order.tax_included), lines, nets, on=on)
        if advances:
            _deduct(document, advances, money.unit_of(order.currency))
        brought = max((piece.brought_on for _, pieces in bills for piece in pieces if piece.brought_on), default=on_day)
        document.parts = _parts(document.to_pay, self.terms.get(order.terms_id, ()), order.currency, on_day, brought)
        return document


def _deduct(document: Document, advances: Mapping[int, Sequence[Advance]], unit: Decimal) -> None:
    """Take each order's advances off its share of the document."""
    shares = money.spread(document.totals.total, list(document.nets.values()), unit)
    for order_id, share in zip(document.nets, shares, strict=True):
        if own := advances.get(order_id):
            document.deduct(order_id, deductions(share, own, unit))


def _groups(pieces: Iterable[Any], *, whole: bool) -> list[list[Any]]:
    groups: list[list[Any]] = []
    delivery = None
    for piece in pieces:
        if groups and (whole or delivery is None or piece.delivery_id == delivery):
            groups[-1].append(piece)
        else:
            groups.append([piece])
        delivery = piece.delivery_id
    return groups


def deductions(due: Decimal, advances: Sequence[Advance], unit: Decimal) -> list[Line]:
    """The lines that take advances off what is due, oldest first; the tax rules of one advance in proportion to what is left of each."""
    lines = []
    for _, group in groupby(advances, key=lambda advance: advance.id):
        rows = [row for row in group if row.left > 0]
        left = sum((row.left for row in rows), ZERO)
        take = min(due, left)
        due -= take
        for row in rows:
            part, whole = money.half_up(take * row.left / left, unit), row.left
            if part:
                lines.append(row.take(part, unit))
            take, left = take - part, left - whole
    return lines


def _parts(to_pay: Decimal, terms: Sequence[Any], currency: str, today: date, brought: date) -> list[Part]:
    """The parts of what is to be paid; without terms it is due at once."""
    if not terms:
        return [Part(1, WHOLE, "invoice", 0, today, to_pay)]
    amounts = money.spread(to_pay, [t.percent for t in terms], money.unit_of(currency)) if len(terms) > 1 else [to_pay]
    return [Part(n, t.percent, t.due_from, t.days, _due(t, today, brought), amount) for n, (t, amount) in enumerate(zip(terms, amounts, strict=True), 1)]


def _due(terms: Any, today: date, brought: date) -> date | None:
    match terms.due_from:
        case "handover":
            return None
        case "month_end":
            return month_end(today) + timedelta(days=terms.days)
        case "delivery":
            return brought + timedelta(days=terms.days)
        case _:
            return today + timedelta(days=terms.days)


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def lowered(order: Any, billed: Decimal, deducted: Decimal) -> Decimal:
    """What the order still takes of its payer's credit after so much of it was billed (`granted` in reference model.md)."""
    ahead = max(ZERO, money.advance(order.total, order.advance_pct, order.currency) - deducted)
    return min(order.granted, max(ZERO, order.total - billed - ahead))


def ahead(order: Any, gross: Decimal, lines: Sequence[Any], rules: Rules, day: date) -> Document:
    """An advance invoice: the amount split by the order's tax rules, each part with its tax in it; parts add up exactly."""
    weights: dict[Rule | None, Decimal] = {}
    for line in lines:
        rule = rules.on(line.tax_rule_id, day)
        amount = money.so_far(line.net, line.ordered - line.cancelled, line.ordered, order.currency)
        rate = rule.rate * rule.num / (rule.den * 100) if rule and not order.tax_included else 0
        weights[rule] = weights.get(rule, ZERO) + amount * (1 + rate)
    parts = list(zip(money.spread(gross, list(weights.values()), money.unit_of(order.currency)), weights, strict=True))
    totals = money.totals(parts, currency=order.currency, tax_included=True)
    taxes = {line.rule_id: line.tax for line in totals.taxes}
    return Document(order, totals, [_line(part, rule, taxes) for part, rule in parts if part])


def _line(part: Decimal, rule: Rule | None, taxes: dict[int, Decimal]) -> Line:
    tax_within = taxes[rule.id] if rule else ZERO
    return Line(part - tax_within, rule.id if rule else None, tax=tax_within)
