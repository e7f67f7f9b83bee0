"""A form whose answers go to a step: what was typed is read by columns, the step judges, who was faster is shown with the difference."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.reads import sentences
from alur.web import drawers, typed
from alur.web.drawers import Form
from alur.web.request import Request
from alur.web.settings import columns
from alur.web.settings.columns import Column
from alur.web.voice import voice

NEW = 0  # the door's key of what is not stored yet
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked for which step. id and version: of what is stored; neither for something new. change: answers as the step takes them."""

    step: str
    title: str
    verb: str
    columns: Sequence[Column]
    stored: Mapping[str, Any]
    change: Callable[[int | None, Values], Any]
    back: str
    said: str
    text: str = ""
    id: int = NEW
    version: int | None = None
    wrong: Callable[[Values], dict[str, str]] = lambda _values: {}
    made: Callable[[int], str] | None = None  # where something new is shown


def run(request: Request, ask: Ask) -> HttpResponse:
    """Ask (GET), or let the step do it (POST)."""
    step = flow.by_name[ask.step]
    if not flow.may(step, request.roles):
        raise PermissionDenied
    fields = [column.field(ask.stored.get(column.name)) for column in ask.columns]
    carried = [("version", str(ask.version or "")), *((f"was-{field.name}", field.value) for field in fields)]
    form = Form(ask.title, ask.verb, drawers.typed(fields, request.POST), request.path, ask.back, text=ask.text, carried=carried)
    if request.method != "POST":
        return drawers.ask(request, form)
    given, errors = columns.read(ask.columns, form.fields)
    errors = errors or ask.wrong(given)
    if errors:
        known = [replace(field, error=errors.get(field.name, "")) for field in form.fields]
        return drawers.ask(request, replace(form, fields=known), status=422)
    seen = None if ask.version is None else typed.whole(request.POST.get("version"))
    outcome = core.run(step, {ask.id: ask.change(seen, given)}, by=str(request.user.pk), at=clock.now())
    if outcome.refused and outcome.refused[0].code == "stale_version":
        now = {c.name: c.said(ask.stored.get(c.name)) for c, f in zip(ask.columns, fields, strict=True) if f.value != request.POST.get(f"was-{c.name}", "")}
        return drawers.ask(request, form.clashed(now), status=409)
    if outcome.refused:
        said = sentences.refusals(step, outcome.refused, voice().language, shared=flow.REFUSALS)
        return drawers.ask(request, replace(form, errors=said), status=422)
    if ask.made and outcome.made:
        return _go(request, ask.made(outcome.made[ask.id]))
    return drawers.done(request, form, ask.said if outcome.moved else gettext("Nothing was different"))


def _go(request: Request, url: str) -> HttpResponse:
    """On to what was made."""
    if not request.htmx:
        return redirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response
