"""Sums over append-only rows, for any number of them in a few milliseconds: settled rows are added up once a process and kept.

Rows are append-only, so a sum over old ones stays right. What may be kept is what no transaction can still add to: `top` was the newest row when
`xmax` was the next transaction; once the oldest running transaction is at or past `xmax`, whoever drew an id up to `top` is over. Rows above what is
kept are read anew every time, so the answer is exact at any moment.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, LiteralString, TypeVar

from django.db import connection

from alur.core import company, sql

K = TypeVar("K")
V = TypeVar("V")
NEWEST = 2**63 - 1


def now_of(table: LiteralString) -> LiteralString:
    """The table as it is now: it is another one after a drop, a TRUNCATE or a restored back-up."""
    return f"""
SELECT '{table}'::regclass::oid::bigint AS oid, pg_relation_filenode('{table}')::bigint AS node, pg_postmaster_start_time() AS started,
       coalesce((SELECT max(id) FROM {table}), 0) AS top, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax
"""


@dataclass(slots=True)
class Kept(Generic[K, V]):
    """Sums up to a row, and the row up to which they may go next."""

    table: tuple[Any, ...] = ()
    upto: int = 0
    sums: dict[K, V] = field(default_factory=dict)
    next: tuple[int, int] | None = None  # (top, xmax)


@dataclass(slots=True)
class Sums(Generic[K, V]):
    """now: the table's `now_of`; read: the sums of the rows after one id and up to another, by key, of values that can be added."""

    now: LiteralString
    read: Callable[[int, int], dict[K, V]]
    kept: dict[str, Kept[K, V]] = field(default_factory=dict)
    lock: Any = field(default_factory=Lock)

    def all(self) -> dict[K, V]:
        """The sums up to this moment."""
        if connection.in_atomic_block:  # what this transaction wrote may still be taken back: nothing of it is kept
            return self.read(0, NEWEST)
        with self.lock:
            kept = self.kept.setdefault(company.current().schema, Kept())
            now = sql.read(self.now)[0]
            if kept.table != now[:3] or now.top < kept.upto:
                kept.table, kept.upto, kept.sums, kept.next = now[:3], 0, {}, None
            if kept.next and now.xmin >= kept.next[1]:
                top = kept.next[0]
                kept.sums, kept.upto, kept.next = _added(kept.sums, self.read(kept.upto, top)), top, None
            if kept.next is None and now.top > kept.upto:
                kept.next = (now.top, now.xmax)
            sums, upto = kept.sums, kept.upto
        return _added(sums, self.read(upto, NEWEST)) if now.top > upto else sums


def _added(one: dict[K, Any], other: dict[K, Any]) -> dict[K, Any]:
    found = dict(one)
    for key, value in other.items():
        found[key] = found[key] + value if key in found else value
    return found
