"""Drive with a phone: the next stop fills the screen, then what became of it: arrived with a name and a picture, a part of it, or nothing."""

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.flow.deliver.ending import Done
from alur.models import Attachment
from alur.reads import delivery_page, hands
from alur.web import counts
from alur.web import sentences as said
from alur.web.deliveries import report
from alur.web.orders.lines import name
from alur.web.request import Request
from alur.web.steps.fields import reasons
from alur.web.voice import voice

LARGEST = 10 * 2**20
MOST = 4


def index(request: Request, number: str = "") -> HttpResponse:
    """The stop that is next (or this one), and those after it."""
    _may(request, "deliver.complete")
    stops = hands.stops(request.user.pk, voice().today)
    now = next((stop for stop in stops if stop.number == number), stops[0] if stops and not number else None)
    if number and now is None:
        return redirect("drive")
    done = hands.ended(request.user.pk, datetime.combine(voice().today, time(), ZoneInfo(voice().zone)))
    where = ", ".join(filter(None, (now.ship_lines, now.city))) if now else ""
    words = {"stop": now, "where": where, "rest": [stop for stop in stops if stop is not now], "at": done + 1, "of": done + len(stops), "done": done}
    return render(request, "hands/drive.html", words)


def arrived(request: Request, number: str) -> HttpResponse:
    """It arrived: who took it, a picture, and what of it did not stay."""
    _may(request, "deliver.complete")
    page = _page(number)
    sent = report.read(page.lines, {line.id: name(line) for line in page.lines}, request.POST, voice().language)
    if request.method != "POST":
        if page.delivery.state != "dispatched":
            return redirect("drive")
        return render(request, "hands/arrived.html", _words(page, sent, ""))
    if sent.wrong:
        return render(request, "hands/arrived.html", _words(page, sent, gettext("The quantities of a line do not add up.")), status=422)
    kept = _keep(request, page.delivery.id)
    done = sent.done(voice().language)
    error = _press(request, page, "deliver.complete", Done(done.lines, done.receiver, [str(each.id) for each in kept], done.reason), kept)
    return render(request, "hands/arrived.html", _words(page, sent, error), status=422) if error else redirect("drive")


def failed(request: Request, number: str) -> HttpResponse:
    """Nothing stayed there: why."""
    _may(request, "deliver.fail")
    page, error = _page(number), ""
    if request.method == "POST":
        kept = _keep(request, page.delivery.id)
        done = Done(reason=request.POST.get("reason") or None, proof=[str(each.id) for each in kept])
        error = _press(request, page, "deliver.fail", done, kept)
        if not error:
            return redirect("drive")
    words = {"delivery": page.delivery, "reasons": reasons("failed_delivery"), "error": error}
    return render(request, "hands/failed.html", words, status=422 if error else 200)


def _press(request: Request, page: delivery_page.Page, step_name: str, done: Done, kept: list[Attachment]) -> str:
    """Report it; why not, if it was refused. A second press finds it reported: its pictures are not kept twice."""
    step = flow.by_name[step_name]
    flow.mend(step, [page.delivery.id])
    outcome = core.run(step, {page.delivery.id: done}, by=str(request.user.pk), at=clock.now())
    if not outcome.moved and kept:
        Attachment.objects.filter(id__in=[each.id for each in kept]).delete()
    if outcome.refused:
        return said.refusals(step_name, outcome.refused)[0]
    counts.forget(request.company.slug)
    messages.success(request, gettext("%(number)s is reported.") % {"number": page.delivery.number})
    return ""


def _keep(request: Request, delivery: int) -> list[Attachment]:
    """Keep the pictures that were sent; a file that is empty, too large or no picture is left out."""
    sent: list[UploadedFile[Any]] = request.FILES.getlist("proof")[:MOST]
    at, by = clock.now(), str(request.user.pk)
    return [
        Attachment.objects.create(subject_kind="delivery", subject_id=delivery, name=(each.name or "")[:200], media_type=(each.content_type or "")[:100],
                                  size=each.size or 0, content=each.read(), by=by, at=at)
        for each in sent
        if each.size and each.size <= LARGEST and (each.content_type or "").startswith("image/")
    ]  # fmt: skip


def _words(page: delivery_page.Page, sent: report.Report, error: str) -> dict[str, Any]:
    goods = [row for row in sent.rows if row.line.kind != "charge"]
    return {"delivery": page.delivery, "rows": goods, "report": sent, "error": error, "reasons": reasons("failed_delivery")}


def _page(number: str) -> delivery_page.Page:
    page = delivery_page.load(number)
    if page is None:
        raise Http404
    return page


def _may(request: Request, step_name: str) -> None:
    if not flow.may(flow.by_name[step_name], request.roles):
        raise PermissionDenied
