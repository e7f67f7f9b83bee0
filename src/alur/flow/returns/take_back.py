"""Take back: what a customer sent is here; the warehouse receives it or refuses it, in one go or in parts.

    permitted --take_back--> received when all of it is accounted for (closed, if all was refused)     return.received
    Dr inventory (returns warehouse), Cr cost of goods sold, at the cost the goods left with

What is received counts as returned; its credit is a step of its own (flow/invoice/credit.py). Rules: reference steps.md "returns".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from alur import books, log
from alur.books import chart, periods
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.flow.said import number
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "stale_version": "Goods of {return} were taken back by somebody else meanwhile. Look at what is still expected and try again.",
    "nothing_came": "Nothing of {return} is accounted for. Write how much came back, or how much of it is refused.",
    "bad_quantity": "{quantity} of {line} cannot come back. Write a quantity not below 0.",
    "more_than_permitted": "Of {line} on {return} only {open:qty} are still expected, but {said:qty} came. Permit the rest first, then take it back.",
    "period_closed": "The month of {on:day} is closed, so nothing can be booked on that day. Open the month, then take the goods back.",
}

# Not claimed: a person says what came.
LINES = """
SELECT r.id AS return_id, r.state, x.id, x.order_line_id, l.order_id, x.quantity, x.quantity - x.received - x.refused AS open
  FROM "return" r JOIN return_line x ON x.return_id = r.id JOIN order_line l ON l.id = x.order_line_id
 WHERE r.id = ANY(%(ids)s::bigint[]) ORDER BY r.id, x.id
"""
# The first returns warehouse; a company without one gets it here.
PLACE = """
WITH made AS (
    INSERT INTO warehouse (code, name, kind) SELECT 'RETUR', 'Gudang retur', 'returns'
     WHERE NOT EXISTS (SELECT FROM warehouse WHERE kind = 'returns' AND active) ON CONFLICT DO NOTHING RETURNING id
)
SELECT id FROM made UNION ALL (SELECT id FROM warehouse WHERE kind = 'returns' AND active ORDER BY priority, id LIMIT 1)
"""
# Its cost: so much of what the delivery's goods left with, so that parts of a line add up.
MOVE = """
WITH came AS MATERIALIZED (
    SELECT x.id, x.return_id, x.order_line_id, x.delivery_line_id, x.quantity, d.lot, l.product_id, c.received, c.refused,
           round(m.cost * w.upto / d.delivered, 2) - round(m.cost * (w.upto - c.received) / d.delivered, 2) AS value
      FROM (SELECT c.id, c.received, c.refused, sum(c.received) OVER (PARTITION BY x.delivery_line_id ORDER BY c.id) AS so_far
              FROM unnest(%(id)s::bigint[], %(received)s::numeric[], %(refused)s::numeric[]) AS c(id, received, refused)
              JOIN return_line x ON x.id = c.id) c
      JOIN return_line x ON x.id = c.id
      JOIN order_line l ON l.id = x.order_line_id
      JOIN delivery_line d ON d.id = x.delivery_line_id
     CROSS JOIN LATERAL (SELECT coalesce(sum(CASE WHEN d.delivered = d.picked THEN -s.value ELSE round(-s.value * d.delivered / d.picked, 2) END), 0) AS cost
                           FROM stock_move s WHERE s.delivery_line_id = d.id AND s.kind = 'dispatch') m
     CROSS JOIN LATERAL (SELECT c.so_far + coalesce(sum(b.received), 0) AS upto FROM return_line b WHERE b.delivery_line_id = d.id) w
), shelf AS (
    INSERT INTO stock AS s (warehouse_id, product_id, lot, on_hand, unit_cost, value)
    SELECT %(place)s, product_id, lot, sum(received), round(sum(value) / sum(received), 6), sum(value)
      FROM came WHERE received > 0 GROUP BY product_id, lot ORDER BY product_id, lot
    ON CONFLICT (warehouse_id, product_id, lot) DO UPDATE SET on_hand = s.on_hand + excluded.on_hand, value = s.value + excluded.value,
       unit_cost = round((s.value + excluded.value) / (s.on_hand + excluded.on_hand), 6)
), told AS (
    INSERT INTO stock_move (warehouse_id, product_id, lot, quantity, value, kind, order_line_id, delivery_line_id, at)
    SELECT %(place)s, product_id, lot, received, value, 'return', order_line_id, delivery_line_id, %(at)s FROM came WHERE received > 0
), lines AS (
    UPDATE return_line x SET received = x.received + c.received, refused = x.refused + c.refused, value = x.value + c.value,
           state = CASE WHEN x.received + c.received + x.refused + c.refused < x.quantity THEN x.state
                        WHEN x.received + c.received > 0 THEN 'received' ELSE 'closed' END
      FROM came c WHERE x.id = c.id
), counted AS (
    UPDATE order_line l SET returned = l.returned + c.quantity
      FROM (SELECT order_line_id, sum(received) AS quantity FROM came WHERE received > 0 GROUP BY order_line_id) c WHERE l.id = c.order_line_id
)
SELECT return_id AS id, sum(received) AS received, sum(refused) AS refused, sum(value) AS value FROM came GROUP BY return_id ORDER BY return_id
"""
# A return of which nothing is expected any more is here; if nothing of it is, it is over.
ENDED = """
UPDATE "return" r SET state = CASE WHEN e.received > 0 THEN 'received' ELSE 'closed' END
  FROM (SELECT return_id, sum(received) AS received FROM return_line WHERE return_id = ANY(%(ids)s::bigint[]) GROUP BY return_id
        HAVING sum(quantity) = sum(received) + sum(refused)) e
 WHERE r.id = e.return_id AND r.state = 'permitted'
RETURNING r.id, r.state
"""


@dataclass(frozen=True, slots=True)
class Came:
    """By line of the return: how much is received and how much refused, in base units; lines not named did not come yet.

    seen: how much of the return the person saw accounted for; None = does not matter.
    """

    lines: Mapping[int, Mapping[str, Decimal | str]] = field(default_factory=dict)
    seen: Decimal | str | None = None


class Piece(NamedTuple):
    """What came of one line."""

    id: int
    received: Decimal
    refused: Decimal


def take_back(returns: Sequence[int] | Mapping[int, Came | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """These goods are here: all that is expected, or what is said of each line."""
    ids, outcome, today = list(returns), Outcome(), clock.day(at)
    said = {i: c if isinstance(c, Came) else Came(**c) for i, c in returns.items()} if isinstance(returns, Mapping) else {}
    locks.orders_stock_and_returns(ids)
    shut, found = periods.ask([today]), sql.ask(LINES, ids=ids)
    closed, lines = bool(shut()), _by_return(found.rows())
    came: dict[int, list[Piece]] = {}
    for i in ids:
        if i not in lines:
            outcome.refuse(i, "not_found")
        elif pieces := _judge(i, lines[i], said.get(i), outcome):
            if closed:
                outcome.refuse(i, "period_closed", on=today)
            else:
                came[i] = pieces
    outcome.moved = list(came)
    if came:
        pieces = [piece for of in came.values() for piece in of]
        moved = sql.rows(MOVE, place=sql.one(PLACE), at=at, **sql.columns(pieces, *Piece._fields))
        ended = sql.rows(ENDED, ids=outcome.moved)
        orders = {i: lines[i][0].order_id for i in came}
        with sql.pipeline():
            books.post("return.received", "return", [line for row in moved for line in _entry(row, today)], at=at)
            recheck.add("close", [orders[row.id] for row in ended if row.state == "closed"], "returned")
            log.write(
                [log.Record("return.received", row.id, orders[row.id], "return", {"received": row.received, "refused": row.refused}) for row in moved],
                by=by, at=at,
            )  # fmt: skip
    return outcome


def _by_return(rows: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.return_id, []).append(row)
    return found


def _judge(return_id: int, lines: list[Any], said: Came | None, outcome: Outcome) -> list[Piece]:
    """What came of a return; nothing if it is answered already."""
    if lines[0].state != "permitted":
        outcome.already.append(return_id)
        return []
    if said is None:
        return [Piece(line.id, line.open, Decimal(0)) for line in lines if line.open]
    if said.seen is not None and number(said.seen) != sum(line.quantity - line.open for line in lines):
        outcome.refuse(return_id, "stale_version", return_id=return_id)
        return []
    known, pieces = {line.id: line for line in lines}, []
    for key, parts in sorted(said.lines.items()):
        line = known.get(int(key))
        received, refused = (number(parts.get(name) or "0") for name in ("received", "refused"))
        if line is None or received is None or refused is None or received < 0 or refused < 0:
            outcome.refuse(return_id, "bad_quantity", line_id=line and line.order_line_id, quantity=str(parts.get("received", "")))
            return []
        if received + refused > line.open:
            outcome.refuse(return_id, "more_than_permitted", return_id=return_id, line_id=line.order_line_id, open=line.open, said=received + refused)
            return []
        if received + refused:
            pieces.append(Piece(line.id, received, refused))
    if not pieces:
        outcome.refuse(return_id, "nothing_came", return_id=return_id)
    return pieces


def _entry(row: Any, on: Any) -> list[books.Line]:
    return [books.Line(row.id, on, chart.INVENTORY, row.value), books.Line(row.id, on, chart.COST_OF_GOODS, -row.value)]
