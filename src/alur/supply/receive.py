"""Receive supply: goods on a supply line come in: bought, made, or from another warehouse. Whoever waits for them is refilled by itself.

    open, so much of a supply line --receive--> received when all of it has come     supply.received

    bought: at their cost                       Dr inventory, Cr goods received not invoiced
    made: at what their parts cost              the parts leave the same warehouse: Dr inventory, Cr inventory (parts)
    transferred: at what they are worth         they leave the warehouse of kind transit: Dr inventory, Cr inventory

Inventory is one account, so of the last two only the rounding of an emptied shelf is posted; their moves tell the rest.
Rules: reference steps.md "supply.receive", model.md "Stock and supply".
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
from alur.supply import parts, queue
from alur.supply.shelf import SIX, Place, Shelves

ZERO = Decimal(0)
REFUSALS = {
    "wrong_state": "This line is {state} now, so nothing more can come in on it. Order what else is coming.",
    "not_sent": "Of {product} {sent:qty} were sent on {supply_order} and {received:qty} have come in, so {quantity} cannot. Send them first.",
    "bad_quantity": "{quantity} at {cost} cannot come in. Write a quantity above 0 and a cost not below 0.",
    "more_than_ordered": "Of {product} only {open:qty} are still to come on {supply_order}. Order the rest first, then receive it.",
    "period_closed": "The month of {on:day} is closed, so nothing can be booked on that day. Open the month, then receive the goods.",
    "no_parts": "Nobody has said what {product} is made of. Write its list of parts, then receive it on {supply_order}.",
    "parts_short": "{part_product} is short by {missing:qty} for {quantity:qty} of {product}: {free:qty} are free. Get more, or make {possible:qty} now.",
}

LINES = """
SELECT l.id, l.supply_order_id, l.product_id, l.state, l.sent, l.received, l.quantity - l.received AS open, l.unit_cost, o.warehouse_id, o.kind,
       (SELECT min(w.id) FROM warehouse w WHERE w.kind = 'transit') AS transit_id
  FROM supply_line l JOIN supply_order o ON o.id = l.supply_order_id
 WHERE l.id = ANY(%(ids)s::bigint[])
 ORDER BY l.id
"""
OWNERS = "SELECT supply_order_id, product_id FROM supply_line WHERE id = ANY(%(ids)s::bigint[])"
MOVE_LINES = """
UPDATE supply_line l SET received = l.received + m.quantity, unit_cost = m.unit_cost,
       state = CASE WHEN l.received + m.quantity = l.quantity THEN 'received' ELSE l.state END
  FROM unnest(%(id)s::bigint[], %(quantity)s::numeric[], %(unit_cost)s::numeric[]) AS m(id, quantity, unit_cost)
 WHERE l.id = m.id
"""
# An order is over when no line is open: received if anything came.
SETTLE = """
UPDATE supply_order o SET version = o.version + 1, state = CASE
         WHEN EXISTS (SELECT FROM supply_line l WHERE l.supply_order_id = o.id AND l.state = 'open') THEN o.state
         WHEN EXISTS (SELECT FROM supply_line l WHERE l.supply_order_id = o.id AND l.received > 0) THEN 'received' ELSE 'cancelled' END
 WHERE o.id = ANY(%(orders)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """So many base units of a line have come; quantity None: all that is still to come. unit_cost is of what is bought; None: as it was ordered."""

    quantity: Decimal | str | None = None
    unit_cost: Decimal | str | None = None


@dataclass(frozen=True, slots=True)
class Come:
    """What comes in, at what it is worth; rest: what an emptied shelf left over."""

    id: int
    supply_order_id: int
    warehouse_id: int
    product_id: int
    kind: str
    quantity: Decimal
    unit_cost: Decimal
    value: Decimal
    rest: Decimal


def receive(receipts: Mapping[int, Receipt | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Take in what has come on these supply lines."""
    given = {i: r if isinstance(r, Receipt) else Receipt(**r) for i, r in receipts.items()}
    owners, made = sql.rows(OWNERS, ids=list(given)), parts.of_lines(list(given))
    products = {row.product_id for row in owners} | {part.part_id for each in made.values() for part in each}
    with sql.pipeline():
        locks.supply_orders(row.supply_order_id for row in owners)
        locks.stock_of_products(sorted(products))
    on, outcome = clock.day(at), Outcome()
    closed = on if on in periods.closed([on]) else None
    lines, shelves = sql.rows(LINES, ids=list(given)), Shelves(products)
    for missing in set(given).difference(line.id for line in lines):
        outcome.refuse(missing, "not_found")
    come = []
    for line in lines:
        quantity = number(given[line.id].quantity, line.sent - line.received if line.kind == "transfer" else line.open)
        cost = number(given[line.id].unit_cost, line.unit_cost)
        if _fits(line, given[line.id], (quantity, cost), closed, outcome):
            come += _come(line, (quantity, cost), made.get(line.id, []), shelves, outcome)
    if come:
        outcome.moved = [each.id for each in come]
        _write(come, shelves, by=by, at=at, on=on)
    return outcome


def _fits(line: Any, said: Receipt, read: tuple[Decimal | None, Decimal | None], closed: date | None, outcome: Outcome) -> bool:
    """Whether what was said can come in on a line; if not, its refusal."""
    quantity, cost = read
    named = {"product_id": line.product_id, "supply_order_id": line.supply_order_id}
    if line.state != "open":
        outcome.refuse(line.id, "wrong_state", state=line.state)
    elif line.kind == "transfer" and quantity is not None and (line.sent == line.received or quantity > line.sent - line.received):
        outcome.refuse(line.id, "not_sent", **named, sent=line.sent, received=line.received, quantity=str(quantity.normalize()))
    elif quantity is None or cost is None or quantity <= 0 or cost < 0:
        outcome.refuse(line.id, "bad_quantity", quantity=str(said.quantity), cost=str(said.unit_cost))
    elif quantity > line.open:
        outcome.refuse(line.id, "more_than_ordered", **named, open=line.open)
    elif closed:
        outcome.refuse(line.id, "period_closed", on=closed)
    else:
        return True
    return False


def number(said: Decimal | str | None, usual: Decimal) -> Decimal | None:
    """What was said as a number, or what is usual if nothing was; None if it is none."""
    if said is None or said == "":
        return usual
    try:
        found = Decimal(said)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _come(line: Any, read: tuple[Any, Any], made_of: list[Any], shelves: Shelves, outcome: Outcome) -> list[Come]:
    """Put what has come on its shelf, and take what it came from off its own; nothing and a refusal if its parts do not suffice."""
    quantity, cost = read
    place, rest = (line.warehouse_id, line.product_id), ZERO
    if line.kind == "buy":
        value = money.half_up(quantity * cost)
    else:
        wanted = {(line.transit_id, line.product_id): quantity} if line.kind == "transfer" else parts.needs(made_of, line.warehouse_id, quantity)
        if line.kind == "make" and (refusal := _short(line, quantity, wanted, shelves)):
            outcome.refuse(line.id, refusal[0], product_id=line.product_id, supply_order_id=line.supply_order_id, **refusal[1])
            return []
        taken = [shelves.take(source, need, line.kind, line.id) for source, need in wanted.items()]
        value, rest = sum((worth for worth, _ in taken), ZERO), sum((left for _, left in taken), ZERO)
        cost = (value / quantity).quantize(SIX, "ROUND_HALF_UP")
    shelves.put(place, quantity, value, "receipt" if line.kind == "buy" else line.kind, line.id)
    return [Come(line.id, line.supply_order_id, *place, line.kind, quantity, cost, value, rest)]


def _short(line: Any, quantity: Decimal, wanted: dict[Place, Decimal], shelves: Shelves) -> tuple[str, dict[str, Any]] | None:
    """Why so many cannot be made."""
    if not wanted:
        return "no_parts", {}
    short = parts.short(wanted, shelves, quantity)
    if short is None:
        return None
    return "parts_short", {
        "part_product_id": short.part_id, "quantity": quantity, "missing": short.missing, "free": max(short.free, ZERO), "possible": short.possible,
        "warehouse_id": line.warehouse_id,
    }  # fmt: skip


def _write(come: list[Come], shelves: Shelves, *, by: str, at: datetime, on: date) -> None:
    """Write shelves, lines, orders and books; wake who waits."""
    orders = list({each.supply_order_id for each in come})
    worth = {i: sum((each.value for each in come if each.supply_order_id == i), ZERO) for i in orders}
    with sql.pipeline():
        shelves.write(at=at)
        sql.run(MOVE_LINES, **sql.columns(come, "id", "quantity", "unit_cost"))
        sql.run(SETTLE, orders=orders)
        queue.wake([(each.product_id, each.warehouse_id) for each in come])
        queue.free(each.product_id for each in come)
        books.post("supply.received", "supply_order", [line for each in come for line in _booked(each, on)], at=at)
        log.write([log.Record("supply.received", i, subject_kind="supply_order", data={"value": value}) for i, value in worth.items()], by=by, at=at)


def _booked(come: Come, on: date) -> list[books.Line]:
    """Dr inventory, Cr goods received not invoiced; of what is made or transferred the rounding alone."""
    other, amount = (chart.GOODS_NOT_INVOICED, come.value) if come.kind == "buy" else (chart.STOCK_ROUNDING, -come.rest)
    return [books.Line(come.supply_order_id, on, chart.INVENTORY, amount), books.Line(come.supply_order_id, on, other, -amount)]
