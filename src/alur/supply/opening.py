"""Open stock: what a company has on its shelves when it starts, booked against equity. Thousands of rows in one call.

(warehouse, product, quantity, unit cost) -> stock, stock_move, Dr inventory / Cr opening equity    stock.opened
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from alur import books, log
from alur.books import chart
from alur.core import clock, sql

STOCK = """
INSERT INTO stock (warehouse_id, product_id, on_hand, unit_cost, value)
SELECT o.warehouse_id, o.product_id, o.quantity, round(o.cost, 6), round(o.quantity * o.cost, 2)
  FROM unnest(%(warehouse_id)s::bigint[], %(product_id)s::bigint[], %(quantity)s::numeric[], %(cost)s::numeric[]) AS o(warehouse_id, product_id, quantity, cost)
 ORDER BY o.warehouse_id, o.product_id
"""
MOVES = """
INSERT INTO stock_move (warehouse_id, product_id, quantity, value, kind, at)
SELECT o.warehouse_id, o.product_id, o.quantity, round(o.quantity * o.cost, 2), 'opening', %(at)s
  FROM unnest(%(warehouse_id)s::bigint[], %(product_id)s::bigint[], %(quantity)s::numeric[], %(cost)s::numeric[]) AS o(warehouse_id, product_id, quantity, cost)
RETURNING warehouse_id, value
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """So much of a product in a warehouse, at this cost a base unit."""

    warehouse_id: int
    product_id: int
    quantity: Decimal
    cost: Decimal


def open_stock(openings: Sequence[Opening], *, at: datetime, by: str = "system") -> None:
    """Put these on the shelves; a product that has a stock row in that warehouse already is refused by PostgreSQL (stock_once)."""
    given = sql.columns(openings, "warehouse_id", "product_id", "quantity", "cost")
    sql.run(STOCK, **given)
    on, worth = clock.day(at), dict.fromkeys({o.warehouse_id for o in openings}, Decimal(0))
    for row in sql.rows(MOVES, at=at, **given):
        worth[row.warehouse_id] += row.value
    books.post(
        "stock.opened",
        "warehouse",
        [books.Line(w, on, account, sign * value) for w, value in worth.items() for account, sign in ((chart.INVENTORY, 1), (chart.OPENING_EQUITY, -1))],
        at=at,
    )
    log.write([log.Record("stock.opened", w, subject_kind="warehouse", data={"value": value}) for w, value in worth.items()], by=by, at=at)
