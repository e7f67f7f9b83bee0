"""Today at a glance: what each day brought, what waits for whom, why orders are held, what was promised for today, what money is to come.

A constant number of statements, each on open rows or on the days asked for, so that closed orders cost nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from alur.core import company, sql
from alur.models.holds import KINDS
from alur.reads import held

WEEKS = 12
# what a company aims at: percent, percent, hours
AIM = {"clean": 80, "kept": 95, "waited": 24}
ROWS = 7

# By day of the company: orders that came and what they are worth, those of them nobody had to touch; holds settled and the hours they took;
# deliveries that arrived and those on the day first promised; money that came.
DAYS = """
SELECT day, sum(orders) AS orders, sum(value) AS value, sum(clean) AS clean, sum(settled) AS settled, sum(hours) AS hours,
       sum(arrived) AS arrived, sum(kept) AS kept, sum(money) AS money
  FROM (
    SELECT (o.received_at AT TIME ZONE %(zone)s)::date AS day, 1 AS orders, o.total AS value,
           (NOT EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.code <> 'awaiting_payment'))::int AS clean,
           0 AS settled, 0 AS hours, 0 AS arrived, 0 AS kept, 0 AS money
      FROM sales_order o WHERE o.received_at >= %(from)s AND o.received_at < %(to)s
    UNION ALL
    SELECT (resolved_at AT TIME ZONE %(zone)s)::date, 0, 0, 0, 1, extract(epoch FROM resolved_at - opened_at) / 3600, 0, 0, 0
      FROM hold WHERE resolved_at >= %(from)s AND resolved_at < %(to)s AND code <> 'awaiting_payment'
    UNION ALL
    SELECT d.day, 0, 0, 0, 0, 0, 1, (d.day <= p.promised_on)::int, 0
      FROM (SELECT id, (ended_at AT TIME ZONE %(zone)s)::date AS day FROM delivery
             WHERE ended_at >= %(from)s AND ended_at < %(to)s AND state = 'delivered') d
     CROSS JOIN LATERAL (SELECT coalesce(l.first_promised_on, o.promised_on) AS promised_on
                           FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id JOIN sales_order o ON o.id = l.order_id
                          WHERE x.delivery_id = d.id LIMIT 1) p
     WHERE p.promised_on IS NOT NULL
    UNION ALL
    SELECT received_on, 0, 0, 0, 0, 0, 0, 0, amount
      FROM payment WHERE received_on >= %(first)s AND received_on <= %(last)s AND direction = 'in'
  ) x GROUP BY day
"""


def days(first: date, last: date) -> list[Any]:
    """What the days from first to last brought; a day on which nothing happened has no row."""
    zone = ZoneInfo(company.current().time_zone)
    begin, end = (datetime.combine(day, datetime.min.time(), zone) for day in (first, last + timedelta(days=1)))
    return sql.read(DAYS, first=first, last=last, zone=str(zone), **{"from": begin, "to": end})


# What waits for people of these roles, each row with when it began to wait and in how many hours it should be done; what is longest over that comes first.
# A delivery is due on its day; money that settles nothing within a day.
MINE = """
WITH mine AS (
    SELECT 'hold' AS kind, h.order_id AS id, o.number, o.customer_id, h.code, h.facts, h.order_id, h.line_id, o.state, o.total, h.opened_at AS since,
           t.hours AS target, h.id AS hold_id
      FROM hold h JOIN sales_order o ON o.id = h.order_id JOIN unnest(%(codes)s::text[], %(targets)s::int[]) AS t(code, hours) ON t.code = h.code
     WHERE h.resolved_at IS NULL AND h.owner = ANY(%(roles)s::text[])
       AND (h.code <> 'awaiting_payment' OR h.opened_at < %(now)s::timestamptz - make_interval(hours => t.hours))
    UNION ALL
    SELECT CASE WHEN d.warehouse_id IS NULL THEN 'visit' ELSE 'delivery' END, d.id, d.number,
           d.customer_id, d.state, NULL, NULL, NULL, d.state, NULL, d.scheduled_on::timestamp AT TIME ZONE %(zone)s, 24, 0
      FROM delivery d JOIN unnest(%(states)s::text[]) AS s(state) ON s.state = d.state
     WHERE d.state IN ('scheduled', 'picked', 'dispatched') AND d.scheduled_on <= %(today)s
       AND CASE WHEN d.warehouse_id IS NULL THEN 'technician' = ANY(%(roles)s::text[]) ELSE %(roles)s::text[] && ARRAY['warehouse', 'dispatcher', 'driver'] END
       AND (d.state <> 'dispatched' OR d.scheduled_on < %(today)s OR 'driver' = ANY(%(roles)s::text[]))
       AND NOT EXISTS (SELECT FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id JOIN hold h ON h.order_id = l.order_id
                        WHERE x.delivery_id = d.id AND h.resolved_at IS NULL AND d.state <> 'dispatched')
    UNION ALL
    SELECT 'payment', p.id, p.number, p.payer_id, 'payment', NULL, NULL, NULL, '', r.open, p.at, 24, 0
      FROM open_receipt r JOIN payment p ON p.id = r.payment_id LEFT JOIN sales_order o ON o.id = r.order_id
     WHERE 'finance' = ANY(%(roles)s::text[]) AND (o.id IS NULL OR o.state IN ('fulfilled', 'closed', 'cancelled'))
)
SELECT m.*, c.name AS customer, extract(epoch FROM %(now)s::timestamptz - m.since) / 3600 AS hours FROM (
    SELECT *, count(*) OVER () AS n, count(*) FILTER (WHERE since < %(now)s::timestamptz - make_interval(hours => target)) OVER () AS late FROM mine
     ORDER BY extract(epoch FROM %(now)s::timestamptz - since) / target DESC, kind, id LIMIT %(limit)s
) m JOIN customer c ON c.id = m.customer_id ORDER BY extract(epoch FROM %(now)s::timestamptz - m.since) / m.target DESC, m.kind, m.id
"""
# what of a delivery waits for whom
STATES = {"warehouse": ("scheduled", "picked"), "dispatcher": ("picked", "dispatched"), "driver": ("dispatched",), "technician": ("scheduled",)}

CAUSES = """
SELECT h.code, count(*) AS n, count(*) FILTER (WHERE h.opened_at < %(now)s::timestamptz - make_interval(hours => t.hours)) AS late, sum(o.total) AS total,
       min(h.opened_at) AS oldest, (array_agg(o.number ORDER BY h.opened_at))[1] AS number
  FROM hold h JOIN sales_order o ON o.id = h.order_id JOIN unnest(%(codes)s::text[], %(targets)s::int[]) AS t(code, hours) ON t.code = h.code
 WHERE h.resolved_at IS NULL GROUP BY h.code ORDER BY n DESC, h.code
"""
# Today's deliveries and those that should have gone before. At risk: the day or its window is over, or will be in two hours (without a window: at 17.00) and
# it has not left. What is on the road without a window has the whole day.
DROPS = """
SELECT d.id, d.number, d.state, d.scheduled_on, d.delivery_window, d.customer_id, d.ended_at IS NULL AND (
           d.scheduled_on + make_interval(hours => least(d.ends, 24)) <= %(here)s
           OR d.state <> 'dispatched' AND d.scheduled_on + make_interval(hours => least(coalesce(d.ends, 17), 24)) < %(here)s + interval '2 hours') AS risk
  FROM (SELECT *, substring(delivery_window FROM '[-–] *([0-9]{1,2})')::int AS ends
          FROM delivery
         WHERE state IN ('scheduled', 'picked', 'dispatched') AND scheduled_on <= %(today)s
            OR ended_at >= %(begin)s AND state IN ('delivered', 'failed')) d
"""
PROMISED = f"""
WITH drop AS ({DROPS}), risky AS (SELECT * FROM drop WHERE risk ORDER BY scheduled_on, delivery_window, id LIMIT %(limit)s)
SELECT NULL::bigint AS id, '' AS number, state, NULL::date AS scheduled_on, '' AS delivery_window, '' AS customer, count(*) AS n,
       count(*) FILTER (WHERE risk) AS risk FROM drop GROUP BY state
UNION ALL SELECT r.id, r.number, r.state, r.scheduled_on, coalesce(r.delivery_window, ''), c.name, 1, 1 FROM risky r JOIN customer c ON c.id = r.customer_id
"""
MONEY = """
SELECT i.*, r.* FROM (
    SELECT count(*) AS items, coalesce(sum(open), 0) AS owed, count(*) FILTER (WHERE due_on < %(today)s) AS late_items,
           coalesce(sum(open) FILTER (WHERE due_on IS NULL OR due_on >= %(today)s), 0) AS current,
           coalesce(sum(open) FILTER (WHERE due_on BETWEEN %(today)s - 30 AND %(today)s - 1), 0) AS d30,
           coalesce(sum(open) FILTER (WHERE due_on BETWEEN %(today)s - 60 AND %(today)s - 31), 0) AS d60,
           coalesce(sum(open) FILTER (WHERE due_on < %(today)s - 60), 0) AS older,
           count(*) FILTER (WHERE due_on BETWEEN %(today)s AND %(today)s + 6) AS due_items,
           coalesce(sum(open) FILTER (WHERE due_on BETWEEN %(today)s AND %(today)s + 6), 0) AS due
      FROM open_item) i
 CROSS JOIN (SELECT count(*) AS loose_receipts, coalesce(sum(r.open), 0) AS loose FROM open_receipt r LEFT JOIN sales_order o ON o.id = r.order_id
              WHERE o.id IS NULL OR o.state IN ('fulfilled', 'closed', 'cancelled')) r
"""
RUNNING = "SELECT count(*) AS orders, coalesce(sum(total), 0) AS total FROM sales_order WHERE state IN ('received', 'verified', 'confirmed', 'fulfilled')"


def mine(roles: Iterable[str], now: datetime, today: date, *, limit: int = ROWS) -> list[Any]:
    """What waits for people of these roles, the most pressing first; each row says how many there are (n), and past their target (late)."""
    mine = frozenset(roles)
    states = sorted({state for role in mine for state in STATES.get(role, ())})
    zone = company.current().time_zone
    return sql.read(MINE, **_targets(), roles=sorted(mine), states=states, now=now, today=today, zone=zone, limit=limit)


def causes(now: datetime) -> list[Any]:
    """Why orders are held: how many of each cause, past target, their value, the oldest; the most frequent first."""
    return sql.read(CAUSES, now=now, **_targets())


def promised(now: datetime, today: date, *, limit: int = 3) -> tuple[dict[str, Any], Sequence[Any]]:
    """Today's deliveries by state, with those at risk; and some of the latter, the latest first."""
    zone = ZoneInfo(company.current().time_zone)
    begin = datetime.combine(today, datetime.min.time(), zone)
    found = sql.read(PROMISED, today=today, begin=begin, here=now.astimezone(zone).replace(tzinfo=None), limit=limit)
    late = sorted((row for row in found if row.id is not None), key=lambda row: (row.scheduled_on, row.delivery_window, row.id))
    return {row.state: row for row in found if row.id is None}, late


def money(today: date) -> Any:
    """What is owed by how late it is, what falls due within a week, and what came and settles nothing yet."""
    return sql.read(MONEY, today=today)[0]


def running() -> Any:
    """Orders that are not closed, and what they come to."""
    return sql.read(RUNNING)[0]


def _targets() -> dict[str, list[Any]]:
    return {"codes": list(KINDS), "targets": [held.target(code) for code in KINDS]}
