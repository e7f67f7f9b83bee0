"""Set limit: how much of a department's days can be booked, day by day, and of a worked day that says nothing else.

    department --set_limit--> the same     department.limited

A limit never falls below what is booked. Orders whose visits have no day yet are promised anew. Rules: reference model.md "Who and what" (`capacity`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.models import locks

REFUSALS = {
    "bad_limit": "{said} is no number of units, or no day. Write 0 or a number above it.",
    "below_booked": "{department} has {booked:qty} booked on {on:day}. Write at least that, or move visits to another day first.",
}

FACTS = """
SELECT d.id, d.daily_limit, array_agg(c.day) AS days, array_agg(c.booked::numeric) AS booked, array_agg(c."limit"::numeric) AS limits
  FROM department d
  LEFT JOIN unnest(%(of)s::bigint[], %(day)s::date[]) AS a(department_id, day) ON a.department_id = d.id
  LEFT JOIN capacity c ON c.department_id = a.department_id AND c.day = a.day
 WHERE d.id = ANY(%(ids)s::bigint[]) GROUP BY d.id
"""
USUAL = """
UPDATE department d SET daily_limit = m.daily FROM unnest(%(id)s::bigint[], %(daily)s::numeric[]) AS m(id, daily) WHERE d.id = m.id
"""
MOVE = """
INSERT INTO capacity (department_id, day, "limit") SELECT * FROM unnest(%(department)s::bigint[], %(on)s::date[], %(limit)s::numeric[])
    ON CONFLICT (department_id, day) DO UPDATE SET "limit" = excluded."limit"
"""
# Orders whose visits have no day yet.
WAKE = """
INSERT INTO recheck (step, order_id, why)
SELECT DISTINCT 'promise', o.id, 'capacity' FROM sales_order o JOIN order_line l ON l.order_id = o.id JOIN product p ON p.id = l.product_id
 WHERE o.state = 'confirmed' AND l.kind = 'service' AND l.reserved > l.scheduled AND p.department_id = ANY(%(ids)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Limits:
    """Units by day; daily: of every worked day that has none of its own (None: stays)."""

    days: Mapping[date | str, Decimal | str] = field(default_factory=dict)
    daily: Decimal | str | None = None


class Said(NamedTuple):
    """A limit of a department's day, read."""

    department: int
    on: date
    limit: Decimal


def set_limit(limits: Mapping[int, Limits | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """These departments have so much room on these days."""
    asked = {i: each if isinstance(each, Limits) else Limits(**each) for i, each in limits.items()}
    locks.departments(asked)
    outcome, said, daily = Outcome(), {i: _read(i, each) for i, each in asked.items()}, {i: _number(each.daily) for i, each in asked.items()}
    days = [each for own in said.values() for each in own if isinstance(each, Said)]
    changed: list[Said] = []
    found = sql.rows(FACTS, ids=list(asked), of=[each.department for each in days], day=[each.on for each in days])
    for row in found:
        wrong = next((each for each in said[row.id] if isinstance(each, str)), str(asked[row.id].daily) if _wrong(asked[row.id].daily) else None)
        known = {day: (booked, limit) for day, booked, limit in zip(row.days, row.booked, row.limits, strict=True) if day}
        own = [each for each in said[row.id] if isinstance(each, Said) and known.get(each.on, (0, None))[1] != each.limit]
        over = next((each for each in own if each.limit < known.get(each.on, (Decimal(0), None))[0]), None)
        usual = daily[row.id]
        if wrong is not None:
            outcome.refuse(row.id, "bad_limit", department_id=row.id, said=wrong)
        elif over:
            outcome.refuse(row.id, "below_booked", department_id=row.id, on=over.on, booked=known[over.on][0])
        elif own or usual not in (None, row.daily_limit):
            outcome.moved.append(row.id)
            changed += own
        else:
            outcome.already.append(row.id)
    for missing in asked.keys() - {row.id for row in found}:
        outcome.refuse(missing, "not_found")
    _move(outcome, changed, {i: usual for i in outcome.moved if (usual := daily[i]) is not None}, by=by, at=at)
    return outcome


def _move(outcome: Outcome, changed: list[Said], daily: Mapping[int, Decimal], *, by: str, at: datetime) -> None:
    """Write the limits, wake who waits for room, and tell."""
    if not outcome.moved:
        return
    told = [log.Record("department.limited", each.department, None, "department", {"on": each.on, "limit": each.limit}) for each in changed]
    told += [log.Record("department.usual_limit", i, None, "department", {"limit": limit}) for i, limit in daily.items()]
    with sql.pipeline():
        if daily:
            sql.run(USUAL, id=list(daily), daily=list(daily.values()))
        if changed:
            sql.run(MOVE, **sql.columns(changed, *Said._fields))
        sql.run(WAKE, ids=outcome.moved)
        log.write(told, by=by, at=at)


def _read(department: int, limits: Limits) -> list[Said | str]:
    """What is said of each day; text where it cannot be read."""
    found: list[Said | str] = []
    for day, limit in limits.days.items():
        try:
            on = day if isinstance(day, date) else date.fromisoformat(day)
        except ValueError:
            found.append(str(day))
            continue
        units = _number(limit)
        found.append(str(limit) if units is None or _wrong(limit) else Said(department, on, units))
    return found


def _number(said: Decimal | str | None) -> Decimal | None:
    try:
        return None if said is None else Decimal(said)
    except InvalidOperation:
        return None


def _wrong(said: Decimal | str | None) -> bool:
    """Whether it is said and no number of units."""
    units = _number(said)
    return said is not None and (units is None or not units.is_finite() or units < 0)
