"""The orders that invoices bill: whose page tells of what was paid, and who may close once nothing is owed."""

from collections.abc import Iterable
from typing import LiteralString

from alur.core import sql

OF = """
SELECT DISTINCT b.invoice_id, l.order_id FROM invoice_line b JOIN order_line l ON l.id = b.order_line_id WHERE b.invoice_id = ANY(%(ids)s::bigint[])
UNION SELECT v.id, v.order_id FROM invoice v WHERE v.id = ANY(%(ids)s::bigint[]) AND v.order_id IS NOT NULL
"""
INVOICES = """
SELECT DISTINCT l.order_id, b.invoice_id FROM order_line l JOIN invoice_line b ON b.order_line_id = l.id WHERE l.order_id = ANY(%(ids)s::bigint[])
"""


def of(invoice_ids: Iterable[int]) -> dict[int, set[int]]:
    """By invoice: its orders (of an advance invoice the one it names)."""
    return _pairs(OF, invoice_ids)


def invoices(order_ids: Iterable[int]) -> dict[int, set[int]]:
    """By order: its invoices, but for advances."""
    return _pairs(INVOICES, order_ids)


def _pairs(statement: LiteralString, given: Iterable[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for first, second in sql.rows(statement, ids=list(given)):
        found.setdefault(first, set()).add(second)
    return found
