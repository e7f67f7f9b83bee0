"""Who a customer is: name, tax identity, payer, salesperson; and a new customer, with how it pays and where it takes goods."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from alur.core import company
from alur.flow.check import identity
from alur.flow.check.change_customer import Change
from alur.models import Customer, Membership, PriceList, SalesOrder, Terms
from alur.web.request import Request
from alur.web.settings import ask
from alur.web.settings.columns import Column, words
from alur.web.settings.tables import rows

STEP = "check.change_customer"
NUMBERS = ("npwp", "nik", "nitku")
WHERE = {"bad_npwp": "npwp", "bad_nik": "nik", "bad_nitku": "nitku", "pkp_without_npwp": "npwp"}


def _sellers() -> list[tuple[str, str]]:
    found = Membership.objects.filter(company__slug=company.current().slug).select_related("user").order_by("user__name")
    return list(dict.fromkeys((str(each.user.pk), str(each.user)) for each in found))


DETAILS = (
    Column("name", _("Name"), required=True),
    Column("kind", _("Is a"), "choice", options=words({"business": _("business"), "person": _("person")}), start="business"),
    Column("payer", _("Paid by"), hint=_("The code of another customer who carries limit and debt. Empty: pays itself.")),
    Column("npwp", "NPWP", hint=_("16 digits.")),
    Column("nitku", "NITKU", hint=_("22 digits, ending in 000000 for the head office.")),
    Column("nik", "NIK", hint=_("16 digits, for a person without NPWP.")),
    Column("pkp", _("Is a PKP"), "yes"),
    Column("pkp_since", _("PKP since"), "day"),
    Column("tax_class", _("Tax class"), hint=_("Decides with the product which tax rule holds."), required=True, start="standard"),
    Column("language", _("Language"), "choice", options=lambda: [("id", "Bahasa Indonesia"), ("en", "English")], start="id"),
    Column("salesperson_id", _("Salesperson"), "link", options=_sellers),
)
MONEY = (
    Column("terms_id", _("Terms"), "link", options=rows(Terms)),
    Column("price_list_id", _("Price list"), "link", _("None: the company's usual one."), options=rows(PriceList)),
    Column("credit_limit", _("Credit limit"), "number", _("Empty: no credit is granted, the customer pays first.")),
)
PLACE = (
    Column("lines", _("Street and number"), "area"),
    Column("city", _("City")),
    Column("province", _("Province"), hint=_("Decides how many days the road takes.")),
    Column("postcode", _("Postcode")),
    Column("phone", _("Telephone")),
)
CODE = Column("code", _("Code"), hint=_("Short, yours, and never changed."), required=True)


def change(request: Request, id: int) -> HttpResponse:  # noqa: A002
    """Ask who a customer is, or change it."""
    row = Customer.objects.select_related("payer").filter(pk=id).first()
    if row is None:
        raise Http404
    stored = {column.name: getattr(row, column.name) for column in DETAILS if column.name != "payer"} | {"payer": row.payer.code if row.payer else ""}
    return ask.run(request, ask.Ask(
        STEP, gettext("Details of %(customer)s") % {"customer": row.name}, gettext("Save the details"), DETAILS, stored, _change, id=id, version=row.version,
        back=reverse("customer", args=[row.code]), said=gettext("%(customer)s: changed") % {"customer": row.name}, wrong=lambda given: _wrong(given, id),
    ))  # fmt: skip


def new(request: Request) -> HttpResponse:
    """Ask for a new customer, or add it."""
    asked = (CODE, *DETAILS, *MONEY, *PLACE)
    return ask.run(request, ask.Ask(
        STEP, gettext("New customer"), gettext("Add the customer"), asked, {column.name: column.start for column in asked}, _change,
        back=reverse("customers"), said="", wrong=_wrong, made=lambda made: reverse("customer", args=[Customer.objects.get(pk=made).code]),
    ))  # fmt: skip


def edit(request: Request) -> HttpResponse:
    """From an order that is held: to the page of who pays it, where limit, block, terms and address are changed."""
    code = SalesOrder.objects.filter(number=request.GET.get("order", "")).values_list("payer__code", flat=True).first()
    if code is None:
        raise Http404
    return redirect("customer", code)


def _change(version: int | None, given: dict[str, Any]) -> Change:
    """The answers as the step takes them."""
    fields = {name: value for name, value in given.items() if name != "payer" and name not in {column.name for column in PLACE}}
    fields |= {name: identity.digits(given[name]) for name in NUMBERS} | {"payer_id": _payer(given["payer"])}
    place = {column.name: given[column.name] for column in PLACE if given.get(column.name)}
    return Change(version, fields, {"name": given["name"], **place} if place else None)


def _wrong(given: dict[str, Any], id: int = 0) -> dict[str, str]:  # noqa: A002
    """What cannot be, beside its field."""
    payer = _payer(given["payer"])
    if given["payer"] and (payer is None or payer == id):
        return {"payer": gettext("There is no other customer with this code.")}
    code = identity.wrong(given | {name: identity.digits(given[name]) for name in NUMBERS})
    return {WHERE[code]: gettext(identity.REFUSALS[code])} if code else {}


def _payer(code: str) -> int | None:
    return Customer.objects.filter(code__iexact=code).values_list("pk", flat=True).first() if code else None
