"""Invoices and payments as pages show them: what is owed and how late, one document with what settled it, one payment with what it settled."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString

from alur.core import sql

PAGE = 50

# ---------- invoices ----------
# how late an open item is
AGES: dict[LiteralString, LiteralString] = {
    "current": "(i.due_on IS NULL OR i.due_on >= %(today)s)",
    "d30": "i.due_on BETWEEN %(today)s - 30 AND %(today)s - 1",
    "d60": "i.due_on BETWEEN %(today)s - 60 AND %(today)s - 31",
    "d90": "i.due_on BETWEEN %(today)s - 90 AND %(today)s - 61",
    "older": "i.due_on < %(today)s - 90",
}
_ITEMS: LiteralString = """
SELECT v.id, v.number, v.kind, v.issued_on, i.part, i.due_on, i.total, i.open, i.uncleared, i.reminded, c.id AS payer_id, c.code AS payer_code,
       c.name AS payer, greatest(%(today)s - i.due_on, 0) AS days_late
  FROM open_item i JOIN invoice v ON v.id = i.invoice_id JOIN customer c ON c.id = i.payer_id
 WHERE (%(like)s = '' OR v.number ILIKE %(like)s OR c.name ILIKE %(like)s) AND (%(payer)s = '' OR c.code = %(payer)s)
"""
_DUE: LiteralString = "ORDER BY i.due_on NULLS LAST, i.id LIMIT %(limit)s OFFSET %(offset)s"
_AGED: dict[LiteralString, LiteralString] = {age: f"{_ITEMS} AND {within} {_DUE}" for age, within in AGES.items()}
LISTS: dict[str, LiteralString] = {
    "open": f"{_ITEMS} {_DUE}",
    **_AGED,
    "overdue": f"{_ITEMS} AND i.due_on < %(today)s AND i.open > 0 {_DUE}",
    "all": """
SELECT v.id, v.number, v.kind, v.issued_on, 0 AS part, o.due_on, v.total, coalesce(o.open, 0) AS open, coalesce(o.uncleared, 0) AS uncleared,
       coalesce(o.reminded, 0) AS reminded, c.id AS payer_id, c.code AS payer_code, c.name AS payer,
       coalesce(greatest(%(today)s - o.due_on, 0), 0) AS days_late
  FROM invoice v JOIN customer c ON c.id = v.payer_id
 CROSS JOIN LATERAL (SELECT sum(open) AS open, sum(uncleared) AS uncleared, max(reminded) AS reminded, min(due_on) AS due_on
                       FROM open_item WHERE invoice_id = v.id) o
 WHERE (%(like)s = '' OR v.number ILIKE %(like)s OR c.name ILIKE %(like)s) AND (%(payer)s = '' OR c.code = %(payer)s)
 ORDER BY v.id DESC LIMIT %(limit)s OFFSET %(offset)s""",
}
INVOICE = """
SELECT v.id, v.number, v.kind, v.issued_on, v.issued_at, v.net, v.tax, v.rounding, v.total, v.currency, v.tax_included, c.code AS customer_code,
       c.name AS customer, c.language AS customer_language, c.npwp, p.id AS payer_id, p.code AS payer_code, p.name AS payer, a.name AS bill_name,
       a.lines AS bill_lines, a.city AS bill_city, a.province AS bill_province, a.postcode AS bill_postcode, o.number AS order_number,
       h."on" AS handed_on, h.by AS handed_by, t.number AS return_number, v.nota_retur, v.nota_retur_on, y.name_id AS reason_id,
       y.name_en AS reason_en, coalesce(f.open, 0) AS free, f.id AS receipt_id,
       ARRAY(SELECT DISTINCT w.number FROM invoice_line x LEFT JOIN invoice_line b ON b.id = x.credited_line_id
               JOIN invoice w ON w.id = coalesce(b.invoice_id, x.advance_id) WHERE v.kind = 'credit_note' AND x.invoice_id = v.id) AS credits
  FROM invoice v JOIN customer c ON c.id = v.customer_id JOIN customer p ON p.id = v.payer_id LEFT JOIN hand_over h ON h.invoice_id = v.id
  LEFT JOIN document_address a ON a.id = v.bill_to_id LEFT JOIN sales_order o ON o.id = v.order_id
  LEFT JOIN "return" t ON t.id = v.return_id LEFT JOIN reason y ON y.id = v.reason_id LEFT JOIN open_receipt f ON f.credit_note_id = v.id
 WHERE v.number = %(number)s
"""
INVOICE_LINES = """
SELECT b.id, b.quantity, b.net, b.tax, b.advance_id, w.number AS advance_number, o.id AS order_id, w.issued_on AS advance_on, l.position, l.kind, l.unit,
       l.factor, l.unit_price, l.discounts, l.as_written, p.sku, p.name_id, p.name_en, o.number AS order_number, o.customer_po, d.number AS delivery_number
  FROM invoice_line b
  LEFT JOIN order_line l ON l.id = b.order_line_id LEFT JOIN product p ON p.id = l.product_id LEFT JOIN sales_order o ON o.id = l.order_id
  LEFT JOIN delivery_line x ON x.id = b.delivery_line_id LEFT JOIN delivery d ON d.id = x.delivery_id LEFT JOIN invoice w ON w.id = b.advance_id
 WHERE b.invoice_id = %(invoice)s
 ORDER BY b.advance_id NULLS FIRST, o.id, l.position, b.id
"""
TAXES = """
SELECT t.net, t.base, t.tax, r.name, r.rate, r.base_num, r.base_den FROM invoice_tax t LEFT JOIN tax_rule r ON r.id = t.tax_rule_id
 WHERE t.invoice_id = %(invoice)s ORDER BY t.id
"""
PARTS = """
SELECT p.position, p.percent, p.due_from, p.days, i.id AS item_id, i.due_on, coalesce(i.open, 0) AS open, coalesce(i.uncleared, 0) AS uncleared, i.total,
       coalesce(i.reminded, 0) AS reminded
  FROM (SELECT position, percent, due_from, days FROM invoice_part WHERE invoice_id = %(invoice)s
        UNION ALL SELECT 1, 100, 'invoice', 0 FROM invoice WHERE id = %(invoice)s AND kind = 'advance') p
  LEFT JOIN open_item i ON i.invoice_id = %(invoice)s AND i.part = p.position ORDER BY p.position
"""
SETTLED = """
SELECT a.id, a.kind, a.amount, a."on", a.part, a.reverses_id, EXISTS (SELECT FROM allocation x WHERE x.reverses_id = a.id) AS reversed,
       p.number AS payment_number, p.way = 'giro' AND NOT EXISTS (SELECT FROM clearing k WHERE k.payment_id = p.id) AS in_hand,
       p.way, p.reference, n.number AS note_number
  FROM allocation a LEFT JOIN payment p ON p.id = a.payment_id LEFT JOIN invoice n ON n.id = a.credit_note_id
 WHERE a.invoice_id = %(invoice)s ORDER BY a.id
"""

# what a credit note was used for
USED = """
SELECT a.id, a.kind, a.amount, a."on", a.part, a.reverses_id, EXISTS (SELECT FROM allocation x WHERE x.reverses_id = a.id) AS reversed,
       p.number AS payment_number, false AS in_hand, NULL::text AS way, NULL::text AS reference, n.number AS note_number
  FROM allocation a LEFT JOIN payment p ON p.id = a.refund_id LEFT JOIN invoice n ON n.id = a.invoice_id
 WHERE a.credit_note_id = %(invoice)s ORDER BY a.id
"""
# an event is found by its order; the first tells of all
REMINDERS = """
SELECT DISTINCT ON (e.at, e.data ->> 'part') e.at, e.data FROM event e
 WHERE e.kind = 'item.reminded' AND e.order_id = ANY(%(orders)s::bigint[]) AND e.subject_id = %(invoice)s ORDER BY e.at DESC, e.data ->> 'part'
"""

# ---------- payments ----------
_RECEIPTS: LiteralString = """
SELECT p.id, p.number, p.direction, p.amount, p.currency, p.way, p.received_on, p.due_on, p.reference, c.id AS payer_id, c.code AS payer_code, c.name AS payer,
       o.id AS order_id, o.number AS order_number, r.id AS receipt_id, coalesce(r.open, 0) AS open, coalesce(r.by_hand, false) AS by_hand,
       p.way = 'giro' AND k.id IS NULL AS in_hand, k.bounced_on,
       coalesce(o.advance_pct > 0 AND o.state NOT IN ('fulfilled', 'closed', 'cancelled'), false) AS kept
"""
_LIKE: LiteralString = "(%(like)s = '' OR p.number ILIKE %(like)s OR c.name ILIKE %(like)s OR p.reference ILIKE %(like)s)"
_GIROS: LiteralString = "p.way = 'giro' AND p.direction = 'in' AND NOT EXISTS (SELECT FROM clearing k WHERE k.payment_id = p.id)"
PAYMENT_LISTS: dict[str, LiteralString] = {
    "open": f"""{_RECEIPTS}  FROM open_receipt r JOIN payment p ON p.id = r.payment_id JOIN customer c ON c.id = p.payer_id
  LEFT JOIN sales_order o ON o.id = p.order_id LEFT JOIN clearing k ON k.payment_id = p.id
 WHERE {_LIKE} ORDER BY p.received_on, p.id LIMIT %(limit)s OFFSET %(offset)s""",
    "giro": f"""{_RECEIPTS}, g.numbers
  FROM payment p JOIN customer c ON c.id = p.payer_id LEFT JOIN open_receipt r ON r.payment_id = p.id
  LEFT JOIN sales_order o ON o.id = p.order_id LEFT JOIN clearing k ON k.payment_id = p.id
 CROSS JOIN LATERAL (SELECT array_agg(x.number ORDER BY x.number) AS numbers FROM (
       SELECT v.number FROM allocation a JOIN invoice v ON v.id = a.invoice_id WHERE a.payment_id = p.id GROUP BY v.number HAVING sum(a.amount) > 0) x) g
 WHERE {_GIROS} AND {_LIKE} ORDER BY coalesce(p.due_on, p.received_on), p.id LIMIT %(limit)s OFFSET %(offset)s""",
    "all": f"""{_RECEIPTS}  FROM payment p JOIN customer c ON c.id = p.payer_id LEFT JOIN open_receipt r ON r.payment_id = p.id
  LEFT JOIN sales_order o ON o.id = p.order_id LEFT JOIN clearing k ON k.payment_id = p.id
 WHERE {_LIKE} ORDER BY p.id DESC LIMIT %(limit)s OFFSET %(offset)s""",
}
GIRO_COUNTS: LiteralString = f"""
SELECT count(*) AS n, coalesce(sum(amount), 0) AS total, count(*) FILTER (WHERE coalesce(due_on, received_on) <= %(today)s) AS n_due,
       coalesce(sum(amount) FILTER (WHERE coalesce(due_on, received_on) <= %(today)s), 0) AS due FROM payment p WHERE {_GIROS}
"""
PAYMENT_COUNTS = "SELECT count(*) AS n, coalesce(sum(open), 0) AS total FROM open_receipt WHERE payment_id IS NOT NULL"
PAYMENT = """
SELECT p.id, p.number, p.direction, p.amount, p.currency, p.way, p.received_on, p.due_on, p.reference, p.at, p.by, c.id AS payer_id, c.code AS payer_code,
       c.name AS payer, o.id AS order_id, o.number AS order_number, b.bank, b.number AS bank_number, r.id AS receipt_id, coalesce(r.open, 0) AS open,
       coalesce(r.by_hand, false) AS by_hand, p.way = 'giro' AND k.id IS NULL AS in_hand, k.bounced_on, k.cleared_on,
       coalesce(o.advance_pct > 0 AND o.state NOT IN ('fulfilled', 'closed', 'cancelled'), false) AS kept
  FROM payment p JOIN customer c ON c.id = p.payer_id LEFT JOIN sales_order o ON o.id = p.order_id LEFT JOIN bank_account b ON b.id = p.bank_account_id
  LEFT JOIN open_receipt r ON r.payment_id = p.id LEFT JOIN clearing k ON k.payment_id = p.id
 WHERE p.number = %(number)s
"""
ALLOCATIONS = """
SELECT a.id, a.kind, a.amount, a."on", a.part, a.reverses_id, EXISTS (SELECT FROM allocation x WHERE x.reverses_id = a.id) AS reversed,
       coalesce(v.number, n.number) AS invoice_number, v.kind AS invoice_kind, v.total
  FROM allocation a LEFT JOIN invoice v ON v.id = a.invoice_id LEFT JOIN invoice n ON n.id = a.credit_note_id AND a.refund_id IS NOT NULL
 WHERE a.payment_id = %(payment)s OR a.refund_id = %(payment)s ORDER BY a.id
"""
BY_ID = "SELECT number FROM payment WHERE id = %(id)s"
BANKS = "SELECT id, code, bank, number, holder, is_default FROM bank_account ORDER BY is_default DESC, id"
# who pays: by code, else by a part of the name; the exact code first
PAYERS = """
SELECT c.id, c.code, c.name, (SELECT coalesce(sum(open), 0) FROM open_item i WHERE i.payer_id = c.id) AS owed
  FROM customer c WHERE c.payer_id IS NULL AND (c.code ILIKE %(code)s OR c.name ILIKE %(inside)s)
 ORDER BY lower(c.code) = lower(%(exact)s) DESC, c.name, c.id LIMIT %(limit)s
"""
OWED = """
SELECT v.number, i.issued_on, i.due_on, i.total, i.open, greatest(%(today)s - i.due_on, 0) AS days_late FROM open_item i JOIN invoice v ON v.id = i.invoice_id
 WHERE i.payer_id = %(payer)s AND i.open > 0 ORDER BY i.due_on NULLS LAST, i.id LIMIT 12
"""
OF_ORDER = """
SELECT o.id, o.number, o.total, o.advance_pct, o.currency, p.id AS payer_id, p.code AS payer_code, p.name AS payer,
       (SELECT min(v.number) FROM open_item i JOIN invoice v ON v.id = i.invoice_id WHERE i.open > 0 AND i.invoice_id IN (
            SELECT x.invoice_id FROM order_line l JOIN invoice_line x ON x.order_line_id = l.id WHERE l.order_id = o.id)) AS invoice_number,
       EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.code = 'awaiting_payment' AND h.resolved_at IS NULL) AS awaits
  FROM sales_order o JOIN customer p ON p.id = o.payer_id WHERE o.number = %(number)s
"""
OF_INVOICE = """
SELECT v.number, p.id AS payer_id, p.code AS payer_code, p.name AS payer, (SELECT coalesce(sum(open), 0) FROM open_item i WHERE i.invoice_id = v.id) AS open
  FROM invoice v JOIN customer p ON p.id = v.payer_id WHERE v.number = %(number)s
"""


@dataclass(frozen=True, slots=True)
class Invoice:
    """A document with its lines, taxes, parts and what settled it."""

    invoice: Any
    lines: list[Any]
    taxes: list[Any]
    parts: list[Any]
    settled: list[Any]

    @property
    def billed(self) -> list[Any]:
        """Lines that bill or credit something."""
        if self.invoice.kind == "credit_note":  # what it takes off an advance is what it credits
            return [line._replace(net=-line.net, tax=-line.tax) if line.advance_id else line for line in self.lines]
        return [line for line in self.lines if line.advance_id is None]

    @property
    def deducted(self) -> list[Any]:
        """Lines that take off what was paid ahead."""
        return [line for line in self.lines if line.advance_id is not None and self.invoice.kind != "credit_note"]

    @property
    def to_pay(self) -> Decimal:
        """The total less what was paid ahead."""
        return self.invoice.total + sum((line.net + line.tax for line in self.deducted), Decimal(0))

    @property
    def open(self) -> Decimal:
        """What is still to be paid."""
        return sum((part.open + part.uncleared for part in self.parts), Decimal(0))

    @property
    def due_on(self) -> date | None:
        """When the first open part is due."""
        return min((part.due_on for part in self.parts if part.due_on), default=None)


def invoices(tab: str, *, today: date, q: str = "", payer: str = "", offset: int = 0) -> list[Any]:
    """A page of invoices: what is open by due day, what of it is so late (AGES), what is overdue, or all of them, the newest first; of one payer if asked."""
    return sql.read(LISTS[tab], today=today, like=like(q), payer=payer, limit=PAGE, offset=offset)


def invoice(number: str) -> Invoice | None:
    """The document of that number."""
    found = sql.read(INVOICE, number=number)
    if not found:
        return None
    key = {"invoice": found[0].id}
    settled = USED if found[0].kind == "credit_note" else SETTLED
    return Invoice(found[0], sql.read(INVOICE_LINES, **key), sql.read(TAXES, **key), sql.read(PARTS, **key), sql.read(settled, **key))


def reminders(invoice_id: int, orders: Iterable[int]) -> list[Any]:
    """When an invoice's payer was reminded of it, the last first; orders: those it bills."""
    return sql.read(REMINDERS, invoice=invoice_id, orders=list(orders))


def payments(tab: str, *, q: str = "", offset: int = 0) -> list[Any]:
    """A page of payments: those with money not allocated, the oldest first, or all, the newest first."""
    return sql.read(PAYMENT_LISTS[tab], like=like(q), limit=PAGE, offset=offset)


def unallocated() -> Any:
    """How many payments have money that settles nothing yet, and how much."""
    return sql.read(PAYMENT_COUNTS)[0]


def giros(today: date) -> Any:
    """How many giros are in hand, and how many of them the bank would take by now."""
    return sql.read(GIRO_COUNTS, today=today)[0]


def payment(number: str) -> tuple[Any, list[Any]] | None:
    """A payment with its allocations."""
    found = sql.read(PAYMENT, number=number)
    return (found[0], sql.read(ALLOCATIONS, payment=found[0].id)) if found else None


def number_of(payment_id: int) -> str:
    """The number of a payment."""
    return sql.read(BY_ID, id=payment_id)[0].number


def banks() -> list[Any]:
    """Where money comes in."""
    return sql.read(BANKS)


def payers(text: str, limit: int = 8) -> list[Any]:
    """Who may be meant by a code or a part of a name."""
    plain = _plain(text)
    return sql.read(PAYERS, exact=text, code=f"{plain}%", inside=f"%{plain}%", limit=limit) if text else []


def owed(payer_id: int, today: date) -> list[Any]:
    """What a payer owes, the first due first."""
    return sql.read(OWED, payer=payer_id, today=today)


def of_order(number: str) -> Any:
    """Who pays an order, and what for."""
    found = sql.read(OF_ORDER, number=number)
    return found[0] if found else None


def of_invoice(number: str) -> Any:
    """Who pays an invoice, and how much is open on it."""
    found = sql.read(OF_INVOICE, number=number)
    return found[0] if found else None


def _plain(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def like(text: str) -> str:
    """A text as it is looked for within others; empty for all."""
    return f"%{_plain(text)}%" if text else ""
