"""The small forms of a product: buy, receive what came, change a price. Each reads the fields, calls its one step, and says what happened."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from alur.core import clock, step
from alur.flow import map as flow
from alur.flow.check.change_price import Price
from alur.reads import customers, products, sentences
from alur.supply.order import Line, SupplyDraft
from alur.supply.receive import Receipt
from alur.web import drawers, typed
from alur.web.drawers import Field, Form
from alur.web.request import Request
from alur.web.templatetags import words as say
from alur.web.voice import voice

STEPS = {"buy": "supply.order", "receive": "supply.receive", "price": "check.change_price"}
KEY = 0  # of a new row


def buy(request: Request, id: int) -> HttpResponse:  # noqa: A002
    """Buy a product from a supplier."""
    _allowed(request, "buy")
    product = products.one(id=id)
    if product is None or product.kind != "goods":
        raise Http404
    page = products.load(product.sku, today=voice().today)
    known = products.choices()
    expected = typed.said_day(voice().today + timedelta(days=product.lead_days), voice().language) if product.lead_days else ""
    wanted = page.to_buy if page else Decimal(0)
    cost = next((row.unit_cost for row in page.stock if row.unit_cost), Decimal(0)) if page else Decimal(0)
    place = str(page.needy) if page and page.needy else next(iter(known["warehouse"]), ("",))[0]
    fields = [
        Field("quantity", gettext("How many (%(unit)s)") % {"unit": product.unit}, "number", say.qty(wanted) if wanted else "", _why(page), required=True),
        Field("unit_cost", gettext("Cost each"), "number", say.amount(cost) if cost else "", gettext("Without tax."), required=True),
        Field("source", gettext("Supplier"), "choice", _only(known["supplier"]), "", [("", "–"), *known["supplier"]], required=True),
        Field("warehouse", gettext("For warehouse"), "choice", place, "", known["warehouse"], required=True),
        Field("expected_on", gettext("Expected on"), "day", expected, gettext("Empty: the supplier has not said; orders are told that the date follows.")),
    ]
    form = _asked(request, gettext("Buy %(sku)s") % {"sku": product.sku}, gettext("Order it"), fields, product.sku)
    if request.method != "POST" or form.wrong:
        return drawers.ask(request, form, status=422 if form.wrong else 200)
    a = {field.name: field.value for field in form.fields}
    line = Line(product.id, _number(a["quantity"]), _number(a["unit_cost"]), _day(a["expected_on"]))
    said = gettext("%(quantity)s %(unit)s of %(sku)s ordered") % {"quantity": a["quantity"], "unit": product.unit, "sku": product.sku}
    draft = SupplyDraft(1, typed.whole(a["source"]), typed.whole(a["warehouse"]), (line,))
    return _told(request, "buy", _do(request, "buy", [draft]), form, said)


def receive(request: Request, id: int) -> HttpResponse:  # noqa: A002
    """Take in what has come on a supply line."""
    _allowed(request, "receive")
    line = products.supply_line(id)
    if line is None:
        raise Http404
    open_ = gettext("%(open)s are still to come.") % {"open": say.qty(line.open)}
    fields = [
        Field("quantity", gettext("Came in (%(unit)s)") % {"unit": line.unit}, "number", say.qty(line.open), open_, required=True),
        Field("unit_cost", gettext("Cost each"), "number", say.amount(line.unit_cost), gettext("As on the supplier's papers."), required=True),
    ]
    form = _asked(request, gettext("Receive %(sku)s on %(number)s") % {"sku": line.sku, "number": line.number}, gettext("Take it in"), fields, line.sku)
    if request.method != "POST" or form.wrong:
        return drawers.ask(request, form, status=422 if form.wrong else 200)
    a = {field.name: field.value for field in form.fields}
    said = gettext("%(quantity)s %(unit)s of %(sku)s are in stock") % {"quantity": a["quantity"], "unit": line.unit, "sku": line.sku}
    outcome = _do(request, "receive", {id: Receipt(_number(a["quantity"]), _number(a["unit_cost"]))})
    return _told(request, "receive", outcome, form, said)


def change_price(request: Request, id: int) -> HttpResponse:  # noqa: A002
    """Change a price that stands."""
    _allowed(request, "price")
    row = products.price(id)
    if row is None:
        raise Http404
    title = gettext("Price of %(sku)s, %(whose)s") % {"sku": row.sku, "whose": row.customer or gettext("list %(list)s") % {"list": row.price_list}}
    stored = _price_fields(row, [row.unit])
    form = Form(
        title, gettext("Save the price"), drawers.typed(stored, request.POST), action=request.path, back=request.POST.get("back") or _product(row.sku),
        text=gettext("Orders that are only received are priced anew; verified ones keep their price."),
        carried=[("version", str(row.version)), *((f"was-{field.name}", field.value) for field in stored)],
    )  # fmt: skip
    form = _read(form) if request.method == "POST" else form
    if request.method != "POST" or form.wrong:
        return drawers.ask(request, form, status=422 if form.wrong else 200)
    outcome = _do(request, "price", {id: _price(form, version=typed.whole(request.POST.get("version")), unit=row.unit)})
    if outcome.refused and outcome.refused[0].code == "stale_version":
        return drawers.ask(request, form.clashed({f.name: f.value or "–" for f in stored if f.value != request.POST.get(f"was-{f.name}", "")}), status=409)
    return _told(request, "price", outcome, form, gettext("The price of %(sku)s was changed") % {"sku": row.sku})


def new_price(request: Request) -> HttpResponse:
    """Agree a price with a customer, or put one on a list."""
    _allowed(request, "price")
    sent = request.POST if request.method == "POST" else request.GET
    product = products.one(id=typed.whole(sent.get("product"))) or products.one(sku=sent.get("sku", "").strip())
    customer = customers.one(id=typed.whole(sent.get("customer")))
    known = products.choices()
    units = [product.unit, *(u.unit for u in products.units(product.id) if u.unit != product.unit)] if product else []
    fields = [] if product and "sku" not in sent else [Field("sku", gettext("SKU"), value=sent.get("sku", ""), required=True)]
    fields += [] if customer else [Field("price_list", gettext("On list"), "choice", _only(known["price_list"]), "", known["price_list"], required=True)]
    fields += _price_fields(None, units)
    whose = gettext("A price for %(customer)s") % {"customer": customer.name} if customer else ""
    title = whose or gettext("A price of %(sku)s") % {"sku": product.sku if product else "–"}
    back = reverse("customer", args=[customer.code]) if customer else _product(product.sku) if product else reverse("products")
    carried = [(name, str(row.id)) for name, row in (("customer", customer), ("product", product if "sku" not in sent else None)) if row]
    form = Form(title, gettext("Add the price"), drawers.typed(fields, request.POST), action=request.path, back=back, carried=carried)
    if request.method != "POST":
        return drawers.ask(request, form)
    form = _read(form)
    if product is None and "sku" in sent:
        form = replace(form, fields=[replace(f, error=gettext("There is no product with this SKU.")) if f.name == "sku" else f for f in form.fields])
    if form.wrong or product is None:
        return drawers.ask(request, form, status=422)
    a = {field.name: field.value for field in form.fields}
    price = replace(
        _price(form, version=None, unit=a["unit"] if a["unit"] in units else product.unit), product_id=product.id,
        customer_id=customer.id if customer else None, price_list_id=None if customer else typed.whole(a["price_list"]),
    )  # fmt: skip
    return _told(request, "price", _do(request, "price", {KEY: price}), form, gettext("The price of %(sku)s was added") % {"sku": product.sku})


# ---------- what they share ----------
def _allowed(request: Request, name: str) -> None:
    if not flow.may(flow.by_name[STEPS[name]], request.roles):
        raise PermissionDenied


def _do(request: Request, name: str, items: Any) -> step.Outcome:
    return step.run(flow.by_name[STEPS[name]], items, by=str(request.user.pk), at=clock.now())


def _asked(request: Request, title: str, verb: str, fields: list[Field], sku: str) -> Form:
    form = Form(title, verb, drawers.typed(fields, request.POST), action=request.path, back=_product(sku))
    return _read(form) if request.method == "POST" else form


def _told(request: Request, name: str, outcome: step.Outcome, form: Form, said: str) -> HttpResponse:
    if outcome.refused:
        told = sentences.refusals(flow.by_name[STEPS[name]], outcome.refused, voice().language, shared=flow.REFUSALS)
        return drawers.ask(request, replace(form, errors=told), status=422)
    return drawers.done(request, form, said if outcome.moved else gettext("Nothing was different"))


def _read(form: Form) -> Form:
    """The form with an error at every field that cannot be read."""
    return replace(form, fields=[replace(field, error=_error(field)) for field in form.fields])


def _error(field: Field) -> str:
    if field.required and not field.value:
        return gettext("Please fill this in")
    if field.kind == "number" and field.value and field.name != "discounts" and typed.price(field.value, voice().language) is None:
        return gettext("A number, such as 12 or 96500.")
    if field.kind == "day" and field.value and _day(field.value) is None:
        return gettext("This is no day we understand: 26/11, Thursday, tomorrow or +3.")
    if field.name == "discounts" and field.value and _discounts(field.value) is None:
        return gettext("Percentages one after the other, such as 10+5.")
    return ""


def _price_fields(row: Any, units: list[str]) -> list[Field]:
    amount = say.amount(row.price) if row else ""
    start = say.qty(row.from_quantity) if row and row.from_quantity else ""
    return [
        Field("price", gettext("Unit price"), "number", amount, gettext("Per unit, with or without tax as the list is."), required=True),
        Field("unit", gettext("Unit"), "choice" if units else "text", units[0] if units else "", "", [(unit, unit) for unit in units]),
        Field("from_quantity", gettext("From quantity"), "number", start, gettext("Empty: any.")),
        Field("discounts", gettext("Discounts"), "text", "+".join(say.qty(d) for d in row.discounts) if row else "", gettext("One after the other: 10+5.")),
        Field("valid_from", gettext("Valid from"), "day", typed.said_day(row and row.valid_from, voice().language), gettext("Empty: always was.")),
        Field("valid_to", gettext("Valid to"), "day", typed.said_day(row and row.valid_to, voice().language), gettext("Empty: until changed.")),
    ]


def _price(form: Form, *, version: int | None, unit: str) -> Price:
    a = {field.name: field.value for field in form.fields}
    return Price(
        _number(a["price"]), version=version, unit=unit, from_quantity=_number(a["from_quantity"]), discounts=_discounts(a["discounts"]) or (),
        valid_from=_day(a["valid_from"]), valid_to=_day(a["valid_to"]),
    )  # fmt: skip


def _number(text: str) -> Decimal:
    return typed.price(text, voice().language) or Decimal(0)


def _discounts(text: str) -> tuple[Decimal, ...] | None:
    found = [typed.number(part, voice().language) for part in text.replace("%", "").split("+") if part.strip()]
    return tuple(d for d in found if d) if all(d is not None and d <= 100 for d in found) else None


def _day(text: str) -> date | None:
    return typed.day(text, voice().today) if text else None


def _why(page: products.Page | None) -> str:
    if page is None:
        return ""
    facts = {"waits": say.qty(page.waits), "free": say.qty(page.free), "coming": say.qty(page.on_order)}
    return gettext("Orders wait for %(waits)s; %(free)s are free, %(coming)s on their way.") % facts


def _only(options: list[tuple[str, str]]) -> str:
    return options[0][0] if len(options) == 1 else ""


def _product(sku: str) -> str:
    return reverse("product", args=[sku])
