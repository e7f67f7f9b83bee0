"""A telephone order from the first key to the order's page, without a mouse, in a real browser."""

import pytest

from alur.models import Contact, Draft, OrderLine, ProductUnit, SalesOrder
from tests import make
from tests.web import pages
from tests.web.test_browser import browser


@pytest.fixture
def shop(transactional_db):
    """A café that ordered before, and what it buys."""
    kafe = make.customer(code="KTH", name="Kafe Teras Hujan")
    Contact.objects.create(customer_id=kafe, name="Bp. Andri", phone="0813-5550-7716")
    coffee = make.product(sku="KP-GAYO-1", name_id="Biji kopi Arabika Gayo 1 kg", price=298_000, unit="kg", stock=84)
    milk = make.product(sku="SS-UHT-12", name_id="Susu UHT full cream 1 L", price=17_850, unit="btl")
    ProductUnit.objects.create(product_id=milk, unit="dus", factor=12)
    make.product(sku="SR-VAN-750", name_id="Sirup vanila 750 ml", price=96_500, unit="btl", stock=210)
    make.product(sku="SR-KRM-750", name_id="Sirup karamel 750 ml", price=96_500, unit="btl", stock=9)
    make.orders(customer_id=kafe, lines=[(coffee, 6), (milk, 12)])
    return kafe


def test_an_order_is_taken_by_keyboard_alone(live_server, shop):
    client = pages.client("desk")
    with browser(live_server, client, viewport={"width": 1440, "height": 900}) as page:
        key, text = page.keyboard.press, page.keyboard.type
        page.goto("/phone/?new=1")
        for said, after in (("teras hjan", "Enter"), ("", "Enter"), ("+3", "Enter"), ("PO-7", "Enter")):
            text(said, delay=10)
            key(after)
        for what, much in (("gayo", "6"), ("uht", "10 dus"), ("sirop vanil", "4")):  # typed faster than anything is found
            text(what)
            key("Enter")
            text(much)
            key("Enter")
        page.wait_for_selector("#l-3 >> text=386.000")
        assert page.input_value("#e-who") == "Kafe Teras Hujan"
        assert page.input_value("#e-requested") != "+3"
        assert [page.input_value(f"#l-{n}-text") for n in (1, 2, 3)] == ["KP-GAYO-1", "SS-UHT-12", "SR-VAN-750"]
        assert page.input_value("#l-2-quantity") == "10"
        assert page.inner_text("#l-2 [name=unit]") == "dus"

        key("Control+d")  # the line above once more, then away with it
        page.keyboard.press("Shift+Enter")
        page.wait_for_function("document.querySelectorAll('tbody[data-k]:not([data-blank])').length === 4")
        page.locator("tbody[data-k]:not([data-blank]) >> nth=3 >> [name=text]").focus()
        key("Delete")
        page.wait_for_function("document.querySelectorAll('tbody[data-k]:not([data-blank])').length === 3")

        page.reload()  # what was typed this moment is still there
        page.wait_for_selector("#l-3 >> text=386.000")
        assert page.locator("tbody[data-k]:not([data-blank])").count() == 3
        assert page.input_value("#l-2-quantity") == "10"
        key("Control+Enter")
        page.wait_for_url("**/orders/SO-*/")
    order = SalesOrder.objects.order_by("-id").first()
    assert (order.channel, order.customer_po, order.customer_id) == ("phone", "PO-7", shop)
    lines = OrderLine.objects.filter(order=order).order_by("position").values_list("product__sku", "quantity", "unit")
    assert [(sku, int(quantity), unit) for sku, quantity, unit in lines] == [("KP-GAYO-1", 6, "kg"), ("SS-UHT-12", 10, "dus"), ("SR-VAN-750", 4, "btl")]
    assert not Draft.objects.exists()


def test_repeat_paste_units_and_errors_by_keyboard(live_server, shop):
    client = pages.client("desk")
    with browser(live_server, client, answers=(422,), viewport={"width": 1440, "height": 900}) as page:
        key = page.keyboard.press
        page.goto("/phone/?new=1")
        page.keyboard.type("7716")
        page.wait_for_selector(".suggest [role=option]")
        key("Enter")
        page.wait_for_selector("[data-again]")
        key("F4")
        page.wait_for_selector("#l-2 >> text=214.200")
        page.focus("#l-2-quantity")
        key("Tab")
        assert page.evaluate("document.activeElement.name") == "unit"
        key("Tab")
        page.wait_for_selector("#l-2 >> text=2.570.400")  # 12 dus now
        key("Tab")  # once around: on to the price, the unit as it was
        assert page.evaluate("document.activeElement.name") == "price"
        page.focus("#l-3-text")
        page.evaluate(
            """() => { const data = new DataTransfer(); data.setData("text", "SKU\\tJumlah\\nSR-KRM-750\\t12\\nSR-VAN-750\\tdua\\n");
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }"""
        )
        page.wait_for_selector("#l-3 >> text=1.158.000")
        page.wait_for_selector("tr.note >> text=Siap 9")
        page.focus("#l-4-text")
        page.keyboard.type("SR-VAN-750")
        key("Enter")
        page.keyboard.type("nol")
        key("Control+Enter")
        page.wait_for_selector(".errors")
        assert page.evaluate("document.activeElement.id") == "l-4-quantity"
        page.keyboard.type("2")
        key("Enter")
        page.keyboard.type("biji lada")  # nothing but a guess is found: it stays as it was written
        page.wait_for_selector(".suggest [data-loose]")
        key("Enter")
        assert page.input_value("#l-5-text") == "biji lada"
        page.keyboard.type("1")
        key("F2")
        assert page.evaluate("document.activeElement.id") == "e-who"
        key("Control+Enter")
        page.wait_for_url("**/orders/SO-*/")
    assert OrderLine.objects.filter(order=SalesOrder.objects.order_by("-id").first()).count() == 5


def test_two_tabs_on_one_draft(live_server, shop):
    client = pages.client("desk")
    with browser(live_server, client, answers=(409,)) as page:
        page.goto("/phone/?new=1")
        page.keyboard.type("KTH")
        page.keyboard.press("Enter")
        page.wait_for_url("**?draft=*")
        other = page.context.new_page()
        other.goto("/phone/")
        other.fill("#e-po", "PO-B")
        other.wait_for_selector("#kept >> text=konsep tersimpan")
        other.wait_for_timeout(600)
        page.fill("#e-po", "PO-A")
        page.wait_for_selector("#clash >> text=Orang lain sudah mengubah")
        assert "PO-B" in page.inner_text("#clash")
        page.click("[data-force]")
        page.wait_for_function("!document.querySelector('#clash section')")
        page.wait_for_timeout(600)
        other.fill("#e-po", "PO-C")
        other.wait_for_selector("#clash >> text=PO-A")


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_stands_out_of_the_window(live_server, shop, width):
    make.orders(customer_id=shop, lines=[(make.product(sku="X" * 40, name_id="Nama barang yang panjang sekali " * 3), 9_999_999)])
    client = pages.client("admin")
    with browser(live_server, client, viewport={"width": width, "height": 844}) as page:
        named = ("customers/KTH/", "products/SR-KRM-750/", f"products/{'X' * 40}/")
        for address in ("phone/", f"phone/?new=1&customer={shop}", "customers/", "products/", *named):
            page.goto(f"/{address}")
            page.wait_for_load_state("networkidle")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
