"""Make: what orders wait for and is made here is ordered from the departments that make it, for the lines that wait.

    confirmed, waiting for made goods --make--> the same, a supply order a department and warehouse     order.making

What comes out of it goes to whoever stands first in the queue, as all goods do; its parts are used up when it is received.
Rules: reference steps.md "supply.make".
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from alur import log
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.models import locks
from alur.supply import order as supply
from alur.supply.order import Line, SupplyDraft

REFUSALS = {
    "held": "{order} is held ({hold}). Settle that hold, then make what it lacks.",
    "nothing_to_make": "{order} waits for nothing that is made here. Buy what it lacks, or bring it from another warehouse.",
    "no_department": "Nobody is said to make {product}. Give it a department of production, then make it for {order}.",
    "no_parts": "Nobody has said what {product} is made of. Write its list of parts, then make it for {order}.",
}

# A row for each line that waits for made goods; one without a line says that none does. free: it came a moment ago and is given out next.
WAITING_FOR = """
SELECT o.id AS order_id, o.state, b.order_line_id, b.product_id, b.warehouse_id, b.department_id, b.lead_days, b.parts, b.open - b.making - b.free AS missing,
       (SELECT h.code FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment' ORDER BY h.id LIMIT 1) AS hold
  FROM sales_order o
  LEFT JOIN LATERAL (
       SELECT b.order_line_id, b.product_id, b.warehouse_id, b.open, d.id AS department_id, p.lead_days,
              EXISTS (SELECT FROM component c WHERE c.product_id = p.id) AS parts,
              coalesce((SELECT sum(s.quantity - s.received) FROM supply_line s
                         WHERE s.product_id = b.product_id AND s.state = 'open' AND s.order_line_id = b.order_line_id), 0) AS making,
              coalesce((SELECT s.on_hand - s.reserved FROM stock s
                         WHERE s.product_id = b.product_id AND s.warehouse_id = b.warehouse_id AND s.lot = 0), 0) AS free
         FROM backorder b JOIN product p ON p.id = b.product_id AND p.supply = 'make'
         LEFT JOIN department d ON d.id = p.department_id AND d.kind = 'production'
        WHERE b.order_id = o.id) b ON true
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.priority, o.received_at, o.id, b.department_id, b.warehouse_id, b.order_line_id
"""


def make(order_ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Order what these orders lack from those who make it."""
    locks.orders(order_ids)
    outcome, drafts, found = Outcome(), [], set()
    today = clock.day(at)
    for order_id, rows in groupby(sql.rows(WAITING_FOR, ids=list(order_ids)), key=lambda row: row.order_id):
        found.add(order_id)
        wanted = _wanted(order_id, list(rows), outcome)
        for (department, warehouse), lines in groupby(wanted, key=lambda row: (row.department_id, row.warehouse_id)):
            made = tuple(_line(row, today) for row in lines)
            drafts.append((order_id, SupplyDraft(len(drafts), department, warehouse, made, "make")))
    for missing in set(order_ids) - found:
        outcome.refuse(missing, "not_found")
    if drafts:
        ordered = supply.order([draft for _, draft in drafts], by=by, at=at)
        for order_id, draft in drafts:
            outcome.facts.setdefault(order_id, {"supply_order_ids": []})["supply_order_ids"].append(ordered.made[draft.key])
        log.append(outcome, moved="order.making", by=by, at=at)
    return outcome


def _line(row: Any, today: date) -> Line:
    """What is to be made for a line, ready after its lead days."""
    ready = today + timedelta(days=row.lead_days) if row.lead_days else None
    return Line(row.product_id, row.missing, expected_on=ready, order_line_id=row.order_line_id)


def _wanted(order_id: int, rows: list[Any], outcome: Outcome) -> list[Any]:
    """What of an order is to be made; nothing, and its answer, if it is not or cannot be."""
    waits = [row for row in rows if row.order_line_id]
    bare = next((row for row in waits if not (row.department_id and row.parts)), None)
    if rows[0].state != "confirmed":
        outcome.refuse(order_id, "wrong_state", state=rows[0].state)
    elif rows[0].hold:
        outcome.refuse(order_id, "held", order_id=order_id, hold=rows[0].hold)
    elif not waits:
        outcome.refuse(order_id, "nothing_to_make", order_id=order_id)
    elif bare:
        outcome.refuse(order_id, "no_parts" if bare.department_id else "no_department", order_id=order_id, product_id=bare.product_id)
    elif wanted := [row for row in waits if row.missing > 0]:
        outcome.moved.append(order_id)
        return wanted
    else:
        outcome.already.append(order_id)
    return []
