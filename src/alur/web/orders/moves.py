"""What an amendment or a cancellation will move, in words: amounts, lines with where they take it from, deliveries, papers, checks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext, ngettext

from alur.flow.capture.impact import Impact, LineImpact
from alur.models.holds import KINDS
from alur.reads import entry, sentences, status
from alur.reads.order_page import Page
from alur.web import sentences as refusals
from alur.web.orders.lines import in_unit, name
from alur.web.templatetags import words as say
from alur.web.voice import voice

STEP = "capture.amend"


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the list: what it is about, how it was (if that changes), how it will be."""

    word: str
    text: str
    before: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """All of it; nothing: nothing changes. warnings: by line, what verification would say of it."""

    facts: list[Fact] = field(default_factory=list)
    refusal: str = ""
    warnings: dict[str, str] = field(default_factory=dict)


def of(impact: Impact, page: Page) -> Said:
    """An impact in the reader's words."""
    if impact.refusal:
        code, facts = impact.refusal
        return Said(refusal="" if code == "nothing_changes" else refusals.of(code, facts, STEP))
    lines, skus = {line.id: line for line in page.lines}, _skus(impact, page)
    found = [*_amounts(impact), *_lines(impact, page, lines, skus), *_fields(impact), *_deliveries(impact, page), *_papers(impact), *_checks(impact)]
    new = {line.id: line for line in impact.lines if line.id < 0}
    facts = [f.facts | ({"line": skus.get(new[f.line_id].product_id, "")} if f.line_id in new else {}) for f in impact.findings]
    spoken = [(KINDS[f.code].sentence, {"order_id": page.order.id, **each}) for f, each in zip(impact.findings, facts, strict=True)]
    told = sentences.render(spoken, voice().language, now=voice().now)
    warnings = {str(f.line_id): text for f, text in zip(impact.findings, told, strict=True) if f.line_id and f.blocks}
    found += [Fact(gettext("Will be held"), text, kind="wait") for f, text in zip(impact.findings, told, strict=True) if f.blocks and not f.line_id]
    return Said([*found, *_stays(impact, page)], warnings=warnings)


def _skus(impact: Impact, page: Page) -> dict[int | None, str]:
    """What new lines are called."""
    added = [line.product_id for line in impact.lines if line.id < 0 and line.product_id]
    found, _ = entry.products(added, [], customer_id=page.order.customer_id, language=voice().language)
    return {i: product.sku for i, product in found.items()}


def _amounts(impact: Impact) -> Iterator[Fact]:
    """The total before and after, and what is left of the payer's credit."""
    before, after = impact.before, impact.after
    if before is not None and after is not None:
        changed = before.total != after.total
        yield Fact(gettext("Total"), say.money(after.total), say.amount(before.total) if changed else "")
    if impact.credit and impact.credit.risk and impact.credit.left >= 0:
        left = {"left": say.money(impact.credit.left), "limit": say.short_money(impact.credit.limit)}
        yield Fact(gettext("Credit"), gettext("%(left)s of %(limit)s left") % left)


def _lines(impact: Impact, page: Page, lines: dict[int, Any], skus: dict[int | None, str]) -> Iterator[Fact]:
    """Each line that becomes more or less, or has another price."""
    new = {each.id: each for each in impact.plan.written} if impact.plan else {}
    for each in impact.lines:
        line = lines.get(each.id)
        word = (line.sku or name(line)) if line is not None else skus.get(each.product_id, "")
        factor = line.factor if line is not None else Decimal(1)
        parts = list(_quantity(each, factor, page))
        if line is not None and each.id in new and new[each.id].by_hand and each.unit_price is not None:
            parts.append(gettext("price %(price)s") % {"price": say.money(each.unit_price)})
        if parts:
            yield Fact(word, ", ".join(parts), kind="wait" if each.short else "")


def _quantity(each: LineImpact, factor: Decimal, page: Page) -> Iterator[str]:
    """How much more, and when it comes; how much less, and from where."""
    if each.added:
        yield f"+{say.qty(in_unit(each.added, factor))}"
        if each.short:
            yield gettext("%(n)s wait for stock") % {"n": say.qty(in_unit(each.short, factor))}
        if each.promised_on:
            yield gettext("by %(day)s") % {"day": say.day(each.promised_on)}
    elif each.after < each.before:
        numbers = {delivery.id: delivery.number for delivery in page.deliveries}
        cut = [move for move in each.moves if not move.kept]
        if len(cut) > 1:
            yield f"−{say.qty(in_unit(each.before - each.after, factor))}"
        minus = "−" if len(cut) == 1 else ""
        for move in cut:
            said = {"n": say.qty(in_unit(move.quantity, factor)), "delivery": numbers.get(move.delivery_id or 0, "")}
            if move.picked:
                yield minus + gettext("%(n)s picked for %(delivery)s go back on the shelf") % said
            elif move.delivery_id:
                yield minus + gettext("%(n)s off %(delivery)s") % said
            else:
                yield minus + (gettext("%(n)s set aside come free") if move.reserved else gettext("%(n)s that wait for stock")) % said


def _fields(impact: Impact) -> Iterator[Fact]:
    """The order's own fields need no saying, but for where it stands."""
    if impact.state != impact.order.state:
        yield Fact(gettext("State"), status.chip("order", impact.state).word, status.chip("order", impact.order.state).word)


def _deliveries(impact: Impact, page: Page) -> Iterator[Fact]:
    """Deliveries that are cancelled, planned again, or go elsewhere."""
    numbers = {delivery.id: delivery.number for delivery in page.deliveries}
    off = {piece.delivery_id for piece in impact.plan.off} if impact.plan else set()
    for delivery in sorted(off | set(impact.cancelled)):
        text = gettext("planned again") if delivery in off else gettext("cancelled, nothing is left on it")
        yield Fact(numbers.get(delivery, ""), text)
    for delivery in impact.readdressed:
        yield Fact(numbers.get(delivery, ""), gettext("goes to the new address"))


def _papers(impact: Impact) -> Iterator[Fact]:
    if impact.pro_forma and impact.state != "fulfilled":
        text = gettext("%(number)s is void") if impact.state == "cancelled" else gettext("%(number)s is replaced")
        yield Fact(gettext("Pro forma"), text % {"number": impact.pro_forma})


def _checks(impact: Impact) -> Iterator[Fact]:
    """What is verified again."""
    held = [f for f in impact.findings if f.blocks and f.line_id]
    if held:
        text = ngettext("holds it: %(n)s line", "holds it: %(n)s lines", len({f.line_id for f in held})) % {"n": len({f.line_id for f in held})}
        yield Fact(gettext("Verification"), text, kind="wait")
    elif impact.again:
        yield Fact(gettext("Verification"), gettext("from the start"))
    elif impact.state in ("verified", "confirmed"):
        yield Fact(gettext("Verification"), gettext("credit, block and address"))


def _stays(impact: Impact, page: Page) -> Iterator[Fact]:
    """What of the papers and deliveries around it stays as it is."""
    under_way = set(impact.untouched)
    numbers: Sequence[str] = [d.number for d in page.deliveries if d.id in under_way or d.state == "delivered"] + [v.number for v in page.invoices]
    if numbers:
        shown = ", ".join(numbers[:4])
        yield Fact(gettext("Stays as it is"), shown if len(numbers) <= 4 else gettext("%(shown)s and %(n)s more") % {"shown": shown, "n": len(numbers) - 4})
