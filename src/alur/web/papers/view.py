"""Papers as pages to print: Sales Order, pro forma, delivery note, invoice. In the customer's language, or in the one asked for (?in=en)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from alur.core import money
from alur.core import words as plain
from alur.core.spell import spell
from alur.reads import delivery_page, order_page, paper, receivable
from alur.reads.order_page import Page
from alur.web.books import common, owed
from alur.web.orders.aside import totals
from alur.web.orders.lines import name
from alur.web.request import Request
from alur.web.status import channel
from alur.web.templatetags import words
from alur.web.voice import CURRENT, voice

INVOICES = {"invoice": gettext_noop("Sales Invoice"), "advance": gettext_noop("Advance Invoice"), "credit_note": gettext_noop("Credit Note")}
NOUN = {"IDR": "rupiah"}
AT = {"order": "12.5%", "pro_forma": "37.5%", "delivery": "50%", "invoice": "62.5%", "statement": "75%"}  # how far on the way a paper stands
TEMPLATES = {"pro_forma": "order"}  # a kind whose template is another's
THIRD = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a paper."""

    sku: str
    name: str
    quantity: Decimal | None
    unit: str
    price: Decimal | None
    less: str
    amount: Decimal
    note: str = ""


def order(request: Request, number: str) -> HttpResponse:
    """The Sales Order: what was agreed, and the customer's proof of it."""
    page = _order(number)
    with _in(request, page.order.customer_language):
        return _paper(request, "order", page.order.number, _of_order(page) | {"title": gettext("Sales Order")})


def pro_forma(request: Request, number: str) -> HttpResponse:
    """The invoice as it will be, with where to pay; one that was replaced says so."""
    found = paper.pro_forma(number)
    if found is None:
        raise Http404
    page = _order(found.order_number)
    with _in(request, page.order.customer_language):
        first = page.advance
        more = {
            "title": gettext("Pro Forma Invoice"),
            "pro_forma": found,
            "void": found.voided_at is not None or found.version != found.order_version,
            "banks": receivable.banks(),
            "advance": first if page.order.advance_pct else None,
            "to_pay": first or page.order.total,
            "transfer": page.order.number,
        }
        return _paper(request, "pro_forma", found.number, _of_order(page) | more)


def delivery(request: Request, number: str) -> HttpResponse:
    """The delivery note: what is on the road, for whom, with room for signatures."""
    found = delivery_page.load(number)
    if found is None:
        raise Http404
    with _in(request, found.delivery.customer_language):
        several = len(found.orders) > 1
        rows = [_carried(line, several=several) for line in found.lines if line.kind != "charge" and line.quantity]  # what was not found is not on it
        more = {
            "title": gettext("Delivery Note"),
            "delivery": found.delivery,
            "method": channel(found.delivery.method)[0],
            "orders": found.orders,
            "rows": rows,
            "weight": sum(((line.weight or Decimal(0)) * line.quantity for line in found.lines), Decimal(0)),
            "address": _address(found.delivery, "ship"),
        }
        return _paper(request, "delivery", found.delivery.number, more)


def invoice(request: Request, number: str) -> HttpResponse:
    """The invoice: what is billed, what was paid ahead, what is to be paid until when."""
    found = receivable.invoice(number)
    if found is None:
        raise Http404
    v = found.invoice
    with _in(request, v.customer_language) as language:
        more = {
            "title": gettext(INVOICES[v.kind]),
            "page": found,
            "invoice": v,
            "rows": [_billed(line, several=len({each.order_number for each in found.billed}) > 1) for line in found.billed],
            "totals": _totals(found),
            "spelled": _spelled(found.to_pay, v.currency, language),
            "due": [part for part in found.parts if part.due_on],
            "orders": sorted({line.order_number for line in found.billed if line.order_number}),
            "deliveries": sorted({line.delivery_number for line in found.billed if line.delivery_number}),
            "customer_po": next((line.customer_po for line in found.billed if line.customer_po), ""),
            "address": _address(v, "bill"),
            "banks": receivable.banks(),
        }
        return _paper(request, "invoice", v.number, more)


def statement(request: Request, code: str) -> HttpResponse:
    """The statement of account: what stood open, what came since, what stands open."""
    common.may(request)
    found = owed.load(request, code)
    with _in(request, found.payer.language):
        more = {
            "title": gettext("Statement of Account"),
            "found": found,
            "moves": [(row, common.entry_word(row.kind), *common.sides(row.amount), balance) for row, balance in found.moves],
            "address": ", ".join(filter(None, (getattr(found.payer, part) for part in ("lines", "city", "province", "postcode")))),
            "banks": receivable.banks(),
        }
        return _paper(request, "statement", found.payer.code, more)


def _order(number: str) -> Page:
    page = order_page.load(number, now=voice().now, today=voice().today)
    if page is None:
        raise Http404
    return page


def _of_order(page: Page) -> dict[str, Any]:
    order = page.order
    rows = [_asked(line, order.currency) for line in page.lines if line.kind == "comment" or line.ordered > line.cancelled]
    return {
        "order": order,
        "rows": rows,
        "totals": totals(page),
        "spelled": _spelled(order.total, order.currency, voice().language),
        "method": channel(order.method)[0] if order.method else "",
        "address": _address(order, "ship"),
    }


def _asked(line: Any, currency: str) -> Row:
    wanted = line.ordered - line.cancelled
    amount = money.so_far(line.net, wanted, line.ordered, currency)
    quantity = None if line.kind == "comment" else _in_unit(wanted, line.factor)
    return Row(line.sku or line.customer_sku or "", name(line), quantity, line.unit, line.unit_price, _less(line.discounts), amount)


def _carried(line: Any, *, several: bool) -> Row:
    quantity, unit = line.picked or line.quantity, line.base_unit or line.unit
    return Row(line.sku or "", name(line), quantity, unit, None, "", Decimal(0), line.order_number if several else "")


def _billed(line: Any, *, several: bool) -> Row:
    """A line; on an invoice of several orders it says what brought it."""
    quantity = _in_unit(line.quantity, line.factor) if line.quantity is not None and line.factor else line.quantity
    said = name(line) if line.sku or line.as_written else " ".join(filter(None, (gettext("Paid ahead"), line.advance_number)))
    note = " · ".join(filter(None, (line.order_number, line.delivery_number))) if several else ""
    return Row(line.sku or "", said, quantity, line.unit or "", line.unit_price, _less(line.discounts), line.net, note)


def _less(discounts: Any) -> str:
    return " + ".join(words.percent(each) for each in discounts or ())


def _in_unit(quantity: Decimal, factor: Decimal) -> Decimal:
    return quantity if factor in (0, 1) else (quantity / factor).quantize(THIRD).normalize()


def _totals(found: receivable.Invoice) -> list[tuple[str, str, str]]:
    """Name, amount, weight of each total: "", sum or due."""
    v = found.invoice
    rows = [(gettext("Before tax"), words.amount(v.net), "")]
    for tax in found.taxes:
        if tax.base_num != tax.base_den:
            rows.append((gettext("Other tax base (%(num)s/%(den)s)") % {"num": tax.base_num, "den": tax.base_den}, words.amount(tax.base), ""))
        rows.append((gettext("VAT %(rate)s") % {"rate": words.percent(tax.rate)}, words.amount(tax.tax), ""))
    if v.rounding:
        rows.append((gettext("Rounding"), words.amount(v.rounding), ""))
    rows.append((gettext("Total"), words.money(v.total), "sum"))
    if found.deducted:
        rows += [(f"{gettext('Paid ahead')}, {line.advance_number}", words.amount(line.net + line.tax), "") for line in found.deducted]
        rows.append((gettext("To be paid"), words.money(found.to_pay), "sum due"))
    return rows


def _spelled(amount: Decimal, currency: str, language: str) -> str:
    said = f"{spell(amount, language)} {NOUN.get(currency, currency)}"
    return said[:1].upper() + said[1:]


def _address(row: Any, what: str) -> str:
    return ", ".join(filter(None, (getattr(row, f"{what}_{part}") for part in ("lines", "city", "province", "postcode"))))


def _paper(request: Request, kind: str, number: str, more: dict[str, Any]) -> HttpResponse:
    here = request.company
    initials = "".join(word[0] for word in here.name.split() if word.upper() not in {"PT", "CV", "UD", "TBK"})[:2]
    shared = {
        "company": here,
        "seat": paper.seat(),
        "initials": initials or here.name[:2],
        "at": AT[kind],
        "number": number,
        "language": voice().language,
        "now": voice().now,
    }
    return render(request, f"papers/{TEMPLATES.get(kind, kind)}.html", shared | more)


@contextmanager
def _in(request: Request, customers: str) -> Iterator[str]:
    """Write in the language asked for, else in the customer's."""
    asked = request.GET.get("in", "")
    language = next((each for each in (asked, customers) if each in plain.LANGUAGES), voice().language)
    token = CURRENT.set(replace(voice(), language=language))
    try:
        with translation.override(language):
            yield language
    finally:
        CURRENT.reset(token)


urls = [
    path("papers/orders/<str:number>", order, name="paper_order"),
    path("papers/pro-formas/<str:number>", pro_forma, name="paper_pro_forma"),
    path("papers/deliveries/<str:number>", delivery, name="paper_delivery"),
    path("papers/invoices/<path:number>", invoice, name="paper_invoice"),
    path("papers/statements/<str:code>", statement, name="paper_statement"),
]
