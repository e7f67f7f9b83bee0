"""Change a price, or add one: received orders with that product are priced again, those that are verified keep theirs.

    price + version --change_price--> version + 1      price.changed
    a new one (any key of the door's up to 0) --change_price--> a row, named by `made`      price.changed

An order is priced as of the day it was received: a price that begins later leaves it as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome

REFUSALS = {
    "stale_version": "Somebody else changed this price of {product} meanwhile; your change was not made. Look at it as it is now and try again.",
    "bad_price": "A price of {product} needs an amount of 0 or more, a unit, and days in order. Correct it.",
    "bad_place": "A price of {product} stands on a list or belongs to a customer, one of the two. Choose one.",
    "exists": "There is a price of {product} for this unit, quantity and first day already. Change that one.",
}

PLACE = ("price_list_id", "customer_id", "product_id")
KEY = ("product_id", "unit", "from_quantity", "valid_from")
SAID = ("price", "discounts", "valid_from", "valid_to")
TOLD = ("product_id", "price_list_id", "customer_id", "unit", "from_quantity", "price", "valid_from", "valid_to")

NOW = """
SELECT p.id, p.version, p.price_list_id, p.customer_id, p.product_id, p.unit, p.from_quantity, p.price, p.discounts, p.valid_from, p.valid_to
  FROM price p WHERE p.id = ANY(%(ids)s::bigint[]) ORDER BY p.id FOR NO KEY UPDATE
"""
# another row that says the same of a product
TWINS = """
SELECT a.key, p.id
  FROM unnest(%(key)s::bigint[], %(price_list_id)s::bigint[], %(customer_id)s::bigint[], %(product_id)s::bigint[], %(unit)s::text[],
              %(from_quantity)s::numeric[], %(valid_from)s::date[]) AS a(key, price_list_id, customer_id, product_id, unit, from_quantity, valid_from)
  JOIN price p ON p.product_id = a.product_id AND p.unit = a.unit AND p.from_quantity = a.from_quantity AND p.id <> a.key
   AND p.price_list_id IS NOT DISTINCT FROM a.price_list_id AND p.customer_id IS NOT DISTINCT FROM a.customer_id
   AND p.valid_from IS NOT DISTINCT FROM a.valid_from
"""
MOVE = """
UPDATE price p SET price = n.price, discounts = string_to_array(n.discounts, ' ')::numeric[], from_quantity = n.from_quantity, unit = n.unit,
       valid_from = n.valid_from, valid_to = n.valid_to, version = p.version + 1
  FROM unnest(%(key)s::bigint[], %(price)s::numeric[], %(discounts)s::text[], %(from_quantity)s::numeric[], %(unit)s::text[], %(valid_from)s::date[],
              %(valid_to)s::date[]) AS n(id, price, discounts, from_quantity, unit, valid_from, valid_to)
 WHERE p.id = n.id
"""
ADD = """
INSERT INTO price (price_list_id, customer_id, product_id, unit, from_quantity, price, discounts, valid_from, valid_to)
SELECT n.price_list_id, n.customer_id, n.product_id, n.unit, n.from_quantity, n.price, string_to_array(n.discounts, ' ')::numeric[], n.valid_from, n.valid_to
  FROM unnest(%(price_list_id)s::bigint[], %(customer_id)s::bigint[], %(product_id)s::bigint[], %(unit)s::text[], %(from_quantity)s::numeric[],
              %(price)s::numeric[], %(discounts)s::text[], %(valid_from)s::date[], %(valid_to)s::date[])
       AS n(price_list_id, customer_id, product_id, unit, from_quantity, price, discounts, valid_from, valid_to)
RETURNING id
"""
PRICE_AGAIN = """
INSERT INTO recheck (step, order_id, why)
SELECT 'price', o.id, 'price' FROM sales_order o
 WHERE o.state = 'received'
   AND EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.product_id = ANY(%(products)s::bigint[]))
"""


@dataclass(frozen=True, slots=True)
class Price:
    """A price as it shall be. version: of the row that changes; None = a new one, which needs its product and its list or customer."""

    price: Decimal
    version: int | None = None
    product_id: int | None = None
    price_list_id: int | None = None
    customer_id: int | None = None
    unit: str = ""
    from_quantity: Decimal = Decimal(0)
    discounts: tuple[Decimal, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None


def change_price(prices: Mapping[int, Price | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Change these prices, add those without a version."""
    given = {i: each if isinstance(each, Price) else Price(**each) for i, each in prices.items()}
    stored = {row.id: row for row in sql.rows(NOW, ids=list(given))}
    outcome = Outcome()
    wanted = {i: row for i, each in given.items() if (row := _wanted(i, each, stored.get(i), outcome)) is not None}
    twins = {row.key: row.id for row in sql.rows(TWINS, key=list(wanted), **_columns(list(wanted.values()), "price_list_id", "customer_id", *KEY))}
    for key in [i for i in wanted if i in twins]:
        outcome.refuse(key, "exists", product_id=wanted.pop(key)["product_id"], price_id=twins[key])
    changes = {i: row for i, row in wanted.items() if i in stored}
    adds = {i: row for i, row in wanted.items() if i not in stored}
    if changes:
        sql.run(MOVE, key=list(changes), **_columns(list(changes.values()), "unit", "from_quantity", *SAID))
    if adds:
        ids = sql.ids(ADD, **_columns(list(adds.values()), "price_list_id", "customer_id", "product_id", "unit", "from_quantity", *SAID))
        outcome.made = dict(zip(adds, ids, strict=True))
    outcome.moved = [*changes, *outcome.made.values()]
    if outcome.moved:
        rows = [*changes.values(), *adds.values()]
        with sql.pipeline():
            sql.run(PRICE_AGAIN, products=sorted({row["product_id"] for row in rows}))
            told = [{name: row[name] for name in TOLD} for row in rows]
            log.write([log.Record("price.changed", i, None, "price", facts) for i, facts in zip(outcome.moved, told, strict=True)], by=by, at=at)
    return outcome


def _wanted(key: int, asked: Price, stored: Any, outcome: Outcome) -> dict[str, Any] | None:
    """The row as it shall be; None if it may not, or is so already."""
    row = {name: getattr(asked, name) for name in (*PLACE, "unit", "from_quantity", "price", "valid_from", "valid_to")}
    row["discounts"] = " ".join(map(str, asked.discounts))
    if stored is not None:
        row |= {name: getattr(stored, name) for name in PLACE} | {"unit": asked.unit or stored.unit}
    facts = {"product_id": row["product_id"]}
    if asked.version is not None and stored is None:
        outcome.refuse(key, "not_found")
    elif stored is not None and asked.version != stored.version:
        outcome.refuse(key, "stale_version", version=stored.version, **facts)
    elif not _sound(row):
        outcome.refuse(key, "bad_price", **facts)
    elif (row["price_list_id"] is None) == (row["customer_id"] is None):
        outcome.refuse(key, "bad_place", **facts)
    elif stored is not None and all(row[n] == getattr(stored, n) for n in row if n != "discounts") and list(asked.discounts) == list(stored.discounts):
        outcome.already.append(key)
    else:
        return row
    return None


def _sound(row: dict[str, Any]) -> bool:
    days = row["valid_from"] is None or row["valid_to"] is None or row["valid_from"] <= row["valid_to"]
    return bool(row["product_id"] and row["unit"] and days) and all(row[n].is_finite() and row[n] >= 0 for n in ("price", "from_quantity"))


def _columns(rows: Sequence[dict[str, Any]], *names: str) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in names}
