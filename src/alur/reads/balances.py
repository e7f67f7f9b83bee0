"""What every account moved on every day, for any number of postings in a few milliseconds: settled postings are added up once a process and kept.

Postings are append-only, so a sum over old ones stays right. What may be kept is what no transaction can still add to: `top` was the newest entry when
`xmax` was the next transaction; once the oldest running transaction is at or past `xmax`, whoever drew an entry id up to `top` is over. Entries above what is
kept are read anew every time, so the answer is exact at any moment.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from threading import Lock
from typing import Any

from django.db import connection

from alur.core import company, sql

ZERO = Decimal(0)
NEWEST = 2**63 - 1

# the table as it is now: it is another one after a drop, a TRUNCATE or a restored back-up
NOW = """
SELECT 'journal_entry'::regclass::oid::bigint AS oid, pg_relation_filenode('journal_entry')::bigint AS node, pg_postmaster_start_time() AS started,
       coalesce((SELECT max(id) FROM journal_entry), 0) AS top, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax
"""
SUMS = """
SELECT l.account, e."on" AS day, coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0) AS debit,
       coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0) AS credit, count(*) AS n
  FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id WHERE e.id > %(after)s AND e.id <= %(upto)s GROUP BY l.account, e."on"
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """Debits and credits of an account on some days, and how many lines."""

    debit: Decimal = ZERO
    credit: Decimal = ZERO
    n: int = 0

    def __add__(self, other: "Moved") -> "Moved":
        return Moved(self.debit + other.debit, self.credit + other.credit, self.n + other.n)

    @property
    def balance(self) -> Decimal:
        """Debit less credit."""
        return self.debit - self.credit


Days = dict[tuple[int, date], Moved]


@dataclass(slots=True)
class Kept:
    """Sums up to an entry, and the entry up to which they may go next."""

    table: tuple[Any, ...] = ()
    upto: int = 0
    days: Days = field(default_factory=dict)
    next: tuple[int, int] | None = None  # (top, xmax)


_kept: dict[str, Kept] = {}
_lock = Lock()


def by_day() -> Days:
    """What every account moved on every day, up to this moment."""
    if connection.in_atomic_block:  # what this transaction posted may still be taken back: nothing of it is kept
        return _added({}, _sums(0, NEWEST))
    with _lock:
        kept = _kept.setdefault(company.current().schema, Kept())
        now = sql.read(NOW)[0]
        if kept.table != now[:3] or now.top < kept.upto:
            kept.table, kept.upto, kept.days, kept.next = now[:3], 0, {}, None
        if kept.next and now.xmin >= kept.next[1]:
            top = kept.next[0]
            kept.days, kept.upto, kept.next = _added(kept.days, _sums(kept.upto, top)), top, None
        if kept.next is None and now.top > kept.upto:
            kept.next = (now.top, now.xmax)
        days, upto = kept.days, kept.upto
    return _added(days, _sums(upto, NEWEST)) if now.top > upto else days


def total(days: Days, *, account: int | None = None, start: date | None = None, before: date | None = None) -> dict[int, Moved]:
    """By account: what it moved from a day on and before another."""
    found: dict[int, Moved] = {}
    for (code, day), moved in days.items():
        if (account is None or code == account) and (start is None or day >= start) and (before is None or day < before):
            found[code] = found.get(code, Moved()) + moved
    return found


def _sums(after: int, upto: int) -> Days:
    return {(row.account, row.day): Moved(row.debit, row.credit, row.n) for row in sql.read(SUMS, after=after, upto=upto)}


def _added(one: Days, other: Days) -> Days:
    found = dict(one)
    for key, moved in other.items():
        found[key] = found[key] + moved if key in found else moved
    return found
