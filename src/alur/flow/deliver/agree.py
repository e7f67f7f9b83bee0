"""Agree: the customer takes the day that the department proposed; the visit moves there and the hold is gone.

    held: date_proposed --agree--> visits moved and accepted     delivery.moved, delivery.accepted, order.agreed

The move is deliver.move and refuses as it does: a day that has filled up meanwhile is none.
"""

from collections.abc import Sequence
from datetime import date, datetime

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.flow import holds
from alur.flow.deliver import accept, move
from alur.models import locks

REFUSALS = {
    "nothing_proposed": "No department has proposed another day for {order}. Reload the page to see where it stands.",
    **{code: sentence for code, sentence in move.REFUSALS.items() if code in ("past_cut_off", "no_capacity")},
}

PROPOSED = """
SELECT h.order_id, (h.facts ->> 'delivery_id')::bigint AS delivery_id, (h.facts ->> 'proposed_on')::date AS proposed_on
  FROM hold h WHERE h.order_id = ANY(%(ids)s::bigint[]) AND h.code = 'date_proposed' AND h.resolved_at IS NULL ORDER BY h.order_id, h.id
"""
KNOWN = "SELECT id FROM sales_order WHERE id = ANY(%(ids)s::bigint[])"


def agree(order_ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Take the days that departments proposed for these orders."""
    locks.orders_of_proposals(order_ids)
    known, asked = sql.ask(KNOWN, ids=list(order_ids)), sql.ask(PROPOSED, ids=list(order_ids))
    outcome, proposals = Outcome(), asked.rows()
    wanted: dict[int, date] = {row.delivery_id: row.proposed_on for row in proposals}
    moved = move.move({i: move.Move(day=on) for i, on in wanted.items()}, by=by, at=at) if wanted else Outcome()
    there = [*moved.moved, *moved.already]
    holds.resolve_proposals(there, "agreed", by=by, at=at)
    accept.accept(there, by=by, at=at)
    refused = {r.id: r for r in moved.refused}
    found = set(known.ids())
    for order_id in order_ids:
        own = [row.delivery_id for row in proposals if row.order_id == order_id]
        wrong = next((refused[i] for i in own if i in refused), None)
        if order_id not in found:
            outcome.refuse(order_id, "not_found")
        elif not own:
            outcome.refuse(order_id, "nothing_proposed", order_id=order_id)
        elif wrong:
            outcome.refuse(order_id, wrong.code, **wrong.facts)
        else:
            outcome.moved.append(order_id)
            outcome.facts[order_id] = {"delivery_ids": own, "on": max(wanted[i] for i in own)}
    log.append(outcome, moved="order.agreed", by=by, at=at)
    return outcome
