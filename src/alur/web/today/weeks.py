"""Twelve weeks of figures in a moment: days that are over are read some times a day and kept; the last three, which still change, every few seconds."""

import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from alur.core import company
from alur.reads import today as reads

LIVE, KEEP_SECONDS, AGAIN_SECONDS = 3, 10.0, 6 * 3600.0
NAMES = ("orders", "value", "clean", "settled", "hours", "arrived", "kept", "money")


@dataclass(slots=True)
class Week:
    """What seven days brought, together."""

    orders: Any = 0
    value: Any = 0
    clean: Any = 0
    settled: Any = 0
    hours: Any = 0
    arrived: Any = 0
    kept: Any = 0
    money: Any = 0

    def add(self, day: Any) -> None:
        """One more day."""
        for name in NAMES:
            setattr(self, name, getattr(self, name) + (getattr(day, name) or 0))

    def share(self, part: str, whole: str) -> float | None:
        """A part of a whole in percent; None where there was nothing."""
        return round(100 * float(getattr(self, part)) / float(getattr(self, whole)), 1) if getattr(self, whole) else None


@dataclass(slots=True)
class Kept:
    """Days that are over, up to which one; the days since, and when they were read."""

    upto: date
    days: dict[date, Any] = field(default_factory=dict)
    live: dict[date, Any] = field(default_factory=dict)
    read_at: float = 0.0
    made_at: float = field(default_factory=time.monotonic)

    def fits(self, today: date) -> bool:
        """Whether what is kept may be gone on with: it is not from tomorrow (a trial company's clock went back), and not old."""
        return self.upto <= today - timedelta(days=LIVE) and time.monotonic() - self.made_at < AGAIN_SECONDS


_kept: dict[str, Kept] = {}


def ready(today: date) -> bool:
    """Whether the weeks are at hand, so that asking for them is quick."""
    kept = _kept.get(company.current().schema)
    return kept is not None and kept.fits(today) and kept.upto >= today - timedelta(days=LIVE + 1)


def of(today: date) -> list[Week]:
    """The last twelve weeks, each seven days; the last one ends today."""
    first, settled = today - timedelta(days=7 * reads.WEEKS - 1), today - timedelta(days=LIVE)
    kept = _kept.get(company.current().schema)
    if kept is None or not kept.fits(today):
        kept = _kept[company.current().schema] = Kept(first - timedelta(days=1))
    if kept.upto < settled:
        kept.days |= {row.day: row for row in reads.days(kept.upto + timedelta(days=1), settled)}
        kept.upto, kept.read_at = settled, 0.0
    if time.monotonic() - kept.read_at > KEEP_SECONDS:
        kept.live, kept.read_at = {row.day: row for row in reads.days(settled + timedelta(days=1), today)}, time.monotonic()
    found = [Week() for _ in range(reads.WEEKS)]
    for day, row in {**kept.days, **kept.live}.items():
        if first <= day <= today:
            found[(day - first).days // 7].add(row)
    return found


def day(today: date) -> Week:
    """What today brought; asked after `of`."""
    found = Week()
    kept = _kept.get(company.current().schema)
    if kept and today in kept.live:
        found.add(kept.live[today])
    return found


def forget(schema: str) -> None:
    """Read anew: the company's data were made anew, or something moved."""
    _kept.pop(schema, None)
