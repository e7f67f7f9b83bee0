"""What is proposed of a product, and why: pure, a row a case; and the facts it is made of."""

from decimal import Decimal
from types import SimpleNamespace as Row

import pytest

from alur.models import Component, Product, Supplier
from alur.reads import short
from tests import make
from tests.supply.goods import bought, home, ordered, workshop

PLAIN = {
    "id": 1, "supply": "buy", "multiple": 1, "lead_days": 7, "stock_min": None, "stock_max": None, "free": 0, "waits": 0, "coming": 0, "daily": 0,
    "department_id": None, "parts": False,
}  # fmt: skip
HERE = {"product_id": 1, "free": 0, "waits": 0, "coming": 0, "kept": True}


def product(**facts):
    """A product of these facts."""
    return Row(**{name: Decimal(value) if isinstance(value, int) and name not in ("id", "lead_days") else value for name, value in (PLAIN | facts).items()})


def place(warehouse, **facts):
    """A shelf of these facts."""
    return Row(warehouse_id=warehouse, **{name: Decimal(value) if name in ("free", "waits", "coming") else value for name, value in (HERE | facts).items()})


@pytest.mark.parametrize(
    ("facts", "quantity", "reason"),
    [
        ({"waits": 5}, 5, short.WAIT),
        ({"waits": 5, "free": 2, "coming": 1}, 2, short.WAIT),
        ({"waits": 5, "coming": 5}, None, None),
        ({"waits": 5, "multiple": 12}, 12, short.WAIT),
        ({"waits": 5, "stock_min": 10, "stock_max": 30}, 35, short.WAIT),
        ({"free": 4, "stock_min": 10}, 6, short.LOW),
        ({"free": 4, "stock_min": 10, "stock_max": 40}, 36, short.LOW),
        ({"free": 4, "stock_min": 10, "stock_max": 40, "multiple": 10}, 30, short.LOW),  # 40 would be above the maximum
        ({"waits": 9, "stock_min": 1, "stock_max": 4, "multiple": 12}, 12, short.WAIT),  # who waits is served all the same
        ({"free": 10, "stock_min": 10}, None, None),
        ({"free": 13, "daily": 2}, 61, short.SOON),  # (7 + 30) days of 2 less 13
        ({"free": 14, "daily": 2}, None, None),
        ({"waits": 5, "supply": "none"}, 0, short.NOWHERE),
        ({"free": 1, "stock_min": 9, "supply": "none"}, None, None),
        ({"waits": 5, "supply": "make"}, 0, short.NOWHERE),
        ({"waits": 5, "supply": "make", "department_id": 3, "parts": True}, 5, short.WAIT),
    ],
)
def test_how_much_and_why(facts, quantity, reason):
    found = short.of(product(**facts), [place(1, free=facts.get("free", 0), waits=facts.get("waits", 0))], supplier=8)
    assert [(each.quantity, each.reason) for each in found] == ([] if quantity is None else [(quantity, reason)])


def test_what_lies_elsewhere_is_brought_and_the_rest_is_bought():
    found = short.of(product(free=9, waits=7), [place(1, waits=4), place(2, free=9, waits=3)], supplier=8)
    assert [(each.kind, each.source_id, each.warehouse_id, each.quantity) for each in found] == [("transfer", 2, 1, 4)]
    found = short.of(product(free=3, waits=7), [place(1, waits=7), place(2, free=3)], supplier=8)
    assert [(each.kind, each.source_id, each.warehouse_id, each.quantity) for each in found] == [("buy", 8, 1, 4)]


def test_the_facts_and_the_last_supplier():
    cup, box = make.product(sku="CK", stock=10), make.product(sku="BX", stock=0, stock_min=3)
    Component.objects.create(product_id=box, part_id=cup, quantity=1)
    Product.objects.filter(id=box).update(supply="make", department_id=workshop())
    enough = make.product(stock=50)
    bought((cup, 1, 7_000))
    Supplier.objects.create(code="A", name="Another")
    make.confirmed(lines=[(cup, 30), (enough, 1)])
    ordered("buy", Supplier.objects.get(code="S1").id, (cup, 4, 7_500))
    found = {each.product.sku: each for each in short.proposals(now=make.AT, language="id")}
    assert set(found) == {"CK", "BX"}
    each = found["CK"]
    assert (each.product.free, each.product.waits, each.product.orders, each.product.coming, each.product.daily) == (0, 19, 1, 4, 1)
    assert (each.kind, each.source_id, each.warehouse_id, each.unit_cost, each.quantity) == ("buy", Supplier.objects.get(code="S1").id, home(), 7_500, 45)
    assert (found["BX"].kind, found["BX"].quantity, found["BX"].tab, found["BX"].lasts) == ("make", 3, "low", None)
    said = short.reasons([each], "id")[0]
    assert said == "Pesanan menunggu 19; 0 bebas dan 4 sedang dipesan. 45 mencukupi dan menyisakan 30."
