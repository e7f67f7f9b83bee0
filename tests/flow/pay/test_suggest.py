"""What is suggested, and why: a number named, an amount that agrees, an amount that agrees but for what the law lets a customer keep back."""

from decimal import Decimal
from typing import NamedTuple

import pytest

from alur.flow.pay.suggest import suggest


class Receipt(NamedTuple):
    id: int
    open: Decimal
    currency: str = "IDR"
    reference: str = ""
    order_id: int | None = None


class Item(NamedTuple):
    id: int
    invoice_id: int
    number: str
    open: Decimal
    whole: Decimal
    net: Decimal
    tax: Decimal
    currency: str = "IDR"


OLD = Item(1, 11, "INV/2026/000001", Decimal(5_550), Decimal(5_550), Decimal(5_000), Decimal(550))
BIG = Item(2, 12, "INV/2026/000002", Decimal(11_100_000), Decimal(11_100_000), Decimal(10_000_000), Decimal(1_100_000))
PART = Item(3, 13, "INV/2026/000003", Decimal(900), Decimal(1_110), Decimal(1_000), Decimal(110))
SERVICE, FEW = Decimal(10_900_000), Decimal(880)

CASES = [  # what came in -> (item, amount, kind) and why
    (Receipt(1, Decimal(300), reference="bayar INV/2026/000003"), [(3, 300, "payment")], "names"),
    (Receipt(1, Decimal(900)), [(3, 900, "payment")], "exact"),
    (Receipt(1, Decimal(500), order_id=7), [(2, 500, "payment")], "order"),
    (Receipt(1, Decimal(6_000)), [(1, 5_550, "payment"), (3, 450, "payment")], "oldest"),
    (Receipt(1, SERVICE), [(2, SERVICE, "payment"), (2, 200_000, "withholding")], "withholding"),
    (Receipt(1, Decimal(5_000)), [(1, 5_000, "payment"), (1, 550, "vat_collector")], "vat_collector"),
    (Receipt(1, SERVICE, reference="INV/2026/000002"), [(2, SERVICE, "payment"), (2, 200_000, "withholding")], "withholding"),
    (Receipt(1, SERVICE, reference="INV/2026/000003"), [(3, 900, "payment"), (1, 5_550, "payment"), (2, 10_893_550, "payment")], "oldest"),
    (Receipt(1, FEW), [(1, FEW, "payment")], "oldest"),  # PART is paid in part already: nobody withholds from the rest
    (Receipt(1, Decimal(900), "USD"), [], ""),
]


@pytest.mark.parametrize(("receipt", "pairs", "why"), CASES)
def test_suggestions(receipt, pairs, why):
    items = [OLD, PART, BIG] if why == "oldest" else [OLD, BIG, PART]
    found = suggest([receipt], items, {7: {12}})
    assert [(item.id, amount, kind) for s in found.values() for item, amount, kind in s.pairs] == pairs
    assert [s.why for s in found.values()] == ([why] if why else [])


def test_an_amount_that_agrees_as_it_is_comes_before_one_that_lacks_something():
    whole = Item(4, 14, "INV/2026/000004", Decimal(5_000), Decimal(5_000), Decimal(4_505), Decimal(495))
    assert suggest([Receipt(1, Decimal(5_000))], [OLD, whole], {})[1].why == "exact"


def test_two_receipts_are_not_offered_the_same_invoice():
    found = suggest([Receipt(1, SERVICE), Receipt(2, SERVICE)], [BIG, PART], {})
    assert [(item.id, kind) for item, _, kind in found[1].pairs] == [(2, "payment"), (2, "withholding")]
    assert [item.id for item, _, _ in found[2].pairs] == [3]
    assert (found[1].amount, found[2].amount) == (SERVICE, 900)
