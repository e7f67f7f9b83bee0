"""The typed order as capture.receive takes it."""

from decimal import Decimal
from typing import Any

from alur.flow.capture.draft import LineDraft, OrderDraft


def of(answer: Any, key: int) -> OrderDraft:
    """A draft of what was understood; the token makes it one order however often it is sent."""
    return OrderDraft(
        key=key,
        customer_id=answer.customer.id,
        lines=tuple(_line(row) for row in answer.filled),
        channel="phone",
        external_ref=answer.draft.token,
        customer_po=answer.draft.po.strip(),
        requested_on=answer.requested_on,
        address_id=answer.address.id if answer.address else None,
    )


def _line(row: Any) -> LineDraft:
    return LineDraft(
        quantity=row.quantity or Decimal(0),
        product_id=row.product.id if row.product else None,
        unit=row.unit,
        price=row.price,
        as_written="" if row.product else row.line.text.strip(),
    )
