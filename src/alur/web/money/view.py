"""Invoices, payments, and the form that records money."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_noop

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.reads import open_money, receivable, status
from alur.reads.receivable import PAGE
from alur.web import counts, lists, sentences
from alur.web import flow as steps
from alur.web.flow import Button
from alur.web.money import matching, receipt
from alur.web.orders.lines import name
from alur.web.request import Request
from alur.web.voice import voice

INVOICE_TABS = {"open": gettext_noop("Open"), "overdue": gettext_noop("Overdue"), "all": gettext_noop("All")}
PAYMENT_TABS = {"open": gettext_noop("Not allocated"), "giro": gettext_noop("Giros in hand"), "all": gettext_noop("All")}
AGES = {
    "current": gettext_noop("Not due"), "d30": gettext_noop("1–30 days late"), "d60": gettext_noop("31–60 days"), "d90": gettext_noop("61–90 days"),
    "older": gettext_noop("Over 90 days"),
}  # fmt: skip
KINDS = {"invoice": gettext_noop("Invoice"), "advance": gettext_noop("Advance invoice"), "credit_note": gettext_noop("Credit note")}
ALLOCATED = {
    "payment": gettext_noop("Payment"), "credit": gettext_noop("Credit note"), "withholding": gettext_noop("Income tax withheld"),
    "vat_collector": gettext_noop("VAT collected by the buyer"), "bank_fee": gettext_noop("Bank fee"), "write_off": gettext_noop("Written off"),
    "refund": gettext_noop("Paid back"),
}  # fmt: skip


def invoices(request: Request) -> HttpResponse:
    """What is owed, by due day; ?payer= and ?age= narrow it down to one figure of the receivables by age."""
    request.stage = "pay"
    tab, q, at = _asked(request, INVOICE_TABS)
    today, offset, payer = voice().today, (at - 1) * PAGE, request.GET.get("payer", "")[:80]
    age = request.GET.get("age", "") if request.GET.get("age") in AGES and tab == "open" else ""
    totals = open_money.totals(today)
    rows = receivable.invoices(age or tab, today=today, q=q, payer=payer, offset=offset)
    words = _list(INVOICE_TABS, (tab, q, at), rows, {"open": totals.n, "overdue": totals.n_late}) | {
        "lines": [(row, status.chip("invoice", _state(row)), gettext(KINDS[row.kind])) for row in rows],
        "money": [(gettext(word), sum_, f"?tab=open&age={name}", False) for name, word in AGES.items() if (sum_ := getattr(totals, name))]
        + [(gettext("Still to pay"), totals.total, "", True)],
        "record": _may(request, "pay.receive"),
        "payer": payer,
        "age": age and gettext(AGES[age]),
    }
    return render(request, "money/invoices.html", words)


def invoice(request: Request, number: str) -> HttpResponse:
    """One document: what it bills, what is off it, what is still to be paid."""
    page = receivable.invoice(number)
    if page is None:
        raise Http404
    request.stage = "pay"
    v = page.invoice
    paid = sum((each.amount for each in page.settled), Decimal(0))
    waiting = page.open and not any(part.open for part in page.parts)
    state = "paid" if not page.open else "giro" if waiting else "overdue" if page.due_on and page.due_on < voice().today else "part" if paid else "open"
    words = {
        "page": page,
        "invoice": v,
        "kind": gettext(KINDS[v.kind]),
        "chip": status.chip("invoice", state),
        "money": [
            (gettext("Total"), v.total, "", False),
            *([(gettext("Paid ahead"), page.to_pay - v.total, "", False)] if page.deducted else []),
            (gettext("Paid so far"), paid, "", False),
            (gettext("Still to pay"), page.open, "", True),
        ],
        "lines": [(line, name(line)) for line in page.billed],
        "orders": list(dict.fromkeys(line.order_number for line in page.billed if line.order_number)),
        "deliveries": list(dict.fromkeys(line.delivery_number for line in page.billed if line.delivery_number))[:6],
        "settled": [(each, gettext(ALLOCATED[each.kind])) for each in page.settled],
        "address": ", ".join(filter(None, (v.bill_lines, v.bill_city, v.bill_province, v.bill_postcode))),
        "customer_url": lists.url("customer", v.payer_code),
        "paper": lists.url("paper_invoice", v.number),
        "record": _may(request, "pay.receive") and page.open > 0 and v.kind != "credit_note",
        "hand_over": steps.button(flow.by_name["invoice.hand_over"])
        if v.kind == "invoice" and v.handed_on is None and any(part.due_from == "handover" for part in page.parts) and _may(request, "invoice.hand_over")
        else None,
        "claim": v.kind == "invoice" and _may(request, "invoice.claim"),
        "undo": _button(request, "pay.unmatch"),
        "small": _button(request, "settle.write_off") if any(0 < part.open <= open_money.write_off_limit() for part in page.parts) else None,
        "reminders": receivable.reminders(v.id, {line.order_id for line in page.lines if line.order_id}),
    }
    return render(request, "money/invoice.html", words | (_note(request, page, paid) if v.kind == "credit_note" else {}))


def _note(request: Request, page: receivable.Invoice, used: Decimal) -> dict[str, Any]:
    """What a credit note's page says otherwise: what was used of it, for what, and what is free."""
    v = page.invoice
    state = "paid" if not v.free else "part" if used else "open"
    return {
        "chip": status.chip("credit_note", state),
        "money": [(gettext("Total"), v.total, "", False), (gettext("Used"), used, "", False), (gettext("Free"), v.free, "", True)],
        "reason": v.reason_id if voice().language == "id" else v.reason_en,
        "refund": f"{reverse('refund', args=[v.payer_code])}?receipt={v.receipt_id}" if v.free and _may(request, "pay.refund") else "",
        "set_off": reverse("set_off", args=[v.number]) if v.free and _may(request, "pay.match") else "",
        "reminders": [],
    }


def payments(request: Request) -> HttpResponse:
    """Money that came in, first what settles nothing yet."""
    request.stage = "pay"
    tab, q, at = _asked(request, PAYMENT_TABS)
    rows, open_, giros = receivable.payments(tab, q=q, offset=(at - 1) * PAGE), receivable.unallocated(), receivable.giros(voice().today)
    offers = matching.offers(rows) if tab == "open" and _may(request, "pay.match") else {}
    words = _list(PAYMENT_TABS, (tab, q, at), rows, {"open": open_.n, "giro": giros.n}) | {
        "lines": [(row, status.chip("payment", _allocated(row)), str(status.word("way", row.way)), offers.get(row.id)) for row in rows],
        "money": [
            *([(gettext("Giros the bank takes by now"), giros.due, "?tab=giro", False)] if giros.due else []),
            *([(gettext("Giros in hand"), giros.total, "?tab=giro", False)] if giros.total else []),
            (gettext("Not allocated"), open_.total, "", True),
        ],
        "record": _may(request, "pay.receive"),
        "match": steps.button(flow.by_name["pay.match"]) if _may(request, "pay.match") else None,
        "ends": _buttons(request, "pay.clear", "pay.bounce"),
        "today": voice().today,
    }
    return render(request, "money/giros.html" if tab == "giro" else "money/payments.html", words)


def payment(request: Request, number: str) -> HttpResponse:
    """One payment and what it settled."""
    found = receivable.payment(number)
    if found is None:
        raise Http404
    request.stage = "pay"
    row, settled = found
    may_match = row.open and not row.bounced_on and _may(request, "pay.match")
    words = {
        "payment": row,
        "chip": status.chip("payment", _allocated(row)),
        "way": str(status.word("way", row.way)),
        "settled": [(each, gettext(ALLOCATED[each.kind])) for each in settled],
        "money": [
            (gettext("Paid back") if row.direction == "out" else gettext("Amount received"), row.amount, "", False),
            (gettext("Not allocated"), row.open, "", True),
        ],
        "customer_url": lists.url("customer", row.payer_code),
        "match": may_match,
        **matching.beside(row, may_match=may_match),
        "refund": f"{reverse('refund', args=[row.payer_code])}?receipt={row.receipt_id}"
        if row.receipt_id and not (row.in_hand or row.kept) and _may(request, "pay.refund")
        else "",
        "ends": _buttons(request, "pay.clear", "pay.bounce") if row.in_hand else [],
        "undo": _button(request, "pay.unmatch"),
    }
    return render(request, "money/payment.html", words)


def new(request: Request) -> HttpResponse:
    """Record money that came in."""
    if not _may(request, "pay.receive"):
        raise PermissionDenied
    request.stage = "pay"
    if request.method != "POST":
        return _form(request, receipt.blank(request.GET))
    form = receipt.read(request.POST)
    if form.receipt is None:
        return _form(request, form)
    outcome = core.run(flow.by_name["pay.receive"], [form.receipt], by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    if outcome.refused:
        refusal = outcome.refused[0]
        form.errors[""] = sentences.refusals("pay.receive", [refusal])[0]
        earlier = refusal.facts.get("payment_id")
        return _form(request, form, duplicate=refusal.code == "duplicate", earlier=receivable.number_of(earlier) if earlier else "")
    number = receivable.number_of(outcome.made[form.receipt.key])
    messages.info(request, gettext("%(number)s is recorded.") % {"number": number})
    return redirect("payment", number)


def payers(request: Request) -> HttpResponse:
    """Who may be meant by what is being typed: options for the field."""
    if not _may(request, "pay.receive"):
        raise PermissionDenied
    return render(request, "money/payers.html", {"found": receivable.payers(request.GET.get("payer", "").strip()[:80])})


def _form(request: Request, form: receipt.Form, **more: Any) -> HttpResponse:
    words = {
        "form": form,
        "ways": receipt.ways(),
        "banks": receivable.banks(),
        "owed": receivable.owed(form.payer_id, voice().today) if form.payer_id else [],
        **more,
    }
    return render(request, "money/new.html", words, status=422 if form.errors else 200)


def _button(request: Request, step: str) -> Button | None:
    """A step as a button, for those who may press it."""
    return steps.button(flow.by_name[step]) if _may(request, step) else None


def _buttons(request: Request, *names: str) -> list[Button]:
    return [button for name in names if (button := _button(request, name))]


def _may(request: Request, step: str) -> bool:
    return step in flow.by_name and flow.may(flow.by_name[step], request.roles)


def _asked(request: Request, tabs: dict[str, str]) -> tuple[str, str, int]:
    get = request.GET
    tab = get.get("tab", "open") if get.get("tab") in tabs else "open"
    page = get.get("page", "1")
    return tab, get.get("q", "").strip()[:80], max(int(page), 1) if page.isdecimal() and len(page) < 5 else 1


def _list(tabs: dict[str, str], asked: tuple[str, str, int], rows: list[Any], numbers: dict[str, int]) -> dict[str, Any]:
    tab, q, at = asked
    return {
        "tabs": [(each, gettext(word), numbers.get(each)) for each, word in tabs.items()],
        "tab": tab,
        "q": q,
        "before": at - 1,
        "after": at + 1 if len(rows) == PAGE else 0,
    }


def _state(row: Any) -> str:
    if not row.open:
        return "giro" if row.uncleared else "paid"
    return "overdue" if row.days_late else "part" if row.open < row.total else "open"


def _allocated(row: Any) -> str:
    if row.bounced_on or row.in_hand:
        return "bounced" if row.bounced_on else "giro"
    return "matched" if not row.open else "part" if row.open < row.amount else "open"


urls = [
    path("invoices/", invoices, name="invoices"),
    path("invoices/<path:number>/", invoice, name="invoice"),
    path("payments/", payments, name="payments"),
    path("payments/new", new, name="payment_new"),
    path("payments/payers", payers, name="payers"),
    path("payments/<str:number>/match", matching.match, name="payment_match"),
    path("payments/<str:number>/", payment, name="payment"),
]
