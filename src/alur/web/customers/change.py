"""Change a customer: limit, block, terms, address, each its own small form, all through check.change_customer with the version that was shown."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from alur.core import clock, step
from alur.flow import map as flow
from alur.flow.check.change_customer import Change
from alur.models.party import METHODS
from alur.reads import customers, sentences
from alur.web import drawers, status, typed
from alur.web.drawers import Field
from alur.web.request import Request
from alur.web.templatetags import words as say
from alur.web.voice import voice

STEP = "check.change_customer"
PLACE = ("name", "lines", "city", "province", "postcode", "country", "phone")


@dataclass(frozen=True, slots=True)
class What:
    """A form: its words, its fields from a customer's row, and its answers as the step takes them."""

    title: str
    verb: str
    text: str
    fields: Callable[[Any], list[Field]]
    change: Callable[[dict[str, str]], dict[str, Any]]


def view(request: Request, id: int, what: str) -> HttpResponse:  # noqa: A002
    """Ask (GET), or change (POST)."""
    if not flow.may(flow.by_name[STEP], request.roles):
        raise PermissionDenied
    customer, form_of = customers.one(id=id), WHATS.get(what)
    if customer is None or form_of is None:
        raise Http404
    stored = form_of.fields(customer)
    fields = drawers.typed(stored, request.POST if request.method == "POST" else {})
    form = drawers.Form(
        gettext(form_of.title) % {"customer": customer.name}, gettext(form_of.verb), fields,
        action=request.path, back=reverse("customer", args=[customer.code]), text=gettext(form_of.text) if form_of.text else "",
        carried=[("version", str(customer.version)), *((f"was-{field.name}", field.value) for field in stored)],
    )  # fmt: skip
    if request.method != "POST":
        return drawers.ask(request, form)
    form = replace(form, fields=[_checked(field) for field in fields])
    if form.wrong:
        return drawers.ask(request, form, status=422)
    return _run(request, customer, form_of, form)


def _run(request: Request, customer: Any, form_of: What, form: drawers.Form) -> HttpResponse:
    """One call of the step; where somebody was faster, the difference."""
    version = request.POST.get("version", "")
    answers = form_of.change({field.name: field.value for field in form.fields})
    change = Change(typed.whole(version), answers.get("fields", {}), answers.get("address"))
    outcome = step.run(flow.by_name[STEP], {customer.id: change}, by=str(request.user.pk), at=clock.now())
    if not outcome.refused:
        said = gettext("%(customer)s: changed") % {"customer": customer.name}
        return drawers.done(request, form, said if outcome.moved else gettext("Nothing was different"))
    if outcome.refused[0].code == "stale_version":
        now = {field.name: _word(field, field.value) for field in form_of.fields(customer) if field.value != request.POST.get(f"was-{field.name}", "")}
        return drawers.ask(request, form.clashed(now), status=409)
    return drawers.ask(request, replace(form, errors=sentences.refusals(flow.by_name[STEP], outcome.refused, voice().language)), status=422)


def _word(field: Field, value: str) -> str:
    """What stands in a field now, as people read it."""
    if field.kind == "yes":
        return gettext("yes") if value else gettext("no")
    return dict(field.options).get(value) or value or gettext("empty")


def _checked(field: Field) -> Field:
    """A field with its error, if what was typed cannot be read."""
    if field.kind == "number" and field.value and typed.price(field.value, voice().language) is None:
        return replace(field, error=gettext("An amount, such as 25000000; empty for none."))
    if field.required and not field.value:
        return replace(field, error=gettext("Please fill this in"))
    return field


def scopes() -> list[tuple[str, str]]:
    """What a block may stop."""
    return [("none", gettext("nothing")), ("order", gettext("new orders")), ("delivery", gettext("deliveries")), ("all", gettext("everything"))]


def _limit(c: Any) -> list[Field]:
    now = "" if c.own_limit is None else say.amount(c.own_limit)
    hint = gettext("Empty: no credit is granted, the customer pays first.")
    return [Field("credit_limit", gettext("Credit limit"), "number", now, hint)]


def _block(c: Any) -> list[Field]:
    hint = gettext("Goods on the road are still delivered and invoiced.")
    return [
        Field("blocked", gettext("What is stopped"), "choice", c.blocked, hint, scopes()),
        Field("blocked_reason", gettext("Why"), "area", c.blocked_reason, gettext("Seen by everybody who takes orders.")),
    ]


def _terms(c: Any) -> list[Field]:
    known, none, usual = customers.choices(), [("", "–")], gettext("None: the company's usual one.")
    methods = [(code, status.channel(code)[0]) for code in METHODS]
    return [
        Field("terms_id", gettext("Terms"), "choice", str(c.terms_id or ""), gettext("Orders that are written already keep theirs."), none + known["terms"]),
        Field("price_list_id", gettext("Price list"), "choice", str(c.price_list_id or ""), usual, none + known["price_list"]),
        Field("method", gettext("Usual method"), "choice", c.method or "", usual, none + methods),
        Field("warehouse_id", gettext("Usual warehouse"), "choice", str(c.warehouse_id or ""), "", none + known["warehouse"]),
        Field("takes_backorders", gettext("Takes the rest later when goods are short"), "yes", "1" if c.takes_backorders else ""),
    ]


def _address(c: Any) -> list[Field]:
    place = next((a for a in customers.addresses(c.id) if a.kind == "ship" and a.is_default), None)
    value = {name: getattr(place, name) if place else "ID" * (name == "country") for name in PLACE}
    return [
        Field("name", gettext("Receiver"), value=value["name"] or c.name),
        Field("lines", gettext("Street and number"), "area", value["lines"], required=True),
        Field("city", gettext("City"), value=value["city"], required=True),
        Field("province", gettext("Province"), value=value["province"], hint=gettext("Decides how many days the road takes.")),
        Field("postcode", gettext("Postcode"), value=value["postcode"]),
        Field("country", gettext("Country"), value=value["country"]),
        Field("phone", gettext("Telephone"), value=value["phone"]),
    ]


def _number(text: str) -> str | None:
    return None if not text else str(typed.price(text, voice().language))


WHATS = {
    "limit": What(
        gettext_noop("Credit limit of %(customer)s"), gettext_noop("Set the limit"),
        gettext_noop("Open orders are verified again: what no longer fits is held, what fits now goes on."), _limit,
        lambda a: {"fields": {"credit_limit": _number(a["credit_limit"])}}),
    "block": What(
        gettext_noop("Block %(customer)s"), gettext_noop("Save the block"), gettext_noop("Open orders are held by it, or go on when it is lifted."), _block,
        lambda a: {"fields": {"blocked": a["blocked"], "blocked_reason": "" if a["blocked"] == "none" else a["blocked_reason"]}}),
    "terms": What(
        gettext_noop("Terms of %(customer)s"), gettext_noop("Save the terms"), "", _terms,
        lambda a: {"fields": {**{name: typed.whole(a[name]) or None for name in ("terms_id", "price_list_id", "warehouse_id")},
                              "method": a["method"] or None, "takes_backorders": bool(a["takes_backorders"])}}),
    "address": What(
        gettext_noop("Where %(customer)s takes goods"), gettext_noop("Save the address"),
        gettext_noop("Orders that are not verified yet go to the new place; those on their way keep theirs."), _address, lambda a: {"address": a}),
}  # fmt: skip
