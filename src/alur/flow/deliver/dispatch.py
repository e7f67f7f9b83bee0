"""Dispatch: picked goods leave. Stock falls at its unit cost and stands in goods in transit until the delivery ends.

    picked --dispatch--> dispatched     delivery.dispatched     Dr goods in transit, Cr inventory

Each move stores its own rounded value; when nothing is left on the shelf, the rest of its value goes to stock rounding (reference model.md "Stock").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from alur import books, log
from alur.books import chart
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.flow.deliver import common
from alur.models import locks

REFUSALS = {
    "held": "{n} open holds stop {order}. Settle or release them, then dispatch {delivery}.",
    "customer_blocked": "{customer} is blocked for deliveries. Unblock the customer, then dispatch {delivery}.",
    **common.SENTENCES,
}

# Not claimed: a delivery is locked after its orders; who comes second is answered `already`.
WAITING = """
SELECT d.id FROM delivery d JOIN customer c ON c.id = d.customer_id
 WHERE d.state IN ('scheduled', 'picked', 'dispatched') AND d.state = 'picked' AND c.blocked NOT IN ('delivery', 'all')
   AND NOT EXISTS (SELECT FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id JOIN hold h ON h.order_id = l.order_id AND h.resolved_at IS NULL
                    WHERE x.delivery_id = d.id)
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'deliver.dispatch' AND b.subject_id = d.id)
 ORDER BY d.scheduled_on, d.id LIMIT %(limit)s
"""
JUDGE = """
SELECT d.id, s.orders, CASE
         WHEN d.state IN ('dispatched', 'delivered') THEN 'already'
         WHEN d.state <> 'picked' THEN 'wrong_state'
         WHEN h.n > 0 THEN 'held'
         WHEN c.blocked IN ('delivery', 'all') THEN 'customer_blocked'
       END AS verdict,
       CASE WHEN h.n > 0 OR d.state <> 'picked' OR c.blocked IN ('delivery', 'all')
            THEN jsonb_build_object('delivery_id', d.id, 'state', d.state, 'order_id', h.order_id, 'n', h.n, 'customer_id', d.customer_id) END AS facts
  FROM delivery d JOIN customer c ON c.id = d.customer_id
 CROSS JOIN LATERAL (SELECT array_agg(DISTINCT l.order_id) AS orders FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id
                      WHERE x.delivery_id = d.id) s
 CROSS JOIN LATERAL (SELECT count(*) AS n, min(order_id) AS order_id FROM hold WHERE order_id = ANY(s.orders) AND resolved_at IS NULL) h
 WHERE d.id = ANY(%(ids)s::bigint[])
 ORDER BY d.id
"""
# left: what each line takes along, its value = what is worth after it less what was worth before it, never more than the shelf's.
# A reservation that is used up is deleted, one that is not shrinks: never the same row in both. Its table is empty as often as not, so it is
# reached by key alone (LIMIT 1, ids): a plan made of its statistics reads all of it for every line.
MOVE = """
WITH left_at AS MATERIALIZED (
    SELECT x.id, x.delivery_id, x.order_line_id, x.picked, x.lot, d.warehouse_id, s.product_id, s.id AS stock_id,
           r.id AS reservation_id, r.quantity AS kept,
           least(s.value, sum(round(x.picked * s.unit_cost, 2)) OVER w)
             - least(s.value, sum(round(x.picked * s.unit_cost, 2)) OVER w - round(x.picked * s.unit_cost, 2)) AS value,
           CASE WHEN s.on_hand = sum(x.picked) OVER w THEN s.value - least(s.value, sum(round(x.picked * s.unit_cost, 2)) OVER w) ELSE 0 END AS rest
      FROM delivery_line x
      JOIN delivery d ON d.id = x.delivery_id
      JOIN order_line l ON l.id = x.order_line_id AND l.kind = 'goods'
      JOIN stock s ON s.warehouse_id = d.warehouse_id AND s.product_id = l.product_id AND s.lot = x.lot
     CROSS JOIN LATERAL (SELECT id, quantity FROM reservation WHERE order_line_id = l.id AND warehouse_id = d.warehouse_id AND lot = x.lot LIMIT 1) r
     WHERE x.delivery_id = ANY(%(ids)s::bigint[]) AND x.picked > 0
    WINDOW w AS (PARTITION BY s.id ORDER BY x.delivery_id, x.id)
), told AS (
    INSERT INTO stock_move (warehouse_id, product_id, lot, quantity, value, kind, order_line_id, delivery_line_id, at)
    SELECT warehouse_id, product_id, lot, -picked, -value, 'dispatch', order_line_id, id, %(at)s::timestamptz FROM left_at
    UNION ALL
    SELECT warehouse_id, product_id, lot, 0, -rest, 'count', NULL, NULL, %(at)s FROM left_at WHERE rest <> 0
), shelf AS (
    UPDATE stock s SET on_hand = s.on_hand - o.quantity, reserved = s.reserved - o.quantity, value = s.value - o.value
      FROM (SELECT stock_id, sum(picked) AS quantity, sum(value + rest) AS value FROM left_at GROUP BY stock_id) o WHERE s.id = o.stock_id
), used AS (
    DELETE FROM reservation WHERE id = ANY (ARRAY(SELECT reservation_id FROM left_at GROUP BY reservation_id, kept HAVING sum(picked) >= kept))
), shrunk AS (
    UPDATE reservation r SET quantity = r.quantity - k.quantity
      FROM (SELECT reservation_id, sum(picked) AS quantity FROM left_at GROUP BY reservation_id, kept HAVING sum(picked) < kept) k WHERE r.id = k.reservation_id
), counted AS (
    UPDATE order_line l SET shipped = l.shipped + x.quantity
      FROM (SELECT order_line_id, sum(picked) AS quantity FROM delivery_line WHERE delivery_id = ANY(%(ids)s::bigint[]) GROUP BY order_line_id) x
     WHERE l.id = x.order_line_id
), moved AS (
    UPDATE delivery d SET state = 'dispatched', dispatched_at = %(at)s, version = d.version + 1, courier = coalesce(i.courier, d.courier),
           tracking_number = coalesce(i.tracking, d.tracking_number), vehicle = coalesce(i.vehicle, d.vehicle), driver_id = coalesce(i.driver, d.driver_id)
      FROM unnest(%(ids)s::bigint[], %(courier)s::text[], %(tracking)s::text[], %(vehicle)s::text[], %(driver)s::bigint[])
           AS i(id, courier, tracking, vehicle, driver)
     WHERE d.id = i.id
)
SELECT delivery_id AS id, sum(value) AS value, sum(rest) AS rest FROM left_at GROUP BY delivery_id ORDER BY delivery_id
"""


@dataclass(frozen=True, slots=True)
class Road:
    """How a delivery leaves; None keeps what is known already."""

    courier: str | None = None
    tracking: str | None = None
    vehicle: str | None = None
    driver: int | None = None


ANY_ROAD = Road()


def dispatch(deliveries: Sequence[int] | Mapping[int, Road], *, by: str, at: datetime) -> Outcome:
    """These deliveries leave, each on the road given with it if one is."""
    delivery_ids = list(deliveries)
    locks.orders_stock_and_deliveries(delivery_ids)
    on = clock.day(at)
    outcome, rows = common.judge(JUDGE, delivery_ids, books_on=on)
    left: list[Any] = []
    if outcome.moved:
        roads = [deliveries[i] if isinstance(deliveries, Mapping) else ANY_ROAD for i in outcome.moved]
        left = sql.rows(MOVE, ids=outcome.moved, at=at, **sql.columns(roads, "courier", "tracking", "vehicle", "driver"))
    with sql.pipeline():
        books.post("delivery.dispatched", "delivery", [line for row in left for line in _booked(row, on)], at=at)
        log.write(common.told(outcome, rows, moved="delivery.dispatched", refused="delivery.dispatch_refused"), by=by, at=at)
    return outcome


def _booked(row: Any, on: date) -> list[books.Line]:
    """Dr goods in transit (and what is left of an empty shelf's value: stock rounding), Cr inventory."""
    lines = [books.Line(row.id, on, chart.GOODS_IN_TRANSIT, row.value), books.Line(row.id, on, chart.INVENTORY, -row.value - row.rest)]
    return [*lines, books.Line(row.id, on, chart.STOCK_ROUNDING, row.rest)] if row.rest else lines
