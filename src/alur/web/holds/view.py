"""Exceptions: every open hold with its cause, age, facts and the way out beside it; ticked ones are released together, with one reason."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_noop
from django.views.decorators.http import require_POST

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.flow.check.release import Release
from alur.reads import held, sentences, status
from alur.reads.held import PAGE
from alur.web import counts, remedies
from alur.web.remedies import RELEASE, Remedy
from alur.web.request import Request
from alur.web.shell import ROLES
from alur.web.steps.view import answer
from alur.web.voice import voice

TABS = {
    "all": gettext_noop("All"), "price": gettext_noop("Prices"), "stock": gettext_noop("Stock"), "credit": gettext_noop("Credit"),
    "address": gettext_noop("Address"), "twice": gettext_noop("Entered twice"), "other": gettext_noop("Something else"), "mine": gettext_noop("Mine"),
    "payment": gettext_noop("Waiting for payment"),
}  # fmt: skip
SORTS = {"age": gettext_noop("Age"), "owner": gettext_noop("Whose it is"), "value": gettext_noop("Value")}


@dataclass(frozen=True, slots=True)
class Line:
    """A hold as a row."""

    row: Any
    cause: str
    kind: str
    text: str
    owner: str
    remedies: list[Remedy]


def index(request: Request) -> HttpResponse:
    """The open holds."""
    get, now = request.GET, voice().now
    tab = get.get("tab", "all") if get.get("tab") in TABS else "all"
    sort = get.get("sort", "age") if get.get("sort") in SORTS else "age"
    q, at = get.get("q", "").strip()[:80], int(get["page"]) if get.get("page", "").isdecimal() and 0 < len(get["page"]) < 5 else 1
    found = held.counts(now)
    rows = held.page(tab, now=now, owners=_mine(request) if tab == "mine" else None, q=q, sort=sort, offset=(max(at, 1) - 1) * PAGE)
    said = sentences.holds(rows, voice().language, now=now)
    words = {
        "tabs": [(each, gettext(word), n) for each, word in TABS.items() if (n := _count(found, each, request)) or each in (tab, "all", "mine")],
        "tab": tab,
        "sorts": [(each, gettext(word)) for each, word in SORTS.items()],
        "sort": sort,
        "q": q,
        "held": held.held(),
        "late": sum(row.late for row in found if row.code != "awaiting_payment"),
        "lines": [_line(row, text, request.roles) for row, text in zip(rows, said, strict=True)],
        "before": at - 1,
        "after": at + 1 if len(rows) == PAGE else 0,
        "may_release": _may(request),
    }
    return render(request, "holds/index.html", words)


@require_POST
def release(request: Request) -> HttpResponse:
    """Release the ticked holds with one reason; several of one order at once means all of it that is theirs to release."""
    if not _may(request):
        raise PermissionDenied
    reason = request.POST.get("reason", "").strip()[:500]
    holds = held.some([int(i) for i in request.POST.getlist("ids")[:1000] if i.isdecimal() and len(i) < 19])
    if not holds or not reason:
        return HttpResponseBadRequest(gettext("Tick what is released, and say why."))
    several, step = Counter(hold.order_id for hold in holds), flow.by_name[RELEASE]
    given = {hold.order_id: Release(reason, "" if several[hold.order_id] > 1 else hold.code) for hold in holds}
    outcome = core.run(step, given, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    return answer(request, step, outcome, []) if request.htmx else redirect("exceptions")


def _line(row: Any, text: str, roles: Iterable[str]) -> Line:
    late = row.hours > row.target
    mine = frozenset(roles)
    ways = [way for way in remedies.of(row.code, mine, row.number) if way.step != RELEASE or mine & {row.owner, "admin"}]
    best = [Remedy(w.step, w.word, w.needs, best=i == 0, url=w.url) for i, w in enumerate(ways)]
    return Line(row, status.cause(row.code), "late" if late else "wait", text, gettext(ROLES.get(row.owner, row.owner)), best)


def _count(found: list[Any], tab: str, request: Request) -> int:
    """How many a tab has."""
    if tab == "mine":
        mine = _mine(request)
        return sum(row.n for row in found if row.owner in mine and row.code != "awaiting_payment")
    here = held.codes(tab)
    return sum(row.n for row in found if row.code in here)


def _mine(request: Request) -> list[str]:
    return sorted(request.roles)


def _may(request: Request) -> bool:
    return RELEASE in flow.by_name and flow.may(flow.by_name[RELEASE], request.roles)


urls = [path("exceptions/", index, name="exceptions"), path("exceptions/release", release, name="exceptions_release")]
