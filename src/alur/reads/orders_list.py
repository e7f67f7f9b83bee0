"""All orders, the newest first: by where they stand, and found by number, the customer's number, or customer."""

import re
from typing import Any, LiteralString

from alur.core import sql

PAGE = 50
DIGITS = re.compile(r"0*(\d{1,6})")

# a tab's condition on stored facts; the words of the rows come from reads/status.py
TABS: dict[str, LiteralString] = {
    "all": "true",
    "open": "o.state IN ('received', 'verified', 'confirmed')",
    "held": "o.id IN (SELECT order_id FROM hold WHERE resolved_at IS NULL AND code <> 'awaiting_payment')",
    "unpaid": "o.id IN (SELECT order_id FROM hold WHERE resolved_at IS NULL AND code = 'awaiting_payment')",
    "short": "o.id IN (SELECT order_id FROM backorder)",
    "fulfilled": "o.state = 'fulfilled'",
    "closed": "o.state = 'closed'",
    "cancelled": "o.state = 'cancelled'",
}
SORTS: dict[str, LiteralString] = {
    "newest": "o.received_at DESC, o.id DESC",
    "promise": "o.promised_on NULLS LAST, o.id",
    "value": "o.total DESC, o.id",
}
_ROWS: LiteralString = """
SELECT o.id, o.number, o.channel, o.customer_po, o.state, o.received_at, o.promised_on, o.total, o.currency, c.name AS customer,
       coalesce(o.promised_on < %(today)s AND o.state IN ('received', 'verified', 'confirmed'), false) AS late
  FROM sales_order o JOIN customer c ON c.id = o.customer_id
"""
_FOUND: LiteralString = """(%(q)s = '' OR o.number = ANY(%(numbers)s::text[]) OR o.number LIKE %(begins)s
       OR (o.customer_po <> '' AND lower(o.customer_po) LIKE %(po)s)
       OR o.customer_id IN (SELECT id FROM customer WHERE name ILIKE %(inside)s OR code ILIKE %(code)s))"""
LISTS: dict[tuple[str, str], LiteralString] = {
    (tab, sort): f"{_ROWS} WHERE {where} AND {_FOUND} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s"
    for tab, where in TABS.items()
    for sort, order in SORTS.items()
}
COUNTS = """
SELECT (SELECT count(*) FROM sales_order WHERE state = 'received') + (SELECT count(*) FROM sales_order WHERE state = 'verified')
         + (SELECT count(*) FROM sales_order WHERE state = 'confirmed') AS open,
       (SELECT count(DISTINCT order_id) FROM hold WHERE resolved_at IS NULL AND code <> 'awaiting_payment') AS held,
       (SELECT count(DISTINCT order_id) FROM hold WHERE resolved_at IS NULL AND code = 'awaiting_payment') AS unpaid,
       (SELECT count(DISTINCT order_id) FROM backorder) AS short, (SELECT count(*) FROM sales_order WHERE state = 'fulfilled') AS fulfilled
"""


def page(tab: str, sort: str, *, today: Any, q: str = "", offset: int = 0) -> list[Any]:
    """A page of orders."""
    plain = q.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    digits = DIGITS.fullmatch(q)
    numbers = [f"SO-{today.year - back}-{int(digits[1]):06d}" for back in range(3)] if digits else []
    found = {"q": q, "numbers": numbers, "begins": f"{plain.upper()}%" if q else "", "po": f"{plain.lower()}%", "inside": f"%{plain}%", "code": f"{plain}%"}
    return sql.read(LISTS[tab, sort], today=today, limit=PAGE, offset=offset, **found)


def counts() -> Any:
    """How many there are in the tabs that are worked on."""
    return sql.read(COUNTS)[0]
