"""An order taken from picking to the bank in a real browser, by pressing what its page offers; a hold released; every screen fits its window."""

import pytest

from alur.models import Delivery, Hold, Invoice, ProForma
from tests import make
from tests.web import pages
from tests.web.test_browser import browser


def test_an_order_is_delivered_and_paid_by_pressing_what_its_page_offers(live_server, transactional_db):
    [order] = make.orders(customer_id=make.customer(name="Hotel Puri", code="PURI"), lines=[(make.product(100_000), 10)], through="deliver.schedule")
    number, delivery = make.order(order).number, Delivery.objects.get().number
    with browser(live_server, pages.client("admin")) as page:
        page.goto(f"/orders/{number}/")
        for press, stands in ((f"Ambil {delivery}", "Diambil"), (f"Berangkatkan {delivery}", "Di jalan")):
            page.click(f".head .do >> text={press}")
            page.wait_for_selector(f".head .chip >> text={stands}")
        page.click(f".head .do >> text={delivery} sampai")
        page.fill("#receiver", "Bp. Yanto")
        page.click("#complete .btn.primary")
        page.wait_for_selector(".head .chip >> text=Sampai")
        page.goto(f"/orders/{number}/")
        page.click(".head .do >> text=Terbitkan faktur")
        page.wait_for_selector(".head .chip >> text=Ditagih")
        page.click(".head .do >> text=Catat pembayaran")
        page.fill("#pay-amount", "1.110.000")
        page.click("form .btn.primary")
        page.click("#payment section .btn.hot")
        page.wait_for_selector(".head .chip >> text=Cocok")
        page.goto(f"/orders/{number}/")
        page.wait_for_selector(".head .chip >> text=Lunas")
    assert make.order(order).state == "fulfilled"


def test_a_hold_is_released_in_the_row_and_many_at_once(live_server, transactional_db):
    orders = make.orders(3, through="check.price")
    for each in orders:
        Hold.objects.create(order_id=each, code="large_order", facts={"total": "1", "limit": "1"}, owner="manager", opened_at=make.AT, opened_by="worker")
    with browser(live_server, pages.client("manager")) as page:
        page.goto("/exceptions/")
        page.click("tr[id^=hold-] >> nth=0 >> text=Setujui pesanan ini")
        page.fill("dialog[open] textarea", "Memang besar")
        page.click("dialog[open] footer .primary")
        page.wait_for_selector(".outcome >> text=1 selesai")
        page.wait_for_selector(".tabs >> text=Semua2")
        page.click("thead input[type=checkbox]")
        assert page.inner_text(".bulk .sum [data-count]") == "2"
        page.fill(".bulk [name=reason]", "Sudah ditelepon")
        page.click(".bulk .primary")
        page.wait_for_selector(".outcome >> text=2 selesai")
        page.wait_for_selector("text=Tidak ada yang ditahan")
    assert not Hold.objects.filter(resolved_at=None).exists()


@pytest.mark.parametrize("width", [1440, 390])
def test_every_screen_fits_its_window(live_server, transactional_db, width):
    [order] = make.orders(
        customer_id=make.customer(name="Perusahaan Dagang Sumber Rejeki Makmur Abadi"), lines=[(make.product(), 3)] * 4, through="confirm.reserve"
    )
    make.run("invoice.prepare", [order])
    [delivery] = make.deliveries([order], through="deliver.dispatch")
    make.run("deliver.complete", [delivery])
    make.run("invoice.issue", [order])
    number, bill, note, first = make.order(order).number, Invoice.objects.get().number, Delivery.objects.get().number, ProForma.objects.get().number
    addresses = (
        f"/orders/{number}/", "/exceptions/", "/deliveries/", f"/deliveries/{note}/", "/invoices/", f"/invoices/{bill}/", "/payments/",
        f"/payments/new?order={number}", "/books/", "/books/journal", "/books/1201/", f"/papers/orders/{number}", f"/papers/pro-formas/{first}",
        f"/papers/deliveries/{note}", f"/papers/invoices/{bill}",
    )  # fmt: skip
    with browser(live_server, pages.client("admin"), viewport={"width": width, "height": 800}) as page:
        for address in addresses:
            assert page.goto(address).status == 200, address
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
