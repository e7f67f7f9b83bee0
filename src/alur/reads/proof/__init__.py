"""The proof of the books: for every rule that must always hold, one named query that finds what breaks it.

Each rule stands twice: as a constraint or lock that refuses, and here as a query over the facts, which believes no counter. I-numbers are
those of the reliability plan.
"""

from dataclasses import dataclass
from typing import LiteralString

from alur.core import company, sql
from alur.reads.proof import back, books, capacity, money, orders, references, stock


@dataclass(frozen=True, slots=True)
class Result:
    """What a check looked at and what it found: sentences that name the rows."""

    name: str
    checked: int
    violations: list[str]


CHECKS: dict[str, tuple[LiteralString, LiteralString]] = {
    **stock.CHECKS, **capacity.CHECKS, **money.CHECKS, **back.CHECKS, **orders.CHECKS, **books.CHECKS, **references.CHECKS,
}  # fmt: skip


def prove(names: list[str] | None = None) -> list[Result]:
    """Run the checks over the current company; a query's rows are what breaks its rule."""
    zone = company.current().time_zone
    found = []
    for name in names or CHECKS:
        counted, broken = CHECKS[name]
        checked = sql.read(counted)[0][0]
        found.append(Result(name, checked, [row[0] for row in sql.read(broken, zone=zone)]))
    return found
