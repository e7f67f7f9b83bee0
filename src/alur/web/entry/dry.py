"""What would become of the order if it were saved now: one dry run for the whole page. No locks, no writes, a constant number of queries.

Prices, findings and the promise are the rules that the steps use (reads/price, reads/findings, reads/promise); here typed cells become their
rows, and their answers become words beside the cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zlib import crc32

from django.utils.translation import gettext

from alur.core import clock, company, money
from alur.core.words import NBSP
from alur.flow.capture.receive import fingerprint
from alur.reads import dry_run, entry, find, price, promise
from alur.web import typed
from alur.web.entry import order
from alur.web.entry.draft import Draft, Line
from alur.web.templatetags import words as say
from alur.web.voice import voice

ONE = Decimal(1)
OFFERS = 3  # short lines for which something else is looked for


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence under a line, and what may be done about it: take fewer, or another product."""

    text: str
    kind: str = "wait"
    fewer: str = ""
    other: Any = None


@dataclass(slots=True)
class Row:
    """A line of the grid: as typed, as understood, and what it would come to."""

    line: Line
    product: Any = None
    quantity: Decimal | None = None
    unit: str = ""
    units: tuple[str, ...] = ()
    factor: Decimal = ONE
    price: Decimal | None = None  # the customer's
    unit_price: Decimal | None = None
    reason: str = ""
    free: Decimal | None = None
    short: Decimal = Decimal(0)
    promised_on: date | None = None
    undated: bool = False
    net: Decimal | None = None
    errors: dict[str, str] = field(default_factory=dict)  # by cell; such a line cannot be saved
    flaws: dict[str, str] = field(default_factory=dict)  # by cell; it is saved, and held
    notes: list[Note] = field(default_factory=list)

    @property
    def ordered(self) -> Decimal:
        """In base units."""
        return (self.quantity or Decimal(0)) * self.factor

    @property
    def known(self) -> bool:
        """Whether it can be priced."""
        return self.product is not None and bool(self.quantity) and not self.errors

    @property
    def sku(self) -> str:
        """What stands in the first cell."""
        return self.product.sku if self.product else self.line.text

    @property
    def typed(self) -> str:
        """What stands in the cell of the quantity: "10 dus" has become 10, its unit stands beside it."""
        said = self.line.quantity.strip()
        return say.qty(self.quantity) if self.quantity and self.product and said[-1:].isalpha() else said

    @property
    def ready(self) -> Decimal | None:
        """Free stock in the line's unit, whole ones."""
        return None if self.free is None else self.free if self.factor == 1 else self.free // self.factor

    @property
    def day(self) -> str:
        """The promise, short: Thu 26 in this month, Tue 1 Dec in another."""
        said = say.day(self.promised_on) if self.promised_on else ""
        today = voice().today
        same = self.promised_on is not None and (self.promised_on.year, self.promised_on.month) == (today.year, today.month)
        return NBSP.join(said.split(NBSP)[:2]) if same else said

    @property
    def wrong(self) -> dict[str, str]:
        """What stands in red beside a cell."""
        return self.errors | self.flaws

    @property
    def said(self) -> bool:
        """Whether there is a row of notes under it."""
        return bool(self.errors or self.flaws or self.notes)

    @property
    def kind(self) -> str:
        """The row's mark."""
        return "is-late" if self.errors or self.flaws else "is-held" if self.notes else ""

    @property
    def sig(self) -> str:
        """Changes when the row looks different; the page sends it back, and rows that look the same are not sent again."""
        seen = (self.line, self.product and self.product.id, self.unit, self.units, self.unit_price, self.reason, self.free, self.short, self.promised_on,
                self.undated, self.net, self.errors, self.flaws, self.notes, voice().language)  # fmt: skip
        return f"{crc32(repr(seen).encode()):08x}"


@dataclass(slots=True)
class Answer:
    """The whole page's answer."""

    draft: Draft
    rows: list[Row]
    customer: Any = None
    addresses: list[Any] = field(default_factory=list)
    address: Any = None
    requested_on: date | None = None
    totals: money.Totals | None = None
    credit: dry_run.Credit | None = None
    findings: Sequence[Any] = ()
    twin: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    standing: int = 0

    @property
    def filled(self) -> list[Row]:
        """Rows that count: not the empty ones, nor the one whose name is being typed."""
        return [row for row in self.rows if not row.line.blank and not (row.line.k == self.standing and row.product is None)]


def run(draft: Draft, *, at: datetime, standing: int = 0) -> Answer:
    """Look at a typed order: who, where, when, and every line with its price, stock and day. standing: the line whose name is being typed."""
    language, today = voice().language, clock.day(at)
    customer = entry.customer(draft.customer) if draft.customer else None
    answer = Answer(draft, [], customer, entry.addresses(customer.id) if customer else [], standing=standing)
    answer.address = next((a for a in answer.addresses if a.id == draft.address), answer.addresses[0] if answer.addresses else None)
    answer.requested_on = typed.day(draft.requested, today) if draft.requested.strip() else None
    if draft.requested.strip() and answer.requested_on is None:
        answer.errors["requested"] = gettext("This is no day we understand: 26/11, Thursday, tomorrow or +3.")
    ids = {line.product for line in draft.lines if line.product}
    texts = {line.text.strip() for line in draft.filled if not line.product and line.text.strip()}
    by_id, by_text = entry.products(ids, texts, customer_id=draft.customer, language=language)
    answer.rows = [_row(line, by_id.get(line.product) or by_text.get(line.text.strip().lower()), language, standing) for line in draft.lines]
    ready = find.ready(sorted({row.product.id for row in answer.rows if row.product}))
    for row in answer.rows:
        row.free = ready[row.product.id].free if row.product else None
    if customer:
        _judge(answer, at)
        _promise(answer, at)
    short = [(row.product.id, row.ordered, row.product.name_id) for row in answer.filled if row.short][:OFFERS]
    others = find.instead(short) if short else {}
    for row in answer.filled:
        _notes(row, ready, others)
    return answer


def prices(customer_id: int, ids: list[int]) -> dict[int, Decimal]:
    """What one base unit of each costs this customer today, as suggestions show it."""
    customer = entry.customer(customer_id) if customer_id and ids else None
    if customer is None:
        return {}
    today, currency = voice().today, company.current().currency
    products, _ = entry.products(ids, (), customer_id=customer_id, language=voice().language)
    lines = [price.Line(customer.id, today, currency, customer.tax_included, i, products[i].unit, ONE, ONE, id=i) for i in ids]
    found, _ = price.price(lines, price.facts(lines))
    return {each.id: money.discounted(each.unit_price, each.discounts) for each in found if each.unit_price is not None}


def _row(line: Line, product: Any, language: str, standing: int) -> Row:
    """A typed line, understood as far as it can be."""
    row = Row(line, product)
    if line.blank:
        return row
    row.quantity, unit = typed.quantity(line.quantity, language)
    row.units = (product.unit, *product.units) if product else ()
    said = unit or line.unit
    row.unit = (typed.unit_of(said, list(row.units)) or said) if said else (product.sale_unit or product.unit) if product else ""
    row.factor = dict(zip(product.units, product.factors, strict=True)).get(row.unit, ONE) if product else ONE
    if line.quantity.strip() and not row.quantity:
        row.errors["quantity"] = gettext("A quantity is a number above 0.")
    if product and row.unit not in row.units:
        row.errors["quantity"] = gettext("Not sold by %(unit)s: %(units)s.") % {"unit": row.unit, "units": ", ".join(row.units)}
    if line.price.strip():
        row.price = typed.price(line.price, language)
        if row.price is None:
            row.errors["price"] = gettext("A price is an amount, such as 96500.")
    if line.text.strip() and product is None and line.k != standing:
        row.notes.append(Note(gettext("We do not know this; it is saved as written, and held until somebody says what it is.")))
    return row


def _judge(answer: Answer, at: datetime) -> None:
    """Prices, totals and findings by the rules of check.price and check.verify."""
    priced, customer, place, today = [row for row in answer.filled if row.known], answer.customer, answer.address, clock.day(at)
    of = (customer.id, today, company.current().currency, customer.tax_included)
    lines = [
        price.Line(*of, row.product.id, row.unit, row.factor, row.quantity or ONE, row.product.kind, row.line.k, ordered=row.ordered, customer_price=row.price)
        for row in priced
    ]
    if not lines:
        return
    draft, known = order.of(answer, 0), price.facts(lines)
    asked = dry_run.Typed(
        customer.id, customer.payer_id, customer.advance_pct, answer.requested_on, None, place.lines if place else "", place.city if place else "",
        draft.customer_po, fingerprint(draft),
    )  # fmt: skip
    result = dry_run.typed(asked, lines, at=at, prices=known)
    answer.totals, answer.credit, answer.findings = result.totals, result.credit, result.findings
    for row, line, each in zip(priced, lines, result.priced, strict=True):
        row.net = each.net if each.unit_price is not None else None
        row.unit_price = None if each.unit_price is None else money.discounted(each.unit_price, each.discounts)
        row.reason = _reason(line, each, known[line.customer_id, line.product_id or 0, line.day])
    _found(answer)


def _found(answer: Answer) -> None:
    """What verify would find of a line, in words under it."""
    rows = {row.line.k: row for row in answer.filled}
    for found in answer.findings:
        row, facts = rows.get(found.line_id or 0), found.facts
        if found.code == "likely_duplicate":
            answer.twin = entry.number(facts["other_order_id"])
        if row is None:
            continue
        match found.code:
            case "price_differs":
                text = gettext("Our price is %(ours)s, %(percent)s apart; it is held until somebody decides.")
                row.flaws["price"] = text % {"ours": say.amount(facts["ours"]), "percent": say.percent(facts["percent"])}
            case "discount_over_limit":
                text = gettext("%(percent)s discount, %(limit)s is allowed; a manager has to release it.")
                row.notes.append(Note(text % {"percent": say.percent(facts["percent"]), "limit": say.percent(facts["limit"])}))
            case "below_margin":
                row.notes.append(Note(gettext("The price leaves too little; a manager has to release it.")))
            case "discontinued":
                row.notes.append(Note(gettext("This is no longer sold; offer something else.")))
            case "line_incomplete" if "price" in facts["missing"]:
                row.flaws["price"] = gettext("We have no price for this; ask, or it is held.")


def _reason(line: price.Line, found: price.Priced, fact: price.Fact) -> str:
    """Where a price comes from, in a word: list, contract, -2 % from 10."""
    if found.unit_price is None:
        return gettext("no price")
    less = " ".join(f"−{say.percent(percent)}" for percent in found.discounts)
    if found.price_reason == "break":
        start = max((p.from_quantity for p in fact.prices if p.unit == line.unit and p.from_quantity <= line.quantity), default=None)
        return " ".join(part for part in (less or gettext("quantity"), f"≥ {say.qty(start)}" if start else "") if part)
    word = gettext("contract") if found.price_reason == "customer" else gettext("list")
    return f"{word} {less}".strip()


def _promise(answer: Answer, at: datetime) -> None:
    """Days by the rule of confirm.promise, as an order that stands last in the queue."""
    dated = [row for row in answer.filled if row.known and row.product.kind in ("goods", "service")]
    lines = [promise.Typed(row.product.id, row.ordered, None, answer.requested_on, row.product.kind) for row in dated]
    if not lines:
        return
    for row, found in zip(dated, promise.dry_run(answer.customer.id, lines, at=at, province=answer.address and answer.address.province), strict=True):
        row.short, row.promised_on, row.undated = found.short, found.promised_on, found.promised_on is None


def _notes(row: Row, ready: dict[int, Any], others: dict[int, Any]) -> None:
    """What a clerk should say about a line."""
    if row.product is None or not row.quantity:
        return
    if row.short:
        have = (row.ordered - row.short) / row.factor
        comes = ready[row.product.id].comes_on
        facts = {"have": say.qty(have), "short": say.qty(row.short / row.factor), "comes": say.day(comes), "day": say.day(row.promised_on)}
        if not have and comes and not row.undated:
            text = gettext("None ready: goods come %(comes)s.")
        elif row.undated:
            text = gettext("%(have)s ready; when %(short)s more come is not known yet.")
        elif comes:
            text = gettext("%(have)s ready; %(short)s more: goods come %(comes)s.")
        else:
            text = gettext("%(have)s ready; %(short)s more have to be ordered first.")
        row.notes.append(Note(text % facts, fewer=say.qty(have) if have > 0 and have == have.to_integral_value() else "", other=others.get(row.product.id)))
    multiple = row.product.multiple
    if row.ordered % multiple:
        below = (row.ordered - row.ordered % multiple) / row.factor
        both = [say.qty(each) for each in (below, below + multiple / row.factor) if each]
        row.flaws["quantity"] = gettext("Sold in %(multiple)s: %(fits)s %(unit)s.") % {
            "multiple": say.qty(multiple), "fits": gettext(" or ").join(both), "unit": row.unit}  # fmt: skip
