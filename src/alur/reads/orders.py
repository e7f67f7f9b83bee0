"""All orders, newest first, by key: a page costs the same at the beginning and after a million orders.

Where they stand is asked of stored facts (a hold, a backorder, an open item), so that rare ones are found from their own small tables.
"""

import re
import time
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

from alur.core import company, sql

PAGE = 50
COUNTED = 1000  # further than this nobody counts
NAMES = 200  # customers a name may stand for
YEARS = 3  # how far back bare digits look
KEEP_SECONDS = 60.0
_every: dict[str, tuple[float, int]] = {}

_LATE: LiteralString = """SELECT FROM order_line l JOIN invoice_line x ON x.order_line_id = l.id JOIN open_item i ON i.invoice_id = x.invoice_id
                           WHERE l.order_id = o.id AND i.due_on < %(today)s"""
TABS: dict[LiteralString, LiteralString] = {
    "all": "true",
    "open": "o.state IN ('received', 'verified', 'confirmed')",
    "held": "o.id IN (SELECT order_id FROM hold WHERE resolved_at IS NULL AND code <> 'awaiting_payment')",
    "unpaid": "o.id IN (SELECT order_id FROM hold WHERE resolved_at IS NULL AND code = 'awaiting_payment')",
    "short": "o.id IN (SELECT order_id FROM backorder)",
    "part": "o.state = 'confirmed' AND EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.delivered > 0)",
    "fulfilled": "o.state = 'fulfilled'",
    "overdue": f"o.state IN ('confirmed', 'fulfilled') AND EXISTS ({_LATE})",
    "closed": "o.state = 'closed'",
    "cancelled": "o.state = 'cancelled'",
}
_LET: LiteralString = """(%(channel)s = '' OR o.channel = %(channel)s) AND (%(customer)s = 0 OR o.customer_id = %(customer)s)
   AND (%(salesperson)s = 0 OR o.salesperson_id = %(salesperson)s)
   AND (%(begin)s::timestamptz IS NULL OR o.received_at >= %(begin)s) AND (%(end)s::timestamptz IS NULL OR o.received_at < %(end)s)
   AND (%(least)s::numeric IS NULL OR o.total >= %(least)s) AND (%(most)s::numeric IS NULL OR o.total <= %(most)s)
   AND (NOT %(asked)s OR o.number = ANY(%(numbers)s::text[]) OR o.customer_id = ANY(%(named)s::bigint[]) OR o.id = ANY(%(po)s::bigint[]))"""
_ROW: LiteralString = """
SELECT o.id, o.number, o.state, o.channel, o.customer_po, o.received_at, o.promised_on, o.total, o.currency, c.name AS customer, c.code AS customer_code,
       coalesce(o.promised_on < %(today)s AND o.state IN ('received', 'verified', 'confirmed'), false) AS late,
       h.code AS hold, h.facts AS hold_facts, h.line_id AS hold_line, coalesce(h.holds, 0) AS holds
  FROM (SELECT * FROM sales_order o WHERE """
_NAMED: LiteralString = """ LIMIT %(limit)s) o
  JOIN customer c ON c.id = o.customer_id
  LEFT JOIN LATERAL (SELECT x.code, x.facts, x.line_id, count(*) OVER () AS holds FROM hold x
                      WHERE x.order_id = o.id AND x.resolved_at IS NULL ORDER BY x.id LIMIT 1) h ON true
 ORDER BY o.received_at DESC, o.id DESC"""


def _older(where: LiteralString) -> LiteralString:
    return f"""{_ROW} ({where}) AND {_LET} AND (%(after)s = 0 OR (o.received_at, o.id) < (SELECT k.received_at, k.id FROM sales_order k WHERE k.id = %(after)s))
 ORDER BY o.received_at DESC, o.id DESC {_NAMED}"""


def _newer(where: LiteralString) -> LiteralString:
    return f"""{_ROW} ({where}) AND {_LET} AND (o.received_at, o.id) > (SELECT k.received_at, k.id FROM sales_order k WHERE k.id = %(before)s)
 ORDER BY o.received_at, o.id {_NAMED}"""


OLDER: dict[str, LiteralString] = {tab: _older(where) for tab, where in TABS.items()}
NEWER: dict[str, LiteralString] = {tab: _newer(where) for tab, where in TABS.items()}
COUNT: dict[str, LiteralString] = {
    tab: f"SELECT count(*) AS n FROM (SELECT FROM sales_order o WHERE ({where}) AND {_LET} LIMIT %(counted)s) x" for tab, where in TABS.items()
}
ALL = "SELECT count(*) AS n FROM sales_order"
# how many there are in the tabs that are worked on; few rows each, or an index of their own
TALLY = """
SELECT (SELECT count(*) FROM sales_order WHERE state IN ('received', 'verified', 'confirmed')) AS open,
       (SELECT count(DISTINCT order_id) FROM hold WHERE resolved_at IS NULL AND code <> 'awaiting_payment') AS held,
       (SELECT count(DISTINCT order_id) FROM hold WHERE resolved_at IS NULL AND code = 'awaiting_payment') AS unpaid,
       (SELECT count(DISTINCT order_id) FROM backorder) AS short, (SELECT count(*) FROM sales_order WHERE state = 'fulfilled') AS fulfilled
"""
NAMED = "SELECT id FROM customer WHERE lower(code || ' ' || name) LIKE %(like)s ORDER BY id LIMIT %(limit)s"
PO = """
SELECT id FROM sales_order WHERE customer_po <> '' AND lower(customer_po) LIKE %(starts)s
UNION SELECT id FROM sales_order WHERE customer_po <> '' AND reverse(lower(customer_po)) LIKE %(ends)s LIMIT %(limit)s
"""
CUSTOMER = "SELECT id, code, name FROM customer WHERE id = %(id)s"
SELLERS = """
SELECT u.id, coalesce(nullif(u.name, ''), u.email) AS name FROM "user" u
 WHERE u.id IN (SELECT DISTINCT salesperson_id FROM customer WHERE salesperson_id IS NOT NULL) ORDER BY 2, 1 LIMIT 30
"""


@dataclass(frozen=True, slots=True)
class Query:
    """What a person asked for; every field has a neutral value. after, before: the id of the row that the page begins behind."""

    tab: str = "all"
    q: str = ""
    channel: str = ""
    customer: int = 0
    salesperson: int = 0
    first: date | None = None
    last: date | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    after: int = 0
    before: int = 0

    @property
    def filters(self) -> bool:
        """Whether it hides anything."""
        return replace(self, after=0, before=0) != Query()


@dataclass(frozen=True, slots=True)
class Found:
    """A page of orders; how many match (None: more than anybody counts), and the ids to go on from, 0 where there is no more."""

    rows: list[Any]
    n: int | None
    older: int
    newer: int


def page(query: Query, *, today: date) -> Found:
    """The orders that match, newest first."""
    asked = _asked(query, today)
    if query.before:
        rows = sql.read(NEWER[query.tab], **asked)
        more, rows = len(rows) > PAGE, rows[-PAGE:]
        older, newer = (rows[-1].id if rows else 0), (rows[0].id if more else 0)
    else:
        rows = sql.read(OLDER[query.tab], **asked)
        more, rows = len(rows) > PAGE, rows[:PAGE]
        older, newer = (rows[-1].id if more else 0), (rows[0].id if query.after and rows else 0)
    if not (query.after or query.before or more):
        return Found(rows, len(rows), older, newer)
    if not query.filters:
        return Found(rows, every(), older, newer)
    n = sql.read(COUNT[query.tab], **asked)[0].n
    return Found(rows, n if n <= COUNTED else None, older, newer)


def every() -> int:
    """How many orders there are, as of a minute ago at most: counting them costs more than showing some."""
    schema = company.current().schema
    at, n = _every.get(schema, (0.0, 0))
    if time.monotonic() - at > KEEP_SECONDS or n < COUNTED:
        at, n = _every[schema] = time.monotonic(), sql.read(ALL)[0].n
    return n


def tally() -> Any:
    """How many there are in some of the tabs, whatever else is asked for."""
    return sql.read(TALLY)[0]


def customer(customer_id: int) -> Any:
    """Whose orders are asked for."""
    found = sql.read(CUSTOMER, id=customer_id)
    return found[0] if found else None


def sellers() -> list[Any]:
    """Who sells to somebody."""
    return sql.read(SELLERS)


def numbers(digits: str, year: int, *, begins: str = "SO-") -> list[str]:
    """The numbers that bare digits may mean: those of the last years."""
    return [f"{begins}{year - back}-{int(digits):06d}" for back in range(YEARS)] if digits.isdecimal() and len(digits) < 10 else []


def named(q: str, *, today: date) -> dict[str, Any]:
    """What typed text may mean: order numbers, customers, customers' own order numbers."""
    plain = q.lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    found = {
        "numbers": [q.upper(), *numbers(re.sub(r"^so-?", "", q.lower()), today.year)],
        "named": [row.id for row in sql.read(NAMED, like=f"%{plain}%", limit=NAMES)] if len(q) > 1 else [],
    }
    po = [row.id for row in sql.read(PO, starts=f"{plain}%", ends=f"{plain[::-1]}%", limit=NAMES)] if len(q) > 2 else []
    return found | {"po": po}


def _asked(query: Query, today: date) -> dict[str, Any]:
    zone = ZoneInfo(company.current().time_zone)
    begin = datetime.combine(query.first, datetime.min.time(), zone) if query.first else None
    end = datetime.combine(query.last + timedelta(days=1), datetime.min.time(), zone) if query.last else None
    text = named(query.q, today=today) if query.q else {"numbers": [], "named": [], "po": []}
    return {
        "channel": query.channel, "customer": query.customer, "salesperson": query.salesperson, "begin": begin, "end": end, "least": query.least,
        "most": query.most, "after": query.after, "before": query.before, "asked": bool(query.q), "today": today, "limit": PAGE + 1, "counted": COUNTED + 1,
        **text,
    }  # fmt: skip
