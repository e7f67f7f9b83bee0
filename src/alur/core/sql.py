"""The one door to SQL: literal text in, plain rows out.

Steps run on psycopg's own cursor over Django's connection, prepared and planned once (reference: speed.md 1, 2): two and a half times
as fast as Django's cursor. Pages go through `read`, planned anew for the values at hand.
"""

import json
from collections import namedtuple
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import starmap
from typing import Any, LiteralString, cast
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from psycopg.adapt import Dumper
from psycopg.types.json import Jsonb, JsonbLoader, set_json_loads
from psycopg.types.numeric import Int8Dumper

from alur.core.database.base import DatabaseWrapper

Rows = list[Any]

_cursors: WeakKeyDictionary[psycopg.Connection, psycopg.Cursor] = WeakKeyDictionary()
_pipelined: WeakKeyDictionary[psycopg.Connection, bool] = WeakKeyDictionary()
_shapes: dict[str, Any] = {}


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
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)


class _Array(Dumper):
    """A list as PostgreSQL's array text, ten times as fast as psycopg's own; its type comes from the cast in the statement (`::bigint[]`).

    The type is not told with the value, so [1, 300] and [70000] share one prepared statement, and an empty list needs none.
    """

    oid = 0

    def dump(self, obj: list[Any]) -> bytes:
        sample = next((value for value in obj if value is not None), None)
        write = _quote if isinstance(sample, str) else str
        if isinstance(sample, list | tuple):
            raise TypeError("an array of arrays has no text here: pass its parts side by side")
        return ("{" + ",".join(["NULL" if value is None else write(value) for value in obj]) + "}").encode()


def _quote(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _loads(text: str | bytes) -> object:
    return json.loads(text, parse_float=Decimal)


def cursor() -> psycopg.Cursor:
    """The step cursor of this connection: one a connection, so that prepared statements are kept."""
    connection.ensure_connection()
    raw = cast(psycopg.Connection, connection.connection)
    found = _cursors.get(raw)
    if found is None or found.closed:
        found = psycopg.Cursor(raw)
        found.adapters.register_loader("jsonb", JsonbLoader)
        set_json_loads(_loads, found)
        found.adapters.register_dumper(int, Int8Dumper)  # else 300 is int2 and 70000 int4: one statement, three plans
        found.adapters.register_dumper(list, _Array)
        _cursors[raw] = found
    return found


def _execute(statement: LiteralString, params: dict[str, Any]) -> psycopg.Cursor:
    counted = _count.get()
    if counted is not None:
        counted.statements += 1
    return cursor().execute(statement, params, prepare=True)


def run(statement: LiteralString, **params: Any) -> int:
    """Run a statement that changes something; how many rows it touched (-1 inside a pipeline)."""
    found = _execute(statement, params)
    return -1 if _pipelined.get(cast(psycopg.Connection, connection.connection)) else found.rowcount


def rows(statement: LiteralString, **params: Any) -> Rows:
    """Run a statement and give its rows, each with its columns by name."""
    found = _execute(statement, params)
    make = _shapes.get(statement)  # a statement's columns stay the same; asking for their names costs more than a small set
    if make is None:
        make = _shapes[statement] = _row(tuple(column.name for column in found.description or ()))
    return list(starmap(make, found.fetchall()))


def ids(statement: LiteralString, **params: Any) -> list[int]:
    """The first column of every row."""
    return [row[0] for row in _execute(statement, params).fetchall()]


def one(statement: LiteralString, **params: Any) -> Any:
    """The first column of the first row, or None."""
    row = _execute(statement, params).fetchone()
    return None if row is None else row[0]


def read(statement: LiteralString, **params: Any) -> Rows:
    """Rows for a page or report: planned for these values, with PostgreSQL's usual settings."""
    connection.ensure_connection()
    cast(DatabaseWrapper, connection).for_pages()
    counted = _count.get()
    if counted is not None:
        counted.statements += 1
    with psycopg.ClientCursor(cast(psycopg.Connection, connection.connection)) as page:
        page.adapters.register_loader("jsonb", JsonbLoader)
        set_json_loads(_loads, page)
        page.execute(statement, params)
        make = _row(tuple(column.name for column in page.description or ()))
        return list(starmap(make, page.fetchall()))


@cache
def _row(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)  # type: ignore[bad-class-definition]  its columns are the statement's


@contextmanager
def pipeline() -> Iterator[None]:
    """Send what follows together: several changes, one round trip. Only `run` may be used inside."""
    raw = cast(psycopg.Connection, cursor().connection)
    with raw.pipeline():
        _pipelined[raw] = True
        try:
            yield
        finally:
            _pipelined[raw] = False


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


__all__ = ("Count", "as_json", "columns", "counting", "cursor", "dumps", "ids", "one", "pipeline", "read", "rows", "run")
