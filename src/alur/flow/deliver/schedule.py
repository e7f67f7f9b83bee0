"""Schedule: what is reserved gets a delivery and a day, a service a visit of its department.

    confirmed --schedule--> confirmed, with deliveries     order.scheduled, delivery.booked

One delivery per order, ship-to, warehouse, method and day; goods join a `scheduled` delivery of their order that matches. It leaves on the first
working day of its warehouse (after the cut-off hour from tomorrow on), not before the requested day less the days on the road. Charges ride on the
order's first delivery. Visits: visits.py. Rules: reference steps.md "deliver.schedule".
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.flow import holds
from alur.flow.deliver import visits
from alur.flow.deliver.drops import Drop, deliver
from alur.models import locks
from alur.models.holds import KINDS as HOLDS
from alur.reads import days

REFUSALS = {
    "held": "{n} open holds stop {order}. Settle or release them, then it is scheduled by itself.",
    "customer_blocked": "{customer} is blocked for deliveries. Unblock the customer; {order} is scheduled by itself then.",
    "too_early": "Of {order}, {open:qty} wait for stock that its delivery rule asks for first. It is scheduled by itself when they come.",
    "not_promised": "The visit of {order} has no promised day yet: its goods or its department have none. It is booked by itself when they have.",
}

WAITING = """
SELECT o.id FROM sales_order o
 WHERE o.state = 'confirmed'
   AND EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.reserved > l.scheduled AND CASE l.kind
                  WHEN 'goods' THEN o.delivery_rule <> 'complete_line' OR l.reserved = l.ordered - l.cancelled
                  WHEN 'service' THEN o.promised_version >= o.version AND coalesce(l.promised_on, o.promised_on) IS NOT NULL END)
   AND (o.delivery_rule <> 'complete_order'
        OR NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.kind = 'goods' AND l.reserved < l.ordered - l.cancelled))
   AND NOT EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL)
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'deliver.schedule' AND b.subject_id = o.id)
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""
# A row an order, what it may send now in parallel arrays. `free`: what of a reservation no delivery carries yet.
JUDGE = """
SELECT o.id, o.customer_id, g.*, CASE
         WHEN o.state IN ('fulfilled', 'closed') OR o.state = 'confirmed' AND g.open = 0 THEN 'already'
         WHEN o.state <> 'confirmed' THEN 'wrong_state'
         WHEN h.n > 0 THEN 'held'
         WHEN c.blocked IN ('delivery', 'all') THEN 'customer_blocked'
         WHEN g.line IS NULL AND g.visit IS NULL AND g.undated THEN 'not_promised'
         WHEN g.line IS NULL AND g.visit IS NULL OR o.delivery_rule = 'complete_order' AND g.short > 0 THEN 'too_early'
       END AS verdict, o.state, h.n AS holds, m.method
  FROM sales_order o
  JOIN customer c ON c.id = o.customer_id
 CROSS JOIN LATERAL (SELECT coalesce(o.method, c.method, (SELECT method FROM policy ORDER BY id DESC LIMIT 1)) AS method) m
 CROSS JOIN LATERAL (SELECT count(*) AS n FROM hold WHERE order_id = o.id AND resolved_at IS NULL) h
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.ordered - l.cancelled - l.scheduled) FILTER (WHERE l.kind <> 'charge'), 0) AS open,
           bool_or(l.kind = 'goods' AND l.ordered - l.cancelled > l.scheduled) AS goods_open,
           coalesce(sum(l.ordered - l.cancelled - l.reserved) FILTER (WHERE l.kind = 'goods'), 0) AS short,
           bool_or(EXISTS (SELECT FROM delivery_line x WHERE x.order_line_id = l.id)) AS seen,
           array_agg(l.id) FILTER (WHERE f.free > 0) AS line, array_agg(f.free) FILTER (WHERE f.free > 0) AS free,
           array_agg(r.warehouse_id) FILTER (WHERE f.free > 0) AS warehouse, array_agg(r.lot) FILTER (WHERE f.free > 0) AS lot,
           array_agg(coalesce(l.ship_to_id, o.ship_to_id)) FILTER (WHERE f.free > 0) AS ship_to,
           array_agg(greatest(l.requested_on, l.not_before, CASE WHEN l.requested_on IS NULL THEN o.requested_on END) - CASE
                       WHEN m.method IN ('pickup', 'on_site') OR coalesce(l.requested_on, l.not_before, o.requested_on) IS NULL THEN 0
                       ELSE coalesce((SELECT t.days FROM transport_days t JOIN document_address a ON a.province = t.province
                                       WHERE a.id = coalesce(l.ship_to_id, o.ship_to_id) AND t.warehouse_id = r.warehouse_id AND t.method = m.method), 1)
                     END) FILTER (WHERE f.free > 0) AS not_before,
           array_agg(l.id ORDER BY l.position, l.id) FILTER (WHERE v.dated) AS visit,
           array_agg((l.reserved - l.scheduled)::numeric ORDER BY l.position, l.id) FILTER (WHERE v.dated) AS units,
           array_agg(l.product_id ORDER BY l.position, l.id) FILTER (WHERE v.dated) AS service,
           array_agg(coalesce(l.ship_to_id, o.ship_to_id) ORDER BY l.position, l.id) FILTER (WHERE v.dated) AS visited,
           array_agg(coalesce(l.promised_on, o.promised_on) ORDER BY l.position, l.id) FILTER (WHERE v.dated) AS visit_promised,
           array_agg(greatest(l.requested_on, l.not_before, CASE WHEN l.requested_on IS NULL THEN o.requested_on END) ORDER BY l.position, l.id)
             FILTER (WHERE v.dated) AS visit_wanted,
           bool_or(NOT v.dated) AS undated,
           max(coalesce(l.promised_on, o.promised_on)) FILTER (WHERE l.kind = 'goods' AND l.ordered - l.cancelled > l.delivered) AS goods_on,
           array_agg(l.id) FILTER (WHERE l.kind = 'charge' AND l.reserved > l.scheduled) AS charge,
           array_agg(l.reserved - l.scheduled) FILTER (WHERE l.kind = 'charge' AND l.reserved > l.scheduled) AS charged
      FROM order_line l
      LEFT JOIN reservation r ON r.order_line_id = l.id AND l.reserved > l.scheduled
      LEFT JOIN LATERAL (
        SELECT sum(x.quantity) AS quantity FROM delivery_line x JOIN delivery d ON d.id = x.delivery_id AND d.state IN ('scheduled', 'picked')
         WHERE x.order_line_id = l.id AND x.lot = r.lot AND d.warehouse_id = r.warehouse_id) b ON l.scheduled > l.shipped
     CROSS JOIN LATERAL (SELECT CASE WHEN o.delivery_rule <> 'complete_line' OR l.reserved = l.ordered - l.cancelled
                                     THEN r.quantity - coalesce(b.quantity, 0) END AS free) f
     CROSS JOIN LATERAL (SELECT CASE WHEN l.kind = 'service' AND l.reserved > l.scheduled
                                     THEN o.promised_version >= o.version AND coalesce(l.promised_on, o.promised_on) IS NOT NULL END AS dated) v
     WHERE l.order_id = o.id AND l.kind IN ('goods', 'charge', 'service')) g
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.priority, o.received_at, o.id
"""


def schedule(order_ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Give what is reserved of these orders its deliveries, unless something holds them."""
    locks.orders(order_ids)
    days_of, judged = days.ask(at), sql.ask(JUDGE, ids=list(order_ids))
    calendar, outcome, drops, rows = days_of(), Outcome(), [], judged.rows()
    booked = _booked([row for row in rows if row.verdict is None and row.visit], calendar)
    for row in rows:
        match row.verdict:
            case None if found := _drops(row, calendar, booked.get(row.id, [])):
                outcome.moved.append(row.id)
                drops += found
            case None:
                outcome.refuse(row.id, "not_promised", order_id=row.id)
            case "already":
                outcome.already.append(row.id)
            case code:
                outcome.refuse(row.id, code, **_facts(row))
    for missing in set(order_ids) - {*outcome.moved, *outcome.already, *(r.id for r in outcome.refused)}:
        outcome.refuse(missing, "not_found")
    visited = []
    for drop, (order_id, delivery_id, on) in zip(drops, deliver(drops, at=at) if drops else (), strict=True):
        facts = outcome.facts.setdefault(order_id, {"delivery_ids": [], "days": [], "on": on})
        facts["delivery_ids"].append(delivery_id)
        facts["days"].append(on)
        if drop.warehouse_id is None:
            visited.append(log.Record("delivery.booked", delivery_id, order_id, "delivery", {"department_id": drop.department_id, "on": on}))
    blocked = [holds.Opening(r.id, r.code, HOLDS[r.code].owner, {**r.facts, "scope": "delivery"}) for r in outcome.refused if r.code == "customer_blocked"]
    with sql.pipeline():
        holds.open_all(blocked, by="system", at=at)
        log.append(outcome, moved="order.scheduled", refused="order.schedule_refused", by=by, at=at)
        log.write(visited, by=by, at=at)
        log.write([log.Record("order.held", h.order_id, h.order_id, data={"code": h.code, **h.facts}) for h in blocked], by="system", at=at)
    return outcome


def _booked(visiting: list[Any], calendar: days.Calendar) -> dict[int, list[Drop]]:
    """The visits of these orders, behind those of orders ahead that may be booked and are not yet; no statement if there are none."""
    if not visiting:
        return {}
    mine = [row.id for row in visiting]
    ahead = visits.ahead(mine)
    queue = sql.rows(JUDGE, ids=[*ahead, *mine]) if ahead else visiting
    return visits.book([row for row in queue if row.verdict is None and row.visit], mine, today=calendar.now.date())


def _facts(row: Any) -> dict[str, Any]:
    """What the sentence of a refusal is made of."""
    known = {
        "wrong_state": {"state": row.state},
        "held": {"order_id": row.id, "n": row.holds},
        "customer_blocked": {"order_id": row.id, "customer_id": row.customer_id},
        "too_early": {"order_id": row.id, "open": row.short},
        "not_promised": {"order_id": row.id},
    }
    return known[row.verdict]


def _drops(row: Any, calendar: days.Calendar, visited: list[Drop]) -> list[Drop]:
    """What leaves together of an order, then its visits; its charges ride on the first, on a visit only if no goods are to come."""
    found: dict[tuple[Any, ...], Drop] = {}
    for line, free, warehouse, lot, ship_to, not_before in zip(
        *(value or () for value in (row.line, row.free, row.warehouse, row.lot, row.ship_to, row.not_before)), strict=True
    ):
        on = calendar.leaves(warehouse, not_before=not_before)
        key = (on, warehouse, ship_to or 0)
        if key not in found:
            found[key] = Drop(row.id, row.customer_id, warehouse, ship_to, row.method, on, row.seen)
        found[key].parts.append((line, lot, free))
    drops = [*(found[key] for key in sorted(found)), *visited]
    if row.charge and drops and (found or not row.goods_open):
        drops[0].parts += [(line, 0, quantity) for line, quantity in zip(row.charge, row.charged, strict=True)]
    return drops
