"""The one door to SQL: literal text in, plain rows out.

What wants no answer (`run`) waits, within a step, until something is asked; then all of it travels together (core/wire.py), and COMMIT with the
last: a set of one costs as much as its round trips. If it fails, whoever sent it is told. Pages go through `read`, planned anew for the values
at hand. Reference: speed.md 1, 2, 6.
"""

import json
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
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


def _wire() -> Wire:
    return cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS]).wire()


def _counted() -> None:
    counted = _count.get()
    if counted is not None:
        counted.statements += 1


def _ask(statement: LiteralString, params: dict[str, Any]) -> tuple[Wire, PGresult]:
    _counted()
    wire = _wire()
    return wire, wire.ask(statement, params)


def run(statement: LiteralString, **params: Any) -> None:
    """Run a statement that changes or locks something. Within a step it waits for the next question, or for the end."""
    _counted()
    wire = _wire()
    wire.add(statement, params)
    if not wire.patient:
        wire.send()


def rows(statement: LiteralString, **params: Any) -> Rows:
    """Run a statement and give its rows, each with its columns by name."""
    wire, answer = _ask(statement, params)
    return wire.load(answer, _row(tuple(answer.fname(n) or b"" for n in range(answer.nfields))))


def ids(statement: LiteralString, **params: Any) -> list[int]:
    """The first column of every row."""
    wire, answer = _ask(statement, params)
    return wire.load(answer, first)


def one(statement: LiteralString, **params: Any) -> Any:
    """The first column of the first row, or None."""
    wire, answer = _ask(statement, params)
    return next(iter(wire.load(answer, first)), None)


def read(statement: LiteralString, **params: Any) -> Rows:
    """Rows for a page or report: planned for these values, with PostgreSQL's usual settings."""
    database = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
    database.for_pages()
    _counted()
    with psycopg.ClientCursor(database.wire().raw) as page:
        wires.tongue(page)
        page.execute(statement, params)
        make = _row(tuple(column.name.encode() for column in page.description or ()))
        return [make(row) for row in page.fetchall()]


@cache
def _row(names: tuple[bytes, ...]) -> Callable[[Sequence[Any]], Any]:
    """What makes a named tuple of a row; its class's own way asks how many columns there are, for every row."""
    made: Any = namedtuple("Row", [name.decode() for name in names], rename=True)  # type: ignore[bad-class-definition]  # noqa: PYI024  its columns are the statement's
    return partial(tuple.__new__, made)


@contextmanager
def pipeline(*, commit: bool = False) -> Iterator[None]:
    """What is run here waits for the next question, or for the end of the outermost pipeline; commit: COMMIT goes with it."""
    wire = _wire()
    before, wire.patient = wire.patient, True
    try:
        yield
        if not before:
            wire.send(commit=commit)
    except BaseException:
        wire.waiting.clear()
        raise
    finally:
        wire.patient = before


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


__all__ = ("Count", "as_json", "columns", "counting", "dumps", "ids", "one", "pipeline", "read", "rows", "run")
