"""With a phone in one hand: picked and scanned line by line, reported at the door, twice tapped, without a signal; and the board by keys and by mouse."""

import pytest

from alur.core import clock
from alur.jobs import worker
from alur.models import Attachment, Delivery, OrderLine, ProductUnit, Reason
from tests import make
from tests.web import pages
from tests.web.test_browser import browser
from tests.web.test_journeys import DESK, PHONE, RULES, grave

PICTURE = {"name": "foto.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"0" * 30}


@pytest.fixture
def company(transactional_db):
    """Two deliveries of today, of two lines each; a carton of 12 cups has a code of its own."""
    for kind, code, name in (("short_pick", "broken", "Rusak di rak"), ("failed_delivery", "closed", "Toko tutup")):
        Reason.objects.create(kind=kind, code=code, name_id=name, name_en=code, stock_effect="quantity")
    cup, tea = make.product(sku="CK-180", name_id="Cangkir 180 ml"), make.product(sku="TH-01", name_id="Teh celup")
    ProductUnit.objects.create(product_id=cup, unit="dus", factor=12, barcode="899123")
    orders = make.orders(2, customer_id=make.customer(name="Hotel Puri"), lines=[(cup, 24), (tea, 5)])
    worker.until_idle()
    Delivery.objects.update(scheduled_on=clock.day(clock.now()))
    return orders


def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


def fits(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def test_a_picker_scans_counts_and_says_what_is_short(live_server, company):
    number, found = Delivery.objects.earliest("id").number, []
    client = pages.client("warehouse")
    with browser(live_server, client, viewport=PHONE, has_touch=True, answers=(422,)) as page:
        page.goto("/pick/")
        fits(page)
        found += grave(axe().run(page, options=RULES), "to pick")
        page.tap(f"text={number}")
        page.wait_for_selector("[data-scan]")
        assert page.locator("[data-line]:visible").count() == 1
        for code, said in (("TH-99", "Barang lain"), ("899123", "Cocok"), ("899123", "Cocok, lengkap"), ("CK-180", "Lebih dari yang diminta")):
            page.fill("[data-scan]", code)
            page.keyboard.press("Enter")
            page.wait_for_selector(f"[data-said] >> text={said}")
        assert page.inner_text("[data-line]:visible [data-got]") == "24"
        found += grave(axe().run(page, options=RULES), "a line")
        page.tap("[data-forward]")
        page.wait_for_selector("h2:visible >> text=Teh celup")
        page.tap("[data-short]")
        page.fill("[name^=found]:visible", "3")
        page.check("[value=backorder]:visible")
        fits(page)
        found += grave(axe().run(page, options=RULES), "short")
        page.tap("[data-finish]")
        page.wait_for_selector("[role=alert] >> text=pilih alasan")  # what was said is still there
        assert page.input_value("[name^=found]:visible") == "3"
        page.select_option("[name^=reason]:visible", "broken")
        page.dblclick("[data-finish]")
        page.wait_for_url("**/pick/")
        page.wait_for_selector(f".flash >> text={number}")
        assert page.locator(f".stops >> text={number}").count() == 0
    assert not found, "\n".join(found)
    assert list(OrderLine.objects.filter(order_id=company[0]).order_by("position").values_list("picked", "reserved")) == [(24, 24), (3, 3)]
    assert make.events(company[0]).count("delivery.picked") == make.events(company[0]).count("delivery.short") == 1


def test_without_script_all_lines_stand_below_one_another(live_server, company):
    number = Delivery.objects.earliest("id").number
    with browser(live_server, pages.client("warehouse"), viewport=PHONE, java_script_enabled=False) as page:
        page.goto(f"/pick/{number}/")
        assert page.locator("[data-line]:visible").count() == 2
        page.click("[data-finish]")
        page.wait_for_url("**/pick/")
    assert Delivery.objects.get(number=number).state == "picked"


def test_a_driver_reports_at_the_door_though_there_is_no_signal(live_server, company):
    ids = list(Delivery.objects.order_by("id").values_list("id", flat=True))
    for name in ("deliver.pick", "deliver.dispatch"):
        make.run(name, ids, at=clock.now())
    found = []
    with browser(live_server, pages.client("driver"), viewport=PHONE, has_touch=True, color_scheme="dark", answers=("ERR_FAILED",)) as page:
        page.goto("/drive/")
        fits(page)
        found += grave(axe().run(page, options=RULES), "the round")
        assert page.get_attribute("text=Telepon", "href") == "tel:0812"
        page.tap("footer .primary")
        page.fill("#receiver", "Bp. Yanto")
        page.set_input_files("#proof", PICTURE)
        page.tap("summary >> nth=0")
        page.fill("[name^=delivered]:visible", "20")
        page.fill("[name^=again]:visible", "4")
        page.select_option("[name^=reason]:visible", "closed")
        fits(page)
        found += grave(axe().run(page, options=RULES), "arrived")
        page.route("**/arrived/", lambda route: route.abort())
        page.dblclick("footer .primary")
        page.wait_for_selector(".flash.hold >> text=Tanpa sinyal")
        page.unroute("**/arrived/")
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_url("**/drive/")
        page.tap("footer .btn >> nth=0")
        page.wait_for_selector("h1 >> text=Mengapa gagal?")
        found += grave(axe().run(page, options=RULES), "failed")
        page.check("[value=closed]")
        page.dblclick("footer .primary")
        page.wait_for_selector("text=Tidak ada pemberhentian lagi")
    assert not [line for line in found if line], "\n".join(found)
    assert list(Delivery.objects.order_by("id").values_list("state", "receiver")) == [("delivered", "Bp. Yanto"), ("failed", "")]
    assert Attachment.objects.count() == 1
    assert make.events(company[0]).count("delivery.completed") == make.events(company[1]).count("delivery.failed") == 1


def test_a_card_is_carried_by_keys(live_server, company):
    one, _ = Delivery.objects.order_by("id")
    found = []
    with browser(live_server, pages.client("dispatcher"), viewport=DESK) as page:
        page.goto("/board/")
        found += grave(axe().run(page, options=RULES), "the board")
        page.focus(f"#drop-{one.id} input")
        for key in ("m", "ArrowDown", "ArrowRight"):
            page.keyboard.press(key)
        assert page.locator("td.over[data-method=courier]").count() == 1
        page.keyboard.press("Escape")
        assert page.locator(".over, .carried").count() == 0
        for key in ("m", "ArrowDown", "Enter"):
            page.keyboard.press(key)
        page.wait_for_selector(".outcome >> text=1 selesai")
        page.wait_for_selector(f"#drop-{one.id}:focus-within")  # who carried it stands on it still
    assert not found, "\n".join(found)
    one.refresh_from_db()
    assert one.scheduled_on > clock.day(clock.now())


def test_a_card_dropped_on_another_of_its_drop_rides_along(live_server, company):
    one, two = Delivery.objects.order_by("id")
    with browser(live_server, pages.client("dispatcher"), viewport=DESK) as page:
        page.goto("/board/")
        page.drag_and_drop(f"#drop-{two.id}", f"#drop-{one.id}")
        page.wait_for_selector(f"#drop-{two.id}", state="detached", timeout=5_000)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.state, two.state) == ("scheduled", "cancelled")  # of one drop: it rides along
