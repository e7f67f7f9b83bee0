"""Transfer: goods of an open transfer leave their warehouse and stand in the one of kind transit until they are received where they go.

    open, so much of a transfer line --transfer--> sent     supply.sent

Only what is promised to nobody is sent. The warehouse of kind transit is made when there is none. Rules: reference steps.md "supply.transfer".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.models import locks
from alur.supply import queue
from alur.supply.receive import OWNERS, number
from alur.supply.shelf import Shelves

REFUSALS = {
    "wrong_state": "This line is {state} now, so nothing more can be sent on it. Order another transfer.",
    "not_a_transfer": "{supply_order} does not come from another warehouse, so nothing is sent on it. Receive it when it comes.",
    "bad_quantity": "{quantity} cannot be sent. Write a quantity above 0.",
    "more_than_ordered": "Of {product} only {open:qty} are still to be sent on {supply_order}. Order the rest first, then send it.",
    "not_free": "Of {product} only {free:qty} are free in {warehouse}; the rest is promised to orders. Send at most that.",
    "period_closed": "The month of {on:day} is closed, so nothing can be booked on that day. Open the month, then send the goods.",
}

LINES = """
SELECT l.id, l.supply_order_id, l.product_id, l.state, l.quantity - l.sent AS open, o.kind, o.from_warehouse_id, o.warehouse_id
  FROM supply_line l JOIN supply_order o ON o.id = l.supply_order_id
 WHERE l.id = ANY(%(ids)s::bigint[])
 ORDER BY l.id
"""
TRANSIT = """
WITH made AS (
    INSERT INTO warehouse (code, name, kind, priority) SELECT 'TRANSIT', 'Dalam perjalanan', 'transit', 99
     WHERE NOT EXISTS (SELECT FROM warehouse WHERE kind = 'transit')
    RETURNING id
)
SELECT id FROM made UNION ALL (SELECT id FROM warehouse WHERE kind = 'transit' ORDER BY id LIMIT 1)
"""
MOVE_LINES = """
UPDATE supply_line l SET sent = l.sent + m.quantity FROM unnest(%(id)s::bigint[], %(quantity)s::numeric[]) AS m(id, quantity) WHERE l.id = m.id
"""


@dataclass(frozen=True, slots=True)
class Sending:
    """So many base units of a line leave; None: all that is still to be sent."""

    quantity: Decimal | str | None = None


def transfer(sendings: Mapping[int, Sending | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Send what these lines of transfers ask for on its way."""
    given = {i: s if isinstance(s, Sending) else Sending(**s) for i, s in sendings.items()}
    owners = sql.rows(OWNERS, ids=list(given))
    products = sorted({row.product_id for row in owners})
    with sql.pipeline():
        locks.supply_orders(row.supply_order_id for row in owners)
        locks.stock_of_products(products)
    on, outcome = clock.day(at), Outcome()
    closed = on in periods.closed([on])
    lines, shelves, sent = sql.rows(LINES, ids=list(given)), Shelves(products), []
    transit = sql.one(TRANSIT) if any(line.kind == "transfer" for line in lines) else 0
    for missing in set(given).difference(line.id for line in lines):
        outcome.refuse(missing, "not_found")
    for line in lines:
        quantity = _fits(line, number(given[line.id].quantity, line.open), shelves, outcome)
        if quantity and closed:
            outcome.refuse(line.id, "period_closed", on=on)
        elif quantity:
            value, rest = shelves.take((line.from_warehouse_id, line.product_id), quantity, "transfer", line.id)
            shelves.put((transit, line.product_id), quantity, value, "transfer", line.id)
            sent.append((line, quantity, rest))
    outcome.moved = [line.id for line, _, _ in sent]
    if sent:
        sides = ((chart.STOCK_ROUNDING, 1), (chart.INVENTORY, -1))
        booked = [(line.supply_order_id, account, sign * rest) for line, _, rest in sent for account, sign in sides]
        with sql.pipeline():
            shelves.write(at=at)
            sql.run(MOVE_LINES, id=outcome.moved, quantity=[quantity for _, quantity, _ in sent])
            queue.wake([(line.product_id, line.warehouse_id) for line, _, _ in sent])
            books.post("supply.sent", "supply_order", [books.Line(i, on, account, amount) for i, account, amount in booked], at=at)
            log.write([log.Record("supply.sent", i, subject_kind="supply_order") for i in dict.fromkeys(i for i, _, _ in booked)], by=by, at=at)
    return outcome


def _fits(line: Any, quantity: Decimal | None, shelves: Shelves, outcome: Outcome) -> Decimal | None:
    """How much of a line is sent; if it may not be, its refusal."""
    free = shelves.at((line.from_warehouse_id, line.product_id)).free
    named = {"product_id": line.product_id, "supply_order_id": line.supply_order_id}
    if line.state != "open":
        outcome.refuse(line.id, "wrong_state", state=line.state)
    elif line.kind != "transfer":
        outcome.refuse(line.id, "not_a_transfer", **named)
    elif not line.open and quantity == 0:
        outcome.already.append(line.id)
    elif quantity is None or quantity <= 0:
        outcome.refuse(line.id, "bad_quantity", quantity=str(quantity))
    elif quantity > line.open:
        outcome.refuse(line.id, "more_than_ordered", **named, open=line.open)
    elif quantity > free:
        outcome.refuse(line.id, "not_free", **named, free=max(free, Decimal(0)), warehouse_id=line.from_warehouse_id)
    else:
        return quantity
    return None
