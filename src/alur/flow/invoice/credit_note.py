"""Credit notes: their amounts, and everything that issuing one moves. Used by credit (returns), claim and credit_advance.

A credit note stands on one invoice. Its totals are those of all that is credited of the invoice so far less what was credited before, so that parts
add up and the one that completes a line or an invoice takes the rest of rounding. It settles what is open of its invoice first; the rest is the
payer's, for a refund or other invoices.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from alur import books, log
from alur.books import chart, series
from alur.books.allocate import Allocation, allocate
from alur.core import money, sql
from alur.core.money import ZERO, Rule, TaxLine, Totals
from alur.flow.invoice.documents import Line
from alur.log import recheck

INVOICES = """
SELECT v.id, v.kind, v.payer_id, v.currency, v.tax_included, c.pkp, c.id AS customer_id
  FROM invoice v JOIN customer c ON c.id = v.customer_id WHERE v.id = ANY(%(ids)s::bigint[]) ORDER BY v.id
"""
LINES = """
SELECT b.id, b.invoice_id, b.order_line_id, l.order_id, b.delivery_line_id, b.quantity, b.net, c.quantity AS credited, c.net AS credited_net,
       r.id AS rule_id, r.rate, r.base_num, r.base_den
  FROM invoice_line b JOIN order_line l ON l.id = b.order_line_id
  LEFT JOIN tax_rule r ON r.id = b.tax_rule_id
 CROSS JOIN LATERAL (SELECT coalesce(sum(x.quantity), 0) AS quantity, coalesce(sum(x.net), 0) AS net FROM invoice_line x WHERE x.credited_line_id = b.id) c
 WHERE b.invoice_id = ANY(%(ids)s::bigint[]) AND b.credited_line_id IS NULL ORDER BY b.invoice_id, b.id
"""
ITEMS = """
SELECT i.id, i.invoice_id, i.part, i.open, i.uncleared FROM open_item i
 WHERE i.invoice_id = ANY(%(ids)s::bigint[]) AND i.open > 0 ORDER BY i.invoice_id, i.due_on NULLS LAST, i.part
"""
WRITE = """
WITH note AS (
    SELECT * FROM unnest(%(id)s::bigint[], %(number)s::text[], %(credits)s::bigint[], %(return_id)s::bigint[], %(reason_id)s::bigint[],
                         %(nota_retur)s::text[], %(nota_retur_on)s::date[], %(net)s::numeric[], %(tax)s::numeric[], %(rounding)s::numeric[],
                         %(total)s::numeric[], %(rest)s::numeric[])
           AS n(id, number, credits, return_id, reason_id, nota_retur, nota_retur_on, net, tax, rounding, total, rest)
), head AS (
    INSERT INTO invoice (id, kind, number, customer_id, payer_id, bill_to_id, currency, rate, tax_included, issued_on, issued_at, net, tax, rounding, total,
                         return_id, reason_id, nota_retur, nota_retur_on)
    SELECT n.id, 'credit_note', n.number, v.customer_id, v.payer_id, v.bill_to_id, v.currency, v.rate, v.tax_included, %(on)s, %(at)s,
           n.net, n.tax, n.rounding, n.total, n.return_id, n.reason_id, n.nota_retur, n.nota_retur_on
      FROM note n JOIN invoice v ON v.id = n.credits
), line AS (
    INSERT INTO invoice_line (invoice_id, net, tax_rule_id, order_line_id, delivery_line_id, quantity, advance_id, tax, credited_line_id)
    SELECT * FROM unnest(%(l_of)s::bigint[], %(l_net)s::numeric[], %(l_tax_rule_id)s::bigint[], %(l_order_line_id)s::bigint[],
                         %(l_delivery_line_id)s::bigint[], %(l_quantity)s::numeric[], %(l_advance_id)s::bigint[], %(l_tax)s::numeric[],
                         %(l_credited)s::bigint[])
), tax AS (
    INSERT INTO invoice_tax (invoice_id, tax_rule_id, net, base, tax)
    SELECT * FROM unnest(%(t_of)s::bigint[], %(t_rule)s::bigint[], %(t_net)s::numeric[], %(t_base)s::numeric[], %(t_tax)s::numeric[])
)
INSERT INTO open_receipt (credit_note_id, payer_id, open, received_on)
SELECT n.id, v.payer_id, n.rest, %(on)s FROM note n JOIN invoice v ON v.id = n.credits WHERE n.rest > 0
"""


@dataclass(slots=True)
class Left:
    """An invoice line, and what of it is not credited yet."""

    row: Any
    quantity: Decimal
    net: Decimal

    def of(self, quantity: Decimal, currency: str) -> Decimal:
        """What so many of it come to; the last ones take what is left."""
        if quantity == self.quantity:
            return self.net
        before = self.row.quantity - self.quantity
        amount = money.so_far(self.row.net, before + quantity, self.row.quantity, currency) - money.so_far(self.row.net, before, self.row.quantity, currency)
        return min(amount, self.net)

    @property
    def rule(self) -> Rule | None:
        """Its tax rule."""
        return Rule(self.row.rule_id, self.row.rate, self.row.base_num, self.row.base_den) if self.row.rule_id else None


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a credit note is issued: a return or a reason, and the buyer's nota retur."""

    return_id: int | None = None
    reason_id: int | None = None
    nota_retur: str = ""
    nota_retur_on: date | None = None


@dataclass(slots=True)
class Note:
    """A credit note about to be issued; orders: whom it concerns."""

    invoice: Any  # what it credits: id, payer_id, currency
    totals: Totals
    lines: list[tuple[Line, int | None]]  # with the invoice line that each credits
    orders: list[int]
    ground: Ground = Ground()
    rest: Decimal = ZERO  # what its invoice does not take
    id: int = 0
    number: str = ""


@dataclass(slots=True)
class Billed:
    """Invoices and their lines, with what earlier credit notes left of them; `credit` takes from it."""

    invoices: dict[int, Any]
    lines: dict[int, list[Left]] = field(default_factory=dict)

    def credit(self, invoice_id: int, parts: Sequence[tuple[Left, Decimal | None, Decimal]], ground: Ground) -> Note:
        """A credit note over these (line, quantity or None, amount as priced), taken off what is left."""
        invoice = self.invoices[invoice_id]
        before, made = self._so_far(invoice), []
        for line, quantity, net in parts:
            line.quantity -= quantity or ZERO
            line.net -= net
            row = line.row
            made.append((Line(net, row.rule_id, row.order_line_id, row.delivery_line_id, quantity), row.id))
        orders = sorted({line.row.order_id for line, _, _ in parts})
        return Note(invoice, less(self._so_far(invoice), before), made, orders, ground)

    def _so_far(self, invoice: Any) -> Totals:
        """The totals of all that is credited of an invoice."""
        credited = [(line.row.net - line.net, line.rule) for line in self.lines[invoice.id]]
        return money.totals(credited, currency=invoice.currency, tax_included=invoice.tax_included)


def read(invoice_ids: Iterable[int]) -> Billed:
    """These invoices as they are billed and credited; the caller has locked them."""
    ids = list(invoice_ids)
    heads, rows = sql.ask(INVOICES, ids=ids), sql.ask(LINES, ids=ids)
    lines = {key: [Left(row, (row.quantity or ZERO) - row.credited, row.net - row.credited_net) for row in group]
             for key, group in groupby(rows.rows(), key=lambda row: row.invoice_id)}  # fmt: skip
    return Billed({row.id: row for row in heads.rows()}, lines)


def less(after: Totals, before: Totals) -> Totals:
    """The difference of two totals, tax rule by tax rule."""
    was = {tax.rule_id: tax for tax in before.taxes}
    none = TaxLine(0, ZERO, ZERO, ZERO)
    taxes = [TaxLine(t.rule_id, t.net - w.net, t.base - w.base, t.tax - w.tax) for t in after.taxes for w in (was.get(t.rule_id, none),)]
    return Totals(
        after.net - before.net, after.tax - before.tax, after.rounding - before.rounding, after.total - before.total, tuple(t for t in taxes if t.net or t.tax)
    )


def issue(notes: Sequence[Note], *, event: str, on: date, by: str, at: datetime, account: int = chart.REVENUE) -> None:
    """Number and write these credit notes, settle their invoices with them, book them and wake who waits for it.

    account: what is taken back, revenue or customer advances. The caller holds the locks of the orders, invoices and open items.
    """
    settled = _settle(notes)
    for note, (note.id, note.number) in zip(notes, series.take("credit_note", on.year, len(notes)), strict=True):  # noqa: B007
        pass
    with sql.pipeline():
        _write(notes, on=on, at=at)
        allocate([Allocation(amount, "credit", item.invoice_id, item.part, item=item, credit_note_id=note.id) for note, item, amount in settled], on=on, at=at)
        books.post(event, "invoice", (line for note in notes for line in _entry(note, on, account)), at=at)
        recheck.add("close", {order for note in notes for order in note.orders}, "credited")
        recheck.verify_held_of_payers({note.invoice.payer_id for note in notes}, "credited")
        log.write([log.Record(event, note.id, order, "invoice", _said(note)) for note in notes for order in note.orders], by=by, at=at)


def _settle(notes: Sequence[Note]) -> list[tuple[Note, Any, Decimal]]:
    """What of each note settles which open item of its own invoice."""
    items: dict[int, list[Any]] = {}
    for row in sql.rows(ITEMS, ids=[note.invoice.id for note in notes]):
        items.setdefault(row.invoice_id, []).append(row)
    left = {row.id: row.open for own in items.values() for row in own}
    found = []
    for note in notes:
        note.rest = note.totals.total
        for item in items.get(note.invoice.id, ()):
            amount = min(note.rest, left[item.id])
            if amount > 0:
                note.rest, left[item.id] = note.rest - amount, left[item.id] - amount
                found.append((note, item, amount))
    return found


def _write(notes: Sequence[Note], *, on: date, at: datetime) -> None:
    lines = [(note, line, credited) for note in notes for line, credited in note.lines]
    taxes = [(note, tax) for note in notes for tax in note.totals.taxes]
    sql.run(
        WRITE, on=on, at=at, credits=[note.invoice.id for note in notes], **sql.columns(notes, "id", "number", "rest"),
        **sql.columns([note.ground for note in notes], "return_id", "reason_id", "nota_retur", "nota_retur_on"),
        **sql.columns([note.totals for note in notes], "net", "tax", "rounding", "total"),
        l_of=[note.id for note, _, _ in lines], l_credited=[credited for _, _, credited in lines],
        **{f"l_{name}": [getattr(line, name) for _, line, _ in lines] for name in Line._fields},
        t_of=[note.id for note, _ in taxes], t_rule=[tax.rule_id for _, tax in taxes], t_net=[tax.net for _, tax in taxes],
        t_base=[tax.base for _, tax in taxes], t_tax=[tax.tax for _, tax in taxes],
    )  # fmt: skip


def _entry(note: Note, on: date, account: int) -> Iterator[books.Line]:
    """Dr revenue (or advances), VAT, rounding; Cr receivable."""
    payer, totals = note.invoice.payer_id, note.totals
    yield books.Line(note.id, on, account, totals.net, payer if account == chart.CUSTOMER_ADVANCES else None)
    yield books.Line(note.id, on, chart.OUTPUT_VAT, totals.tax)
    yield books.Line(note.id, on, chart.DOCUMENT_ROUNDING, totals.rounding)
    yield books.Line(note.id, on, chart.RECEIVABLE, -totals.total, payer)


def _said(note: Note) -> Mapping[str, Any]:
    return {"credited_invoice_id": note.invoice.id, "amount": note.totals.total, "free": note.rest}
