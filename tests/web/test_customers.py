"""Customers: found, shown with what they owe, changed by who may, and never over somebody else's change."""

import re

import pytest

from alur.core import sql
from alur.models import Address, Contact, Customer, Note, Price, Product, Terms
from tests import make
from tests.web import pages

NASTY = "<script>alert(1)</script>"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def kafe() -> Customer:
    made = Customer.objects.get(id=make.customer(code="KTH", name="Kafe Teras Hujan", credit_limit=20_000_000))
    Contact.objects.create(customer=made, name="Bp. Andri", phone="0813-5550-7716")
    return made


def changed(client, customer, what, **typed):
    """Open a form, type, send it; headers as htmx sends them."""
    url = f"/customers/{customer.id}/change/{what}"
    opened = client.get(url, headers=HTMX).content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', opened))
    return client.post(url, fields | typed, headers=HTMX)


def test_the_list_finds_and_filters(kafe):
    make.customer(name="Hotel Puri Kenanga", blocked="all")
    client = pages.client("desk")
    text = client.get("/customers/").content.decode()
    assert "Kafe Teras Hujan" in text
    assert "Hotel Puri Kenanga" in text
    text = client.get("/customers/?tab=blocked").content.decode()
    assert ("Kafe Teras Hujan" in text, "Hotel Puri Kenanga" in text) == (False, True)
    assert "Kafe Teras Hujan" in client.get("/customers/?q=tras").content.decode()
    assert "Tidak ada yang lewat batas" in client.get("/customers/?tab=over").content.decode()
    assert "Tidak ada pelanggan yang mirip" in client.get("/customers/?q=zzz").content.decode()
    for strange in ("?tab=x&sort=y&page=-1", "?page=99999999999999999999", "?sort=used", "?sort=overdue", "?sort=owed"):
        assert client.get(f"/customers/{strange}").status_code == 200


def test_the_page_says_what_counts_against_the_limit(kafe):
    cup = make.product(price=1_000_000)
    make.orders(customer_id=kafe.id, lines=[(cup, 3)], through="check.verify")
    make.orders(customer_id=kafe.id, lines=[(cup, 1)])
    Price.objects.create(customer=kafe, product_id=cup, unit="pcs", price=900_000, from_quantity=10)
    text = pages.client("desk").get("/customers/KTH/").content.decode()
    for said in ("Rp\u00a016.670.000", "3.330.000", "20.000.000", "Bp. Andri", "0813-5550-7716", "900.000", "≥ 10 pcs", "Jl. Melati 7, Depok", "SO-"):
        assert said in text, said
    assert "change/limit" not in text
    assert "change/limit" in pages.client("finance").get("/customers/KTH/").content.decode()
    assert pages.client("desk").get("/customers/NONE/").status_code == 404


def test_a_payer_of_another_answers_for_the_credit(kafe):
    shop = Customer.objects.get(id=make.customer(code="CAB", name="Cabang", payer=kafe))
    text = pages.client("finance").get(f"/customers/{shop.code}/").content.decode()
    assert "Dibayar oleh" in text
    assert "20.000.000" in text


def test_a_limit_is_raised(kafe):
    client = pages.client("finance")
    response = changed(client, kafe, "limit", credit_limit="25.000.000")
    assert response.headers["HX-Trigger"] == "alur:moved"
    kafe.refresh_from_db()
    assert (kafe.credit_limit, kafe.version) == (25_000_000, 2)
    assert "Kafe Teras Hujan" in client.get("/customers/KTH/").content.decode()
    changed(client, kafe, "limit", credit_limit="")
    kafe.refresh_from_db()
    assert kafe.credit_limit is None


def test_a_block_and_its_reason(kafe):
    client = pages.client("manager")
    changed(client, kafe, "block", blocked="order", blocked_reason="Giro ditolak")
    text = client.get("/customers/KTH/").content.decode()
    assert "Diblokir: pesanan baru" in text
    assert "Giro ditolak" in text
    changed(client, kafe, "block", blocked="none", blocked_reason="Giro ditolak")
    kafe.refresh_from_db()
    assert (kafe.blocked, kafe.blocked_reason, kafe.version) == ("none", "", 3)


def test_terms_and_address(kafe):
    client = pages.client("finance")
    assert 'name="takes_backorders" value="1" checked' in client.get(f"/customers/{kafe.id}/change/terms").content.decode()
    first = Terms.objects.get(id=make.terms(100))
    assert changed(client, kafe, "terms", terms_id=str(first.id), method="courier").status_code == 200
    kafe.refresh_from_db()
    assert (kafe.terms_id, kafe.method, kafe.takes_backorders) == (first.id, "courier", False)
    assert changed(client, kafe, "address", lines="", city="Depok").status_code == 422
    changed(client, kafe, "address", name="Dapur", lines="Jl. Baru 1", city="Bogor", province="Jawa Barat", postcode="16111", country="ID", phone="")
    assert Address.objects.get(customer=kafe).city == "Bogor"


def test_who_is_late_sees_the_difference_and_overwrites_nothing(kafe):
    client, url = pages.client("finance"), f"/customers/{kafe.id}/change/limit"
    mine = {"version": "1", "was-credit_limit": "20.000.000", "credit_limit": "30.000.000"}
    changed(pages.client("manager"), kafe, "limit", credit_limit="22.000.000")
    response = client.post(url, mine, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 409
    for said in ("Orang lain mengubahnya", "22.000.000", 'value="30.000.000"', 'name="version" value="2"'):
        assert said in text, said
    kafe.refresh_from_db()
    assert kafe.credit_limit == 22_000_000
    client.post(url, mine | {"version": "2"}, headers=HTMX)
    kafe.refresh_from_db()
    assert kafe.credit_limit == 30_000_000


@pytest.mark.parametrize("typed", ["banyak", "-5", "1e9"])
def test_what_is_no_amount_is_kept_and_said(kafe, typed):
    response = changed(pages.client("finance"), kafe, "limit", credit_limit=typed)
    text = response.content.decode()
    assert response.status_code == 422
    assert f'value="{typed}"' in text
    assert 'href="#d-credit_limit"' in text
    kafe.refresh_from_db()
    assert kafe.version == 1


def test_without_script_the_form_is_a_page(kafe):
    client = pages.client("finance")
    assert "<h1>Batas kredit Kafe Teras Hujan</h1>" in client.get(f"/customers/{kafe.id}/change/limit").content.decode()
    response = client.post(f"/customers/{kafe.id}/change/limit", {"version": "1", "credit_limit": "5"})
    assert (response.status_code, response.headers["Location"]) == (302, "/customers/KTH/")


def test_only_who_may_changes(kafe):
    for role in ("desk", "warehouse", "driver"):
        assert pages.client(role).post(f"/customers/{kafe.id}/change/limit", {"version": "1", "credit_limit": "1"}).status_code == 403
    client = pages.client("finance")
    assert client.get(f"/customers/{kafe.id}/change/name").status_code == client.get("/customers/999999/change/limit").status_code == 404
    kafe.refresh_from_db()
    assert kafe.version == 1


def test_what_people_write_stays_text(kafe):
    Customer.objects.filter(id=kafe.id).update(name=NASTY, blocked="all", blocked_reason=NASTY)
    Contact.objects.filter(customer=kafe).update(name=NASTY, phone=NASTY, email=NASTY)
    Address.objects.filter(customer=kafe).update(lines=NASTY, name=NASTY)
    make.orders(customer_id=kafe.id, lines=[(make.product(name_id=NASTY), 1)], customer_po=NASTY)
    Price.objects.create(customer=kafe, product=Product.objects.get(), unit=NASTY, price=1)
    client = pages.client("admin")
    client.post(f"/kept/customer/{kafe.id}/notes", {"body": NASTY})
    assert Note.objects.get().subject_kind == "customer"
    for url in ("/customers/KTH/", f"/customers/?q={NASTY}", "/customers/", f"/customers/{kafe.id}/change/address", f"/customers/{kafe.id}/change/block"):
        assert NASTY not in client.get(url).content.decode(), url


def test_a_page_costs_the_same_for_one_order_and_for_fifty(kafe):
    cup, client, counted = make.product(), pages.client("admin"), []
    for n in (1, 50):
        make.orders(n, customer_id=kafe.id, lines=[(cup, 1)])
        Contact.objects.bulk_create(Contact(customer=kafe, name=f"Orang {i}") for i in range(n))
        counted.append(pages.statements(client, "/customers/KTH/"))
    assert counted[0] == counted[1] <= 20
    many = [make.customer() for _ in range(40)]
    with sql.counting() as count:
        assert client.get("/customers/?page=2").status_code == 200
    assert len(many) == 40
    assert count.statements <= 8
