"""The small forms of a department: another day for a visit, and how much of its days can be booked."""

from dataclasses import replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from alur.core import clock, step
from alur.flow import map as flow
from alur.flow.deliver.propose import Proposal
from alur.reads import departments as reads
from alur.supply.set_limit import Limits
from alur.web import counts, drawers, sentences, typed
from alur.web.drawers import Field, Form
from alur.web.request import Request
from alur.web.templatetags import words as say
from alur.web.voice import voice

SHOWN = 14  # days whose limits are asked


def propose(request: Request, number: str) -> HttpResponse:
    """Say on which day the department would rather come."""
    _allowed(request, "deliver.propose")
    row = reads.visit(number, voice().today)
    if row is None:
        raise Http404
    fields = [
        Field("day", gettext("We can come on"), "day", "", gettext("26/11, Thursday, tomorrow or +3."), required=True),
        Field("note", gettext("Why"), "area", "", gettext("For the order desk; it is kept beside the visit.")),
    ]
    text = gettext("Booked for %(day)s. The desk asks the customer; until then the booked day stands.") % {"day": say.day(row.scheduled_on)}
    form = Form(
        gettext("Another day for %(number)s") % {"number": number}, gettext("Propose it"), drawers.typed(fields, request.POST),
        action=request.path, back=request.POST.get("back") or reverse("visit", args=[number]), text=text,
    )  # fmt: skip
    if request.method != "POST":
        return drawers.ask(request, form)
    asked = {field.name: field.value for field in form.fields}
    day = typed.day(asked["day"], voice().today) if asked["day"] else None
    if day is None:
        wrong = gettext("This is no day we understand: 26/11, Thursday, tomorrow or +3.")
        return drawers.ask(request, replace(form, fields=[replace(f, error=wrong) if f.name == "day" else f for f in form.fields]), status=422)
    said = gettext("%(day)s is proposed for %(number)s") % {"day": say.day(day), "number": number}
    return _told(request, "deliver.propose", {row.id: Proposal(day, asked["note"])}, form, said)


def limits(request: Request, code: str) -> HttpResponse:
    """How much of the next days can be booked, and of a usual day."""
    _allowed(request, "supply.set_limit")
    here = next((row for row in reads.departments() if row.code == code), None)
    if here is None:
        raise Http404
    days = reads.days(here.id, voice().today, SHOWN)
    fields = [Field("daily", gettext("A usual working day"), "number", say.qty(here.daily_limit), gettext("Holds for every day that says nothing else."))]
    for row in days:
        said = gettext("%(booked)s booked") % {"booked": say.qty(row.booked)} if row.booked else row.holiday or ""
        fields.append(Field(row.day.isoformat(), say.day(row.day), "number", say.qty(row.limit), said))
    form = Form(
        gettext("Capacity of %(department)s") % {"department": here.name}, gettext("Save it"), drawers.typed(fields, request.POST),
        action=request.path, back=reverse("department", args=[code]), text=gettext("Units that can be booked on a day. 0: nobody comes."),
    )  # fmt: skip
    if request.method != "POST":
        return drawers.ask(request, form)
    form = replace(form, fields=[replace(f, error="" if _number(f) is not None else gettext("A number, such as 4.")) for f in form.fields])
    if form.wrong:
        return drawers.ask(request, form, status=422)
    asked = {field.name: _number(field) for field in form.fields}
    changed = {row.day: limit for row in days if (limit := asked[row.day.isoformat()]) is not None and limit != row.limit}
    daily = asked["daily"] if asked["daily"] != here.daily_limit else None
    said = gettext("The capacity of %(department)s was changed") % {"department": here.name}
    return _told(request, "supply.set_limit", {here.id: Limits(changed, daily)}, form, said)


def _number(field: Field) -> Any:
    return typed.number(field.value, voice().language) if field.value else None


def _allowed(request: Request, name: str) -> None:
    if not flow.may(flow.by_name[name], request.roles):
        raise PermissionDenied


def _told(request: Request, name: str, items: Any, form: Form, said: str) -> HttpResponse:
    outcome = step.run(flow.by_name[name], items, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    if outcome.refused:
        return drawers.ask(request, replace(form, errors=sentences.refusals(name, outcome.refused)), status=422)
    return drawers.done(request, form, said if outcome.moved else gettext("Nothing was different"))
