"""Today: who sees what waits, the buttons that settle it, twelve weeks kept, and that it asks a constant number of statements."""

from datetime import timedelta

import pytest

from alur.core import company, sql
from alur.models import Hold
from alur.web.today import weeks
from tests import make
from tests.web import pages


@pytest.fixture(autouse=True)
def anew():
    weeks.forget(company.current().schema)


@pytest.fixture
def held():
    ids = make.orders(2, through="check.price", customer_id=make.customer(name="Kedai <b>Senja</b>"))
    facts = {"percent": "5", "ours": "100", "theirs": "95"}
    Hold.objects.create(order_id=ids[0], code="price_differs", owner="verifier", facts=facts, opened_at=make.AT, opened_by="worker")
    return ids


@pytest.mark.parametrize(("role", "sees", "way"), [("verifier", True, "/steps/check.release"), ("finance", False, ""), ("admin", True, "/amend")])
def test_each_sees_what_waits_for_them(held, role, sees, way):
    text = pages.client(role, language="en").get("/").content.decode()
    mine = text.partition('id="mine"')[2].partition("</section>")[0]
    assert (make.order(held[0]).number in mine) is sees
    assert way in mine
    assert "Price 5% apart" in mine or not sees
    assert "<b>Senja</b>" not in text
    assert "price differs" in text.lower()  # by cause everybody sees it


def test_the_chair_of_another(held):
    boss = pages.client("manager", "verifier", language="en")
    assert make.order(held[0]).number in boss.get("/").content.decode()
    assert make.order(held[0]).number not in boss.get("/?as=manager").content.decode().partition('id="mine"')[2].partition("</section>")[0]
    for odd in ("?as=admin", "?as=driver", "?as=%27"):
        assert boss.get(f"/{odd}").status_code == 200


def test_figures_follow_where_they_are_not_at_hand(held):
    client = pages.client("desk", language="en")
    assert 'hx-get="/today/figures"' in client.get("/").content.decode()
    figures = client.get("/today/figures").content.decode()
    assert "Promises kept" in figures
    assert "hx-get" not in figures
    assert "Promises kept" in client.get("/").content.decode()  # kept


def test_weeks_end_today(held):
    day = make.AT.date()
    assert not weeks.ready(day)
    found = weeks.of(day)
    assert (len(found), found[-1].orders, found[-2].orders, found[-1].clean) == (12, 2, 0, 1)
    assert weeks.ready(day)
    with sql.counting() as count:
        weeks.of(day)
    assert count.statements == 0  # within a minute nothing is asked again
    assert weeks.of(day + timedelta(days=8))[-2].orders == 2
    assert weeks.of(day)[-1].orders == 2  # the clock went back


def test_an_empty_company_says_what_would_be_here():
    make.basics()
    text = pages.client("admin", language="en").get("/").content.decode()
    for said in ("Nothing waits for you", "Nothing is held", "No delivery is due today"):
        assert said in text


def test_more_orders_ask_no_more(held):
    client = pages.client("admin")
    client.get("/today/figures")
    client.get("/")
    with sql.counting() as few:
        client.get("/")
    for order_id in make.orders(6, through="check.price"):
        Hold.objects.create(order_id=order_id, code="manual", owner="verifier", opened_at=make.AT, opened_by="7")
    with sql.counting() as many:
        client.get("/")
    assert many.statements <= few.statements
