"""Allot: who gets which stock, in queue order. `shelves` reads what is free and who stands ahead; the rest is pure.

A line takes from its named warehouse only, else from the customer's usual one and then by the warehouses' priority: from the first that
can give it whole, else split. Orders ahead that nobody has judged yet may still take what they ask for in any warehouse: a line whose parts
would change by that has to wait. So a set gives what its orders would get one by one, and in any other order never more.
Backorders of held or unpaid orders are passed over, as refill does. `reserve` asks under its locks, a dry run without.
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from alur.core import clock, sql

# 0: the warehouses in use; 1: what is free of these products, in any warehouse; 2: who stands ahead, in queue order: backorders where something
# is free, and verified orders that nobody has judged yet and that are not held or too early (no warehouse: they may take from any).
FACTS = """
WITH free AS MATERIALIZED (
    SELECT product_id, warehouse_id, on_hand - reserved AS quantity FROM stock
     WHERE product_id = ANY(%(products)s::bigint[]) AND lot = 0 AND on_hand > reserved
), unjudged AS MATERIALIZED (
    SELECT o.priority, o.received_at, o.id, o.requested_on FROM sales_order o
     WHERE o.state = 'verified' AND o.received_at <= %(at)s AND (o.priority, o.received_at, o.id) < (%(priority)s, %(received_at)s, %(last)s)
       AND NOT EXISTS (SELECT FROM unnest(%(ids)s::bigint[]) mine WHERE mine = o.id)
)
SELECT 0 AS what, w.priority, NULL::timestamptz AS received_at, NULL::bigint AS order_id, NULL::bigint AS product_id, w.id AS warehouse_id, 0 AS quantity
  FROM warehouse w WHERE w.kind = 'own' AND w.active
UNION ALL
SELECT 1, NULL, NULL, NULL, product_id, warehouse_id, quantity FROM free
UNION ALL
SELECT 2, b.priority, b.received_at, b.order_id, b.product_id, b.warehouse_id, b.open
  FROM free f
  JOIN backorder b ON b.product_id = f.product_id AND b.warehouse_id = f.warehouse_id AND NOT b.unpaid
   AND (b.priority, b.received_at, b.order_id) < (%(priority)s, %(received_at)s, %(last)s)
  JOIN sales_order o ON o.id = b.order_id AND o.state = 'confirmed'
 WHERE NOT EXISTS (SELECT FROM hold h WHERE h.order_id = b.order_id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment')
UNION ALL
SELECT 2, u.priority, u.received_at, u.id, l.product_id, NULL, l.ordered - l.cancelled - l.reserved
  FROM unjudged u JOIN order_line l ON l.order_id = u.id
 CROSS JOIN (SELECT reserve_ahead_days FROM policy ORDER BY id DESC LIMIT 1) y
 WHERE l.kind = 'goods' AND l.product_id = ANY(%(products)s::bigint[]) AND l.ordered > l.cancelled + l.reserved
   AND NOT EXISTS (SELECT FROM hold h WHERE h.order_id = u.id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment')
   AND (SELECT min(coalesce(d.requested_on, d.not_before, u.requested_on, %(today)s)) FROM order_line d
         WHERE d.order_id = u.id AND d.kind NOT IN ('charge', 'comment')) <= %(today)s::date + y.reserve_ahead_days
 ORDER BY 1, 2, 3, 4, 6
"""

ZERO = Decimal(0)
Key = tuple[int, datetime, int]  # priority, received_at, order id: the queue everywhere


class Want(NamedTuple):
    """A line and what it still needs; warehouse_id is set if it names one. Only goods come off a shelf."""

    line_id: int
    product_id: int
    need: Decimal
    warehouse_id: int | None
    kind: str = "goods"


class Ahead(NamedTuple):
    """What stands in the queue: a backorder at a warehouse, or (no warehouse) what an unjudged order asks for."""

    key: Key
    product_id: int
    warehouse_id: int | None
    quantity: Decimal


class Part(NamedTuple):
    """What a line gets from a warehouse; None: it needs no stock."""

    line_id: int
    product_id: int
    warehouse_id: int | None
    quantity: Decimal


class Allotment(NamedTuple):
    """What an order gets, and what it is short of at the warehouse it would wait at; waits = only those ahead can tell."""

    parts: list[Part]
    short: list[Part]
    waits: bool = False


class Shelves:
    """What is free in each warehouse for the next in the queue; orders come in queue order."""

    def __init__(self, warehouses: Sequence[int], free: Iterable[tuple[int, int, Decimal]], queue: Iterable[Ahead]) -> None:
        """Take warehouses in priority order, free stock as (product, warehouse, quantity), and the queue in order."""
        self.warehouses = tuple(warehouses)
        self.left: dict[tuple[int, int | None], Decimal] = {(product, warehouse): quantity for product, warehouse, quantity in free}
        self.unjudged: dict[int, Decimal] = {}
        self.queue = deque(queue)
        self.places: dict[int | None, tuple[int, ...]] = {None: self.warehouses}

    def allot(self, key: Key, usual: int | None, wants: Sequence[Want]) -> Allotment:
        """Give an order what it can have. It is taken off the shelves; `undo` puts it back."""
        while self.queue and self.queue[0].key < key:
            self._pass(self.queue.popleft())
        found = Allotment([], [])
        for want in wants:
            if want.kind != "goods" or not want.need:
                continue
            places = (want.warehouse_id,) if want.warehouse_id else self._places(usual)
            parts = self._take(want, places, ZERO)
            unjudged = self.unjudged.get(want.product_id)
            if unjudged and parts != self._take(want, places, unjudged):
                self.undo(found)
                self.ahead(wants)
                return Allotment([], [], waits=True)
            rest = want.need
            for part in parts:
                self.left[part.product_id, part.warehouse_id] -= part.quantity
                rest -= part.quantity
            found.parts.extend(parts)
            if rest:
                found.short.append(Part(want.line_id, want.product_id, places[0], rest))
        return found

    def last(self, usual: int | None, wants: Sequence[Want]) -> Allotment:
        """What an order would get that stands behind everybody: those not judged yet take theirs first."""
        while self.queue:
            self._pass(self.queue.popleft())
        for product, quantity in self.unjudged.items():
            for warehouse in self.warehouses:
                self.left[product, warehouse] = self.left.get((product, warehouse), ZERO) - quantity
        self.unjudged = {}
        return self.allot((0, datetime.min.replace(tzinfo=UTC), 0), usual, wants)

    def undo(self, given: Allotment) -> None:
        """Put back what an order was given: it does not move after all."""
        for part in given.parts:
            self.left[part.product_id, part.warehouse_id] += part.quantity

    def ahead(self, wants: Iterable[Want]) -> None:
        """Count an order that waits as one that is not judged yet."""
        for want in wants:
            if want.kind == "goods":
                self.unjudged[want.product_id] = self.unjudged.get(want.product_id, ZERO) + want.need

    def _pass(self, ahead: Ahead) -> None:
        if ahead.warehouse_id is None:
            self.unjudged[ahead.product_id] = self.unjudged.get(ahead.product_id, ZERO) + ahead.quantity
        else:
            place = ahead.product_id, ahead.warehouse_id
            self.left[place] = self.left.get(place, ZERO) - ahead.quantity

    def _places(self, usual: int | None) -> tuple[int, ...]:
        """Where an order of a customer looks: the usual warehouse if it is in use, then the others."""
        if usual not in self.places:
            own = (usual,) if usual in self.warehouses else ()
            self.places[usual] = own + tuple(w for w in self.warehouses if w != usual)  # type: ignore[operator]
        return self.places[usual]

    def _take(self, want: Want, places: Sequence[int], less: Decimal) -> list[Part]:
        """The parts a line would get if so much less lay everywhere."""
        line, product, need = want[:3]
        left = self.left
        for place in places:
            if left.get((product, place), ZERO) - less >= need:
                return [Part(line, product, place, need)]
        parts = []
        for place in places:
            quantity = min(need, left.get((product, place), ZERO) - less)
            if quantity > 0:
                parts.append(Part(line, product, place, quantity))
                need -= quantity
        return parts


def shelves(products: Collection[int], *, before: Key, but: Collection[int] = (), at: datetime) -> Shelves:
    """What is free of these products, and who stands in the queue before this key, but for the orders that are being asked about."""
    priority, received_at, last = before
    rows = sql.rows(FACTS, products=list(products), ids=list(but), priority=priority, received_at=received_at, last=last, today=clock.day(at), at=at)
    return Shelves(
        [row.warehouse_id for row in rows if row.what == 0],
        [(row.product_id, row.warehouse_id, row.quantity) for row in rows if row.what == 1],
        [Ahead((row.priority, row.received_at, row.order_id), row.product_id, row.warehouse_id, row.quantity) for row in rows if row.what == 2],
    )
