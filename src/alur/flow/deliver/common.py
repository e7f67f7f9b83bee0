"""What every step over deliveries does alike: answer each, and tell each order it serves.

A delivery has no order of its own: its lines say which orders ride on it, and its events are written once for each of them.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, LiteralString

from alur import log
from alur.books import periods
from alur.core import sql
from alur.core.step import QUIET, Outcome

SENTENCES = {
    "period_closed": "The month of {on:day} is closed, so nothing of {delivery} can be booked on that day. Open the month, then report it again.",
}

NOTE = """
INSERT INTO note (subject_kind, subject_id, body, by, at)
SELECT 'delivery', n.id, n.body, %(by)s, %(at)s FROM unnest(%(id)s::bigint[], %(body)s::text[]) AS n(id, body)
RETURNING subject_id, id
"""


def day(said: date | str | None) -> date | None:
    """A day, however a door wrote it; None if it is none."""
    if said is None or isinstance(said, date):
        return said
    try:
        return date.fromisoformat(said.strip())
    except ValueError:
        return None


def notes(said: Mapping[int, str], *, by: str, at: datetime) -> dict[int, int]:
    """Keep what was said of deliveries beside them; the note of each, for its event: typed words are no part of the log."""
    words = {i: body.strip() for i, body in said.items() if body.strip()}
    return {row.subject_id: row.id for row in sql.rows(NOTE, id=list(words), body=list(words.values()), by=by, at=at)} if words else {}


def judge(statement: LiteralString, deliveries: Sequence[int], *, books_on: date | None = None, **params: Any) -> tuple[Outcome, list[Any]]:
    """Ask for each delivery's verdict: rows (id, verdict, facts, orders, ...); the rows come back for what else they know.

    books_on: the day on which what moves is booked; if its month is closed it is refused `period_closed`;
    a column `booked` says of which rows anything is.
    """
    outcome = Outcome()
    closed = periods.ask([books_on]) if books_on else None
    rows = sql.rows(statement, ids=list(deliveries), **params)
    shut = bool(closed and closed())
    for row in rows:
        if row.verdict is None and shut and getattr(row, "booked", True):
            outcome.refuse(row.id, "period_closed", delivery_id=row.id, on=books_on)
        elif row.verdict is None:
            outcome.moved.append(row.id)
        elif row.verdict == "already":
            outcome.already.append(row.id)
        else:
            outcome.refuse(row.id, row.verdict, **row.facts)
    for missing in sorted(set(deliveries) - {row.id for row in rows}):
        outcome.refuse(missing, "not_found")
    return outcome, rows


def told(outcome: Outcome, rows: Sequence[Any], *, moved: str | Mapping[int, str], refused: str) -> list[log.Record]:
    """One event for each order of a delivery that moved, and of one that was refused for a reason worth telling. moved: the kind, or that of each."""
    orders = {row.id: row.orders for row in rows}
    kind = dict.fromkeys(outcome.moved, moved) if isinstance(moved, str) else moved
    records = [log.Record(kind[i], i, o, "delivery", outcome.facts.get(i, {})) for i in outcome.moved for o in orders[i]]
    for r in outcome.refused:
        if r.code not in QUIET:
            records += [log.Record(refused, r.id, o, "delivery", {**r.facts, "code": r.code}) for o in orders.get(r.id, ())]
    return records
