"""What the books say: the trial balance of a day, the journal, an account with its running balance. Debit is positive.

Each line names its subject (an invoice, a payment, a delivery ...) by kind and id, so that a page can link to what caused it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from alur.core import sql

PAGE = 50

# One pass over the lines: what stood before the span, what came within it.
TRIAL = """
SELECT a.code, a.name_id, a.name_en, a.kind, coalesce(s.opening, 0) AS opening, coalesce(s.debit, 0) AS debit, coalesce(s.credit, 0) AS credit,
       coalesce(s.opening + s.debit - s.credit, 0) AS closing
  FROM account a
  LEFT JOIN (SELECT l.account, coalesce(sum(l.amount) FILTER (WHERE e."on" < %(since)s), 0) AS opening,
                    coalesce(sum(l.amount) FILTER (WHERE e."on" >= %(since)s AND l.amount > 0), 0) AS debit,
                    coalesce(-sum(l.amount) FILTER (WHERE e."on" >= %(since)s AND l.amount < 0), 0) AS credit
               FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id WHERE e."on" <= %(until)s GROUP BY l.account) s ON s.account = a.code
 ORDER BY a.code
"""
ENTRIES = """
SELECT e.id, e.kind, e."on", e.at, e.subject_kind, e.subject_id FROM journal_entry e
 WHERE e."on" BETWEEN %(since)s AND %(until)s AND (%(kind)s = '' OR e.kind = %(kind)s)
   AND (%(subject_kind)s = '' OR (e.subject_kind = %(subject_kind)s AND e.subject_id = %(subject_id)s))
   AND (%(account)s = 0 OR EXISTS (SELECT FROM journal_line l WHERE l.entry_id = e.id AND l.account = %(account)s))
   AND (%(customer_id)s = 0 OR EXISTS (SELECT FROM journal_line l WHERE l.entry_id = e.id AND l.customer_id = %(customer_id)s))
 ORDER BY e."on" DESC, e.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""
LINES = """
SELECT l.entry_id, l.account, a.name_id, a.name_en, greatest(l.amount, 0) AS debit, greatest(-l.amount, 0) AS credit, l.customer_id, c.name AS customer
  FROM journal_line l JOIN account a ON a.code = l.account LEFT JOIN customer c ON c.id = l.customer_id
 WHERE l.entry_id = ANY(%(ids)s::bigint[]) ORDER BY l.entry_id, l.amount < 0, l.account, l.id
"""
KINDS = "SELECT DISTINCT kind FROM journal_entry ORDER BY kind"
ACCOUNT = "SELECT code, name_id, name_en, kind FROM account WHERE code = %(account)s"
OPENING = """
SELECT coalesce(sum(l.amount), 0) AS opening FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id WHERE l.account = %(account)s AND e."on" < %(since)s
"""
MOVES = """
SELECT e.id, e.kind, e."on", e.subject_kind, e.subject_id, greatest(l.amount, 0) AS debit, greatest(-l.amount, 0) AS credit, l.customer_id, c.name AS customer,
       sum(l.amount) OVER (ORDER BY e."on", e.id, l.id) AS balance, count(*) OVER () AS every
  FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id LEFT JOIN customer c ON c.id = l.customer_id
 WHERE l.account = %(account)s AND e."on" BETWEEN %(since)s AND %(until)s
 ORDER BY e."on", e.id, l.id LIMIT %(limit)s OFFSET %(offset)s
"""
DAWN = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the journal is asked for; every field has a neutral value."""

    since: date = DAWN
    until: date = date.max
    account: int = 0
    kind: str = ""
    subject_kind: str = ""
    subject_id: int = 0
    customer_id: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal entry with its lines, debits first."""

    entry: Any
    lines: list[Any]


@dataclass(frozen=True, slots=True)
class Account:
    """A page of an account: what it stood at before, each move with the balance after it, how many there are in all."""

    account: Any
    opening: Decimal
    moves: list[Any]
    every: int


def trial_balance(until: date, since: date = DAWN) -> list[Any]:
    """Every account as of a day: what it stood at before the span, debits and credits within it, what it stands at."""
    return sql.read(TRIAL, since=since, until=until)


def journal(asked: Asked) -> list[Entry]:
    """A page of the journal, the newest first."""
    entries = sql.read(ENTRIES, limit=PAGE, **{name: getattr(asked, name) for name in Asked.__slots__})
    lines = {key: list(group) for key, group in groupby(sql.read(LINES, ids=[e.id for e in entries]), key=lambda line: line.entry_id)}
    return [Entry(entry, lines.get(entry.id, [])) for entry in entries]


def kinds() -> list[str]:
    """The kinds of entries there are, for a filter."""
    return [row.kind for row in sql.read(KINDS)]


def account(code: int, since: date = DAWN, until: date = date.max, offset: int = 0) -> Account | None:
    """A page of an account, the oldest first."""
    found = sql.read(ACCOUNT, account=code)
    if not found:
        return None
    opening = sql.read(OPENING, account=code, since=since)[0].opening
    moves = sql.read(MOVES, account=code, since=since, until=until, limit=PAGE, offset=offset)
    moves = [move._replace(balance=opening + move.balance) for move in moves]
    return Account(found[0], opening, moves, moves[0].every if moves else 0)
