"""Where orders and their lines stand, for those who take something off them: what cancel and amend lock, read and write alike.

A reason is the code of a row of `reason`; other words become a note on the order, never part of the log.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from alur import log
from alur.core import sql
from alur.flow import holds
from alur.flow.capture.cut import Cuts
from alur.models import locks
from alur.supply import capacity, queue
from alur.supply.give_back import give_back

LINES = """
SELECT o.id AS order_id, o.number, o.state, o.customer_id, o.payer_id, o.version, o.priced_version, o.currency, o.tax_included, o.advance_pct, o.total,
       o.received_at, o.customer_po, o.requested_on, o.promised_on, o.method, o.delivery_rule, o.discount_pct, o.discount_amount, o.ship_to_id,
       a.hash AS place, l.id, l.position, l.kind, l.product_id, l.unit, l.factor, l.quantity, l.unit_price, l.price_reason, l.discounts,
       l.customer_price, l.header_discount, l.ordered, l.cancelled, l.reserved, l.scheduled, l.picked, l.shipped, l.delivered, l.invoiced,
       p.unit AS base_unit
  FROM sales_order o
  LEFT JOIN document_address a ON a.id = o.ship_to_id
  LEFT JOIN order_line l ON l.order_id = o.id AND l.kind <> 'comment'
  LEFT JOIN product p ON p.id = l.product_id
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.priority, o.received_at, o.id, l.position, l.id
"""
# What lies reserved (no delivery), and every line of every delivery under way that carries something of these orders, the latest first.
PIECES = """
SELECT r.order_line_id AS line_id, r.warehouse_id, r.quantity, 0 AS picked, NULL::bigint AS id, NULL::bigint AS delivery_id, NULL AS state, l.kind,
       l.product_id, NULL::date AS on, l.order_id, NULL::bigint AS ship_to_id
  FROM order_line l JOIN reservation r ON r.order_line_id = l.id
 WHERE l.order_id = ANY(%(ids)s::bigint[])
UNION ALL
SELECT x.order_line_id, d.warehouse_id, x.quantity, x.picked, x.id, d.id, d.state, l.kind, l.product_id, d.scheduled_on, l.order_id, d.ship_to_id
  FROM delivery d JOIN delivery_line x ON x.delivery_id = d.id JOIN order_line l ON l.id = x.order_line_id
 WHERE d.state IN ('scheduled', 'picked', 'dispatched')
   AND d.id = ANY(ARRAY(SELECT y.delivery_id FROM order_line m JOIN delivery_line y ON y.order_line_id = m.id WHERE m.order_id = ANY(%(ids)s::bigint[])))
 ORDER BY 10 DESC, 6 DESC, 5 DESC
"""
UNLOAD = """
WITH cut AS (
    UPDATE delivery_line x SET quantity = x.quantity - c.quantity, picked = least(x.picked, x.quantity - c.quantity)
      FROM unnest(%(id)s::bigint[], %(quantity)s::numeric[]) AS c(id, quantity) WHERE x.id = c.id
    RETURNING x.delivery_id
)
UPDATE delivery d SET version = d.version + 1, state = CASE WHEN d.id = ANY(%(empty)s::bigint[]) THEN 'cancelled' ELSE d.state END,
       ended_at = CASE WHEN d.id = ANY(%(empty)s::bigint[]) THEN %(at)s ELSE d.ended_at END
 WHERE d.id IN (SELECT delivery_id FROM cut)
"""
REASONS = "SELECT code FROM reason WHERE kind = 'cancel' AND code = ANY(%(codes)s::text[])"
NOTE = """
INSERT INTO note (subject_kind, subject_id, body, by, at)
SELECT 'order', n.id, n.body, %(by)s, %(at)s FROM unnest(%(id)s::bigint[], %(body)s::text[]) AS n(id, body)
"""


def lock(order_ids: Sequence[int]) -> None:
    """Lock these orders, the stock of their goods, the departments of their services and their deliveries under way."""
    with sql.pipeline():
        sql.run(locks.ORDERS, ids=list(order_ids))
        sql.run(locks.STOCK_OF_ORDERS, ids=list(order_ids))
        capacity.lock_of_orders(order_ids)
        sql.run(locks.DELIVERIES_OF_ORDERS, ids=list(order_ids))


def read(order_ids: Sequence[int]) -> tuple[dict[int, list[Any]], Cuts]:
    """The lines of these orders, by order in queue order (an order without lines has one row without an id), and what can be cut of them."""
    pieces, lines = sql.ask(PIECES, ids=list(order_ids)), sql.ask(LINES, ids=list(order_ids))
    return {i: list(own) for i, own in groupby(lines.rows(), key=lambda line: line.order_id)}, Cuts(pieces.rows())


def take_off(cuts: Cuts, *, at: datetime) -> dict[int, set[int]]:
    """Lower what was cut (may be pipelined); the deliveries that are cancelled by it, with the orders that rode on them."""
    empty = cuts.empty()
    give_back(cuts.gives)
    queue.leave(cuts.queued)
    if cuts.loaded:
        capacity.free(cuts.loaded)
        sql.run(UNLOAD, id=list(cuts.loaded), quantity=list(cuts.loaded.values()), empty=list(empty), at=at)
        holds.resolve_proposals(empty, "cancelled", by="system", at=at)
    return empty


def told(cuts: Cuts, empty: Mapping[int, set[int]]) -> list[log.Record]:
    """The events of deliveries: what goes back on the shelf, and which are cancelled."""
    back = [log.Record("delivery.put_back", d, o, "delivery", {"quantity": quantity}) for (d, o), quantity in cuts.back.items()]
    return back + [log.Record("delivery.cancelled", d, o, "delivery") for d, served in empty.items() for o in sorted(served)]


def reasons(said: Mapping[int, str], *, by: str, at: datetime) -> dict[int, str]:
    """The reasons of orders that are codes; other words are kept as notes."""
    words = {i: reason.strip() for i, reason in said.items() if reason.strip()}
    if not words:
        return {}
    codes = {row.code for row in sql.rows(REASONS, codes=list(words.values()))}
    notes = {i: reason for i, reason in words.items() if reason not in codes}
    if notes:
        sql.run(NOTE, id=list(notes), body=list(notes.values()), by=by, at=at)
    return {i: reason for i, reason in words.items() if reason in codes}
