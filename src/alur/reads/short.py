"""What is short, and what to do about it: for every product the days it lasts, who waits, what comes, and a proposal with its reason.

Free = on hand less reserved in the company's own warehouses. Level = free and on order less waited for. Sold = what orders of the last 30 days asked
for. Something is short when orders wait, or when its level is below its minimum or below what is sold while more is on its way (lead days).
Proposed is what fills up to the maximum (else to the minimum or 30 days more than the lead days), in whole order multiples; the maximum is exceeded only for
orders that wait. What waits in one warehouse and is free in another is brought from there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from django.utils.translation import gettext_noop

from alur.core import sql
from alur.reads import sentences

ZERO = Decimal(0)
DAYS = 30
MOST = 1000
TABS = ("all", "wait", "low", "soon")
BRING = gettext_noop("Orders wait for {waits:qty} in {warehouse} and {spare:qty} are free in {from_warehouse}: bring {quantity:qty}.")
WAIT = gettext_noop("Orders wait for {waits:qty}; {free:qty} are free and {coming:qty} on order. {quantity:qty} serve them and leave {after:qty}.")
LOW = gettext_noop("{level:qty} are free or on order, the minimum is {minimum:qty}. {quantity:qty} bring it to {after:qty}.")
SOON = gettext_noop("{daily:qty} a day are sold: {level:qty} last {lasts:qty} days, more takes {lead:qty}. {quantity:qty} bring it to {after:qty}.")
NOWHERE = gettext_noop("Orders wait for {waits:qty}, but nobody is said to buy or make it. Say in its master data where it comes from.")

SHORT = """
WITH sold AS MATERIALIZED (
    SELECT l.product_id, sum(l.ordered - l.cancelled) AS quantity FROM sales_order o JOIN order_line l ON l.order_id = o.id AND l.kind = 'goods'
     WHERE o.received_at >= %(since)s AND o.state <> 'cancelled' GROUP BY 1
), lies AS (
    SELECT s.product_id, sum(s.on_hand - s.reserved) AS free FROM stock s JOIN warehouse w ON w.id = s.warehouse_id AND w.kind = 'own' AND w.active GROUP BY 1
), queued AS (
    SELECT product_id, sum(open) AS quantity, count(DISTINCT order_id) AS orders FROM backorder GROUP BY 1
), comes AS (
    SELECT l.product_id, sum(CASE WHEN h.kind = 'transfer' THEN l.sent ELSE l.quantity END - l.received) AS quantity, min(l.expected_on) AS expected_on
      FROM supply_line l JOIN supply_order h ON h.id = l.supply_order_id WHERE l.state = 'open' GROUP BY 1
), facts AS (
    SELECT p.id, p.sku, CASE WHEN %(language)s = 'en' AND p.name_en <> '' OR p.name_id = '' THEN p.name_en ELSE p.name_id END AS name, p.unit, p.multiple,
           p.supply, p.lead_days, p.stock_min, p.stock_max, d.id AS department_id, d.name AS department, coalesce(s.free, 0) AS free,
           coalesce(q.quantity, 0) AS waits, coalesce(q.orders, 0) AS orders, coalesce(c.quantity, 0) AS coming, c.expected_on,
           coalesce(t.quantity, 0) / %(days)s AS daily, EXISTS (SELECT FROM component x WHERE x.product_id = p.id) AS parts
      FROM product p LEFT JOIN lies s ON s.product_id = p.id LEFT JOIN queued q ON q.product_id = p.id LEFT JOIN comes c ON c.product_id = p.id
      LEFT JOIN sold t ON t.product_id = p.id LEFT JOIN department d ON d.id = p.department_id AND d.kind = 'production'
     WHERE p.kind = 'goods' AND p.active AND (NOT p.discontinued OR q.quantity > 0) AND p.id = ANY(coalesce(%(ids)s::bigint[], ARRAY[p.id]))
)
SELECT * FROM facts
 WHERE waits > 0 OR supply <> 'none' AND free + coming - waits < greatest(coalesce(stock_min, 0), daily * lead_days)
 ORDER BY waits > 0 DESC, CASE WHEN daily > 0 THEN free / daily END NULLS LAST, sku LIMIT %(most)s
"""
# Of these products, in each warehouse: what is free, waited for and coming.
PLACES = """
SELECT w.id AS warehouse_id, p.id AS product_id, coalesce(s.on_hand - s.reserved, 0) AS free, coalesce(b.waits, 0) AS waits, coalesce(c.coming, 0) AS coming,
       s.id IS NOT NULL AS kept
  FROM unnest(%(ids)s::bigint[]) AS p(id) CROSS JOIN (SELECT id, priority FROM warehouse WHERE kind = 'own' AND active) w
  LEFT JOIN stock s ON s.warehouse_id = w.id AND s.product_id = p.id AND s.lot = 0
  LEFT JOIN (SELECT product_id, warehouse_id, sum(open) AS waits FROM backorder GROUP BY 1, 2) b ON b.product_id = p.id AND b.warehouse_id = w.id
  LEFT JOIN (SELECT l.product_id, h.warehouse_id, sum(l.quantity - l.received) AS coming FROM supply_line l JOIN supply_order h ON h.id = l.supply_order_id
              WHERE l.state = 'open' GROUP BY 1, 2) c ON c.product_id = p.id AND c.warehouse_id = w.id
 ORDER BY p.id, w.priority, w.id
"""
# From whom each was bought last, at what cost; who sells only one thing to us may sell another.
SOURCES = """
SELECT DISTINCT ON (l.product_id) l.product_id, h.supplier_id, l.unit_cost
  FROM supply_line l JOIN supply_order h ON h.id = l.supply_order_id AND h.kind = 'buy'
 WHERE l.product_id = ANY(%(ids)s::bigint[]) AND l.state <> 'cancelled' ORDER BY l.product_id, l.id DESC
"""
COSTS = """
SELECT product_id, coalesce(sum(value) / nullif(sum(on_hand), 0), max(unit_cost)) AS cost FROM stock WHERE product_id = ANY(%(ids)s::bigint[]) GROUP BY 1
"""
SUPPLIERS = "SELECT id, coalesce(nullif(name, ''), code) AS name FROM supplier ORDER BY 2, 1"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to order of a product: bought from a supplier, made by a department, or brought from a warehouse; nothing if nobody can."""

    product: Any
    kind: str
    source_id: int | None
    warehouse_id: int
    quantity: Decimal
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    unit_cost: Decimal = ZERO

    @property
    def key(self) -> str:
        """What a row of the list is told by."""
        return f"{self.kind}-{self.product.id}-{self.warehouse_id}"

    @property
    def tab(self) -> str:
        """Why it is on the list."""
        level = self.product.free + self.product.coming - self.product.waits
        return "wait" if self.product.waits else "low" if self.product.stock_min and level < self.product.stock_min else "soon"

    @property
    def lasts(self) -> Decimal | None:
        """For how many days what is free suffices; None: nothing of it is sold."""
        return max(self.product.free, ZERO) / self.product.daily if self.product.daily else None

    def expected_on(self, today: date) -> date | None:
        """When it comes if it is ordered now; None: nobody knows."""
        return today + timedelta(days=self.product.lead_days) if self.product.lead_days and self.kind != "transfer" else None


def proposals(*, now: datetime, language: str, ids: Sequence[int] | None = None) -> list[Proposal]:
    """What is short, the most pressing first; ids: only these products."""
    rows = sql.read(SHORT, since=now - timedelta(days=DAYS), days=DAYS, language=language, most=MOST, ids=list(ids) if ids is not None else None)
    found = [row.id for row in rows]
    places: dict[int, list[Any]] = {}
    for row in sql.read(PLACES, ids=found):
        places.setdefault(row.product_id, []).append(row)
    bought = {row.product_id: row for row in sql.read(SOURCES, ids=found)}
    costs = {row.product_id: row.cost for row in sql.read(COSTS, ids=found)}
    only = next((row.id for row in sql.read(SUPPLIERS)), None) if rows else None
    return [each for row in rows for each in of(row, places.get(row.id, []), bought.get(row.id), costs.get(row.id), only)]


def of(product: Any, places: Sequence[Any], last: Any = None, cost: Decimal | None = None, supplier: int | None = None) -> list[Proposal]:
    """What to do about one product (pure): bring what lies elsewhere, order what is missing altogether."""
    found = list(_brought(product, places))
    level = product.free + product.coming - product.waits
    point = max(product.stock_min or ZERO, product.daily * product.lead_days)
    home = max(places, key=lambda row: (max(row.waits - row.free - row.coming, ZERO), row.kept)).warehouse_id if places else 0
    if level >= point and level >= 0:
        return found
    source = {"buy": last.supplier_id if last else supplier, "make": product.department_id}.get(product.supply)
    if source is None or (product.supply == "make" and not product.parts):
        return found if found or not product.waits else [Proposal(product, "none", None, home, ZERO, NOWHERE, {"waits": product.waits})]
    quantity = _quantity(product, level, point)
    facts = {
        "waits": product.waits, "free": max(product.free, ZERO), "coming": product.coming, "level": max(level, ZERO), "minimum": product.stock_min,
        "daily": round(product.daily, 1), "lasts": round(max(level, ZERO) / product.daily) if product.daily else None, "lead": product.lead_days,
        "quantity": quantity, "after": level + quantity,
    }  # fmt: skip
    reason = WAIT if product.waits else LOW if product.stock_min and level < product.stock_min else SOON
    value = (last.unit_cost if last else None) or cost or ZERO
    return [*found, Proposal(product, product.supply, source, home, quantity, reason, facts, round(value, 2) if product.supply == "buy" else ZERO)]


def _brought(product: Any, places: Sequence[Any]) -> Iterable[Proposal]:
    """What waits in one warehouse while another has enough that nobody waits for."""
    spare = {row.warehouse_id: row.free - row.waits for row in places}
    for row in places:
        need = row.waits - row.free - row.coming
        from_id = max((w for w in spare if w != row.warehouse_id), key=lambda w: spare[w], default=None)
        if need > 0 and from_id is not None and spare[from_id] >= need:
            facts = {"waits": row.waits, "spare": spare[from_id], "quantity": need, "warehouse_id": row.warehouse_id, "from_warehouse_id": from_id}
            spare[from_id] -= need
            yield Proposal(product, "transfer", from_id, row.warehouse_id, need, BRING, facts)


def _quantity(product: Any, level: Decimal, point: Decimal) -> Decimal:
    """How much, in whole multiples, within the maximum if one is set; who waits is served all the same."""
    top = product.stock_max or max(product.stock_min or ZERO, product.daily * (product.lead_days + DAYS), point)
    wanted = max(top - level, -level)
    found = _whole(wanted, product.multiple, ROUND_CEILING)
    if product.stock_max and level + found > product.stock_max:
        found = max(_whole(wanted, product.multiple, ROUND_FLOOR), _whole(-level, product.multiple, ROUND_CEILING))
    return max(found, product.multiple)


def _whole(quantity: Decimal, multiple: Decimal, rounding: str) -> Decimal:
    return (quantity / multiple).to_integral_value(rounding=rounding) * multiple


def reasons(found: Sequence[Proposal], language: str) -> list[str]:
    """Why each is proposed, in a sentence: one query for the names."""
    return sentences.render([(each.reason, each.facts) for each in found], language)


def suppliers() -> list[tuple[int, str]]:
    """Who sells to us."""
    return [(row.id, row.name) for row in sql.read(SUPPLIERS)]
