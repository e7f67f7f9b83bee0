"""How a delivery ends: complete and fail are one rule, with another answer for what nobody said anything about.

Of what was shipped on a line, `delivered` stays with the customer; `again` comes back to the shelf and is reserved for the same order again; `lost` is
a loss and waits in the queue anew; `refused` comes back and the customer no longer wants it. What it had cost when it left is split exactly over them.
Charges go with their delivery whatever happens to the goods beside them. A visit (no warehouse) ends where it was `scheduled`: it takes all counters at
once, what was not done gives its department's day back. Rules: reference steps.md "deliver.complete", model.md "Counters".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from alur import books, log
from alur.books import chart
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.flow import finish, holds, totals
from alur.flow.deliver import common
from alur.flow.said import number
from alur.log import recheck
from alur.models import locks
from alur.supply import capacity, queue
from alur.supply.give_back import Give, give_back

ZERO = Decimal(0)


class Ends(NamedTuple):
    """What became of a delivery line, in base units; the four add up to what was shipped. reason: the code of why some was not delivered."""

    delivered: Decimal = ZERO
    again: Decimal = ZERO
    lost: Decimal = ZERO
    refused: Decimal = ZERO
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What the driver or technician reports of a delivery. Lines not named go as the step says; reason stands for lines without one.

    hours: worked on a visit; note: words, kept beside the delivery.
    """

    lines: Mapping[int, Ends] = field(default_factory=dict)
    receiver: str = ""
    proof: Sequence[str] = ()
    reason: str | None = None
    hours: Decimal | str | None = None
    note: str = ""


NOTHING_SAID = Done()

JUDGE = """
WITH said AS (
    SELECT s.*, s.delivered + s.again + s.lost + s.refused AS whole, x.order_line_id, c.picked,
           x.id IS NULL OR least(s.delivered, s.again, s.lost, s.refused) < 0
             OR s.delivered + s.again + s.lost + s.refused <> c.picked OR %(failed)s AND s.delivered <> 0 AS wrong
      FROM unnest(%(of)s::bigint[], %(line)s::bigint[], %(delivered)s::numeric[], %(again)s::numeric[], %(lost)s::numeric[], %(refused)s::numeric[],
                  %(line_reason)s::text[]) AS s(delivery_id, id, delivered, again, lost, refused, reason)
      LEFT JOIN delivery_line x ON x.id = s.id AND x.delivery_id = s.delivery_id
      LEFT JOIN delivery d ON d.id = x.delivery_id
     CROSS JOIN LATERAL (SELECT CASE WHEN d.warehouse_id IS NULL THEN x.quantity ELSE x.picked END AS picked) c
), wrong AS (
    SELECT DISTINCT ON (delivery_id) delivery_id, id, order_line_id, picked, whole FROM said WHERE wrong ORDER BY delivery_id, id
)
SELECT d.id, g.orders, d.warehouse_id IS NOT NULL AS booked, v.verdict, CASE WHEN v.verdict IS NOT NULL THEN
         jsonb_build_object('delivery_id', d.id, 'state', d.state, 'line_id', w.order_line_id, 'shipped', w.picked, 'said', w.whole) END AS facts
  FROM unnest(%(ids)s::bigint[], %(reason)s::text[]) AS i(id, reason)
  JOIN delivery d ON d.id = i.id
 CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT l.order_id) AS orders, sum(coalesce(s.delivered, c.picked)) FILTER (WHERE l.kind <> 'charge') AS delivered,
           bool_or(CASE WHEN s.id IS NULL THEN %(failed)s ELSE s.delivered < c.picked END
                   AND coalesce(s.reason, i.reason, '') <> ALL (ARRAY(SELECT r.code FROM reason r WHERE r.kind = 'failed_delivery'))) AS unexplained
      FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id LEFT JOIN said s ON s.id = x.id
     CROSS JOIN LATERAL (SELECT CASE WHEN d.warehouse_id IS NULL THEN x.quantity ELSE x.picked END AS picked) c
     WHERE x.delivery_id = d.id) g
  LEFT JOIN wrong w ON w.delivery_id = d.id
 CROSS JOIN LATERAL (
    SELECT CASE WHEN d.state = %(ends)s THEN 'already'
                WHEN d.state <> CASE WHEN d.warehouse_id IS NULL THEN 'scheduled' ELSE 'dispatched' END THEN 'wrong_state'
                WHEN w.id IS NOT NULL THEN 'does_not_add_up'
                WHEN NOT %(failed)s AND g.delivered = 0 THEN 'nothing_delivered'
                WHEN g.unexplained THEN 'no_reason' END AS verdict) v
 ORDER BY d.id
"""
MOVE = """
WITH ended AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(reason)s::text[], %(receiver)s::text[], %(proof)s::text[]) AS e(id, reason, receiver, proof)
), said AS (
    SELECT * FROM unnest(%(line)s::bigint[], %(delivered)s::numeric[], %(again)s::numeric[], %(lost)s::numeric[], %(refused)s::numeric[],
                         %(line_reason)s::text[]) AS s(id, delivered, again, lost, refused, reason)
), went AS MATERIALIZED (
    SELECT x.id, x.delivery_id, x.order_line_id, c.picked, c.picked - x.picked AS fresh, l.kind, -m.value AS value,
           coalesce(s.delivered, u.usual) AS delivered, coalesce(s.again, c.picked - u.usual) AS again, coalesce(s.lost, 0) AS lost,
           coalesce(s.refused, 0) AS refused,
           CASE WHEN coalesce(s.delivered, u.usual) < c.picked
                THEN (SELECT r.id FROM reason r WHERE r.kind = 'failed_delivery' AND r.code = coalesce(s.reason, e.reason)) END AS reason_id
      FROM ended e
      JOIN delivery d ON d.id = e.id
      JOIN delivery_line x ON x.delivery_id = e.id
      JOIN order_line l ON l.id = x.order_line_id
     CROSS JOIN LATERAL (SELECT CASE WHEN d.warehouse_id IS NULL THEN x.quantity ELSE x.picked END AS picked) c
     CROSS JOIN LATERAL (SELECT CASE WHEN %(failed)s THEN 0 ELSE c.picked END AS usual) u
      LEFT JOIN said s ON s.id = x.id AND l.kind <> 'charge'
      LEFT JOIN stock_move m ON m.delivery_line_id = x.id AND m.kind = 'dispatch'
), lines AS (
    UPDATE delivery_line x SET picked = w.picked, delivered = w.delivered, again = w.again, lost = w.lost, refused = w.refused,
           reason_id = coalesce(w.reason_id, x.reason_id)
      FROM went w WHERE x.id = w.id
), counted AS (
    UPDATE order_line l SET delivered = l.delivered + w.delivered, shipped = l.shipped + w.fresh - w.came, picked = l.picked + w.fresh - w.came,
           scheduled = l.scheduled - w.came
      FROM (SELECT order_line_id, sum(delivered) AS delivered, sum(fresh) AS fresh, sum(picked - delivered) AS came FROM went GROUP BY order_line_id) w
     WHERE l.id = w.order_line_id
), moved AS (
    UPDATE delivery d SET state = %(ends)s, ended_at = %(at)s, version = d.version + 1, receiver = e.receiver, proof = string_to_array(e.proof, chr(10))
      FROM ended e WHERE d.id = e.id
)
SELECT delivery_id AS id, sum(value) AS value, sum(CASE WHEN delivered = picked THEN value ELSE round(value * delivered / picked, 2) END) AS cost,
       coalesce(sum(CASE WHEN delivered + lost = picked THEN value ELSE round(value * (delivered + lost) / picked, 2) END
                    - round(value * delivered / picked, 2)) FILTER (WHERE lost > 0), 0) AS loss,
       sum(again) AS again, sum(lost) AS lost, sum(refused) AS refused, bool_or(kind <> 'charge' AND delivered < picked) AS came_back
  FROM went GROUP BY delivery_id ORDER BY delivery_id
"""
# What is on the shelf again, at the value it left with less what MOVE took for delivered and lost; what is lost waits with the key it always had.
BACK = """
WITH came AS MATERIALIZED (
    SELECT x.id, x.order_line_id, x.lot, d.warehouse_id, l.product_id, l.order_id, x.again, x.lost, x.refused,
           -m.value - round(-m.value * (x.delivered + x.lost) / x.picked, 2) AS value
      FROM delivery_line x
      JOIN delivery d ON d.id = x.delivery_id
      JOIN order_line l ON l.id = x.order_line_id AND l.kind = 'goods'
      JOIN stock_move m ON m.delivery_line_id = x.id AND m.kind = 'dispatch'
     WHERE x.delivery_id = ANY(%(ids)s::bigint[]) AND x.delivered < x.picked
), told AS (
    INSERT INTO stock_move (warehouse_id, product_id, lot, quantity, value, kind, order_line_id, delivery_line_id, at)
    SELECT warehouse_id, product_id, lot, again + refused, value, 'back', order_line_id, id, %(at)s FROM came WHERE again + refused > 0
), shelf AS (
    UPDATE stock s SET on_hand = s.on_hand + b.back, reserved = s.reserved + b.again, value = s.value + b.value,
           unit_cost = round((s.value + b.value) / (s.on_hand + b.back), 6)
      FROM (SELECT product_id, warehouse_id, lot, sum(again + refused) AS back, sum(again) AS again, sum(value) AS value
              FROM came WHERE again + refused > 0 GROUP BY product_id, warehouse_id, lot) b
     WHERE s.product_id = b.product_id AND s.warehouse_id = b.warehouse_id AND s.lot = b.lot
), kept AS (
    INSERT INTO reservation (order_line_id, product_id, warehouse_id, lot, quantity)
    SELECT order_line_id, product_id, warehouse_id, lot, sum(again) FROM came WHERE again > 0 GROUP BY order_line_id, product_id, warehouse_id, lot
    ON CONFLICT (order_line_id, warehouse_id, lot) DO UPDATE SET quantity = reservation.quantity + excluded.quantity
), queued AS (
    INSERT INTO backorder (order_line_id, order_id, product_id, warehouse_id, open, priority, received_at)
    SELECT c.order_line_id, o.id, c.product_id, min(c.warehouse_id), sum(c.lost), o.priority, o.received_at
      FROM came c JOIN sales_order o ON o.id = c.order_id WHERE c.lost > 0 GROUP BY c.order_line_id, o.id, c.product_id
    ON CONFLICT (order_line_id) DO UPDATE SET open = backorder.open + excluded.open
)
SELECT c.id, 'goods' AS kind, c.order_id, o.payer_id, c.order_line_id, c.product_id, c.again, c.lost, c.refused
  FROM came c JOIN sales_order o ON o.id = c.order_id
UNION ALL
SELECT x.id, l.kind, o.id, o.payer_id, l.id, l.product_id, x.again + x.lost, 0, x.refused
  FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id AND l.kind = 'service' JOIN sales_order o ON o.id = l.order_id
 WHERE x.delivery_id = ANY(%(ids)s::bigint[]) AND x.delivered < x.picked
"""


def end(deliveries: Sequence[int] | Mapping[int, Done | Mapping[str, Any]], ends: str, *, event: str, refused: str, by: str, at: datetime) -> Outcome:
    """End these deliveries as delivered or failed; deliveries nobody said anything about end that way in full."""
    ids, failed = list(deliveries), ends == "failed"
    done = {i: r if isinstance(r, Done) else Done(**r) for i, r in deliveries.items()} if isinstance(deliveries, Mapping) else {}
    said = _said(done)
    troubled = failed or bool(said["line"])  # something may come back to the shelf
    (locks.orders_stock_and_deliveries if troubled else locks.orders_and_deliveries)(ids)
    on = clock.day(at)
    outcome, rows = common.judge(JUDGE, ids, books_on=on, ends=ends, failed=failed, reason=[done.get(i, NOTHING_SAID).reason for i in ids], **said)
    if not outcome.moved:
        log.write(common.told(outcome, rows, moved=event, refused=refused), by=by, at=at)
        return outcome
    moved = set(outcome.moved)
    touched = {o for row in rows if row.id in moved for o in row.orders}
    moving = _move(outcome, done, said, failed=failed, ends=ends, at=at)
    back = _back(moving, at=at) if troubled else []
    finishing = finish.ask(touched)
    ended, finished = moving.rows(), finishing.rows()
    outcome.facts = {row.id: {"again": row.again, "lost": row.lost, "refused": row.refused} for row in ended if row.came_back}
    _reported(outcome, done, by=by, at=at)
    totals.rewrite({b.order_id for b in back if b.refused})
    with sql.pipeline():
        books.post(event, "delivery", [line for row in ended if row.value for line in _booked(row, on)], at=at)
        finish.settle(finished, at=at)
        holds.resolve_proposals([row.id for row in rows if not row.booked and row.id in moved], "ended", by="system", at=at)
        log.write(common.told(outcome, rows, moved=event, refused=refused) + finish.told(finished), by=by, at=at)
        _wake(back, finished)
        recheck.add("issue", sorted(touched - {row.id for row in finished}) if not failed else (), "delivered")
    return outcome


def _reported(outcome: Outcome, done: Mapping[int, Done], *, by: str, at: datetime) -> None:
    """Hours go into the event, words into a note that it names."""
    reports = {i: done[i] for i in outcome.moved if i in done}
    notes = common.notes({i: report.note for i, report in reports.items()}, by=by, at=at)
    for i, report in reports.items():
        hours = number(report.hours)
        more = ({"hours": hours} if hours else {}) | ({"note_id": notes[i]} if i in notes else {})
        if more:
            outcome.facts[i] = outcome.facts.get(i, {}) | more


def _said(done: Mapping[int, Done]) -> dict[str, list[Any]]:
    """What was said of lines, as arrays."""
    lines = [(of, int(line), *_ends(ends, report.reason)) for of, report in done.items() for line, ends in report.lines.items()]
    names = ("of", "line", "delivered", "again", "lost", "refused", "line_reason")
    return dict(zip(names, map(list, zip(*lines, strict=True)), strict=True)) if lines else {name: [] for name in names}


def _ends(given: Sequence[Any] | Mapping[str, Any], reason: str | None) -> Ends:
    """What became of a line, however a door wrote it."""
    ends = Ends(**given) if isinstance(given, Mapping) else Ends(*given)
    return Ends(Decimal(ends.delivered), Decimal(ends.again), Decimal(ends.lost), Decimal(ends.refused), ends.reason or reason)


def _move(outcome: Outcome, done: Mapping[int, Done], said: dict[str, list[Any]], *, failed: bool, ends: str, at: datetime) -> sql.Answer:
    """Move the counters of what ends."""
    reports = [done.get(i, NOTHING_SAID) for i in outcome.moved]
    given = {name: values for name, values in said.items() if name != "of"} | sql.columns(reports, "reason", "receiver")
    return sql.ask(MOVE, ids=outcome.moved, proof=["\n".join(r.proof) for r in reports], failed=failed, ends=ends, at=at, **given)


def _back(moving: sql.Answer, *, at: datetime) -> list[Any]:
    """Take in what came back, and give up what is reserved for what is lost or no longer wanted, and the day for what was not done."""
    came = [row.id for row in moving.rows() if row.came_back]
    back = sql.rows(BACK, ids=came, at=at) if came else []
    give_back([Give(b.order_line_id, b.product_id, reserved=b.lost + b.refused, cancelled=b.refused) for b in back if b.lost + b.refused])
    capacity.free({b.id: b.again + b.refused for b in back if b.kind == "service"})
    return back


def _booked(row: Any, on: date) -> list[books.Line]:
    """Dr cost of goods sold, stock loss and inventory, Cr goods in transit for all that had been shipped."""
    parts = [(chart.COST_OF_GOODS, row.cost), (chart.GOODS_IN_TRANSIT, -row.value)]
    if row.came_back:
        parts += [(chart.STOCK_LOSS, row.loss), (chart.INVENTORY, row.value - row.cost - row.loss)]
    return [books.Line(row.id, on, account, amount) for account, amount in parts]


def _wake(back: Sequence[Any], finished: Sequence[Any]) -> None:
    """What comes again or is queued anew gets a new promise; what is refused leaves credit to the payer's other orders."""
    over = {row.id for row in finished}
    recheck.add("promise", sorted({b.order_id for b in back if b.again + b.lost} - over), "delivery_failed")
    recheck.verify_open_of_payers(sorted({b.payer_id for b in back if b.refused}), "refused", over)
    queue.free(b.product_id for b in back if b.refused and b.kind == "goods")
