"""Products and stock: what is there, who waits, what comes; bought, received and priced from the page."""

import re
from datetime import date
from decimal import Decimal

import pytest

from alur.models import Price, Product, ProductAlias, Stock, StockMove, Supplier, SupplyLine, SupplyOrder
from tests import make
from tests.web import pages

NASTY = "<script>alert(1)</script>"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def syrup() -> Product:
    made = Product.objects.get(id=make.product(sku="SR-KRM-750", name_id="Sirup karamel", price=96_500, stock=9, lead_days=7, stock_min=20, unit="btl"))
    Supplier.objects.create(code="SB", name="PT Sirup Bahagia")
    return made


def opened(client, url):
    """A form as it is opened: what it carries and what stands in its fields."""
    text = client.get(url, headers=HTMX).content.decode()
    carried = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', text)
    return dict(carried + re.findall(r'<input class="input" id="d-\w+" name="(\w+)" value="([^"]*)"', text))


def test_the_list(syrup):
    make.product(sku="SV-1", name_id="Servis", kind="service")
    client = pages.client("desk")
    text = client.get("/products/").content.decode()
    for said in ("SR-KRM-750", "Di bawah minimum", "Jasa"):
        assert said in text, said
    assert "SR-KRM-750" in client.get("/products/?q=sirop").content.decode()
    assert "SV-1" not in client.get("/products/?tab=low").content.decode()
    assert "Tidak ada pesanan yang menunggu barang" in client.get("/products/?tab=short").content.decode()
    for strange in ("?tab=x&page=-1", "?page=99999999999999999999", "?tab=none", "?tab=ended"):
        assert client.get(f"/products/{strange}").status_code == 200


def test_the_page_shows_who_waits_in_queue_order(syrup):
    hotel = make.customer(name="Hotel Puri Kenanga")
    first, second = (make.orders(customer_id=hotel, lines=[(syrup.id, 8)], through="confirm.reserve")[0] for _ in range(2))
    text = pages.client("warehouse").get("/products/SR-KRM-750/").content.decode()
    for said in ("Sirup karamel", "Hotel Puri Kenanga", "Beli 27\u00a0btl…" if "27\u00a0btl" in text else "Beli 27 btl…", "96.500", "Stok awal", "+9", "6.000"):
        assert said in text, said
    assert make.order(first).number not in text
    assert make.order(second).number in text
    assert pages.client("desk").get("/products/NONE/").status_code == 404


def test_it_is_bought_and_received(syrup):
    client = pages.client("warehouse")
    form = opened(client, f"/products/{syrup.id}/buy")
    assert form["quantity"] == "11"
    assert client.post(f"/products/{syrup.id}/buy", form | {"source": ""}, headers=HTMX).status_code == 422
    sent = form | {"quantity": "48", "unit_cost": "71.000", "source": Supplier.objects.get().id, "expected_on": "3/12"}
    response = client.post(f"/products/{syrup.id}/buy", sent, headers=HTMX)
    assert response.headers["HX-Trigger"] == "alur:moved"
    line = SupplyLine.objects.get()
    assert (line.quantity, line.unit_cost, line.expected_on.month, line.expected_on.day) == (48, 71_000, 12, 3)
    assert SupplyOrder.objects.get().number in client.get("/products/SR-KRM-750/").content.decode()
    url = f"/products/supply/{line.id}/receive"
    form = opened(client, url)
    assert (form["quantity"], form["unit_cost"]) == ("48", "71.000")
    response = client.post(url, form | {"quantity": "60"}, headers=HTMX)
    assert response.status_code == 422
    assert "48" in response.content.decode()
    assert Stock.objects.get().on_hand == 9
    client.post(url, form | {"quantity": "40"}, headers=HTMX)
    assert Stock.objects.get().on_hand == 49
    assert StockMove.objects.count() == 2


def test_a_price_is_changed_and_never_over_somebody_elses(syrup):
    client, price = pages.client("finance"), Price.objects.get()
    url = f"/products/prices/{price.id}"
    mine = opened(client, url) | {"price": "98.000", "discounts": "10+5", "valid_from": "1/12"}
    client.post(url, mine, headers=HTMX)
    price.refresh_from_db()
    assert (price.price, price.discounts, price.valid_from.day, price.version) == (98_000, [Decimal(10), Decimal(5)], 1, 2)
    response = client.post(url, mine | {"price": "99.000"}, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 409
    for said in ("Orang lain mengubahnya", "98.000", 'value="99.000"', 'name="version" value="2"'):
        assert said in text, said
    price.refresh_from_db()
    assert price.price == 98_000


@pytest.mark.parametrize(("field", "typed"), [("price", ""), ("price", "murah"), ("discounts", "10+x"), ("discounts", "101"), ("valid_to", "segera")])
def test_what_cannot_be_read_is_kept_and_said(syrup, field, typed):
    client, price = pages.client("finance"), Price.objects.get()
    url = f"/products/prices/{price.id}"
    response = client.post(url, opened(client, url) | {field: typed}, headers=HTMX)
    assert response.status_code == 422
    assert f'href="#d-{field}"' in response.content.decode()
    assert Price.objects.get().version == 1


def test_a_price_is_agreed_with_a_customer(syrup):
    client, kafe = pages.client("manager"), make.customer(code="KTH")
    form = opened(client, f"/products/prices/new?customer={kafe}")
    sent = form | {"sku": "SR-KRM-750", "price": "90.000", "unit": "btl", "from_quantity": "12"}
    assert client.post("/products/prices/new", sent | {"sku": "NONE"}, headers=HTMX).status_code == 422
    assert client.post("/products/prices/new", sent, headers=HTMX).status_code == 200
    made = Price.objects.get(customer_id=kafe)
    assert (made.product_id, made.price, made.from_quantity, made.unit) == (syrup.id, 90_000, 12, "btl")
    response = client.post("/products/prices/new", sent, headers=HTMX)
    assert response.status_code == 422
    assert Price.objects.filter(customer_id=kafe).count() == 1


def test_a_price_is_put_on_a_list(syrup):
    client = pages.client("manager")
    form = opened(client, f"/products/prices/new?product={syrup.id}")
    client.post("/products/prices/new", form | {"price": "94.000", "from_quantity": "24", "unit": "btl"}, headers=HTMX)
    assert Price.objects.filter(product=syrup, price_list__isnull=False, price=94_000, from_quantity=24).count() == 1


@pytest.mark.parametrize(("role", "buy", "price"), [("warehouse", True, False), ("finance", False, True), ("desk", False, False)])
def test_everybody_sees_and_does_what_is_theirs(syrup, role, buy, price):
    client = pages.client(role)
    text = client.get("/products/SR-KRM-750/").content.decode()
    assert (f"/products/{syrup.id}/buy" in text, "/products/prices/" in text) == (buy, price)
    assert client.get(f"/products/{syrup.id}/buy").status_code == (200 if buy else 403)
    assert client.get(f"/products/prices/{Price.objects.get().id}").status_code == (200 if price else 403)


def test_what_people_write_stays_text():
    made = make.product(sku="<b>X", name_id=NASTY, name_en=NASTY)
    ProductAlias.objects.create(product_id=made, alias=NASTY)
    Supplier.objects.create(code="S", name=NASTY)
    make.orders(customer_id=make.customer(name=NASTY), lines=[(made, 5000)], through="confirm.reserve")
    client = pages.client("admin")
    for url in ("/products/", "/products/%3Cb%3EX/", f"/products/{made}/buy", f"/products/?q={NASTY}", f"/products/prices/new?product={made}"):
        response = client.get(url)
        assert response.status_code == 200
        assert NASTY not in response.content.decode(), url
        assert "<b>X" not in response.content.decode(), url


def test_moves_are_paged_and_the_page_costs_the_same_for_many(syrup):
    client, counted = pages.client("admin"), []
    for n in (1, 60):
        for i in range(n):
            StockMove.objects.create(warehouse_id=Stock.objects.get().warehouse_id, product_id=syrup.id, quantity=1, value=0, kind="count", at=make.AT)
            Price.objects.create(customer_id=make.customer(), product=syrup, unit="btl", price=1, valid_from=date(2026, 1, 1 + i % 28))
        counted.append(pages.statements(client, "/products/SR-KRM-750/"))
    assert counted[0] == counted[1] <= 16
    text = client.get("/products/SR-KRM-750/").content.decode()
    older = re.search(r"\?before=(\d+)#moves", text)
    assert older
    assert "Terbaru" in client.get(f"/products/SR-KRM-750/?before={older[1]}").content.decode()
