"""The board: what leaves on which day and how, and how much of a crew's day is taken."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from alur.core import sql
from alur.reads import days

IN_A_CELL = 24  # cards shown; the rest is a number that leads to the list
DAYS = 7

# What is past its day stands on the day before the first.
DROPS = """
SELECT * FROM (
    SELECT d.id, d.number, d.state, d.method, greatest(d.scheduled_on, %(before)s) AS day, d.scheduled_on, d.delivery_window, d.vehicle, d.courier,
           c.name AS customer, a.city, u.name AS driver, concat_ws('-', d.customer_id, d.ship_to_id, d.warehouse_id, d.department_id) AS place,
           row_number() OVER cell AS n, count(*) OVER (PARTITION BY greatest(d.scheduled_on, %(before)s), d.method) AS of
      FROM delivery d JOIN customer c ON c.id = d.customer_id
      LEFT JOIN document_address a ON a.id = d.ship_to_id LEFT JOIN "user" u ON u.id = d.driver_id
     WHERE d.state IN ('scheduled', 'picked', 'dispatched') AND d.scheduled_on <= %(to)s AND (d.scheduled_on >= %(from)s OR %(late)s)
    WINDOW cell AS (PARTITION BY greatest(d.scheduled_on, %(before)s), d.method ORDER BY d.state <> 'scheduled', d.delivery_window, d.id)) x
 WHERE n <= %(limit)s ORDER BY day, method, n
"""
CREWS = """
SELECT e.id, e.name, g.day, coalesce(c.booked, 0) AS booked,
       coalesce(c."limit", CASE WHEN extract(isodow FROM g.day)::int = ANY(e.working_days) AND NOT EXISTS (SELECT FROM holiday h WHERE h."on" = g.day)
                                THEN e.daily_limit ELSE 0 END) AS "limit"
  FROM department e CROSS JOIN unnest(%(days)s::date[]) AS g(day)
  LEFT JOIN capacity c ON c.department_id = e.id AND c.day = g.day
 WHERE e.kind = 'service' ORDER BY e.name, e.id, g.day
"""
DRIVERS = """
SELECT u.id, u.name FROM membership m JOIN "user" u ON u.id = m.user_id JOIN company c ON c.id = m.company_id
 WHERE c.schema = current_schema() AND m.role IN ('driver', 'technician') ORDER BY u.name LIMIT 100
"""


def shown(start: date, calendar: days.Calendar) -> list[date]:
    """The days of a board that begins then: those on which anything leaves."""
    places = calendar.places.values()
    every = (start + timedelta(days=n) for n in range(60))
    return [day for day in every if any(day.isoweekday() in p.working_days and day not in p.holidays for p in places)][:DAYS]


def drops(of: Sequence[date], *, late: bool) -> list[Any]:
    """The open deliveries of these days, at most so many a day and method; late: with those past their day, on the day before the first."""
    return sql.read(DROPS, to=of[-1], before=of[0] - timedelta(days=1), late=late, limit=IN_A_CELL, **{"from": of[0]})


def crews(of: Sequence[date]) -> list[Any]:
    """How much of each service crew's day is taken, and what it holds."""
    return sql.read(CREWS, days=list(of))


def drivers() -> list[Any]:
    """Who drives."""
    return sql.read(DRIVERS)
