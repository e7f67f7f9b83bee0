"""Open pages keep up: marks of the log, who may ask, and two tabs of a browser."""

import re
import time

import pytest
from django.core import signing
from django.test import Client

from alur.core import company, sql
from alur.reads import news
from alur.web import kept, live
from tests import make
from tests.web import pages
from tests.web.test_browser import browser


def seen(*rows: tuple[int, int], oldest: int) -> news.News:
    return news.News(0.0, oldest, tuple(sorted(rows, reverse=True)))


def test_a_mark_tells_what_is_new():
    first = seen((10, 1), (11, 2), oldest=12)
    assert first.mark == "12.0"
    assert first.since("12.0") == set()
    later = seen((10, 1), (11, 2), (13, 3), (14, 0), oldest=15)
    assert later.since(first.mark) == {0, 3}
    assert later.since(later.mark) == set()


def test_a_late_commit_is_news():
    """Transaction 11 is still writing when 12 is told; its event comes later, with a smaller number."""
    first = seen((10, 1), (12, 2), oldest=11)
    assert (first.mark, first.since(first.mark)) == ("11.1", set())
    assert seen((10, 1), (12, 2), (11, 5), oldest=13).since(first.mark) == {2, 5}
    assert seen((10, 1), oldest=9).since(first.mark) == set()  # a process that has looked longer ago says nothing


@pytest.mark.parametrize("mark", ["", "x", "0.0", "-1.2", "1.1.1", "9" * 40, "٣.٤"])
def test_a_mark_that_is_none_shows_everything_anew(mark):
    assert seen((10, 1), oldest=12).since(mark) == {1}


def test_more_than_can_be_told_is_all():
    assert seen(*((100 + n, n) for n in range(news.LAST)), oldest=900).since("50.0") is None


def test_only_a_page_of_the_company_asks():
    make.orders(1)
    client = pages.client("desk")
    text = client.get("/orders/").content.decode()
    assert "live.js" in text
    visitor, word = Client(), re.search(r'data-news="([^"]+)"', text)[1]
    assert visitor.get("/live", {"page": word, "since": "0.0"}).status_code == 200  # no session is asked for, the page's word is enough
    other = signing.dumps(("demo", "demo", "", "IDR", "UTC", "id", True), salt="other")
    for wrong in ("", "test/test", f"{word}x", other, f"x{word}"):
        assert visitor.get("/live", {"page": wrong, "since": "0.0"}).status_code == 403
    assert "data-news" not in visitor.get("/account/login/").content.decode()


def test_what_an_answer_holds(monkeypatch):
    monkeypatch.setattr(news, "KEEP_SECONDS", 0)
    client, word = Client(), live.word(company.current())
    one = make.orders(1)[0]
    told = client.get("/live", {"page": word, "since": "0.0"})
    assert (told.json()["orders"], told["Cache-Control"]) == ([one], "no-store")
    mark = told.json()["mark"]
    assert client.get("/live", {"page": word, "since": mark}).status_code == 204
    two = make.orders(1, customer_id=make.order(one).customer_id)[0]
    kept.note("order", two, "Catatan", by="7")
    found = client.get("/live", {"page": word, "since": mark}).json()["orders"]
    assert found == [one, two]  # of one transaction here, as every test is; a note is of its order


def test_many_pages_ask_the_database_once(monkeypatch):
    make.orders(1)
    word = live.word(company.current())
    monkeypatch.setattr(news, "KEEP_SECONDS", 60)
    news._kept.clear()
    with sql.counting() as count:
        for _ in range(50):
            Client().get("/live", {"page": word, "since": "0.0"})
    assert count.statements == 1
    news._kept.clear()


def test_a_second_tab_sees_a_change_within_two_seconds(live_server, transactional_db):
    one, two, _three = (make.order(i).number for i in make.orders(3))
    client = pages.client("admin", language="en")
    news._kept.clear()
    with browser(live_server, client) as page:
        page.goto("/flow/capture/")
        order, table = page.context.new_page(), page.context.new_page()
        order.goto(f"/orders/{two}/")
        table.goto("/orders/")
        for tab in (order, table):
            tab.wait_for_timeout(2500)  # settled
        assert "Priced" not in order.inner_text("#timeline")
        page.locator(f"tr:has-text('{two}') input[name=ids]").check()
        page.click(".bulk .btn.primary")
        page.wait_for_selector(".outcome >> text=1 done")
        pressed = time.monotonic()
        order.wait_for_selector("#timeline >> text=Priced", timeout=4000)
        assert time.monotonic() - pressed < 2
        assert order.locator(".fresh").count() >= 1
        assert table.locator(f"tr:has-text('{one}').fresh").count() == 0


def test_nothing_moves_under_the_pointer(live_server, transactional_db):
    make.orders(2)
    client = pages.client("admin", language="en")
    news._kept.clear()
    with browser(live_server, client) as page:
        page.goto("/flow/capture/")
        other = page.context.new_page()
        other.goto("/flow/capture/")
        other.wait_for_timeout(2500)
        row = other.locator("tbody tr").first
        name = row.get_attribute("id")
        row.hover()
        page.locator(f"tr#{name} input[name=ids]").check()
        page.click(".bulk .btn.primary")
        page.wait_for_selector(".outcome >> text=1 done")
        other.wait_for_selector("#news", timeout=4000)
        assert other.locator("tbody tr").first.get_attribute("id") == name
        assert other.inner_text("#news") == "Something changed here. Show it"
        other.mouse.move(5, 5)
        other.wait_for_selector("#news", state="detached", timeout=4000)
