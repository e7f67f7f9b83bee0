"""Prices: facts by key (one query), and a pure function from an order's lines to what they cost.

`check.price` feeds it saved lines, a dry run typed ones: one rule. Ours is the customer's own price, else the list's, in the line's unit, else
the base unit's times the factor; of several the one from the largest quantity reached, the newest of those. Rules: reference model.md "Money rules".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from alur.core import money, sql

ZERO = Decimal(0)
FIXED = ("manual", "imported")  # somebody agreed on this price: it stays
SIX = Decimal("0.000001")
Key = tuple[int, int, date]  # customer, product, day

# One row a price in force; customers of one list and tax class are asked for together. own = whose own price it is.
FACTS = """
WITH asked AS (
    SELECT a.product_id, a.day, c.tax_class, coalesce(c.price_list_id, (SELECT id FROM price_list WHERE is_default ORDER BY id LIMIT 1)) AS list_id,
           array_agg(a.customer_id) AS customers
      FROM unnest(%(customers)s::bigint[], %(products)s::bigint[], %(days)s::date[]) a(customer_id, product_id, day) JOIN customer c ON c.id = a.customer_id
     GROUP BY a.product_id, a.day, c.tax_class, list_id
)
SELECT a.customers, a.product_id, a.day, p.unit AS base, y.price_tolerance_pct AS tolerance, t.id AS rule_id, t.rate, t.base_num, t.base_den,
       r.own, r.unit, r.from_quantity, r.price, r.discounts, r.tax_included, r.currency
  FROM asked a
  JOIN product p ON p.id = a.product_id
 CROSS JOIN (SELECT price_tolerance_pct FROM policy ORDER BY id DESC LIMIT 1) y
  LEFT JOIN LATERAL (
       SELECT x.id, x.rate, x.base_num, x.base_den FROM tax_rule x
        WHERE x.product_class = p.tax_class AND x.customer_class = a.tax_class
          AND coalesce(x.valid_from, '-infinity') <= a.day AND coalesce(x.valid_to, 'infinity') >= a.day
        ORDER BY x.valid_from DESC NULLS LAST, x.id DESC LIMIT 1) t ON true
  LEFT JOIN LATERAL (
       SELECT x.customer_id AS own, x.unit, x.from_quantity, x.price, x.discounts, x.valid_from, x.valid_to, NULL::boolean AS tax_included, NULL AS currency
         FROM price x WHERE x.price_list_id IS NULL AND x.customer_id = ANY(a.customers) AND x.product_id = a.product_id
       UNION ALL
       SELECT NULL, x.unit, x.from_quantity, x.price, x.discounts, x.valid_from, x.valid_to, l.tax_included, l.currency
         FROM price_list l JOIN price x ON x.price_list_id = l.id AND x.customer_id IS NULL AND x.product_id = a.product_id
        WHERE l.id = a.list_id) r
    ON coalesce(r.valid_from, '-infinity') <= a.day AND coalesce(r.valid_to, 'infinity') >= a.day
 ORDER BY r.own, r.from_quantity DESC, r.valid_from DESC NULLS LAST
"""


class Line(NamedTuple):
    """A line to be priced, with what its order says; saved lines come with the same names. A typed one needs the first eight."""

    customer_id: int
    day: date
    currency: str
    tax_included: bool
    product_id: int | None
    unit: str
    factor: Decimal
    quantity: Decimal
    kind: str = "goods"
    id: int = 0
    order_id: int = 0
    ordered: Decimal = ZERO
    cancelled: Decimal = ZERO
    invoiced: Decimal = ZERO
    customer_price: Decimal | None = None
    unit_price: Decimal | None = None
    price_reason: str | None = None
    discounts: Sequence[Decimal] = ()
    header_discount: Decimal = ZERO
    discount_pct: Decimal = ZERO
    discount_amount: Decimal = ZERO
    fixed: bool = False  # a price it has stays


class Priced(NamedTuple):
    """What a line costs. unit_price None: we have no price for it."""

    id: int
    unit_price: Decimal | None
    price_reason: str | None
    discounts: Sequence[Decimal]
    header_discount: Decimal
    net: Decimal
    rule: money.Rule | None


@dataclass(slots=True)
class Fact:
    """What is known of a customer's product on a day: its tax rule and every price in force, the customer's own first."""

    base: str
    tolerance: Decimal
    rule: money.Rule | None
    prices: list[Any] = field(default_factory=list)


def facts(lines: Iterable[Any]) -> dict[Key, Fact]:
    """Everything `price` needs to know about these lines, in one query."""
    keys = sorted({(line.customer_id, line.product_id, line.day) for line in lines if line.product_id})
    found: dict[Key, Fact] = {}
    rules: dict[int | None, money.Rule | None] = {None: None}
    for row in sql.rows(FACTS, customers=[k[0] for k in keys], products=[k[1] for k in keys], days=[k[2] for k in keys]):
        if row.rule_id not in rules:
            rules[row.rule_id] = money.Rule(row.rule_id, row.rate, row.base_num, row.base_den)
        for customer in row.customers:
            key = (customer, row.product_id, row.day)
            fact = found.get(key)
            if fact is None:
                fact = found[key] = Fact(row.base, row.tolerance, rules[row.rule_id])
            if row.unit is not None and row.own in (None, customer):
                fact.prices.append(row)
    return found


def price(lines: Sequence[Any], known: dict[Key, Fact]) -> tuple[list[Priced], money.Totals]:
    """One order's lines with their prices, and what the order comes to (without what was cancelled)."""
    order = lines[0]
    cent = money.line_unit(order.currency)
    asked = [_line(line, known.get((line.customer_id, line.product_id, line.day))) for line in lines]
    gross = [money.half_up(line.quantity * money.discounted(unit or ZERO, less), cent) for line, (unit, _, less, _) in zip(lines, asked, strict=True)]
    header = _header(lines, gross, cent) if order.discount_pct or order.discount_amount else [ZERO] * len(lines)
    priced = [
        Priced(line.id, unit, reason, less, off, whole - off, rule)
        for line, (unit, reason, less, rule), whole, off in zip(lines, asked, gross, header, strict=True)
    ]
    amounts = [
        (money.so_far(p.net, line.ordered - line.cancelled, line.ordered, order.currency) if line.cancelled else p.net, p.rule)
        for line, p in zip(lines, priced, strict=True)
        if line.product_id
    ]
    return priced, money.totals(amounts, currency=order.currency, tax_included=order.tax_included)


def _line(line: Any, fact: Fact | None) -> tuple[Decimal | None, str | None, Sequence[Decimal], money.Rule | None]:
    """Unit price, reason, discounts and tax rule of a line."""
    if fact is None:  # a comment, or a line whose product is not known yet
        return line.unit_price, line.price_reason, line.discounts, None
    agreed = line.price_reason in FIXED
    if line.unit_price is not None and (agreed or line.invoiced or line.fixed):  # what was billed, or priced before, keeps its price
        return line.unit_price, line.price_reason, line.discounts, fact.rule
    row = _ours(line, fact)
    if row is None:
        return None, line.price_reason if agreed else None, line.discounts, fact.rule
    unit = _in_mode(row.price, row.tax_included, line.tax_included, fact.rule) * (1 if row.unit == line.unit else line.factor)
    if agreed or (line.price_reason is None and line.discounts):  # discounts typed on our price
        return unit, line.price_reason or "manual", line.discounts, fact.rule
    ours, theirs = money.discounted(unit, row.discounts), line.customer_price
    if theirs is not None and theirs != ours and abs(theirs - ours) <= ours * fact.tolerance / 100:
        return theirs, "customer", (), fact.rule
    return unit, "customer" if row.own else "break" if row.from_quantity > 1 else "list", row.discounts, fact.rule


def _ours(line: Any, fact: Fact) -> Any:
    """The price in force for this line; they stand in the order of preference, but for the unit."""
    base = None
    for row in fact.prices:
        if row.currency is not None and row.currency != line.currency:
            continue
        if base is not None and base.own and not row.own:  # the customer's own comes first, whatever its unit
            break
        if row.unit == line.unit and row.from_quantity <= line.quantity:
            return row
        if base is None and row.unit == fact.base and row.from_quantity <= line.quantity * line.factor:
            base = row
    return base


def _in_mode(amount: Decimal, has_tax: bool | None, wanted: bool, rule: money.Rule | None) -> Decimal:  # noqa: FBT001
    """A list's price with or without tax, as the order's prices are; a customer's own price is agreed in the order's way."""
    if has_tax is None or has_tax == wanted or rule is None:
        return amount
    factor = 1 + rule.rate * rule.num / (rule.den * 100)
    return money.half_up(amount * factor if wanted else amount / factor, SIX)


def _header(lines: Sequence[Any], gross: list[Decimal], cent: Decimal) -> list[Decimal]:
    """The order's discount spread over the lines that are no charges; what is billed keeps its share, the rest is spread over what is not."""
    order = lines[0]
    goods = [ZERO if line.kind == "charge" else amount for line, amount in zip(lines, gross, strict=True)]
    whole = sum(goods, ZERO)
    discount = min(whole, money.half_up(whole * order.discount_pct / 100, cent) + order.discount_amount)
    kept = [money.so_far(line.header_discount, line.invoiced, line.ordered, line.currency) if line.invoiced else ZERO for line in lines]
    weights = [amount * (line.ordered - line.invoiced) / line.ordered if line.invoiced else amount for line, amount in zip(lines, goods, strict=True)]
    rest = money.spread(max(ZERO, discount - sum(kept, ZERO)), weights, cent)
    return [a + b for a, b in zip(kept, rest, strict=True)]
