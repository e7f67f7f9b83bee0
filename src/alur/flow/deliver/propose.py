"""Propose: a department cannot come on the booked day and says when it can. The booked day stands until the desk has settled it.

    scheduled visit --propose--> the same, its orders held: date_proposed     delivery.proposed, order.held

The desk takes the new day (agree), keeps the booked one (release), or cancels. A new proposal takes the place of the old one. Nothing is booked
by it, but a day on which the department has no room cannot be proposed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from alur import log
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.flow import holds
from alur.flow.deliver import common
from alur.models import locks
from alur.models.holds import KINDS as HOLDS
from alur.supply import capacity

REFUSALS = {
    "no_visit": "{delivery} brings goods and is no visit of a department. Move it to another day instead.",
    "bad_day": "{said} is no day. Write a day such as 2026-11-26.",
    "past_day": "{on:day} is over for {delivery}. Propose a day from {from_on:day} on.",
    "no_capacity": "{department} has {free:qty} left on {on:day} and {delivery} needs {units:qty}. Propose another day.",
}

JUDGE = """
SELECT d.id, s.orders, s.lines, d.customer_id, d.department_id, d.scheduled_on, CASE
         WHEN d.warehouse_id IS NOT NULL THEN 'no_visit'
         WHEN d.state <> 'scheduled' THEN 'wrong_state'
         WHEN i."on" IS NULL THEN 'bad_day'
         WHEN i."on" = d.scheduled_on OR h.proposed_on = i."on" THEN 'already'
         WHEN i."on" < %(today)s THEN 'past_day'
       END AS verdict, jsonb_build_object('delivery_id', d.id, 'state', d.state, 'said', i.said, 'on', i."on", 'from_on', %(today)s::date) AS facts
  FROM unnest(%(ids)s::bigint[], %(on)s::date[], %(said)s::text[]) AS i(id, "on", said)
  JOIN delivery d ON d.id = i.id
 CROSS JOIN LATERAL (
    SELECT array_agg(y.order_id ORDER BY y.order_id) AS orders, array_agg(y.line_id ORDER BY y.order_id) AS lines
      FROM (SELECT l.order_id, min(l.id) FILTER (WHERE l.kind = 'service') AS line_id FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id
             WHERE x.delivery_id = d.id GROUP BY l.order_id) y) s
  LEFT JOIN LATERAL (SELECT max((facts ->> 'proposed_on')::date) AS proposed_on FROM hold
                      WHERE order_id = ANY(s.orders) AND code = 'date_proposed' AND resolved_at IS NULL
                        AND (facts ->> 'delivery_id')::bigint = d.id) h ON true
 ORDER BY d.id
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The day on which the department can come, and what it wants to say to the desk."""

    day: date | str
    note: str = ""


def propose(proposals: Mapping[int, Proposal | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """The departments of these visits would rather come on other days."""
    asked = {i: p if isinstance(p, Proposal) else Proposal(**p) for i, p in proposals.items()}
    days = {i: common.day(p.day) for i, p in asked.items()}
    locks.orders_and_deliveries(asked)
    today = clock.day(at)
    outcome, rows = common.judge(JUDGE, list(asked), on=list(days.values()), said=[str(p.day) for p in asked.values()], today=today)
    _with_room(outcome, days)
    moved = [row for row in rows if row.id in set(outcome.moved)]
    notes = common.notes({row.id: asked[row.id].note for row in moved}, by=by, at=at)
    for row in moved:
        note = {"note_id": notes[row.id]} if row.id in notes else {}
        outcome.facts[row.id] = {"department_id": row.department_id, "on": row.scheduled_on, "proposed_on": days[row.id], **note}
    with sql.pipeline():
        holds.resolve_proposals(outcome.moved, "proposed_anew", by=by, at=at)
        opened = [opening for row in moved for opening in _openings(row, outcome.facts[row.id])]
        holds.open_all(opened, by=by, at=at)
        log.write(common.told(outcome, rows, moved="delivery.proposed", refused="delivery.propose_refused"), by=by, at=at)
        log.write([log.Record("order.held", h.order_id, h.order_id, data={"code": h.code, **h.facts}) for h in opened], by=by, at=at)
    return outcome


def _with_room(outcome: Outcome, days: Mapping[int, date | None]) -> None:
    """Refuse days on which the department has no room; each proposal stands alone, none of them takes anything."""
    asked = [(i, on) for i in outcome.moved if (on := days[i])]
    for row in capacity.asked([i for i, _ in asked], [on for _, on in asked]).rows() if asked else ():
        if row.units > row.free:
            outcome.moved.remove(row.id)
            outcome.refuse(row.id, "no_capacity", delivery_id=row.id, department_id=row.department_id, on=row.day, free=row.free, units=row.units)


def _openings(row: Any, facts: Mapping[str, Any]) -> Sequence[holds.Opening]:
    """A hold on each order that the visit serves, about its line."""
    kept = {name: value for name, value in facts.items() if name != "note_id"} | {"delivery_id": row.id, "customer_id": row.customer_id}
    owner = HOLDS["date_proposed"].owner
    return [holds.Opening(order, "date_proposed", owner, kept, line) for order, line in zip(row.orders, row.lines, strict=True)]
