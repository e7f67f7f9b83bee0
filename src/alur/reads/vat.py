"""Output VAT by tax rule and month, of invoices, advances, what invoices take of advances, and credit notes; and the documents behind a number."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from alur.books import chart
from alur.core import sql
from alur.reads import balances
from alur.reads.kept import Sums, now_of
from alur.reads.ledger import following

PAGE = 50
KINDS = ("invoice", "advance", "deducted", "credit_note")  # deducted: advances that invoices took off
LESS = ("deducted", "credit_note")

# A tax base (DPP) is only shown; that of a deduction is worked out as that of a document.
SUMS = """
SELECT t.tax_rule_id AS rule_id, i.kind, date_trunc('month', i.issued_on)::date AS month, sum(t.net) AS net, sum(t.base) AS base, sum(t.tax) AS tax,
       count(*) AS n
  FROM invoice i JOIN invoice_tax t ON t.invoice_id = i.id WHERE i.id > %(after)s AND i.id <= %(upto)s AND t.tax_rule_id IS NOT NULL GROUP BY 1, 2, 3
UNION ALL
SELECT l.tax_rule_id, 'deducted', date_trunc('month', i.issued_on)::date, -sum(l.net), -sum(round(l.net * r.base_num / r.base_den)), -sum(l.tax), count(*)
  FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id AND l.advance_id IS NOT NULL JOIN tax_rule r ON r.id = l.tax_rule_id
 WHERE i.kind = 'invoice' AND i.id > %(after)s AND i.id <= %(upto)s GROUP BY 1, 2, 3
"""
RULES = "SELECT id, code, name, rate, base_num, base_den FROM tax_rule ORDER BY code, id"
DOCUMENTS = """
SELECT i.number, i.issued_on, c.name AS payer, c.npwp, t.net, t.base, t.tax
  FROM invoice i JOIN invoice_tax t ON t.invoice_id = i.id JOIN customer c ON c.id = i.payer_id
 WHERE i.issued_on >= %(start)s AND i.issued_on < %(before)s AND i.kind = %(kind)s AND t.tax_rule_id = %(rule)s
 ORDER BY i.issued_on, i.id LIMIT %(limit)s OFFSET %(offset)s
"""
DEDUCTED = """
SELECT i.number, i.issued_on, c.name AS payer, c.npwp, -l.net AS net, -round(l.net * r.base_num / r.base_den) AS base, -l.tax AS tax
  FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id AND l.advance_id IS NOT NULL JOIN tax_rule r ON r.id = l.tax_rule_id
  JOIN customer c ON c.id = i.payer_id
 WHERE i.issued_on >= %(start)s AND i.issued_on < %(before)s AND i.kind = 'invoice' AND l.tax_rule_id = %(rule)s
 ORDER BY i.issued_on, i.id LIMIT %(limit)s OFFSET %(offset)s
"""


@dataclass(frozen=True, slots=True)
class Taxed:
    """Amount without tax, base as the law shows it, tax, of how many documents."""

    net: Decimal = Decimal(0)
    base: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    n: int = 0

    def __add__(self, other: "Taxed") -> "Taxed":
        return Taxed(self.net + other.net, self.base + other.base, self.tax + other.tax, self.n + other.n)

    def __neg__(self) -> "Taxed":
        return Taxed(-self.net, -self.base, -self.tax, self.n)


@dataclass(frozen=True, slots=True)
class Month:
    """rows: by rule the kinds that there are, less is negative; due: the tax of the month; booked: what the books say."""

    rows: list[tuple[Any, dict[str, Taxed], Taxed]]
    due: Taxed
    booked: Decimal


def month(start: date) -> Month:
    """The VAT of a month that begins on this day."""
    found = {(rule, kind): sums for (rule, kind, day), sums in DOCUMENTED.all().items() if day == start}
    rows, due = [], Taxed()
    for rule in sql.read(RULES):
        kinds = {kind: -found[rule.id, kind] if kind in LESS else found[rule.id, kind] for kind in KINDS if (rule.id, kind) in found}
        if kinds:
            whole = sum(kinds.values(), Taxed())
            rows.append((rule, kinds, whole))
            due += whole
    moved = balances.total(balances.by_day(), account=chart.OUTPUT_VAT, start=start, before=following(start))
    return Month(rows, due, -moved.get(chart.OUTPUT_VAT, balances.Moved()).balance)


def documents(start: date, kind: str, rule_id: int, offset: int = 0) -> list[Any]:
    """A page of the documents of a month, a kind and a rule."""
    asked = {"start": start, "before": following(start), "rule": rule_id, "limit": PAGE, "offset": offset}
    return sql.read(DEDUCTED, **asked) if kind == "deducted" else sql.read(DOCUMENTS, kind=kind, **asked)


def rule(rule_id: int) -> Any:
    """A tax rule."""
    return next((row for row in sql.read(RULES) if row.id == rule_id), None)


def _sums(after: int, upto: int) -> dict[tuple[int, str, date], Taxed]:
    return {(row.rule_id, row.kind, row.month): Taxed(row.net, row.base, row.tax, row.n) for row in sql.read(SUMS, after=after, upto=upto)}


DOCUMENTED: Sums[tuple[int, str, date], Taxed] = Sums(now_of("invoice"), _sums)
