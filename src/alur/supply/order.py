"""Order supply: goods are bought from a supplier, made by a department, or brought from another warehouse. What waits for them is promised anew.

    draft --order--> open, a supply order and its lines     supply.ordered

The same reference again is the same order: `already`. Rules: reference steps.md "supply.order", model.md "Stock and supply".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from alur import log
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.supply import queue

REFUSALS = {
    "no_lines": "There is nothing on this supply order. Add a product and send it again.",
    "bad_quantity": "Line {position} asks for {quantity} at {cost}; a quantity must be above 0 and a cost not below. Correct it and send it again.",
    "unknown_product": "Line {position} names no goods that we keep. Choose a product.",
    "unknown_warehouse": "We do not know this warehouse. Choose where the goods are to come.",
    "unknown_source": "We do not know who is to send these goods. Choose a supplier to buy from, a department that makes them, or another warehouse.",
    "no_parts": "Nobody has said what {product} is made of. Write its list of parts, or buy it.",
}

KNOWN = """
SELECT 'product' AS what, id FROM product WHERE id = ANY(%(products)s::bigint[]) AND kind = 'goods'
UNION ALL SELECT 'warehouse', id FROM warehouse WHERE id = ANY(%(warehouses)s::bigint[]) AND active
UNION ALL SELECT 'buy', id FROM supplier WHERE id = ANY(%(sources)s::bigint[])
UNION ALL SELECT 'make', id FROM department WHERE id = ANY(%(sources)s::bigint[]) AND kind = 'production'
UNION ALL SELECT 'transfer', id FROM warehouse WHERE id = ANY(%(sources)s::bigint[]) AND kind <> 'transit' AND active
UNION ALL SELECT DISTINCT 'parts', product_id FROM component WHERE product_id = ANY(%(products)s::bigint[])
"""
TAKEN = "SELECT external_ref, id FROM supply_order WHERE external_ref = ANY(%(refs)s::text[])"
ORDERS = """
INSERT INTO supply_order (number, external_ref, kind, supplier_id, department_id, from_warehouse_id, warehouse_id, state, ordered_at, by)
SELECT CASE o.kind WHEN 'buy' THEN 'PO-' WHEN 'make' THEN 'MO-' ELSE 'TO-' END || %(year)s || '-'
       || to_char(nextval('supply_order_number'), 'FM9999999999000000'), o.external_ref, o.kind, CASE WHEN o.kind = 'buy' THEN o.source_id END,
       CASE WHEN o.kind = 'make' THEN o.source_id END, CASE WHEN o.kind = 'transfer' THEN o.source_id END, o.warehouse_id, 'open', %(at)s, %(by)s
  FROM unnest(%(kind)s::text[], %(external_ref)s::text[], %(source_id)s::bigint[], %(warehouse_id)s::bigint[])
       WITH ORDINALITY AS o(kind, external_ref, source_id, warehouse_id, n)
 ORDER BY o.n
RETURNING id
"""
LINES = """
INSERT INTO supply_line (supply_order_id, product_id, quantity, unit_cost, expected_on, order_line_id)
SELECT * FROM unnest(%(supply_order_id)s::bigint[], %(product_id)s::bigint[], %(quantity)s::numeric[], %(unit_cost)s::numeric[], %(expected_on)s::date[],
                     %(order_line_id)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Line:
    """So many base units of a product, at this cost each; expected_on None: the supplier has not said. order_line_id: made for one order line."""

    product_id: int
    quantity: Decimal
    unit_cost: Decimal = Decimal(0)
    expected_on: date | None = None
    order_line_id: int | None = None


@dataclass(frozen=True, slots=True)
class SupplyDraft:
    """What to buy (source = supplier), make (department) or transfer (warehouse), and for which warehouse. key is the door's own number for it,
    external_ref what the door calls it for good: sent twice, it is ordered once.
    """  # noqa: D205

    key: int
    source_id: int | None
    warehouse_id: int | None
    lines: tuple[Line, ...] = field(default=())
    kind: str = "buy"
    external_ref: str | None = None


def order(drafts: Sequence[SupplyDraft], *, by: str, at: datetime) -> Outcome:
    """Record these supply orders."""
    outcome, known, fresh = Outcome(), _known(drafts), []
    taken = {row.external_ref: row.id for row in sql.rows(TAKEN, refs=[d.external_ref for d in drafts if d.external_ref])}
    for draft in sorted(drafts, key=lambda draft: draft.external_ref or ""):  # a unique key: rows are written in its order
        if draft.external_ref in taken:
            outcome.already.append(draft.key)
        elif _fits(draft, known, outcome):
            fresh.append(draft)
            taken |= {draft.external_ref: 0} if draft.external_ref else {}
    if fresh:
        ordered = sql.ids(ORDERS, year=str(clock.day(at).year), at=at, by=by, **sql.columns(fresh, "kind", "external_ref", "source_id", "warehouse_id"))
        outcome.moved = ordered
        outcome.made = {draft.key: made for draft, made in zip(fresh, ordered, strict=True)}
        taken |= {draft.external_ref: outcome.made[draft.key] for draft in fresh}
    outcome.made |= {draft.key: taken[draft.external_ref] for draft in drafts if draft.key in outcome.already}
    if fresh:
        _write(fresh, outcome, by=by, at=at)
    return outcome


def _known(drafts: Sequence[SupplyDraft]) -> set[tuple[str, int]]:
    """Which of the rows that these drafts name there are."""
    products = [line.product_id for draft in drafts for line in draft.lines]
    found = sql.rows(KNOWN, products=products, warehouses=[d.warehouse_id for d in drafts], sources=[d.source_id for d in drafts])
    return {(row.what, row.id) for row in found}


def _write(fresh: Sequence[SupplyDraft], outcome: Outcome, *, by: str, at: datetime) -> None:
    """Write the lines, wake who waits for them, tell."""
    lines = [line for draft in fresh for line in draft.lines]
    owners = [outcome.made[draft.key] for draft in fresh for _ in draft.lines]
    with sql.pipeline():
        sql.run(LINES, supply_order_id=owners, **sql.columns(lines, "product_id", "quantity", "unit_cost", "expected_on", "order_line_id"))
        queue.wake([(line.product_id, draft.warehouse_id) for draft in fresh for line in draft.lines])
        log.write([log.Record("supply.ordered", i, subject_kind="supply_order") for i in outcome.moved], by=by, at=at)


def _fits(draft: SupplyDraft, known: set[tuple[str, int]], outcome: Outcome) -> bool:
    """Whether a draft can be ordered; if not, its refusal."""
    if not draft.lines:
        outcome.refuse(draft.key, "no_lines")
        return False
    for position, line in enumerate(draft.lines, 1):
        if not (line.quantity.is_finite() and line.quantity > 0 and line.unit_cost.is_finite() and line.unit_cost >= 0):
            outcome.refuse(draft.key, "bad_quantity", position=position, quantity=str(line.quantity), cost=str(line.unit_cost))
            return False
        if ("product", line.product_id) not in known:
            outcome.refuse(draft.key, "unknown_product", position=position)
            return False
    if ("warehouse", draft.warehouse_id) not in known:
        outcome.refuse(draft.key, "unknown_warehouse")
    elif (draft.kind, draft.source_id) not in known or (draft.kind == "transfer" and draft.source_id == draft.warehouse_id):
        outcome.refuse(draft.key, "unknown_source")
    elif draft.kind == "make" and (bare := [line.product_id for line in draft.lines if ("parts", line.product_id) not in known]):
        outcome.refuse(draft.key, "no_parts", product_id=bare[0])
    else:
        return True
    return False
