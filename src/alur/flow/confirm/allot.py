"""Allot: who gets which stock, in queue order. Pure; `reserve` feeds it what it has read under its locks.

A line takes from its named warehouse only, else from the customer's usual one and then by the warehouses' priority: from the first that
can give it whole, else split. Orders ahead that nobody has judged yet may still take what they ask for in any warehouse: a line whose parts
would change by that has to wait. So a set gives what its orders would get one by one, and in any other order never more.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)
Key = tuple[int, datetime, int]  # priority, received_at, order id


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
        self.left = {(product, warehouse): quantity for product, warehouse, quantity in free}
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
            place = (ahead.product_id, ahead.warehouse_id)
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
