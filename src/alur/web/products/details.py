"""What a product is: names, tax class, multiple, how it comes, how much of it shall be there; and a new product."""

from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from alur.flow.check.change_product import Change
from alur.models import Department, Product
from alur.web.request import Request
from alur.web.settings import ask
from alur.web.settings.columns import Column, words
from alur.web.settings.tables import rows

STEP = "check.change_product"
COMES = {"buy": _("buying"), "make": _("making"), "none": _("nothing to get")}
KINDS = {"goods": _("goods"), "service": _("service"), "charge": _("charge"), "kit": _("kit")}

ONCE = (
    Column("sku", "SKU", hint=_("Short, yours, and never changed."), required=True),
    Column("kind", _("Kind"), "choice", options=words(KINDS), start="goods"),
    Column("unit", _("Base unit"), hint=_("Stock is counted in it; it is never changed."), required=True, start="pcs"),
)
DETAILS = (
    Column("name_id", _("In Indonesian")),
    Column("name_en", _("In English")),
    Column("multiple", _("Sold in multiples of"), "number", required=True, start=1),
    Column("tax_class", _("Tax class"), hint=_("Decides with the customer which tax rule holds."), required=True, start="standard"),
    Column("supply", _("Comes by"), "choice", options=words(COMES), start="buy"),
    Column("lead_days", _("Takes (days)"), "whole", _("From ordering to being there; a promise counts them."), required=True, start=0),
    Column("department_id", _("Department"), "link", _("Who makes it, or does the service."), options=rows(Department)),
    Column("stock_min", _("Minimum stock"), "number"),
    Column("stock_max", _("Maximum stock"), "number"),
    Column("weight", _("Weight (kg)"), "number"),
    Column("volume", _("Volume (m³)"), "number"),
    Column("active", _("Is sold"), "yes", start=True),
    Column("discontinued", _("Runs out: orders of it are held"), "yes"),
)


def change(request: Request, id: int) -> HttpResponse:  # noqa: A002
    """Ask what a product is, or change it."""
    row = Product.objects.filter(pk=id).first()
    if row is None:
        raise Http404
    stored = {column.name: getattr(row, column.name) for column in DETAILS}
    return ask.run(request, ask.Ask(
        STEP, gettext("Details of %(sku)s") % {"sku": row.sku}, gettext("Save the details"), DETAILS, stored, Change, id=id, version=row.version,
        back=reverse("product", args=[row.sku]), said=gettext("%(sku)s: changed") % {"sku": row.sku}, wrong=_wrong,
        text=gettext("Orders that are only received are priced and judged anew; promises of those that wait for it are looked at again."),
    ))  # fmt: skip


def new(request: Request) -> HttpResponse:
    """Ask for a new product, or add it."""
    asked = (*ONCE, *DETAILS)
    return ask.run(request, ask.Ask(
        STEP, gettext("New product"), gettext("Add the product"), asked, {column.name: column.start for column in asked}, Change,
        back=reverse("products"), said="", wrong=_wrong, made=lambda made: reverse("product", args=[Product.objects.get(pk=made).sku]),
    ))  # fmt: skip


def _wrong(given: dict[str, Any]) -> dict[str, str]:
    """What cannot be, beside its field."""
    if not given["name_id"] and not given["name_en"]:
        return {"name_id": gettext("A name in one language at least.")}
    if not given["multiple"]:
        return {"multiple": gettext("More than 0.")}
    least, most = given["stock_min"], given["stock_max"]
    return {"stock_max": gettext("This is below the minimum.")} if most and least and most < least else {}
