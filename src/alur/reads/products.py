"""Products and stock: the list, and one product's page. Plain rows, the same number of queries for any product.

Free = on hand - reserved in the company's own warehouses; on order = what open supply lines still bring; backordered = what orders wait for.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, LiteralString

from alur.core import sql

PAGE = 25
MOVES, SOME = 30, 100
TABS: tuple[LiteralString, ...] = ("all", "short", "low", "none", "ended")

_NAME: LiteralString = "CASE WHEN %(language)s = 'en' AND p.name_en <> '' OR p.name_id = '' THEN p.name_en ELSE p.name_id END AS name"
_FREE: LiteralString = "SELECT s.product_id FROM stock s JOIN warehouse w ON w.id = s.warehouse_id AND w.kind = 'own' WHERE s.on_hand > s.reserved"
_TABS: dict[LiteralString, LiteralString] = {
    "all": "p.active AND NOT p.discontinued",
    "short": "p.id IN (SELECT product_id FROM backorder)",
    "low": """coalesce(p.stock_min, 0) > 0 AND p.active AND NOT p.discontinued AND p.stock_min > coalesce((SELECT sum(s.on_hand - s.reserved) FROM stock s
                JOIN warehouse w ON w.id = s.warehouse_id AND w.kind = 'own' WHERE s.product_id = p.id), 0)""",
    "none": f"p.kind = 'goods' AND p.active AND NOT p.discontinued AND p.id NOT IN ({_FREE})",
    "ended": "p.discontinued OR NOT p.active",
}
_ROWS: LiteralString = """
SELECT p.*, s.on_hand, s.reserved, s.on_hand - s.reserved AS free, b.waits, o.coming, o.comes_on
  FROM (SELECT p.id, p.sku, {name}, p.kind, p.unit, p.stock_min, p.discontinued OR NOT p.active AS ended, {place} AS place FROM {base}
         WHERE {tab} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s) p
 CROSS JOIN LATERAL (SELECT coalesce(sum(x.on_hand), 0) AS on_hand, coalesce(sum(x.reserved), 0) AS reserved
                       FROM stock x JOIN warehouse w ON w.id = x.warehouse_id AND w.kind = 'own' WHERE x.product_id = p.id) s
 CROSS JOIN LATERAL (SELECT coalesce(sum(x.open), 0) AS waits FROM backorder x WHERE x.product_id = p.id) b
 CROSS JOIN LATERAL (SELECT coalesce(sum(x.quantity - x.received), 0) AS coming, min(x.expected_on) AS comes_on FROM supply_line x
                      WHERE x.product_id = p.id AND x.state = 'open') o
 ORDER BY p.place, p.sku
"""
_ALL: LiteralString = "product p"
_SOME: LiteralString = "unnest(%(ids)s::bigint[]) WITH ORDINALITY AS x(id, n) JOIN product p ON p.id = x.id"


def _list(tab: LiteralString, *, some: bool) -> LiteralString:
    found = _ROWS.replace("{name}", _NAME).replace("{tab}", f"({_TABS[tab]})")
    if some:
        return found.replace("{base}", _SOME).replace("{place}", "x.n").replace("{order}", "x.n")
    return found.replace("{base}", _ALL).replace("{place}", "0").replace("{order}", "p.sku")


def _tally(*, some: bool) -> LiteralString:
    counted: list[LiteralString] = [f'count(*) FILTER (WHERE {where}) AS "{tab}"' for tab, where in _TABS.items()]
    return f"SELECT {', '.join(counted)} FROM {_SOME if some else _ALL}"


LISTS: dict[tuple[str, bool], LiteralString] = {(tab, some): _list(tab, some=some) for tab in TABS for some in (False, True)}
TALLIES: dict[bool, LiteralString] = {some: _tally(some=some) for some in (False, True)}

PRODUCT = """
SELECT p.id, p.sku, p.name_id, p.name_en, p.kind, p.unit, p.multiple, p.tax_class, p.weight, p.volume, p.supply, p.lead_days, p.stock_min, p.stock_max,
       p.active, p.discontinued, p.version, d.name AS department
  FROM product p LEFT JOIN department d ON d.id = p.department_id WHERE p.sku = %(sku)s OR p.id = %(id)s
"""
UNITS = "SELECT id, unit, factor, barcode, is_sale_default FROM product_unit WHERE product_id = %(product)s ORDER BY factor, unit LIMIT %(limit)s"
ALIASES = """
SELECT a.id, a.alias, a.source, c.name AS customer FROM product_alias a LEFT JOIN customer c ON c.id = a.customer_id
 WHERE a.product_id = %(product)s ORDER BY a.customer_id NULLS FIRST, a.alias LIMIT %(limit)s
"""
COMPONENTS = """
SELECT c.id, p.sku, p.name_id, p.name_en, p.unit, c.quantity FROM component c JOIN product p ON p.id = c.part_id
 WHERE c.product_id = %(product)s ORDER BY c.id LIMIT %(limit)s
"""
STOCK = """
SELECT w.id AS warehouse_id, coalesce(nullif(w.name, ''), w.code) AS warehouse, w.kind, s.lot, coalesce(s.on_hand, 0) AS on_hand,
       coalesce(s.reserved, 0) AS reserved, coalesce(s.on_hand - s.reserved, 0) AS free, round(s.unit_cost, 2) AS unit_cost, s.value,
       coalesce(b.open, 0) AS waits, coalesce(o.coming, 0) AS coming
  FROM warehouse w LEFT JOIN stock s ON s.warehouse_id = w.id AND s.product_id = %(product)s
  LEFT JOIN (SELECT warehouse_id, sum(open) AS open FROM backorder WHERE product_id = %(product)s GROUP BY warehouse_id) b ON b.warehouse_id = w.id
  LEFT JOIN (SELECT h.warehouse_id, sum(l.quantity - l.received) AS coming FROM supply_line l JOIN supply_order h ON h.id = l.supply_order_id
              WHERE l.product_id = %(product)s AND l.state = 'open' GROUP BY h.warehouse_id) o ON o.warehouse_id = w.id
 WHERE s.id IS NOT NULL OR b.open > 0 OR o.coming > 0
 ORDER BY w.kind <> 'own', w.priority, w.id, s.lot
"""
PRICES = """
SELECT x.id, x.unit, x.from_quantity, x.price, x.discounts, x.valid_from, x.valid_to, l.tax_included, c.name AS customer, c.code AS customer_code,
       coalesce(nullif(l.name, ''), l.code) AS price_list
  FROM price x LEFT JOIN price_list l ON l.id = x.price_list_id LEFT JOIN customer c ON c.id = x.customer_id
 WHERE x.product_id = %(product)s ORDER BY x.price_list_id NULLS LAST, c.name, x.unit, x.from_quantity, x.valid_from LIMIT %(limit)s
"""
COMING = """
SELECT l.id, h.number, h.kind, coalesce(s.name, d.name, f.name, '') AS source, coalesce(nullif(w.name, ''), w.code) AS warehouse, l.quantity, l.received,
       l.quantity - l.received AS open, l.unit_cost, l.expected_on, h.ordered_at, coalesce(l.expected_on < %(today)s, false) AS late
  FROM supply_line l JOIN supply_order h ON h.id = l.supply_order_id JOIN warehouse w ON w.id = h.warehouse_id
  LEFT JOIN supplier s ON s.id = h.supplier_id LEFT JOIN department d ON d.id = h.department_id LEFT JOIN warehouse f ON f.id = h.from_warehouse_id
 WHERE l.product_id = %(product)s AND l.state = 'open' ORDER BY l.expected_on NULLS LAST, l.id LIMIT %(limit)s
"""
# in queue order, warehouse by warehouse: who gets the next goods
WAITING = """
SELECT b.id, o.number, c.name AS customer, c.code AS customer_code, b.open, b.received_at, b.unpaid, coalesce(nullif(w.name, ''), w.code) AS warehouse,
       coalesce(l.promised_on, o.promised_on) AS promised_on, count(*) OVER () AS every,
       EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL) AS held
  FROM backorder b JOIN sales_order o ON o.id = b.order_id JOIN customer c ON c.id = o.customer_id JOIN order_line l ON l.id = b.order_line_id
  JOIN warehouse w ON w.id = b.warehouse_id
 WHERE b.product_id = %(product)s ORDER BY b.warehouse_id, b.priority, b.received_at, b.order_id, b.order_line_id LIMIT %(limit)s
"""
# newest first; each move names what it belongs to
MOVED = """
SELECT m.id, m.kind, m.quantity, m.value, m.at, coalesce(nullif(w.name, ''), w.code) AS warehouse, o.number AS order_number,
       d.number AS delivery_number, h.number AS supply_number, c.name AS customer, s.name AS supplier
  FROM (SELECT * FROM stock_move WHERE product_id = %(product)s AND id < %(before)s ORDER BY id DESC LIMIT %(limit)s) m
  JOIN warehouse w ON w.id = m.warehouse_id
  LEFT JOIN order_line l ON l.id = m.order_line_id LEFT JOIN sales_order o ON o.id = l.order_id LEFT JOIN customer c ON c.id = o.customer_id
  LEFT JOIN delivery_line x ON x.id = m.delivery_line_id LEFT JOIN delivery d ON d.id = x.delivery_id
  LEFT JOIN supply_line y ON y.id = m.supply_line_id LEFT JOIN supply_order h ON h.id = y.supply_order_id LEFT JOIN supplier s ON s.id = h.supplier_id
 ORDER BY m.id DESC
"""
PRICE = """
SELECT x.id, x.version, x.product_id, x.price_list_id, x.customer_id, x.unit, x.from_quantity, x.price, x.discounts, x.valid_from, x.valid_to, p.sku,
       coalesce(nullif(l.name, ''), l.code) AS price_list, c.name AS customer, c.code AS customer_code
  FROM price x JOIN product p ON p.id = x.product_id LEFT JOIN price_list l ON l.id = x.price_list_id LEFT JOIN customer c ON c.id = x.customer_id
 WHERE x.id = %(id)s
"""
LINE = """
SELECT l.id, h.number, h.kind, l.quantity - l.received AS open, l.unit_cost, l.state, p.sku, p.unit, p.id AS product_id
  FROM supply_line l JOIN supply_order h ON h.id = l.supply_order_id JOIN product p ON p.id = l.product_id WHERE l.id = %(id)s
"""
CHOICES = """
SELECT 'supplier' AS what, id, coalesce(nullif(name, ''), code) AS name FROM supplier
UNION ALL SELECT 'warehouse', id, coalesce(nullif(name, ''), code) FROM warehouse WHERE kind = 'own' AND active
UNION ALL SELECT 'price_list', id, coalesce(nullif(name, ''), code) FROM price_list
 ORDER BY 1, 3, 2
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the list, and how many there are in each tab."""

    rows: list[Any]
    tabs: dict[str, int]


@dataclass(frozen=True, slots=True)
class Page:
    """One product with everything around it."""

    product: Any
    units: list[Any]
    aliases: list[Any]
    stock: list[Any]
    prices: list[Any]
    coming: list[Any]
    waiting: list[Any]
    moves: list[Any]
    components: list[Any]

    def _own(self, column: str) -> Decimal:
        return sum((getattr(row, column) or Decimal(0) for row in self.stock if row.kind == "own"), Decimal(0))

    @property
    def on_hand(self) -> Decimal:
        """In the company's own warehouses."""
        return self._own("on_hand")

    @property
    def reserved(self) -> Decimal:
        """Promised to orders."""
        return self._own("reserved")

    @property
    def free(self) -> Decimal:
        """What the next order can have."""
        return self.on_hand - self.reserved

    @property
    def value(self) -> Decimal:
        """What all of it is worth."""
        return sum((row.value or Decimal(0) for row in self.stock), Decimal(0))

    @property
    def on_order(self) -> Decimal:
        """What is on its way."""
        return sum((row.coming for row in self.stock), Decimal(0))

    @property
    def waits(self) -> Decimal:
        """What orders wait for."""
        return sum((row.waits for row in self.stock), Decimal(0))

    @property
    def needy(self) -> int:
        """The warehouse where most is waited for, else the first that keeps it; 0: none does."""
        own = [row for row in self.stock if row.kind == "own"]
        return max(own, key=lambda row: row.waits).warehouse_id if own else 0

    @property
    def to_buy(self) -> Decimal:
        """What would serve all who wait and fill up to the maximum (else the minimum)."""
        wanted = self.waits + (self.product.stock_max or self.product.stock_min or Decimal(0)) - self.free - self.on_order
        return max(wanted, Decimal(0))


def page(*, tab: str, number: int, language: str, ids: list[int] | None = None) -> Found:
    """A page of products; ids: only these, in this order (what a search found)."""
    some = {} if ids is None else {"ids": ids}
    tabs = sql.read(TALLIES[bool(some)], **some)[0]._asdict()
    last = max(1, -(-tabs[tab] // PAGE))
    rows = sql.read(LISTS[tab, bool(some)], language=language, limit=PAGE, offset=(min(number, last) - 1) * PAGE, **some)
    return Found(rows, {name: tabs[name] for name in TABS})


def one(*, sku: str = "", id: int = 0) -> Any:  # noqa: A002
    """A product's own row, by SKU or by id."""
    return next(iter(sql.read(PRODUCT, sku=sku, id=id)), None)


def load(sku: str, *, today: Any, before: int = 2**62) -> Page | None:
    """Everything of a product's page; before: moves older than this one."""
    product = one(sku=sku)
    if product is None:
        return None
    mine = {"product": product.id, "limit": SOME}
    return Page(
        product,
        sql.read(UNITS, **mine),
        sql.read(ALIASES, **mine),
        sql.read(STOCK, product=product.id),
        sql.read(PRICES, **mine),
        sql.read(COMING, today=today, **mine),
        sql.read(WAITING, **mine),
        sql.read(MOVED, product=product.id, before=before, limit=MOVES + 1),
        sql.read(COMPONENTS, **mine),
    )


def price(id: int) -> Any:  # noqa: A002
    """A price's row."""
    return next(iter(sql.read(PRICE, id=id)), None)


def supply_line(id: int) -> Any:  # noqa: A002
    """A line on its way in."""
    return next(iter(sql.read(LINE, id=id)), None)


def units(product_id: int) -> list[Any]:
    """The other units of a product."""
    return sql.read(UNITS, product=product_id, limit=SOME)


def choices() -> dict[str, list[tuple[str, str]]]:
    """Suppliers, warehouses and price lists to choose from."""
    found: dict[str, list[tuple[str, str]]] = {"supplier": [], "warehouse": [], "price_list": []}
    for row in sql.read(CHOICES):
        found[row.what].append((str(row.id), row.name))
    return found
