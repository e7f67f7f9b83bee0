"""Supply orders: the list, and one of them: what has come is taken in on it, what is sent leaves on it, what comes no more is given up."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop

from alur.core import clock, step
from alur.flow import map as flow
from alur.reads import sentences as told
from alur.reads import supply
from alur.reads.supply import PAGE, TABS
from alur.web import counts, sentences, typed
from alur.web.request import Request
from alur.web.voice import voice

TAB_WORDS = {"open": gettext_noop("On their way"), "late": gettext_noop("Late"), "all": gettext_noop("All")}
KINDS = {"buy": gettext_noop("Bought"), "make": gettext_noop("Made here"), "transfer": gettext_noop("From a warehouse")}
STATES = {"open": (gettext_noop("On its way"), "now"), "received": (gettext_noop("All has come"), "done"), "cancelled": (gettext_noop("Cancelled"), "")}
DOES = {"receive": "supply.receive", "all": "supply.receive", "send": "supply.transfer", "cancel": "supply.cancel"}
LOOKS = {"supply.ordered": ("file", ""), "supply.sent": ("truck", "now"), "supply.received": ("box", "done"), "supply.cancelled": ("x", "")}


def everything(request: Request) -> HttpResponse:
    """The list, newest first."""
    get = request.GET
    tab = get.get("tab", "open") if get.get("tab") in TABS else "open"
    q, at = get.get("q", "").strip()[:80], typed.whole(get.get("page")) or 1
    rows, many = supply.page(tab, q=q, number=at, today=voice().today), supply.tally(voice().today)
    words = {
        "rows": [(row, gettext(KINDS[row.kind]), _state(row), _late(row), [("d", row.part), ("p", 1 - row.part)]) for row in rows[:PAGE]], "tab": tab, "q": q,
        "tabs": [(name, gettext(TAB_WORDS[name]), many[name]) for name in TABS], "before": at - 1, "after": at + 1 if len(rows) > PAGE else 0,
        "may": flow.may(flow.by_name["supply.order"], request.roles),
    }  # fmt: skip
    return render(request, "supply/orders.html", words)


def one(request: Request, number: str) -> HttpResponse:
    """One supply order."""
    page = supply.load(number, today=voice().today, language=voice().language)
    if page is None:
        raise Http404
    errors: list[str] = []
    if request.method == "POST":
        errors = _do(request, page)
        if not errors:
            return redirect("supply_order", number)
    open_lines = [line for line in page.lines if line.state == "open"]
    may = {name: flow.may(flow.by_name[each], request.roles) for name, each in DOES.items()}
    who = told.actors({event.actor for event in page.events}, voice().language)
    said = told.events(page.events, voice().language, now=voice().now)
    words = {
        "page": page, "order": page.order, "kind": gettext(KINDS[page.order.kind]), "chip": _state(page.order), "errors": errors,
        "lines": [(line, *_asked(line, page.order.kind, request.POST), _state(line)) for line in page.lines],
        "parts": [(part, part.free < part.needed) for part in page.parts], "may": may, "open": open_lines,
        "sendable": page.order.kind == "transfer" and may["send"] and any(line.unsent for line in open_lines),
        "receivable": may["receive"] and any(page.order.kind != "transfer" or line.road for line in open_lines),
        "events": [_event(event, text, who) for event, text in zip(page.events, said, strict=True)],
        "money": [(gettext("Ordered"), sum((line.quantity * line.unit_cost for line in page.lines), Decimal(0)), "", True)] if page.order.kind == "buy" else [],
    }  # fmt: skip
    return render(request, "supply/order.html", words, status=422 if errors else 200)


def _event(event: Any, text: str, who: dict[str, str]) -> dict[str, Any]:
    """A row of parts/timeline.html."""
    icon, kind = LOOKS.get(event.kind, ("check", ""))
    return {"icon": icon, "kind": kind, "text": text, "why": who.get(event.actor, ""), "at": event.at}


def _asked(line: Any, kind: str, sent: Any) -> tuple[str, str, Any]:
    """What stands in a line's fields (what was typed is kept), and how much of it is expected in there."""
    coming = line.road if kind == "transfer" else line.open
    return sent.get(f"in-{line.id}", ""), sent.get(f"cost-{line.id}", ""), coming


def _do(request: Request, page: supply.Page) -> list[str]:
    """Do what was pressed with what was typed; what is wrong with it."""
    sent, open_lines = request.POST, {line.id: line for line in page.lines if line.state == "open"}
    name = next((name for name in DOES if name == sent.get("do")), "")
    if not name:
        raise Http404
    if not flow.may(flow.by_name[DOES[name]], request.roles):
        raise PermissionDenied
    items: Any
    if name == "cancel":
        only = typed.whole(sent.get("line"))
        items, wrong = [i for i in open_lines if not only or i == only], []
    elif name == "all":
        items, wrong = {i: {} for i, line in open_lines.items() if page.order.kind != "transfer" or line.road}, []
    else:
        items, wrong = _typed(sent, open_lines, "in" if name == "receive" else "send", cost=name == "receive")
    if wrong or not items:
        return wrong or [gettext("Nothing was typed. Write how many at the lines that are meant.")]
    outcome = step.run(flow.by_name[DOES[name]], items, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    if outcome.moved:
        said = {
            "receive": gettext("%(n)s taken in"),
            "all": gettext("%(n)s taken in"),
            "send": gettext("%(n)s sent on their way"),
            "cancel": gettext("%(n)s cancelled"),
        }[name]
        messages.success(request, said % {"n": len(outcome.moved)})
    return sentences.refusals(DOES[name], outcome.refused)


def _typed(sent: Any, lines: dict[int, Any], field: str, *, cost: bool) -> tuple[dict[int, dict[str, Any]], list[str]]:
    """What was typed at each line, and what cannot be read."""
    items: dict[int, dict[str, Any]] = {}
    wrong = []
    for i, line in lines.items():
        said, price = sent.get(f"{field}-{i}", "").strip(), sent.get(f"cost-{i}", "").strip() if cost else ""
        if not said:
            continue
        quantity, each = typed.number(said, voice().language), typed.price(price, voice().language) if price else None
        if quantity is None or (price and each is None):
            wrong.append(gettext("%(sku)s: “%(said)s” is no number, such as 12 or 96500.") % {"sku": line.sku, "said": said if quantity is None else price})
        else:
            items[i] = {"quantity": quantity, "unit_cost": each} if cost else {"quantity": quantity}
    return items, wrong


def _state(row: Any) -> tuple[str, str]:
    word, kind = STATES[row.state]
    return gettext(word), kind


def _late(row: Any) -> bool:
    return bool(row.state == "open" and row.expected_on and row.expected_on < voice().today)
