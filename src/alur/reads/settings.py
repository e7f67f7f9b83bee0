"""What stands on the settings pages: how much there is of each, what changed last, what a choice of the policy would have meant."""

from typing import Any, LiteralString

from alur.core import company, sql
from alur.log.kinds import SENTENCES
from alur.reads import sentences

COUNTS = """
SELECT (SELECT count(*) FROM terms) AS terms, (SELECT count(*) FROM price_list) AS price_list, (SELECT count(*) FROM tax_rule) AS tax_rule,
       (SELECT count(*) FROM reason) AS reason, (SELECT count(*) FROM warehouse) AS warehouse, (SELECT count(*) FROM department) AS department,
       (SELECT count(*) FROM transport_days) AS transport_days, (SELECT count(*) FROM holiday) AS holiday, (SELECT count(*) FROM supplier) AS supplier,
       (SELECT count(*) FROM bank_account) AS bank_account, (SELECT count(*) FROM policy) AS policy,
       (SELECT count(DISTINCT m.user_id) FROM membership m JOIN company c ON c.id = m.company_id WHERE c.slug = %(slug)s) AS people
"""
HISTORY = """
SELECT e.id, e.kind, e.subject_kind, e.subject_id, e.order_id, e.actor, e.at, e.data FROM event e
 WHERE e.subject_kind = ANY(%(nouns)s::text[]) AND e.kind = ANY(%(kinds)s::text[]) AND e.order_id IS NULL ORDER BY e.id + 0 DESC LIMIT 12
"""
POLICIES = "SELECT p.* FROM policy p ORDER BY p.id"
PEOPLE = """
SELECT u.id, u.email, u.name, u.phone, u.is_active, u.last_login, array_agg(m.role ORDER BY m.role) AS roles
  FROM membership m JOIN "user" u ON u.id = m.user_id JOIN company c ON c.id = m.company_id
 WHERE c.slug = %(slug)s GROUP BY u.id ORDER BY u.is_active DESC, u.name, u.email
"""
PRICES = """
SELECT x.id, p.sku, coalesce(nullif(p.name_id, ''), p.name_en) AS indonesian, coalesce(nullif(p.name_en, ''), p.name_id) AS english, x.unit, x.from_quantity,
       x.price, x.discounts, x.valid_from, x.valid_to, count(*) OVER () AS every
  FROM price x JOIN product p ON p.id = x.product_id
 WHERE x.price_list_id = %(list)s AND (%(like)s = '' OR lower(p.sku || ' ' || p.name_id || ' ' || p.name_en) LIKE %(like)s)
 ORDER BY p.sku, x.unit, x.from_quantity, x.valid_from LIMIT %(limit)s OFFSET %(offset)s
"""
# Of the last 30 days' orders, how many a choice would have stopped; of what is open, how many it would settle. One row: n, of.
_RECENT: LiteralString = "FROM sales_order o WHERE o.received_at >= %(now)s::timestamptz - interval '30 days' AND o.state <> 'cancelled'"
PREVIEWS: dict[str, LiteralString] = {
    "minimum_order": f"SELECT count(*) FILTER (WHERE o.total < %(value)s::numeric) AS n, count(*) AS of {_RECENT}",
    "large_order": f"SELECT count(*) FILTER (WHERE o.total > %(value)s::numeric) AS n, count(*) AS of {_RECENT}",
    "discount_limit_pct": f"""SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id
        AND (SELECT 100 - 100 * exp(sum(ln(greatest(1 - d / 100, 1e-9)))) FROM unnest(l.discounts) d) > %(value)s::numeric)) AS n, count(*) AS of {_RECENT}""",
    "price_tolerance_pct": f"""SELECT count(*) FILTER (WHERE EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.customer_price IS NOT NULL
        AND l.unit_price > 0 AND abs(l.customer_price - l.unit_price) * 100 > l.unit_price * %(value)s::numeric)) AS n, count(*) AS of {_RECENT}""",
    "reserve_ahead_days": """SELECT count(*) FILTER (WHERE o.requested_on > %(today)s::date + %(value)s::numeric::int) AS n, count(*) AS of
        FROM sales_order o WHERE o.state IN ('received', 'verified')""",
    "overdue_amount": """SELECT count(*) FILTER (WHERE x.late > %(value)s::numeric) AS n, count(*) AS of FROM (SELECT payer_id, sum(open) AS late FROM open_item
        WHERE due_on < %(today)s::date AND open > 0 GROUP BY payer_id) x""",
    "write_off_limit": """SELECT count(*) FILTER (WHERE i.open <= %(value)s::numeric) AS n, count(*) AS of FROM open_item i
        WHERE i.open > 0""",
}


def counts() -> dict[str, int]:
    """How many rows each table has."""
    found: dict[str, int] = sql.read(COUNTS, slug=company.current().slug)[0]._asdict()
    return found


def history(nouns: list[str], language: str) -> list[dict[str, Any]]:
    """The last changes of these tables, for parts/timeline.html."""
    rows = sql.read(HISTORY, nouns=nouns, kinds=[f"{noun}.{verb}" for noun in nouns for verb in SENTENCES])
    who = sentences.actors({row.actor for row in rows}, language)
    said = sentences.events(rows, language)
    return [{"kind": "", "icon": "pen", "text": text, "why": who.get(row.actor, ""), "at": row.at} for row, text in zip(rows, said, strict=True)]


def policies() -> list[Any]:
    """Every policy there was, the oldest first; the last is in force."""
    return sql.read(POLICIES)


def people(slug: str) -> list[Any]:
    """Who belongs to a company, with the roles."""
    return sql.read(PEOPLE, slug=slug)


def prices(price_list: int, q: str, *, limit: int, offset: int) -> list[Any]:
    """A page of a list's prices."""
    like = "%" + q.lower().replace("%", "").replace("_", "\\_") + "%" if q else ""
    return sql.read(PRICES, list=price_list, like=like, limit=limit, offset=offset)


def preview(name: str, value: Any, *, now: Any, today: Any) -> Any:
    """How many (n) of how many (of) a choice would reach; None where nobody counts it."""
    return sql.read(PREVIEWS[name], value=value, now=now, today=today)[0] if name in PREVIEWS and value is not None else None
