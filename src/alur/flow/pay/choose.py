"""What a person chose to match: which money, or which kind without money, settles how much of which invoice. Pure, but for the policy's limit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from alur.books import chart
from alur.books.allocate import Allocation, left
from alur.core import sql
from alur.core.money import ZERO
from alur.core.step import Outcome
from alur.flow.said import number

# what settles an invoice without money of its own: the account that takes it, the event that tells it
KINDS = {
    "withholding": (chart.TAX_WITHHELD, "item.withheld"),
    "vat_collector": (chart.VAT_COLLECTED_BY_BUYER, "item.vat_collected"),
    "bank_fee": (chart.BANK_FEES, "item.bank_fee"),
    "write_off": (chart.PAYMENT_DIFFERENCES, "item.written_off"),
}
MONEY = ("payment", "credit")
LIMIT = "SELECT write_off_limit FROM policy ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Pair:
    """An amount of an invoice's part, settled by a payment or credit note; or without one by its kind: withholding, vat_collector, bank_fee, write_off."""

    invoice_id: int
    amount: Decimal
    payment_id: int | None = None
    kind: str = "payment"
    part: int = 1
    credit_note_id: int | None = None


def chosen(asked: Mapping[int, Iterable[Pair | Mapping[str, Any]]], receipts: Sequence[Any], items: Sequence[Any], outcome: Outcome) -> list[Allocation]:
    """The allocations of each payer whose whole choice is sound; the others are answered with the first thing that is wrong."""
    money, owed = {(r.payer_id, r.payment_id, r.credit_note_id): r for r in receipts}, {(i.payer_id, i.invoice_id, i.part): i for i in items}
    pairs = {payer: [_pair(pair) for pair in given] for payer, given in asked.items()}
    limit = sql.one(LIMIT) if any(pair.kind == "write_off" for given in pairs.values() for pair in given) else ZERO
    found: list[Allocation] = []
    for payer, given in pairs.items():
        made: list[Allocation] = []
        for pair in given:
            item, receipt = owed.get((payer, pair.invoice_id, pair.part)), money.get((payer, pair.payment_id, pair.credit_note_id))
            wrong = _wrong(pair, item, receipt)
            if wrong:
                outcome.refuse(payer, wrong, payer_id=payer, invoice_id=pair.invoice_id, payment=receipt and receipt.number, amount=str(pair.amount))
                break
            account = KINDS[pair.kind][0] if pair.kind in KINDS else None
            made.append(Allocation(pair.amount, pair.kind, pair.invoice_id, pair.part, item, receipt if pair.kind in MONEY else None, account))
        else:
            if _fits(payer, made, limit, outcome):
                found += made
    return found


def _pair(said: Pair | Mapping[str, Any]) -> Pair:
    """A pair as a door says it."""
    if isinstance(said, Pair):
        return said
    facts: dict[str, Any] = {**said, "amount": number(said.get("amount")) or ZERO}
    return Pair(**facts)


def _wrong(pair: Pair, item: Any, receipt: Any) -> str:
    """What is wrong with a pair by itself."""
    if not pair.amount.is_finite() or pair.amount <= 0 or pair.kind not in (*MONEY, *KINDS):
        return "bad_amount"
    if item is None:
        return "not_open"
    if pair.kind in MONEY:
        return "money_used" if receipt is None else "other_currency" if receipt.currency != item.currency else ""
    return ""


def _fits(payer: int, made: Sequence[Allocation], limit: Decimal, outcome: Outcome) -> bool:
    """Whether all of a payer's pairs together are within what is owed, what came in, and what may be written off."""
    if not made:
        outcome.refuse(payer, "nothing_open", payer_id=payer)
        return False
    items, receipts = {a.item.id: a.item for a in made}, {a.receipt.id: a.receipt for a in made if a.receipt}
    for i, rest in left((a.item, a.amount) for a in made).items():
        if rest < 0:
            outcome.refuse(payer, "more_than_owed", invoice_id=items[i].invoice_id, open=items[i].open, amount=items[i].open - rest)
            return False
    for i, rest in left((a.receipt, a.amount) for a in made).items():
        if rest < 0:
            outcome.refuse(payer, "more_than_free", payment=receipts[i].number, open=receipts[i].open, amount=receipts[i].open - rest)
            return False
    off: dict[int, Decimal] = {}
    for a in made:
        if a.kind == "write_off":
            off[a.item.invoice_id] = off.get(a.item.invoice_id, ZERO) + a.amount
    for invoice, amount in off.items():
        if amount > limit:
            outcome.refuse(payer, "over_limit", invoice_id=invoice, amount=amount, limit=limit)
            return False
    return True
