"""The income statement of a month and the balance sheet on a day; both are sums over the accounts, exact at any moment.

Nothing is posted at the end of a year: the result of a year is what its income and expenses come to, and stands in the balance sheet as equity.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from alur.core import sql
from alur.reads import balances
from alur.reads.ledger import ACCOUNTS, following, preceding

ZERO = Decimal(0)
OTHER = 6000  # expenses from here on are no cost of what was sold
SIGN = {"asset": 1, "expense": 1, "liability": -1, "equity": -1, "income": -1}  # of a usual balance, debit less credit


@dataclass(frozen=True, slots=True)
class Row:
    """An account, or a sum, in the columns of a statement: positive is what is usual of its kind."""

    account: Any
    values: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Accounts that are added up."""

    name: str
    rows: list[Row]
    sums: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Income:
    """A month, the month before and the year up to the month: income, cost of what was sold, other expenses."""

    parts: list[Part]
    gross: tuple[Decimal, ...]
    result: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What there is and whose it is, on a day and at the end of the month before it. results: of the year, of the years before."""

    parts: list[Part]
    results: tuple[tuple[Decimal, ...], tuple[Decimal, ...]]
    assets: tuple[Decimal, ...]
    claims: tuple[Decimal, ...]


def income(month: date) -> Income:
    """The income statement of a month that begins on this day."""
    days, end = balances.by_day(), following(month)
    columns = [balances.total(days, start=start, before=before)
               for start, before in ((month, end), (preceding(month), month), (date(month.year, 1, 1), end))]  # fmt: skip
    accounts = sql.read(ACCOUNTS, code=None)
    parts = [
        _part("income", (a for a in accounts if a.kind == "income"), columns),
        _part("cost", (a for a in accounts if a.kind == "expense" and a.code < OTHER), columns),
        _part("other", (a for a in accounts if a.kind == "expense" and a.code >= OTHER), columns),
    ]
    sold, cost, other = (part.sums for part in parts)
    gross = _less(sold, cost)
    return Income(parts, gross, _less(gross, other))


def sheet(day: date) -> Sheet:
    """The balance sheet at the end of a day."""
    days = balances.by_day()
    ends = (day, day.replace(day=1) - timedelta(days=1))
    columns = [balances.total(days, before=end + timedelta(days=1)) for end in ends]
    accounts = sql.read(ACCOUNTS, code=None)
    parts = [_part(kind, (a for a in accounts if a.kind == kind), columns) for kind in ("asset", "liability", "equity")]
    flows = {a.code for a in accounts if a.kind in ("income", "expense")}
    earlier = [balances.total(days, before=date(end.year, 1, 1)) for end in ends]
    before = tuple(_earned(sums, flows) for sums in earlier)
    year = _less(tuple(_earned(sums, flows) for sums in columns), before)
    assets, debts, equity = (part.sums for part in parts)
    claims = tuple(sum(each, ZERO) for each in zip(debts, equity, year, before, strict=True))
    return Sheet(parts, (year, before), assets, claims)


def _part(name: str, accounts: Iterable[Any], columns: list[dict[int, balances.Moved]]) -> Part:
    """These accounts, as far as they moved."""
    rows = [
        Row(account, tuple(SIGN[account.kind] * column.get(account.code, balances.Moved()).balance for column in columns))
        for account in accounts
        if any(account.code in column for column in columns)
    ]
    return Part(name, rows, tuple(sum((row.values[n] for row in rows), ZERO) for n in range(len(columns))))


def _earned(sums: dict[int, balances.Moved], flows: set[int]) -> Decimal:
    """What income and expenses come to: a profit is positive."""
    return -sum((moved.balance for code, moved in sums.items() if code in flows), ZERO)


def _less(one: tuple[Decimal, ...], other: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    return tuple(a - b for a, b in zip(one, other, strict=True))
