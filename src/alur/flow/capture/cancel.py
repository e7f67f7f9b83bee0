"""Cancel: the customer no longer wants an order, some of its lines, or a part of a line. What is shipped completes.

    received, verified, confirmed --cancel--> cancelled (nothing delivered) or fulfilled     order.cancelled, order.fulfilled
    a part of it --cancel--> the same, less     order.reduced
    a delivery left empty --> cancelled     delivery.cancelled
    picked goods --> the shelf     delivery.put_back

`cancelled` rises to at most ordered - shipped; it takes from the end of a line's life (cut.py). Rules: reference steps.md "capture.cancel".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.flow import finish, totals
from alur.flow.capture import life
from alur.flow.capture.cut import Cuts
from alur.log import recheck

REFUSALS = {
    "stale_version": "Somebody else changed {order} meanwhile; nothing was cancelled. Look at what stands there now and cancel again.",
    "closed": "{order} is closed: everything on it is delivered, invoiced and paid. Take the goods back as a return.",
    "nothing_left": "Nothing of {order} is left to cancel: {delivered:qty} are delivered. Take goods back as a return.",
    "unknown_line": "The line ({line_id}) is not one of {order}. Reload the page.",
    "bad_quantity": "{quantity} of {line} cannot be cancelled. Write a quantity above 0, in {unit}.",
    "in_transit": "{delivery} is on the road with {quantity:qty} of {line}. Wait until it has arrived or come back; the rest can be cancelled now.",
    "more_than_open": "Of {line} only {open:qty} are still open. Cancel at most that.",
}


@dataclass(frozen=True, slots=True)
class Cancel:
    """What of an order is given up, in base units by line id; a line with None: all that is open of it; no lines: all that is open of the order.

    version: in which the order was looked at; None: whatever it is now.
    """

    lines: Mapping[int, Decimal | str | None] | None = None
    reason: str = ""
    version: int | None = None


# Prepared and promised anew, as a new version; its lines are priced as they were.
MOVE = """
UPDATE sales_order SET version = version + 1, priced_version = CASE WHEN priced_version = version THEN version + 1 ELSE priced_version END
 WHERE id = ANY(%(ids)s::bigint[])
"""


def cancel(orders: Sequence[int] | Mapping[int, Cancel | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Give up what these orders ask for, or the part that is said; orders without words are given up whole."""
    ids = list(orders)
    asked = {i: a if isinstance(a, Cancel) else Cancel(**a) for i, a in orders.items()} if isinstance(orders, Mapping) else dict.fromkeys(ids, Cancel())
    life.lock(ids)
    outcome, (found, cuts) = Outcome(), life.read(ids)
    for order_id in ids:
        if order_id not in found:
            outcome.refuse(order_id, "not_found")
    for order_id, lines in found.items():
        _judge(lines, asked[order_id], cuts, outcome)
    if outcome.moved:
        for order_id, reason in life.reasons({i: asked[i].reason for i in outcome.moved}, by=by, at=at).items():
            outcome.facts[order_id]["reason"] = reason
        _move({i: found[i][0] for i in outcome.moved}, cuts, outcome, by=by, at=at)
    log.append(Outcome(refused=outcome.refused), moved="", refused="order.cancel_refused", by=by, at=at)
    return outcome


def _judge(rows: list[Any], asked: Cancel, cuts: Cuts, outcome: Outcome) -> None:
    """Cut what is asked of an order, or answer why not."""
    order_id, state, lines = rows[0].order_id, rows[0].state, [row for row in rows if row.id]
    if state == "cancelled":
        outcome.already.append(order_id)
    elif asked.version not in (None, rows[0].version):
        outcome.refuse(order_id, "stale_version", order_id=order_id, version=rows[0].version)
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
            return "bad_quantity", {"line_id": line_id, "quantity": str(said), "unit": known[line_id].base_unit}
    wanted = _wanted(lines, asked)
    for line, quantity in wanted or [(line, Decimal(0)) for line in lines if asked.lines is None or line.id in asked.lines]:
        left = line.ordered - line.cancelled
        facts = {"line_id": line.id}
        if quantity > left - line.delivered:
            return "more_than_open", {**facts, "open": left - line.delivered}
        if quantity > left - line.shipped or (not wanted and line.shipped > line.delivered):
            return "in_transit", {**facts, "quantity": line.shipped - line.delivered, "delivery_id": cuts.delivery(line.id, "dispatched")}
    return None if wanted else ("more_than_open", {"line_id": next(iter(asked.lines or known)), "open": Decimal(0)})


def _positive(said: Decimal | str) -> bool:
    try:
        quantity = Decimal(said)
    except InvalidOperation:
        return False
    return quantity.is_finite() and quantity > 0


def _move(orders: Mapping[int, Any], cuts: Cuts, outcome: Outcome, *, by: str, at: datetime) -> None:
    """Lower what was cut, count the orders anew, finish those of which nothing is open, and tell."""
    with sql.pipeline():
        empty = life.take_off(cuts, at=at)
        sql.run(MOVE, ids=outcome.moved)
    finished = finish.ask(outcome.moved).rows()
    totals.rewrite(outcome.moved)  # after it: a charge left over has gone with the goods
    over = {row.id: row.state for row in finished}
    with sql.pipeline():
        finish.tell(finished, by=by, at=at, data=outcome.facts)
        log.write([log.Record("order.reduced", i, i, data=outcome.facts[i]) for i in outcome.moved if over.get(i) != "cancelled"], by=by, at=at)
        log.write(life.told(cuts, empty), by=by, at=at)
        recheck.verify_open_of_payers(sorted({order.payer_id for order in orders.values()}), "cancelled", list(over))
