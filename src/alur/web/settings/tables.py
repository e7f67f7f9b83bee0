"""Master data as one table of forms: which rows there are, what is asked of each, who may write them, which orders are looked at again.

A list, a form, a check and an event come from a row of TABLES; what a verdict stands on alone (customers, products, prices) is changed by a step.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from alur import models
from alur.core import words as core_words
from alur.models.party import METHODS
from alur.web.request import Request
from alur.web.settings import parts
from alur.web.settings.columns import Column, at_most, words

DAYS = {"1": _("Monday"), "2": _("Tuesday"), "3": _("Wednesday"), "4": _("Thursday"), "5": _("Friday"), "6": _("Saturday"), "7": _("Sunday")}
WORDS = {
    "own_fleet": _("own fleet"), "courier": _("courier"), "pickup": _("pick-up"), "on_site": _("on site"), "invoice": _("the invoice"),
    "delivery": _("the delivery"), "handover": _("the hand-over of the invoice"), "month_end": _("the end of the month"), "own": _("own"),
    "transit": _("on the road"), "returns": _("returns"), "quarantine": _("quarantine"), "consignment": _("consignment"), "warehouse": _("warehouse"),
    "production": _("production"), "service": _("service"), "short_pick": _("short pick"), "failed_delivery": _("failed delivery"), "return": _("return"),
    "cancel": _("cancellation"), "write_off": _("write-off"), "none": _("nothing"), "quantity": _("the missing quantity"), "all": _("all of it"),
    "ship": _("goods"), "bill": _("papers"), "order": _("order confirmation"), "delivery_note": _("delivery note"), "statement": _("statement"),
}  # fmt: skip
FINANCE, PLACES, SALES = ("finance", "manager"), ("warehouse", "manager"), ("desk", "finance", "manager")
E_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Table:
    """A table people keep. again: what is looked at anew (price: received orders, promise: confirmed ones); alone: a flag only one row has."""

    name: str  # of the table, the address and the event: <name>.changed
    model: Any
    title: str
    one: str
    text: str  # what it decides
    columns: tuple[Column, ...]
    roles: tuple[str, ...]
    order: tuple[str, ...] = ("code",)
    parent: str = ""
    removable: bool = False
    again: str = ""
    alone: str = ""
    check: Callable[[Mapping[str, Any]], dict[str, str]] = field(default=lambda _values: {})
    more: Any = None  # rows of another table that are written with it (parts.py)


def codes(model: Any, name: str) -> Callable[[], list[tuple[str, str]]]:
    """What a column may be, as the database says."""
    return words({code: WORDS.get(code, code) for code, _label in model._meta.get_field(name).choices})  # noqa: SLF001  Django's own name


def rows(model: Any, **only: Any) -> Callable[[], list[tuple[str, str]]]:
    """Rows of another table, by name."""
    return lambda: [(str(row.pk), row.name or row.code) for row in model.objects.filter(**only).order_by("name", "code")[:500]]


def e_mail(text: str) -> str:
    """A check: an address or nothing."""
    return gettext("An e-mail address, such as budi@toko.co.id.") if text and not E_MAIL.fullmatch(text) else ""


def currency(text: str) -> str:
    """A check: a currency whose money can be written."""
    return "" if text in core_words.CURRENCIES else gettext("One of %(known)s.") % {"known": ", ".join(core_words.CURRENCIES)}


def in_order(values: Mapping[str, Any]) -> dict[str, str]:
    """Days in order, and a fraction that is one."""
    start, end = values.get("valid_from"), values.get("valid_to")
    wrong = {"valid_to": gettext("This is before the first day.")} if start and end and end < start else {}
    return wrong | ({"base_den": gettext("A fraction has 1 or more below.")} if values.get("base_den") == 0 else {})


def units(values: Mapping[str, Any]) -> dict[str, str]:
    """A unit holds something."""
    return {name: gettext("More than 0.") for name in ("factor", "quantity") if name in values and not values[name]}


_CODE = Column("code", _("Code"), required=True, code=True)
_NAME = Column("name", _("Name"), required=True)
_WORK = Column("working_days", _("Working days"), "days", options=words(DAYS), start=[1, 2, 3, 4, 5, 6], required=True)
_CURRENCY = Column("currency", _("Currency"), required=True, check=currency, start="IDR")
_USUAL = Column("is_default", _("The usual one"), "yes")
_VALID = (
    Column("valid_from", _("Valid from"), "day", _("Empty: always was.")),
    Column("valid_to", _("Valid to"), "day", _("Empty: until changed.")),
)
_CLASS = Column("product_class", _("Products of class"), required=True, start="standard")
_PHONE = Column("phone", _("Telephone"))
_WAREHOUSE = Column("warehouse_id", _("From warehouse"), "link", required=True, options=rows(models.Warehouse), code=True)

TABLES: tuple[Table, ...] = (
    # what selling stands on
    Table("terms", models.Terms, _("Terms of payment"), _("Terms"), _("When an order is paid: before, in parts, or after the invoice."), (
        _CODE, _NAME,
        Column("advance_pct", _("Paid before delivery (%)"), "number", _("100 = pays first, 30 = down payment, 0 = on account."), required=True,
               check=at_most(100), start=0),
        Column("due_from", _("Days count from"), "choice", options=codes(models.Terms, "due_from"), start="invoice"),
    ), FINANCE, more=parts.PARTS),
    Table("price_list", models.PriceList, _("Price lists"), _("Price list"), _("Prices of a group of customers; one list is the usual one."), (
        _CODE, _NAME, _CURRENCY, Column("tax_included", _("Prices include tax"), "yes"), _USUAL,
    ), FINANCE, again="price", alone="is_default"),
    Table("tax_rule", models.TaxRule, _("Tax rules"), _("Tax rule"), _("Tax = rate x fraction x price, by class of product and of customer, from a day on."), (
        Column("code", _("Code"), hint=_("As on the tax invoice: 04, 01.")), _NAME, _CLASS,
        Column("customer_class", _("Customers of class"), required=True, start="standard"),
        Column("rate", _("Rate (%)"), "number", required=True, check=at_most(100), start=12),
        Column("base_num", _("Of the price: parts"), "whole", _("11 of 12 for most goods since 2025, 1 of 1 for luxury goods."), required=True, start=11),
        Column("base_den", _("of"), "whole", required=True, start=12, listed=True), *_VALID,
    ), ("finance",), order=("product_class", "customer_class", "valid_from", "id"), again="price", check=in_order),
    Table("reason", models.Reason, _("Reasons"), _("Reason"), _("What people choose from when something went short, failed, came back or was given up."), (
        Column("kind", _("For"), "choice", options=codes(models.Reason, "kind"), code=True, start="cancel"), _CODE,
        Column("name_id", _("In Indonesian"), required=True), Column("name_en", _("In English")),
        Column("stock_effect", _("Lost from stock"), "choice", _("At a short pick."), options=codes(models.Reason, "stock_effect"), start="none"),
        Column("lost_sale", _("Counts as a lost sale"), "yes"),
    ), ("manager",), order=("kind", "code")),
    # places and days
    Table("warehouse", models.Warehouse, _("Warehouses"), _("Warehouse"), _("Where goods stand, and from when on a day an order leaves the next day."), (
        _CODE, _NAME, Column("kind", _("Kind"), "choice", options=codes(models.Warehouse, "kind"), start="own"),
        Column("priority", _("Order of trying"), "whole", _("1 is tried first."), required=True, start=1),
        Column("cut_off_hour", _("Cut-off hour"), "whole", _("Orders after it leave the next working day."), check=at_most(24), required=True, start=15),
        _WORK, Column("lines", _("Street and number"), "area", listed=False), Column("city", _("City")), Column("province", _("Province"), listed=False),
        Column("active", _("In use"), "yes", start=True),
    ), PLACES, order=("priority", "code"), again="promise"),
    Table("department", models.Department, _("Departments"), _("Department"), _("Who does the work: a crew, production, a service team, on which days."), (
        _CODE, _NAME, Column("kind", _("Kind"), "choice", options=codes(models.Department, "kind"), start="warehouse"), _WORK,
    ), PLACES, again="promise"),
    Table("transport_days", models.TransportDays, _("Days on the road"), _("Days on the road"), _("How long goods travel; a promise counts them."), (
        _WAREHOUSE, Column("province", _("To province"), required=True, code=True),
        Column("method", _("By"), "choice", options=words({m: WORDS[m] for m in METHODS}), code=True, start="courier"),
        Column("days", _("Days"), "whole", required=True, check=at_most(60), start=1),
    ), ("dispatcher", *PLACES), order=("warehouse_id", "province", "method"), removable=True, again="promise"),
    Table("holiday", models.Holiday, _("Holidays"), _("Holiday"), _("Days on which nothing leaves and nothing arrives."), (
        Column("on", _("Day"), "day", required=True), _NAME,
    ), PLACES, order=("-on",), removable=True, again="promise"),
    # partners and money
    Table("supplier", models.Supplier, _("Suppliers"), _("Supplier"), _("Who sells to us."), (
        _CODE, _NAME, Column("email", _("E-mail"), check=e_mail), _PHONE,
    ), PLACES, order=("name",)),
    Table("bank_account", models.BankAccount, _("Bank accounts"), _("Bank account"), _("Where customers pay to; it is printed on invoices."), (
        _CODE, Column("bank", _("Bank"), required=True), Column("number", _("Account number"), required=True),
        Column("holder", _("In the name of"), required=True),
        Column("account", _("Account in the books"), "whole", required=True, start=1102), _CURRENCY, _USUAL,
    ), ("finance",), alone="is_default"),
    # of a customer
    Table("address", models.Address, _("Addresses"), _("Address"), _("Where goods or papers go beside the usual place."), (
        Column("kind", _("For"), "choice", options=codes(models.Address, "kind"), start="ship"), Column("name", _("Receiver")),
        Column("lines", _("Street and number"), "area", required=True), Column("city", _("City"), required=True), Column("province", _("Province")),
        Column("postcode", _("Postcode")), Column("country", _("Country"), required=True, start="ID"), _PHONE,
        Column("delivery_window", _("Takes goods"), hint=_("Such as 09–12.")),
    ), SALES, order=("id",), parent="customer_id", removable=True),
    Table("contact", models.Contact, _("Contacts"), _("Contact"), _("Whom to call, and who gets which papers."), (
        _NAME, Column("role", _("Does")), Column("email", _("E-mail"), check=e_mail), _PHONE,
        Column("language", _("Language"), "choice", options=lambda: [("", "–"), ("id", "Bahasa Indonesia"), ("en", "English")], start=""),
        Column("documents", _("Gets"), "texts", options=words({d: WORDS[d] for d in ("order", "delivery_note", "invoice", "statement")}), start=[]),
    ), SALES, order=("id",), parent="customer_id", removable=True),
    # of a product
    Table("product_unit", models.ProductUnit, _("Units"), _("Unit"), _("Other units it is written in: 1 dus = 12 pcs."), (
        Column("unit", _("Unit"), required=True, code=True), Column("factor", _("Holds of the base unit"), "number", required=True),
        Column("barcode", _("Barcode")), Column("is_sale_default", _("Usual in orders"), "yes"),
    ), ("warehouse", "manager"), order=("factor",), parent="product_id", again="price", alone="is_sale_default", check=units),
    Table("product_alias", models.ProductAlias, _("Other names"), _("Other name"), _("What people write for it."), (
        Column("alias", _("Other name"), required=True), Column("customer_id", _("Only of customer"), "link", options=rows(models.Customer)),
    ), (*SALES, "warehouse"), order=("alias",), parent="product_id", removable=True),
    Table("component", models.Component, _("Made of"), _("Part"), _("What a kit holds, or what it is made of."), (
        Column("part_id", _("Part"), "link", required=True, code=True,
               options=lambda: [(str(p.pk), f"{p.sku} {p.name_id or p.name_en}") for p in models.Product.objects.filter(active=True).order_by("sku")[:2000]]),
        Column("quantity", _("Quantity"), "number", required=True),
    ), PLACES, order=("id",), parent="product_id", removable=True, check=units),
)  # fmt: skip
BY_NAME = {table.name: table for table in TABLES}


def may(table: Table, request: Request) -> bool:
    """Whether this person may write rows of a table."""
    return bool({"admin", *table.roles} & request.roles)
