"""Report a visit with a phone: it is done, a part of it, or nothing."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.flow.deliver.ending import Done
from alur.reads import delivery_page
from alur.web import counts, typed
from alur.web import sentences as said
from alur.web.deliveries import report
from alur.web.orders.lines import name
from alur.web.request import Request
from alur.web.steps.fields import reasons
from alur.web.voice import voice


def done(request: Request, number: str) -> HttpResponse:
    """It is done: who was there, how long it took, what is to be said; what is left comes again or is not wanted."""
    _may(request, "deliver.complete")
    page = _page(number)
    lines = [line._replace(picked=line.quantity) for line in page.lines]
    sent = report.read(lines, {line.id: name(line) for line in lines}, request.POST, voice().language)
    hours, note = str(request.POST.get("hours", "")).strip(), str(request.POST.get("note", "")).strip()[:500]
    words = {"delivery": page.delivery, "report": sent, "rows": [row for row in sent.rows if row.line.kind != "charge"], "reasons": reasons("failed_delivery"),
             "hours": hours, "note": note, "error": ""}  # fmt: skip
    if request.method != "POST":
        return render(request, "departments/done.html", words) if page.delivery.state == "scheduled" else redirect("visit", number)
    took = typed.number(hours, voice().language) if hours else None
    error = gettext("Hours are a number, such as 1,5.") if hours and took is None else gettext("The quantities of a line do not add up.") if sent.wrong else ""
    error = error or _press(request, page, "deliver.complete", replace(sent.done(voice().language), hours=took, note=note))
    return render(request, "departments/done.html", words | {"error": error}, status=422) if error else redirect("visit", number)


def failed(request: Request, number: str) -> HttpResponse:
    """Nothing could be done: why."""
    _may(request, "deliver.fail")
    page, error = _page(number), ""
    note = str(request.POST.get("note", "")).strip()[:500]
    if request.method == "POST":
        error = _press(request, page, "deliver.fail", Done(reason=request.POST.get("reason") or None, note=note))
        if not error:
            return redirect("visit", number)
    words = {"delivery": page.delivery, "reasons": reasons("failed_delivery"), "note": note, "error": error}
    return render(request, "departments/failed.html", words, status=422 if error else 200)


def _press(request: Request, page: delivery_page.Page, step_name: str, report_of: Done) -> str:
    """Report it; why not, if it was refused."""
    step = flow.by_name[step_name]
    flow.mend(step, [page.delivery.id])
    outcome = core.run(step, {page.delivery.id: report_of}, by=str(request.user.pk), at=clock.now())
    if outcome.refused:
        return said.refusals(step_name, outcome.refused)[0]
    counts.forget(request.company.slug)
    messages.success(request, gettext("%(number)s is reported.") % {"number": page.delivery.number})
    return ""


def _page(number: str) -> delivery_page.Page:
    page: Any = delivery_page.load(number)
    if page is None or page.delivery.warehouse is not None:
        raise Http404
    return page


def _may(request: Request, step_name: str) -> None:
    if not flow.may(flow.by_name[step_name], request.roles):
        raise PermissionDenied
