"""Move: a delivery that nobody has picked yet gets another day, vehicle, driver or method, or rides with another one of the same drop.

    scheduled --move--> scheduled     delivery.moved, delivery.planned
    scheduled --move--> cancelled, its lines on the other     delivery.joined

Same drop: same customer, address and warehouse (or department), whoever's order it is. A promise ticket goes with a new day: a later one than told
is an event of the promise. Rules: reference steps.md "deliver.move".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.flow import holds
from alur.flow.deliver import common
from alur.log import recheck
from alur.models import locks
from alur.models.party import METHODS
from alur.reads import days
from alur.supply import capacity

REFUSALS = {
    "bad_day": "{said} is no day, or no way to send something. Choose a day and a method from the lists.",
    "not_same_drop": "{delivery} cannot ride with {other_delivery}: that goes elsewhere or is under way. Choose a scheduled one of the same address.",
    "past_cut_off": "It is too late for {on:day}: {delivery} can leave from {from_on:day} on. Choose that day or a later one.",
    "day_off": "Nothing leaves {warehouse} on {on:day}. The next working day is {from_on:day}.",
    "no_capacity": "{department} has {free:qty} left on {on:day} and {delivery} needs {units:qty}. Choose another day, or move something else first.",
}

JUDGE = """
SELECT d.id, d.state, d.scheduled_on, d.method, d.vehicle, d.driver_id, d.warehouse_id, s.orders, t.id AS other_id, t.scheduled_on AS other_on,
       coalesce(t.state = 'scheduled' AND t.id <> d.id AND t.customer_id = d.customer_id AND t.ship_to_id IS NOT DISTINCT FROM d.ship_to_id
                AND (t.warehouse_id, t.department_id) IS NOT DISTINCT FROM (d.warehouse_id, d.department_id), false) AS fits
  FROM unnest(%(ids)s::bigint[], %(other)s::bigint[]) AS m(id, other_id)
  JOIN delivery d ON d.id = m.id
  LEFT JOIN delivery t ON t.id = m.other_id
 CROSS JOIN LATERAL (SELECT array_agg(DISTINCT l.order_id) AS orders FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id
                      WHERE x.delivery_id = d.id) s
 ORDER BY d.id
"""
MOVE = """
UPDATE delivery d SET scheduled_on = m."on", method = m.method, vehicle = m.vehicle, driver_id = m.driver, version = d.version + 1,
       accepted_at = CASE WHEN m."on" = d.scheduled_on THEN d.accepted_at END
  FROM unnest(%(id)s::bigint[], %(on)s::date[], %(method)s::text[], %(vehicle)s::text[], %(driver)s::bigint[]) AS m(id, "on", method, vehicle, driver)
 WHERE d.id = m.id
"""
# What rode on the one rides on the other; its own lines stay as what was planned once.
JOIN = """
WITH gone AS MATERIALIZED (
    SELECT p.other_id, x.order_line_id, x.lot, sum(x.quantity) AS quantity
      FROM unnest(%(id)s::bigint[], %(other)s::bigint[]) AS p(id, other_id) JOIN delivery_line x ON x.delivery_id = p.id GROUP BY 1, 2, 3
), grown AS (
    UPDATE delivery_line x SET quantity = x.quantity + g.quantity FROM gone g
     WHERE x.delivery_id = g.other_id AND x.order_line_id = g.order_line_id AND x.lot = g.lot
    RETURNING x.delivery_id, x.order_line_id, x.lot
), added AS (
    INSERT INTO delivery_line (delivery_id, order_line_id, lot, quantity)
    SELECT g.other_id, g.order_line_id, g.lot, g.quantity FROM gone g
     WHERE NOT EXISTS (SELECT FROM grown w WHERE w.delivery_id = g.other_id AND w.order_line_id = g.order_line_id AND w.lot = g.lot)
     ORDER BY 1, 2, 3
)
UPDATE delivery d SET version = d.version + 1, state = CASE WHEN d.id = ANY(%(id)s::bigint[]) THEN 'cancelled' ELSE d.state END,
       ended_at = CASE WHEN d.id = ANY(%(id)s::bigint[]) THEN %(at)s ELSE d.ended_at END,
       attempt = greatest(d.attempt, (SELECT max(o.attempt) FROM unnest(%(id)s::bigint[], %(other)s::bigint[]) AS p(id, other_id)
                                        JOIN delivery o ON o.id = p.id WHERE p.other_id = d.id))
 WHERE d.id = ANY(%(id)s::bigint[]) OR d.id = ANY(%(other)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Move:
    """What changes of a delivery; None: it stays. join: the id of the delivery it rides with from now on, with its day and its road."""

    day: date | str | None = None
    method: str | None = None
    vehicle: str | None = None
    driver: int | str | None = None
    join: int | str | None = None


@dataclass(slots=True)
class Plan:
    """How a delivery leaves once it is moved."""

    id: int
    on: date
    method: str
    vehicle: str
    driver: int | None
    other: int | None = None


def move(moves: Mapping[int, Move | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Plan these deliveries anew, each as it is said."""
    asked = {i: m if isinstance(m, Move) else Move(**m) for i, m in moves.items()}
    others = {i: other for i, m in asked.items() if (other := _id(m.join))}
    ids = sorted({*asked, *others.values()})
    with sql.pipeline():
        locks.orders_of_deliveries(ids)
        capacity.lock(ids)
        locks.deliveries(ids)
    outcome = Outcome()
    days_of, judged = days.ask(at), sql.ask(JUDGE, ids=list(asked), other=[others.get(i) for i in asked])
    calendar, rows = days_of(), {row.id: row for row in judged.rows()}
    for missing in set(asked) - set(rows):
        outcome.refuse(missing, "not_found")
    moving = set(asked)
    plans = [plan for row in rows.values() if (plan := _plan(row, asked[row.id], calendar, outcome, moving))]
    plans = _with_room(plans, rows, outcome)
    outcome.moved = [plan.id for plan in plans]
    _move(plans, rows, outcome, by=by, at=at)
    return outcome


def _plan(row: Any, asked: Move, calendar: days.Calendar, outcome: Outcome, moving: set[int]) -> Plan | None:
    """How it leaves then; if it may not, its answer."""
    facts = {"delivery_id": row.id}
    on, method = _day(asked.day, row.scheduled_on), asked.method or row.method
    if row.state != "scheduled":
        outcome.refuse(row.id, "wrong_state", state=row.state, **facts)
    elif on is None or method not in METHODS:
        outcome.refuse(row.id, "bad_day", said=str(asked.day if on is None else method), **facts)
    elif asked.join and (not row.fits or row.other_id in moving):
        outcome.refuse(row.id, "not_same_drop", other_delivery_id=row.other_id, **facts)
    elif asked.join:
        return Plan(row.id, row.other_on, row.method, row.vehicle, row.driver_id, row.other_id)
    elif on != row.scheduled_on and (late := _late(row, on, calendar)):
        code, from_on = late
        outcome.refuse(row.id, code, on=on, from_on=from_on, warehouse_id=row.warehouse_id, **facts)
    else:
        plan = Plan(row.id, on, method, row.vehicle if asked.vehicle is None else asked.vehicle.strip(), _id(asked.driver) or row.driver_id)
        if (plan.on, plan.method, plan.vehicle, plan.driver) != (row.scheduled_on, row.method, row.vehicle, row.driver_id):
            return plan
        outcome.already.append(row.id)
    return None


def _id(said: int | str | None) -> int | None:
    """An id, however a door wrote it; nothing, or no number: none."""
    return int(said) if said and str(said).isdecimal() else None


def _day(said: date | str | None, now: date) -> date | None:
    """The day that was said; nothing said: the day it has."""
    if not said or isinstance(said, date):
        return said or now
    try:
        return date.fromisoformat(said.strip())
    except ValueError:
        return None


def _late(row: Any, on: date, calendar: days.Calendar) -> tuple[str, date] | None:
    """Why nothing leaves on that day any more, or at all, and from when on it does. Of a department's visit the days are counted in capacity."""
    if row.warehouse_id is None:
        return ("past_cut_off", calendar.now.date()) if on < calendar.now.date() else None
    first, then = calendar.leaves(row.warehouse_id), calendar.leaves(row.warehouse_id, not_before=on)
    if on < first:
        return "past_cut_off", first
    return ("day_off", then) if then != on else None


def _with_room(plans: list[Plan], rows: Mapping[int, Any], outcome: Outcome) -> list[Plan]:
    """Those whose department has room on that day; the others are answered."""
    later = [plan for plan in plans if plan.on != rows[plan.id].scheduled_on]
    full = capacity.full(capacity.asked([plan.id for plan in later], [plan.on for plan in later]).rows()) if later else {}
    for row in full.values():
        outcome.refuse(row.id, "no_capacity", delivery_id=row.id, department_id=row.department_id, on=row.day, free=row.free, units=row.units)
    return [plan for plan in plans if plan.id not in full]


def _move(plans: list[Plan], rows: Mapping[int, Any], outcome: Outcome, *, by: str, at: datetime) -> None:
    """Write the new plans, wake the promises that stood on the old days, and tell."""
    kinds, later = {}, [plan for plan in plans if plan.on != rows[plan.id].scheduled_on]
    for plan in plans:
        kinds[plan.id] = "delivery.joined" if plan.other else "delivery.moved" if plan.on != rows[plan.id].scheduled_on else "delivery.planned"
        day = {"on": plan.on, "from_on": rows[plan.id].scheduled_on}
        outcome.facts[plan.id] = {**day, "other_delivery_id": plan.other} if plan.other else day if kinds[plan.id] == "delivery.moved" else {}
    joined, planned = [plan for plan in plans if plan.other], [plan for plan in plans if not plan.other]
    with sql.pipeline():
        if later or joined:
            capacity.shift([plan.id for plan in later], [plan.on for plan in later])
            holds.resolve_proposals([plan.id for plan in (*later, *joined)], "moved", by=by, at=at)
        if planned:
            sql.run(MOVE, **sql.columns(planned, "id", "on", "method", "vehicle", "driver"))
        if joined:
            sql.run(JOIN, at=at, **sql.columns(joined, "id", "other"))
        recheck.add("promise", sorted({order for plan in later for order in rows[plan.id].orders}), "delivery_moved")
        log.write(common.told(outcome, list(rows.values()), moved=kinds, refused="delivery.move_refused"), by=by, at=at)
