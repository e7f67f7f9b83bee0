"""What people do in a day, in a real browser, the worker working between their presses: from a telephone call to a closed order without a mouse; a hold
released by who may and nobody else; typed markup that stays text on every page; two presses that count once; and no screen that keeps people out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from alur.books import chart
from alur.core import clock, company
from alur.jobs import worker
from alur.models import (
    Address,
    Contact,
    Delivery,
    DeliveryLine,
    DocumentAddress,
    Hold,
    Invoice,
    JournalLine,
    Note,
    OrderLine,
    Payment,
    SalesOrder,
    Stock,
)  # fmt: skip
from tests import make
from tests.web import pages
from tests.web.test_browser import browser

NASTY = "\"'><img src=x onerror=window.struck=1><script>window.struck=1</script>{{7*7}}"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def aside(act):
    """What is done beside the browser: Django refuses queries on the thread that drives it."""

    def here():
        from django.db import connection

        try:
            with company.use("test"):
                return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(here).result()


def work():
    """The worker, until nothing moves by itself."""
    return aside(lambda: sum(worker.until_idle().values()))


def sit(page, live_server, client):
    """Somebody else sits down at the same browser."""
    page.context.clear_cookies()
    page.context.add_cookies([{"name": name, "value": morsel.value, "url": live_server.url} for name, morsel in client.cookies.items()])


def tab_to(page, selector):
    """Go to a button or field by keyboard."""
    for _ in range(120):
        if page.evaluate("sel => !!document.activeElement.closest(sel)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {selector} by keyboard")


def find(page, text):
    """Ctrl-K, a few letters, Enter."""
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette[open] [aria-selected=true]")
    page.keyboard.type(text)
    page.wait_for_function("text => document.querySelector('#palette').dataset.said === text", arg=text)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_from_the_call_to_the_last_rupiah_without_a_mouse(live_server, transactional_db):  # noqa: PLR0915  a whole day in one story
    make.customer(code="PURI", name="Hotel Puri Kenanga")
    make.product(100_000, sku="CK-180", name_id="Cangkir 180 ml", stock=50)
    desk, store, road, money = (pages.client(*roles) for roles in (("desk",), ("warehouse",), ("dispatcher", "driver"), ("finance",)))
    with browser(live_server, desk, viewport=DESK) as page:
        key, text = page.keyboard.press, page.keyboard.type
        page.goto("/")
        key("n")
        page.wait_for_url("**/phone/**")
        for said in ("hotel puri", "", "", "PO-HPK-7781"):
            text(said)
            key("Enter")
        text("cangkir")
        key("Enter")
        text("12")
        key("Enter")
        page.wait_for_selector("#l-1 >> text=1.200.000")
        key("Control+Enter")
        page.wait_for_url("**/orders/SO-*/")
        number = page.inner_text("h1")
        assert work() >= 6  # priced, checked, set aside, promised, prepared, planned: nobody touched it
        # the warehouse finds it by the number its customer gave it
        sit(page, live_server, store)
        page.goto("/")
        find(page, "7781")
        page.wait_for_url(f"**/orders/{number}/")
        tab_to(page, "[formaction$='deliver.pick']")
        key("Enter")
        page.wait_for_selector("h1 ~ .chip >> text=Diambil")
        sit(page, live_server, road)
        find(page, number[-4:])
        tab_to(page, "[formaction$='deliver.dispatch']")
        key("Enter")
        page.wait_for_selector("h1 ~ .chip >> text=Di jalan")
        tab_to(page, "a[href*='/deliveries/'].btn")
        key("Enter")
        page.wait_for_url("**/deliveries/SJ-*/**")
        tab_to(page, "#receiver")
        text("Bp. Yanto")
        key("Enter")
        page.wait_for_selector("h1 ~ .chip >> text=Sampai")
        assert work() >= 1  # invoiced
        sit(page, live_server, money)
        find(page, number)
        page.wait_for_selector("h1 ~ .chip >> text=Ditagih")
        tab_to(page, "a[href*='/payments/new'].btn")
        key("Enter")
        page.wait_for_selector("#pay-amount:focus")
        text("1.332.000")
        key("Control+Enter")
        page.wait_for_selector("h1 >> text=PAY-")
        assert work() >= 2  # matched, closed
        find(page, number)
        page.wait_for_selector("h1 ~ .chip >> text=Selesai")
        told = page.inner_text("#timeline")
    for client in (desk, store, road, money):
        assert client.user.name in told
    assert SalesOrder.objects.get(number=number).state == "closed"
    # every rupiah and every cup is where it belongs
    assert make.balance(chart.RECEIVABLE) == 0
    assert sum(JournalLine.objects.values_list("amount", flat=True)) == 0
    assert Payment.objects.get().amount == Invoice.objects.get().total == 1_332_000
    assert Stock.objects.get().on_hand == 38


def test_a_hold_is_released_by_its_owner_and_nobody_else(live_server, transactional_db):
    [order] = make.orders(customer_id=make.customer(credit_limit=1000), lines=[(make.product(100_000), 10)])
    number = make.order(order).number
    worker.until_idle()
    assert [hold.code for hold in Hold.objects.filter(resolved_at=None)] == ["over_credit_limit"]
    desk, finance = pages.client("desk"), pages.client("finance")
    with browser(live_server, desk, viewport=DESK) as page:
        page.goto("/exceptions/")
        assert "Keuangan" in page.inner_text("tr[id^=hold-]")
        assert page.locator("tr[id^=hold-] [formaction$='check.release']").count() == 0
        # who knows the address gets a sentence, not the release
        answer = page.evaluate(
            """async (id) => { const body = new FormData(); body.append("ids", id); body.append("code", "over_credit_limit"); body.append("reason", "x");
            body.append("csrfmiddlewaretoken", JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]);
            return (await fetch("/steps/check.release", { method: "POST", body, headers: { "HX-Request": "true" } })).text(); }""",
            order,
        )
        assert "1 ditolak" in answer
        sit(page, live_server, finance)
        page.goto("/")
        page.click(f"#mine >> text={number}")
        page.click("[formaction$='check.release']")
        page.fill("dialog[open] textarea", "Sudah bicara dengan pemiliknya")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(".outcome >> text=1 selesai")
    assert Hold.objects.get().resolved_by == str(finance.user.pk)
    worker.until_idle()
    assert make.order(order).state == "confirmed"


def test_typed_markup_is_text_on_every_page(live_server, transactional_db):
    """Every field a person can fill holds markup; nothing of it runs, and the CSP has nothing to complain of."""
    customer = make.customer(code="X1", name=f"Kafe {NASTY}", blocked_reason=NASTY)
    Address.objects.update(name=NASTY, lines=NASTY, city=NASTY, delivery_window=NASTY[:40])
    Contact.objects.create(customer_id=customer, name=NASTY, phone="0812-555", email="x@x.example")
    product = make.product(sku="XS-1", name_id=f"Sirup {NASTY}", name_en=NASTY)
    [order, held] = make.orders(2, customer_id=customer, lines=[(product, 3)], customer_po=NASTY)
    worker.until_idle()
    SalesOrder.objects.filter(id=held).update(state="received")
    OrderLine.objects.update(as_written=NASTY, customer_sku=NASTY)
    Hold.objects.create(order_id=held, code="manual", facts={"reason": NASTY}, owner="verifier", opened_at=clock.now(), opened_by="1", resolution=NASTY)
    Note.objects.create(subject_kind="order", subject_id=order, body=NASTY, by="1", at=clock.now())
    Note.objects.create(subject_kind="customer", subject_id=customer, body=NASTY, by="1", at=clock.now())
    Delivery.objects.update(vehicle=NASTY, courier=NASTY, receiver=NASTY, tracking_number=NASTY)
    DocumentAddress.objects.update(name=NASTY)
    make.run("pay.receive", [make_receipt(customer)])
    number, drop, paid = make.order(order).number, Delivery.objects.order_by("id").first().number, Payment.objects.get().number
    client = pages.client("admin")
    client.user.name = NASTY
    client.user.save()
    addresses = (
        "/", "/orders/", f"/orders/{number}/", "/exceptions/", "/flow/check/", "/flow/deliver/", f"/deliveries/{drop}/", "/deliveries/", "/customers/",
        "/customers/X1/", "/products/", "/products/XS-1/", f"/payments/{paid}/", "/payments/", f"/phone/?new=1&customer={customer}",
        f"/papers/orders/{number}", f"/papers/deliveries/{drop}",
    )  # fmt: skip
    with browser(live_server, client, viewport=DESK, answers=(404,)) as page:
        for address in addresses:
            page.goto(address)
            assert "window.struck=1" in page.content() or address in ("/deliveries/", "/payments/", "/phone/"), address  # it is there, as text
            assert page.evaluate("window.struck") is None, address
            assert page.locator("main img[src='x'], main script").count() == 0, address
        for address in ("/orders/?q=", "/customers/?q=", "/products/?q=", "/search?q=", "/flow/check/?q=", "/orders/?from=", "/exceptions/?tab="):
            page.goto(address + "%22%27%3E%3Cimg%20src%3Dx%20onerror%3Dwindow.struck%3D1%3E")
            assert page.evaluate("window.struck") is None, address
        page.goto(f"/orders/{number}/")
        page.fill("#note", NASTY)
        page.keyboard.press("Enter")
        page.wait_for_function("document.querySelectorAll('#timeline .tl li').length > 3")
        page.keyboard.press("Control+k")
        page.wait_for_selector("#palette[open] [aria-selected=true]")
        page.keyboard.type("kafe")
        page.wait_for_selector("#found >> text=X1")
        assert page.evaluate("window.struck") is None


def make_receipt(payer):
    from alur.flow.pay.receive import Receipt

    return Receipt(key=1, payer_id=payer, amount=make.Decimal(5000), reference=NASTY)


def test_one_press_for_all_that_match(live_server, transactional_db):
    make.orders(31)
    with browser(live_server, pages.client("admin"), viewport=DESK) as page:
        page.goto("/flow/capture/")
        for key in ("j", "x", "a"):
            page.keyboard.press(key)
        assert page.inner_text(".bulk .sum [data-count]") == "31"
        page.click("tbody input[type=checkbox] >> nth=3")  # touching one goes back to those ticked on this page
        assert page.inner_text(".bulk .sum [data-count]") == "24"
        page.keyboard.press("a")
        page.click(".bulk .btn.primary")
        page.wait_for_selector(".outcome >> text=31 selesai")
        assert not page.is_visible(".bulk")
    assert SalesOrder.objects.filter(priced_version=1).count() == 31


def test_two_presses_count_once(live_server, transactional_db):
    make.customer(code="KTH", name="Kafe Teras")
    make.product(50_000, sku="CK-1", name_id="Cangkir")
    with browser(live_server, pages.client("admin"), answers=(409,), viewport=DESK) as page:
        page.goto("/phone/?new=1")
        for said in ("kafe", "", "", "", "CK-1", "3"):
            page.keyboard.type(said)
            page.keyboard.press("Enter")
        page.wait_for_selector("#l-1 >> text=150.000")
        page.evaluate("for (let i = 0; i < 3; i++) document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true }))")
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/orders/SO-*/")
        number = page.inner_text("h1")
        work()
        page.reload()
        page.dblclick("[formaction$='deliver.pick']")
        page.wait_for_selector("h1 ~ .chip >> text=Diambil")
        page.goto(f"/payments/new?order={number}")
        page.fill("#pay-amount", "10.000")
        page.dblclick("form .btn.primary")
        page.wait_for_selector("h1 >> text=PAY-")
        page.go_back()  # and once more from a page that was left open
        page.fill("#pay-amount", "10.000")
        page.click("form .btn.primary")
        page.wait_for_load_state()
        page.wait_for_timeout(200)
    assert SalesOrder.objects.count() == 1
    assert make.events(SalesOrder.objects.get().id).count("delivery.picked") == 1
    assert DeliveryLine.objects.get().picked == 3
    assert Payment.objects.count() == 1


@pytest.fixture
def lively(transactional_db):
    """Something of everything: orders in every state, a delivery on the road, an invoice, money, a hold; addresses of every screen."""
    customer = make.customer(code="PURI", name="Hotel Puri Kenanga")
    Contact.objects.create(customer_id=customer, name="Ibu Ratih", phone="0812-5550-1234")
    cup, oven = make.product(100_000, sku="CK-180", name_id="Cangkir 180 ml", stock=40), make.product(900_000, sku="OV-1", name_id="Oven", stock=1)
    ids = make.orders(4, customer_id=customer, lines=[(cup, 6)], customer_po="PO-1") + make.orders(2, customer_id=customer, lines=[(oven, 1), (cup, 2)])
    make.orders(1, customer_id=make.customer(credit_limit=10), lines=[(cup, 3)])
    worker.until_idle()
    drops = list(Delivery.objects.order_by("id").values_list("id", flat=True))
    for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        make.run(name, drops[:2], at=clock.now())
    make.run("deliver.pick", drops[2:3], at=clock.now())
    worker.until_idle()
    make.run("pay.receive", [make_receipt(customer)], at=clock.now())
    Delivery.objects.filter(id=drops[3]).update(scheduled_on=clock.day(clock.now()) - timedelta(days=2))
    invoice, payment = Invoice.objects.order_by("id").first().number, Payment.objects.get().number
    orders = [make.order(i).number for i in (*ids, SalesOrder.objects.order_by("-id").first().id)]
    one, two, three, four = (Delivery.objects.get(id=i).number for i in drops[:4])
    return (
        "/", "/orders/", f"/orders/{orders[0]}/", f"/orders/{orders[5]}/", f"/orders/{orders[6]}/", "/exceptions/", *(f"/flow/{stage}/" for stage in STAGES),
        "/board/", "/pick/", f"/pick/{four}/", "/drive/",
        "/deliveries/", f"/deliveries/{one}/", f"/deliveries/{three}/", "/customers/", "/customers/PURI/", "/products/", "/products/CK-180/", "/invoices/",
        f"/invoices/{invoice}/", "/payments/", f"/payments/{payment}/", "/payments/new", "/books/", "/books/journal", f"/phone/?new=1&customer={customer}",
        "/supply/", "/supply/orders/", "/supply/orders/new", "/supply/count/",
        "/search?q=puri", "/account/password/change/", "/parts", f"/papers/orders/{orders[0]}", f"/papers/deliveries/{two}", f"/papers/invoices/{invoice}",
    )  # fmt: skip


STAGES = ("check", "confirm", "deliver", "invoice", "pay")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], "resultTypes": ["violations"]}


@pytest.mark.parametrize(("size", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk-light", "phone-dark"])
def test_no_screen_keeps_people_out(live_server, lively, size, scheme):
    """axe-core has nothing serious to say of any screen."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found, client = [], pages.client("admin")
    with browser(live_server, client, viewport=size, color_scheme=scheme) as page:
        for address in lively:
            assert page.goto(address).status == 200, address
            found += grave(axe.run(page, options=RULES), address)
        page.goto("/flow/check/")
        page.keyboard.press("Control+k")
        page.wait_for_selector("#palette[open] [aria-selected=true]")
        found += grave(axe.run(page, options=RULES), "the palette")
        page.keyboard.press("Escape")
        page.goto("/exceptions/")
        page.click("[formaction$='check.release'] >> nth=0")
        page.wait_for_selector("dialog[open]")
        found += grave(axe.run(page, options=RULES), "a drawer")
        page.context.clear_cookies()
        page.goto("/account/login/")
        found += grave(axe.run(page, options=RULES), "/account/login/")
    assert not found, "\n".join(found)


def grave(results, address):
    """What of axe's findings is serious, in a line each."""
    return [
        f"{address}: {each['id']} ({each['impact']}) {each['nodes'][0]['target']} {each['nodes'][0]['html'][:120]}"
        for each in results.response["violations"] if each["impact"] in ("serious", "critical")
    ]  # fmt: skip
