"""Hand over (tukar faktur): the customer took the invoice; days that count from there begin to run.

    invoice --hand_over--> handed over     invoice.handed_over

Parts whose terms count from the hand-over had no due day until now; the others keep theirs. It is said once: a wrong day is a matter for the customer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from alur import log
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.models import locks

REFUSALS = {
    "no_invoice": "{invoice} is no invoice that is to be paid, so there is nothing to hand over.",
    "handed_over": "{invoice} was handed over on {earlier:day}; its days count from then.",
    "bad_day": "{invoice} of {issued_on:day} cannot be handed over on that day. Give a day from then until today.",
}

ITEMS_OF = "SELECT id FROM open_item WHERE invoice_id = ANY(%(ids)s::bigint[])"
PAYERS_OF = "SELECT DISTINCT payer_id FROM invoice WHERE id = ANY(%(ids)s::bigint[])"
JUDGE = """
SELECT i.id, i.kind, i.issued_on, h."on" AS earlier,
       ARRAY(SELECT DISTINCT l.order_id FROM invoice_line b JOIN order_line l ON l.id = b.order_line_id WHERE b.invoice_id = i.id ORDER BY 1) AS orders
  FROM invoice i LEFT JOIN hand_over h ON h.invoice_id = i.id WHERE i.id = ANY(%(ids)s::bigint[]) ORDER BY i.id
"""
MOVE = """
WITH given AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(days)s::date[], %(bearers)s::text[]) AS g(id, day, bearer)
), told AS (
    INSERT INTO hand_over (invoice_id, "on", by) SELECT id, day, bearer FROM given
)
UPDATE open_item t SET due_on = g.day + p.days
  FROM given g JOIN invoice_part p ON p.invoice_id = g.id AND p.due_from = 'handover'
 WHERE t.invoice_id = g.id AND t.part = p.position
"""


@dataclass(frozen=True, slots=True)
class HandOver:
    """The day the customer took the invoice, and who brought it there."""

    on: date | str
    brought_by: str = ""

    @property
    def day(self) -> date | None:
        """The day; None if none was said."""
        try:
            return self.on if isinstance(self.on, date) else date.fromisoformat(self.on)
        except ValueError:
            return None


def hand_over(invoices: Mapping[int, HandOver | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Note that these invoices were taken; what is due from then on gets its day."""
    given = {i: each if isinstance(each, HandOver) else HandOver(**each) for i, each in invoices.items()}
    outcome, today = Outcome(), clock.day(at)
    locks.payers(sql.ids(PAYERS_OF, ids=list(given)))
    locks.open_items(sql.ids(ITEMS_OF, ids=list(given)))
    rows = sql.rows(JUDGE, ids=list(given))
    for row in rows:
        _judge(row, given[row.id].day, today, outcome)
    for missing in sorted(set(given) - {row.id for row in rows}):
        outcome.refuse(missing, "not_found")
    if outcome.moved:
        taken = {i: given[i] for i in outcome.moved}
        with sql.pipeline():
            sql.run(MOVE, ids=outcome.moved, days=[each.day for each in taken.values()], bearers=[each.brought_by.strip() or by for each in taken.values()])
            told = ((row.id, order) for row in rows if row.id in taken for order in row.orders)
            log.write([log.Record("invoice.handed_over", i, order, "invoice", {"on": taken[i].day}) for i, order in told], by=by, at=at)
    return outcome


def _judge(row: Any, day: date | None, today: date, outcome: Outcome) -> None:
    if row.kind != "invoice":
        outcome.refuse(row.id, "no_invoice", invoice_id=row.id)
    elif row.earlier and row.earlier == day:
        outcome.already.append(row.id)
    elif row.earlier:
        outcome.refuse(row.id, "handed_over", invoice_id=row.id, earlier=row.earlier)
    elif day is None or not row.issued_on <= day <= today:
        outcome.refuse(row.id, "bad_day", invoice_id=row.id, issued_on=row.issued_on)
    else:
        outcome.moved.append(row.id)
