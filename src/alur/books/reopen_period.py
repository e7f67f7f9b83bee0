"""Reopen period: a closed month takes postings again, for a reason that stays with it.

    closed --reopen_period--> open     period.reopened

The last closed month first, so that no closed month stands on one that still changes. The reason is kept as a note: the log carries no typed text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome, judge
from alur.models import locks

REFUSALS = {
    "later_closed": "The month that ends on {later:day} is closed too. Open that one first.",
    "no_reason": "Say why the month that ends on {ends_on:day} is opened again; the reason stays with it.",
}

JUDGE = """
WITH asked AS (SELECT * FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS a(id, reason))
SELECT p.id,
       CASE WHEN p.state = 'open' THEN 'already' WHEN l.starts_on IS NOT NULL THEN 'later_closed' WHEN r.reason = '' THEN 'no_reason' END,
       jsonb_build_object('ends_on', (p.starts_on + interval '1 month - 1 day')::date, 'later', (l.starts_on + interval '1 month - 1 day')::date)
  FROM asked r JOIN period p ON p.id = r.id
  LEFT JOIN LATERAL (SELECT max(x.starts_on) AS starts_on FROM period x WHERE x.state = 'closed' AND x.starts_on > p.starts_on
                        AND x.id NOT IN (SELECT id FROM asked WHERE reason <> '')) l ON true
 ORDER BY p.starts_on DESC
"""
MOVE = """
WITH told AS (
    INSERT INTO note (subject_kind, subject_id, body, by, at)
    SELECT 'period', n.id, n.body, %(by)s, %(at)s FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS n(id, body)
)
UPDATE period SET state = 'open' WHERE id = ANY(%(ids)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Reopen:
    """Why a closed month takes postings again."""

    reason: str = ""


def reopen_period(months: Mapping[int, Reopen | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Open these months of the books again."""
    given = {i: (each if isinstance(each, Reopen) else Reopen(**each)).reason.strip() for i, each in months.items()}
    locks.periods(given)
    outcome = judge(JUDGE, list(given), reasons=list(given.values()))
    if outcome.moved:
        with sql.pipeline():
            sql.run(MOVE, ids=outcome.moved, reasons=[given[i] for i in outcome.moved], by=by, at=at)
            log.write([log.Record("period.reopened", i, None, "period", {"ends_on": outcome.facts[i]["ends_on"]}) for i in outcome.moved], by=by, at=at)
    return outcome
