"""Cancel what is still open of an order: all of it, some lines, a part of a line. A drawer beside the order."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.flow.capture.cancel import Cancel
from alur.flow.capture.delta import Amend, LineChange
from alur.flow.capture.impact import impact
from alur.reads import delivery_page, order_page
from alur.reads.order_page import Page
from alur.web import counts, drawers, sentences, typed
from alur.web.drawers import Field, Form
from alur.web.orders import moves
from alur.web.orders.lines import name
from alur.web.request import Request
from alur.web.templatetags import words
from alur.web.voice import voice

STEP = "capture.cancel"


def cancel(request: Request, number: str) -> HttpResponse:
    """Ask what is cancelled and why, and cancel it."""
    page = order_page.load(number, now=voice().now, today=voice().today)
    if page is None or STEP not in flow.by_name:
        raise Http404
    if not flow.may(flow.by_name[STEP], request.roles):
        raise PermissionDenied
    form = _form(page)
    if request.method != "POST":
        return drawers.ask(request, form)
    form = replace(form, fields=[_checked(field) for field in drawers.typed(form.fields, request.POST)])
    if form.wrong:
        return drawers.ask(request, form, status=422)
    outcome = core.run(
        flow.by_name[STEP], {page.order.id: _asked(page, form, typed.whole(request.POST.get("version")) or None)}, by=str(request.user.pk), at=clock.now()
    )
    counts.forget(request.company.slug)
    if outcome.refused and outcome.refused[0].code == "stale_version":
        now = {field.name: field.value or gettext("nothing left") for field in _form(page).fields if _moved(field, request)}
        return drawers.ask(request, form.clashed(now), status=409)
    if outcome.refused:
        return drawers.ask(request, replace(form, errors=sentences.refusals(STEP, outcome.refused)), status=422)
    return drawers.done(request, form, gettext("%(number)s: cancelled what was asked.") % {"number": number})


@require_POST
def preview(request: Request, number: str) -> HttpResponse:
    """What would move, while it is typed: a cancellation moves what an amendment to less moves."""
    page = order_page.load(number, now=voice().now, today=voice().today)
    if page is None:
        raise Http404
    if not flow.may(flow.by_name[STEP], request.roles):
        raise PermissionDenied
    form = _form(page)
    fields = {field.name: _checked(field) for field in drawers.typed(form.fields, request.POST)}
    gives = [(line, typed.number(fields[f"line-{line.id}"].value or "0", voice().language)) for line in page.lines if f"line-{line.id}" in fields]
    lines = {line.id: LineChange((line.ordered - line.cancelled - given) / (line.factor or 1)) for line, given in gives if given}
    wrong = any(given is None or given > open_of(line) for line, given in gives)
    said = moves.Said() if wrong or not lines else moves.of(impact(page.order.id, Amend(page.order.version, lines), at=clock.now()), page)
    return render(request, "orders/cancel_impact.html", {"said": said, "wrong": wrong})


def open_of(line: Any) -> Decimal:
    """How much of a line can still be cancelled: what has not left."""
    return line.ordered - line.cancelled - line.shipped


def _form(page: Page) -> Form:
    lines = [line for line in page.lines if line.kind != "comment" and open_of(line) > 0]
    asked = [
        Field(f"line-{line.id}", f"{line.sku or ''} {name(line)}".strip(), "number", words.qty(open_of(line)),
              gettext("%(open)s still open; 0 keeps all of it") % {"open": words.qty(open_of(line))})
        for line in lines
    ]  # fmt: skip
    reasons = [(each.code, each.name_id if voice().language == "id" else each.name_en) for each in delivery_page.reasons("cancel")]
    why = Field("reason", gettext("Reason"), "choice", options=[("", "–"), *reasons]) if reasons else None
    note = Field("note", gettext("In other words") if reasons else gettext("Reason"), "area")
    url = reverse("order", args=[page.order.number])
    carried = [("version", str(page.order.version)), *((f"was-{field.name}", field.value) for field in asked)]
    return Form(
        title=gettext("Cancel %(number)s") % {"number": page.order.number},
        verb=gettext("Cancel these quantities"),
        fields=[*asked, *([why] if why else []), note],
        action=reverse("order_cancel", args=[page.order.number]),
        back=url,
        carried=carried,
        preview=reverse("order_cancel_preview", args=[page.order.number]),
        text=gettext("What is on the road completes. Stock that was set aside comes free; an order of which nothing is left is cancelled."),
    )


def _moved(field: Field, request: Request) -> bool:
    """Whether somebody else changed what was still open of a line."""
    return field.name.startswith("line-") and field.value != request.POST.get(f"was-{field.name}")


def _checked(field: Field) -> Field:
    """A quantity that can be read, or its error."""
    if not field.name.startswith("line-"):
        return field
    number = typed.number(field.value, voice().language) if field.value else Decimal(0)
    return field if number is not None and number >= 0 else replace(field, error=gettext("Numbers only, please."))


def _asked(page: Page, form: Form, version: int | None) -> Cancel:
    """The step's input: without lines where everything open is given up."""
    answers = {field.name: field.value for field in form.fields}
    given = {line.id: typed.number(answers[f"line-{line.id}"] or "0", voice().language) for line in page.lines if f"line-{line.id}" in answers}
    whole = all(quantity == open_of(line) for line in page.lines if (quantity := given.get(line.id)) is not None)
    lines = None if whole else {line_id: quantity for line_id, quantity in given.items() if quantity}
    return Cancel(lines=lines, reason=answers.get("reason") or answers["note"], version=version)
