"""The time of a company: the wall clock, or the stored clock of a trial company, which only moves forward.

Steps never ask the time: whoever calls them (a page, the worker, a command) asks here once and passes it on.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from alur.core import company, sql

CLOCK = "SELECT clock_at FROM company WHERE slug = %(slug)s AND trial"
MOVE = "UPDATE company SET clock_at = greatest(clock_at, %(to)s) WHERE slug = %(slug)s AND trial"
RELEASE = "UPDATE company SET clock_at = NULL WHERE slug = %(slug)s"


def now() -> datetime:
    """The moment it is in the current company."""
    here = company.current()
    stored = sql.one(CLOCK, slug=here.slug) if here.trial else None
    return stored or datetime.now(UTC)


def move(to: datetime) -> None:
    """Set the trial company's clock forward; going back does nothing."""
    sql.run(MOVE, to=to, slug=company.current().slug)


def release() -> None:
    """Let the company's time be the wall clock again."""
    sql.run(RELEASE, slug=company.current().slug)


def day(at: datetime, zone: str | None = None) -> date:
    """The company's calendar day of an instant."""
    return at.astimezone(ZoneInfo(zone or company.current().time_zone)).date()
