"""The months of the books. A posting shares its month's lock: closing a month waits for postings under way, and none comes after.

A month that nobody had posted in is made when the first posting comes; behind a closed one it is made closed.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from alur.core import sql

# A month that another transaction makes this moment repeats the whole.
SHARE = """
WITH made AS (
    INSERT INTO period (starts_on, state)
    SELECT m, CASE WHEN EXISTS (SELECT FROM period p WHERE p.starts_on > m AND p.state = 'closed') THEN 'closed' ELSE 'open' END
      FROM unnest(%(months)s::date[]) m WHERE NOT EXISTS (SELECT FROM period p WHERE p.starts_on = m) ORDER BY m
    RETURNING starts_on, state
), found AS (
    SELECT starts_on, state FROM period WHERE starts_on = ANY(%(months)s::date[]) ORDER BY id FOR SHARE
)
SELECT starts_on FROM found WHERE state = 'closed' UNION ALL SELECT starts_on FROM made WHERE state = 'closed'
"""


def closed(days: Iterable[date]) -> set[date]:
    """Share the lock of these days' months (made when they are new); the days that lie in a closed one."""
    return ask(days)()


def ask(days: Iterable[date]) -> Callable[[], set[date]]:
    """The same, asked for together with what is asked next."""
    asked = set(days)
    shut = sql.ask(SHARE, months=sorted({day.replace(day=1) for day in asked}))

    def answer() -> set[date]:
        months = set[Any](shut.ids())
        return {day for day in asked if day.replace(day=1) in months}

    return answer
