"""Credit: goods that came back are credited on the invoices that billed them; the return is over with it.

    received return --credit--> closed, one credit note for each invoice     invoice.credited     Dr revenue, VAT, Cr receivable

A return of goods that were not billed yet is closed without one: the invoice leaves them out. A buyer who is PKP writes a nota retur first
(PMK 81/2024 art. 288-289), so the worker credits the others only. Amounts and postings: credit_note.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from alur import log
from alur.books import periods
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.flow.invoice import credit_note
from alur.flow.invoice.credit_note import Ground, Left, Note
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "not_back": "The goods of {return} are not all here yet. Take them back, or close the return, then credit it.",
    "needs_nota_retur": "{customer} is PKP, so {return} is credited against the customer's nota retur. Ask for it, then enter its number and date.",
    "period_closed": "The month of {on:day} is closed, so nothing can be credited on that day. Open the month, or wait for the next one.",
}

WAITING = """
SELECT r.id FROM "return" r JOIN customer c ON c.id = r.customer_id
 WHERE r.state IN ('permitted', 'received') AND r.state = 'received'
   AND (NOT c.pkp OR NOT EXISTS (SELECT FROM return_line x JOIN order_line l ON l.id = x.order_line_id
                                  WHERE x.return_id = r.id AND l.invoiced - l.credited > l.delivered - l.returned))
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'invoice.credit' AND b.subject_id = r.id)
 ORDER BY r.id LIMIT %(limit)s
"""
# over: what of the order line is billed more than the customer keeps; no more than that is credited.
LINES = """
SELECT r.id AS return_id, r.state, r.customer_id, c.pkp, x.delivery_line_id, x.order_line_id, x.received, l.order_id,
       greatest(l.invoiced - l.credited - l.delivered + l.returned, 0) AS over
  FROM "return" r JOIN customer c ON c.id = r.customer_id JOIN return_line x ON x.return_id = r.id JOIN order_line l ON l.id = x.order_line_id
 WHERE r.id = ANY(%(ids)s::bigint[]) ORDER BY r.id, x.id
"""
BILLS = """
SELECT DISTINCT b.invoice_id FROM return_line x JOIN invoice_line b ON b.order_line_id = x.order_line_id
 WHERE x.return_id = ANY(%(ids)s::bigint[]) AND b.credited_line_id IS NULL
"""
MOVE = """
WITH counted AS (
    UPDATE order_line l SET credited = l.credited + c.quantity
      FROM (SELECT id, sum(quantity) AS quantity FROM unnest(%(line)s::bigint[], %(quantity)s::numeric[]) AS c(id, quantity) GROUP BY id) c WHERE l.id = c.id
), lines AS (
    UPDATE return_line SET state = 'closed' WHERE return_id = ANY(%(ids)s::bigint[])
)
UPDATE "return" SET state = 'closed' WHERE id = ANY(%(ids)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Nota:
    """The buyer's nota retur."""

    nota_retur: str = ""
    nota_retur_on: date | str | None = None


def credit(returns: Sequence[int] | Mapping[int, Nota | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Credit these returns."""
    ids, outcome, today = list(returns), Outcome(), clock.day(at)
    said = {i: n if isinstance(n, Nota) else Nota(**n) for i, n in returns.items()} if isinstance(returns, Mapping) else {}
    locks.orders_and_returns(ids)
    invoices = sql.ids(BILLS, ids=ids)
    locks.invoices_and_items(invoices)
    shut, found = periods.ask([today]), sql.ask(LINES, ids=ids)
    billed = credit_note.read(invoices)
    closed, lines = bool(shut()), _by_return(found.rows())
    over = {line.order_line_id: line.over for own in lines.values() for line in own}
    notes: list[Note] = []
    for i in ids:
        ground = _judge(i, lines.get(i), said.get(i), over, outcome, closed_on=today if closed else None)
        if ground:
            notes += _notes(lines[i], billed, over, ground)
    if outcome.moved:
        _move(outcome, notes, lines, today, by=by, at=at)
    return outcome


def _move(outcome: Outcome, notes: list[Note], lines: dict[int, list[Any]], today: date, *, by: str, at: datetime) -> None:
    credited = [line for note in notes for line, _ in note.lines]
    with sql.pipeline():
        sql.run(MOVE, ids=outcome.moved, line=[line.order_line_id for line in credited], quantity=[line.quantity for line in credited])
        if notes:
            credit_note.issue(notes, event="invoice.credited", on=today, by=by, at=at)
        over = {note.ground.return_id for note in notes}
        bare = [(i, lines[i][0].order_id) for i in outcome.moved if i not in over]
        recheck.add("close", [order for _, order in bare], "returned")
        log.write([log.Record("return.closed", i, order, "return") for i, order in bare], by=by, at=at)


def _by_return(rows: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.return_id, []).append(row)
    return found


def _judge(return_id: int, lines: list[Any] | None, said: Nota | None, over: dict[int, Decimal], outcome: Outcome, *, closed_on: date | None) -> Ground | None:
    """What a return is credited on; None if it is answered with a refusal."""
    if not lines:
        outcome.refuse(return_id, "not_found")
        return None
    first, nota = lines[0], said or Nota()
    day = nota_day(nota.nota_retur_on)
    if first.state == "closed":
        outcome.already.append(return_id)
    elif first.state != "received":
        outcome.refuse(return_id, "not_back", return_id=return_id)
    elif first.pkp and any(over[line.order_line_id] and line.received for line in lines) and not (nota.nota_retur.strip() and day):
        outcome.refuse(return_id, "needs_nota_retur", return_id=return_id, customer_id=first.customer_id)
    elif closed_on:
        outcome.refuse(return_id, "period_closed", on=closed_on)
    else:
        outcome.moved.append(return_id)
        return Ground(return_id=return_id, nota_retur=nota.nota_retur.strip(), nota_retur_on=day)
    return None


def nota_day(said: date | str | None) -> date | None:
    """The day of a nota retur; None if it is none."""
    if isinstance(said, date):
        return said
    try:
        return date.fromisoformat(said or "")
    except ValueError:
        return None


def _notes(lines: list[Any], billed: credit_note.Billed, over: dict[int, Decimal], ground: Ground) -> list[Note]:
    """The credit notes of a return: from each line's own delivery's invoice first, then from the newest."""
    parts: dict[int, dict[int, tuple[Left, Decimal]]] = {}
    taken: dict[int, Decimal] = {}  # of an invoice line, before it is written to the note
    for line in lines:
        wanted = min(line.received, over[line.order_line_id])
        over[line.order_line_id] -= wanted
        bills = [left for own in billed.lines.values() for left in own if left.row.order_line_id == line.order_line_id]
        bills.sort(key=lambda left: (left.row.delivery_line_id != line.delivery_line_id, -left.row.id))
        for left in bills:
            quantity = min(wanted, left.quantity - taken.get(left.row.id, Decimal(0)))
            if quantity > 0:
                wanted -= quantity
                taken[left.row.id] = taken.get(left.row.id, Decimal(0)) + quantity
                own = parts.setdefault(left.row.invoice_id, {})
                own[left.row.id] = (left, own.get(left.row.id, (left, Decimal(0)))[1] + quantity)
    return [
        billed.credit(invoice, [(left, n, left.of(n, billed.invoices[invoice].currency)) for left, n in own.values()], ground)
        for invoice, own in sorted(parts.items())
    ]
