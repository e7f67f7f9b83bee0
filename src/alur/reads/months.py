"""The months of the books: which are closed, by whom, why one was opened again, and what still keeps one open."""

from datetime import date
from typing import Any

from alur.books import lock_period
from alur.core import company, sql
from alur.reads import balances

MONTHS = f"""
SELECT p.id, p.starts_on, (p.starts_on + interval '1 month - 1 day')::date AS ends_on, p.state, e.at, e.actor,
       (SELECT n.body FROM note n WHERE n.subject_kind = 'period' AND n.subject_id = p.id ORDER BY n.id DESC LIMIT 1) AS reason,
       CASE WHEN p.state = 'open' AND p.starts_on < %(today)s THEN ({lock_period.STILL_WAITING}) END AS waiting
  FROM period p
  LEFT JOIN LATERAL (SELECT at, actor FROM event WHERE subject_kind = 'period' AND subject_id = p.id AND order_id IS NULL ORDER BY id DESC LIMIT 1) e ON true
 ORDER BY p.starts_on DESC
"""


def months(today: date) -> list[tuple[Any, int]]:
    """Every month, the newest first, with how many lines were posted in it."""
    lines: dict[date, int] = {}
    for (_, day), moved in balances.by_day().items():
        lines[day.replace(day=1)] = lines.get(day.replace(day=1), 0) + moved.n
    return [(row, lines.get(row.starts_on, 0)) for row in sql.read(MONTHS, today=today, zone=company.current().time_zone)]
