"""Supply on the screen: what is short is proposed and ordered with one press, goods come in line by line, counts show their differences first."""

import re
from decimal import Decimal

import pytest

from alur.models import Hold, Product, Stock, Supplier, SupplyLine, SupplyOrder, Warehouse
from tests import make
from tests.supply.goods import home, made_of, ordered, shelf
from tests.web import pages

NASTY = "<script>alert(1)</script>"


@pytest.fixture
def syrup() -> Product:
    made = Product.objects.get(
        id=make.product(sku="SR-KRM-750", name_id="Sirup karamel", price=96_500, stock=9, cost=70_000, lead_days=7, stock_min=20, unit="btl")
    )
    Supplier.objects.create(code="SB", name="PT Sirup Bahagia")
    return made


def carried(text: str) -> dict[str, str]:
    """What a form carries hidden."""
    return dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', text))


def test_what_is_short_is_proposed_with_its_reason_and_ordered(syrup):
    make.confirmed(lines=[(syrup.id, 12)])
    Product.objects.update(multiple=12)
    client = pages.client("warehouse")
    text = client.get("/supply/").content.decode()
    for said in ("SR-KRM-750", "Pesanan menunggu 3; 0 bebas dan 0 sedang dipesan.", "PT Sirup Bahagia", "Pesan yang dicentang"):
        assert said in text, said
    (key,) = re.findall(r'name="ids" value="([^"]+)"', text)
    sent = carried(text) | {"ids": key, f"quantity-{key}": "x"}
    assert client.post("/supply/", sent).status_code == 422
    assert not SupplyOrder.objects.exists()
    assert client.post("/supply/", sent | {f"quantity-{key}": "36"}).status_code == 302
    line = SupplyLine.objects.get()
    assert (line.quantity, line.unit_cost, line.supply_order.supplier.name) == (36, 70_000, "PT Sirup Bahagia")
    again = client.post("/supply/", sent | {f"quantity-{key}": "36"})
    assert "orang lain lebih cepat" in again.content.decode()
    assert SupplyOrder.objects.count() == 1


def test_one_order_a_supplier_and_what_lies_elsewhere_is_brought(syrup):
    bandung = make.warehouse("BDG")
    glass = make.product(sku="GL", stock=0)
    make.put(glass, 50, 5_000, bandung)
    spoon = make.product(sku="SN", stock=0)
    beans = make.product(stock=100)
    box = made_of(make.product(sku="BOX", stock=0, stock_min=5), (beans, 1))
    make.confirmed(customer_id=make.customer(warehouse_id=home()), lines=[(spoon, 2)])
    make.confirmed(lines=[(glass, 51)])
    client = pages.client("manager")
    text = client.get("/supply/").content.decode()
    keys = re.findall(r'name="ids" value="([^"]+)"', text)
    quantities = dict(re.findall(r'name="quantity-([^"]+)"[^>]*value="([^"]*)"', text))
    client.post("/supply/", carried(text) | {"ids": keys} | {f"quantity-{key}": quantities[key] for key in keys})
    made = sorted((o.kind, sorted(SupplyLine.objects.filter(supply_order=o).values_list("product__sku", flat=True))) for o in SupplyOrder.objects.all())
    assert ("make", ["BOX"]) in made
    assert ("buy", ["GL", "SN", "SR-KRM-750"]) in made
    assert Product.objects.get(id=box).supply == "make"


def test_goods_come_in_line_by_line_and_in_parts(syrup):
    cup = make.product(sku="CK", stock=0)
    first, second = ordered("buy", Supplier.objects.get().id, (syrup.id, 24, 70_000), (cup, 10, 9_000))
    number = SupplyOrder.objects.get().number
    client = pages.client("warehouse")
    assert number in client.get("/supply/orders/").content.decode()
    page = f"/supply/orders/{number}/"
    assert client.post(page, {"do": "receive"}).status_code == 422
    response = client.post(page, {"do": "receive", f"in-{first}": "30", f"in-{second}": "4", f"cost-{second}": "9.500"})
    assert response.status_code == 422
    assert "tinggal 24" in response.content.decode()
    assert shelf(cup) == (4, 0, 38_000)
    assert client.post(page, {"do": "receive", f"in-{first}": "24"}).status_code == 302
    assert client.post(page, {"do": "cancel", "line": second}).status_code == 302
    assert SupplyOrder.objects.get().state == "received"
    assert "Sudah datang semua" in client.get(page).content.decode()
    for strange in ("?tab=x&page=-1", "?q=SR-KRM", "?tab=late", "?tab=all&page=99999999999999999999"):
        assert client.get(f"/supply/orders/{strange}").status_code == 200
    assert client.get("/supply/orders/PO-0/").status_code == 404


def test_a_transfer_is_sent_and_received_on_its_page(syrup):
    bandung = make.warehouse("BDG")
    (line,) = ordered("transfer", home(), (syrup.id, 8), to=bandung)
    client, page = pages.client("warehouse"), f"/supply/orders/{SupplyOrder.objects.get().number}/"
    assert "9 bebas" in client.get(page).content.decode()
    client.post(page, {"do": "send", f"send-{line}": "5"})
    client.post(page, {"do": "receive", f"in-{line}": "5"})
    assert (shelf(syrup.id)[0], shelf(syrup.id, bandung)[0]) == (4, 5)


def test_goods_are_ordered_for_what_a_sales_order_lacks(syrup):
    (order,) = make.confirmed(lines=[(syrup.id, 21)])
    client = pages.client("manager")
    text = client.get(f"/supply/orders/new?order={make.order(order).number}").content.decode()
    for said in ('value="SR-KRM-750"', 'value="12"', 'value="70.000"', "yang kurang untuk"):
        assert said in text, said
    source, to = re.search(r'value="(buy-\d+)" selected', text)[1], re.search(r'<option value="(\d+)" selected', text)[1]
    sent = carried(text) | {"source": source, "to": to, "sku": ["sr-krm-750", ""], "quantity": ["12", ""], "cost": ["70.000", ""], "expected_on": ["besok", ""]}
    for wrong in (
        {"quantity": ["0", ""]},
        {"sku": ["NONE", ""]},
        {"cost": ["murah", ""]},
        {"expected_on": ["segera", ""]},
        {"source": ""},
        {"sku": [""], "quantity": [""]},
    ):
        assert client.post("/supply/orders/new", sent | wrong).status_code == 422, wrong
    assert not SupplyOrder.objects.exists()
    assert client.post("/supply/orders/new", sent).status_code == 302
    assert client.post("/supply/orders/new", sent).status_code == 302  # the same press again
    assert SupplyOrder.objects.count() == 1
    assert "SR-KRM-750" in client.get("/supply/orders/skus?sku=karamel").content.decode()


def test_a_count_shows_its_differences_before_it_is_saved(syrup):
    make.confirmed(lines=[(syrup.id, 8)])
    client, place = pages.client("warehouse"), home()
    assert "SR-KRM-750" in client.get("/supply/count/").content.decode()
    look = client.post("/supply/count/", {"warehouse": place, f"n-{syrup.id}": "6", "do": "look"})
    text = look.content.decode()
    for said in ("−3", "−210.000", "2 yang disisihkan tidak ada"):
        assert said in text, said
    assert shelf(syrup.id)[0] == 9
    sent = carried(text) | {f"n-{syrup.id}": "6", "do": "save"}
    Stock.objects.update(on_hand=10)
    assert "sekarang 10" in client.post("/supply/count/", sent).content.decode()
    Stock.objects.update(on_hand=9)
    assert client.post("/supply/count/", sent).status_code == 302
    assert shelf(syrup.id)[:2] == (6, 6)
    for wrong in ({f"n-{syrup.id}": "banyak"}, {}, {"n-x": "1"}):
        assert client.post("/supply/count/", {"warehouse": place, "do": "save"} | wrong).status_code == 422


@pytest.mark.parametrize(("role", "status"), [("warehouse", 200), ("manager", 200), ("desk", 403)])
def test_who_may_do_it(syrup, role, status):
    client = pages.client(role)
    assert client.get("/supply/").status_code == client.get("/supply/orders/").status_code == 200
    assert client.get("/supply/count/").status_code == client.get("/supply/orders/new").status_code == status
    assert client.post("/supply/", {"ids": "x"}).status_code == (422 if status == 200 else 403)
    (line,) = ordered("buy", Supplier.objects.get().id, (syrup.id, 2, 1))
    page = f"/supply/orders/{SupplyOrder.objects.get().number}/"
    assert client.post(page, {"do": "receive", f"in-{line}": "1"}).status_code == (302 if status == 200 else 403)


def test_what_people_write_stays_text():
    supplier = Supplier.objects.create(code="S", name=NASTY)
    made = make.product(sku="<b>X", name_id=NASTY, name_en=NASTY, stock_min=5000)
    Warehouse.objects.update(name=NASTY)
    ordered("buy", supplier.id, (made, 3, 1))
    Hold.objects.all().delete()
    client = pages.client("admin")
    for url in (
        "/supply/",
        "/supply/orders/",
        f"/supply/orders/{SupplyOrder.objects.get().number}/",
        "/supply/orders/new",
        "/supply/count/",
        f"/supply/count/?q={NASTY}",
    ):
        response = client.get(url)
        assert response.status_code == 200
        assert NASTY not in response.content.decode(), url
        assert "<b>X" not in response.content.decode(), url


def test_a_page_costs_the_same_for_many():
    client, counted = pages.client("admin"), []
    supplier = Supplier.objects.create(code="S", name="S").id
    for n in (1, 20):
        made = [make.product(stock=1, stock_min=10) for _ in range(n)]
        ordered("buy", supplier, *((p, 1, 1) for p in made))
        number = SupplyOrder.objects.order_by("-id").first().number
        counted.append(pages.statements(client, "/supply/", "/supply/orders/", f"/supply/orders/{number}/", "/supply/count/"))
    assert counted[0] == counted[1]
    assert Decimal(counted[0]) <= 60
