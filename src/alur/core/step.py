"""A step: one verb over a set. This file knows how any step is run; the steps themselves live in `flow/` and `supply/`.

Every step has four beats: lock, judge, move, log. `run` is their only caller, from every edge. It opens the transaction, repeats it when
PostgreSQL asks for that (a deadlock, a serialization failure), and when a set fails for a reason no judge foresaw it halves the set until
the offender is alone; the others move on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, LiteralString, TypeVar, cast

import psycopg
from django.db import connection, transaction
from django.db.utils import Error as DjangoError

from alur.core import sql
from alur.core.database.base import DatabaseWrapper

T = TypeVar("T")
WORKER = "worker"
CAP = 10_000  # ids a call; who has more loops over pages of a worklist
TRIES = 4  # the first and three repeats
# in the way of another transaction; a key that is taken: who looks once more finds whose it is
AGAIN = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected, psycopg.errors.UniqueViolation)
WAKE = "SELECT pg_notify('alur', current_schema())"
QUIET = frozenset({"waits_for_ahead", "too_early", "not_found", "wrong_state", "held"})  # verdicts that say "not now": no event


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an id did not move: a code (API), and the facts its sentence is made of."""

    id: int
    code: str
    facts: dict[str, Any]


@dataclass(slots=True)
class Outcome:
    """An answer for every id: moved, already there, or refused. `facts` holds what an id's event should say."""

    moved: list[int] = field(default_factory=list)
    already: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    facts: dict[int, dict[str, Any]] = field(default_factory=dict)
    made: dict[int, int] = field(default_factory=dict)  # of drafts: the door's key -> the row it became, or was already

    def add(self, other: "Outcome") -> None:
        """Take another part's answers in."""
        self.moved += other.moved
        self.already += other.already
        self.refused += other.refused
        self.facts |= other.facts
        self.made |= other.made

    def refuse(self, subject: int, code: str, **facts: Any) -> None:
        """Answer an id with a refusal."""
        self.refused.append(Refusal(subject, code, facts))


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the process table (`flow/map.py`)."""

    name: str  # check.verify
    do: Callable[..., Outcome]
    takes: str
    gives: str
    event: str
    roles: tuple[str, ...] = ()
    auto: bool = False
    noun: str = "order"  # what its ids are
    p: int = 0  # the P-number of process.md
    refusals: Mapping[str, str] = field(default_factory=dict)
    waiting: LiteralString = ""  # its worklist in queue order, claimed; takes %(limit)s and %(at)s
    needs: tuple[str, ...] = ()  # fields of its input, if it takes {id: input}
    on_broken: Callable[["Step", Any, str, datetime], Outcome] | None = None


def judge(statement: LiteralString, ids: Sequence[int], **params: Any) -> Outcome:
    """Ask a JUDGE statement for each id's verdict: rows (id, verdict, facts); verdict NULL = moves, 'already', or a refusal's code.

    An id that the statement does not answer is refused `not_found`.
    """
    outcome, seen = Outcome(), set()
    for subject, verdict, facts in sql.rows(statement, ids=list(ids), **params):
        seen.add(subject)
        if verdict is None:
            outcome.moved.append(subject)
            if facts:
                outcome.facts[subject] = facts
        elif verdict == "already":
            outcome.already.append(subject)
        else:
            outcome.refused.append(Refusal(subject, verdict, facts or {}))
    for subject in ids:
        if subject not in seen:
            outcome.refuse(subject, "not_found")
    return outcome


def run(step: Step, items: Iterable[Any] | None = None, *, by: str, at: datetime, limit: int = 1000, **options: Any) -> Outcome:
    """Run a step on these ids, `{id: input}` or drafts; without items on what waits for it (claimed, SKIP LOCKED).

    The answer covers every item. Options go to the step as they are (a reason, a day).
    """
    if items is None:
        return _claimed(step, by=by, at=at, limit=limit, **options)
    given: Any = dict(items) if isinstance(items, Mapping) else list(dict.fromkeys(items)) if step.noun != "draft" else list(items)
    outcome = Outcome()
    for start in range(0, max(len(given), 1), CAP):
        part = _part(given, start, start + CAP)
        if part:
            outcome.add(_halving(step, part, by=by, at=at, **options))
    return outcome


def chain(steps: Sequence[Step], *, by: str, at: datetime, limit: int = 1) -> dict[str, Outcome]:
    """Run consecutive automatic steps of one small set in one transaction: fewer commits, same events.

    The first step's worklist is claimed; each later step takes those that the one before did not refuse.
    If anything unforeseen happens nothing is kept, and the steps run one by one.
    """
    try:
        return _repeat(lambda: _chained(steps, by=by, at=at, limit=limit))
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise
    except Exception:  # noqa: BLE001  the offender is found by running the steps alone
        return {step.name: run(step, by=by, at=at, limit=limit) for step in steps}


def _chained(steps: Sequence[Step], *, by: str, at: datetime, limit: int) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    ids = _claim(steps[0], at, limit)
    for step in steps:
        outcomes[step.name] = outcome = step.do(ids, by=by, at=at) if ids else Outcome()
        ids = sorted(outcome.moved + outcome.already)
    return outcomes


def wanted(steps: Iterable[Step], *, at: datetime) -> set[str]:
    """The names of those steps for which anything waits, asked in one round trip."""

    def look() -> set[str]:
        asked = {step.name: sql.ask(step.waiting, at=at, limit=1) for step in steps}
        return {name for name, answer in asked.items() if answer.ids()}

    return _repeat(look)


def _claim(step: Step, at: datetime, limit: int) -> list[int]:
    """What waits for a step; orders come locked (FOR NO KEY UPDATE SKIP LOCKED)."""
    ids = sql.ids(step.waiting, at=at, limit=limit)
    return sql.unlocked(step.noun, ids) if step.noun == "order" else ids


def _claimed(step: Step, *, by: str, at: datetime, limit: int, **options: Any) -> Outcome:
    claimed: list[int] = []

    def work() -> Outcome:
        claimed[:] = _claim(step, at, limit)
        return step.do(list(claimed), by=by, at=at, **options) if claimed else Outcome()

    try:
        return _repeat(work)
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise
    except Exception:
        if not claimed:
            raise
        return _halving(step, claimed, by=by, at=at, **options)


def _halving(step: Step, items: Any, *, by: str, at: datetime, **options: Any) -> Outcome:
    try:
        return _repeat(lambda: step.do(items, by=by, at=at, **options), wake=by != WORKER)
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise  # the connection or the server, not the set
    except Exception as error:
        if len(items) == 1:
            broken, reason = step.on_broken, reason_of(error)
            if broken is None:
                raise
            return _repeat(lambda: broken(step, next(iter(items)), reason, at))
        middle = len(items) // 2
        outcome = _halving(step, _part(items, 0, middle), by=by, at=at, **options)
        outcome.add(_halving(step, _part(items, middle, len(items)), by=by, at=at, **options))
        return outcome


def _repeat(work: Callable[[], T], *, wake: bool = False) -> T:
    """Do work in a transaction of its own; again when PostgreSQL says that another transaction was in the way."""
    for attempt in range(TRIES):
        try:
            connection.ensure_connection()
            cast(DatabaseWrapper, connection).for_steps()
            with transaction.atomic(), sql.pipeline(commit=len(connection.atomic_blocks) == 1):
                result = work()
                if wake:
                    cast(DatabaseWrapper, connection).wire().ask(WAKE, {})
                return result
        except (psycopg.Error, DjangoError) as error:
            cause = error if isinstance(error, psycopg.Error) else error.__cause__
            if isinstance(cause, AGAIN) and attempt + 1 < TRIES and not connection.in_atomic_block:
                continue
            if isinstance(cause, psycopg.Error) and cause is not error:
                raise cause from None
            raise
    raise AssertionError


def _part(items: Any, start: int, end: int) -> Any:
    if isinstance(items, Mapping):
        return dict(list(items.items())[start:end])
    return items[start:end]


def reason_of(error: BaseException) -> str:
    """What broke, as a code: the constraint's name, or the kind of error."""
    if isinstance(error, psycopg.Error) and error.diag.constraint_name:
        return error.diag.constraint_name
    return type(error).__name__
