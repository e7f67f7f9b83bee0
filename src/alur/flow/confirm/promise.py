"""Promise: a day for every order that is confirmed, and a new one when what it stood on has changed.

    confirmed, promised_version < version or a promise ticket --promise--> the same, promised
        order.promised (first), order.promise_moved (later than told), order.undated (the date follows)

Rules: `reads/promise.py`. A line's promised_on and first_promised_on are NULL while they are the order's: what a line was first promised is
coalesce(line.first_promised_on, line.promised_on, order.promised_on). Who has to pay first is promised as if they paid today, and told so.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import cache, partial
from typing import Any, NamedTuple

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.models import locks
from alur.reads import crews, days
from alur.reads import promise as rule

REFUSALS = {"held": "{order} is held ({hold}). Settle that hold; a day is promised by itself then."}

# The tickets of a held order stay: it is promised when it goes on.
TICKETS = """
DELETE FROM recheck r WHERE r.step = 'promise' AND r.order_id = ANY(%(ids)s::bigint[])
   AND NOT EXISTS (SELECT FROM hold h WHERE h.order_id = r.order_id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment')
RETURNING r.order_id
"""
# A row an order; what is open of it in parallel arrays, one element for each part of a line (a shelf, a delivery, a place in the queue).
JUDGE = """
SELECT o.id, o.state, o.version, o.promised_version, o.promised_on, h.hold, h.unpaid, p.*
  FROM sales_order o
  JOIN customer c ON c.id = o.customer_id
  LEFT JOIN document_address a ON a.id = o.ship_to_id
 CROSS JOIN LATERAL (SELECT coalesce(o.method, c.method, (SELECT method FROM policy ORDER BY id DESC LIMIT 1)) AS method) m
 CROSS JOIN LATERAL (
    SELECT min(code) FILTER (WHERE code <> 'awaiting_payment') AS hold, count(*) FILTER (WHERE code = 'awaiting_payment') > 0 AS unpaid
      FROM hold WHERE order_id = o.id AND resolved_at IS NULL) h
 CROSS JOIN LATERAL (
    SELECT array_agg(l.id) AS line, array_agg(l.kind) AS kind, array_agg(l.product_id) AS product, array_agg(l.promised_on) AS promised,
           array_agg(l.first_promised_on) AS first, array_agg((l.ordered - l.cancelled - l.scheduled)::numeric) AS open,
           array_agg(s.warehouse_id) AS warehouse, array_agg(s.on) AS on,
           array_agg(s.waits) AS waits, array_agg(s.ahead) AS ahead,
           array_agg(greatest(l.requested_on, l.not_before, CASE WHEN l.requested_on IS NULL THEN o.requested_on END)) AS wanted,
           array_agg(CASE WHEN m.method IN ('pickup', 'on_site') THEN 0
                          ELSE coalesce((SELECT t.days FROM transport_days t WHERE t.warehouse_id = s.warehouse_id AND t.method = m.method
                                            AND t.province = CASE WHEN l.ship_to_id IS NULL THEN a.province ELSE
                                                             (SELECT own.province FROM document_address own WHERE own.id = l.ship_to_id) END), 1)
                     END) AS road
      FROM order_line l
      LEFT JOIN LATERAL (
        SELECT r.warehouse_id, NULL::date AS on, 0 AS waits, 0 AS ahead FROM reservation r WHERE r.order_line_id = l.id AND l.reserved > l.scheduled
        UNION ALL
        SELECT d.warehouse_id, d.scheduled_on, 0, 0 FROM delivery_line x JOIN delivery d ON d.id = x.delivery_id
         WHERE x.order_line_id = l.id AND l.scheduled > l.delivered AND d.state IN ('scheduled', 'picked', 'dispatched')
           AND (d.warehouse_id IS NOT NULL OR l.kind = 'service')
        UNION ALL
        SELECT b.warehouse_id, NULL, b.open, (SELECT coalesce(sum(n.open), 0) FROM backorder n
                 WHERE n.product_id = b.product_id AND n.warehouse_id = b.warehouse_id
                   AND (n.priority, n.received_at, n.order_id, n.order_line_id) < (b.priority, b.received_at, b.order_id, b.order_line_id))
          FROM backorder b WHERE b.order_line_id = l.id AND l.reserved < l.ordered - l.cancelled
      ) s ON true
     WHERE l.order_id = o.id AND l.kind IN ('goods', 'service') AND l.ordered > l.cancelled + l.delivered) p
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.priority, o.received_at, o.id
"""
MOVE_LINES = """
UPDATE order_line l SET promised_on = m.promised_on, first_promised_on = m.first_promised_on
  FROM unnest(%(line)s::bigint[], %(promised)s::date[], %(first)s::date[]) AS m(id, promised_on, first_promised_on)
 WHERE l.id = m.id
"""
MOVE = """
UPDATE sales_order o SET promised_on = m.promised_on, promised_version = o.version
  FROM unnest(%(id)s::bigint[], %(promised)s::date[]) AS m(id, promised_on)
 WHERE o.id = m.id
"""
WAITING = """
SELECT o.id FROM sales_order o
 WHERE o.id IN ((SELECT n.id FROM sales_order n WHERE n.state = 'confirmed' AND n.promised_version < n.version
                  ORDER BY n.priority, n.received_at, n.id LIMIT 2 * %(limit)s)
                UNION ALL SELECT order_id FROM recheck WHERE step = 'promise')
   AND NOT EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment')
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'confirm.promise' AND b.subject_id = o.id)
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""


def promise(order_ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Promise these orders a day, or tell that it has moved."""
    locks.orders(order_ids)
    tickets, judged, days_of = sql.ask(TICKETS, ids=list(order_ids)), sql.ask(JUDGE, ids=list(order_ids)), days.ask(at)
    found, ticketed, outcome = judged.rows(), set(tickets.ids()), Outcome()
    orders = [order for order in found if _fits(order, ticketed, outcome)]
    for missing in set(order_ids).difference(order.id for order in found):
        outcome.refuse(missing, "not_found")
    if not orders:
        return outcome
    calendar = days_of()
    promised = _promised(orders, calendar)
    lines = [change for order in orders for change in _changes(order, promised[order.id])]
    told = [order for order in orders if order.promised_version < order.version or promised[order.id].day != order.promised_on]
    outcome.moved = [order.id for order in told]
    moved = set(outcome.moved)
    outcome.already += [order.id for order in orders if order.id not in moved]
    with sql.pipeline():
        if lines:
            sql.run(MOVE_LINES, **dict(zip(("line", "promised", "first"), map(list, zip(*lines, strict=True)), strict=True)))
        if told:
            sql.run(MOVE, id=outcome.moved, promised=[promised[i].day for i in outcome.moved])
        log.write(filter(None, (_said(order, promised[order.id].day, calendar.now.date()) for order in told)), by=by, at=at)
    return outcome


class Promised(NamedTuple):
    """An order's day and those of its lines."""

    day: date | None
    lines: dict[int, date | None]


def _fits(order: Any, ticketed: set[int], outcome: Outcome) -> bool:
    """Whether an order is to be promised; if not, its answer."""
    if order.state in ("received", "verified"):
        outcome.refuse(order.id, "wrong_state", state=order.state)
    elif order.state != "confirmed":
        outcome.already.append(order.id)
    elif order.hold:
        outcome.refuse(order.id, "held", order_id=order.id, hold=order.hold)
    elif order.promised_version == order.version and order.id not in ticketed:
        outcome.already.append(order.id)
    else:
        return True
    return False


def _promised(orders: list[Any], calendar: days.Calendar) -> dict[int, Promised]:
    """The days of these orders and of their lines that are open."""
    waiting, services = set(), set()
    for order in orders:
        for kind, product, waits in zip(order.kind or (), order.product or (), order.waits or (), strict=True):
            if waits:
                waiting.add(product)
            elif kind == "service":
                services.add(product)
    known = rule.supply(waiting, calendar.now.date())
    served = crews.of(services, calendar.now.date())
    arrives = cache(partial(rule.arrives, calendar=calendar, known=known))
    return {order.id: _of(order, arrives, served, calendar.now.date()) for order in orders}


def _of(order: Any, arrives: Callable[..., date | None], served: dict[int, crews.Crew], today: date) -> Promised:
    """One order: each line the latest of its parts; services when the goods are there, or on the day of their visit."""
    parts: dict[int, list[date | None]] = {}
    visits: dict[int, list[date | None]] = {}
    services = {}
    for line, kind, product, warehouse, road, on, waits, ahead, wanted, left in zip(
        *(getattr(order, name) or () for name in ("line", "kind", "product", "warehouse", "road", "on", "waits", "ahead", "wanted", "open")), strict=True
    ):
        if kind == "service":
            services[line] = product, wanted, left
            visits.setdefault(line, []).extend([max(on, today)] if on else [])
        elif warehouse is not None:
            source = rule.Source(warehouse, road, on, product, waits, ahead) if waits else rule.Source(warehouse, road, on)
            parts.setdefault(line, []).append(arrives(source, wanted))
        else:
            parts[line] = []
    found = {line: rule.latest(each) for line, each in parts.items()}
    goods = rule.latest(list(found.values()))
    for line, (product, wanted, left) in services.items():
        if left:
            visits[line].append(served[product].last(left, crews.start(today, goods, wanted)) if goods or not parts else None)
        found[line] = rule.latest(visits[line])
    return Promised(rule.latest(list(found.values())), found)


def _changes(order: Any, promised: Promised) -> Iterator[tuple[int, date | None, date | None]]:
    """What must be written on its lines: their own day where it is not the order's, and the first one once it has moved."""
    seen = set()
    for line, old, first in zip(order.line or (), order.promised or (), order.first or (), strict=True):
        if line in seen:
            continue
        seen.add(line)
        day = promised.lines[line]
        own = None if day == promised.day else day
        told = first or old or order.promised_on
        kept = first or (told if told != day else None)
        if (own, kept) != (old, first):
            yield line, own, kept


def _said(order: Any, day: date | None, today: date) -> log.Record | None:
    """The event, if there is something to tell: a first day, a later one, or that the day is not known."""
    told = order.promised_on
    if day is None:
        kind = "order.undated"
    elif told is None:
        kind = "order.promised"
    elif day > told:
        kind = "order.promise_moved"
    else:
        return None
    data = {"promised_on": day, "told_on": told, "if_paid_on": today if order.unpaid else None}
    return log.Record(kind, order.id, order.id, data={name: value for name, value in data.items() if value})
