"""Allocate: the one place where what is owed (open_item) and what is not yet used (open_receipt) fall. A row at 0 is gone.

The caller holds the locks of these rows, has read them since, and books the entry. Money that has not cleared (a giro in hand) moves what is owed
from open to uncleared. What was allocated comes back in reverse.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from alur.core import sql
from alur.core.money import ZERO

# Both tables are empty much of the time, so the planner believes them tiny: amounts come by key, not as a join that it might turn around.
ALLOCATE = """
WITH settled AS (
    DELETE FROM open_item WHERE id = ANY(%(items_gone)s::bigint[])
), lower AS (
    UPDATE open_item SET open = (%(items)s::jsonb ->> id::text)::numeric, uncleared = (%(uncleared)s::jsonb ->> id::text)::numeric
     WHERE id = ANY(%(items_left)s::bigint[])
), used AS (
    DELETE FROM open_receipt WHERE id = ANY(%(receipts_gone)s::bigint[])
), less AS (
    UPDATE open_receipt SET open = (%(receipts)s::jsonb ->> id::text)::numeric WHERE id = ANY(%(receipts_left)s::bigint[])
)
INSERT INTO allocation (payment_id, credit_note_id, invoice_id, refund_id, part, kind, amount, account, "on", at)
SELECT a.*, %(on)s, %(at)s
  FROM unnest(%(payment_id)s::bigint[], %(credit_note_id)s::bigint[], %(invoice_id)s::bigint[], %(refund_id)s::bigint[], %(part)s::int[], %(kind)s::text[],
              %(amount)s::numeric[], %(account)s::int[]) a
"""


@dataclass(frozen=True, slots=True)
class Allocation:
    """An amount that settles a part of an invoice or a refund: from a receipt, a credit note, or (neither) to the account of its kind."""

    amount: Decimal
    kind: str
    invoice_id: int | None = None
    part: int = 1
    item: Any = None  # the open item that falls, with id, open and uncleared; None = never opened (an advance)
    receipt: Any = None  # the open receipt that falls, with id, open, cleared and payment_id or credit_note_id
    account: int | None = None
    credit_note_id: int | None = None  # a credit note at its issue, when it has no open receipt yet
    refund_id: int | None = None  # the money that went out

    @property
    def uncleared(self) -> Decimal:
        """What of it still has to clear."""
        return ZERO if self.receipt is None or getattr(self.receipt, "cleared", True) else self.amount


def allocate(allocations: Sequence[Allocation], *, on: date, at: datetime) -> None:
    """Write these allocations and lower what they settle and use."""
    if not allocations:
        return
    items, receipts = left((a.item, a.amount) for a in allocations), left((a.receipt, a.amount) for a in allocations)
    waiting = {a.item.id: a.item.uncleared for a in allocations if a.item is not None}
    for a in allocations:
        if a.uncleared and a.item is not None:
            waiting[a.item.id] += a.uncleared
    sql.run(
        ALLOCATE, on=on, at=at, items=sql.dumps(items), uncleared=sql.dumps(waiting), receipts=sql.dumps(receipts),
        items_gone=[i for i, open_ in items.items() if not open_ and not waiting[i]],
        items_left=[i for i, open_ in items.items() if open_ or waiting[i]],
        receipts_gone=[i for i, open_ in receipts.items() if not open_], receipts_left=[i for i, open_ in receipts.items() if open_],
        payment_id=[getattr(a.receipt, "payment_id", None) for a in allocations],
        credit_note_id=[a.credit_note_id or getattr(a.receipt, "credit_note_id", None) for a in allocations],
        **sql.columns(allocations, "invoice_id", "refund_id", "part", "kind", "amount", "account"),
    )  # fmt: skip


def left(falls: Iterable[tuple[Any, Decimal]]) -> dict[int, Decimal]:
    """What is left of each row that falls."""
    found: dict[int, Decimal] = {}
    for row, amount in falls:
        if row is not None:
            found[row.id] = found.get(row.id, row.open) - amount
    return found
