"""Invoices, payments, and the form that records money: who is meant, what is wrong, and never the same money twice."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest

from alur.core import clock
from alur.flow.pay.choose import Pair
from alur.flow.pay.receive import Receipt
from alur.models import Allocation, Customer, Invoice, OpenItem, OpenReceipt, Payment
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


def paid(customer, amount, **more):
    [payment] = make.run("pay.receive", [Receipt(key=1, amount=Decimal(amount), payer_id=customer, confirmed=True, **more)]).moved
    return Payment.objects.get(id=payment)


HTMX = {"HX-Request": "true"}


def test_what_may_be_paid_stands_beside_the_money_and_one_press_takes_it():
    customer, _order, invoice = invoiced()
    payment = paid(customer, 1_090_000)
    client = pages.client("finance")
    text = client.get("/payments/").content.decode()
    assert invoice.number in text
    assert "kurang PPh 2 %" in text  # 2 % of the million before VAT
    pairs = re.findall(r'name="pair" value="([^"]+)"', text)
    assert pairs == [f"{invoice.id}:1:1090000:payment", f"{invoice.id}:1:20000:withholding"]
    for _ in range(2):
        response = client.post(f"/payments/{payment.number}/match", {"pair": pairs}, headers=HTMX)
    assert "tidak terbuka lagi" in response.content.decode()
    assert [(a.kind, a.amount) for a in Allocation.objects.order_by("id")] == [("payment", 1_090_000), ("withholding", 20_000)]
    assert not OpenReceipt.objects.exists()
    page = client.get(f"/invoices/{invoice.number}/").content.decode()
    assert "PPh dipotong" in page


def test_a_person_chooses_amounts_and_kinds():
    customer, _order, _invoice = invoiced()
    payment, item = paid(customer, 1_200_000), OpenItem.objects.get()
    client = pages.client("finance")
    address = f"/payments/{payment.number}/match"
    form = client.get(address, headers=HTMX).content.decode()
    assert f'name="item-{item.id}" value="1.110.000"' in form
    wrong = client.post(address, {f"item-{item.id}": "banyak", "of": f"item-{item.id}"}, headers=HTMX)
    assert (wrong.status_code, "Jumlah di atas 0" in wrong.content.decode()) == (422, True)
    much = client.post(address, {f"item-{item.id}": "1.110.000", "bank_fee": "6.500", "of": f"item-{item.id}"}, headers=HTMX)
    assert (much.status_code, "lebih dari" in much.content.decode()) == (422, True)
    assert not Allocation.objects.exists()
    gone = client.post(address, {"item-999999": "5.000", f"item-{item.id}": "1.000", "of": f"item-{item.id}"}, headers=HTMX)
    assert (gone.status_code, "tidak terbuka lagi" in gone.content.decode()) == (422, True)
    done = client.post(address, {f"item-{item.id}": "1.103.500", "bank_fee": "6.500", "of": f"item-{item.id}"}, headers=HTMX)
    assert (done.status_code, done["HX-Trigger"]) == (200, "alur:moved")
    assert [(a.kind, a.amount, a.payment_id) for a in Allocation.objects.order_by("id")] == [
        ("payment", 1_103_500, payment.id), ("bank_fee", 6_500, None)]  # fmt: skip


def test_what_was_matched_is_taken_back_on_its_page():
    customer, _order, invoice = invoiced()
    payment = paid(customer, 1_110_000)
    make.run("pay.match")
    client = pages.client("finance")
    page = f"/payments/{payment.number}/"
    assert "/steps/pay.unmatch" in client.get(page).content.decode()
    assert client.post("/steps/pay.unmatch", {"ids": Allocation.objects.get().id}, headers=HTMX).status_code == 200
    text = client.get(page).content.decode()
    assert "ditarik kembali" in text
    assert "/steps/pay.unmatch" not in text
    assert "menunggu dicocokkan orang" in text
    assert "−1.110.000" in client.get(f"/invoices/{invoice.number}/").content.decode()


def test_giros_in_hand_clear_and_bounce():
    customer, _order, invoice = invoiced()
    client = pages.client("finance")
    assert "Tidak ada giro di tangan" in client.get("/payments/?tab=giro").content.decode()
    client.post("/payments/new", sent(amount="1.110.000", way="giro", due_on="2026-12-20", reference="BG 1"))
    payment = Payment.objects.get()
    assert (payment.way, payment.due_on, OpenReceipt.objects.get().cleared) == ("giro", date(2026, 12, 20), False)
    text = client.get("/payments/?tab=giro").content.decode()
    for said in (payment.number, "/steps/pay.clear", "/steps/pay.bounce", "1.110.000", "20\u00a0Des"):
        assert said in text, said
    make.run("pay.match", {customer: [Pair(invoice.id, Decimal(1_110_000), payment.id)]})
    assert "+1.110.000" in client.get("/invoices/").content.decode()
    assert "Giro di tangan" in client.get(f"/invoices/{invoice.number}/").content.decode()
    client.post("/steps/pay.bounce", {"ids": payment.id}, headers=HTMX)
    text = client.get(f"/payments/{payment.number}/").content.decode()
    assert "Ditolak bank" in text
    assert "/steps/pay.clear" not in text
    assert payment.number not in client.get("/payments/?tab=giro").content.decode()


def test_reminders_and_ages_are_shown():
    customer, _order, invoice = invoiced()
    make.run("pay.remind", at=make.AT + timedelta(days=75))
    clock.move(make.AT + timedelta(days=75))
    client = pages.client("finance")
    code = Customer.objects.get(id=customer).code
    for address in ("/invoices/", f"/invoices/?payer={code}&age=d60", f"/customers/{code}/"):
        text = client.get(address).content.decode()
        assert invoice.number in text, address
        assert "pengingat 3" in text, address
    assert invoice.number not in client.get("/invoices/?age=d30").content.decode()
    assert "Pengingat 3" in client.get(f"/invoices/{invoice.number}/").content.decode()


def test_matching_is_for_finance():
    customer, _order, _invoice = invoiced()
    payment = paid(customer, 1_000)
    client = pages.client("desk")
    assert client.get(f"/payments/{payment.number}/match").status_code == 403
    assert client.post(f"/payments/{payment.number}/match", {"pair": "1:1:1:payment"}).status_code == 403
    assert "/match" not in client.get("/payments/").content.decode()
    assert pages.client("finance").get("/payments/PAY-2026-9/match").status_code == 404
    odd = pages.client("finance").post(f"/payments/{payment.number}/match", {"pair": "x:1:1:payment"}, headers=HTMX)
    assert odd.status_code == 200
    assert not Allocation.objects.exists()


def test_another_invoice_than_those_shown_is_chosen_from_all():
    customer, _order, _invoice = invoiced()
    for _ in range(6):
        [order] = make.orders(customer_id=customer, lines=[(make.product(100_000), 1)], through="confirm.reserve")
        make.deliveries([order], through="deliver.complete")
        make.run("invoice.issue", [order])
    payment, last = paid(customer, 50_000), OpenItem.objects.order_by("-id")[0]
    client, address = pages.client("finance"), f"/payments/{payment.number}/match"
    form = client.get(address, headers=HTMX).content.decode()
    assert f'name="item-{last.id}"' not in form
    assert f'<option value="item-{last.id}"' in form
    client.post(address, {"other": f"item-{last.id}", "other_amount": "50.000"}, headers=HTMX)
    assert [(a.invoice_id, a.amount) for a in Allocation.objects.all()] == [(last.invoice_id, 50_000)]
