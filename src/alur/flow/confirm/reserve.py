"""Reserve: stock is set aside for verified orders, in queue order; what there is not waits in the queue as a backorder.

    verified --reserve--> confirmed      order.confirmed
    charges only, or all goods had arrived before: verified --reserve--> fulfilled      order.confirmed, order.fulfilled
    advances paid < what the terms ask first: hold awaiting_payment

Rules: reference steps.md "confirm.reserve" and "Queue rule"; who gets what from where is decided in `reads/allot.py`.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from alur import log
from alur.core import clock, money, sql
from alur.core.step import Outcome
from alur.flow import finish, holds
from alur.log import recheck
from alur.models import locks
from alur.models.holds import KINDS
from alur.reads.allot import Allotment, Key, Part, Shelves, Want, shelves
from alur.supply import queue
from alur.supply.set_aside import set_aside

NO_STOCK = ("charge", "service")
REFUSALS = {
    "held": "{order} is held ({hold}). Settle that hold; stock is set aside by itself then.",
    "too_early": "{order} is wanted on {wanted_on:day}. Stock is set aside from {from_on:day}.",
    "waits_for_ahead": "{order} waits until the orders ahead of it that want the same goods have been judged.",
    "not_available": "{quantity:qty} of {product} is not there and {customer} takes no backorders. Get stock, cancel the rest, or release it to wait.",
}

ORDERS = """
SELECT o.id, o.state, o.priority, o.received_at, o.version, o.customer_id, o.total, o.advance_pct, o.currency, c.warehouse_id AS usual,
       c.takes_backorders OR EXISTS (SELECT FROM approval a WHERE a.order_id = o.id AND a.code = 'not_available') AS may_wait,
       (SELECT h.code FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment' ORDER BY h.id LIMIT 1) AS hold,
       CASE WHEN o.advance_pct > 0 THEN
         (SELECT coalesce(sum(r.open), 0) FROM open_receipt r WHERE r.order_id = o.id AND r.cleared)
         + (SELECT coalesce(sum(i.total), 0) FROM invoice i WHERE i.order_id = o.id AND i.kind = 'advance')
         - (SELECT coalesce(sum(t.open + t.uncleared), 0) FROM invoice i JOIN open_item t ON t.invoice_id = i.id WHERE i.order_id = o.id AND i.kind = 'advance')
       END AS paid,
       CASE WHEN o.advance_pct > 0 THEN (SELECT (a.facts->>'due')::numeric - (a.facts->>'paid')::numeric FROM approval a
         WHERE a.order_id = o.id AND a.code = 'awaiting_payment' ORDER BY a.id DESC LIMIT 1) END AS approved,
       y.reserve_ahead_days AS days, l.*
  FROM sales_order o
  JOIN customer c ON c.id = o.customer_id
 CROSS JOIN (SELECT reserve_ahead_days FROM policy ORDER BY id DESC LIMIT 1) y
 CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(l.id), '{}') AS lines, coalesce(array_agg(l.kind), '{}') AS kinds, coalesce(array_agg(l.product_id), '{}') AS products,
           coalesce(array_agg(l.warehouse_id), '{}') AS warehouses, coalesce(array_agg(l.ordered - l.cancelled - l.reserved), '{}') AS needs,
           min(coalesce(l.requested_on, l.not_before, o.requested_on, %(today)s)) FILTER (WHERE l.kind <> 'charge') AS wanted_on
      FROM (SELECT * FROM order_line WHERE order_id = o.id AND kind <> 'comment' ORDER BY position, id) l) l
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.priority, o.received_at, o.id
"""
UNQUEUE = "DELETE FROM backorder WHERE order_id = ANY(%(ids)s::bigint[])"
MOVE = "UPDATE sales_order SET state = 'confirmed' WHERE id = ANY(%(ids)s::bigint[])"
FULFIL_LINES = """
UPDATE order_line SET reserved = ordered - cancelled, scheduled = ordered - cancelled, picked = ordered - cancelled, shipped = ordered - cancelled,
       delivered = ordered - cancelled
 WHERE order_id = ANY(%(ids)s::bigint[])
"""
FULFIL = "UPDATE sales_order SET state = 'fulfilled' WHERE id = ANY(%(ids)s::bigint[])"
WAITING = """
SELECT o.id FROM sales_order o
 CROSS JOIN (SELECT (%(at)s AT TIME ZONE time_zone)::date AS today FROM company WHERE schema = current_schema()) t
 CROSS JOIN (SELECT reserve_ahead_days FROM policy ORDER BY id DESC LIMIT 1) y
 WHERE o.state = 'verified' AND o.received_at <= %(at)s
   AND NOT EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment')
   AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'confirm.reserve' AND b.subject_id = o.id)
   AND coalesce((SELECT min(coalesce(l.requested_on, l.not_before, o.requested_on, t.today)) FROM order_line l
                  WHERE l.order_id = o.id AND l.kind NOT IN ('charge', 'comment')), t.today) <= t.today + y.reserve_ahead_days
 ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
"""


def reserve(order_ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Set stock aside for these orders, each as far as the queue allows."""
    today = clock.day(at)
    locks.orders(order_ids)
    locks.stock_of_orders(order_ids)
    found = sql.rows(ORDERS, ids=list(order_ids), today=today)
    outcome = Outcome()
    for missing in set(order_ids).difference(order.id for order in found):
        outcome.refuse(missing, "not_found")
    orders = [order for order in found if _fits(order, today, outcome)]
    if not orders:
        return outcome
    wants = {order.id: [Want(*line) for line in zip(order.lines, order.products, order.needs, order.warehouses, order.kinds, strict=True)] for order in orders}
    products = {want.product_id for lines in wants.values() for want in lines if want.kind == "goods"}
    given = _given(orders, wants, shelves(products, before=_key(orders[-1]), but=list(wants), at=at), outcome)
    opened = _unpaid(orders, outcome) + _not_available(outcome)
    amended = [order.id for order in orders if order.version > 1 and order.id in given]
    with sql.pipeline():
        _move(wants, given, outcome, amended, at=at)
    finished = finish.ask(amended).rows() if amended else []  # a charge was added after all goods had arrived
    with sql.pipeline():
        holds.open_all(opened, by=by, at=at)
        log.append(outcome, moved="order.confirmed", refused="order.reserve_refused", by=by, at=at)
        log.write([log.Record("order.held", h.order_id, h.order_id, data={"code": h.code, **h.facts}) for h in opened], by=by, at=at)
        log.write([log.Record("order.fulfilled", i, i) for i in _charges_only(wants, outcome.moved)], by=by, at=at)
        finish.tell(finished, by=by, at=at)
    return outcome


def _fits(order: Any, today: date, outcome: Outcome) -> bool:
    """Whether an order is one to reserve for now; if not, its answer."""
    from_on = order.wanted_on - timedelta(days=order.days) if order.wanted_on else today
    if order.state in ("confirmed", "fulfilled", "closed"):
        outcome.already.append(order.id)
    elif order.state != "verified":
        outcome.refuse(order.id, "wrong_state", state=order.state)
    elif order.hold:
        outcome.refuse(order.id, "held", order_id=order.id, hold=order.hold)
    elif from_on > today:
        outcome.refuse(order.id, "too_early", order_id=order.id, wanted_on=order.wanted_on, from_on=from_on)
    else:
        return True
    return False


def _key(order: Any) -> Key:
    return (order.priority, order.received_at, order.id)


def _given(orders: list[Any], wants: dict[int, list[Want]], free: Shelves, outcome: Outcome) -> dict[int, Allotment]:
    """What each order gets; who waits, or may not wait, gets nothing and its answer."""
    given = {}
    for order in orders:
        found = free.allot(_key(order), order.usual, wants[order.id])
        if found.waits:
            outcome.refuse(order.id, "waits_for_ahead", order_id=order.id)
        elif found.short and not order.may_wait:
            free.undo(found)
            short = found.short[0]
            outcome.refuse(
                order.id, "not_available", customer_id=order.customer_id, product_id=short.product_id, line_id=short.line_id, quantity=short.quantity
            )
        else:
            given[order.id] = found
            outcome.moved.append(order.id)
            if found.short:
                outcome.facts[order.id] = {"short": len(found.short)}
    return given


def _unpaid(orders: list[Any], outcome: Outcome) -> list[holds.Opening]:
    """The holds of those whose terms ask for more first than has been paid and cleared."""
    moved, opened = set(outcome.moved), []
    for order in orders:
        if order.paid is not None and order.id in moved and any(kind != "charge" for kind in order.kinds):
            due = money.advance(order.total, order.advance_pct, order.currency)
            if order.paid + (order.approved or 0) < due:
                facts = {"due": due, "paid": order.paid, "share": order.advance_pct}
                opened.append(holds.Opening(order.id, "awaiting_payment", KINDS["awaiting_payment"].owner, facts))
    return opened


def _not_available(outcome: Outcome) -> list[holds.Opening]:
    """The holds of those that may not wait for goods."""
    return [holds.Opening(r.id, r.code, KINDS[r.code].owner, r.facts, r.facts["line_id"]) for r in outcome.refused if r.code == "not_available"]


def _charges_only(wants: dict[int, list[Want]], moved: list[int]) -> list[int]:
    """Orders with nothing to deliver."""
    return [i for i in moved if wants[i] and all(want.kind == "charge" for want in wants[i])]


def _move(wants: dict[int, list[Want]], given: dict[int, Allotment], outcome: Outcome, amended: list[int], *, at: datetime) -> None:
    """Write what was given: reservations, stock, counters, backorders, states."""
    parts = [part for each in given.values() for part in each.parts]
    parts += [Part(w.line_id, w.product_id, None, w.need) for i in given for w in wants[i] if w.kind in NO_STOCK and w.need]
    charges = _charges_only(wants, outcome.moved)
    set_aside(parts)
    if amended:
        sql.run(UNQUEUE, ids=amended)
    queue.enter([part for each in given.values() for part in each.short])
    sql.run(MOVE, ids=outcome.moved)
    if charges:
        sql.run(FULFIL_LINES, ids=charges)
        sql.run(FULFIL, ids=charges)
        holds.resolve_all(charges, "fulfilled", at=at)
        recheck.add("issue", charges, "fulfilled")
