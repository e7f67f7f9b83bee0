"""Cut: where a smaller line gives up what it no longer asks for. Pure; cancel (and a smaller amendment) feed it what they read under their locks.

From the end of a line's life: what waits in the queue, what is reserved and on no delivery, what is on a delivery (one that nobody has picked first, the
latest of those), and last what is picked: it goes back on the shelf. What has left is not cut. A delivery left without goods takes nothing else along: its
charges ride on another one.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from alur.supply.give_back import Give

ZERO = Decimal(0)
NO_STOCK = ("charge", "service")


class Move(NamedTuple):
    """What a line gives up, and from where: no delivery and unreserved: the queue; kept: it only gets off a delivery and stays reserved."""

    line_id: int
    quantity: Decimal
    reserved: bool = True
    delivery_id: int | None = None
    picked: Decimal = ZERO
    kept: bool = False


class Cuts:
    """What a set of lines gives up, added up."""

    def __init__(self, pieces: Iterable[Any]) -> None:
        """Take what lies reserved (no delivery) and what is on deliveries, the latest first; each piece knows its line and warehouse."""
        self.gives: list[Give] = []
        self.moves: list[Move] = []
        self.queued: dict[int, Decimal] = {}  # line -> what its backorder loses
        self.loaded: dict[int, Decimal] = {}  # delivery line -> what it loses
        self.shelf: dict[int, dict[int, Decimal]] = {}  # line -> warehouse -> reserved and on no delivery
        self.rides: dict[int, list[Any]] = {}  # line -> its pieces on deliveries
        self.deliveries: dict[int, list[Any]] = {}
        self.back: dict[tuple[int, int], Decimal] = {}  # (delivery, order) -> picked goods that go back on the shelf
        for piece in pieces:
            place = self.shelf.setdefault(piece.line_id, {})
            if piece.delivery_id is None:
                place[piece.warehouse_id] = place.get(piece.warehouse_id, ZERO) + piece.quantity
            else:
                self.rides.setdefault(piece.line_id, []).append(piece)
                self.deliveries.setdefault(piece.delivery_id, []).append(piece)
                if piece.state != "dispatched" and piece.kind not in NO_STOCK:  # what has left lies on no shelf
                    place[piece.warehouse_id] = place.get(piece.warehouse_id, ZERO) - piece.quantity

    def delivery(self, line_id: int, state: str) -> int | None:
        """A delivery of a line in this state."""
        return next((piece.delivery_id for piece in self.rides.get(line_id, ()) if piece.state == state), None)

    def line(self, line: Any, quantity: Decimal) -> None:
        """Take so much off a line that has not left with it."""
        waits = min(quantity, line.ordered - line.cancelled - line.reserved)
        if waits:
            self.gives.append(Give(line.id, line.product_id, cancelled=waits))
            self.queued[line.id] = waits
            self.moves.append(Move(line.id, waits, reserved=False))
        self._reserved(line, min(quantity - waits, line.reserved - line.scheduled))
        self._loaded(line, quantity - waits - min(quantity - waits, line.reserved - line.scheduled))

    def empty(self) -> dict[int, set[int]]:
        """The deliveries left without goods or services, with the orders that rode on them; their charges get off."""
        found = {}
        for delivery_id, pieces in self.deliveries.items():
            touched = any(piece.id in self.loaded for piece in pieces)
            if touched and not any(self._left(piece) for piece in pieces if piece.kind != "charge"):
                for piece in pieces:
                    self.unload(piece)
                found[delivery_id] = {piece.order_id for piece in pieces}
        return found

    def unload(self, piece: Any) -> None:
        """Take what is left of a piece off its delivery; it stays reserved and rides on another one."""
        if left := self._left(piece):
            picked = self._off(piece, left)
            self.gives.append(Give(piece.line_id, piece.product_id, scheduled=left, picked=picked))
            self.moves.append(Move(piece.line_id, left, delivery_id=piece.delivery_id, picked=picked, kept=True))

    def _off(self, piece: Any, part: Decimal) -> Decimal:
        """Take so much off a delivery; how much of it was picked."""
        before = min(piece.picked, self._left(piece))
        self.loaded[piece.id] = self.loaded.get(piece.id, ZERO) + part
        picked = before - min(piece.picked, self._left(piece))
        if picked and piece.kind not in NO_STOCK:
            key = piece.delivery_id, piece.order_id
            self.back[key] = self.back.get(key, ZERO) + picked
        return picked

    def _left(self, piece: Any) -> Decimal:
        return piece.quantity - self.loaded.get(piece.id, ZERO)

    def _reserved(self, line: Any, quantity: Decimal) -> None:
        """Free what is on no delivery; the warehouse reserved last gives first."""
        if not quantity:
            return
        self.moves.append(Move(line.id, quantity))
        if line.kind in NO_STOCK:
            self.gives.append(Give(line.id, line.product_id, reserved=quantity, cancelled=quantity))
            return
        place = self.shelf[line.id]
        for warehouse in sorted(place, reverse=True):
            part = min(quantity, place[warehouse])
            if part > 0:
                place[warehouse] -= part
                quantity -= part
                self.gives.append(Give(line.id, line.product_id, reserved=part, warehouse_id=warehouse, cancelled=part))

    def _loaded(self, line: Any, quantity: Decimal) -> None:
        """Take off deliveries, the latest first; those that are picked last."""
        for state in ("scheduled", "picked"):
            for piece in self.rides.get(line.id, ()) if quantity else ():
                part = min(quantity, self._left(piece)) if piece.state == state else ZERO
                if part > 0:
                    quantity -= part
                    picked = self._off(piece, part)
                    shelf = None if line.kind in NO_STOCK else piece.warehouse_id
                    self.moves.append(Move(line.id, part, delivery_id=piece.delivery_id, picked=picked))
                    self.gives.append(Give(line.id, line.product_id, reserved=part, warehouse_id=shelf, scheduled=part, picked=picked, cancelled=part))
