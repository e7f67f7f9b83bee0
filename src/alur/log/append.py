"""Write events: any number in one statement, in the transaction of the change they tell of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alur.core import sql
from alur.core.step import QUIET, Outcome

WRITE = """
INSERT INTO event (kind, subject_kind, subject_id, order_id, actor, at, data)
SELECT e.kind, e.subject_kind, e.subject_id, e.order_id, e.actor, e.at, e.data
  FROM unnest(%(kind)s::text[], %(subject_kind)s::text[], %(subject_id)s::bigint[], %(order_id)s::bigint[], %(actor)s::text[], %(at)s::timestamptz[],
              %(data)s::jsonb[]) AS e(kind, subject_kind, subject_id, order_id, actor, at, data)
"""
COLUMNS = ("kind", "subject_kind", "subject_id", "order_id", "actor", "at", "data")
Row = tuple[str, str, int, int | None, str, datetime, str]


@dataclass(frozen=True, slots=True)
class Record:
    """One event: what happened to which row, of which order. data: ids, codes, numbers, dates only (`kinds.py`)."""

    kind: str
    subject_id: int
    order_id: int | None = None
    subject_kind: str = "order"
    data: Mapping[str, Any] = field(default_factory=dict)


def write(records: Iterable[Record], *, by: str, at: datetime) -> None:
    """Append these events: when the transaction of the step ends, all of its events in one statement."""
    sql.later(_write, [(r.kind, r.subject_kind, r.subject_id, r.order_id, by, at, sql.dumps(r.data)) for r in records])


def _write(rows: list[Row]) -> None:
    if rows:
        sql.run(WRITE, **dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True)))


def append(outcome: Outcome, *, moved: str, by: str, at: datetime, refused: str = "", data: Mapping[str, Any] | None = None) -> None:
    """Append what a step over orders did: one event for each that moved (with its facts), one for each refusal that is worth telling.

    Quiet verdicts (`waits_for_ahead`, `too_early`, a wrong state) write nothing. data: said of every order that moved.
    """
    told = [Record(moved, i, i, data={**(data or {}), **outcome.facts.get(i, {})}) for i in outcome.moved]
    if refused:
        told += [Record(refused, r.id, r.id, data={"code": r.code, **r.facts}) for r in outcome.refused if r.code not in QUIET]
    write(told, by=by, at=at)
