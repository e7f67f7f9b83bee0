"""Allocate: the one place where what is owed (open_item) and what is not yet used (open_receipt) fall. A row at 0 is gone.

The caller holds the locks of these rows, has read them since, and books the entry.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from alur.core import sql

# Both tables are empty much of the time, so the planner believes them tiny: amounts come by key, not as a join that it might turn around.
ALLOCATE = """
WITH settled AS (
    DELETE FROM open_item WHERE id = ANY(%(items_gone)s::bigint[])
), lower AS (
    UPDATE open_item SET open = (%(items)s::jsonb ->> id::text)::numeric WHERE id = ANY(%(items_left)s::bigint[])
), used AS (
    DELETE FROM open_receipt WHERE id = ANY(%(receipts_gone)s::bigint[])
), less AS (
    UPDATE open_receipt SET open = (%(receipts)s::jsonb ->> id::text)::numeric WHERE id = ANY(%(receipts_left)s::bigint[])
)
INSERT INTO allocation (payment_id, invoice_id, part, kind, amount, account, "on", at)
SELECT a.*, %(on)s, %(at)s
  FROM unnest(%(payment_id)s::bigint[], %(invoice_id)s::bigint[], %(part)s::int[], %(kind)s::text[], %(amount)s::numeric[], %(account)s::int[]) a
"""


@dataclass(frozen=True, slots=True)
class Allocation:
    """An amount that settles a part of an invoice: from a receipt, or (no receipt) to the account of its kind."""

    amount: Decimal
    kind: str
    invoice_id: int
    part: int = 1
    item: Any = None  # the open item that falls, with id and open; None = never opened (an advance)
    receipt: Any = None  # the open receipt that falls, with id, open and payment_id
    account: int | None = None


def allocate(allocations: Sequence[Allocation], *, on: date, at: datetime) -> None:
    """Write these allocations and lower what they settle and use."""
    if not allocations:
        return
    items, receipts = _left((a.item, a.amount) for a in allocations), _left((a.receipt, a.amount) for a in allocations)
    sql.run(
        ALLOCATE, on=on, at=at, items=sql.dumps(items), receipts=sql.dumps(receipts),
        items_gone=[i for i, left in items.items() if not left], items_left=[i for i, left in items.items() if left],
        receipts_gone=[i for i, left in receipts.items() if not left], receipts_left=[i for i, left in receipts.items() if left],
        payment_id=[a.receipt and a.receipt.payment_id for a in allocations],
        **sql.columns(allocations, "invoice_id", "part", "kind", "amount", "account"),
    )  # fmt: skip


def _left(falls: Iterable[tuple[Any, Decimal]]) -> dict[int, Decimal]:
    """What is left of each row that falls."""
    left: dict[int, Decimal] = {}
    for row, amount in falls:
        if row is not None:
            left[row.id] = left.get(row.id, row.open) - amount
    return left
