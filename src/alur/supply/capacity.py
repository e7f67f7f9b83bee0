"""Capacity: the one place that books a department's day and gives it back.

Schedule books, move takes a visit to another day; cancel, amend and a visit that failed give back. A visit (a delivery with a department) holds
one booking a line on its day: `booking` = what its lines carry, `capacity.booked` = the sum of a day's bookings, never above its limit. A day
without a row has the department's daily limit if it is worked, else nothing; the first booking writes the row.
The caller has locked orders and stock, locks here, and deliveries after: a department's row stands for all its days.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString, NamedTuple

from alur.core import sql
from alur.models import locks


class Booked(NamedTuple):
    """Units of a department's day for an order line."""

    department_id: int
    day: date
    line_id: int
    units: Decimal


# What a day holds that has no row: d is the department, a.day the day.
_USUAL: LiteralString = """CASE WHEN extract(isodow FROM a.day)::int = ANY(d.working_days) AND NOT EXISTS (SELECT FROM holiday h WHERE h."on" = a.day)
            THEN d.daily_limit ELSE 0 END"""
GIVEN: LiteralString = """
SELECT b.department_id, b.day, b.order_line_id, sum(b.units) AS units
  FROM unnest(%(department_id)s::bigint[], %(day)s::date[], %(line_id)s::bigint[], %(units)s::numeric[]) AS b(department_id, day, order_line_id, units)
 WHERE b.department_id IS NOT NULL GROUP BY 1, 2, 3
"""
CUT: LiteralString = """
SELECT d.department_id, d.scheduled_on AS day, x.order_line_id, sum(g.quantity) AS units
  FROM unnest(%(line)s::bigint[], %(quantity)s::numeric[]) AS g(id, quantity)
  JOIN delivery_line x ON x.id = g.id JOIN order_line l ON l.id = x.order_line_id AND l.kind = 'service'
  JOIN delivery d ON d.id = x.delivery_id WHERE d.department_id IS NOT NULL AND g.quantity > 0 GROUP BY 1, 2, 3
"""


def _carried(day: LiteralString) -> LiteralString:
    """What visits carry, on the day they leave or on the one they go to."""
    return f"""
SELECT d.department_id, {day} AS day, x.order_line_id, sum(x.quantity) AS units
  FROM unnest(%(ids)s::bigint[], %(days)s::date[]) AS m(id, "to")
  JOIN delivery d ON d.id = m.id JOIN delivery_line x ON x.delivery_id = d.id JOIN order_line l ON l.id = x.order_line_id AND l.kind = 'service'
 WHERE d.department_id IS NOT NULL AND x.quantity > 0 AND d.scheduled_on IS DISTINCT FROM m."to" GROUP BY 1, 2, 3
"""


def _open(asked: LiteralString) -> LiteralString:
    """A row for every day that has none yet."""
    return f"""
INSERT INTO capacity (department_id, day, booked, "limit")
SELECT DISTINCT a.department_id, a.day, 0, {_USUAL} FROM ({asked}) a JOIN department d ON d.id = a.department_id
    ON CONFLICT (department_id, day) DO NOTHING
"""


def _book(asked: LiteralString) -> LiteralString:
    return f"""
WITH asked AS MATERIALIZED ({asked}), kept AS (
    INSERT INTO booking (department_id, day, order_line_id, units) SELECT department_id, day, order_line_id, units FROM asked
    ON CONFLICT (order_line_id, department_id, day) DO UPDATE SET units = booking.units + excluded.units
)
UPDATE capacity c SET booked = c.booked + s.units
  FROM (SELECT department_id, day, sum(units) AS units FROM asked GROUP BY 1, 2) s WHERE c.department_id = s.department_id AND c.day = s.day
"""


def _free(given: LiteralString) -> LiteralString:
    """A booking that ends is deleted and one that shrinks is updated: never the same row in both."""
    return f"""
WITH given AS MATERIALIZED ({given}), gone AS (
    DELETE FROM booking b USING given g
     WHERE b.order_line_id = g.order_line_id AND b.department_id = g.department_id AND b.day = g.day AND b.units <= g.units
), less AS (
    UPDATE booking b SET units = b.units - g.units FROM given g
     WHERE b.order_line_id = g.order_line_id AND b.department_id = g.department_id AND b.day = g.day AND b.units > g.units
)
UPDATE capacity c SET booked = c.booked - s.units
  FROM (SELECT department_id, day, sum(units) AS units FROM given GROUP BY 1, 2) s WHERE c.department_id = s.department_id AND c.day = s.day
"""


OPEN, BOOK, FREE = _open(GIVEN), _book(GIVEN), _free(CUT)
OPEN_TO, BOOK_TO, FREE_LEFT = _open(_carried('m."to"')), _book(_carried('m."to"')), _free(_carried("d.scheduled_on"))
# What each visit holds, and what is free on the day it is asked for.
ASKED: LiteralString = f"""
SELECT a.id, a.department_id, a.day, a.left_on, coalesce(c."limit" - c.booked, {_USUAL}) AS free, a.units
  FROM (SELECT m.n, m.id, d.department_id, m."to" AS day, d.scheduled_on AS left_on,
               (SELECT coalesce(sum(x.quantity), 0) FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id AND l.kind = 'service'
                 WHERE x.delivery_id = d.id) AS units
          FROM unnest(%(ids)s::bigint[], %(days)s::date[]) WITH ORDINALITY AS m(id, "to", n)
          JOIN delivery d ON d.id = m.id AND d.department_id IS NOT NULL AND m."to" <> d.scheduled_on) a
  JOIN department d ON d.id = a.department_id
  LEFT JOIN capacity c ON c.department_id = a.department_id AND c.day = a.day
 ORDER BY a.n
"""


def lock(deliveries: Iterable[int]) -> None:
    """Lock the days of the departments that these deliveries are of; their orders (and stock) were locked before, they are after."""
    sql.run(locks.DEPARTMENTS_OF_DELIVERIES, ids=list(deliveries))


def lock_of_orders(order_ids: Iterable[int]) -> None:
    """Lock the days of the departments that visit these orders, or will."""
    sql.run(locks.DEPARTMENTS_OF_ORDERS, ids=list(order_ids))


def book(bookings: Sequence[Booked]) -> None:
    """Take these units. May be pipelined."""
    if bookings:
        columns = sql.columns(bookings, *Booked._fields)
        sql.run(OPEN, **columns)
        sql.run(BOOK, **columns)


def free(lines: Mapping[int, Decimal]) -> None:
    """Give back so much of each delivery line, before or after the line itself is cut; goods hold nothing. May be pipelined."""
    if lines:
        sql.run(FREE, line=list(lines), quantity=list(lines.values()))


def release(deliveries: Sequence[int]) -> None:
    """Give back what these deliveries hold. May be pipelined."""
    sql.run(FREE_LEFT, ids=list(deliveries), days=[None] * len(deliveries))


def asked(deliveries: Sequence[int], days: Sequence[date]) -> sql.Answer:
    """What each visit holds and what is free where it goes: rows (id, department_id, day, left_on, free, units), in the order given."""
    return sql.ask(ASKED, ids=list(deliveries), days=list(days))


def full(rows: Iterable[Any]) -> dict[int, Any]:
    """The rows that do not fit any more, each counted after those before it that do: what they take, and what they leave."""
    taken: Counter[tuple[int, date]] = Counter()
    found = {}
    for row in rows:
        if row.units + taken[row.department_id, row.day] > row.free:
            found[row.id] = row
        else:
            taken[row.department_id, row.day] += row.units
            taken[row.department_id, row.left_on] -= row.units
    return found


def shift(deliveries: Sequence[int], days: Sequence[date]) -> None:
    """Take what these visits hold to other days; before their own day is changed. May be pipelined."""
    moved = {"ids": list(deliveries), "days": list(days)}
    sql.run(FREE_LEFT, **moved)
    sql.run(OPEN_TO, **moved)
    sql.run(BOOK_TO, **moved)
