"""Cancel: the customer no longer wants an order, some of its lines, or a part of a line. What is shipped completes.

    received, verified, confirmed --cancel--> cancelled (nothing delivered) or fulfilled     order.cancelled, order.fulfilled
    a part of it --cancel--> the same, less     order.reduced
    a delivery left empty --> cancelled     delivery.cancelled

`cancelled` rises to at most ordered - shipped; it takes from the end of a line's life: what waits in the queue, what is reserved and on no
delivery, what is on a delivery (the latest first). What is picked must be put back first. Rules: reference steps.md "capture.cancel".
A reason is the code of a row of `reason`; other words become a note on the order, never part of the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.flow import finish, totals
from alur.flow.capture.cut import Cuts
from alur.log import recheck
from alur.models import locks
from alur.supply import queue
from alur.supply.give_back import give_back

REFUSALS = {
    "closed": "{order} is closed: everything on it is delivered, invoiced and paid. Take the goods back as a return.",
    "nothing_left": "Nothing of {order} is left to cancel: {delivered:qty} are delivered. Take goods back as a return.",
    "unknown_line": "The line ({line_id}) is not one of {order}. Reload the page.",
    "bad_quantity": "{quantity} of {line} cannot be cancelled. Write a quantity above 0, in {unit}.",
    "in_transit": "{delivery} is on the road with {quantity:qty} of {line}. Wait until it has arrived or come back; the rest can be cancelled now.",
    "picked": "{quantity:qty} of {line} are picked for {delivery}. Let it leave, or have the goods put back first.",
    "more_than_open": "Of {line} only {open:qty} are still open. Cancel at most that.",
}


@dataclass(frozen=True, slots=True)
class Cancel:
    """What of an order is given up, in base units by line id; a line with None: all that is open of it; no lines: all that is open of the order."""

    lines: Mapping[int, Decimal | str | None] | None = None
    reason: str = ""


LINES = """
SELECT o.id AS order_id, o.state, o.payer_id, o.version, l.id, l.kind, l.product_id, l.ordered, l.cancelled, l.reserved, l.scheduled, l.picked, l.shipped,
       l.delivered, p.unit
  FROM sales_order o
  LEFT JOIN order_line l ON l.order_id = o.id AND l.kind <> 'comment'
  LEFT JOIN product p ON p.id = l.product_id
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.priority, o.received_at, o.id, l.position, l.id
"""
# What lies reserved (no delivery), and every line of every delivery under way that carries something of these orders, the latest first.
PIECES = """
SELECT r.order_line_id AS line_id, r.warehouse_id, r.quantity, NULL::bigint AS id, NULL::bigint AS delivery_id, NULL AS state, l.kind,
       NULL::date AS on, l.order_id
  FROM order_line l JOIN reservation r ON r.order_line_id = l.id
 WHERE l.order_id = ANY(%(ids)s::bigint[])
UNION ALL
SELECT x.order_line_id, d.warehouse_id, x.quantity, x.id, d.id, d.state, l.kind, d.scheduled_on, l.order_id
  FROM delivery d JOIN delivery_line x ON x.delivery_id = d.id JOIN order_line l ON l.id = x.order_line_id
 WHERE d.state IN ('scheduled', 'picked', 'dispatched')
   AND d.id IN (SELECT y.delivery_id FROM order_line m JOIN delivery_line y ON y.order_line_id = m.id WHERE m.order_id = ANY(%(ids)s::bigint[]))
 ORDER BY 8 DESC, 5 DESC, 4 DESC
"""
UNLOAD = """
WITH cut AS (
    UPDATE delivery_line x SET quantity = x.quantity - c.quantity
      FROM unnest(%(id)s::bigint[], %(quantity)s::numeric[]) AS c(id, quantity) WHERE x.id = c.id
    RETURNING x.delivery_id
)
UPDATE delivery d SET version = d.version + 1, state = CASE WHEN d.id = ANY(%(empty)s::bigint[]) THEN 'cancelled' ELSE d.state END,
       ended_at = CASE WHEN d.id = ANY(%(empty)s::bigint[]) THEN %(at)s ELSE d.ended_at END
 WHERE d.id IN (SELECT delivery_id FROM cut)
"""
# Prepared and promised anew, as a new version; its lines are priced as they were.
MOVE = """
UPDATE sales_order SET version = version + 1, priced_version = CASE WHEN priced_version = version THEN version + 1 ELSE priced_version END
 WHERE id = ANY(%(ids)s::bigint[])
"""
REASONS = "SELECT code FROM reason WHERE kind = 'cancel' AND code = ANY(%(codes)s::text[])"
NOTE = """
INSERT INTO note (subject_kind, subject_id, body, by, at)
SELECT 'order', n.id, n.body, %(by)s, %(at)s FROM unnest(%(id)s::bigint[], %(body)s::text[]) AS n(id, body)
"""


def cancel(orders: Sequence[int] | Mapping[int, Cancel | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Give up what these orders ask for, or the part that is said; orders without words are given up whole."""
    ids = list(orders)
    asked = {i: a if isinstance(a, Cancel) else Cancel(**a) for i, a in orders.items()} if isinstance(orders, Mapping) else dict.fromkeys(ids, Cancel())
    with sql.pipeline():
        sql.run(locks.ORDERS, ids=ids)
        sql.run(locks.STOCK_OF_ORDERS, ids=ids)
        sql.run(locks.DELIVERIES_OF_ORDERS, ids=ids)
    outcome, cuts = Outcome(), Cuts(sql.rows(PIECES, ids=ids))
    found = {order_id: list(lines) for order_id, lines in groupby(sql.rows(LINES, ids=ids), key=lambda line: line.order_id)}
    for order_id in ids:
        if order_id not in found:
            outcome.refuse(order_id, "not_found")
    for order_id, lines in found.items():
        _judge(lines, asked[order_id], cuts, outcome)
    if outcome.moved:
        _reasons(asked, outcome, by=by, at=at)
        _move({i: found[i][0] for i in outcome.moved}, cuts, outcome, by=by, at=at)
    log.append(Outcome(refused=outcome.refused), moved="", refused="order.cancel_refused", by=by, at=at)
    return outcome


def _judge(rows: list[Any], asked: Cancel, cuts: Cuts, outcome: Outcome) -> None:
    """Cut what is asked of an order, or answer why not."""
    order_id, state, lines = rows[0].order_id, rows[0].state, [row for row in rows if row.id]
    if state == "cancelled":
        outcome.already.append(order_id)
    elif state == "closed":
        outcome.refuse(order_id, "closed", order_id=order_id)
    elif not any(line.ordered - line.cancelled - line.delivered for line in lines):
        outcome.refuse(order_id, "nothing_left", order_id=order_id, delivered=sum(line.delivered for line in lines))
    elif refusal := _refusal(lines, asked, cuts):
        code, facts = refusal
        outcome.refuse(order_id, code, order_id=order_id, **facts)
    else:
        wanted = _wanted(lines, asked)
        for line, quantity in wanted:
            cuts.line(line, quantity)
        outcome.moved.append(order_id)
        outcome.facts[order_id] = {"lines": {str(line.id): quantity for line, quantity in wanted}}


def _wanted(lines: list[Any], asked: Cancel) -> list[tuple[Any, Decimal]]:
    """How much of each line: what is said, else all that is not shipped."""
    said = asked.lines
    open_of = [(line, line.ordered - line.cancelled - line.shipped) for line in lines if said is None or line.id in said]
    found = [(line, Decimal(said[line.id]) if said and said.get(line.id) is not None else left) for line, left in open_of]  # type: ignore[arg-type]
    return [(line, quantity) for line, quantity in found if quantity]


def _refusal(lines: list[Any], asked: Cancel, cuts: Cuts) -> tuple[str, dict[str, Any]] | None:
    """Why it cannot be cancelled, the first reason in order."""
    known = {line.id: line for line in lines}
    for line_id, said in (asked.lines or {}).items():
        if line_id not in known:
            return "unknown_line", {"line_id": line_id}
        if said is not None and not _positive(said):
            return "bad_quantity", {"line_id": line_id, "quantity": str(said), "unit": known[line_id].unit}
    wanted = _wanted(lines, asked)
    for line, quantity in wanted or [(line, Decimal(0)) for line in lines if asked.lines is None or line.id in asked.lines]:
        left = line.ordered - line.cancelled
        facts = {"line_id": line.id}
        if quantity > left - line.delivered:
            return "more_than_open", {**facts, "open": left - line.delivered}
        if quantity > left - line.shipped or (not wanted and line.shipped > line.delivered):
            return "in_transit", {**facts, "quantity": line.shipped - line.delivered, "delivery_id": cuts.delivery(line.id, "dispatched")}
        if quantity > left - line.picked:
            return "picked", {**facts, "quantity": line.picked - line.shipped, "delivery_id": cuts.delivery(line.id, "picked")}
    return None if wanted else ("more_than_open", {"line_id": next(iter(asked.lines or known)), "open": Decimal(0)})


def _positive(said: Decimal | str) -> bool:
    try:
        quantity = Decimal(said)
    except InvalidOperation:
        return False
    return quantity.is_finite() and quantity > 0


def _reasons(asked: Mapping[int, Cancel], outcome: Outcome, *, by: str, at: datetime) -> None:
    """The codes of the reasons go into the events; other words are kept as a note."""
    said = {i: asked[i].reason.strip() for i in outcome.moved if asked[i].reason.strip()}
    if not said:
        return
    codes = {row.code for row in sql.rows(REASONS, codes=list(said.values()))}
    for order_id, reason in said.items():
        if reason in codes:
            outcome.facts[order_id]["reason"] = reason
    notes = {i: reason for i, reason in said.items() if reason not in codes}
    if notes:
        sql.run(NOTE, id=list(notes), body=list(notes.values()), by=by, at=at)


def _move(orders: Mapping[int, Any], cuts: Cuts, outcome: Outcome, *, by: str, at: datetime) -> None:
    """Lower what was cut, count the orders anew, finish those of which nothing is open, and tell."""
    empty = cuts.empty()
    with sql.pipeline():
        give_back(cuts.gives)
        queue.leave(cuts.queued)
        if cuts.loaded:
            sql.run(UNLOAD, id=list(cuts.loaded), quantity=list(cuts.loaded.values()), empty=list(empty), at=at)
        sql.run(MOVE, ids=outcome.moved)
    finished = finish.ask(outcome.moved).rows()
    totals.rewrite(outcome.moved)  # after it: a charge left over has gone with the goods
    over = {row.id: row.state for row in finished}
    with sql.pipeline():
        finish.tell(finished, by=by, at=at, data=outcome.facts)
        log.write([log.Record("order.reduced", i, i, data=outcome.facts[i]) for i in outcome.moved if over.get(i) != "cancelled"], by=by, at=at)
        log.write([log.Record("delivery.cancelled", d, o, "delivery") for d, served in empty.items() for o in served], by=by, at=at)
        recheck.verify_open_of_payers(sorted({order.payer_id for order in orders.values()}), "cancelled", list(over))
