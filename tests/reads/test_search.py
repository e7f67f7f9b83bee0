"""What people remember, and what is found by it: a table."""

from datetime import date

import pytest

from alur.models import Contact, Customer
from alur.reads import search
from tests import make

TODAY = date(2026, 11, 24)


@pytest.fixture
def shop():
    """An order, delivered and invoiced, of a customer with a telephone."""
    hotel = make.customer(code="C0042", name="Hotel Cempaka Malioboro")
    make.customer(code="C0043", name="Warung Bu Tatik")
    Contact.objects.create(customer_id=hotel, name="Ibu Ratih", phone="+62 812-5550-1234")
    syrup = make.product(sku="SR-KRM-750", name_id="Sirup karamel 750 ml", name_en="Caramel syrup")
    ids = make.orders(1, customer_id=hotel, lines=[(syrup, 2)], customer_po="PO/HCM/7781", through="confirm.promise")
    make.deliveries(ids, through="deliver.complete")
    make.onward(ids, "invoice.issue")
    return {"order": make.order(ids[0]).number, "customer": "C0042", "product": "SR-KRM-750"}


@pytest.mark.parametrize(
    ("typed", "kinds"),
    [
        ("{order}", ["order"]), ("{tail}", ["order"]), ("so {digits}", ["order"]), ("so-2026-", ["order"]), ("po/hcm", ["order"]), ("7781", ["order"]),
        ("hotel", ["customer"]), ("hotl cempka", ["customer"]), ("c0042", ["customer"]), ("0812 5550", ["customer"]), ("5550-1234", ["customer"]),
        ("62812555", ["customer"]), ("sr-krm", ["product"]), ("sirop karamel", ["product"]), ("caramel", ["product"]),
        ("zzz qqq", []), ("h", []), ("", []), ("%", []), ("\\'_%", []), ("99999999999999999999", []),
    ],
)  # fmt: skip
def test_found_by_what_people_remember(shop, typed, kinds):
    number = shop["order"]
    found = search.few(typed.format(order=number, tail=number[-6:], digits=int(number[-6:])), TODAY)
    hits = [hit for hit in found if hit.kind in ("order", "customer", "product")]
    assert sorted({hit.kind for hit in hits}) == kinds
    assert all(hit.key == shop[hit.kind] for hit in hits)


@pytest.mark.parametrize(
    ("typed", "has"), [("sj 7", "SJ-2026-000007"), ("INV/2026/17", "INV/2026/000017"), ("pay-2025-000003", "PAY-2025-000003"), ("dp 4", "DP/2026/000004")]
)
def test_a_number_is_understood_as_written(typed, has):
    assert has in search.numbers(typed.lower(), TODAY)
    assert all(each.startswith(has[:2]) for each in search.numbers(typed.lower(), TODAY))


def test_bare_digits_may_be_any_document(shop):
    Customer.objects.filter(code="C0042").update(name="Toko")
    digits = int(shop["order"][-6:])
    assert {each.partition("-")[0].partition("/")[0] for each in search.numbers(str(digits), TODAY)} == {"SO", "SJ", "PAY", "RT", "INV", "FG", "DP", "CN"}
