"""Receive supply: goods on a supply line come in at their cost. Whoever waits for them is refilled by itself.

    open, so much of a supply line --receive--> received when all of it has come     supply.received     Dr inventory, Cr goods received not invoiced

Cost is a moving average with 6 decimals, and changes only when goods come in. Rules: reference steps.md "supply.receive", model.md "Stock and supply".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.core import clock, money, sql
from alur.core.step import Outcome
from alur.models import locks
from alur.supply import queue

REFUSALS = {
    "wrong_state": "This line is {state} now, so nothing more can come in on it. Order what else is coming.",
    "made_here": "{supply_order} is made here, not bought; its parts would have to be used up first. Receive it when that step exists.",
    "bad_quantity": "{quantity} at {cost} cannot come in. Write a quantity above 0 and a cost not below 0.",
    "more_than_ordered": "Of {product} only {open:qty} are still to come on {supply_order}. Order the rest first, then receive it.",
    "period_closed": "The month of {on:day} is closed, so nothing can be booked on that day. Open the month, then receive the goods.",
}

LINES = """
SELECT l.id, l.supply_order_id, l.product_id, l.state, l.quantity - l.received AS open, l.unit_cost, o.warehouse_id, o.kind
  FROM supply_line l JOIN supply_order o ON o.id = l.supply_order_id
 WHERE l.id = ANY(%(ids)s::bigint[])
 ORDER BY l.id
"""
OWNERS = "SELECT supply_order_id, product_id FROM supply_line WHERE id = ANY(%(ids)s::bigint[])"
SIDES = ((chart.INVENTORY, 1), (chart.GOODS_NOT_INVOICED, -1))
STOCK = """
INSERT INTO stock AS s (warehouse_id, product_id, on_hand, unit_cost, value)
SELECT c.warehouse_id, c.product_id, c.quantity, round(c.value / c.quantity, 6), c.value
  FROM (SELECT warehouse_id, product_id, sum(quantity) AS quantity, sum(value) AS value
          FROM unnest(%(warehouse_id)s::bigint[], %(product_id)s::bigint[], %(quantity)s::numeric[], %(value)s::numeric[])
               AS c(warehouse_id, product_id, quantity, value)
         GROUP BY warehouse_id, product_id) c
 ORDER BY c.warehouse_id, c.product_id
ON CONFLICT (warehouse_id, product_id, lot) DO UPDATE SET on_hand = s.on_hand + excluded.on_hand, value = s.value + excluded.value,
   unit_cost = round((s.value + excluded.value) / (s.on_hand + excluded.on_hand), 6)
"""
MOVES = """
INSERT INTO stock_move (warehouse_id, product_id, quantity, value, kind, supply_line_id, order_line_id, at)
SELECT m.warehouse_id, m.product_id, m.quantity, m.value, 'receipt', l.id, l.order_line_id, %(at)s
  FROM unnest(%(id)s::bigint[], %(warehouse_id)s::bigint[], %(product_id)s::bigint[], %(quantity)s::numeric[], %(value)s::numeric[])
       AS m(id, warehouse_id, product_id, quantity, value)
  JOIN supply_line l ON l.id = m.id
"""
MOVE_LINES = """
UPDATE supply_line l SET received = l.received + m.quantity, unit_cost = m.unit_cost,
       state = CASE WHEN l.received + m.quantity = l.quantity THEN 'received' ELSE l.state END
  FROM unnest(%(id)s::bigint[], %(quantity)s::numeric[], %(unit_cost)s::numeric[]) AS m(id, quantity, unit_cost)
 WHERE l.id = m.id
"""
MOVE = """
UPDATE supply_order o SET version = o.version + 1,
       state = CASE WHEN EXISTS (SELECT FROM supply_line l WHERE l.supply_order_id = o.id AND l.state = 'open') THEN o.state ELSE 'received' END
 WHERE o.id = ANY(%(orders)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """So many base units of a line have come; unit_cost None: at the cost that was ordered. quantity None: all that is still to come."""

    quantity: Decimal | str | None = None
    unit_cost: Decimal | str | None = None


@dataclass(frozen=True, slots=True)
class Come:
    """What comes in, at what it is worth."""

    id: int
    supply_order_id: int
    warehouse_id: int
    product_id: int
    quantity: Decimal
    unit_cost: Decimal

    @property
    def value(self) -> Decimal:
        """To the hundredth, as every move stores it."""
        return money.half_up(self.quantity * self.unit_cost)


def receive(receipts: Mapping[int, Receipt | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Take in what has come on these supply lines."""
    given = {i: r if isinstance(r, Receipt) else Receipt(**r) for i, r in receipts.items()}
    owners = sql.rows(OWNERS, ids=list(given))
    with sql.pipeline():
        sql.run(locks.SUPPLY_ORDERS, ids=[row.supply_order_id for row in owners])
        sql.run(locks.STOCK_OF_PRODUCTS, ids=[row.product_id for row in owners])
    on, outcome = clock.day(at), Outcome()
    closed = on in periods.closed([on])
    lines = sql.rows(LINES, ids=list(given))
    for missing in set(given).difference(line.id for line in lines):
        outcome.refuse(missing, "not_found")
    come = [found for line in lines if (found := _come(line, given[line.id], on if closed else None, outcome))]
    if not come:
        return outcome
    outcome.moved = [c.id for c in come]
    _move(come, at=at)
    worth = {c.supply_order_id: Decimal(0) for c in come}
    for c in come:
        worth[c.supply_order_id] += c.value
    with sql.pipeline():
        books.post("supply.received", "supply_order", [books.Line(i, on, a, s * v) for i, v in worth.items() for a, s in SIDES], at=at)
        log.write([log.Record("supply.received", i, subject_kind="supply_order", data={"value": value}) for i, value in worth.items()], by=by, at=at)
    return outcome


def _come(line: Any, receipt: Receipt, closed_on: date | None, outcome: Outcome) -> Come | None:
    """What comes in on a line; if it may not, its refusal."""
    quantity, cost = _number(receipt.quantity, line.open), _number(receipt.unit_cost, line.unit_cost)
    if line.state != "open":
        outcome.refuse(line.id, "wrong_state", state=line.state)
    elif line.kind == "make":
        outcome.refuse(line.id, "made_here", supply_order_id=line.supply_order_id)
    elif quantity is None or cost is None or quantity <= 0 or cost < 0:
        outcome.refuse(line.id, "bad_quantity", quantity=str(receipt.quantity), cost=str(receipt.unit_cost))
    elif quantity > line.open:
        outcome.refuse(line.id, "more_than_ordered", product_id=line.product_id, supply_order_id=line.supply_order_id, open=line.open)
    elif closed_on:
        outcome.refuse(line.id, "period_closed", on=closed_on)
    else:
        return Come(line.id, line.supply_order_id, line.warehouse_id, line.product_id, quantity, cost)
    return None


def _number(said: Decimal | str | None, usual: Decimal) -> Decimal | None:
    """What was said as a number, or what is usual if nothing was; None if it is none."""
    if said is None or said == "":
        return usual
    try:
        number = Decimal(said)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _move(come: list[Come], *, at: datetime) -> None:
    """Put it on the shelves, at a moving average; count the lines and their orders; wake who waits."""
    places = sql.columns(come, "warehouse_id", "product_id")
    with sql.pipeline():
        sql.run(STOCK, **places, **sql.columns(come, "quantity", "value"))
        sql.run(MOVES, at=at, **places, **sql.columns(come, "id", "quantity", "value"))
        sql.run(MOVE_LINES, **sql.columns(come, "id", "quantity", "unit_cost"))
        sql.run(MOVE, orders=list({c.supply_order_id for c in come}))
        queue.wake([(c.product_id, c.warehouse_id) for c in come])
