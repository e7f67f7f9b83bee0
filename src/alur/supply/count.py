"""Count: somebody looked at a shelf; the books follow what lies there.

    counted --count--> counted     stock.counted     missing: Dr stock difference, Cr inventory; found: Dr inventory, Cr stock difference
    orders whose goods are missing: the last in the queue wait again     order.short

What is counted is the shelf without picked goods, which stand elsewhere until they leave. The picked are not touched: if the rest does not suffice
for what is reserved, the last in the queue give up theirs first. Found goods are worth what the others cost. Rules: reference steps.md "supply.count".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg

from alur import books, log
from alur.books import chart, periods
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.models import locks
from alur.supply import queue
from alur.supply.release import LAST, release
from alur.supply.shelf import Shelves

ZERO = Decimal(0)
REFUSALS = {
    "bad_quantity": "{quantity} cannot lie on a shelf. Write 0 or more.",
    "unknown_product": "There are no goods of this kind that we keep. Choose a product.",
    "unknown_warehouse": "Nothing is counted there. Choose a warehouse with shelves; what is on the road is received first.",
    "twice": "{product} in {warehouse} was counted twice. Send it once.",
    "moved_meanwhile": "{product}: {expected:qty} lay on the shelf by the books when it was counted, now it is {now:qty}. Look again and send what lies there.",
    "period_closed": "The month of {on:day} is closed, so nothing can be booked on that day. Open the month, then count.",
}

KNOWN = """
SELECT 'product' AS what, id FROM product WHERE id = ANY(%(products)s::bigint[]) AND kind = 'goods'
UNION ALL SELECT 'warehouse', id FROM warehouse WHERE id = ANY(%(warehouses)s::bigint[]) AND kind <> 'transit'
"""
# Goods of a shelf that stand ready to leave.
PICKED = """
SELECT r.warehouse_id, r.product_id, sum(x.picked) AS picked
  FROM reservation r JOIN delivery_line x ON x.order_line_id = r.order_line_id AND x.lot = r.lot
  JOIN delivery d ON d.id = x.delivery_id AND d.warehouse_id = r.warehouse_id AND d.state IN ('scheduled', 'picked')
 WHERE r.product_id = ANY(%(products)s::bigint[]) AND x.picked > 0
 GROUP BY r.warehouse_id, r.product_id
"""
# Orders that have something set aside on a shelf where less lies than that.
BELOW = """
WITH seen AS MATERIALIZED (
    SELECT * FROM unnest(%(warehouse_id)s::bigint[], %(product_id)s::bigint[], %(quantity)s::numeric[]) AS c(warehouse_id, product_id, quantity)
), kept AS MATERIALIZED (
    SELECT r.warehouse_id, r.product_id, r.order_line_id, l.order_id, r.quantity, coalesce((SELECT sum(x.picked) FROM delivery_line x JOIN delivery d
             ON d.id = x.delivery_id AND d.state IN ('scheduled', 'picked') AND d.warehouse_id = r.warehouse_id WHERE x.order_line_id = l.id), 0) AS picked
      FROM seen c JOIN reservation r ON r.warehouse_id = c.warehouse_id AND r.product_id = c.product_id AND r.lot = 0
      JOIN order_line l ON l.id = r.order_line_id
)
SELECT DISTINCT k.order_id FROM kept k JOIN seen c ON c.warehouse_id = k.warehouse_id AND c.product_id = k.product_id
  JOIN (SELECT warehouse_id, product_id, sum(quantity - picked) AS needed FROM kept GROUP BY 1, 2) n
    ON n.warehouse_id = k.warehouse_id AND n.product_id = k.product_id AND n.needed > c.quantity
"""


@dataclass(frozen=True, slots=True)
class Count:
    """So many base units lie on a shelf. expected: what the books said when it was counted (None: whatever they say); unit_cost: of the first found."""

    key: int
    warehouse_id: int | None
    product_id: int | None
    quantity: Decimal
    expected: Decimal | None = None
    unit_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a count changes: its difference, what that is worth, and the rest of an emptied shelf."""

    count: Count
    difference: Decimal
    value: Decimal
    rest: Decimal


def count(drafts: Sequence[Count], *, by: str, at: datetime) -> Outcome:
    """Let the books say what was counted."""
    outcome, on = Outcome(), clock.day(at)
    counts = _known(drafts, outcome)
    if not counts:
        return outcome
    products = sorted({c.product_id for c in counts if c.product_id})
    _lock(counts, products)
    closed = on in periods.closed([on])
    shelves, picked = Shelves(products), {(row.warehouse_id, row.product_id): row.picked for row in sql.rows(PICKED, products=products)}
    found, short = [], []
    for each in counts:
        place: Any = (each.warehouse_id, each.product_id)
        shelf, ready = shelves.at(place), picked.get(place, ZERO)
        difference = each.quantity + ready - shelf.on_hand
        if each.expected is not None and each.expected != shelf.on_hand - ready:
            outcome.refuse(each.key, "moved_meanwhile", product_id=each.product_id, expected=each.expected, now=shelf.on_hand - ready)
        elif not difference:
            outcome.already.append(each.key)
        elif closed:
            outcome.refuse(each.key, "period_closed", on=on)
        else:
            missing = shelf.reserved - each.quantity - ready
            short += [(*place, missing)] if missing > 0 else []
            found.append(Found(each, difference, *_change(shelves, place, each, difference)))
    outcome.moved = [each.count.key for each in found]
    outcome.facts = {each.count.key: {"difference": each.difference, "value": each.value} for each in found}
    if found:
        _write(found, short, shelves, by=by, at=at)
    return outcome


def _known(drafts: Sequence[Count], outcome: Outcome) -> list[Count]:
    """The counts that can be read."""
    named = sql.rows(KNOWN, products=[d.product_id for d in drafts], warehouses=[d.warehouse_id for d in drafts])
    known, seen, found = {(row.what, row.id) for row in named}, set(), []
    for draft in drafts:
        place = (draft.warehouse_id, draft.product_id)
        if not (draft.quantity.is_finite() and draft.quantity >= 0):
            outcome.refuse(draft.key, "bad_quantity", quantity=str(draft.quantity))
        elif ("product", draft.product_id) not in known:
            outcome.refuse(draft.key, "unknown_product")
        elif ("warehouse", draft.warehouse_id) not in known:
            outcome.refuse(draft.key, "unknown_warehouse")
        elif place in seen:
            outcome.refuse(draft.key, "twice", product_id=draft.product_id, warehouse_id=draft.warehouse_id)
        else:
            seen.add(place)
            found.append(draft)
    return found


def _lock(counts: Sequence[Count], products: Sequence[int]) -> None:
    """Lock the orders that may have to give something up, the stock, and their deliveries.

    Who reserved while we waited for the stock is locked without waiting, since orders come before stock; if somebody else holds it, all begins anew.
    """
    places = sql.columns(counts, "warehouse_id", "product_id", "quantity")
    orders = sql.ids(BELOW, **places)
    locks.orders(orders)
    locks.stock_of_products(products)
    late = set(sql.ids(BELOW, **places)).difference(orders)
    if late and not locks.orders_free(late):
        raise psycopg.errors.SerializationFailure("an order reserved from a shelf that is being counted")
    if orders or late:
        locks.deliveries_of_orders([*orders, *late])


def _change(shelves: Shelves, place: Any, each: Count, difference: Decimal) -> tuple[Decimal, Decimal]:
    """Move the difference: what it is worth (below 0 if missing), and the rest of an emptied shelf."""
    if difference > 0:
        return shelves.find(place, difference, each.unit_cost or ZERO), ZERO
    value, rest = shelves.take(place, -difference, "count")
    return -value, rest


def _write(found: Sequence[Found], short: Sequence[tuple[int, int, Decimal]], shelves: Shelves, *, by: str, at: datetime) -> None:
    """Release what is missing, write the shelves, book and tell."""
    if short:
        names = ("warehouse_id", "product_id", "short")
        pieces = sql.rows(LAST, **dict(zip(names, map(list, zip(*short, strict=True)), strict=True)))
        release(pieces, by=by, at=at)
        lost: dict[int, dict[str, Decimal]] = {}
        for piece in pieces:
            lines = lost.setdefault(piece.order_id, {})
            lines[str(piece.order_line_id)] = lines.get(str(piece.order_line_id), ZERO) + piece.quantity
        log.write([log.Record("order.short", i, i, data={"lines": lines, "quantity": sum(lines.values())}) for i, lines in lost.items()], by=by, at=at)
    on = clock.day(at)
    with sql.pipeline():
        shelves.write(at=at)
        queue.wake([(each.count.product_id or 0, each.count.warehouse_id) for each in found])
        queue.free(each.count.product_id or 0 for each in found if each.difference > 0)
        books.post("stock.counted", "warehouse", [books.Line(each.count.warehouse_id or 0, on, *side) for each in found for side in _booked(each)], at=at)
        log.write([log.Record("stock.counted", each.count.product_id or 0, None, "product", _told(each)) for each in found], by=by, at=at)


def _booked(each: Found) -> list[tuple[int, Decimal]]:
    """Dr or Cr inventory against stock difference (and rounding)."""
    return [(chart.INVENTORY, each.value - each.rest), (chart.STOCK_DIFFERENCE, -each.value), (chart.STOCK_ROUNDING, each.rest)]


def _told(each: Found) -> dict[str, Any]:
    return {"warehouse_id": each.count.warehouse_id, "counted": each.count.quantity, "difference": each.difference, "value": each.value}
