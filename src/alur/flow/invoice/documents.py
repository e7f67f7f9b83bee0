"""Write issued documents: header, lines, taxes, parts, what is owed, and their entry in the books. Used by advance, issue and credit.

The number is taken last of all locks, so that it has no gaps and nobody waits long for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from alur.books import series
from alur.core import sql
from alur.core.money import ZERO, Totals, half_up


class Line(NamedTuple):
    """What of an order line is billed, or (negative) what of an advance is deducted. net is as priced; tax is filled on advances and their deductions."""

    net: Decimal
    tax_rule_id: int | None = None
    order_line_id: int | None = None
    delivery_line_id: int | None = None
    quantity: Decimal | None = None
    advance_id: int | None = None
    tax: Decimal = ZERO


class Part(NamedTuple):
    """A share of what is to be paid, and when; due_on None = not known yet (it counts from the day the customer takes the invoice)."""

    position: int
    percent: Decimal
    due_from: str
    days: int
    due_on: date | None
    amount: Decimal


@dataclass(slots=True)
class Document:
    """A document about to be issued to an order's customer; `id` and `number` are given when it is written.

    nets: by order what it bills, as priced; deducted: by order what of advances is taken off, with tax. on: None = the day of the call.
    """

    order: Any
    totals: Totals
    lines: list[Line]
    nets: dict[int, Decimal] = field(default_factory=dict)
    deducted: dict[int, Decimal] = field(default_factory=dict)
    on: date | None = None
    net_taken: Decimal = ZERO  # what of advances is taken off
    tax_taken: Decimal = ZERO
    parts: list[Part] = field(default_factory=list)
    id: int = 0
    number: str = ""

    @property
    def to_pay(self) -> Decimal:
        """What is left to pay of it."""
        return self.totals.total - self.net_taken - self.tax_taken

    def share(self, order_id: int) -> Decimal:
        """An order's share of the total, as `reads/billed.py` has it."""
        own, whole = self.nets[order_id], sum(self.nets.values(), ZERO)
        return half_up(self.totals.total * own / whole) if whole else ZERO

    def deduct(self, order_id: int, lines: list[Line]) -> None:
        """Take an order's advances off by these negative lines."""
        net, tax = sum((line.net for line in lines), ZERO), sum((line.tax for line in lines), ZERO)
        self.lines += lines
        self.deducted[order_id] = -net - tax
        self.net_taken -= net
        self.tax_taken -= tax


# One statement, since each costs a set of one as much as its work; columns of lines, taxes and parts come under their table's letter.
WRITE = """
WITH head AS (
    INSERT INTO invoice (id, kind, number, customer_id, payer_id, bill_to_id, order_id, currency, rate, tax_included, issued_on, issued_at,
                         net, tax, rounding, total)
    SELECT d.id, %(kind)s, d.number, o.customer_id, o.payer_id, o.bill_to_id, CASE WHEN %(kind)s = 'advance' THEN o.id END, o.currency, o.rate,
           o.tax_included AND %(kind)s <> 'advance', d.issued_on, %(at)s, d.net, d.tax, d.rounding, d.total
      FROM unnest(%(id)s::bigint[], %(number)s::text[], %(order_id)s::bigint[], %(net)s::numeric[], %(tax)s::numeric[], %(rounding)s::numeric[],
                  %(total)s::numeric[], %(issued_on)s::date[]) AS d(id, number, order_id, net, tax, rounding, total, issued_on)
      JOIN sales_order o ON o.id = d.order_id
), line AS (
    INSERT INTO invoice_line (invoice_id, net, tax_rule_id, order_line_id, delivery_line_id, quantity, advance_id, tax)
    SELECT * FROM unnest(%(l_of)s::bigint[], %(l_net)s::numeric[], %(l_tax_rule_id)s::bigint[], %(l_order_line_id)s::bigint[],
                         %(l_delivery_line_id)s::bigint[], %(l_quantity)s::numeric[], %(l_advance_id)s::bigint[], %(l_tax)s::numeric[])
), tax AS (
    INSERT INTO invoice_tax (invoice_id, tax_rule_id, net, base, tax)
    SELECT * FROM unnest(%(t_of)s::bigint[], %(t_rule_id)s::bigint[], %(t_net)s::numeric[], %(t_base)s::numeric[], %(t_tax)s::numeric[])
), part AS (
    SELECT * FROM unnest(%(p_of)s::bigint[], %(p_position)s::int[], %(p_percent)s::numeric[], %(p_due_from)s::text[], %(p_days)s::int[],
                         %(p_due_on)s::date[], %(p_amount)s::numeric[], %(p_payer_id)s::bigint[], %(p_issued_on)s::date[])
           AS p(invoice_id, position, percent, due_from, days, due_on, amount, payer_id, issued_on)
), owed AS (
    INSERT INTO open_item (invoice_id, part, payer_id, issued_on, due_on, total, open)
    SELECT invoice_id, position, payer_id, issued_on, due_on, amount, amount FROM part WHERE amount > 0
)
INSERT INTO invoice_part (invoice_id, position, percent, due_from, days) SELECT invoice_id, position, percent, due_from, days FROM part
"""


def number(documents: Sequence[Document], kind: str, on: date) -> None:
    """Give these documents their ids and gapless numbers, in order: the last lock a step takes."""
    for document, (document.id, document.number) in zip(documents, series.take(kind, on.year, len(documents)), strict=True):  # noqa: B007
        pass


def write(documents: Sequence[Document], kind: str, *, on: date, at: datetime) -> None:
    """Insert numbered documents (to be called inside a pipeline)."""
    lines = [(d, line) for d in documents for line in d.lines]
    taxes = [(d, tax) for d in documents for tax in d.totals.taxes]
    parts = [(d, part) for d in documents for part in d.parts]
    sql.run(
        WRITE, kind=kind, at=at, order_id=[d.order.id for d in documents], issued_on=[d.on or on for d in documents],
        p_payer_id=[d.order.payer_id for d, _ in parts], p_issued_on=[d.on or on for d, _ in parts],
        **sql.columns(documents, "id", "number"), **sql.columns([d.totals for d in documents], "net", "tax", "rounding", "total"),
        **_under("l", lines, Line._fields), **_under("t", taxes, ("rule_id", "net", "base", "tax")), **_under("p", parts, Part._fields),
    )  # fmt: skip


def _under(letter: str, rows: Sequence[tuple[Document, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    """The columns of a table whose rows belong to documents."""
    columns = sql.columns([row for _, row in rows], *names)
    return {f"{letter}_of": [d.id for d, _ in rows]} | {f"{letter}_{name}": column for name, column in columns.items()}
