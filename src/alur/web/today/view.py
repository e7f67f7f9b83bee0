"""Today: the flow at a glance, its figures, what waits for whom, why orders are held, what was promised, what money is to come."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext

from alur.reads import status
from alur.reads import today as reads
from alur.web import lists
from alur.web.request import Request
from alur.web.shell import ROLES, Shell, where
from alur.web.today import mine, tiles, weeks
from alur.web.today.stream import stream
from alur.web.voice import voice

SHOWN = 6  # causes told one by one
# an administrator stands in for everybody; what a driver has on the road is the dispatcher's to follow
EVERYBODY = frozenset(ROLES) - {"driver"}


def today(request: Request) -> HttpResponse:
    """The page; where twelve weeks of figures are not at hand yet, they follow in a moment."""
    now, day = voice().now, voice().today
    stages, seats, seat = Shell(request).stages, *_seats(request)
    causes, owed = reads.causes(now), reads.money(day)
    found = reads.mine({seat} if seat else EVERYBODY if "admin" in request.roles else request.roles, now, day)
    drops, risky = reads.promised(now, day)
    words = {
        "stages": [(stage, lists.late(stage.name, stage.late)) for stage in stages],
        "stream": stream(stages),
        "running": reads.running(),
        "seats": [(role, gettext(ROLES[role]) if role else gettext("Mine")) for role in seats],
        "seat": seat,
        "tiles": tiles.of(day, causes, owed) if weeks.ready(day) else None,
        "mine": mine.rows(found, request.roles),
        "waiting": found[0].n if found else 0,
        "everything": _everything(found),
        "causes": _causes(causes),
        "held": sum(each.n for each in causes if each.code != "awaiting_payment"),
        "unpaid": next((each for each in causes if each.code == "awaiting_payment"), None),
        "drops": _drops(drops),
        "risky": [(row, status.chip("delivery", row.state)) for row in risky],
        "owed": owed,
        "ages": [
            (gettext("Not yet due"), owed.current, ""), (gettext("1–30 days"), owed.d30, "w"),
            (gettext("31–60 days"), owed.d60, "w"), (gettext("> 60 days"), owed.older, "l"),
        ],
    }  # fmt: skip
    return render(request, "today/page.html", words)


def figures(request: Request) -> HttpResponse:
    """The figures alone: asked for by a page that was shown before they were at hand."""
    day = voice().today
    return render(request, "today/tiles.html", {"tiles": tiles.of(day, reads.causes(voice().now), reads.money(day))})


def _seats(request: Request) -> tuple[list[str], str]:
    """The roles through whose eyes somebody with several may look, and the one chosen."""
    mine = [role for role in ROLES if role in (EVERYBODY - {"admin"} if "admin" in request.roles else request.roles)]
    seat = request.GET.get("as", "")
    return (["", *mine], seat if seat in mine else "") if len(mine) > 1 else ([], "")


def _everything(found: list[Any]) -> str:
    """Where all that waits for the reader stands."""
    return where("exceptions") + "?tab=mine" if any(row.kind == "hold" for row in found) else where("stage", "deliver")


def _causes(found: list[Any]) -> list[dict[str, Any]]:
    """Why orders are held, most frequent first; the rare ones together. Bars are in proportion to the first."""
    rows: list[dict[str, Any]] = [
        {"word": status.cause(each.code), "n": each.n, "late": each.late, "total": each.total} for each in found if each.code != "awaiting_payment"
    ]
    rare = rows[SHOWN - 1 :] if len(rows) > SHOWN else []
    if rare:
        rows = [*rows[: SHOWN - 1], {"word": gettext("Others"), **{key: sum(row[key] for row in rare) for key in ("n", "late", "total")}}]
    most = max((row["n"] for row in rows), default=1)
    return [row | {"bar": [("w", row["n"] - row["late"]), ("l", row["late"])], "most": most} for row in rows]


def _drops(found: dict[str, Any]) -> dict[str, Any]:
    """Today's deliveries: arrived, on the road, being made ready; of the last two those at risk are counted apart."""
    n = {state: row.n for state, row in found.items()}
    risk = sum(row.risk for row in found.values())
    road = n.get("dispatched", 0) - (found["dispatched"].risk if "dispatched" in found else 0)
    ready = sum(n.get(state, 0) - (found[state].risk if state in found else 0) for state in ("scheduled", "picked"))
    counts = {"arrived": n.get("delivered", 0), "road": road, "ready": ready, "failed": n.get("failed", 0), "risk": risk}
    bar = [("d", counts["arrived"]), ("", road), ("p", ready), ("l", risk + counts["failed"])]
    return counts | {"all": sum(counts.values()), "bar": bar}


urls = [path("", today, name="today"), path("today/figures", figures, name="today_figures")]
