"""Deliveries: the list by day, one delivery, and what the driver reports when it ends."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.flow.deliver.dispatch import Road
from alur.flow.deliver.ending import Done
from alur.models import Attachment
from alur.reads import delivery_page, sentences, status
from alur.reads import notes as reads
from alur.reads.delivery_page import PAGE, Page
from alur.web import counts, kept, lists
from alur.web import flow as steps
from alur.web import sentences as said
from alur.web.deliveries import report
from alur.web.orders.lines import name
from alur.web.orders.timeline import linked
from alur.web.request import Request
from alur.web.status import channel
from alur.web.steps.fields import reasons
from alur.web.voice import voice

TABS = {
    "open": gettext_noop("Open"),
    "late": gettext_noop("Past their day"),
    "today": gettext_noop("Today"),
    "later": gettext_noop("Later"),
    "ended": gettext_noop("Ended"),
}
STATES = ("scheduled", "picked", "dispatched")
BULK = ("deliver.pick", "deliver.dispatch", "deliver.complete")
ALSO = {"scheduled": ("deliver.move", "deliver.cancel"), "picked": ("deliver.cancel",)}
NEXT = {"scheduled": "deliver.pick", "picked": "deliver.dispatch", "dispatched": "deliver.complete"}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the list."""

    row: Any
    chip: status.Chip
    method: str
    icon: str
    new_day: date | None  # set on the first row of a day


def index(request: Request) -> HttpResponse:
    """The deliveries of a tab, by day."""
    request.stage = "deliver"
    get, today = request.GET, voice().today
    tab = get.get("tab", "open") if get.get("tab") in TABS else "open"
    state = get.get("state", "") if get.get("state") in STATES else ""
    q, at = get.get("q", "").strip()[:80], min(max(int(get["page"]), 1), 9999) if get.get("page", "").isdecimal() and len(get["page"]) < 5 else 1
    rows = delivery_page.page(tab, today=today, state=state, days=_days(tab, today), q=q, offset=(at - 1) * PAGE)
    found = delivery_page.counts(today)
    words = {
        "tabs": [(each, gettext(TABS[each]), getattr(found, each, None)) for each in TABS],
        "tab": tab,
        "states": [(each, status.chip("delivery", each).word, getattr(found, each)) for each in STATES],
        "state": state,
        "q": q,
        "lines": _lines(rows, by_day=tab != "ended"),
        "before": at - 1,
        "after": at + 1 if len(rows) == PAGE else 0,
        "late": found.late,
        "may_pick": flow.may(flow.by_name["deliver.pick"], request.roles),
        "may_drive": flow.may(flow.by_name["deliver.complete"], request.roles),
        "steps": [each for each in steps.buttons("deliver", "delivery", request.roles) if each.name in BULK and _fits(each.name, state)],
    }
    return render(request, "deliveries/index.html", words)


def delivery(request: Request, number: str) -> HttpResponse:
    """The page of a delivery."""
    page = _found(number)
    request.stage = "deliver"
    return render(request, "deliveries/page.html", _words(request, page, report.read(page.lines, _names(page), {}, voice().language), ""))


def complete(request: Request, number: str) -> HttpResponse:
    """Report that it arrived: in full, or line by line. What does not fit comes back with what was typed."""
    page = _found(number)
    if request.method != "POST":
        return redirect("delivery", number)
    _may(request, "deliver.complete")
    sent = report.read(page.lines, _names(page), request.POST, voice().language)
    if sent.wrong:
        return render(request, "deliveries/page.html", _words(request, page, sent, gettext("The quantities of a line do not add up.")), status=422)
    return _end(request, page, "deliver.complete", sent.done(voice().language), sent)


@require_POST
def fail(request: Request, number: str) -> HttpResponse:
    """Report that nothing of it stayed with the customer."""
    page = _found(number)
    _may(request, "deliver.fail")
    empty = report.read(page.lines, _names(page), {}, voice().language)
    return _end(request, page, "deliver.fail", Done(reason=request.POST.get("reason") or None), empty)


@require_POST
def leave(request: Request, number: str) -> HttpResponse:
    """Send a parcel off: with which courier, under which number."""
    page = _found(number)
    _may(request, "deliver.dispatch")
    courier, tracking = (request.POST.get(name, "").strip()[:80] or None for name in ("courier", "tracking"))
    empty = report.read(page.lines, _names(page), {}, voice().language)
    return _end(request, page, "deliver.dispatch", Road(courier, tracking), empty)


def proof(request: Request, number: str, file_id: int) -> FileResponse:  # noqa: ARG001  Django's signature
    """A picture that the driver took, as it came."""
    found = Attachment.objects.filter(id=file_id, subject_kind="delivery", subject_id=_found(number).delivery.id).first()
    if found is None:
        raise Http404
    return kept.given(found)


def _end(request: Request, page: Page, name: str, done: Done | Road, sent: report.Report) -> HttpResponse:
    step = flow.by_name[name]
    flow.mend(step, [page.delivery.id])
    outcome = core.run(step, {page.delivery.id: done}, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    if outcome.refused:
        return render(request, "deliveries/page.html", _words(request, page, sent, said.refusals(name, outcome.refused)[0]), status=422)
    messages.info(request, gettext("%(number)s is reported.") % {"number": page.delivery.number})
    return redirect("delivery", page.delivery.number)


def _words(request: Request, page: Page, sent: report.Report, error: str) -> dict[str, Any]:
    known = {line.order_number: lists.url("order", line.order_number) for line in page.orders}
    notes, files = reads.notes("delivery", page.delivery.id), reads.files("delivery", page.delivery.id)
    who = sentences.actors({*(event.actor for event in page.events), *(each.by for each in (*notes, *files))}, voice().language)
    told = sentences.events(page.events, voice().language, now=voice().now)
    step, visit = flow.by_name.get(NEXT.get(page.delivery.state, "")), page.delivery.warehouse is None
    may = {each: each in flow.by_name and flow.may(flow.by_name[each], request.roles) for each in ("deliver.complete", "deliver.fail")}
    on_road = page.delivery.state == "dispatched"
    parcel = page.delivery.state == "picked" and page.delivery.method == "courier" and flow.may(flow.by_name["deliver.dispatch"], request.roles)
    also = [flow.by_name[each] for each in ALSO.get(page.delivery.state, ()) if not visit]
    return {
        "page": page,
        "delivery": page.delivery,
        "chip": status.chip("delivery", page.delivery.state),
        "method": channel(page.delivery.method)[0],
        "icon": channel(page.delivery.method)[1],
        "proof": [each for each in page.delivery.proof if each.isdecimal()],
        "crumbs": [(gettext("Deliveries"), "/deliveries/"), (status.chip("delivery", page.delivery.state).word, "")],
        "visit": reverse("visit", args=[page.delivery.number]) if visit else "",
        "parcel": parcel,
        "also": [steps.button(each) for each in also if flow.may(each, request.roles)],
        "next": steps.button(step) if step and not visit and not parcel and step.name != "deliver.complete" and flow.may(step, request.roles) else None,
        "report": sent,
        "error": error,
        "may_complete": on_road and may["deliver.complete"],
        "may_fail": on_road and may["deliver.fail"],
        "reasons": reasons("failed_delivery") if on_road else [],
        "holds": list(zip(page.holds, sentences.holds(page.holds, voice().language, now=voice().now), strict=True)),
        "customer_url": lists.url("customer", page.delivery.customer_code),
        "paper": lists.url("paper_delivery", page.delivery.number),
        "returns": [line.order_number for line in page.orders]
        if page.delivery.state == "delivered" and flow.may(flow.by_name["returns.permit"], request.roles)
        else [],
        "address": ", ".join(filter(None, (page.delivery.ship_lines, page.delivery.ship_city, page.delivery.ship_province, page.delivery.ship_postcode))),
        "files": [(each, who.get(each.by, "–")) for each in files],
        "events": sorted(
            [
                *(
                    {"kind": "", "icon": "truck", "text": linked(text, known), "why": who.get(event.actor, ""), "at": event.at}
                    for event, text in zip(page.events, told, strict=True)
                ),
                *({"kind": "", "icon": "msg", "text": who.get(each.by, "–"), "say": each.body, "at": each.at, "note": True} for each in notes),
            ],
            key=lambda each: each["at"],
            reverse=True,
        ),
    }


def _found(number: str) -> Page:
    page = delivery_page.load(number)
    if page is None:
        raise Http404
    return page


def _may(request: Request, name: str) -> None:
    if name not in flow.by_name or not flow.may(flow.by_name[name], request.roles):
        raise PermissionDenied


def _names(page: Page) -> dict[int, str]:
    return {line.id: name(line) for line in page.lines}


def _days(tab: str, today: date) -> tuple[date | None, date | None]:
    """From which to which day a tab shows."""
    one = timedelta(days=1)
    return {"late": (None, today - one), "today": (today, today), "later": (today + one, None)}.get(tab, (None, None))


def _fits(name: str, state: str) -> bool:
    return not state or NEXT[state] == name


def _lines(rows: list[Any], *, by_day: bool) -> list[Line]:
    found, last = [], None
    for row in rows:
        new = row.scheduled_on if by_day and row.scheduled_on != last else None
        last = row.scheduled_on
        found.append(Line(row, status.chip("delivery", row.state), *channel(row.method), new))
    return found


urls = [
    path("deliveries/", index, name="deliveries"),
    path("deliveries/<str:number>/", delivery, name="delivery"),
    path("deliveries/<str:number>/complete", complete, name="delivery_complete"),
    path("deliveries/<str:number>/proof/<int:file_id>", proof, name="delivery_proof"),
    path("deliveries/<str:number>/leave", leave, name="delivery_leave"),
    path("deliveries/<str:number>/fail", fail, name="delivery_fail"),
]
