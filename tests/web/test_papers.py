"""Papers: in the customer's language, with what the law and the customer want to see."""

from decimal import Decimal

from alur.flow.deliver.short import Picked, Short
from alur.flow.pay.receive import Receipt
from alur.models import Delivery, DeliveryLine, Invoice, ProForma, Reason
from tests import make
from tests.web import pages

NASTY = "<img src=x onerror=alert(1)>"


def sold(**fields):
    customer = make.customer(**{"name": f"Hotel {NASTY}", "npwp": "0033112244556000"} | fields)
    [order] = make.orders(customer_id=customer, lines=[(make.product(100_000, sku="KP-1"), 10)], through="confirm.reserve")
    make.run("invoice.prepare", [order])
    return customer, order


def test_papers_say_what_they_must_and_escape_what_people_wrote():
    _customer, order = sold()
    make.deliveries([order], through="deliver.complete")
    make.run("invoice.issue", [order])
    client, number = pages.client("desk"), make.order(order).number
    papers = {
        f"/papers/orders/{number}": ("Sales Order", "KP-1", "1.110.000", "Satu juta seratus sepuluh ribu rupiah", "bukti pesanan Anda"),
        f"/papers/pro-formas/{ProForma.objects.get().number}": ("Faktur Pro Forma", number, "Berita transfer"),
        f"/papers/deliveries/{Delivery.objects.get().number}": ("Surat Jalan", "KP-1", number, "Diterima dalam keadaan baik"),
        f"/papers/invoices/{Invoice.objects.get().number}": (
            "Faktur Penjualan", "DPP nilai lain (11/12)", "916.667", "PPN 12", "110.000", "NPWP 0033112244556000", "Satu juta seratus sepuluh ribu rupiah",
        ),
    }  # fmt: skip
    for url, said in papers.items():
        response = client.get(url)
        text = response.content.decode()
        assert response.status_code == 200
        for each in (*said, "Hotel &lt;img"):
            assert each in text, (url, each)
        assert NASTY not in text
    delivery = client.get(f"/papers/deliveries/{Delivery.objects.get().number}").content.decode()
    assert "100.000" not in delivery


def test_a_paper_speaks_the_customers_language_or_the_one_asked_for():
    _customer, order = sold(language="en")
    client, url = pages.client("desk"), f"/papers/orders/{make.order(order).number}"
    english = client.get(url).content.decode()
    assert "One million one hundred and ten thousand rupiah" in english or "One million one hundred ten thousand rupiah" in english
    assert 'lang="en"' in english
    assert "Terbilang" in client.get(f"{url}?in=id").content.decode()


def test_what_was_paid_ahead_is_taken_off_the_invoice():
    customer, order = sold(terms=None, credit_limit=None)
    make.run("pay.receive", [Receipt(key=1, amount=Decimal(1_110_000), payer_id=customer, order_id=order)])
    for name in ("invoice.advance", "check.verify"):
        make.run(name, [order])
    make.deliveries([order], through="deliver.complete")
    make.run("invoice.issue", [order])
    client = pages.client("finance")
    invoice, advance = Invoice.objects.get(kind="invoice"), Invoice.objects.get(kind="advance")
    text = client.get(f"/papers/invoices/{invoice.number}").content.decode()
    for said in (f"Uang muka, {advance.number}", "\u22121.110.000", "Harus dibayar"):
        assert said in text, said
    assert "Faktur Uang Muka" in client.get(f"/papers/invoices/{advance.number}").content.decode()
    page = client.get(f"/invoices/{invoice.number}/").content.decode()
    assert advance.number in page
    assert "Lunas" in page


def test_there_is_no_such_paper():
    client = pages.client("desk")
    for url in ("orders/SO-1", "pro-formas/PF-1", "deliveries/SJ-1", "invoices/INV/1"):
        assert client.get(f"/papers/{url}").status_code == 404


def test_what_a_picker_did_not_find_is_not_on_the_delivery_note():
    Reason.objects.create(kind="short_pick", code="broken", stock_effect="quantity")
    (order,) = make.confirmed(lines=[(make.product(sku="ADA-1"), 2), (make.product(sku="HABIS-1"), 2)])
    (delivery,) = make.deliveries([order])
    none = DeliveryLine.objects.filter(delivery_id=delivery).latest("id").id
    make.run("deliver.pick", {delivery: Picked({none: Short("0", "backorder", "broken")})})
    text = pages.client("warehouse").get(f"/papers/deliveries/{Delivery.objects.get().number}").content.decode()
    assert "ADA-1" in text
    assert "HABIS-1" not in text
