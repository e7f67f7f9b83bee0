"""Which sale a return's row finds: same customer and product, the latest earlier one with enough left; else money; else it is refused."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from alur.cli.trial import requested
from alur.connectors.channels.online_retail import Document, File, Row


def document(number, day, *rows, customer="A"):
    """A document of these (code, quantity, price)."""
    read = [Row(n, code, code, Decimal(quantity), Decimal(price)) for n, (code, quantity, price) in enumerate(rows, 1)]
    return Document(number, datetime(2010, 12, day, tzinfo=UTC), customer, "United Kingdom", read)


SALES = (
    document("1", 1, ("CUP", 10, 2), ("POST", 1, 5)),
    document("2", 2, ("CUP", 4, 3), ("LAMP", 1, 7)),
    document("3", 2, ("CUP", 100, 3), customer="B"),
    document("4", 9, ("CUP", 50, 3)),
)


@pytest.mark.parametrize(
    ("returns", "requests", "refused"),
    [
        ([document("C1", 5, ("CUP", 3, 3))], [("C1", "2", "goods", {1: 3}, 9)], []),  # the latest earlier
        ([document("C1", 5, ("CUP", 5, 2))], [("C1", "1", "goods", {1: 5}, 10)], []),  # the latest that has enough
        ([document("C1", 5, ("CUP", 3, 3)), document("C2", 6, ("CUP", 3, 3))], [("C1", "2", "goods", {1: 3}, 9), ("C2", "1", "goods", {1: 3}, 9)], []),
        ([document("C1", 5, ("CUP", 2, 3), ("CUP", 1, 3), ("LAMP", 1, 7))], [("C1", "2", "goods", {1: 3, 2: 1}, 16)], []),  # one return
        ([document("C1", 5, ("JUG", 1, 6))], [("C1", "2", "claim", {}, 6)], []),  # never sold to them
        ([document("C1", 5, ("CUP", 11, 2))], [("C1", "1", "claim", {}, 22)], []),  # more than any sale had, and sale 2 comes to 19 only
        ([document("C1", 5, ("POST", 1, 5))], [("C1", "2", "claim", {}, 5)], []),  # postage does not come back
        ([document("C1", 5, ("D", 1, "2.505"))], [("C1", "2", "discount", {}, Decimal("2.51"))], []),
        ([document("C1", 5, ("CUP", 11, 9))], [], ["no_sale"]),  # 99 is more than any sale came to
        ([document("C1", 2, ("CUP", 3, 3), customer="B")], [], ["no_sale"]),  # not earlier
        ([document("C1", 5, ("CUP", 3, 3), customer="Z")], [], ["no_sale"]),
    ],
)
def test_a_return_finds_its_sale(returns, requests, refused):
    file = File(documents=list(SALES), returns=returns)
    assert [(r.document, r.order, r.kind, r.lines, r.amount) for r in requested.plan(file)] == requests
    assert [r.reason for r in file.refused] == refused
