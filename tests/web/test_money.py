"""Invoices, payments, and the form that records money: who is meant, what is wrong, and never the same money twice."""

import re
from datetime import date
from decimal import Decimal

import pytest

from alur.flow.pay.receive import Receipt
from alur.models import Invoice, OpenReceipt, Payment
from tests import make
from tests.web import pages


def invoiced(name="Hotel Puri"):
    customer = make.customer(name=name, code=name[:5].upper().replace(" ", ""))
    [order] = make.orders(customer_id=customer, lines=[(make.product(100_000), 10)], through="confirm.reserve")
    make.deliveries([order], through="deliver.complete")
    make.run("invoice.issue", [order])
    return customer, order, Invoice.objects.get(payer_id=customer)


def sent(**more):
    return {
        "payer": "HOTEL",
        "amount": "1.000.000",
        "way": "transfer",
        "received_on": "2026-11-20",
        "reference": "x",
        "token": "5bd7e70a-6f54-4a4b-9a44-3d9f6f8f9b01",
    } | more


def test_lists_show_what_is_owed():
    _customer, _order, invoice = invoiced()
    client = pages.client("finance")
    text = client.get("/invoices/").content.decode()
    assert invoice.number in text
    assert "1.110.000" in text
    assert "Tidak ada piutang" in client.get("/invoices/?tab=overdue").content.decode()
    assert invoice.number in client.get("/invoices/?tab=all&q=hotel").content.decode()
    page = client.get(f"/invoices/{invoice.number}/").content.decode()
    for said in ("Hotel Puri", "PPN", "110.000", "SJ-", "SO-"):
        assert said in page, said


def test_a_payment_is_recorded_once_and_settles_the_invoice_it_names():
    customer, _order, invoice = invoiced()
    client = pages.client("finance")
    form = client.get(f"/payments/new?invoice={invoice.number}").content.decode()
    assert 'value="1.110.000"' in form
    for _ in range(2):  # pressed twice
        response = client.post("/payments/new", sent(amount="1.110.000", reference=invoice.number))
        assert response.status_code == 302
    payment = Payment.objects.get()
    assert (payment.payer_id, payment.amount, payment.received_on, payment.by) == (customer, 1_110_000, date(2026, 11, 20), str(client.user.pk))
    page = client.get(response.url).content.decode()
    pair = re.search(r'name="pair" value="([^"]+)"', page)[1]
    assert pair == f"{invoice.id}:1:1110000:payment"
    assert "menyebutnya" in page
    assert client.post(f"{response.url}match", {"pair": pair}, headers={"HX-Request": "true"}).status_code == 200
    assert not OpenReceipt.objects.exists()
    assert invoice.number in client.get(response.url).content.decode()
    assert "Lunas" in client.get(f"/invoices/{invoice.number}/").content.decode()


def test_the_same_money_again_asks_and_shows_the_earlier_payment():
    make.customer(name="Hotel Puri", code="HOTEL")
    client = pages.client("finance")
    client.post("/payments/new", sent())
    response = client.post("/payments/new", sent(token="5bd7e70a-6f54-4a4b-9a44-3d9f6f8f9b02"))
    text = response.content.decode()
    assert response.status_code == 422
    assert Payment.objects.get().number in text
    assert 'name="confirmed"' in text
    assert client.post("/payments/new", sent(token="5bd7e70a-6f54-4a4b-9a44-3d9f6f8f9b02", confirmed="1")).status_code == 302
    assert Payment.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "banyak"}, "Jumlah di atas 0"),
        ({"amount": "0"}, "Jumlah di atas 0"),
        ({"received_on": "2031-01-01"}, "Tanggal sampai hari ini"),
        ({"payer": "siapa"}, "Tidak ada pelanggan bernama itu"),
        ({"payer": "puri"}, "Ada beberapa pelanggan"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(typed, said):
    make.customer(name="Hotel Puri", code="HOTEL")
    make.customer(name="Puri Indah", code="PI")
    response = pages.client("finance").post("/payments/new", sent(**typed))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Payment.objects.exists()


def test_an_advance_is_kept_for_its_order():
    customer = make.customer(name="Toko Roti", code="ROTI", terms=None, credit_limit=None)
    [order] = make.orders(customer_id=customer, lines=[(make.product(100_000), 1)], through="confirm.reserve")
    client = pages.client("finance")
    number = make.order(order).number
    text = client.get(f"/payments/new?order={number}").content.decode()
    assert 'value="111.000"' in text
    client.post("/payments/new", sent(payer="ROTI Toko Roti", amount="111.000", order=number, reference=number))
    assert (Payment.objects.get().order_id, OpenReceipt.objects.get().open) == (order, Decimal(111_000))


def test_money_is_for_finance():
    client = pages.client("desk")
    assert client.get("/payments/new").status_code == 403
    assert client.post("/payments/new", sent()).status_code == 403
    assert client.get("/payments/payers?payer=hotel").status_code == 403
    assert "/payments/new" not in client.get("/payments/").content.decode()
    assert not Payment.objects.exists()


def test_lists_cost_the_same_for_one_and_for_many():
    client, counted = pages.client("finance"), []
    invoiced()
    for n in (1, 20):
        for i in range(n):
            make.run("pay.receive", [Receipt(key=1, amount=Decimal(10), payer_id=make.customer(), reference=f"{n}-{i}")])
        counted.append(pages.statements(client, "/payments/", "/invoices/"))
    assert counted[0] == counted[1]
