"""Which money pays which invoice: pure. By reference, then an exact amount, then the oldest; rows come oldest first."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

NUMBER = re.compile(r"\b(INV|FG|DP)[/ .-]?(\d{4})[/ .-]?0*(\d+)\b", re.IGNORECASE)

Found = tuple[Any, Any, Decimal]  # receipt, item, amount


@dataclass(slots=True)
class _Fold:
    """What is left of each receipt and each item, and what was found so far."""

    money: dict[int, Decimal]
    owed: dict[int, Decimal]
    found: list[Found] = field(default_factory=list)

    def pay(self, receipt: Any, items: Sequence[Any]) -> None:
        """Pay these items, in their order, with what is left of a receipt."""
        for item in items:
            if not self.money[receipt.id]:
                return
            amount = min(self.money[receipt.id], self.owed[item.id])
            if amount and receipt.currency == item.currency:
                self.money[receipt.id] -= amount
                self.owed[item.id] -= amount
                self.found.append((receipt, item, amount))


def fit(receipts: Sequence[Any], items: Sequence[Any], invoices_of: Mapping[int, Collection[int]]) -> list[Found]:
    """What of one payer's receipts settles which of its items; invoices_of: the invoices of an order that a receipt names."""
    if not receipts or not items:
        return []
    fold = _Fold({r.id: r.open for r in receipts}, {i.id: i.open for i in items})
    for receipt in receipts:
        numbers, named = numbers_in(receipt.reference), invoices_of.get(receipt.order_id, ())
        if numbers or named:
            fold.pay(receipt, [item for item in items if item.invoice_id in named or item.number in numbers])
    for receipt in receipts:
        if fold.money[receipt.id]:
            fold.pay(receipt, _exactly(fold.money[receipt.id], items, fold.owed))
    for receipt in receipts:
        fold.pay(receipt, items)
    return fold.found


def numbers_in(reference: str) -> set[str]:
    """The invoice numbers that a text names, however they were typed: `inv 2026 17` is INV/2026/000017."""
    return {f"{kind.upper()}/{year}/{int(n):06}" for kind, year, n in NUMBER.findall(reference)}


def _exactly(amount: Decimal, items: Sequence[Any], owed: Mapping[int, Decimal]) -> list[Any]:
    """The oldest item of which exactly this is open, or else all parts of the oldest invoice of which it is."""
    whole: dict[int, Decimal] = {}
    for item in items:
        if owed[item.id] == amount:
            return [item]
        whole[item.invoice_id] = whole.get(item.invoice_id, Decimal(0)) + owed[item.id]
    invoice = next((invoice for invoice, left in whole.items() if left == amount), None)
    return [item for item in items if item.invoice_id == invoice]
