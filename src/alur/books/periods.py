"""The months of the books. A posting shares its month's lock: closing a month waits for postings under way, and none comes after."""

from collections.abc import Iterable
from datetime import date

from alur.core import sql

SHARE = """
WITH made AS (
    INSERT INTO period (starts_on) SELECT m FROM unnest(%(months)s::date[]) m WHERE NOT EXISTS (SELECT FROM period p WHERE p.starts_on = m) ORDER BY m
    ON CONFLICT DO NOTHING RETURNING starts_on, state
), found AS (
    SELECT starts_on, state FROM period WHERE starts_on = ANY(%(months)s::date[]) ORDER BY id FOR SHARE
)
SELECT starts_on, state FROM found UNION ALL SELECT starts_on, state FROM made
"""


def closed(days: Iterable[date]) -> set[date]:
    """Share the lock of these days' months (made when they are new); the days that lie in a closed one."""
    asked = set(days)
    months = sorted({day.replace(day=1) for day in asked})
    states: dict[date, str] = {}
    while len(states) < len(months):  # again if another transaction made the same month this moment
        states = {row.starts_on: row.state for row in sql.rows(SHARE, months=months)}
    return {day for day in asked if states[day.replace(day=1)] == "closed"}
