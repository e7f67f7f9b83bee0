"""The board: deliveries by day and method. A card is ticked, dragged, or carried with keys to where it is to leave."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.flow.deliver.move import Move
from alur.models.party import METHODS
from alur.reads import board, days, status
from alur.web import counts
from alur.web.request import Request
from alur.web.status import channel
from alur.web.steps import view as steps
from alur.web.voice import voice

BIGGEST = 2**63


@dataclass(frozen=True, slots=True)
class Card:
    """A delivery on the board."""

    row: Any
    chip: status.Chip


@dataclass(frozen=True, slots=True)
class Cell:
    """What leaves on a day in a way; more: how many are not shown."""

    method: str
    word: str
    cards: list[Card]
    of: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.of - len(self.cards)


@dataclass(frozen=True, slots=True)
class Row:
    """A day: its cells in the order of the columns, and how full its crews are. late: what is past its day."""

    day: date
    cells: list[Cell]
    crews: list[Any]
    late: bool

    @property
    def of(self) -> int:
        """How many leave that day."""
        return sum(cell.of for cell in self.cells)


def index(request: Request) -> HttpResponse:
    """The board of the next days, or of those from a day on."""
    request.stage = "deliver"
    today = voice().today
    start = _day(request.GET.get("from", "")) or today
    shown = board.shown(start, days.calendar(voice().now))
    if not shown:
        return render(request, "board/page.html", {"rows": [], "methods": []})
    drops = board.drops(shown, late=start <= today)
    methods = [m for m in METHODS if m in {drop.method for drop in drops} | {"own_fleet", "courier"}]
    words = {
        "rows": _rows(drops, shown, methods),
        "methods": [(method, *channel(method)) for method in methods],
        "all_methods": [(method, channel(method)[0]) for method in METHODS],
        "days": shown,
        "drivers": board.drivers(),
        "may": flow.may(flow.by_name["deliver.move"], request.roles),
        "before": max(start - timedelta(days=7), today) if start > today else None,
        "after": shown[-1] + timedelta(days=1),
        "today": today,
    }
    return render(request, "board/page.html", words)


@require_POST
def move(request: Request) -> HttpResponse:
    """Move what was ticked or carried: day, method, vehicle, driver, or onto another delivery."""
    step = flow.by_name["deliver.move"]
    if not flow.may(step, request.roles):
        raise PermissionDenied
    sent = request.POST
    ids = [int(i) for i in dict.fromkeys(sent.getlist("ids")) if i.isdecimal() and int(i) < BIGGEST]
    if not ids:
        return HttpResponseBadRequest(gettext("Nothing was ticked."))
    asked = Move(*(sent.get(name, "").strip()[:80] or None for name in ("day", "method", "vehicle", "driver", "join")))
    flow.mend(step, ids)
    outcome = core.run(step, dict.fromkeys(ids, asked), by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    return steps.answer(request, step, outcome, ids)


def _rows(drops: list[Any], shown: list[date], methods: list[str]) -> list[Row]:
    cells: dict[tuple[date, str], list[Any]] = defaultdict(list)
    for drop in drops:
        cells[drop.day, drop.method].append(drop)
    crews: dict[date, list[Any]] = defaultdict(list)
    for crew in board.crews(shown):
        crews[crew.day].append(crew)
    late = shown[0] - timedelta(days=1)
    every = [late, *shown] if any(day == late for day, _ in cells) else shown
    return [Row(day, [_cell(method, cells[day, method]) for method in methods], crews[day], day == late) for day in every]


def _cell(method: str, drops: list[Any]) -> Cell:
    cards = [Card(drop, status.chip("delivery", drop.state)) for drop in drops]
    return Cell(method, channel(method)[0], cards, drops[0].of if drops else 0)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


urls = [path("board/", index, name="board"), path("board/move", move, name="board_move")]
