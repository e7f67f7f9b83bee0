"""The books as pages show them: the trial balance on a day, an account over a month, the journal."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString

from alur.core import sql

PAGE = 50

# up to today is everything: no entry is dated later, and the join is spared
TODAY = """
SELECT a.code, a.name_id, a.name_en, a.kind, coalesce(s.debit, 0) AS debit, coalesce(s.credit, 0) AS credit, coalesce(s.debit - s.credit, 0) AS balance
  FROM account a LEFT JOIN (
    SELECT account, coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS debit, coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS credit
      FROM journal_line GROUP BY account) s ON s.account = a.code
 ORDER BY a.code
"""
ON_A_DAY = """
SELECT a.code, a.name_id, a.name_en, a.kind, coalesce(s.debit, 0) AS debit, coalesce(s.credit, 0) AS credit, coalesce(s.debit - s.credit, 0) AS balance
  FROM account a LEFT JOIN (
    SELECT l.account, coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0) AS debit, coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0) AS credit
      FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id WHERE e."on" <= %(day)s GROUP BY l.account) s ON s.account = a.code
 ORDER BY a.code
"""
LAST = """SELECT max("on") AS day FROM journal_entry"""
ACCOUNT = "SELECT code, name_id, name_en, kind FROM account WHERE code = %(code)s"
ACCOUNTS = "SELECT code, name_id, name_en, kind FROM account ORDER BY code"
BEFORE = """
SELECT coalesce(sum(l.amount), 0) AS balance FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id WHERE l.account = %(code)s AND e."on" < %(from)s
"""
# what a subject is called, and the kind of page it has
_SUBJECT: LiteralString = """
  LEFT JOIN delivery d ON e.subject_kind = 'delivery' AND d.id = e.subject_id
  LEFT JOIN invoice v ON e.subject_kind = 'invoice' AND v.id = e.subject_id
  LEFT JOIN payment p ON e.subject_kind = 'payment' AND p.id = e.subject_id
  LEFT JOIN supply_order s ON e.subject_kind = 'supply_order' AND s.id = e.subject_id
  LEFT JOIN stock_move m ON e.subject_kind = 'stock_move' AND m.id = e.subject_id LEFT JOIN product u ON u.id = m.product_id
"""
_NUMBER: LiteralString = "coalesce(d.number, v.number, p.number, s.number, u.sku, '') AS number"
MOVES = f"""
WITH month AS (
    SELECT l.id, l.entry_id, l.amount, l.customer_id, e."on", e.kind, e.subject_kind, e.subject_id,
           %(opening)s + sum(l.amount) OVER (ORDER BY e."on", e.id, l.id) AS balance, count(*) OVER () AS n
      FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id
     WHERE e."on" >= %(from)s AND e."on" < %(to)s AND l.account = %(code)s
     ORDER BY e."on", e.id, l.id LIMIT %(limit)s OFFSET %(offset)s
)
SELECT e.*, c.name AS customer, {_NUMBER} FROM month e LEFT JOIN customer c ON c.id = e.customer_id {_SUBJECT} ORDER BY e."on", e.entry_id, e.id
"""
MONTH = """
SELECT coalesce(sum(l.amount) FILTER (WHERE l.amount > 0), 0) AS debit, coalesce(-sum(l.amount) FILTER (WHERE l.amount < 0), 0) AS credit, count(*) AS n
  FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id WHERE e."on" >= %(from)s AND e."on" < %(to)s AND l.account = %(code)s
"""
ENTRIES = f"""
WITH entry AS (
    SELECT e.id, e.kind, e."on", e.at, e.subject_kind, e.subject_id FROM journal_entry e
     WHERE (%(from)s::date IS NULL OR e."on" >= %(from)s) AND (%(to)s::date IS NULL OR e."on" < %(to)s) AND (%(kind)s = '' OR e.kind = %(kind)s)
       AND (%(subject)s::bigint IS NULL OR e.subject_kind = %(subject_kind)s AND e.subject_id = %(subject)s)
     ORDER BY e."on" DESC, e.id DESC LIMIT %(limit)s OFFSET %(offset)s
)
SELECT e.id, e.kind, e."on", e.at, e.subject_kind, {_NUMBER} FROM entry e {_SUBJECT} ORDER BY e."on" DESC, e.id DESC
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
class Month:
    """An account over a month: what it opened with, its moves with the balance after each, what it closed with."""

    account: Any
    opening: Decimal
    debit: Decimal
    credit: Decimal
    n: int
    moves: list[Any]

    @property
    def closing(self) -> Decimal:
        """The balance at the end of the month."""
        return self.opening + self.debit - self.credit


@dataclass(frozen=True, slots=True)
class Entry:
    """A posting with its lines."""

    entry: Any
    lines: list[Any]


def trial_balance(day: date) -> list[Any]:
    """Every account: all debits and credits up to a day, and the balance (debit positive)."""
    last = sql.read(LAST)[0].day
    return sql.read(TODAY) if last is None or day >= last else sql.read(ON_A_DAY, day=day)


def month(code: int, start: date, offset: int = 0) -> Month | None:
    """An account in the month that begins on that day."""
    found = sql.read(ACCOUNT, code=code)
    if not found:
        return None
    key = {"code": code, "from": start, "to": following(start)}
    opening, sums = sql.read(BEFORE, code=code, **{"from": start})[0].balance, sql.read(MONTH, **key)[0]
    return Month(found[0], opening, sums.debit, sums.credit, sums.n, sql.read(MOVES, opening=opening, limit=PAGE, offset=offset, **key))


def journal(*, start: date | None = None, kind: str = "", number: str = "", offset: int = 0) -> list[Entry]:
    """Postings, the newest first: of a month, of a kind, of one document."""
    subject = sql.read(SUBJECT, number=number)[:1] if number else []
    if number and not subject:
        return []
    entries = sql.read(
        ENTRIES, kind=kind, subject=subject[0].id if subject else None, subject_kind=subject[0].kind if subject else "", to=following(start) if start else None,
        limit=PAGE, offset=offset, **{"from": start},
    )  # fmt: skip
    lines: dict[int, list[Any]] = {entry.id: [] for entry in entries}
    for line in sql.read(LINES, entries=list(lines)):
        lines[line.entry_id].append(line)
    return [Entry(entry, lines[entry.id]) for entry in entries]


def following(start: date) -> date:
    """The first day of the next month."""
    return date(start.year + start.month // 12, start.month % 12 + 1, 1)


def preceding(start: date) -> date:
    """The first day of the month before."""
    return date(start.year - (start.month == 1), (start.month - 2) % 12 + 1, 1)
