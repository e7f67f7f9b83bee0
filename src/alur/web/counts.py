"""The numbers of the nav. They may be some seconds old: every page shows them, and counting all stages costs more than a page does."""

import time
from dataclasses import dataclass
from datetime import datetime

from alur.reads import held, worklists
from alur.web.voice import voice

KEEP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Count:
    """What waits in a stage, or is held."""

    waiting: int
    late: int
    oldest: datetime | None = None


NONE = Count(0, 0)
_kept: dict[str, tuple[float, dict[str, Count]]] = {}


def of(company: str) -> dict[str, Count]:
    """The counts of the current company, which is called `company`."""
    at, known = _kept.get(company, (0.0, {}))
    if time.monotonic() - at > KEEP_SECONDS:
        known = {row.stage: Count(row.waiting, row.late, row.oldest) for row in worklists.stages(voice().now, voice().today)}
        exceptions = [row for row in held.counts(voice().now) if row.code in held.codes("all")]
        known["exceptions"] = Count(sum(row.n for row in exceptions), sum(row.late for row in exceptions))
        _kept[company] = time.monotonic(), known
    return known


def forget(company: str) -> None:
    """Count anew next time: something moved."""
    _kept.pop(company, None)
