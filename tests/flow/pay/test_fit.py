"""Which money pays which invoice."""

from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alur.flow.pay import fit


class Receipt(NamedTuple):
    id: int
    open: Decimal | int
    reference: str = ""
    order_id: int | None = None
    currency: str = "IDR"


class Item(NamedTuple):
    id: int
    open: Decimal
    invoice_id: int
    number: str
    currency: str = "IDR"


def item(n: int, amount: int, invoice: int | None = None) -> Item:
    return Item(n, Decimal(amount), invoice or n, f"INV/2026/{invoice or n:06}")


ITEMS = [item(1, 100), item(2, 250), item(3, 100), item(4, 60, 4), item(5, 40, 4)]
CASES = [
    ("by number", [Receipt(1, 90, "bayar INV/2026/000003")], [(1, 3, 90)]),
    ("however typed", [Receipt(1, 90, "inv-2026-2")], [(1, 2, 90)]),
    ("two numbers, in the order of the items", [Receipt(1, 300, "INV/2026/000003 + INV/2026/000002")], [(1, 2, 250), (1, 3, 50)]),
    ("the rest of a reference goes to the oldest", [Receipt(1, 120, "INV/2026/000003")], [(1, 3, 100), (1, 1, 20)]),
    ("the order it names", [Receipt(1, 70, "", 9)], [(1, 4, 60), (1, 5, 10)]),
    ("an exact amount", [Receipt(1, 250)], [(1, 2, 250)]),
    ("the oldest of equal amounts", [Receipt(1, 100)], [(1, 1, 100)]),
    ("the oldest", [Receipt(1, 130)], [(1, 1, 100), (1, 2, 30)]),
    ("references before exact amounts", [Receipt(1, 100), Receipt(2, 100, "INV/2026/000001")], [(2, 1, 100), (1, 3, 100)]),
    ("too much stays", [Receipt(1, 1000)], [(1, 1, 100), (1, 2, 250), (1, 3, 100), (1, 4, 60), (1, 5, 40)]),
    ("another currency never", [Receipt(1, 100, currency="USD")], []),
    ("a year is no number", [Receipt(1, 30, "INV 2026")], [(1, 1, 30)]),
]


@pytest.mark.parametrize(("receipts", "found"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_fit(receipts, found):
    receipts = [r._replace(open=Decimal(r.open)) for r in receipts]
    assert [(r.id, i.id, amount) for r, i, amount in fit.fit(receipts, ITEMS, {9: {4}})] == found


def test_all_parts_of_one_invoice_may_be_the_exact_amount():
    items = [item(1, 70), item(2, 60, 9), item(3, 40, 9)]
    assert [(i.id, amount) for _, i, amount in fit.fit([Receipt(1, Decimal(100))], items, {})] == [(2, 60), (3, 40)]


amounts = st.lists(st.integers(1, 20).map(Decimal), max_size=8)


@given(amounts, amounts, st.lists(st.sampled_from(["", "INV/2026/000001", "INV 2026 3 dan INV 2026 2"]), min_size=8, max_size=8))
def test_nothing_is_paid_twice_and_nothing_payable_is_left(money, owed, references):
    receipts = [Receipt(n, amount, references[n]) for n, amount in enumerate(money)]
    items = [item(n, int(amount)) for n, amount in enumerate(owed)]
    found = fit.fit(receipts, items, {})
    assert all(amount > 0 for _, _, amount in found)
    for rows, index in ((receipts, 0), (items, 1)):
        for row in rows:
            assert sum(f[2] for f in found if f[index] is row) <= row.open
    assert sum(amount for _, _, amount in found) == min(sum(money), sum(owed))
