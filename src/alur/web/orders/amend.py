"""Change an order: a drawer with its lines, day, address and numbers; while it is typed the page says what will move.

What differs from what the drawer was opened with is one amendment. Where somebody was faster, fields that this person left alone take the new
values, the others show both, and nothing is saved until it is pressed again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.flow.capture.delta import Amend, LineChange
from alur.flow.capture.draft import LineDraft, Place
from alur.flow.capture.impact import impact
from alur.models.party import METHODS
from alur.reads import customers, entry, find, order_page, status
from alur.reads.order_page import Page
from alur.web import counts, drawers, sentences, typed
from alur.web.orders import moves
from alur.web.orders.lines import in_unit, name
from alur.web.request import Request
from alur.web.templatetags import words as say
from alur.web.voice import voice

STEP = "capture.amend"
PLACE = ("name", "lines", "city", "province", "postcode", "country", "phone")
MOST = 40  # new lines at once


@dataclass(frozen=True, slots=True)
class Row:
    """A line as it is asked: its own key in the form, what it is called, what is known of it."""

    key: str
    line: Any = None
    sku: str = ""
    name: str = ""
    unit: str = ""
    hint: str = ""
    less: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """An input: its name, what stands in it, whether that does not fit."""

    key: str
    value: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """A row of the form: a line, or (no row) a new one; text is what stands under it: what was, or what does not fit."""

    key: str
    quantity: Cell
    price: Cell
    product: Cell
    row: Row | None = None
    text: str = ""
    wrong: bool = False

    @property
    def word(self) -> str:
        """What it is called, for who does not see it."""
        return (self.row.sku or self.row.name) if self.row else gettext("New line")


@dataclass(slots=True)
class Sheet:
    """What was typed (values), what the drawer was opened with (was), what does not fit (errors), what others changed meanwhile (now)."""

    page: Page
    rows: list[Row]
    values: dict[str, str]
    was: dict[str, str]
    version: int
    more: int = 1
    errors: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    now: dict[str, str] = field(default_factory=dict)
    places: list[Any] = field(default_factory=list)
    products: dict[str, Any] = field(default_factory=dict)  # by what was typed

    @property
    def new(self) -> list[int]:
        """The numbers of the rows for new lines."""
        return list(range(1, self.more + 1))

    def cell(self, key: str) -> Cell:
        """An input as it was typed."""
        return Cell(key, self.values.get(key, ""), key in self.errors)

    def ask(self, key: str, row: Row | None = None, warning: str = "") -> Ask:
        """A row of the form, with what was typed in it."""
        wrong = next((self.errors[f"{what}-{key}"] for what in ("sku", "q", "p") if f"{what}-{key}" in self.errors), warning)
        text = wrong or (row.hint if row else "")
        return Ask(key, self.cell(f"q-{key}"), self.cell(f"p-{key}"), self.cell(f"sku-{key}"), row, text, bool(wrong))

    def asks(self, warnings: Mapping[str, str]) -> list[Ask]:
        """Every row of the form; warnings: by line, what verification would say."""
        return [
            *(self.ask(row.key, row, warnings.get(row.key, "")) for row in self.rows),
            *(self.ask(f"new{n}", warning=warnings.get(f"new{n}", "")) for n in self.new),
        ]

    def changed(self, key: str) -> str | None:
        """What was typed, where it is something else than before."""
        value = self.values.get(key, "")
        return None if value == self.was.get(key, "") else value


def amend(request: Request, number: str) -> HttpResponse:
    """Show the drawer, or save the change."""
    sheet = _sheet(request, number)
    if request.method != "POST":
        return _ask(request, sheet)
    asked = _asked(sheet)
    if sheet.errors:
        return _ask(request, sheet, code=422)
    outcome = core.run(flow.by_name[STEP], {sheet.page.order.id: asked}, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    if not outcome.refused:
        form = drawers.Form("", "", (), "", back=reverse("order", args=[number]))
        return drawers.done(request, form, gettext("%(number)s: changed.") % {"number": number})
    if outcome.refused[0].code == "stale_version":
        _clashed(sheet)
        return _ask(request, sheet, code=409)
    sheet.refused = sentences.refusals(STEP, outcome.refused)
    return _ask(request, sheet, code=422)


@require_POST
def preview(request: Request, number: str) -> HttpResponse:
    """What would move, while it is typed."""
    sheet = _sheet(request, number)
    asked = _asked(sheet)
    said = moves.Said() if sheet.errors or not _anything(asked) else moves.of(impact(sheet.page.order.id, asked, at=clock.now()), sheet.page)
    full = sheet.more < MOST and all(sheet.values.get(f"sku-new{n}", "") for n in sheet.new)
    typed_new = [n for n in sheet.new if sheet.values.get(f"sku-new{n}")]
    warnings = dict(said.warnings) | {f"new{n}": said.warnings.get(str(-i), "") for i, n in enumerate(typed_new, 1)}
    words = {"sheet": sheet, "said": said, "asks": sheet.asks(warnings), "more": sheet.ask(f"new{sheet.more + 1}") if full else None}
    return render(request, "orders/impact.html", words)


@require_GET
def things(request: Request) -> HttpResponse:
    """Products that may be meant, for a new line."""
    text = next((str(value) for key, value in request.GET.items() if key.startswith("sku-")), "")
    return render(request, "orders/things.html", {"found": find.products(text, language=voice().language) if text.strip() else []})


def may(request: Request) -> bool:
    """Whether this person may change orders."""
    return flow.may(flow.by_name[STEP], request.roles)


def _sheet(request: Request, number: str) -> Sheet:
    page = order_page.load(number, now=voice().now, today=voice().today)
    if page is None:
        raise Http404
    if not may(request):
        raise PermissionDenied
    places = [each for each in customers.addresses(page.order.customer_id) if each.kind == "ship"]
    rows, stored = _rows(page), _stored(page)
    if request.method != "POST":
        return Sheet(page, rows, dict(stored), stored, page.order.version, places=places)
    sent = {key: str(value).replace("\x00", "").strip()[: drawers.LONGEST] for key, value in request.POST.items()}
    sheet = Sheet(page, rows, stored | sent, _was(sent.get("was", ""), stored), typed.whole(sent.get("version")), places=places)
    sheet.more = min(max((typed.whole(key.removeprefix("sku-new")) for key in sent if key.startswith("sku-new")), default=1), MOST)
    texts = [value for key, value in sent.items() if key.startswith("sku-") and value]
    if texts:
        _, sheet.products = entry.products([], texts, customer_id=page.order.customer_id, language=voice().language)
    return sheet


def _was(sent: str, stored: dict[str, str]) -> dict[str, str]:
    """What the drawer was opened with, as it carries it."""
    try:
        return {str(key): str(value) for key, value in json.loads(sent).items()}
    except (ValueError, AttributeError):
        return stored


def _rows(page: Page) -> list[Row]:
    """Its lines, each with what it was, what is ready, and in which steps it is sold."""
    lines = [line for line in page.lines if line.kind != "comment"]
    ids = [line.product_id for line in lines if line.product_id]
    ready = find.ready(ids)
    known, _ = entry.products(ids, [], customer_id=page.order.customer_id, language=voice().language)
    return [_row(line, ready.get(line.product_id), known.get(line.product_id)) for line in lines]


def _row(line: Any, ready: Any, product: Any) -> Row:
    hints = [gettext("was %(n)s") % {"n": say.qty(in_unit(line.ordered - line.cancelled, line.factor))}]
    if line.delivered:
        hints.append(gettext("%(n)s arrived") % {"n": say.qty(in_unit(line.delivered, line.factor))})
    if ready is not None and ready.free is not None:
        hints.append(gettext("%(n)s ready") % {"n": say.qty(max(ready.free // (line.factor or 1), Decimal(0)))})
    if product is not None and product.multiple not in (0, 1):
        hints.append(gettext("in steps of %(n)s") % {"n": say.qty(in_unit(product.multiple, line.factor))})
    less = " ".join(f"−{say.percent(each)}" for each in line.discounts or ())
    return Row(str(line.id), line, line.sku or "", name(line), line.unit, " · ".join(hints), less)


def _stored(page: Page) -> dict[str, str]:
    """The fields as they stand now."""
    order = page.order
    found = {
        "requested_on": typed.said_day(order.requested_on, voice().language),
        "customer_po": order.customer_po,
        "method": order.method or "",
        "discount_pct": say.qty(order.discount_pct) if order.discount_pct else "",
        "address": "",
    }
    for line in page.lines:
        if line.kind != "comment":
            price = line.unit_price if line.unit_price is not None else line.customer_price
            found[f"q-{line.id}"] = say.qty(in_unit(line.ordered - line.cancelled, line.factor))
            found[f"p-{line.id}"] = say.amount(price) if price is not None else ""
            if line.product_id is None:
                found[f"sku-{line.id}"] = ""
    return found


def _asked(sheet: Sheet) -> Amend:
    """The amendment that was typed; what cannot be read is an error."""
    lines = {row.line.id: change for row in sheet.rows if (change := _change(sheet, row)) != LineChange()}
    fields: dict[str, Any] = {}
    if (day := sheet.changed("requested_on")) is not None:
        fields["requested_on"] = typed.day(day, voice().today) if day else None
        if day and fields["requested_on"] is None:
            sheet.errors["requested_on"] = gettext("This is no day we understand: 26/11, Thursday, tomorrow or +3.")
    if (percent := sheet.changed("discount_pct")) is not None:
        fields["discount_pct"] = _number(sheet, "discount_pct", percent or "0")
    fields |= {key: value for key in ("customer_po", "method") if (value := sheet.changed(key)) is not None}
    place = next((each for each in sheet.places if str(each.id) == sheet.values.get("address")), None)
    return Amend(
        sheet.version, lines, [line for n in sheet.new if (line := _new(sheet, n))], fields,
        Place(*(getattr(place, each) for each in PLACE)) if place else None, sheet.values.get("reason", ""),
    )  # fmt: skip


def _change(sheet: Sheet, row: Row) -> LineChange:
    """What changes of a line."""
    quantity, price, sku = (sheet.changed(f"{what}-{row.key}") for what in ("q", "p", "sku"))
    product = sheet.products.get((sku or "").lower())
    if sku and product is None:
        sheet.errors[f"sku-{row.key}"] = gettext("There is no such product. Choose one from the list.")
    return LineChange(
        _number(sheet, f"q-{row.key}", quantity or "0") if quantity is not None else None,
        _number(sheet, f"p-{row.key}", price) if price is not None else None,
        product_id=product.id if product else None,
    )


def _new(sheet: Sheet, n: int) -> LineDraft | None:
    """A new line; nothing while it is empty."""
    sku, quantity, price = (sheet.values.get(f"{what}-new{n}", "") for what in ("sku", "q", "p"))
    if not sku:
        return None
    product = sheet.products.get(sku.lower())
    if product is None:
        sheet.errors[f"sku-new{n}"] = gettext("There is no such product. Choose one from the list.")
    many = _number(sheet, f"q-new{n}", quantity)
    if quantity and many == 0:
        sheet.errors[f"q-new{n}"] = gettext("How many?")
    theirs = _number(sheet, f"p-new{n}", price) if price else None
    return LineDraft(many or Decimal(0), product.id if product else None, product.sale_unit or product.unit if product else "", theirs)


def _number(sheet: Sheet, key: str, text: str) -> Decimal | None:
    found = typed.price(text, voice().language)
    if found is None:
        sheet.errors[key] = gettext("Numbers only, please.") if text else gettext("How many?")
    return found


def _anything(asked: Amend) -> bool:
    return bool(asked.lines or asked.add or asked.fields or asked.address)


def _clashed(sheet: Sheet) -> None:
    """Somebody was faster: what was left alone follows, of the rest both are shown; saving again is meant for what stands now."""
    stored = _stored(sheet.page)
    for key, value in stored.items():
        before = sheet.was.get(key, value)
        if value != before:
            if sheet.values.get(key, before) == before:
                sheet.values[key] = value
            sheet.now[_word(sheet, key)] = value or gettext("empty")
    sheet.was, sheet.version = stored, sheet.page.order.version


def _word(sheet: Sheet, key: str) -> str:
    """What a field is called."""
    words = {
        "requested_on": gettext("Asked for"), "customer_po": gettext("Their number"), "method": gettext("By"),
        "discount_pct": gettext("Discount, percent"), "address": gettext("To"),
    }  # fmt: skip
    what, _, line = key.partition("-")
    row = next((each for each in sheet.rows if each.key == line), None)
    if row is None:
        return words.get(key, key)
    return gettext("%(line)s, price") % {"line": row.sku or row.name} if what == "p" else row.sku or row.name


def _ask(request: Request, sheet: Sheet, *, code: int = 200) -> HttpResponse:
    """The drawer, or a page of its own."""
    names = {key: _word(sheet, key) for key in sheet.errors} | {key: gettext("New line") for key in sheet.errors if "-new" in key}
    words = {
        "sheet": sheet,
        "order": sheet.page.order,
        "wrong": [*(("", text) for text in sheet.refused), *((key, f"{names[key]}: {text}") for key, text in sheet.errors.items())],
        "methods": [("", gettext("as usual")), *((each, str(status.word("method", each))) for each in METHODS)],
        "was": json.dumps(sheet.was),
        "said": moves.Said(),
        "asks": sheet.asks({}),
        "back": reverse("order", args=[sheet.page.order.number]),
    }
    return render(request, "orders/amend.html" if request.htmx else "orders/amend_page.html", words, status=code)
