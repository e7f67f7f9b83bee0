"""Everything an order's page and `alur order` tell of one order: rows as stored, read with the same number of queries for 1 and 500 lines.

`load` reads, `groups` and `taxes` are pure: what is on which delivery, what is still open, what the taxes come to.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from alur.core import money, sql

ZERO = Decimal(0)
EVENTS_SHOWN = 80
OVER = ("delivered", "failed", "cancelled")

ORDER = """
SELECT o.id, o.number, o.state, o.channel, o.external_ref, o.customer_po, o.priority, o.received_at, o.requested_on, o.promised_on, o.method, o.currency,
       o.tax_included, o.discount_pct, o.discount_amount, o.net, o.tax, o.rounding, o.total, o.version, o.priced_version, o.promised_version,
       o.prepared_version, o.advance_pct, o.granted, o.entered_by, c.id AS customer_id, c.code AS customer_code, c.name AS customer, c.blocked,
       c.language AS customer_language, p.id AS payer_id, p.name AS payer, p.credit_limit, t.name AS terms, a.name AS ship_name, a.lines AS ship_lines,
       a.city AS ship_city, a.province AS ship_province, a.postcode AS ship_postcode, a.phone AS ship_phone, k.name AS contact, k.phone AS contact_phone,
       k.email AS contact_email, (SELECT min(r.after_on) FROM recheck r WHERE r.step = 'issue' AND r.order_id = o.id) AS together_on
  FROM sales_order o JOIN customer c ON c.id = o.customer_id JOIN customer p ON p.id = o.payer_id
  LEFT JOIN terms t ON t.id = o.terms_id LEFT JOIN document_address a ON a.id = o.ship_to_id
  LEFT JOIN LATERAL (SELECT name, phone, email FROM contact WHERE customer_id = c.id ORDER BY id LIMIT 1) k ON true
 WHERE o.number = %(number)s
"""
# exposure as steps.md has it, and the customer's last twelve months
CUSTOMER = """
SELECT i.owed, i.overdue, g.granted, f.free, y.orders, y.amount
  FROM (SELECT coalesce(sum(open + uncleared), 0) AS owed, coalesce(sum(open) FILTER (WHERE due_on < %(today)s), 0) AS overdue
          FROM open_item WHERE payer_id = %(payer)s) i,
       (SELECT coalesce(sum(granted), 0) AS granted FROM sales_order
         WHERE payer_id = %(payer)s AND state IN ('received', 'verified', 'confirmed', 'fulfilled')) g,
       (SELECT coalesce(sum(open), 0) AS free FROM open_receipt WHERE payer_id = %(payer)s AND cleared AND order_id IS NULL) f,
       (SELECT count(*) AS orders, coalesce(sum(total), 0) AS amount FROM sales_order
         WHERE customer_id = %(customer)s AND received_at >= %(since)s AND state <> 'cancelled') y
"""
LINES = """
SELECT l.id, l.position, l.kind, l.product_id, p.sku, p.name_id, p.name_en, l.as_written, l.customer_sku, l.unit, l.factor, l.quantity, l.ordered,
       l.customer_price, l.unit_price, l.price_reason, l.discounts, l.header_discount, l.net, r.id AS tax_rule_id, r.name AS tax_name, r.rate, r.base_num,
       r.base_den, l.requested_on, coalesce(l.first_promised_on, l.promised_on, o.promised_on) AS first_promised_on,
       coalesce(l.promised_on, o.promised_on) AS promised_on, l.cancelled, l.reserved, l.scheduled, l.picked, l.shipped, l.delivered, l.returned,
       l.invoiced, l.credited, coalesce(b.open, 0) AS short, x.expected_on, p.supply
  FROM order_line l JOIN sales_order o ON o.id = l.order_id LEFT JOIN product p ON p.id = l.product_id LEFT JOIN tax_rule r ON r.id = l.tax_rule_id
  LEFT JOIN backorder b ON b.order_line_id = l.id
  LEFT JOIN LATERAL (SELECT min(expected_on) AS expected_on FROM supply_line s WHERE s.product_id = b.product_id AND s.state = 'open') x ON b.id IS NOT NULL
 WHERE l.order_id = %(order)s
 ORDER BY l.position, l.id
"""
DELIVERIES = """
SELECT d.id, d.number, d.state, d.method, d.scheduled_on, d.delivery_window, d.vehicle, d.courier, d.tracking_number, d.receiver, d.scheduled_at, d.picked_at,
       d.dispatched_at, d.ended_at, d.version, w.name AS warehouse, e.name AS department, u.name AS driver, x.id AS line_id, x.order_line_id, x.quantity,
       x.picked, x.delivered, x.again, x.lost, x.refused,
       (SELECT coalesce(sum(i.quantity), 0) FROM invoice_line i
         WHERE i.order_line_id = l.id AND i.delivery_line_id = x.id AND i.credited_line_id IS NULL) AS invoiced
  FROM order_line l JOIN delivery_line x ON x.order_line_id = l.id JOIN delivery d ON d.id = x.delivery_id
  LEFT JOIN warehouse w ON w.id = d.warehouse_id LEFT JOIN department e ON e.id = d.department_id LEFT JOIN "user" u ON u.id = d.driver_id
 WHERE l.order_id = %(order)s
 ORDER BY d.scheduled_on, d.id, l.position, x.id
"""
# own = this order's share of a document that may bill several orders
INVOICES = """
WITH mine AS (
    SELECT i.invoice_id AS id, sum(i.net) AS own FROM order_line l JOIN invoice_line i ON i.order_line_id = l.id WHERE l.order_id = %(order)s GROUP BY 1
    UNION ALL SELECT id, NULL FROM invoice WHERE order_id = %(order)s
    UNION SELECT n.id, NULL FROM invoice a JOIN invoice_line b ON b.advance_id = a.id JOIN invoice n ON n.id = b.invoice_id AND n.kind = 'credit_note'
           WHERE a.order_id = %(order)s
)
SELECT v.id, v.kind, v.number, v.issued_on, v.total, coalesce(m.own / nullif(n.whole, 0), 1) AS own, n.deducted, a.paid, coalesce(o.open, 0) AS open, o.due_on
  FROM mine m JOIN invoice v ON v.id = m.id
 CROSS JOIN LATERAL (SELECT sum(net) FILTER (WHERE order_line_id IS NOT NULL) AS whole,
                            coalesce(-sum(net + tax) FILTER (WHERE advance_id IS NOT NULL), 0) AS deducted
                       FROM invoice_line WHERE invoice_id = v.id) n
 CROSS JOIN LATERAL (SELECT coalesce(sum(amount) FILTER (WHERE kind NOT IN ('credit', 'write_off')), 0) AS paid FROM allocation WHERE invoice_id = v.id) a
 CROSS JOIN LATERAL (SELECT sum(open + uncleared) AS open, min(due_on) AS due_on FROM open_item WHERE invoice_id = v.id) o
 ORDER BY v.id
"""
PAYMENTS = """
SELECT p.id, p.number, p.way, p.amount, p.received_on, p.reference, p.order_id = %(order)s AS named, coalesce(r.open, 0) AS open
  FROM payment p LEFT JOIN open_receipt r ON r.payment_id = p.id
 WHERE p.id IN (SELECT payment_id FROM allocation WHERE invoice_id = ANY(%(invoices)s::bigint[])
                UNION SELECT payment_id FROM open_receipt WHERE order_id = %(order)s)
 ORDER BY p.id
"""
PRO_FORMAS = "SELECT id, version, number, total, made_at, voided_at FROM pro_forma WHERE order_id = %(order)s ORDER BY id"
HOLDS = """
SELECT id, order_id, line_id, code, facts, owner, opened_at, opened_by FROM hold WHERE order_id = %(order)s AND resolved_at IS NULL ORDER BY opened_at, id
"""
# its own, and that money came which paid it: such an event names the payment alone
EVENTS = """
SELECT id, kind, subject_kind, subject_id, order_id, actor, at, data FROM event WHERE order_id = %(order)s
UNION ALL
SELECT id, kind, subject_kind, subject_id, order_id, actor, at, data FROM event
 WHERE order_id IS NULL AND subject_kind = 'payment' AND subject_id = ANY(%(payments)s::bigint[])
 ORDER BY id DESC LIMIT %(limit)s
"""
NOTES = "SELECT id, body, by, at FROM note WHERE subject_kind = 'order' AND subject_id = %(order)s ORDER BY at DESC, id DESC LIMIT %(limit)s"
FILES = "SELECT id, name, size, by, at FROM attachment WHERE subject_kind = 'order' AND subject_id = %(order)s ORDER BY id"
# of the same state, in queue order; orders that are over have no queue and stand by their id
BEFORE = """
SELECT number FROM sales_order WHERE state = %(state)s AND (priority, received_at, id) < (%(priority)s, %(received_at)s, %(id)s)
 ORDER BY priority DESC, received_at DESC, id DESC LIMIT 1
"""
AFTER = """
SELECT number FROM sales_order WHERE state = %(state)s AND (priority, received_at, id) > (%(priority)s, %(received_at)s, %(id)s)
 ORDER BY priority, received_at, id LIMIT 1
"""
BEFORE_ID = "SELECT number FROM sales_order WHERE id < %(id)s ORDER BY id DESC LIMIT 1"
AFTER_ID = "SELECT number FROM sales_order WHERE id > %(id)s ORDER BY id LIMIT 1"


@dataclass(frozen=True, slots=True)
class Share:
    """A quantity of a line in a group: on a delivery, still open, or cancelled; in base units."""

    line: Any
    quantity: Decimal
    reserved: Decimal = ZERO
    picked: Decimal = ZERO
    delivered: Decimal = ZERO
    invoiced: Decimal = ZERO
    short: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that stand together: those of a delivery, those still open, those cancelled."""

    kind: str  # delivery, open, cancelled
    shares: tuple[Share, ...]
    delivery: Any = None


@dataclass(frozen=True)
class Page:
    """One order with everything around it."""

    order: Any
    customer: Any
    lines: list[Any]
    parts: list[Any]  # delivery lines, with their delivery's columns
    invoices: list[Any]
    payments: list[Any]
    pro_formas: list[Any]
    holds: list[Any]
    events: list[Any]
    notes: list[Any]
    files: list[Any]
    before: str
    after: str

    @cached_property
    def deliveries(self) -> list[Any]:
        """Its deliveries, one row each."""
        return list({part.id: part for part in reversed(self.parts)}.values())[::-1]

    @cached_property
    def billed(self) -> Decimal:
        """Invoiced to the customer, advances counted once, credit notes taken off."""
        return sum(((-v.total if v.kind == "credit_note" else v.total - v.deducted) * v.own for v in self.invoices), ZERO)

    @cached_property
    def paid(self) -> Decimal:
        """Money that came for it: allocated to its documents, or waiting under its name."""
        return sum((v.paid * v.own for v in self.invoices), ZERO) + self.unallocated

    @cached_property
    def unallocated(self) -> Decimal:
        """Money under its name that settles no document yet."""
        return sum((p.open for p in self.payments if p.named), ZERO)

    @cached_property
    def owed(self) -> Decimal:
        """Still to be paid on its documents."""
        return sum((v.open * v.own for v in self.invoices), ZERO)

    @cached_property
    def due_on(self) -> date | None:
        """When the first of what is owed is due."""
        return min((v.due_on for v in self.invoices if v.open and v.due_on), default=None)

    @property
    def advance(self) -> Decimal:
        """What must be paid first."""
        return money.advance(self.order.total, self.order.advance_pct, self.order.currency)


def load(number: str, *, now: datetime, today: date) -> Page | None:
    """The order of that number with everything around it, or None."""
    found = sql.read(ORDER, number=number)
    if not found:
        return None
    order = found[0]
    invoices = sql.read(INVOICES, order=order.id)
    payments = sql.read(PAYMENTS, order=order.id, invoices=[v.id for v in invoices])
    key = {"id": order.id, "state": order.state, "priority": order.priority, "received_at": order.received_at}
    over = order.state in ("closed", "cancelled")
    return Page(
        order=order,
        customer=sql.read(CUSTOMER, payer=order.payer_id, customer=order.customer_id, since=now - timedelta(days=365), today=today)[0],
        lines=sql.read(LINES, order=order.id),
        parts=sql.read(DELIVERIES, order=order.id),
        invoices=invoices,
        payments=payments,
        pro_formas=sql.read(PRO_FORMAS, order=order.id),
        holds=sql.read(HOLDS, order=order.id),
        events=sql.read(EVENTS, order=order.id, payments=[p.id for p in payments], limit=EVENTS_SHOWN),
        notes=sql.read(NOTES, order=order.id, limit=EVENTS_SHOWN),
        files=sql.read(FILES, order=order.id),
        before=_number(sql.read(BEFORE_ID, id=order.id) if over else sql.read(BEFORE, **key)),
        after=_number(sql.read(AFTER_ID, id=order.id) if over else sql.read(AFTER, **key)),
    )


def groups(page: Page) -> list[Group]:
    """The lines by delivery, then what is still open, then what was cancelled; comments stand with what is open."""
    lines = {line.id: line for line in page.lines}
    found, on_delivery = [], dict.fromkeys(lines, ZERO)
    for delivery in page.deliveries:
        if delivery.state == "cancelled":
            continue
        shares = tuple(_on_delivery(lines[part.order_line_id], part) for part in page.parts if part.id == delivery.id)
        found.append(Group("delivery", shares, delivery))
        for share in shares:
            on_delivery[share.line.id] += share.delivered if delivery.state in OVER else share.quantity
    still = [(line, line.ordered - line.cancelled - on_delivery[line.id]) for line in page.lines]
    left = tuple(_open(line, quantity) for line, quantity in still if quantity > 0 or line.kind == "comment")
    gone = tuple(Share(line, line.cancelled) for line in page.lines if line.cancelled)
    return [*found, *([Group("open", left)] if left else []), *([Group("cancelled", gone)] if gone else [])]


def taxes(page: Page) -> list[tuple[Any, money.TaxLine]]:
    """What the taxes come to, by rule: a line that has it, and its amounts (core/money.py, as the order's own totals)."""
    rules = {line.tax_rule_id: line for line in page.lines if line.tax_rule_id}
    priced = [
        (money.so_far(line.net, line.ordered - line.cancelled, line.ordered, page.order.currency), rule_of(line))
        for line in page.lines
        if line.kind != "comment"
    ]
    found = money.totals(priced, currency=page.order.currency, tax_included=page.order.tax_included)
    return [(rules[tax.rule_id], tax) for tax in found.taxes]


def rule_of(line: Any) -> money.Rule | None:
    """The tax rule of a row that has its columns."""
    return money.Rule(line.tax_rule_id, line.rate, line.base_num, line.base_den) if line.tax_rule_id else None


def _on_delivery(line: Any, part: Any) -> Share:
    return Share(line, part.quantity, part.quantity, part.picked, part.delivered, part.invoiced)


def _open(line: Any, quantity: Decimal) -> Share:
    return Share(line, quantity, reserved=min(quantity, line.reserved - line.scheduled), short=min(quantity, line.short))


def _number(rows: list[Any]) -> str:
    return rows[0].number if rows else ""
