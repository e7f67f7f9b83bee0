"""Deliveries as a dispatcher sees them: a list by day, and one delivery with its lines, the orders it serves and what happened to it."""

from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString

from alur.core import sql

PAGE = 50
OPEN = ("scheduled", "picked", "dispatched")

LIST = """
SELECT d.id, d.number, d.state, d.method, d.scheduled_on, d.delivery_window, d.vehicle, d.courier, d.ended_at, d.receiver, c.name AS customer, a.city,
       coalesce(w.name, e.name) AS place, u.name AS driver, g.orders, g.lines, g.quantity, %(today)s > d.scheduled_on AND d.ended_at IS NULL AS late
  FROM delivery d JOIN customer c ON c.id = d.customer_id
  LEFT JOIN document_address a ON a.id = d.ship_to_id LEFT JOIN warehouse w ON w.id = d.warehouse_id LEFT JOIN department e ON e.id = d.department_id
  LEFT JOIN "user" u ON u.id = d.driver_id
 CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT o.number ORDER BY o.number) AS orders, count(*) AS lines, sum(x.quantity) FILTER (WHERE l.kind <> 'charge') AS quantity
      FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id JOIN sales_order o ON o.id = l.order_id WHERE x.delivery_id = d.id) g
"""
FILTER = """ WHERE d.state IN ('scheduled', 'picked', 'dispatched')
   AND (%(state)s = '' OR d.state = %(state)s) AND (%(from)s::date IS NULL OR d.scheduled_on >= %(from)s) AND (%(to)s::date IS NULL OR d.scheduled_on <= %(to)s)
   AND (%(like)s = '' OR d.number ILIKE %(like)s OR c.name ILIKE %(like)s)
 ORDER BY d.scheduled_on, d.delivery_window, d.id LIMIT %(limit)s OFFSET %(offset)s
"""
ENDED = """ WHERE d.state IN ('delivered', 'failed', 'cancelled') AND (%(like)s = '' OR d.number ILIKE %(like)s OR c.name ILIKE %(like)s)
 ORDER BY d.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""
LISTS: dict[str, LiteralString] = {"open": LIST + FILTER, "ended": LIST + ENDED}
COUNTS = """
SELECT count(*) AS open, count(*) FILTER (WHERE scheduled_on < %(today)s) AS late, count(*) FILTER (WHERE scheduled_on = %(today)s) AS today,
       count(*) FILTER (WHERE scheduled_on > %(today)s) AS later, count(*) FILTER (WHERE state = 'scheduled') AS scheduled,
       count(*) FILTER (WHERE state = 'picked') AS picked, count(*) FILTER (WHERE state = 'dispatched') AS dispatched
  FROM delivery WHERE state IN ('scheduled', 'picked', 'dispatched')
"""
DELIVERY = """
SELECT d.id, d.number, d.state, d.method, d.scheduled_on, d.delivery_window, d.vehicle, d.courier, d.tracking_number, d.cost, d.attempt, d.receiver, d.proof,
       d.signed_copy_back_on, d.scheduled_at, d.picked_at, d.dispatched_at, d.ended_at, d.version, c.id AS customer_id, c.code AS customer_code,
       c.name AS customer, c.language AS customer_language, a.name AS ship_name, a.lines AS ship_lines, a.city AS ship_city, a.province AS ship_province,
       a.postcode AS ship_postcode, a.phone AS ship_phone, w.name AS warehouse, w.code AS warehouse_code, w.lines AS warehouse_lines, w.city AS warehouse_city,
       e.name AS department, u.name AS driver
  FROM delivery d JOIN customer c ON c.id = d.customer_id
  LEFT JOIN document_address a ON a.id = d.ship_to_id LEFT JOIN warehouse w ON w.id = d.warehouse_id LEFT JOIN department e ON e.id = d.department_id
  LEFT JOIN "user" u ON u.id = d.driver_id
 WHERE d.number = %(number)s
"""
LINES = """
SELECT x.id, x.order_line_id, x.quantity, x.picked, x.delivered, x.again, x.lost, x.refused, l.position, l.kind, l.as_written, l.unit, l.factor, l.ordered,
       l.product_id, p.sku, p.name_id, p.name_en, p.unit AS base_unit, p.weight, o.id AS order_id, o.number AS order_number, o.customer_po,
       o.state AS order_state, r.name_id AS reason_id, r.name_en AS reason_en
  FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id JOIN sales_order o ON o.id = l.order_id
  LEFT JOIN product p ON p.id = l.product_id LEFT JOIN reason r ON r.id = x.reason_id
 WHERE x.delivery_id = %(delivery)s
 ORDER BY o.id, l.position, x.id
"""
HOLDS = """
SELECT id, order_id, line_id, code, facts, owner, opened_at FROM hold WHERE order_id = ANY(%(orders)s::bigint[]) AND resolved_at IS NULL ORDER BY opened_at, id
"""
# one event an order it serves: told once
EVENTS = """
SELECT DISTINCT ON (at, kind) id, kind, subject_kind, subject_id, order_id, actor, at, data FROM event
 WHERE order_id = ANY(%(orders)s::bigint[]) AND subject_kind = 'delivery' AND subject_id = %(delivery)s
 ORDER BY at, kind, id
"""
REASONS = "SELECT code, name_id, name_en FROM reason WHERE kind = %(kind)s ORDER BY id"


@dataclass(frozen=True, slots=True)
class Page:
    """One delivery with what is on it and what happened."""

    delivery: Any
    lines: list[Any]
    holds: list[Any]
    events: list[Any]

    @property
    def orders(self) -> list[Any]:
        """The orders it serves: a line of each."""
        return list({line.order_id: line for line in self.lines}.values())


def load(number: str) -> Page | None:
    """The delivery of that number."""
    found = sql.read(DELIVERY, number=number)
    if not found:
        return None
    lines = sql.read(LINES, delivery=found[0].id)
    orders = sorted({line.order_id for line in lines})
    holds = sql.read(HOLDS, orders=orders) if found[0].state in ("scheduled", "picked") else []
    events = sorted(sql.read(EVENTS, orders=orders, delivery=found[0].id), key=lambda event: event.id)
    return Page(found[0], lines, holds, events)


def page(tab: str, *, today: date, state: str = "", days: tuple[date | None, date | None] = (None, None), q: str = "", offset: int = 0) -> list[Any]:
    """Open deliveries by day, or (tab "ended") those that are over, the newest first."""
    at = {"today": today, "like": f"%{q}%" if q else "", "limit": PAGE, "offset": offset}
    if tab == "ended":
        return sql.read(LISTS["ended"], **at)
    return sql.read(LISTS["open"], state=state, to=days[1], **{"from": days[0]}, **at)


def counts(today: date) -> Any:
    """How many are open, by state and by day."""
    return sql.read(COUNTS, today=today)[0]


def reasons(kind: str) -> list[Any]:
    """The reasons a person may give for something of this kind."""
    return sql.read(REASONS, kind=kind)
