"""Shelves: the one place where goods come to lie somewhere or stop lying there without a customer: received, sent on, used up, counted.

The caller has locked the stock of these products and reads it here once; what moves is then added up in order, in pure Python, so that a set is worth
what its members would be worth one by one. Unit cost (6 decimals) changes only when goods come in; each move stores its own rounded value; when
nothing is left, the rest of the value leaves too, as rounding. Rules: reference model.md "Stock and supply".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from alur.core import money, sql

ZERO = Decimal(0)
SIX = Decimal("0.000001")
Place = tuple[int, int]  # warehouse, product

SHELVES = """
SELECT warehouse_id, product_id, on_hand, reserved, unit_cost, value FROM stock WHERE product_id = ANY(%(products)s::bigint[]) AND lot = 0
"""
CHANGE = """
UPDATE stock s SET on_hand = s.on_hand + m.quantity, value = s.value + m.value, unit_cost = m.unit_cost
  FROM unnest(%(warehouse_id)s::bigint[], %(product_id)s::bigint[], %(quantity)s::numeric[], %(value)s::numeric[], %(unit_cost)s::numeric[])
       AS m(warehouse_id, product_id, quantity, value, unit_cost)
 WHERE s.warehouse_id = m.warehouse_id AND s.product_id = m.product_id AND s.lot = 0
"""
# A shelf that somebody else makes at this moment was not there to be locked: what comes is added to it.
BEGIN = """
INSERT INTO stock AS s (warehouse_id, product_id, on_hand, value, unit_cost)
SELECT * FROM unnest(%(warehouse_id)s::bigint[], %(product_id)s::bigint[], %(quantity)s::numeric[], %(value)s::numeric[], %(unit_cost)s::numeric[]) m
 ORDER BY 1, 2
ON CONFLICT (warehouse_id, product_id, lot) DO UPDATE SET on_hand = s.on_hand + excluded.on_hand, value = s.value + excluded.value,
   unit_cost = CASE WHEN s.on_hand + excluded.on_hand > 0 THEN round((s.value + excluded.value) / (s.on_hand + excluded.on_hand), 6) ELSE s.unit_cost END
"""
MOVES = """
INSERT INTO stock_move (warehouse_id, product_id, quantity, value, kind, supply_line_id, order_line_id, at)
SELECT m.warehouse_id, m.product_id, m.quantity, m.value, m.kind, m.supply_line_id, l.order_line_id, %(at)s
  FROM unnest(%(warehouse_id)s::bigint[], %(product_id)s::bigint[], %(quantity)s::numeric[], %(value)s::numeric[], %(kind)s::text[],
              %(supply_line_id)s::bigint[]) WITH ORDINALITY AS m(warehouse_id, product_id, quantity, value, kind, supply_line_id, n)
  LEFT JOIN supply_line l ON l.id = m.supply_line_id
 ORDER BY m.n
"""


class Move(NamedTuple):
    """What is written of a movement."""

    warehouse_id: int
    product_id: int
    quantity: Decimal
    value: Decimal
    kind: str
    supply_line_id: int | None


@dataclass(slots=True)
class Shelf:
    """What lies in a place now, and what it is worth."""

    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO
    unit_cost: Decimal = ZERO
    value: Decimal = ZERO
    known: bool = False  # there is a row for it
    quantity: Decimal = ZERO  # how much came (or left, below 0) since it was read, and its worth
    worth: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        """What is promised to nobody."""
        return self.on_hand - self.reserved

    def by(self, quantity: Decimal, value: Decimal) -> None:
        """Count what moves."""
        self.on_hand += quantity
        self.value += value
        self.quantity += quantity
        self.worth += value


class Shelves:
    """The shelves of these products, in every warehouse."""

    def __init__(self, products: Iterable[int]) -> None:
        """Read them; they are locked."""
        self.moves: list[Move] = []
        self.shelves: dict[Place, Shelf] = {
            (row.warehouse_id, row.product_id): Shelf(row.on_hand, row.reserved, row.unit_cost, row.value, known=True)
            for row in sql.rows(SHELVES, products=sorted(set(products)))
        }

    def at(self, place: Place) -> Shelf:
        """The shelf of a place; an empty one where there is none yet."""
        return self.shelves.setdefault(place, Shelf())

    def put(self, place: Place, quantity: Decimal, value: Decimal, kind: str, line: int | None = None) -> None:
        """Goods come in, at what they are worth; cost is a moving average."""
        shelf = self.at(place)
        shelf.by(quantity, value)
        shelf.unit_cost = (shelf.value / shelf.on_hand).quantize(SIX, "ROUND_HALF_UP")
        self.moves.append(Move(*place, quantity, value, kind, line))

    def take(self, place: Place, quantity: Decimal, kind: str, line: int | None = None) -> tuple[Decimal, Decimal]:
        """Goods leave, at what they cost: their value, and the rest of an emptied shelf's."""
        shelf = self.at(place)
        value = min(shelf.value, money.half_up(quantity * shelf.unit_cost))
        shelf.by(-quantity, -value)
        self.moves.append(Move(*place, -quantity, -value, kind, line))
        rest = ZERO if shelf.on_hand else shelf.value
        if rest:
            shelf.by(ZERO, -rest)
            self.moves.append(Move(*place, ZERO, -rest, "count", None))
        return value, rest

    def find(self, place: Place, quantity: Decimal, cost: Decimal) -> Decimal:
        """Goods turn up: they are worth what the others there cost, else what those elsewhere do, else this much each. Their value."""
        shelf = self.at(place)
        elsewhere = [each for (_, product), each in self.shelves.items() if product == place[1] and each.on_hand]
        average = sum((each.value for each in elsewhere), ZERO) / sum((each.on_hand for each in elsewhere), ZERO) if elsewhere else cost
        shelf.unit_cost = shelf.unit_cost or average.quantize(SIX, "ROUND_HALF_UP")
        value = money.half_up(quantity * shelf.unit_cost)
        shelf.by(quantity, value)
        self.moves.append(Move(*place, quantity, value, "count", None))
        return value

    def write(self, *, at: datetime) -> None:
        """Write what moved and what lies there now (three statements, may be pipelined)."""
        moved = list(dict.fromkeys((move.warehouse_id, move.product_id) for move in self.moves))
        for statement, known in ((CHANGE, True), (BEGIN, False)):
            rows = [(*place, shelf.quantity, shelf.worth, shelf.unit_cost) for place in moved if (shelf := self.at(place)).known is known]
            names = ("warehouse_id", "product_id", "quantity", "value", "unit_cost")
            sql.run(statement, **{name: [row[n] for row in rows] for n, name in enumerate(names)})
        sql.run(MOVES, at=at, **sql.columns(self.moves, *Move._fields))
