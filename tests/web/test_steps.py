"""The one door to steps: the same for one id and for many, who may press, what is said of each id, and that pressing twice does nothing twice."""

import pytest

from alur.models import Reason
from tests import make
from tests.web import pages

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def orders():
    """Two received orders that are not priced yet."""
    return make.orders(2)


def press(client, ids, name="check.price", **more):
    return client.post(f"/steps/{name}", {"ids": ids, **more}, **HTMX)


def test_a_press_moves_all_that_are_ticked(orders):
    client = pages.client("admin", language="en")
    answer = press(client, orders, list="check")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "2 done" in text
    assert all(f'id="order-{i}"' in text and 'hx-swap-oob="true"' in text for i in orders)
    assert answer["HX-Trigger-After-Settle"] == "alur:moved"
    assert {make.order(i).priced_version for i in orders} == {1}


def test_pressing_twice_changes_nothing_twice(orders):
    client = pages.client("admin", language="en")
    press(client, orders)
    before = [make.events(i) for i in orders]
    assert "2 already" in press(client, orders).content.decode()
    assert [make.events(i) for i in orders] == before


def test_one_is_a_set_of_one(orders):
    assert "1 done" in press(pages.client("admin", language="en"), orders[:1]).content.decode()


def test_an_id_that_is_not_there_is_refused_in_a_sentence(orders):
    text = press(pages.client("admin", language="en"), [*orders, 999_999]).content.decode()
    assert "2 done" in text
    assert "1 refused" in text
    assert "not_found" not in text.replace('value="not_found"', "")


def test_without_script_the_answer_is_a_page(orders):
    client = pages.client("admin", language="en")
    answer = client.post("/steps/check.price", {"ids": orders, "back": "/flow/check/"})
    assert (answer.status_code, answer["Location"]) == (302, "/flow/check/")
    assert "2 done" in client.get("/flow/check/").content.decode()


def test_nobody_is_sent_elsewhere(orders):
    assert pages.client("admin").post("/steps/check.price", {"ids": orders, "back": "https://evil.example"})["Location"] == "/"


@pytest.mark.parametrize("role", ["driver", "finance"])
def test_roles_decide(orders, role):
    assert press(pages.client(role), orders, "deliver.pick").status_code == 403


@pytest.mark.parametrize("ids", [[], ["x"], ["-1"], ["99999999999999999999"]])
def test_odd_ids_are_no_error_of_ours(ids):
    assert press(pages.client("admin"), ids).status_code == 400


def test_there_is_no_such_step(orders):
    assert press(pages.client("admin"), orders, "check.guess").status_code == 404


def test_a_step_that_needs_input_asks_first(orders, monkeypatch):
    from dataclasses import replace

    from alur.flow import map as flow

    monkeypatch.setitem(flow.by_name, "check.price", replace(flow.by_name["check.price"], needs=("code", "reason")))
    client = pages.client("admin", language="en")
    asked = client.get("/steps/check.price", {"ids": orders, "code": "overdue"}, **HTMX)
    text = asked.content.decode()
    assert "<dialog" in text
    assert "Reason" in text
    assert '<input type="hidden" name="code" value="overdue">' in text
    again = press(client, orders, code="overdue", reason=" ")
    assert again["HX-Retarget"] == "#drawer"
    assert "Please fill this in" in again.content.decode()


def test_a_failed_delivery_offers_the_company_s_reasons():
    Reason.objects.create(kind="failed_delivery", code="closed", name_id="Toko tutup", name_en="Closed")
    Reason.objects.create(kind="cancel", code="customer", name_id="Diminta pelanggan", name_en="Customer")
    [delivery] = make.deliveries(make.confirmed(), through="deliver.dispatch")
    text = pages.client("driver").get("/steps/deliver.fail", {"ids": delivery}).content.decode()
    assert '<option value="closed">Toko tutup</option>' in text
    assert "Diminta pelanggan" not in text
