"""Parts: what a made product is made of (one level), and how far the free ones of a warehouse go."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from alur.core import sql
from alur.supply.shelf import Place, Shelves

PARTS = """
SELECT l.id AS line_id, c.part_id, c.quantity
  FROM supply_line l JOIN supply_order o ON o.id = l.supply_order_id AND o.kind = 'make' JOIN component c ON c.product_id = l.product_id
 WHERE l.id = ANY(%(ids)s::bigint[])
 ORDER BY l.id, c.part_id
"""


class Short(NamedTuple):
    """The part that goes least far: how much of it is free, how much is missing, how many can be made all the same."""

    part_id: int
    free: Decimal
    missing: Decimal
    possible: Decimal


def of_lines(line_ids: Sequence[int]) -> dict[int, list[Any]]:
    """The parts of what these supply lines make: part and quantity for each one made, by line."""
    found: dict[int, list[Any]] = {}
    for row in sql.rows(PARTS, ids=list(line_ids)):
        found.setdefault(row.line_id, []).append(row)
    return found


def needs(parts: Sequence[Any], warehouse_id: int, quantity: Decimal) -> dict[Place, Decimal]:
    """What so many take off the shelves."""
    return {(warehouse_id, part.part_id): part.quantity * quantity for part in parts if part.quantity}


def short(wanted: Mapping[Place, Decimal], shelves: Shelves, quantity: Decimal) -> Short | None:
    """The part there is too little of, if one is; the one that goes least far."""
    reach = [(shelves.at(place).free / need, place, need) for place, need in wanted.items() if shelves.at(place).free < need]
    if not reach:
        return None
    far, place, need = min(reach)
    free = shelves.at(place).free
    return Short(place[1], free, need - free, max(far * quantity, Decimal(0)).to_integral_value(rounding="ROUND_FLOOR"))
