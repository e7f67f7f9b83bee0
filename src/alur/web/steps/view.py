"""The one door through which pages run steps: POST /steps/<name> with ids and the step's input; GET asks for the input first.

One id (an order's page) is a set of one. What comes back is the outcome, with the rows of a list in their new state out of band; every
other page refreshes itself on the event `alur:moved`. A second press finds everything `already` there: no lock, no token is needed here.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from alur.core import clock
from alur.core import step as core
from alur.core.step import Outcome, Step
from alur.flow import map as flow
from alur.reads import names, worklists
from alur.web import counts, lists, remedies, sentences
from alur.web.flow import button
from alur.web.request import Request
from alur.web.steps import fields

SHOWN = 20  # refusals told in full; the rest is a number
BIGGEST = 2**63


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal as a person reads it."""

    id: int
    code: str
    name: str
    who: str
    url: str
    sentence: str
    remedies: list[remedies.Remedy]


def run(request: Request, name: str) -> HttpResponse:
    """Show the step's questions (GET), or run it on the ids (POST)."""
    step = flow.by_name.get(name)
    if step is None:
        raise Http404
    if not flow.may(step, request.roles):
        raise PermissionDenied
    sent = request.POST if request.method == "POST" else request.GET
    seen = [int(i) for i in dict.fromkeys(sent.getlist("ids")) if i.isdecimal() and int(i) < BIGGEST]
    # all rows of a list, on all its pages, are told by the list's address; `ids` are those of the page then
    ids = lists.every(sent.get("list", ""), sent["all"]) if sent.get("all") and worklists.NOUN.get(sent.get("list", "")) == step.noun else seen
    if not ids:
        return HttpResponseBadRequest(gettext("Nothing was ticked."))
    form = fields.Form(step, ids, sent) if step.needs else None
    if request.method != "POST" or (form and form.errors):
        return ask(request, step, form, sent, ids=ids, seen=seen)
    flow.mend(step, ids)
    outcome = core.run(step, form.items() if form else ids, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    return answer(request, step, outcome, seen)


def ask(request: Request, step: Step, form: fields.Form | None, sent: Any, *, ids: list[int], seen: list[int]) -> HttpResponse:
    """What the step wants to know, in a drawer beside the rows (or on a page of its own)."""
    words = {"step": button(step), "ids": ids, "form": form, "seen": seen, **{name: sent.get(name, "") for name in ("all", "list", "back")}}
    response = render(request, "steps/drawer.html" if request.htmx else "steps/page.html", words)
    if request.htmx:  # with what has to be put right it comes back to where it came from
        response["HX-Retarget"], response["HX-Reswap"] = "#drawer", "innerHTML"
    return response


def answer(request: Request, step: Step, outcome: Outcome, seen: list[int]) -> HttpResponse:
    """Say what happened to how many, and why not to the others."""
    if not request.htmx:
        messages.info(request, _summary(step, outcome))
        after = request.POST.get("back", "") or request.headers.get("Referer", "/")
        return redirect(after if url_has_allowed_host_and_scheme(after, {request.get_host()}) else "/")
    told, lines, stage = _told(request, step, outcome), [], request.POST.get("list", "")
    if worklists.NOUN.get(stage) == step.noun:
        lines = lists.rows(stage, seen[: worklists.PAGE * 4])
    words = {
        "step": button(step),
        "outcome": outcome,
        "told": told,
        "more": len(outcome.refused) - len(told),
        "lines": lines,
        "noun": step.noun,
        "oob": True,
        "at": clock.now(),
    }
    response = render(request, "steps/outcome.html", words)
    response["HX-Trigger-After-Settle"] = "alur:moved"
    return response


def _told(request: Request, step: Step, outcome: Outcome) -> list[Told]:
    first = outcome.refused[:SHOWN]
    known = names.of(step.noun, [r.id for r in first])
    said = sentences.refusals(step.name, first)
    return [
        Told(
            r.id,
            r.code,
            known[r.id].number if r.id in known else str(r.id),
            known[r.id].who if r.id in known else "",
            lists.url(step.noun, known[r.id].number) if r.id in known else "",
            sentence,
            remedies.of(r.code, request.roles, known[r.id].number if r.id in known else "") if step.noun == "order" else [],
        )
        for r, sentence in zip(first, said, strict=True)
    ]


def _summary(step: Step, outcome: Outcome) -> str:
    parts = [gettext("%(verb)s: %(n)s done") % {"verb": button(step).verb, "n": len(outcome.moved)}]
    if outcome.already:
        parts.append(gettext("%(n)s already") % {"n": len(outcome.already)})
    if outcome.refused:
        parts.append(gettext("%(n)s refused") % {"n": len(outcome.refused)} + ". " + sentences.refusals(step.name, outcome.refused[:1])[0])
    return ", ".join(parts)


urls = [path("steps/<str:name>", run, name="step")]
