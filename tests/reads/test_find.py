"""Products and customers are found by what people type, misspelt or not."""

import pytest

from alur.models import Contact, Product, ProductAlias, SupplyLine, SupplyOrder, Warehouse
from alur.reads import find
from tests import make

SYRUPS = (
    ("SR-VAN-750", "Sirup vanila 750 ml"),
    ("SR-VAN-1L", "Sirup vanila 1 liter"),
    ("SR-KRM-750", "Sirup karamel 750 ml"),
    ("GL-350", "Gelas tinggi 350 ml"),
)


@pytest.fixture
def shelf():
    return {sku: make.product(sku=sku, name_id=name, name_en="") for sku, name in SYRUPS}


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("sr-krm", "SR-KRM-750"),
        ("gl-350", "GL-350"),
        ("sirup vanila 1", "SR-VAN-1L"),
        ("sirop karmel", "SR-KRM-750"),
        ("gelaz", "GL-350"),
        ("zelas", "GL-350"),
        ("gelas sopan", "GL-350"),
    ],
)
def test_products(shelf, typed, first):
    assert find.products(typed)[0].sku == first


def test_a_guess_is_marked_as_one(shelf):
    assert not find.products("sirop vanil")[0].loose
    assert find.products("gelas sopan")[0].loose
    assert not find.products("zelas")[0].loose


def test_sirop_vanil_finds_sirup_vanila(shelf):
    assert {row.sku for row in find.products("sirop vanil")} == {"SR-VAN-750", "SR-VAN-1L"}


@pytest.mark.parametrize("typed", ["", "  ", "xx", "50%", "_", "\\", "'; DROP TABLE product; --", "mobil listrik"])
def test_nothing_is_found(shelf, typed):
    assert find.products(typed) == []


def test_what_a_customer_calls_it_and_usually_orders_comes_first(shelf):
    buyer, other = make.customer(), make.customer()
    ProductAlias.objects.create(product_id=shelf["GL-350"], alias="cawan", customer_id=buyer)
    assert [row.sku for row in find.products("cawan", customer=buyer)] == ["GL-350"]
    assert find.products("cawan", customer=other) == []
    make.orders(customer_id=buyer, lines=[(shelf["SR-VAN-1L"], 1)])
    assert [row.sku for row in find.products("", customer=buyer)] == ["SR-VAN-1L"]
    assert find.products("sirup", customer=buyer)[0].usual
    assert find.products("sirup", customer=buyer)[0].sku == "SR-VAN-1L"


def test_what_is_not_sold_is_not_found(shelf):
    Product.objects.filter(sku="GL-350").update(active=False)
    assert find.products("gelas") == find.products("gl-350") == []


def test_ready_is_what_is_free_and_when_more_comes(shelf):
    here = Warehouse.objects.get(code="JKT")
    order = SupplyOrder.objects.create(number="PO-1", warehouse=here, ordered_at=make.AT)
    SupplyLine.objects.create(supply_order=order, product_id=shelf["GL-350"], quantity=10, expected_on="2026-11-30")
    service = make.product(kind="service")
    found = find.ready([shelf["GL-350"], service])
    assert (found[shelf["GL-350"]].free, str(found[shelf["GL-350"]].comes_on)) == (1000, "2026-11-30")
    assert found[service].free is None


def test_something_alike_is_offered_instead(shelf):
    other = make.product(sku="SR-KRM-700", name_id="Sirup karamel 700 ml", stock=140)
    assert find.instead([(shelf["SR-KRM-750"], 12, "Sirup karamel 750 ml")])[shelf["SR-KRM-750"]].id == other
    assert find.instead([(shelf["SR-KRM-750"], 150, "Sirup karamel 750 ml")]) == {}


@pytest.mark.parametrize("typed", ["teras", "kafe hujn", "kth", "0813-5550", "+62 813 5550 7716", "7716"])
def test_customers(typed):
    made = make.customer(code="KTH", name="Kafe Teras Hujan")
    Contact.objects.create(customer_id=made, name="Bp. Andri", phone="0813-5550-7716")
    make.customer(code="HPK", name="Hotel Puri Kenanga")
    assert [row.name for row in find.customers(typed)] == ["Kafe Teras Hujan"]
    assert find.customers("12") == find.customers("zzz") == []
