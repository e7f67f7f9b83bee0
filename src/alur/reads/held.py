"""Open holds as people settle them: by cause, by whose they are, by age beside a target. `awaiting_payment` is no exception: it waits for money."""

from datetime import datetime
from typing import Any, LiteralString

from alur.core import sql
from alur.models.holds import KINDS

PAGE = 25
# a tab and the causes in it; what is in none of them is `other`
GROUPS = {
    "price": ("price_differs", "discount_over_limit", "below_margin"),
    "stock": ("not_available", "discontinued", "quantity_multiple", "date_impossible"),
    "credit": ("over_credit_limit", "overdue", "customer_blocked"),
    "address": ("address_incomplete",),
    "twice": ("likely_duplicate",),
    "payment": ("awaiting_payment",),
}
OTHER = tuple(code for code in KINDS if not any(code in codes for codes in GROUPS.values()))
# hours in which somebody should have settled it
TARGET = {"likely_duplicate": 4, "large_order": 4, "price_differs": 24, "discount_over_limit": 24, "below_margin": 24, "awaiting_payment": 72}
USUAL = 8

_ROWS: LiteralString = """
WITH row AS (
    SELECT h.id, h.order_id, h.line_id, h.code, h.facts, h.owner, h.opened_at, o.number, o.total, o.currency, o.state, o.promised_on, c.name AS customer,
           extract(epoch FROM %(now)s::timestamptz - h.opened_at) / 3600 AS hours, t.hours AS target
      FROM hold h JOIN sales_order o ON o.id = h.order_id JOIN customer c ON c.id = o.customer_id
      JOIN unnest(%(codes)s::text[], %(targets)s::int[]) AS t(code, hours) ON t.code = h.code
     WHERE h.resolved_at IS NULL AND (%(owners)s::text[] IS NULL OR h.owner = ANY(%(owners)s::text[]))
       AND (%(like)s = '' OR o.number ILIKE %(like)s OR c.name ILIKE %(like)s)
)
SELECT * FROM row
"""
ORDERS: dict[str, LiteralString] = {
    "age": f"{_ROWS} ORDER BY hours / target DESC, id LIMIT %(limit)s OFFSET %(offset)s",
    "value": f"{_ROWS} ORDER BY total DESC, id LIMIT %(limit)s OFFSET %(offset)s",
    "owner": f"{_ROWS} ORDER BY owner, hours / target DESC, id LIMIT %(limit)s OFFSET %(offset)s",
}
COUNTS = """
SELECT h.code, h.owner, count(*) AS n, count(*) FILTER (WHERE h.opened_at < %(now)s::timestamptz - make_interval(hours => t.hours)) AS late
  FROM hold h JOIN unnest(%(codes)s::text[], %(targets)s::int[]) AS t(code, hours) ON t.code = h.code
 WHERE h.resolved_at IS NULL GROUP BY h.code, h.owner
"""
HELD = """
SELECT count(*) AS orders, coalesce(sum(total), 0) AS total FROM sales_order
 WHERE id IN (SELECT order_id FROM hold WHERE resolved_at IS NULL AND code <> 'awaiting_payment')
"""
BY_ID = "SELECT id, order_id, code FROM hold WHERE id = ANY(%(ids)s::bigint[]) AND resolved_at IS NULL ORDER BY order_id, id"


def codes(tab: str) -> tuple[str, ...]:
    """The causes a tab shows."""
    if tab in GROUPS:
        return GROUPS[tab]
    return OTHER if tab == "other" else tuple(code for code in KINDS if code != "awaiting_payment")


def target(code: str) -> int:
    """In how many hours a hold of this cause should be settled."""
    return TARGET.get(code, USUAL)


def page(tab: str, *, now: datetime, owners: list[str] | None = None, q: str = "", sort: str = "age", offset: int = 0) -> list[Any]:
    """Open holds of a tab; owners: only what these roles have to settle."""
    here = codes(tab)
    like = f"%{q}%" if q else ""
    return sql.read(ORDERS[sort], codes=list(here), targets=[target(c) for c in here], now=now, owners=owners, like=like, limit=PAGE, offset=offset)


def counts(now: datetime) -> list[Any]:
    """How many are open, and past their target, by cause and owner."""
    every = list(KINDS)
    return sql.read(COUNTS, codes=every, targets=[target(c) for c in every], now=now)


def held() -> Any:
    """How many orders a hold stops, and what they come to."""
    return sql.read(HELD)[0]


def some(hold_ids: list[int]) -> list[Any]:
    """These holds, if they are still open."""
    return sql.read(BY_ID, ids=hold_ids)
