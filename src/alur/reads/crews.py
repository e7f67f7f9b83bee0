"""When a department has time for a service: facts by product in one question, and a fold over its days.

Promise and dry runs ask here; schedule asks under its locks.
A day holds the limit that is written for it (`capacity`); a day without a row holds the department's `daily_limit` if it is worked and no holiday,
else nothing. A service is done whole on the first day with so many units free; what no day could hold is spread over days, in turn. A service of
no department has all the time there is, on any day but holidays.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from alur.core import sql
from alur.reads.days import AHEAD

ZERO, ENDLESS = Decimal(0), Decimal("Infinity")

# A row a product; what is left of the days of its department that have a row.
FACTS = """
SELECT p.id, d.id AS department_id, d.daily_limit, d.working_days, c.days, c.free,
       ARRAY(SELECT h."on" FROM holiday h WHERE h."on" BETWEEN %(today)s::date AND %(today)s::date + 400) AS holidays
  FROM product p LEFT JOIN department d ON d.id = p.department_id
 CROSS JOIN LATERAL (SELECT array_agg(day) AS days, array_agg(("limit" - booked)::numeric) AS free
                       FROM capacity WHERE department_id = d.id AND day >= %(today)s) c
 WHERE p.id = ANY(%(products)s::bigint[])
"""


@dataclass(slots=True)
class Crew:
    """A department's days: what is free of each, in units (base units of its services)."""

    department_id: int | None = None
    daily_limit: Decimal = ENDLESS
    working_days: Collection[int] = range(1, 8)
    holidays: Collection[date] = ()
    left: dict[date, Decimal] = field(default_factory=dict)  # of days that say something of their own, or of which something was taken

    def free(self, day: date) -> Decimal:
        """What is free of a day."""
        if day in self.left:
            return self.left[day]
        return self.daily_limit if day.isoweekday() in self.working_days and day not in self.holidays else ZERO

    def find(self, units: Decimal, start: date) -> list[tuple[date, Decimal]]:
        """The days on which so many units are done, from start on; none if there is no room within sight."""
        whole, found = units <= self.daily_limit, []
        for day in (start + timedelta(days=n) for n in range(AHEAD)):
            free = self.free(day)
            if units <= free:
                return [*found, (day, units)]
            if free > 0 and not whole:
                found.append((day, free))
                units -= free
        return []

    def take(self, units: Decimal, start: date) -> list[tuple[date, Decimal]]:
        """The same, and they are taken: who comes next finds that much less."""
        found = self.find(units, start)
        for day, part in found:
            self.left[day] = self.free(day) - part
        return found

    def last(self, units: Decimal, start: date) -> date | None:
        """The day on which the last of so many units is done."""
        return next((day for day, _ in reversed(self.find(units, start))), None)


def of(products: Collection[int], today: date) -> dict[int, Crew]:
    """Who does each of these services, by product; products of one department share its days."""
    found: dict[int, Crew] = {}
    shared: dict[int | None, Crew] = {}
    for row in sql.rows(FACTS, products=list(products), today=today) if products else ():
        if row.department_id not in shared:
            left = dict(zip(row.days or (), row.free or (), strict=True))
            known = (row.department_id, row.daily_limit, frozenset(row.working_days)) if row.department_id else (None, ENDLESS, range(1, 8))
            shared[row.department_id] = Crew(*known, frozenset(row.holidays), left)
        found[row.id] = shared[row.department_id]
    return found


def start(today: date, goods_on: date | None, wanted_on: date | None) -> date:
    """The first day on which a crew may come: told the day before, the goods are there, and not before it was asked for."""
    return max(day for day in (today + timedelta(days=1), goods_on, wanted_on) if day)
