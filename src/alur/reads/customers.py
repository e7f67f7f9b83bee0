"""Customers: the list with what each owes and may owe, and one customer's page. Plain rows, the same number of queries for any customer.

Credit is the payer's: what counts against a limit is open items + what is granted to open orders - cleared receipts that name no order (steps.md).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString

from alur.core import sql

PAGE = 25
ITEMS, ORDERS_SHOWN, PRICES_SHOWN, EVENTS_SHOWN = 50, 20, 100, 40
TABS = ("all", "over", "overdue", "blocked")

# what counts for each payer that owes, may owe or has paid anything: one row a payer
_MONEY: LiteralString = """
WITH money AS (
    SELECT m.payer_id, sum(m.owed) AS owed, sum(m.late) AS late, sum(m.used) AS used, sum(m.orders) AS orders FROM (
        SELECT payer_id, sum(open + uncleared) AS owed, coalesce(sum(open) FILTER (WHERE due_on < %(today)s), 0) AS late, sum(open + uncleared) AS used,
               0 AS orders FROM open_item GROUP BY payer_id
        UNION ALL SELECT payer_id, 0, 0, sum(granted), count(*) FILTER (WHERE state <> 'fulfilled')
          FROM sales_order WHERE state IN ('received', 'verified', 'confirmed', 'fulfilled') GROUP BY payer_id
        UNION ALL SELECT payer_id, 0, 0, -sum(open), 0 FROM open_receipt WHERE order_id IS NULL AND cleared GROUP BY payer_id) m
     GROUP BY m.payer_id
)
"""
# the same for one payer, by its indexes
_OF_ONE: LiteralString = """
SELECT coalesce(i.owed, 0) AS owed, coalesce(i.late, 0) AS late, coalesce(i.owed, 0) + coalesce(g.granted, 0) - coalesce(f.free, 0) AS used, g.orders
  FROM (SELECT sum(open + uncleared) AS owed, sum(open) FILTER (WHERE due_on < %(today)s) AS late FROM open_item WHERE payer_id = p.id) i,
       (SELECT sum(granted) AS granted, count(*) FILTER (WHERE state <> 'fulfilled') AS orders FROM sales_order
         WHERE payer_id = p.id AND state IN ('received', 'verified', 'confirmed', 'fulfilled')) g,
       (SELECT sum(open) AS free FROM open_receipt WHERE payer_id = p.id AND order_id IS NULL AND cleared) f
"""
_LAST: LiteralString = """
  LEFT JOIN LATERAL (SELECT city FROM address WHERE customer_id = w.id AND kind = 'ship' ORDER BY is_default DESC, id LIMIT 1) a ON true
  LEFT JOIN LATERAL (SELECT received_at FROM sales_order WHERE customer_id = w.id ORDER BY received_at DESC LIMIT 1) o ON true
"""
# by name: the page's customers first, then what each owes
_NAMED: LiteralString = """
SELECT w.id, w.code, w.name, w.blocked, p.credit_limit, m.owed, m.late, m.used, m.orders, a.city, o.received_at AS last_at
  FROM (SELECT c.*, {place} AS place FROM {base} WHERE {tab} ORDER BY place, c.name, c.id LIMIT %(limit)s OFFSET %(offset)s) w
  JOIN customer p ON p.id = coalesce(w.payer_id, w.id)
 CROSS JOIN LATERAL ({money}) m {last}
 ORDER BY w.place, w.name, w.id
"""
# by money, or only those with some: the payers' money first, then the page's customers
_MONEYED: LiteralString = """
SELECT w.*, a.city, o.received_at AS last_at
  FROM (SELECT c.id, c.code, c.name, c.blocked, p.credit_limit, m.owed, m.late, m.used, m.orders
          FROM {base} JOIN customer p ON p.id = coalesce(c.payer_id, c.id) JOIN money m ON m.payer_id = p.id
         WHERE {tab} ORDER BY {sort}, c.name, c.id LIMIT %(limit)s OFFSET %(offset)s) w {last}
 ORDER BY {again}, w.name, w.id
"""
_ALL: LiteralString = "customer c"
_SOME: LiteralString = "unnest(%(ids)s::bigint[]) WITH ORDINALITY AS x(id, n) JOIN customer c ON c.id = x.id"
_TABS: dict[str, LiteralString] = {
    "all": "true",
    "over": "m.used > coalesce(p.credit_limit, 0) AND m.used > 0",
    "overdue": "m.late > 0",
    "blocked": "c.blocked <> 'none'",
}
_SORTS: dict[str, LiteralString] = {"name": "{y}.name", "owed": "{x}.owed DESC", "overdue": "{x}.late DESC", "used": "{x}.used DESC"}
SORTS = tuple(_SORTS)


def _list(tab: str, sort: str, *, some: bool) -> LiteralString:
    base = _SOME if some else _ALL
    if sort == "name" and tab in ("all", "blocked"):
        place: LiteralString = "x.n" if some else "0"
        found = _NAMED.replace("{place}", place).replace("{money}", _OF_ONE)
    else:
        inner, outer = _SORTS[sort].replace("{x}", "m").replace("{y}", "c"), _SORTS[sort].replace("{x}", "w").replace("{y}", "w")
        found = _MONEY + _MONEYED.replace("{sort}", inner).replace("{again}", outer)
    return found.replace("{base}", base).replace("{tab}", _TABS[tab]).replace("{last}", _LAST)


def _tally(*, some: bool) -> LiteralString:
    base = _SOME if some else _ALL
    return f"""{_MONEY}SELECT * FROM
      (SELECT count(*) AS "all", count(*) FILTER (WHERE {_TABS["blocked"]}) AS blocked FROM {base}) a,
      (SELECT count(*) FILTER (WHERE {_TABS["over"]}) AS over, count(*) FILTER (WHERE {_TABS["overdue"]}) AS overdue
         FROM {base} JOIN customer p ON p.id = coalesce(c.payer_id, c.id) JOIN money m ON m.payer_id = p.id) m"""


LISTS: dict[tuple[str, str, bool], LiteralString] = {(tab, sort, some): _list(tab, sort, some=some) for tab in TABS for sort in SORTS for some in (False, True)}
TALLIES: dict[bool, LiteralString] = {some: _tally(some=some) for some in (False, True)}

CUSTOMER = """
SELECT c.id, c.code, c.name, c.kind, c.npwp, c.nik, c.nitku, c.pkp, c.pkp_since, c.tax_class, c.blocked, c.blocked_reason,
       c.credit_limit AS own_limit, c.method, c.takes_backorders, c.terms_id,
       c.price_list_id, c.warehouse_id, c.payer_id AS other_payer_id, c.version, p.id AS payer_id, p.code AS payer_code, p.name AS payer, p.credit_limit,
       t.name AS terms, t.advance_pct, coalesce(nullif(l.name, ''), l.code) AS price_list, w.name AS warehouse, u.name AS salesperson
  FROM customer c JOIN customer p ON p.id = coalesce(c.payer_id, c.id)
  LEFT JOIN terms t ON t.id = c.terms_id LEFT JOIN price_list l ON l.id = c.price_list_id LEFT JOIN warehouse w ON w.id = c.warehouse_id
  LEFT JOIN "user" u ON u.id = c.salesperson_id
 WHERE c.code = %(code)s OR c.id = %(id)s
"""
CREDIT = """
SELECT i.owed, i.late, i.days, g.granted, g.running, f.free, i.owed + g.granted - f.free AS used, y.orders, y.amount
  FROM (SELECT coalesce(sum(open + uncleared), 0) AS owed, coalesce(sum(open) FILTER (WHERE due_on < %(today)s), 0) AS late,
               max(%(today)s - due_on) FILTER (WHERE due_on < %(today)s AND open > 0) AS days FROM open_item WHERE payer_id = %(payer)s) i,
       (SELECT coalesce(sum(granted), 0) AS granted, count(*) FILTER (WHERE state <> 'fulfilled') AS running FROM sales_order
         WHERE payer_id = %(payer)s AND state IN ('received', 'verified', 'confirmed', 'fulfilled')) g,
       (SELECT coalesce(sum(open), 0) AS free FROM open_receipt WHERE payer_id = %(payer)s AND cleared AND order_id IS NULL) f,
       (SELECT count(*) AS orders, coalesce(sum(total), 0) AS amount FROM sales_order
         WHERE customer_id = %(customer)s AND received_at >= %(today)s::date - 365 AND state <> 'cancelled') y
"""
OPEN_ITEMS = """
SELECT i.id, i.part, v.number, v.issued_on, i.due_on, i.total, i.open, i.uncleared, i.reminded, coalesce(i.due_on < %(today)s AND i.open > 0, false) AS late,
       %(today)s - i.due_on AS days, count(*) OVER () AS every
  FROM open_item i JOIN invoice v ON v.id = i.invoice_id
 WHERE i.payer_id = %(payer)s ORDER BY i.due_on NULLS LAST, i.id LIMIT %(limit)s
"""
ORDERS = """
SELECT o.id, o.number, o.customer_po, o.received_at, o.total, (SELECT count(*) FROM order_line l WHERE l.order_id = o.id) AS lines
  FROM sales_order o WHERE o.customer_id = %(customer)s ORDER BY o.received_at DESC, o.id DESC LIMIT %(limit)s OFFSET %(offset)s
"""
PRICES = """
SELECT x.id, x.version, p.sku, p.name_id, p.name_en, x.unit, x.from_quantity, x.price, x.discounts, x.valid_from, x.valid_to
  FROM price x JOIN product p ON p.id = x.product_id
 WHERE x.price_list_id IS NULL AND x.customer_id = %(customer)s ORDER BY p.sku, x.unit, x.from_quantity, x.valid_from LIMIT %(limit)s
"""
ADDRESSES = """
SELECT id, kind, name, lines, city, province, postcode, country, phone, delivery_window, is_default FROM address
 WHERE customer_id = %(customer)s ORDER BY kind DESC, is_default DESC, id LIMIT %(limit)s
"""
CONTACTS = "SELECT id, name, role, email, phone, documents FROM contact WHERE customer_id = %(customer)s ORDER BY id LIMIT %(limit)s"
EVENTS = """
SELECT id, kind, subject_kind, subject_id, order_id, actor, at, data FROM event
 WHERE subject_kind = 'customer' AND subject_id = %(customer)s AND order_id IS NULL ORDER BY id DESC LIMIT %(limit)s
"""
NOTES = """
SELECT id, body, by, at FROM note WHERE subject_kind = 'customer' AND subject_id = %(customer)s ORDER BY at DESC, id DESC LIMIT %(limit)s
"""
CHOICES = """
SELECT 'terms' AS what, id, name FROM terms
UNION ALL SELECT 'price_list', id, coalesce(nullif(name, ''), code) FROM price_list
UNION ALL SELECT 'warehouse', id, coalesce(nullif(name, ''), code) FROM warehouse WHERE kind = 'own' AND active
 ORDER BY 1, 3, 2
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list, and how many there are in each tab."""

    rows: list[Any]
    tabs: dict[str, int]


@dataclass(frozen=True, slots=True)
class Page:
    """One customer with everything around it."""

    customer: Any
    credit: Any
    items: list[Any]
    orders: list[Any]
    prices: list[Any]
    addresses: list[Any]
    contacts: list[Any]
    events: list[Any]
    notes: list[Any]

    @property
    def limit(self) -> Decimal | None:
        """What the payer may owe; None: nothing was granted."""
        limit: Decimal | None = self.customer.credit_limit
        return limit

    @property
    def over(self) -> Decimal:
        """By how much the limit is passed."""
        used: Decimal = self.credit.used
        return max(Decimal(0), used - (self.limit or Decimal(0)))


def page(*, tab: str, sort: str, number: int, today: date, ids: list[int] | None = None) -> Found:
    """A page of customers; ids: only these, in this order (what a search found)."""
    some = {} if ids is None else {"ids": ids}
    tabs = sql.read(TALLIES[bool(some)], today=today, **some)[0]._asdict()
    last = max(1, -(-tabs[tab] // PAGE))
    rows = sql.read(LISTS[tab, sort, bool(some)], limit=PAGE, offset=(min(number, last) - 1) * PAGE, today=today, **some)
    return Found(rows, {name: tabs[name] for name in TABS})


def one(*, code: str = "", id: int = 0) -> Any:  # noqa: A002
    """A customer's own row, by code or by id."""
    return next(iter(sql.read(CUSTOMER, code=code, id=id)), None)


def load(code: str, *, today: date, orders_page: int = 1) -> Page | None:
    """Everything of a customer's page."""
    customer = one(code=code)
    if customer is None:
        return None
    mine = {"customer": customer.id}
    return Page(
        customer,
        sql.read(CREDIT, payer=customer.payer_id, today=today, **mine)[0],
        sql.read(OPEN_ITEMS, payer=customer.payer_id, today=today, limit=ITEMS),
        sql.read(ORDERS, limit=ORDERS_SHOWN + 1, offset=(orders_page - 1) * ORDERS_SHOWN, **mine),
        sql.read(PRICES, limit=PRICES_SHOWN, **mine),
        sql.read(ADDRESSES, limit=PRICES_SHOWN, **mine),
        sql.read(CONTACTS, limit=PRICES_SHOWN, **mine),
        sql.read(EVENTS, limit=EVENTS_SHOWN, **mine),
        sql.read(NOTES, limit=EVENTS_SHOWN, **mine),
    )


def addresses(customer_id: int) -> list[Any]:
    """Where a customer takes goods and papers, the usual place first."""
    return sql.read(ADDRESSES, customer=customer_id, limit=PRICES_SHOWN)


def choices() -> dict[str, list[tuple[str, str]]]:
    """What a customer's terms, price list and warehouse may be."""
    found: dict[str, list[tuple[str, str]]] = {"terms": [], "price_list": [], "warehouse": []}
    for row in sql.read(CHOICES):
        found[row.what].append((str(row.id), row.name))
    return found
