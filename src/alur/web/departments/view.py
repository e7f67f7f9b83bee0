"""Departments: their days and what is booked of each, the visits of a day, and a visit on a phone: accept it, propose another day, report it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext

from alur.flow import map as flow
from alur.reads import departments as reads
from alur.reads import status
from alur.web.departments import forms, report
from alur.web.request import Request
from alur.web.voice import voice


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar."""

    row: Any
    here: bool
    today: bool
    past: bool
    bar: list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as a row: what is done there, where it stands."""

    row: Any
    what: str
    chip: status.Chip


def index(request: Request) -> HttpResponse:
    """The first department, or how to get one."""
    found = reads.departments()
    if found:
        return redirect("department", max(found, key=lambda row: row.visits).code)
    return render(request, "departments/none.html")


def department(request: Request, code: str) -> HttpResponse:
    """The days of a department, and the visits of one of them."""
    request.stage = "deliver"
    every, today = reads.departments(), voice().today
    here = next((row for row in every if row.code == code), None)
    if here is None:
        raise Http404
    day = _day(request.GET.get("day", "")) or reads.first_day(here.id, today) or today
    start = _day(request.GET.get("from", "")) or min(day, today)
    rows = reads.calendar(here.id, start)
    late = reads.late(here.id, today) if "day" not in request.GET else []
    booked = next((row for row in rows if row.day == day), None) or reads.days(here.id, day, 1)[0]
    words = {
        "department": here,
        "tabs": every,
        "weeks": [[_of(row, day, today) for row in rows[n : n + 7]] for n in range(0, len(rows), 7)],
        "day": day,
        "booked": booked,
        "visits": [_visit(row) for row in reads.visits(here.id, day, today)],
        "late": [_visit(row) for row in late],
        "before": rows[0].day - timedelta(days=7 * reads.WEEKS),
        "after": rows[-1].day + timedelta(days=1),
        "may": _may(request),
    }
    return render(request, "departments/page.html", words)


def visit(request: Request, number: str) -> HttpResponse:
    """One visit, for a phone."""
    row = reads.visit(number, voice().today)
    if row is None:
        raise Http404
    words = {"visit": _visit(row), "row": row, "where": ", ".join(filter(None, (row.ship_lines, row.city))), "may": _may(request)}
    return render(request, "departments/visit.html", words)


def _may(request: Request) -> dict[str, bool]:
    """What this person may do here."""
    steps = {"accept": "deliver.accept", "propose": "deliver.propose", "complete": "deliver.complete", "fail": "deliver.fail", "limit": "supply.set_limit"}
    return {word: flow.may(flow.by_name[name], request.roles) for word, name in steps.items()}


def _of(row: Any, day: date, today: date) -> Day:
    return Day(row, row.day == day, row.day == today, row.day < today, [("", row.booked), ("t", max(row.limit - row.booked, 0))])


def _visit(row: Any) -> Visit:
    what = (row.what_id if voice().language == "id" else row.what_en) or "–"
    if row.state != "scheduled":
        return Visit(row, what, status.chip("delivery", row.state))
    if row.proposed_on:
        return Visit(row, what, status.Chip("proposed", gettext("Another day proposed"), "wait"))
    if row.held:
        return Visit(row, what, status.Chip("held", gettext("On hold"), "wait"))
    accepted = status.Chip("accepted", gettext("Accepted"), "now") if row.accepted_at else status.Chip("booked", gettext("To accept"), "")
    return Visit(row, what, accepted)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


urls = [
    path("departments/", index, name="departments"),
    path("departments/<str:code>/", department, name="department"),
    path("departments/<str:code>/limits", forms.limits, name="department_limits"),
    path("visits/<str:number>/", visit, name="visit"),
    path("visits/<str:number>/propose", forms.propose, name="visit_propose"),
    path("visits/<str:number>/done", report.done, name="visit_done"),
    path("visits/<str:number>/failed", report.failed, name="visit_failed"),
]
