"""An order is changed in a real browser: by key, with what will move beside the typing; two people at once; and cancelled in part with its reason."""

import pytest

from alur.models import Note, Reason
from tests import make
from tests.web import pages
from tests.web.test_browser import browser
from tests.web.test_journeys import DESK, PHONE, RULES, aside, grave, sit, work


@pytest.fixture
def order(transactional_db) -> int:
    """12 cups and 3 pens, planned for delivery."""
    Reason.objects.create(kind="cancel", code="mind", name_id="Berubah pikiran", name_en="Changed their mind")
    cup, pen = make.product(100_000, sku="CK-180", name_id="Cangkir 180 ml", stock=15), make.product(20_000, sku="PN-1", name_id="Pena gel", stock=50)
    return make.orders(customer_id=make.customer(name="Hotel Puri"), lines=[(cup, 12), (pen, 3)], through="deliver.schedule")[0]


def impact(page, text):
    page.wait_for_selector(f"dialog .call.info >> text={text}")


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_it_says_what_will_move_while_somebody_types(live_server, order, size):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    number, (cup, _) = make.order(order).number, make.lines_of(order)
    with browser(live_server, pages.client("desk"), viewport=size, color_scheme="dark" if size is PHONE else "light") as page:
        page.goto(f"/orders/{number}/")
        page.keyboard.press("e")
        impact(page, "Belum ada")
        assert page.evaluate("document.activeElement.name") == f"q-{cup.id}"
        page.keyboard.type("8")
        impact(page, "−4")
        impact(page, "954.600")
        assert page.evaluate("document.activeElement.name") == f"q-{cup.id}"  # nobody loses the field they are in
        page.keyboard.press("Control+a")
        page.keyboard.type("20")
        impact(page, "5 menunggu stok")
        impact(page, "Dikonfirmasi")
        page.fill("[name=sku-new1]", "pena")
        page.wait_for_selector("#amend-things option[value=PN-1]", state="attached")
        page.fill("[name=sku-new1]", "PN-1")
        page.fill("[name=q-new1]", "2")
        impact(page, "+2")
        page.wait_for_selector("[name=sku-new2]")
        page.fill("[name=requested_on]", "entah")
        page.wait_for_selector("#h-requested_on >> text=tidak kami mengerti")
        page.fill("[name=requested_on]", "")
        impact(page, "+2")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not grave(axe.run(page, options=RULES), "the drawer")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(".toast >> text=sudah diubah")
        page.wait_for_selector("#lines >> text=20")
        page.wait_for_selector("#timeline >> text=Diubah: jumlah")
    assert [int(line.ordered) for line in make.lines_of(order)] == [20, 3, 2]
    work()
    assert (make.order(order).state, make.order(order).version) == ("confirmed", 2)


def test_two_people_at_once_see_each_other(live_server, order):
    number = make.order(order).number
    desk, manager = pages.client("desk"), pages.client("manager")
    with browser(live_server, desk, viewport=DESK, answers=(409,)) as page:
        page.goto(f"/orders/{number}/")
        page.click(".head .do >> text=Ubah")
        page.fill("[name=customer_po]", "PO-1")
        other = {"version": 1, "fields": {"customer_po": "PO-2"}}
        assert aside(lambda: make.run("capture.amend", {order: other})).moved == [order]
        page.click("#drawer-go")
        page.wait_for_selector("dialog .call >> text=Orang lain mengubahnya")
        assert "PO-2" in page.inner_text("dialog .call >> nth=0")
        assert page.input_value("[name=customer_po]") == "PO-1"
        page.click("#drawer-go")
        page.wait_for_selector(".toast >> text=sudah diubah")
        sit(page, live_server, manager)
        page.goto(f"/orders/{number}/")
        page.click("summary[aria-label=Lainnya], .head .menu summary")
        page.click("text=Batalkan yang masih terbuka")
        page.wait_for_selector("dialog .call.info >> text=SJ-")
        line = make_first(order)
        page.fill(f"[name=line-{line}]", "12")
        page.fill("dialog input[name^=line-] >> nth=1", "0")
        page.wait_for_selector("dialog .call.info >> text=66.600")
        page.select_option("[name=reason]", "mind")
        page.click("#drawer-go")
        page.wait_for_selector(".toast >> text=dibatalkan")
        page.wait_for_selector("#lines >> text=Batal")
    assert (make.order(order).customer_po, make.order(order).total) == ("PO-1", 66_600)
    assert not Note.objects.exists()  # its reason is a code, in the event


def make_first(order: int) -> int:
    return aside(lambda: make.lines_of(order)[0].id)
