"""Suggest: what a person would match money with that did not find its way by itself, and why. Pure; nothing is moved.

First what a customer paid less what it keeps back by law (2 % income tax of the amount before VAT, art. 23 UU PPh; or the VAT that a collecting buyer
pays to the state itself), where that makes the amounts agree to the rupiah; then by the same rules as match (fit.py).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from alur.core.money import half_up, unit_of
from alur.flow.pay.fit import fit, numbers_in

WITHHELD = Decimal("0.02")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The (item, amount, kind) that a receipt is matched with; why: names, order, exact, withholding, vat_collector or oldest."""

    pairs: Sequence[tuple[Any, Decimal, str]]
    why: str

    @property
    def amount(self) -> Decimal:
        """How much of the money it uses."""
        return sum((amount for _, amount, kind in self.pairs if kind == "payment"), Decimal(0))


def suggest(receipts: Sequence[Any], items: Sequence[Any], invoices_of: Mapping[int, Collection[int]]) -> dict[int, Suggestion]:
    """By receipt, of one payer: receipts and items as match reads them, items with net and tax of their invoice too."""
    found: dict[int, Suggestion] = {}
    taken: set[int] = set()
    for receipt in receipts:
        short = _short(receipt, [item for item in items if item.id not in taken])
        if short:
            found[receipt.id] = short
            taken.add(short.pairs[0][0].id)
    rest = [receipt for receipt in receipts if receipt.id not in found]
    pairs: dict[int, list[tuple[Any, Decimal, str]]] = {}
    for receipt, item, amount in fit(rest, [item for item in items if item.id not in taken], invoices_of):
        pairs.setdefault(receipt.id, []).append((item, amount, "payment"))
    return found | {receipt.id: Suggestion(pairs[receipt.id], _why(receipt, pairs[receipt.id], invoices_of)) for receipt in rest if receipt.id in pairs}


def _short(receipt: Any, items: Sequence[Any]) -> Suggestion | None:
    """The oldest item that this receipt pays but for what is kept back by law, unless one agrees as it is."""
    named = numbers_in(receipt.reference)
    mine = [item for item in items if item.currency == receipt.currency and (not named or item.number in named)]
    if any(item.open == receipt.open for item in mine):
        return None
    return next((Suggestion([(item, receipt.open, "payment"), (item, kept, kind)], kind)
                 for item in mine for kind, kept in _kept(item) if item.open - kept == receipt.open), None)  # fmt: skip


def _kept(item: Any) -> Iterator[tuple[str, Decimal]]:
    """What of a whole invoice a customer may keep back."""
    if item.open == item.whole:
        for kind, kept in (("withholding", half_up(item.net * WITHHELD, unit_of(item.currency))), ("vat_collector", item.tax)):
            if kept > 0:
                yield kind, kept


def _why(receipt: Any, pairs: Sequence[tuple[Any, Decimal, str]], invoices_of: Mapping[int, Collection[int]]) -> str:
    named = numbers_in(receipt.reference)
    if all(item.number in named for item, _, _ in pairs):
        return "names"
    if all(item.invoice_id in invoices_of.get(receipt.order_id, ()) for item, _, _ in pairs):
        return "order"
    whole = len({item.invoice_id for item, _, _ in pairs}) == 1 and all(amount == item.open for item, amount, _ in pairs)
    return "exact" if whole and sum(amount for _, amount, _ in pairs) == receipt.open else "oldest"
