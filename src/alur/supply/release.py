"""Release: goods set aside for orders are promised to them no more, before anybody has picked them, and wait in the queue at their old places.

Count and expire call it inside their own step; the caller has locked orders, stock and deliveries. What rides on a delivery gets off it; a delivery
left without goods is cancelled and its charges ride on another one.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from alur import log
from alur.core import sql
from alur.reads.allot import Part
from alur.supply import queue
from alur.supply.give_back import Give, give_back

# What the last in the queue have of these shelves, as far as so much is short: first what is on no delivery, then the latest delivery.
LAST = """
WITH want AS MATERIALIZED (
    SELECT * FROM unnest(%(warehouse_id)s::bigint[], %(product_id)s::bigint[], %(short)s::numeric[]) AS w(warehouse_id, product_id, short)
), kept AS MATERIALIZED (
    SELECT r.order_line_id, r.warehouse_id, r.product_id, r.quantity, w.short
      FROM want w JOIN reservation r ON r.warehouse_id = w.warehouse_id AND r.product_id = w.product_id AND r.lot = 0
), rides AS MATERIALIZED (
    SELECT k.order_line_id, k.warehouse_id, k.product_id, k.short, x.id, x.delivery_id, d.scheduled_on, x.quantity AS loaded, x.quantity - x.picked AS quantity
      FROM kept k JOIN delivery_line x ON x.order_line_id = k.order_line_id
      JOIN delivery d ON d.id = x.delivery_id AND d.warehouse_id = k.warehouse_id AND d.state IN ('scheduled', 'picked')
), piece AS (
    SELECT k.order_line_id, k.warehouse_id, k.product_id, k.short, NULL::bigint AS id, NULL::bigint AS delivery_id, NULL::date AS scheduled_on,
           k.quantity - coalesce((SELECT sum(x.loaded) FROM rides x
                                   WHERE x.order_line_id = k.order_line_id AND x.warehouse_id = k.warehouse_id), 0) AS quantity
      FROM kept k
    UNION ALL
    SELECT order_line_id, warehouse_id, product_id, short, id, delivery_id, scheduled_on, quantity FROM rides
), lined AS (
    SELECT p.*, l.order_id, sum(p.quantity) OVER (PARTITION BY p.warehouse_id, p.product_id ORDER BY
             o.priority DESC, o.received_at DESC, o.id DESC, l.id DESC, p.scheduled_on DESC NULLS FIRST, p.id DESC NULLS FIRST) - p.quantity AS before
      FROM piece p JOIN order_line l ON l.id = p.order_line_id JOIN sales_order o ON o.id = l.order_id
     WHERE p.quantity > 0
)
SELECT order_id, order_line_id, product_id, warehouse_id, id, delivery_id, least(quantity, short - before) AS quantity FROM lined WHERE before < short
 ORDER BY order_id, order_line_id, warehouse_id, id
"""
# What these orders have on shelves and on no delivery.
UNSCHEDULED = """
SELECT l.order_id, r.order_line_id, r.product_id, r.warehouse_id, NULL::bigint AS id, NULL::bigint AS delivery_id,
       r.quantity - coalesce(x.loaded, 0) AS quantity
  FROM order_line l JOIN reservation r ON r.order_line_id = l.id AND r.lot = 0
  LEFT JOIN LATERAL (SELECT sum(x.quantity) AS loaded FROM delivery_line x JOIN delivery d ON d.id = x.delivery_id AND d.state IN ('scheduled', 'picked')
                      WHERE x.order_line_id = l.id AND d.warehouse_id = r.warehouse_id) x ON true
 WHERE l.order_id = ANY(%(ids)s::bigint[]) AND l.reserved > l.scheduled AND r.quantity > coalesce(x.loaded, 0)
 ORDER BY l.order_id, l.id, r.warehouse_id
"""
UNLOAD = """
UPDATE delivery_line x SET quantity = x.quantity - u.quantity FROM unnest(%(id)s::bigint[], %(quantity)s::numeric[]) AS u(id, quantity) WHERE x.id = u.id
"""
EMPTY = """
WITH empty AS MATERIALIZED (
    SELECT d.id FROM delivery d
     WHERE d.id = ANY(%(ids)s::bigint[]) AND NOT EXISTS (
           SELECT FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id WHERE x.delivery_id = d.id AND l.kind <> 'charge' AND x.quantity > 0)
), charge AS MATERIALIZED (
    SELECT x.id, x.order_line_id, x.quantity, x.picked FROM empty e JOIN delivery_line x ON x.delivery_id = e.id WHERE x.quantity > 0
), off AS (
    UPDATE delivery_line x SET quantity = 0, picked = 0 FROM charge c WHERE x.id = c.id
), rides_on AS (
    UPDATE order_line l SET scheduled = l.scheduled - c.quantity, picked = l.picked - c.picked
      FROM (SELECT order_line_id, sum(quantity) AS quantity, sum(picked) AS picked FROM charge GROUP BY order_line_id) c WHERE l.id = c.order_line_id
), changed AS (
    UPDATE delivery d SET version = d.version + 1, state = CASE WHEN d.id IN (SELECT id FROM empty) THEN 'cancelled' ELSE d.state END,
           ended_at = CASE WHEN d.id IN (SELECT id FROM empty) THEN %(at)s ELSE d.ended_at END
     WHERE d.id = ANY(%(ids)s::bigint[])
)
SELECT DISTINCT e.id, l.order_id FROM empty e JOIN delivery_line x ON x.delivery_id = e.id JOIN order_line l ON l.id = x.order_line_id ORDER BY 1, 2
"""


def release(pieces: Sequence[Any], *, unpaid: bool = False, by: str, at: datetime) -> None:
    """Take these pieces back from their lines: they wait for them again, where the first of them lay."""
    gives = [Give(p.order_line_id, p.product_id, p.quantity, p.warehouse_id, scheduled=p.quantity if p.id else Decimal(0)) for p in pieces]
    loaded = [p for p in pieces if p.id]
    with sql.pipeline():
        give_back(gives)
        queue.enter(_by_line(pieces), unpaid=unpaid)
        if loaded:
            sql.run(UNLOAD, **sql.columns(loaded, "id", "quantity"))
    if loaded:
        empty = sql.rows(EMPTY, ids=sorted({p.delivery_id for p in loaded}), at=at)
        log.write([log.Record("delivery.cancelled", row.id, row.order_id, "delivery") for row in empty], by=by, at=at)


def _by_line(pieces: Sequence[Any]) -> list[Part]:
    """What each line waits for: once a line, at the warehouse of its first piece."""
    found: dict[int, Part] = {}
    for p in pieces:
        known = found.get(p.order_line_id) or Part(p.order_line_id, p.product_id, p.warehouse_id, Decimal(0))
        found[p.order_line_id] = known._replace(quantity=known.quantity + p.quantity)
    return list(found.values())
