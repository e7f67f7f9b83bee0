"""The books as pages show them: the trial balance on a day, an account over a month and over a day, the journal."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, LiteralString

from alur.core import sql
from alur.reads import balances
from alur.reads.balances import Moved

PAGE = 50
FEW = 200  # lines of a month that are shown at once; more are shown by day

ACCOUNTS = "SELECT code, name_id, name_en, kind FROM account WHERE %(code)s::int IS NULL OR code = %(code)s ORDER BY code"
# what a subject is called, and the kind of page it has
_SUBJECT: LiteralString = """
  LEFT JOIN delivery d ON e.subject_kind = 'delivery' AND d.id = e.subject_id
  LEFT JOIN invoice v ON e.subject_kind = 'invoice' AND v.id = e.subject_id
  LEFT JOIN payment p ON e.subject_kind = 'payment' AND p.id = e.subject_id
  LEFT JOIN supply_order s ON e.subject_kind = 'supply_order' AND s.id = e.subject_id
  LEFT JOIN "return" b ON e.subject_kind = 'return' AND b.id = e.subject_id
  LEFT JOIN stock_move m ON e.subject_kind = 'stock_move' AND m.id = e.subject_id LEFT JOIN product u ON u.id = m.product_id
"""
_NUMBER: LiteralString = "coalesce(d.number, v.number, p.number, s.number, b.number, u.sku, '') AS number"
MOVES = f"""
WITH moved AS (
    SELECT l.id, l.entry_id, l.amount, l.customer_id, e."on", e.kind, e.subject_kind, e.subject_id,
           %(opening)s + sum(l.amount) OVER (ORDER BY e."on", e.id, l.id) AS balance
      FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id
     WHERE e."on" >= %(start)s AND e."on" < %(before)s AND l.account = %(code)s
     ORDER BY e."on", e.id, l.id LIMIT %(limit)s OFFSET %(offset)s
)
SELECT e.*, c.name AS customer, {_NUMBER} FROM moved e LEFT JOIN customer c ON c.id = e.customer_id {_SUBJECT} ORDER BY e."on", e.entry_id, e.id
"""
ENTRIES = f"""
WITH entry AS (
    SELECT e.id, e.kind, e."on", e.at, e.subject_kind, e.subject_id FROM journal_entry e
     WHERE (%(start)s::date IS NULL OR e."on" >= %(start)s) AND (%(before)s::date IS NULL OR e."on" < %(before)s) AND (%(kind)s = '' OR e.kind = %(kind)s)
     ORDER BY e."on" DESC, e.id DESC LIMIT %(limit)s OFFSET %(offset)s
)
SELECT e.id, e.kind, e."on", e.at, e.subject_kind, {_NUMBER} FROM entry e {_SUBJECT} ORDER BY e."on" DESC, e.id DESC
"""
OF_SUBJECT = f"""
SELECT e.id, e.kind, e."on", e.at, e.subject_kind, {_NUMBER} FROM journal_entry e {_SUBJECT}
 WHERE e.subject_kind = %(subject_kind)s AND e.subject_id = %(subject)s AND (%(kind)s = '' OR e.kind = %(kind)s) ORDER BY e."on" DESC, e.id DESC LIMIT %(limit)s
"""
LINES = """
SELECT l.entry_id, l.account, l.amount, a.name_id, a.name_en, c.name AS customer FROM journal_line l JOIN account a ON a.code = l.account
  LEFT JOIN customer c ON c.id = l.customer_id WHERE l.entry_id = ANY(%(entries)s::bigint[]) ORDER BY l.entry_id, l.amount < 0, l.account, l.id
"""
# a document by its number, through the number's index
SUBJECT = """
SELECT 'invoice' AS kind, id FROM invoice WHERE number = %(number)s UNION ALL SELECT 'payment', id FROM payment WHERE number = %(number)s
UNION ALL SELECT 'delivery', id FROM delivery WHERE number = %(number)s UNION ALL SELECT 'supply_order', id FROM supply_order WHERE number = %(number)s
"""


@dataclass(frozen=True, slots=True)
class Line:
    """An account of the trial balance."""

    account: Any
    moved: Moved


@dataclass(frozen=True, slots=True)
class Span:
    """An account over a month or a day: what it opened with, what it moved, by day where that is much, else line by line."""

    account: Any
    opening: Decimal
    moved: Moved
    days: list[tuple[date, Moved, Decimal]]  # with the balance after each
    moves: list[Any]

    @property
    def closing(self) -> Decimal:
        """The balance at the end."""
        return self.opening + self.moved.balance


@dataclass(frozen=True, slots=True)
class Entry:
    """A posting with its lines."""

    entry: Any
    lines: list[Any]


def trial_balance(day: date) -> list[Line]:
    """Every account: all debits and credits up to a day."""
    sums = balances.total(balances.by_day(), before=day + timedelta(days=1))
    return [Line(account, sums.get(account.code, Moved())) for account in sql.read(ACCOUNTS, code=None)]


def span(code: int, start: date, before: date, offset: int = 0) -> Span | None:
    """An account from a day on and before another; by day if it moved more than a few lines in several days."""
    found = sql.read(ACCOUNTS, code=code)
    if not found:
        return None
    own = {day: moved for (account, day), moved in balances.by_day().items() if account == code and day < before}
    opening = sum((moved.balance for day, moved in own.items() if day < start), Decimal(0))
    here = sorted((day, moved) for day, moved in own.items() if day >= start)
    moved = sum((each for _, each in here), Moved())
    if moved.n > FEW and before - start > timedelta(days=1):
        return Span(found[0], opening, moved, _running(opening, here), [])
    moves = sql.read(MOVES, code=code, start=start, before=before, opening=opening, limit=FEW, offset=offset)
    return Span(found[0], opening, moved, [], moves)


def journal(*, start: date | None = None, kind: str = "", number: str = "", offset: int = 0) -> list[Entry]:
    """Postings, the newest first: of a month, of a kind, of one document."""
    entries = _of_document(number, kind) if number else sql.read(
        ENTRIES, kind=kind, start=start, before=following(start) if start else None, limit=PAGE, offset=offset
    )  # fmt: skip
    lines: dict[int, list[Any]] = {entry.id: [] for entry in entries}
    for line in sql.read(LINES, entries=list(lines)) if lines else []:
        lines[line.entry_id].append(line)
    return [Entry(entry, lines[entry.id]) for entry in entries]


def following(start: date) -> date:
    """The first day of the next month."""
    return date(start.year + start.month // 12, start.month % 12 + 1, 1)


def preceding(start: date) -> date:
    """The first day of the month before."""
    return date(start.year - (start.month == 1), (start.month - 2) % 12 + 1, 1)


def _of_document(number: str, kind: str) -> list[Any]:
    subject = sql.read(SUBJECT, number=number)[:1]
    return sql.read(OF_SUBJECT, kind=kind, subject=subject[0].id, subject_kind=subject[0].kind, limit=PAGE) if subject else []


def _running(opening: Decimal, days: list[tuple[date, Moved]]) -> list[tuple[date, Moved, Decimal]]:
    found, balance = [], opening
    for day, moved in days:
        balance += moved.balance
        found.append((day, moved, balance))
    return found
