"""What every account moved on every day, for any number of postings in a few milliseconds (kept.py)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from alur.core import sql
from alur.reads.kept import Sums, now_of

ZERO = Decimal(0)

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


def by_day() -> Days:
    """What every account moved on every day, up to this moment."""
    return POSTINGS.all()


def total(days: Days, *, account: int | None = None, start: date | None = None, before: date | None = None) -> dict[int, Moved]:
    """By account: what it moved from a day on and before another."""
    found: dict[int, Moved] = {}
    for (code, day), moved in days.items():
        if (account is None or code == account) and (start is None or day >= start) and (before is None or day < before):
            found[code] = found.get(code, Moved()) + moved
    return found


def _sums(after: int, upto: int) -> Days:
    return {(row.account, row.day): Moved(row.debit, row.credit, row.n) for row in sql.read(SUMS, after=after, upto=upto)}


POSTINGS: Sums[tuple[int, date], Moved] = Sums(now_of("journal_entry"), _sums)
