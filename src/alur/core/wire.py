"""The wire to PostgreSQL: prepared statements sent through libpq itself, any number in one go.

A cursor takes twice the client's time for the same statement, and its pipeline four times (docs/performance.md). A statement is prepared once
a connection for the types of its values; what waits travels in order, with BEGIN before it and COMMIT behind it where they belong.
"""

import json
import re
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.json import JsonbLoader, set_json_loads
from psycopg.types.numeric import Int8Dumper

Key = tuple[str, tuple[int, ...]]  # a statement and the types of its values
AHEAD = 16_384  # bytes of values that are worth a trip of their own: PostgreSQL begins with them while the next are written
PLACE = re.compile(r"%(?:\((\w+)\)s|(%)|)")


@dataclass(slots=True)
class Asked:
    """A statement with its values, on its way."""

    key: Key
    query: bytes
    values: Any
    formats: Any
    answer: PGresult | None = None


class Wire:
    """What one connection has prepared, what waits to be sent, and what was sent and is not answered yet."""

    def __init__(self, raw: psycopg.Connection) -> None:
        """Speak over this connection."""
        self.raw = raw
        self.waiting: list[Asked] = []
        self.locked: dict[str, set[int]] = {}  # what the open transaction holds, by noun
        self.later: dict[Callable[[list[Any]], None], list[Any]] = {}  # what is written at the end of the transaction, and by whom
        self._size = 0  # of the values that wait, in bytes
        self._sent: list[Asked | None] = []  # each answer to come; None = of BEGIN, COMMIT or a preparation
        self._prepared: dict[Key, bytes] = {}
        self._fresh: dict[Key, bytes] = {}  # prepared in this go
        self._names = count()
        self._values = Transformer.from_context(tongue(psycopg.Cursor(raw)))

    def ask(self, statement: str, params: dict[str, Any]) -> Asked:
        """Let a statement wait; `send` brings its answer."""
        query, names, formats = _compiled(statement)
        given = [params[name] for name in names]
        values = list[Any](self._values.dump_sequence([None if type(value) is list else value for value in given], formats))
        for n, value in enumerate(given):
            if type(value) is list:
                values[n] = _array(value)
                self._size += len(values[n])
        asked = Asked((statement, self._values.types or ()), query, values, self._values.formats)
        self.waiting.append(asked)
        if self._size > AHEAD:
            self._push()
        return asked

    def load(self, answer: PGresult, make: Callable[[Any], Any]) -> list[Any]:
        """The rows of an answer."""
        self._values.set_pgresult(answer)
        return self._values.load_rows(0, answer.ntuples, make)

    def send(self, *, commit: bool = False) -> None:
        """Send all that waits, with BEGIN before it where none was sent yet, and COMMIT behind it if wanted; fetch the answers."""
        server = self.raw.pgconn
        if not self.waiting and not self._sent and not (commit and server.transaction_status == TransactionStatus.INTRANS):
            return
        self._push(commit=commit)
        sent, self._sent = self._sent, []
        fresh, self._fresh = self._fresh, {}
        try:
            server.pipeline_sync()
            answers = self.raw.wait(_answers(server, len(sent) + 1))
        finally:
            self._leave()
        for answer, asked in zip(answers, sent, strict=False):
            if answer.status == ExecStatus.FATAL_ERROR:
                raise _error(answer, server)
            if asked:
                asked.answer = answer
        self._prepared |= fresh

    def forget(self) -> None:
        """Drop what waits; what was sent already is answered, and nobody looks."""
        self.waiting.clear()
        self._size = 0
        if self._sent:
            with suppress(psycopg.Error):
                self.send()

    def _push(self, *, commit: bool = False) -> None:
        """Send what waits and look for no answer: PostgreSQL works while we prepare what comes next."""
        waiting, self.waiting, self._size = self.waiting, [], 0
        server = self.raw.pgconn
        try:
            if not self._sent:
                begin = bool(waiting) and not self.raw.autocommit and server.transaction_status == TransactionStatus.IDLE
                server.enter_pipeline_mode()
                if begin:
                    self._add(server, b"BEGIN")
            for asked in waiting:
                name = self._prepared.get(asked.key) or self._fresh.get(asked.key)
                if name is None:
                    name = self._fresh[asked.key] = b"alur%d" % next(self._names)
                    server.send_prepare(name, asked.query, asked.key[1])
                    self._sent.append(None)
                server.send_query_prepared(name, asked.values, asked.formats)
                self._sent.append(asked)
            if commit:
                self._add(server, b"COMMIT")
            server.flush()
        except BaseException:
            self._sent, self._fresh = [], {}
            self._leave()
            raise

    def _add(self, server: PGconn, command: bytes) -> None:
        server.send_query_params(command, None)
        self._sent.append(None)

    def _leave(self) -> None:
        try:
            self.raw.pgconn.exit_pipeline_mode()
        except psycopg.OperationalError:  # interrupted: nobody knows what is still to come
            self.raw.close()


_wires: WeakKeyDictionary[psycopg.Connection, Wire] = WeakKeyDictionary()


def of(raw: psycopg.Connection) -> Wire:
    """The wire of a connection: one, so that what is prepared stays so."""
    found = _wires.get(raw)
    if found is None:
        found = _wires[raw] = Wire(raw)
    return found


def _answers(server: PGconn, wanted: int) -> Generator[Any, Any, list[PGresult]]:
    """Send what libpq could not yet, and fetch so many answers."""
    if server.flush():
        yield from generators.send(server)
    found: list[PGresult] = []
    for _ in range(wanted):
        found += yield from generators.fetch_many(server)
    return found


def _error(answer: PGresult, server: PGconn) -> psycopg.Error:
    error = psycopg.errors.error_from_result(answer)
    if server.status == ConnStatus.BAD and not isinstance(error, psycopg.OperationalError):
        return psycopg.OperationalError(str(error))
    return error


@cache
def _compiled(statement: str) -> tuple[bytes, tuple[str, ...], list[PyFormat]]:
    """A statement as the server wants it, the names of its values in order, and how each is sent."""
    names: dict[str, int] = {}

    def place(found: re.Match[str]) -> str:
        name, percent = found.groups()
        if name is None:
            if percent is None:
                raise psycopg.ProgrammingError(f"a percent sign stands alone in: {statement}; write %% for one")
            return percent
        return f"${names.setdefault(name, len(names) + 1)}"

    query = PLACE.sub(place, statement).encode()
    return query, tuple(names), [PyFormat.AUTO] * len(names)


def tongue(cursor: psycopg.Cursor) -> psycopg.Cursor:
    """How values are written and read: exact numbers in JSON, one type for whole numbers."""
    cursor.adapters.register_loader("jsonb", JsonbLoader)
    set_json_loads(_loads, cursor)
    cursor.adapters.register_dumper(int, Int8Dumper)  # else 300 is int2 and 70000 int4: one statement, three plans
    return cursor


def _loads(text: str | bytes) -> object:
    return json.loads(text, parse_float=Decimal)


def _array(values: list[Any]) -> bytes:
    """A list as PostgreSQL's array text, ten times as fast as psycopg's own; its type comes from the cast in the statement (`::bigint[]`).

    The type is not told with the value, so [1, 300] and [70000] share one prepared statement, and an empty list needs none.
    """
    sample = values[0] if values else None
    if sample is None:
        sample = next((value for value in values if value is not None), None)
    if isinstance(sample, str):
        return _texts(values)
    if isinstance(sample, list | tuple):
        raise TypeError("an array of arrays has no text here: pass its parts side by side")
    return ("{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}").encode()


def _texts(texts: list[str | None]) -> bytes:
    if None not in texts:
        written = '","'.join(texts)  # type: ignore[arg-type]
        if written.count('"') == 2 * (len(texts) - 1) and "\\" not in written:
            return ('{"' + written + '"}').encode()
    return ("{" + ",".join(["NULL" if text is None else _quote(text) for text in texts]) + "}").encode()


def _quote(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
