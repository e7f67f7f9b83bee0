"""What a department has to do: its days with what is booked of each, and the visits of a day or of the days from then on."""

from datetime import date, timedelta
from typing import Any

from alur.core import sql

WEEKS = 3
MOST = 100

DEPARTMENTS = """
SELECT d.id, d.code, coalesce(nullif(d.name, ''), d.code) AS name, d.kind, d.daily_limit,
       (SELECT count(*) FROM delivery v WHERE v.department_id = d.id AND v.state IN ('scheduled', 'picked', 'dispatched')) AS visits
  FROM department d
 WHERE d.kind = 'service' OR EXISTS (SELECT FROM product p WHERE p.department_id = d.id AND p.kind = 'service')
 ORDER BY d.name, d.id
"""
CALENDAR = """
SELECT g.day::date AS day, coalesce(c.booked, 0) AS booked, h.name AS holiday, c.id IS NOT NULL AS own,
       coalesce(c."limit", CASE WHEN extract(isodow FROM g.day)::int = ANY(d.working_days) AND h.id IS NULL THEN d.daily_limit ELSE 0 END) AS "limit"
  FROM department d CROSS JOIN generate_series(%(from)s::date, %(to)s::date, interval '1 day') AS g(day)
  LEFT JOIN capacity c ON c.department_id = d.id AND c.day = g.day LEFT JOIN holiday h ON h."on" = g.day
 WHERE d.id = %(department)s ORDER BY g.day
"""
# Who is visited, where, for what; open proposals and other holds of its orders beside it.
VISITS = """
SELECT v.id, v.number, v.state, v.scheduled_on, v.delivery_window, v.accepted_at, v.ended_at, v.receiver, v.attempt, v.version, d.code AS department_code,
       coalesce(nullif(d.name, ''), d.code) AS department, c.name AS customer, c.code AS customer_code, a.name AS ship_name, a.lines AS ship_lines,
       a.city, a.phone, g.orders, g.units, g.what_id, g.what_en, g.unit, h.proposed_on, h.held, v.scheduled_on < %(today)s AND v.ended_at IS NULL AS late,
       v.state = 'scheduled' AS open
  FROM delivery v JOIN customer c ON c.id = v.customer_id LEFT JOIN department d ON d.id = v.department_id
  LEFT JOIN document_address a ON a.id = v.ship_to_id
 CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT o.number ORDER BY o.number) AS orders, array_agg(DISTINCT o.id) AS order_ids,
           coalesce(sum(x.quantity) FILTER (WHERE l.kind = 'service'), 0) AS units, min(p.unit) FILTER (WHERE l.kind = 'service') AS unit,
           string_agg(DISTINCT coalesce(nullif(p.name_id, ''), p.sku), ', ') FILTER (WHERE l.kind = 'service') AS what_id,
           string_agg(DISTINCT coalesce(nullif(p.name_en, ''), p.name_id, p.sku), ', ') FILTER (WHERE l.kind = 'service') AS what_en
      FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id JOIN sales_order o ON o.id = l.order_id LEFT JOIN product p ON p.id = l.product_id
     WHERE x.delivery_id = v.id) g
 CROSS JOIN LATERAL (
    SELECT max((facts ->> 'proposed_on')::date) FILTER (WHERE code = 'date_proposed' AND (facts ->> 'delivery_id')::bigint = v.id) AS proposed_on,
           count(*) FILTER (WHERE code <> 'date_proposed') > 0 AS held
      FROM hold WHERE order_id = ANY(g.order_ids) AND resolved_at IS NULL) h
"""
OF_DAY = (
    VISITS
    + """ WHERE v.department_id = %(department)s AND v.scheduled_on = %(day)s AND v.state <> 'cancelled'
 ORDER BY v.state <> 'scheduled', v.delivery_window, v.id LIMIT %(limit)s
"""
)
LATE = (
    VISITS
    + """ WHERE v.department_id = %(department)s AND v.state IN ('scheduled', 'picked', 'dispatched') AND v.scheduled_on < %(today)s
 ORDER BY v.scheduled_on, v.id LIMIT %(limit)s
"""
)
ONE = VISITS + " WHERE v.number = %(number)s AND v.warehouse_id IS NULL"
FIRST = """
SELECT min(scheduled_on) FROM delivery
 WHERE department_id = %(department)s AND state IN ('scheduled', 'picked', 'dispatched') AND scheduled_on >= %(today)s
"""


def departments() -> list[Any]:
    """Those that visit customers, with how many visits they have to make."""
    return sql.read(DEPARTMENTS)


def calendar(department: int, start: date) -> list[Any]:
    """Three weeks of days from the Monday before start: booked, limit, holiday."""
    first = start - timedelta(days=start.weekday())
    return sql.read(CALENDAR, department=department, to=first + timedelta(days=7 * WEEKS - 1), **{"from": first})


def days(department: int, start: date, n: int) -> list[Any]:
    """The n days from start on."""
    return sql.read(CALENDAR, department=department, to=start + timedelta(days=n - 1), **{"from": start})


def visits(department: int, day: date, today: date) -> list[Any]:
    """The visits of a day, those to come first."""
    return sql.read(OF_DAY, department=department, day=day, today=today, limit=MOST)


def late(department: int, today: date) -> list[Any]:
    """Visits that should have been made before today."""
    return sql.read(LATE, department=department, today=today, limit=MOST)


def visit(number: str, today: date) -> Any:
    """One visit, or nothing."""
    return next(iter(sql.read(ONE, number=number, today=today)), None)


def first_day(department: int, today: date) -> date | None:
    """The first day from today on that has a visit to make."""
    return sql.read(FIRST, department=department, today=today)[0][0]
