"""Allocate: the one place where what is owed (open_item) and what is not yet used (open_receipt) fall. A row at 0 is gone.

The caller holds the locks of these rows and books the entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

from alur.core import sql

ALLOCATE = """
WITH asked AS (
    SELECT * FROM unnest(%(amount)s::numeric[], %(kind)s::text[], %(invoice_id)s::bigint[], %(part)s::int[], %(payment_id)s::bigint[],
                         %(item_id)s::bigint[], %(receipt_id)s::bigint[], %(account)s::int[])
           AS a(amount, kind, invoice_id, part, payment_id, item_id, receipt_id, account)
), item AS (
    SELECT item_id, sum(amount) AS amount FROM asked GROUP BY item_id
), receipt AS (
    SELECT receipt_id, sum(amount) AS amount FROM asked GROUP BY receipt_id
), settled AS (
    DELETE FROM open_item i USING item x WHERE i.id = x.item_id AND i.open = x.amount AND i.uncleared = 0
), lower AS (
    UPDATE open_item i SET open = i.open - x.amount FROM item x WHERE i.id = x.item_id AND (i.open <> x.amount OR i.uncleared > 0)
), used AS (
    DELETE FROM open_receipt r USING receipt x WHERE r.id = x.receipt_id AND r.open = x.amount
), less AS (
    UPDATE open_receipt r SET open = r.open - x.amount FROM receipt x WHERE r.id = x.receipt_id AND r.open <> x.amount
)
INSERT INTO allocation (payment_id, invoice_id, part, kind, amount, account, "on", at)
SELECT payment_id, invoice_id, part, kind, amount, account, %(on)s, %(at)s FROM asked
"""


@dataclass(frozen=True, slots=True)
class Allocation:
    """An amount that settles a part of an invoice: from a receipt, or (no receipt) to the account of its kind."""

    amount: Decimal
    kind: str
    invoice_id: int
    part: int = 1
    payment_id: int | None = None
    item_id: int | None = None  # the open item that falls; None = never opened (an advance)
    receipt_id: int | None = None
    account: int | None = None


NAMES = tuple(field.name for field in fields(Allocation))


def allocate(allocations: Sequence[Allocation], *, on: date, at: datetime) -> None:
    """Write these allocations and lower what they settle and use."""
    if allocations:
        sql.run(ALLOCATE, on=on, at=at, **sql.columns(allocations, *NAMES))
