"""Short: what a picker did not find. Each line says at once what becomes of the rest, and why.

    backorder    it waits in the queue with its old key, at this warehouse
    cancel       the customer does not get it
    substitute   the same, and another product goes instead: a line that the door adds to the order (capture.amend)

Whether the shelf was wrong says the reason (`reason.stock_effect`): none; quantity = what is missing is not there; all = nothing is there that is
not promised to somebody else. What is not there is booked as stock difference. Rules: reference steps.md "deliver.pick".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from alur import books, log
from alur.books import chart
from alur.core import sql
from alur.flow import finish, said, totals
from alur.log import recheck
from alur.reads.allot import Part
from alur.supply import queue
from alur.supply.give_back import Give, give_back
from alur.supply.shelf import Shelves

CHOICES = ("backorder", "substitute", "cancel")
ZERO = Decimal(0)

LINES = """
SELECT x.id, x.delivery_id, x.order_line_id, l.order_id, o.payer_id, l.product_id, d.warehouse_id, x.quantity - s.picked AS missing, s.choice, s.instead,
       r.id AS reason_id, r.stock_effect AS effect
  FROM unnest(%(line)s::bigint[], %(picked)s::numeric[], %(choice)s::text[], %(reason)s::text[], %(instead)s::bigint[])
       AS s(id, picked, choice, reason, instead)
  JOIN delivery_line x ON x.id = s.id AND x.quantity > s.picked
  JOIN delivery d ON d.id = x.delivery_id
  JOIN order_line l ON l.id = x.order_line_id
  JOIN sales_order o ON o.id = l.order_id
  JOIN reason r ON r.kind = 'short_pick' AND r.code = s.reason
 WHERE x.delivery_id = ANY(%(ids)s::bigint[])
 ORDER BY x.delivery_id, x.id
"""
LOWER = """
UPDATE delivery_line x SET quantity = x.quantity - s.missing, reason_id = s.reason_id
  FROM unnest(%(id)s::bigint[], %(missing)s::numeric[], %(reason)s::bigint[]) AS s(id, missing, reason_id)
 WHERE x.id = s.id
"""
# Nothing is left on it: its charges ride on another one.
EMPTY = """
WITH gone AS (
    UPDATE delivery SET state = 'cancelled', ended_at = %(at)s, version = version + 1 WHERE id = ANY(%(ids)s::bigint[])
)
UPDATE order_line l SET scheduled = l.scheduled - x.quantity
  FROM (SELECT order_line_id, sum(quantity) AS quantity FROM delivery_line WHERE delivery_id = ANY(%(ids)s::bigint[]) AND quantity > 0
         GROUP BY order_line_id) x WHERE l.id = x.order_line_id
"""


@dataclass(frozen=True, slots=True)
class Short:
    """So much of a delivery line was found, in base units; what becomes of the rest, why (a code), and the product that goes instead."""

    picked: Decimal | str = ZERO
    choice: str | None = None
    reason: str | None = None
    instead: int | str | None = None


@dataclass(frozen=True, slots=True)
class Picked:
    """What a picker reports of a delivery; lines not named were found in full."""

    lines: Mapping[int, Short] = field(default_factory=dict)


def columns(reports: Mapping[int, Any]) -> dict[str, list[Any]]:
    """What was said of lines, as arrays, however a door wrote it; a number that is none is NULL."""
    found: dict[str, list[Any]] = {name: [] for name in ("of", "line", "picked", "choice", "reason", "instead")}
    for of, report in reports.items():
        lines = report.lines if isinstance(report, Picked) else report.get("lines") or {}
        for line, given in lines.items():
            short = given if isinstance(given, Short) else Short(**given)
            instead = int(short.instead) if short.instead and str(short.instead).isdecimal() else None
            for name, value in zip(found, (of, int(line), said.number(short.picked), short.choice, short.reason, instead), strict=True):
                found[name].append(value)
    return found


def lower(deliveries: Sequence[int], given: Mapping[str, Any]) -> list[Any]:
    """Take what is missing off these deliveries and lines, and put the shelves right; the short lines, each with the `value` that was not there."""
    rows = sql.rows(LINES, ids=list(deliveries), **{name: values for name, values in given.items() if name != "of"})
    if not rows:
        return []
    give_back(
        Give(r.order_line_id, r.product_id, r.missing, r.warehouse_id, scheduled=r.missing, cancelled=ZERO if r.choice == "backorder" else r.missing)
        for r in rows
    )
    waits: dict[int, Part] = {}
    for r in rows:
        if r.choice == "backorder":
            before = waits[r.order_line_id].quantity if r.order_line_id in waits else ZERO
            waits[r.order_line_id] = Part(r.order_line_id, r.product_id, r.warehouse_id, before + r.missing)
    queue.enter(list(waits.values()))
    sql.run(LOWER, reason=[row.reason_id for row in rows], **sql.columns(rows, "id", "missing"))
    return rows


def correct(rows: Iterable[Any], *, on: date, at: datetime) -> None:
    """Take off the shelves what the reasons say is not there. Dr stock difference (rounding), Cr inventory."""
    wrong = [row for row in rows if row.effect != "none"]
    if not wrong:
        return
    shelves, lines = Shelves(row.product_id for row in wrong), []
    for row in wrong:
        place = row.warehouse_id, row.product_id
        free = shelves.at(place).free  # with what this pick has given back
        quantity = free if row.effect == "all" else min(row.missing, free)
        if quantity > 0:
            value, rest = shelves.take(place, quantity, "count")
            sides = ((chart.STOCK_DIFFERENCE, value), (chart.STOCK_ROUNDING, rest), (chart.INVENTORY, -value - rest))
            lines += [books.Line(row.delivery_id, on, account, amount) for account, amount in sides if amount]
    if shelves.moves:
        shelves.write(at=at)
        books.post("delivery.short", "delivery", lines, at=at)


def tell(rows: Sequence[Any], empty: Sequence[int], *, by: str, at: datetime) -> None:
    """Count the orders anew, finish those of which nothing is open, wake who is touched, and tell of each line."""
    if empty:
        sql.run(EMPTY, ids=list(empty), at=at)
    gave_up = {row.order_id for row in rows if row.choice != "backorder"}
    finished = finish.ask(gave_up).rows() if gave_up else []
    totals.rewrite(gave_up)
    over = {row.id for row in finished}
    data = [{"line_id": r.order_line_id, "quantity": r.missing, "choice": r.choice, "reason_id": r.reason_id} for r in rows]
    for row, each in zip(rows, data, strict=True):
        if row.choice == "substitute":
            each["substitute_id"] = row.instead
    log.write([log.Record("delivery.short", row.delivery_id, row.order_id, "delivery", each) for row, each in zip(rows, data, strict=True)], by=by, at=at)
    finish.tell(finished, by=by, at=at)
    recheck.add("promise", sorted({row.order_id for row in rows} - over), "short_pick")
    recheck.verify_open_of_payers(sorted({row.payer_id for row in rows if row.choice != "backorder"}), "short_pick", over)
