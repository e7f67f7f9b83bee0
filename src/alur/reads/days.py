"""On which day goods leave: working days, cut-off hours, holidays. One rule for the promise and for the schedule.

`calendar` reads the facts in one statement; everything else is pure.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alur.core import company, sql

DAY = timedelta(days=1)
AHEAD = 400  # days looked ahead; a warehouse that works on none of them gets the first

FACTS = """
SELECT w.id, w.cut_off_hour, w.working_days,
       ARRAY(SELECT h."on" FROM holiday h WHERE h."on" BETWEEN %(today)s::date AND %(today)s::date + 400) AS holidays
  FROM warehouse w
"""


@dataclass(frozen=True, slots=True)
class Place:
    """When a warehouse works: what comes after the cut-off hour leaves on the next working day."""

    cut_off_hour: int
    working_days: frozenset[int]  # ISO, 1 = Monday
    holidays: frozenset[date]

    def leaves(self, now: datetime, *, not_before: date | None = None) -> date:
        """The first day on which goods that are ready now (in the company's zone) leave."""
        start = now.date() + DAY if now.hour >= self.cut_off_hour else now.date()
        return first_working(start if not_before is None else max(start, not_before), self.working_days, self.holidays)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The warehouses' days as of one moment."""

    now: datetime  # in the company's zone
    places: dict[int, Place]

    def leaves(self, warehouse_id: int, *, not_before: date | None = None) -> date:
        """The first day on which goods that are ready now leave this warehouse."""
        return self.places[warehouse_id].leaves(self.now, not_before=not_before)


def calendar(at: datetime) -> Calendar:
    """The days of every warehouse, as they are known now."""
    return ask(at)()


def ask(at: datetime) -> Callable[[], Calendar]:
    """The same, asked for together with what is asked next."""
    now = at.astimezone(ZoneInfo(company.current().time_zone))
    found = sql.ask(FACTS, today=now.date())

    def answer() -> Calendar:
        rows = found.rows()
        holidays = frozenset(rows[0].holidays) if rows else frozenset()
        return Calendar(now, {w.id: Place(w.cut_off_hour, frozenset(w.working_days), holidays) for w in rows})

    return answer


def first_working(start: date, working_days: Collection[int], holidays: Collection[date] = ()) -> date:
    """The first day from start on that is worked and no holiday."""
    for ahead in range(AHEAD):
        day = start + timedelta(days=ahead)
        if day.isoweekday() in working_days and day not in holidays:
            return day
    return start


def arrives(leaves: date, transport_days: int, holidays: Collection[date] = ()) -> date:
    """The day on which goods that leave then are there: so many days on the road, and nothing arrives on a holiday."""
    return first_working(leaves + timedelta(days=transport_days), range(1, 8), holidays)
