"""The one door to SQL: literal text in, plain rows out.

What wants no answer (`run`) waits, within a step, until something is asked; then all of it travels together (core/wire.py), and COMMIT with the
last: a set of one costs as much as its round trips. If it fails, whoever sent it is told. Pages go through `read`, planned anew for the values
at hand. Reference: speed.md 1, 2, 6.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, partial
from operator import itemgetter
from typing import Any, LiteralString, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.pq.abc import PGresult
from psycopg.types.json import Jsonb

from alur.core import wire as wires
from alur.core.database.base import DatabaseWrapper
from alur.core.wire import Wire

Rows = list[Any]
first = itemgetter(0)


@dataclass
class Count:
    """How many statements went through the door while counting."""

    statements: int = 0


_count: ContextVar[Count | None] = ContextVar("count", default=None)


def as_json(value: object) -> Jsonb:
    """Make a value that goes into a jsonb column; Decimal and dates become text."""
    return Jsonb(value, dumps=dumps)


def dumps(value: object) -> str:
    """JSON text of a value that may hold Decimal and dates."""
    return _encode(value)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)


_encode = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":")).encode


_here: ContextVar[Wire | None] = ContextVar("here", default=None)  # of the step that runs


def _wire() -> Wire:
    return _here.get() or cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS]).wire()


class Answer:
    """What a statement answers: sent for when it is looked at, with all that was asked or run since the last."""

    __slots__ = ("_asked", "_wire")

    def __init__(self, statement: LiteralString, params: dict[str, Any]) -> None:
        """Let a statement wait."""
        if (counted := _count.get()) is not None:
            counted.statements += 1
        self._wire = _wire()
        self._asked = self._wire.ask(statement, params)

    def rows(self) -> Rows:
        """Its rows, each with its columns by name."""
        found, statement = self.wait(), self._asked.key[0]
        columns, make = _makers.get(statement, (0, None))
        if make is None or columns != found.nfields:
            columns = found.nfields
            make = _row(tuple(found.fname(n) or b"" for n in range(columns)))
            _makers[statement] = columns, make
        return self._wire.load(found, make)

    def ids(self) -> list[int]:
        """The first column of every row."""
        return self._wire.load(self.wait(), first)

    def one(self) -> Any:
        """The first column of the first row, or None."""
        return next(iter(self.ids()), None)

    def wait(self) -> PGresult:
        """Send for it, unless it is here."""
        if self._asked.answer is None:
            self._wire.send()
        return cast(PGresult, self._asked.answer)


def ask(statement: LiteralString, **params: Any) -> Answer:
    """Ask something whose answer is wanted later; what is asked together travels together."""
    return Answer(statement, params)


def run(statement: LiteralString, **params: Any) -> None:
    """Run a statement that changes or locks something. Within a step it waits for the next question, or for the end."""
    answer = Answer(statement, params)
    if _here.get() is None:
        answer.wait()


def rows(statement: LiteralString, **params: Any) -> Rows:
    """Run a statement and give its rows, each with its columns by name."""
    return Answer(statement, params).rows()


def ids(statement: LiteralString, **params: Any) -> list[int]:
    """The first column of every row."""
    return Answer(statement, params).ids()


def one(statement: LiteralString, **params: Any) -> Any:
    """The first column of the first row, or None."""
    return Answer(statement, params).one()


def read(statement: LiteralString, **params: Any) -> Rows:
    """Rows for a page or report: planned for these values, with PostgreSQL's usual settings."""
    database = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
    database.for_pages()
    if (counted := _count.get()) is not None:
        counted.statements += 1
    wire = database.wire()
    wire.send()
    with psycopg.ClientCursor(wire.raw) as page:
        wires.tongue(page)
        page.execute(statement, params)
        make = _row(tuple(column.name.encode() for column in page.description or ()))
        return [make(row) for row in page.fetchall()]


_makers: dict[str, tuple[int, Any]] = {}  # of each statement: how many columns, and what makes a row of them


@cache
def _row(names: tuple[bytes, ...]) -> Callable[[Sequence[Any]], Any]:
    """What makes a named tuple of a row; its class's own way asks how many columns there are, for every row."""
    made: Any = namedtuple("Row", [name.decode() for name in names], rename=True)  # type: ignore[bad-class-definition]  # noqa: PYI024  its columns are the statement's
    return partial(tuple.__new__, made)


@contextmanager
def pipeline(*, commit: bool = False) -> Iterator[None]:
    """What is run here waits for the next question, or for the end of the outermost pipeline; commit: COMMIT goes with it."""
    if _here.get() is not None:
        yield
        return
    wire = _wire()
    token = _here.set(wire)
    try:
        yield
        for write, items in wire.later.items():
            write(items)
        wire.send(commit=commit)
    except BaseException:
        wire.forget()
        raise
    finally:
        wire.later.clear()
        wire.locked.clear()
        _here.reset(token)


def later(write: Callable[[list[Any]], None], items: list[Any]) -> None:
    """Have these written at the end of the outermost pipeline, together with all others of their kind; without one, now."""
    wire = _here.get()
    if wire is None:
        write(items)
    else:
        wire.later.setdefault(write, []).extend(items)


def unlocked(noun: str, ids: Iterable[int]) -> list[int]:
    """Those of these rows that this step has not locked yet; from now on it has, until its transaction ends."""
    wire = _here.get()
    if wire is None:
        return list(ids)
    held = wire.locked.setdefault(noun, set())
    found = [i for i in ids if i not in held]
    held.update(found)
    return found


@contextmanager
def counting() -> Iterator[Count]:
    """Count the statements that go through this door."""
    token = _count.set(Count())
    try:
        yield cast(Count, _count.get())
    finally:
        _count.reset(token)


def columns(records: Sequence[Any], *names: str) -> dict[str, list[Any]]:
    """Turn records into arrays for `unnest`: {name: [value of each record]}."""
    return {name: [getattr(record, name) for record in records] for name in names}


__all__ = ("Answer", "Count", "as_json", "ask", "columns", "counting", "dumps", "ids", "later", "one", "pipeline", "read", "rows", "run", "unlocked")
