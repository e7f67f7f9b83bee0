"""A customer's and a product's details go to their step: what cannot be is said beside its field, who was late sees the difference."""

import re

import pytest

from alur.models import Address, Component, Customer, Product, ProductUnit
from tests import make
from tests.web import pages

HTMX = {"HX-Request": "true"}
NPWP = "01.234.567.8-901.234"  # as it was printed before 2024
CUSTOMER = {"name": "Toko Baru", "kind": "business", "tax_class": "standard", "language": "id", "payer": "", "npwp": "", "nik": "", "nitku": ""}
PRODUCT = {"name_id": "Kopi", "multiple": "1", "tax_class": "standard", "supply": "buy", "lead_days": "2", "active": "1"}


def sent(client, url, **typed):
    text = client.get(url, headers=HTMX).content.decode()
    return client.post(url, dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', text)) | typed, headers=HTMX)


def test_a_customer_is_added_with_where_and_how():
    payer = make.customer(code="INDUK")
    client = pages.client("finance")
    typed = CUSTOMER | {"code": "TOKO", "npwp": NPWP, "pkp": "1", "payer": "induk", "credit_limit": "5.000.000", "lines": "Jl. Baru 1", "city": "Depok"}
    response = sent(client, "/customers/new", **typed)
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, "/customers/TOKO/")
    made = Customer.objects.get(code="TOKO")
    assert (made.npwp, made.pkp, made.payer_id, made.credit_limit) == ("0012345678901234", True, payer, 5_000_000)
    assert Address.objects.get(customer=made).name == "Toko Baru"
    text = client.get("/customers/TOKO/").content.decode()
    for said in ("0012345678901234", "PKP", "Jl. Baru 1", "Toko Baru ditambahkan"):
        assert said in text, said


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"npwp": "123"}, "npwp", "NPWP terdiri dari 16 angka"),
        ({"nik": "31710101019000"}, "nik", "NIK terdiri dari 16 angka"),
        ({"nitku": "1" * 21}, "nitku", "NITKU terdiri dari 22 angka"),
        ({"pkp": "1"}, "npwp", "PKP pasti punya NPWP"),
        ({"payer": "SIAPA"}, "payer", "Tidak ada pelanggan lain"),
        ({"payer": "KTH"}, "payer", "Tidak ada pelanggan lain"),
        ({"name": "  "}, "name", "Mohon diisi"),
        ({"pkp_since": "dulu"}, "pkp_since", "Tanggal ini tidak kami mengerti"),
    ],
)
def test_what_no_customer_can_be(typed, field, said):
    buyer = make.customer(code="KTH", name="Kafe")
    response = sent(pages.client("finance"), f"/customers/{buyer}/change/details", **CUSTOMER | typed)
    text = response.content.decode()
    assert (response.status_code, f'href="#d-{field}"' in text, said in text) == (422, True, True)
    assert Customer.objects.get(id=buyer).version == 1


def test_nobody_overwrites_anybodys_customer():
    buyer = make.customer(name="Kafe")
    client, url = pages.client("finance"), f"/customers/{buyer}/change/details"
    late = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', client.get(url, headers=HTMX).content.decode()))
    assert sent(client, url, **CUSTOMER | {"name": "Kafe Hujan"}).headers["HX-Trigger"] == "alur:moved"
    response = client.post(url, late | CUSTOMER | {"name": "Kafe Panas"}, headers=HTMX)
    text = response.content.decode()
    assert (response.status_code, "Kafe Hujan" in text, 'value="Kafe Panas"' in text) == (409, True, True)
    assert Customer.objects.get(id=buyer).name == "Kafe Hujan"


def test_a_held_order_leads_to_who_pays():
    payer = make.customer(code="BAYAR", credit_limit=0)
    shop = make.customer(code="CAB", payer_id=payer)
    number = make.order(make.orders(1, customer_id=shop, through="check.price")[0]).number
    make.run("check.verify")
    client = pages.client("finance")
    assert f"/customers/edit?order={number}" in client.get(f"/orders/{number}/").content.decode()
    assert client.get(f"/customers/edit?order={number}").headers["Location"] == "/customers/BAYAR/"
    assert client.get("/customers/edit?order=X").status_code == 404


def test_a_product_is_added_and_changed():
    make.basics()
    client = pages.client("warehouse")
    response = sent(client, "/products/new", **PRODUCT | {"sku": "KOPI-1", "kind": "kit", "unit": "kg", "stock_min": "2,5"})
    assert response.headers["HX-Redirect"] == "/products/KOPI-1/"
    made = Product.objects.get(sku="KOPI-1")
    assert (made.kind, made.unit, made.stock_min, made.lead_days, made.active, made.discontinued) == ("kit", "kg", 2.5, 2, True, False)
    part = Product.objects.get(id=make.product(sku="BIJI"))
    ProductUnit.objects.create(product=made, unit="karung", factor=50)
    Component.objects.create(product=made, part=part, quantity=3)
    url = f"/products/{made.id}/details"
    assert sent(client, url, **PRODUCT | {"name_en": "Coffee", "discontinued": "1"}).headers["HX-Trigger"] == "alur:moved"
    made.refresh_from_db()
    assert (made.name_en, made.discontinued, made.stock_min, made.version) == ("Coffee", True, 2.5, 2)
    text = client.get("/products/KOPI-1/").content.decode()
    for said in ("karung", "BIJI", f"/settings/data/component/new?of={made.id}", "/settings/data/product_unit/"):
        assert said in text, said
    assert sent(client, "/products/new", **PRODUCT | {"sku": "KOPI-1", "kind": "goods", "unit": "kg"}).status_code == 422


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name_id": "", "name_en": ""}, "name_id"),
        ({"multiple": "0"}, "multiple"),
        ({"stock_min": "9", "stock_max": "8"}, "stock_max"),
        ({"lead_days": "x"}, "lead_days"),
    ],
)
def test_what_no_product_can_be(typed, field):
    cup = make.product()
    response = sent(pages.client("manager"), f"/products/{cup}/details", **PRODUCT | typed)
    assert (response.status_code, f'href="#d-{field}"' in response.content.decode()) == (422, True)
    assert Product.objects.get(id=cup).version == 1


def test_who_may():
    buyer, cup = make.customer(), make.product()
    for url, roles in (
        ("/customers/new", {"finance", "manager", "admin"}), (f"/customers/{buyer}/change/details", {"finance", "manager", "admin"}),
        ("/products/new", {"warehouse", "manager", "admin"}), (f"/products/{cup}/details", {"warehouse", "manager", "admin"}),
    ):  # fmt: skip
        for role in ("desk", "warehouse", "driver", "finance", "manager", "admin"):
            assert pages.client(role).get(url).status_code == (200 if role in roles else 403), (url, role)
