"""Who is spoken to, in this request: language, currency, zone, now. Set by the middleware, read by the template filters."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Voice:
    """How numbers and times are written for this person."""

    language: str = "id"
    currency: str = "IDR"
    zone: str = "Asia/Jakarta"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def today(self) -> date:
        """The company's day."""
        return self.now.astimezone(ZoneInfo(self.zone)).date()


CURRENT: ContextVar[Voice | None] = ContextVar("voice", default=None)


def voice() -> Voice:
    """The voice of this request, or the default one outside of any."""
    return CURRENT.get() or Voice()
