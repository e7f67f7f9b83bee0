"""Returns: the list by state, and one return, where the warehouse says what came and finance sees what is credited."""

from dataclasses import dataclass
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
from alur.flow.returns.take_back import Came
from alur.reads import returns as reads
from alur.reads import sentences, status
from alur.reads.returns import PAGE, Page
from alur.web import counts, lists, typed
from alur.web import flow as steps
from alur.web import sentences as said
from alur.web.orders.lines import name
from alur.web.orders.timeline import linked
from alur.web.request import Request
from alur.web.returns import forms
from alur.web.returns.set_off import set_off
from alur.web.voice import voice

TABS = {"permitted": gettext_noop("Permitted"), "received": gettext_noop("Goods are back"), "closed": gettext_noop("Closed"), "all": gettext_noop("All")}
ENDS = ("received", "refused")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a return with what was typed for it."""

    line: Any
    name: str
    typed: dict[str, str]
    error: str


def index(request: Request) -> HttpResponse:
    """The returns of a state."""
    request.stage = "returns"
    get = request.GET
    tab = get.get("tab", "permitted") if get.get("tab") in TABS else "permitted"
    q, at = get.get("q", "").strip()[:80], max(typed.whole(get.get("page", "1")), 1)
    rows, n = reads.page("" if tab == "all" else tab, q=q, offset=(at - 1) * PAGE), reads.counts()
    words = {
        "tabs": [(each, gettext(word), n.get(each)) for each, word in TABS.items()],
        "tab": tab,
        "q": q,
        "lines": [(row, status.chip("return", row.state), _reason(row)) for row in rows],
        "before": at - 1,
        "after": at + 1 if len(rows) == PAGE else 0,
    }
    return render(request, "returns/index.html", words)


def one(request: Request, number: str) -> HttpResponse:
    """The page of a return."""
    page = _found(number)
    request.stage = "returns"
    return render(request, "returns/page.html", _words(request, page, _rows(page, {}), ""))


def receive(request: Request, number: str) -> HttpResponse:
    """What came back, line by line; without a number, all that is expected."""
    page = _found(number)
    if request.method != "POST":
        return redirect("return", number)
    step = flow.by_name["returns.take_back"]
    if not flow.may(step, request.roles):
        raise PermissionDenied
    rows = _rows(page, request.POST)
    if any(row.error for row in rows):
        return render(request, "returns/page.html", _words(request, page, rows, gettext("The quantities of a line do not add up.")), status=422)
    outcome = core.run(step, {page.row.id: _came(rows, request.POST)}, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    if outcome.refused:
        return render(request, "returns/page.html", _words(request, page, rows, said.refusals(step.name, outcome.refused)[0]), status=422)
    messages.info(request, gettext("%(number)s: what came back is recorded.") % {"number": number})
    return redirect("return", number)


def _came(rows: list[Row], sent: Any) -> Came:
    """The step's input: a line nobody wrote at came in full if nothing at all was written."""
    untouched = not any(any(row.typed.values()) for row in rows)
    lines = {
        row.line.id: {"received": row.line.open} if untouched else {end: _number(row.typed[end]) or Decimal(0) for end in ENDS}
        for row in rows
        if row.line.open and (untouched or any(row.typed.values()))
    }
    return Came(lines=lines, seen=sent.get("seen") or None)


def _rows(page: Page, sent: Any) -> list[Row]:
    found = []
    for line in page.lines:
        written = {end: str(sent.get(f"{end}-{line.id}", "")).strip()[:20] for end in ENDS}
        found.append(Row(line, name(line), written, _error(line, written)))
    return found


def _error(line: Any, written: dict[str, str]) -> str:
    numbers = [_number(text) for text in written.values()]
    if any(each is None or each < 0 for each in numbers):
        return gettext("Numbers only, please.")
    came = sum((each for each in numbers if each), Decimal(0))
    return "" if came <= line.open else gettext("Only %(open)s are still expected.") % {"open": forms.qty(line.open)}


def _number(text: str) -> Decimal | None:
    return typed.number(text, voice().language) if text else Decimal(0)


def _words(request: Request, page: Page, rows: list[Row], error: str) -> dict[str, Any]:
    row = page.row
    known = {number: lists.url("order", number) for number in row.orders} | {note.number: lists.url("invoice", note.number) for note in page.notes}
    who = sentences.actors({event.actor for event in page.events}, voice().language)
    told = sentences.events(page.events, voice().language, now=voice().now)
    chip = status.chip("return", row.state)
    may = {each: flow.may(flow.by_name[each], request.roles) for each in ("returns.take_back", "returns.close", "invoice.credit")}
    return {
        "page": page,
        "row": row,
        "rows": rows,
        "error": error,
        "chip": chip,
        "reason": _reason(row),
        "money": [(gettext("Worth when it left"), row.value, "", False), (gettext("Credited"), row.credited, "", True)],
        "receives": row.state == "permitted" and may["returns.take_back"],
        "close": steps.button(flow.by_name["returns.close"]) if row.state == "permitted" and may["returns.close"] else None,
        "credits": row.state == "received" and may["invoice.credit"],
        "needs_nota": row.pkp,
        "credit": steps.button(flow.by_name["invoice.credit"]),
        "customer_url": lists.url("customer", row.customer_code),
        "crumbs": [(gettext("Returns"), f"{reverse('returns')}?tab={row.state}"), (chip.word, "")],
        "events": [
            {"kind": "", "icon": "return", "text": linked(text, known), "why": who.get(event.actor, ""), "at": event.at}
            for event, text in reversed(list(zip(page.events, told, strict=True)))
        ],
    }


def _reason(row: Any) -> str:
    return (row.reason_id if voice().language == "id" else row.reason_en) or ""


def _found(number: str) -> Page:
    page = reads.load(number)
    if page is None:
        raise Http404
    return page


urls = [
    path("returns/", index, name="returns"),
    path("returns/<str:number>/", one, name="return"),
    path("returns/<str:number>/receive", receive, name="return_receive"),
    path("returns/<str:number>/credit", forms.credit, name="return_credit"),
    path("orders/<str:number>/return", forms.permit, name="order_return"),
    path("invoices/<path:number>/credit", forms.claim, name="invoice_credit"),
    path("invoices/<path:number>/credit/preview", forms.preview, name="invoice_credit_preview"),
    path("invoices/<path:number>/set-off", set_off, name="set_off"),
    path("customers/<path:code>/refund", forms.refund, name="refund"),
]
