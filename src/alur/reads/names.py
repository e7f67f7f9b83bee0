"""What rows are called: the number people know, and whose it is."""

from typing import Any, LiteralString

from alur.core import sql

ORDERS = "SELECT o.id, o.number, c.name AS who FROM sales_order o JOIN customer c ON c.id = o.customer_id WHERE o.id = ANY(%(ids)s::bigint[])"
DELIVERIES = "SELECT d.id, d.number, c.name AS who FROM delivery d JOIN customer c ON c.id = d.customer_id WHERE d.id = ANY(%(ids)s::bigint[])"
INVOICES = "SELECT i.id, i.number, c.name AS who FROM invoice i JOIN customer c ON c.id = i.payer_id WHERE i.id = ANY(%(ids)s::bigint[])"
CUSTOMERS = "SELECT c.id, c.code AS number, c.name AS who FROM customer c WHERE c.id = ANY(%(ids)s::bigint[])"
RETURNS = """SELECT r.id, r.number, c.name AS who FROM "return" r JOIN customer c ON c.id = r.customer_id WHERE r.id = ANY(%(ids)s::bigint[])"""
PAYMENTS = "SELECT p.id, p.number, c.name AS who FROM payment p JOIN customer c ON c.id = p.payer_id WHERE p.id = ANY(%(ids)s::bigint[])"
ITEMS = """SELECT t.id, v.number, c.name AS who FROM open_item t JOIN invoice v ON v.id = t.invoice_id JOIN customer c ON c.id = t.payer_id
 WHERE t.id = ANY(%(ids)s::bigint[])"""
ALLOCATIONS = """SELECT a.id, v.number, c.name AS who FROM allocation a JOIN invoice v ON v.id = a.invoice_id JOIN customer c ON c.id = v.payer_id
 WHERE a.id = ANY(%(ids)s::bigint[])"""
PERIODS = "SELECT p.id, to_char(p.starts_on, 'YYYY-MM') AS number, '' AS who FROM period p WHERE p.id = ANY(%(ids)s::bigint[])"
NOUNS: dict[str, LiteralString] = {
    "order": ORDERS,
    "delivery": DELIVERIES,
    "invoice": INVOICES,
    "customer": CUSTOMERS,
    "payer": CUSTOMERS,
    "return": RETURNS,
    "payment": PAYMENTS,
    "item": ITEMS,
    "allocation": ALLOCATIONS,
    "period": PERIODS,
}


def of(noun: str, ids: list[int]) -> dict[int, Any]:
    """By id: number and who; empty for a noun nobody sees."""
    return {row.id: row for row in sql.read(NOUNS[noun], ids=ids)} if ids and noun in NOUNS else {}
