"""In a real browser: keys, ticked rows, the drawer, theme and search; and that no page says anything in the console (a CSP breach would)."""

import shutil
from contextlib import contextmanager

import pytest

from tests import make
from tests.parts import need
from tests.web import pages


@contextmanager
def browser(live_server, client, *, answers=(), **look):
    """A page of a browser that is signed in as the client's user. Data must be made before: Django refuses queries beside a running browser.

    answers: what the page meets on purpose (422: refused, 409: somebody was faster, "ERR_FAILED": no signal); the console may name it."""
    need(shutil.which("chromium"), "Chromium", "apt-get install chromium")
    from playwright.sync_api import sync_playwright

    cookies = [{"name": name, "value": morsel.value, "url": live_server.url} for name, morsel in client.cookies.items()]
    with sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        context = chromium.new_context(base_url=live_server.url, reduced_motion="reduce", **look)
        context.add_cookies(cookies)
        page = context.new_page()
        said = []
        page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
        chromium.close()
    assert [line for line in said if not any((status if isinstance(status, str) else f"status of {status}") in line for status in answers)] == []


@pytest.fixture
def orders(transactional_db):
    """Three received orders."""
    return [make.order(i).number for i in make.orders(3)]


def test_a_list_without_a_mouse(live_server, orders):
    client = pages.client("admin", language="en")
    with browser(live_server, client) as page:
        page.goto("/flow/capture/")
        assert not page.is_visible(".bulk")
        for key in ("j", "x", "j", "x"):
            page.keyboard.press(key)
        assert page.locator("tr[aria-selected=true]").count() == 2
        assert page.inner_text(".bulk [data-count] >> nth=0") == "2"
        page.keyboard.press("Escape")
        assert not page.is_visible(".bulk")
        page.keyboard.press("x")
        page.click(".bulk .btn.primary")
        page.wait_for_selector(".outcome >> text=1 done")
        assert page.locator("tr.at").count() == 1  # one still stands where one stood
        page.keyboard.press("Control+k")
        page.wait_for_selector("dialog[open] .found a")
        page.keyboard.type(orders[0])
        page.wait_for_selector(f".found >> text={orders[0]}")
        page.keyboard.press("Escape")
        assert not page.is_visible("#palette")


def test_theme_is_kept(live_server, orders):
    client = pages.client("desk")
    with browser(live_server, client, color_scheme="light") as page:
        page.goto("/")
        page.click("a.btn[data-theme-switch]")
        page.click("a.btn[data-theme-switch]")
        page.goto("/flow/check/")
        assert page.get_attribute("html", "data-theme") == "dark"


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_stands_out_of_the_window(live_server, orders, width):
    client = pages.client("admin")
    with browser(live_server, client, viewport={"width": width, "height": 800}) as page:
        for address in ("/", "/flow/capture/", "/flow/deliver/", "/flow/pay/", "/search?q=so-", "/account/password/change/"):
            page.goto(address)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
