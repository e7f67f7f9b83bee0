"""Order supply: goods are bought from a supplier, or made by a department, for a warehouse. What waits for them is promised anew.

    draft --order--> open, a supply order and its lines     supply.ordered

Rules: reference steps.md "supply.order", model.md "Stock and supply".
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
    "unknown_source": "We do not know who is to send these goods. Choose a supplier to buy from, or a department that makes them.",
}

KNOWN = """
SELECT 'product' AS what, id FROM product WHERE id = ANY(%(products)s::bigint[]) AND kind = 'goods'
UNION ALL SELECT 'warehouse', id FROM warehouse WHERE id = ANY(%(warehouses)s::bigint[]) AND active
UNION ALL SELECT 'buy', id FROM supplier WHERE id = ANY(%(sources)s::bigint[])
UNION ALL SELECT 'make', id FROM department WHERE id = ANY(%(sources)s::bigint[]) AND kind = 'production'
"""
ORDERS = """
INSERT INTO supply_order (number, kind, supplier_id, department_id, warehouse_id, state, ordered_at, by)
SELECT 'PO-' || %(year)s || '-' || to_char(nextval('supply_order_number'), 'FM9999999999000000'), o.kind, CASE WHEN o.kind = 'buy' THEN o.source_id END,
       CASE WHEN o.kind = 'make' THEN o.source_id END, o.warehouse_id, 'open', %(at)s, %(by)s
  FROM unnest(%(kind)s::text[], %(source_id)s::bigint[], %(warehouse_id)s::bigint[]) WITH ORDINALITY AS o(kind, source_id, warehouse_id, n)
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
    """What to buy (source = supplier) or make (source = department), and for which warehouse. key is the door's own number for it."""

    key: int
    source_id: int | None
    warehouse_id: int | None
    lines: tuple[Line, ...] = field(default=())
    kind: str = "buy"


def order(drafts: Sequence[SupplyDraft], *, by: str, at: datetime) -> Outcome:
    """Record these supply orders."""
    outcome = Outcome()
    named = sql.rows(
        KNOWN, products=[line.product_id for d in drafts for line in d.lines], warehouses=[d.warehouse_id for d in drafts],
        sources=[d.source_id for d in drafts],
    )  # fmt: skip
    known = {(row.what, row.id) for row in named}
    fresh = [draft for draft in drafts if _fits(draft, known, outcome)]
    if not fresh:
        return outcome
    outcome.moved = sql.ids(ORDERS, year=str(clock.day(at).year), at=at, by=by, **sql.columns(fresh, "kind", "source_id", "warehouse_id"))
    outcome.made = {draft.key: made for draft, made in zip(fresh, outcome.moved, strict=True)}
    lines = [line for draft in fresh for line in draft.lines]
    owners = [outcome.made[draft.key] for draft in fresh for _ in draft.lines]
    with sql.pipeline():
        sql.run(LINES, supply_order_id=owners, **sql.columns(lines, "product_id", "quantity", "unit_cost", "expected_on", "order_line_id"))
        queue.wake([(line.product_id, draft.warehouse_id) for draft in fresh for line in draft.lines])
        log.write([log.Record("supply.ordered", i, subject_kind="supply_order") for i in outcome.moved], by=by, at=at)
    return outcome


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
    elif (draft.kind, draft.source_id) not in known:
        outcome.refuse(draft.key, "unknown_source")
    else:
        return True
    return False
