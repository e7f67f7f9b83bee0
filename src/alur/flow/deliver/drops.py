"""Drops become deliveries: what leaves together joins a `scheduled` delivery of its order that matches, or gets one of its own.

Most orders were on no delivery before: for them one statement does it all. Ids are drawn first, since a delivery has no order_id to find it by.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from alur.core import clock, sql

# A scheduled delivery of the order that matches a drop, and which attempt at these goods came back.
KNOWN = """
SELECT a.n, max(d.attempt) FILTER (WHERE x.again > 0 AND l.id = ANY(string_to_array(a.lines, ' ')::bigint[])) AS attempt,
       min(d.id) FILTER (WHERE d.state = 'scheduled' AND d.method = a.method
                           AND (d.warehouse_id, d.department_id) IS NOT DISTINCT FROM (a.warehouse_id, a.department_id)
                           AND d.scheduled_on = a.scheduled_on AND d.ship_to_id IS NOT DISTINCT FROM a.ship_to_id) AS id
  FROM unnest(%(n)s::int[], %(order_id)s::bigint[], %(warehouse_id)s::bigint[], %(department_id)s::bigint[], %(ship_to_id)s::bigint[],
              %(method)s::text[], %(on)s::date[], %(lines)s::text[])
       AS a(n, order_id, warehouse_id, department_id, ship_to_id, method, scheduled_on, lines)
  JOIN order_line l ON l.order_id = a.order_id
  JOIN delivery_line x ON x.order_line_id = l.id
  JOIN delivery d ON d.id = x.delivery_id
 GROUP BY a.n
"""
# What such a delivery carries more: of a line it has, the line grows.
GROW = """
WITH joined AS (
    UPDATE delivery SET version = version + 1, accepted_at = NULL WHERE id = ANY(%(ids)s::bigint[])
)
UPDATE delivery_line x SET quantity = x.quantity + p.quantity
  FROM unnest(%(delivery)s::bigint[], %(line)s::bigint[], %(lot)s::int[], %(quantity)s::numeric[]) AS p(delivery_id, order_line_id, lot, quantity)
 WHERE x.delivery_id = p.delivery_id AND x.order_line_id = p.order_line_id AND x.lot = p.lot
RETURNING x.delivery_id, x.order_line_id, x.lot
"""
MOVE = """
WITH drop AS MATERIALIZED (
    SELECT a.n, a.order_id, a.customer_id, a.warehouse_id, a.department_id, a.ship_to_id, a.method, a.scheduled_on, a.attempt, a.id IS NULL AS fresh,
           coalesce(a.id, nextval('delivery_id_seq')) AS id
      FROM unnest(%(n)s::int[], %(id)s::bigint[], %(order_id)s::bigint[], %(customer_id)s::bigint[], %(warehouse_id)s::bigint[],
                  %(department_id)s::bigint[], %(ship_to_id)s::bigint[], %(method)s::text[], %(on)s::date[], %(attempt)s::int[])
           AS a(n, id, order_id, customer_id, warehouse_id, department_id, ship_to_id, method, scheduled_on, attempt)
), part AS MATERIALIZED (
    SELECT * FROM unnest(%(of)s::int[], %(line)s::bigint[], %(lot)s::int[], %(quantity)s::numeric[], %(grown)s::bool[])
           AS p(n, order_line_id, lot, quantity, grown)
), made AS (
    INSERT INTO delivery (id, number, customer_id, ship_to_id, warehouse_id, department_id, method, state, scheduled_on, attempt, scheduled_at)
    SELECT id, 'SJ-' || %(year)s || '-' || to_char(nextval('delivery_number'), 'FM9999999999000000'), customer_id, ship_to_id, warehouse_id,
           department_id, method, 'scheduled', scheduled_on, attempt, %(at)s FROM drop WHERE fresh
), added AS (
    INSERT INTO delivery_line (delivery_id, order_line_id, lot, quantity)
    SELECT d.id, p.order_line_id, p.lot, p.quantity FROM part p JOIN drop d ON d.n = p.n WHERE NOT p.grown ORDER BY p.n, p.order_line_id
), counted AS (
    UPDATE order_line l SET scheduled = l.scheduled + s.quantity
      FROM (SELECT order_line_id, sum(quantity) AS quantity FROM part GROUP BY order_line_id) s WHERE l.id = s.order_line_id
)
SELECT order_id, id, scheduled_on FROM drop ORDER BY n
"""
PLACE = ("order_id", "warehouse_id", "department_id", "ship_to_id", "method", "on")


@dataclass(slots=True)
class Drop:
    """What leaves together: its place and day, and (line, lot, quantity) of each part; a visit leaves from no warehouse.

    seen: its order was on a delivery before.
    """

    order_id: int
    customer_id: int
    warehouse_id: int | None
    ship_to_id: int | None
    method: str
    on: date
    seen: bool
    parts: list[tuple[int, int, Decimal]] = field(default_factory=list)
    id: int | None = None
    attempt: int = 1
    department_id: int | None = None


def deliver(drops: Sequence[Drop], *, at: datetime) -> list[tuple[int, int, date]]:
    """Make the deliveries, or add to those that match, and raise what is scheduled: (order, delivery, day) of each drop."""
    seen = [drop for drop in drops if drop.seen]
    if seen:
        lines = [" ".join(str(line) for line, _, _ in drop.parts) for drop in seen]
        for row in sql.rows(KNOWN, n=list(range(len(seen))), lines=lines, **sql.columns(seen, *PLACE)):
            seen[row.n].id, seen[row.n].attempt = row.id, (row.attempt or 0) + 1
    grown = _grow([drop for drop in seen if drop.id])
    parts = [(n, *part, (drop.id, *part[:2]) in grown) for n, drop in enumerate(drops) for part in drop.parts]
    columns = dict(zip(("of", "line", "lot", "quantity", "grown"), map(list, zip(*parts, strict=True)), strict=True))
    columns |= sql.columns(drops, *PLACE, "customer_id", "id", "attempt")
    return sql.rows(MOVE, n=list(range(len(drops))), year=str(clock.day(at).year), at=at, **columns)


def _grow(drops: Sequence[Drop]) -> set[tuple[int, int, int]]:
    """Add to deliveries that match: which (delivery, line, lot) were there already."""
    if not drops:
        return set()
    delivery, line, lot, quantity = map(list, zip(*((drop.id, *part) for drop in drops for part in drop.parts), strict=True))
    return {tuple(row) for row in sql.rows(GROW, ids=[drop.id for drop in drops], delivery=delivery, line=line, lot=lot, quantity=quantity)}
