"""The lists of the flow: what is in them, what filters hide, what they say when empty, and that typed text stays text."""

import re

import pytest

from alur.core import sql
from alur.models import Hold
from alur.reads import worklists
from alur.web.shell import STAGES
from tests import make
from tests.web import pages


@pytest.fixture
def checked():
    """Three orders at verification, the second held."""
    ids = make.orders(3, through="check.price")
    Hold.objects.create(order_id=ids[1], code="over_credit_limit", facts={"over": "100", "limit": "50"}, opened_at=make.AT, opened_by="worker")
    return ids


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_list(stage):
    make.basics()
    for language in ("id", "en"):
        answer = pages.client("admin", language=language).get(f"/flow/{stage}/")
        assert answer.status_code == 200
        assert len(answer.content) < 150_000


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("sort", worklists.SORTS)
def test_every_tab_and_order_is_sql(stage, sort):
    client = pages.client("desk")
    for tab in worklists.TABS[worklists.NOUN[stage]]:
        assert client.get(f"/flow/{stage}/", {"tab": tab, "sort": sort, "q": "x%_\\'"}).status_code == 200


def test_rows_tabs_and_counts(checked):
    client = pages.client("verifier", language="en")
    text = client.get("/flow/check/").content.decode()
    for order in checked:
        assert make.order(order).number in text
    assert "3 waiting" in text
    held = client.get("/flow/check/?tab=held").content.decode()
    assert make.order(checked[1]).number in held
    assert make.order(checked[0]).number not in held


def test_a_filter_says_what_it_hides(checked):
    text = pages.client("desk", language="en").get("/flow/check/", {"q": make.order(checked[0]).number}).content.decode()
    assert "Hidden: 2" in text
    nothing = pages.client("desk", language="en").get("/flow/check/", {"q": "nobody"}).content.decode()
    assert "Nothing matches these filters" in nothing
    assert "3 are hidden" in nothing


@pytest.mark.parametrize("query", ["page=0", "page=999999", "page=-1", "page=x", "warehouse=99999999999", "tab=nope", "sort=drop", "channel=<script>"])
def test_odd_addresses_are_answered(checked, query):
    assert pages.client("desk").get(f"/flow/check/?{query}").status_code == 200


def test_there_is_no_such_stage():
    assert pages.client("desk").get("/flow/nowhere/").status_code == 404


def test_typed_text_stays_text():
    nasty = "<img src=x onerror=alert(1)>"
    make.orders(1, customer_id=make.customer(name=nasty), through="check.price")
    text = pages.client("desk").get("/flow/check/", {"q": nasty}).content.decode()
    assert nasty not in text
    assert "&lt;img" in text


def test_a_longer_list_asks_no_more(checked):
    client = pages.client("verifier")
    client.get("/flow/check/")
    with sql.counting() as few:
        client.get("/flow/check/")
    make.orders(12, through="check.price")
    with sql.counting() as many:
        client.get("/flow/check/")
    assert few.statements == many.statements


def test_no_page_has_a_style_or_a_script_of_its_own(checked):
    for address in ("/", "/flow/check/", "/flow/deliver/", "/search?q=so-", "/account/password/change/"):
        text = pages.client("admin").get(address).content.decode()
        assert not re.search(r"\sstyle=|<style|\son\w+=", text), address
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), address


@pytest.mark.parametrize(("address", "moved"), [("tab=all", 30), ("tab=clean", 29), ("q=nobody", 0)])
def test_one_press_for_a_whole_list(address, moved):
    ids = make.orders(30)
    Hold.objects.create(order_id=ids[3], code="manual", facts={}, opened_at=make.AT, opened_by="1")
    late = make.orders(1)[0]  # came after the reader looked
    client = pages.client("verifier", language="en")
    text = client.get("/flow/capture/").content.decode()
    assert "Tick all 31" in text
    with sql.counting() as few:
        client.post("/steps/check.price", {"ids": ids[:25], "list": "capture", "all": f"{address}&newest={ids[-1]}"}, headers={"HX-Request": "true"})
    priced = sql.ids("SELECT id FROM sales_order WHERE priced_version = version ORDER BY id")
    assert len(priced) == moved
    assert late not in priced
    assert few.statements < 30


def test_a_whole_list_of_another_noun_is_nothing(checked):
    answer = pages.client("admin").post("/steps/deliver.pick", {"list": "check", "all": "tab=all&newest=99999999"})
    assert answer.status_code == 400


def test_a_cell_says_why_in_short(checked):
    text = pages.client("verifier", language="en").get("/flow/check/").content.decode()
    assert "Rp\u00a0100 over the limit</td>" in text.replace("&nbsp;", "\u00a0")
    assert "Collect, raise the limit" in text  # on hover
