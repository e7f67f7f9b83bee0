"""Returns as pages show them: the list by state, one return with its lines and credit notes; what of an order can come back, what of a payer is free."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, LiteralString

from alur.core import sql
from alur.reads.receivable import like

PAGE = 50
_RETURN: LiteralString = """
SELECT r.id, r.number, r.state, r.permitted_at, r.by, c.id AS customer_id, c.code AS customer_code, c.name AS customer, c.pkp, l.orders, l.order_id, l.quantity,
       l.received, l.refused, l.value, l.reason_id, l.reason_en, l.lines, n.credited, n.notes
  FROM "return" r JOIN customer c ON c.id = r.customer_id
 CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT o.number ORDER BY o.number) AS orders, min(o.id) AS order_id, sum(x.quantity) AS quantity, sum(x.received) AS received,
           sum(x.refused) AS refused, sum(x.value) AS value, min(y.name_id) AS reason_id, min(y.name_en) AS reason_en, count(*) AS lines
      FROM return_line x JOIN order_line l ON l.id = x.order_line_id JOIN sales_order o ON o.id = l.order_id LEFT JOIN reason y ON y.id = x.reason_id
     WHERE x.return_id = r.id) l
 CROSS JOIN LATERAL (SELECT coalesce(sum(v.total), 0) AS credited, array_agg(v.number ORDER BY v.id) AS notes FROM invoice v WHERE v.return_id = r.id) n
"""
LIST: LiteralString = f"""{_RETURN}
 WHERE (%(state)s = '' OR r.state = %(state)s) AND (%(like)s = '' OR r.number ILIKE %(like)s OR c.name ILIKE %(like)s)
 ORDER BY r.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""
COUNTS = """SELECT state, count(*) AS n FROM "return" WHERE state IN ('permitted', 'received') GROUP BY 1"""
RETURN: LiteralString = f"{_RETURN} WHERE r.number = %(number)s"
LINES = """
SELECT x.id, x.quantity, x.received, x.refused, x.value, x.state, x.quantity - x.received - x.refused AS open, l.as_written, l.unit, p.sku, p.name_id,
       p.name_en, p.unit AS base_unit, d.number AS delivery_number, o.number AS order_number
  FROM return_line x JOIN order_line l ON l.id = x.order_line_id JOIN sales_order o ON o.id = l.order_id JOIN delivery_line y ON y.id = x.delivery_line_id
  JOIN delivery d ON d.id = y.delivery_id LEFT JOIN product p ON p.id = l.product_id
 WHERE x.return_id = %(id)s ORDER BY x.id
"""
NOTES = "SELECT number, total, tax, issued_on, nota_retur, nota_retur_on FROM invoice WHERE return_id = %(id)s ORDER BY id"
EVENTS = """
SELECT id, kind, subject_kind, subject_id, order_id, actor, at, data FROM event
 WHERE order_id = %(order)s AND (subject_kind = 'return' AND subject_id = %(id)s
       OR kind = 'invoice.credited' AND subject_id = ANY(ARRAY(SELECT v.id FROM invoice v WHERE v.return_id = %(id)s))) ORDER BY id
"""
# what of an order's deliveries can still come back, as returns.permit judges it
RETURNABLE = """
SELECT x.id, d.number AS delivery_number, d.ended_at, x.delivered, l.as_written, l.unit, p.sku, p.name_id, p.name_en, p.unit AS base_unit,
       least(x.delivered - back.quantity, l.delivered - l.returned - due.quantity) AS left
  FROM order_line l JOIN delivery_line x ON x.order_line_id = l.id AND x.delivered > 0 JOIN delivery d ON d.id = x.delivery_id
  LEFT JOIN product p ON p.id = l.product_id
 CROSS JOIN LATERAL (SELECT coalesce(sum(r.quantity - r.refused), 0) AS quantity FROM return_line r WHERE r.delivery_line_id = x.id) back
 CROSS JOIN LATERAL (SELECT coalesce(sum(r.quantity - r.received - r.refused), 0) AS quantity FROM return_line r WHERE r.order_line_id = l.id) due
 WHERE l.order_id = %(order)s AND l.kind = 'goods' ORDER BY d.ended_at DESC, l.position, x.id
"""
ORDER = """
SELECT o.id, o.number, c.name AS customer,
       (SELECT count(DISTINCT r.return_id) FROM order_line l JOIN return_line r ON r.order_line_id = l.id WHERE l.order_id = o.id) AS returns
  FROM sales_order o JOIN customer c ON c.id = o.customer_id WHERE o.number = %(number)s
"""
OF_ORDER = """
SELECT DISTINCT r.id, r.number, r.state FROM "return" r JOIN return_line x ON x.return_id = r.id JOIN order_line l ON l.id = x.order_line_id
 WHERE l.order_id = %(order)s ORDER BY r.id
"""
# what of an invoice's lines is not credited yet
CLAIMABLE = """
SELECT b.id, b.quantity, b.net, b.net - coalesce(c.net, 0) AS left, b.quantity - coalesce(c.quantity, 0) AS quantity_left, coalesce(c.net, 0) AS credited,
       l.as_written, l.unit, l.position, p.sku, p.name_id, p.name_en, p.unit AS base_unit
  FROM invoice v JOIN invoice_line b ON b.invoice_id = v.id AND b.order_line_id IS NOT NULL AND b.credited_line_id IS NULL
  JOIN order_line l ON l.id = b.order_line_id LEFT JOIN product p ON p.id = l.product_id
 CROSS JOIN LATERAL (SELECT sum(x.net) AS net, sum(x.quantity) AS quantity FROM invoice_line x WHERE x.credited_line_id = b.id) c
 WHERE v.number = %(number)s ORDER BY l.order_id, l.position, b.id
"""
BILL = "SELECT v.id, v.number, v.kind, c.name AS customer, c.pkp FROM invoice v JOIN customer c ON c.id = v.customer_id WHERE v.number = %(number)s"
NOTE = """
SELECT v.id, v.payer_id, coalesce(r.open, 0) AS open FROM invoice v LEFT JOIN open_receipt r ON r.credit_note_id = v.id
 WHERE v.number = %(number)s AND v.kind = 'credit_note'
"""
OWED = """
SELECT i.id, i.invoice_id, i.part, i.open, i.due_on, v.number FROM open_item i JOIN invoice v ON v.id = i.invoice_id
 WHERE i.payer_id = %(payer)s AND i.open > 0 ORDER BY i.due_on NULLS LAST, i.id LIMIT 12
"""
PAYER = "SELECT id, code, name FROM customer WHERE code = %(code)s"
FREE = """
SELECT r.id, r.open, coalesce(p.number, n.number) AS number, r.credit_note_id IS NOT NULL AS credited, r.received_on
  FROM open_receipt r LEFT JOIN sales_order o ON o.id = r.order_id LEFT JOIN payment p ON p.id = r.payment_id LEFT JOIN invoice n ON n.id = r.credit_note_id
 WHERE r.payer_id = %(payer)s AND r.cleared AND (r.order_id IS NULL OR o.advance_pct = 0 OR o.state IN ('fulfilled', 'closed', 'cancelled'))
 ORDER BY r.received_on, r.id
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A return with its lines, credit notes and events."""

    row: Any
    lines: list[Any]
    notes: list[Any]
    events: list[Any]

    @property
    def seen(self) -> Decimal:
        """How much of it is accounted for."""
        return self.row.received + self.row.refused


def page(state: str, *, q: str = "", offset: int = 0) -> list[Any]:
    """A page of returns in a state ("" = any), the newest first."""
    return sql.read(LIST, state=state, like=like(q), limit=PAGE, offset=offset)


def counts() -> dict[str, int]:
    """How many are permitted, and how many are back."""
    return {row.state: row.n for row in sql.read(COUNTS)}


def load(number: str) -> Page | None:
    """The return of that number."""
    found = sql.read(RETURN, number=number)
    if not found:
        return None
    key = {"id": found[0].id}
    return Page(found[0], sql.read(LINES, **key), sql.read(NOTES, **key), sql.read(EVENTS, order=found[0].order_id, **key))


def order(number: str) -> Any:
    """An order as the form of a return needs it: id, number, customer, how many returns it has."""
    return next(iter(sql.read(ORDER, number=number)), None)


def returnable(order_id: int) -> list[Any]:
    """The delivered lines of which something can still come back."""
    return [row for row in sql.read(RETURNABLE, order=order_id) if row.left > 0]


def of_order(order_id: int) -> list[Any]:
    """The returns of an order."""
    return sql.read(OF_ORDER, order=order_id)


def bill(number: str) -> Any:
    """An invoice as the form of a claim needs it."""
    return next(iter(sql.read(BILL, number=number)), None)


def claimable(number: str) -> list[Any]:
    """The lines of an invoice, with what of them is not credited yet."""
    return sql.read(CLAIMABLE, number=number)


def note(number: str) -> Any:
    """A credit note, and what of it is free."""
    return next(iter(sql.read(NOTE, number=number)), None)


def owed(payer_id: int) -> list[Any]:
    """What a payer owes, the first due first."""
    return sql.read(OWED, payer=payer_id)


def payer(code: str) -> Any:
    """Who money may be paid back to."""
    return next(iter(sql.read(PAYER, code=code)), None)


def free(payer_id: int) -> list[Any]:
    """A payer's money that settles nothing and is kept for nothing: receipts and rests of credit notes, the oldest first."""
    return sql.read(FREE, payer=payer_id)
