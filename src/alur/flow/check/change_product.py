"""Change a product, or add one: names, class of tax, multiple, how it comes, how much of it shall be there, whether it is sold.

    product + version --change_product--> version + 1                              product.changed
    a new one (any key of the door's up to 0) --change_product--> a row, by `made`  product.created
    what prices and findings stand on (JUDGED): a price ticket for received orders with it; what promises stand on (COMES): a promise ticket for
    confirmed ones that wait for it

Its SKU, kind and base unit are those it was added with: counters and stock are in them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome

REFUSALS = {
    "stale_version": "Somebody else changed {product} meanwhile; your change was not made. Look at it as it is now and try again.",
    "exists": "There is a product with this SKU already. Choose another SKU, or change that product.",
    "bad_value": "{field} of this product cannot be that. Correct it.",
    "no_name": "A product needs a SKU and a name. Give both.",
    "bad_multiple": "A product is sold in multiples above 0. Give 1 if any quantity goes.",
    "max_below_min": "The maximum stock is below the minimum. Correct one of the two.",
}
NEW = {
    "sku": "", "kind": "goods", "unit": "pcs", "name_id": "", "name_en": "", "multiple": "1", "tax_class": "standard", "weight": None, "volume": None,
    "department_id": None, "supply": "buy", "lead_days": 0, "stock_min": None, "stock_max": None, "active": True, "discontinued": False,
}  # fmt: skip
FIELDS = tuple(NEW)[3:]
JUDGED = frozenset({"multiple", "tax_class", "active", "discontinued"})
COMES = frozenset({"supply", "lead_days", "department_id"})

NOW = "SELECT p.id, p.version, to_jsonb(p) AS now FROM product p WHERE p.id = ANY(%(ids)s::bigint[]) ORDER BY p.id FOR NO KEY UPDATE"
TAKEN = "SELECT sku FROM product WHERE sku = ANY(%(skus)s::text[])"
MOVE = """
UPDATE product p SET version = p.version + 1, name_id = n.name_id, name_en = n.name_en, multiple = n.multiple, tax_class = n.tax_class, weight = n.weight,
       volume = n.volume, department_id = n.department_id, supply = n.supply, lead_days = n.lead_days, stock_min = n.stock_min, stock_max = n.stock_max,
       active = n.active, discontinued = n.discontinued
  FROM unnest(%(ids)s::bigint[], %(fields)s::jsonb[]) AS g(id, f), jsonb_populate_record(NULL::product, g.f) n
 WHERE p.id = g.id
"""
ADD = """
INSERT INTO product (sku, kind, unit, name_id, name_en, multiple, tax_class, weight, volume, department_id, supply, lead_days, stock_min, stock_max, active,
                     discontinued)
SELECT n.sku, n.kind, n.unit, n.name_id, n.name_en, n.multiple, n.tax_class, n.weight, n.volume, n.department_id, n.supply, n.lead_days, n.stock_min,
       n.stock_max, n.active, n.discontinued
  FROM unnest(%(fields)s::jsonb[]) WITH ORDINALITY AS g(f, place), jsonb_populate_record(NULL::product, g.f) n ORDER BY g.place
RETURNING id
"""
PRICE_AGAIN = """
INSERT INTO recheck (step, order_id, why)
SELECT 'price', o.id, 'product' FROM sales_order o
 WHERE o.state = 'received' AND EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.product_id = ANY(%(ids)s::bigint[]))
"""
PROMISE_AGAIN = """
INSERT INTO recheck (step, order_id, why)
SELECT DISTINCT 'promise', b.order_id, 'product' FROM backorder b JOIN sales_order o ON o.id = b.order_id
 WHERE b.product_id = ANY(%(ids)s::bigint[]) AND o.state = 'confirmed'
"""


@dataclass(frozen=True, slots=True)
class Change:
    """What changes of a product, by column (FIELDS). version: of the row that changes; None = a new one, by the columns of NEW."""

    version: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


def change_product(products: Mapping[int, Change | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Change these products, add those without a version."""
    given = {i: each if isinstance(each, Change) else Change(**each) for i, each in products.items()}
    stored = {row.id: row for row in sql.rows(NOW, ids=list(given))}
    taken = set(sql.ids(TAKEN, skus=[str(each.fields.get("sku", "")) for each in given.values() if each.version is None]))
    outcome, rows, changed = Outcome(), {}, {}
    for key, asked in given.items():
        new = asked.version is None
        if not new and key not in stored:
            outcome.refuse(key, "not_found")
            continue
        now = NEW if new else stored[key].now
        rows[key] = row = now | dict(asked.fields)
        changed[key] = sorted(name for name in FIELDS if _plain(row[name]) != _plain(now[name]))
        if (code := _wrong(asked, row, None if new else stored[key], taken)) is not None:
            outcome.refuse(key, code[0], **code[1])
        elif not new and not changed[key]:
            outcome.already.append(key)
        else:
            outcome.moved.append(key)
    if outcome.moved:
        _move(outcome, {i: rows[i] for i in outcome.moved}, changed, [i for i in outcome.moved if given[i].version is None], by=by, at=at)
    return outcome


def _wrong(asked: Change, row: Mapping[str, Any], stored: Any, taken: set[Any]) -> tuple[str, dict[str, Any]] | None:
    """Why a row may not stand like this: a code and its facts."""
    unknown = [name for name in asked.fields if name not in (FIELDS if stored else NEW)]
    if stored and asked.version != stored.version:
        return "stale_version", {"product_id": stored.id, "version": stored.version}
    if unknown:
        return "bad_value", {"field": unknown[0]}
    if not stored and row["sku"] in taken:
        return "exists", {}
    if not str(row["sku"]).strip() or not f"{row['name_id']}{row['name_en']}".strip():
        return "no_name", {}
    if not Decimal(str(row["multiple"])) > 0:
        return "bad_multiple", {}
    least, most = (Decimal(str(row[name] or 0)) for name in ("stock_min", "stock_max"))
    return ("max_below_min", {}) if most and most < least else None


def _move(outcome: Outcome, rows: dict[int, Any], changed: dict[int, list[str]], new: list[int], *, by: str, at: datetime) -> None:
    old = [i for i in rows if i not in new]
    if new:
        outcome.made = dict(zip(new, sql.ids(ADD, fields=[sql.dumps(rows[i]) for i in new]), strict=True))
        outcome.moved = [*old, *outcome.made.values()]
    with sql.pipeline():
        if old:
            sql.run(MOVE, ids=old, fields=[sql.dumps(rows[i]) for i in old])
        for again, fields in ((PRICE_AGAIN, JUDGED), (PROMISE_AGAIN, COMES)):
            if ids := [i for i in old if fields & set(changed[i])]:
                sql.run(again, ids=ids)
        told = [log.Record("product.changed", i, subject_kind="product", data={"fields": changed[i]}) for i in old]
        log.write([*told, *(log.Record("product.created", i, subject_kind="product") for i in outcome.made.values())], by=by, at=at)


def _plain(value: object) -> str:
    """A value as it is stored, for comparing what was typed with what stands there."""
    return sql.dumps(value).strip('"')
