"""Exceptions: what is held, for how long, whose it is, and the way out; ticked ones are released together."""

from datetime import timedelta

from alur.models import Approval, Hold
from tests import make
from tests.web import pages


def held(n=1, code="over_credit_limit", owner="finance", hours=1, **facts):
    orders = make.orders(n, customer_id=make.customer(name="PT Rasa Bumi"), through="check.price")
    at = make.AT - timedelta(hours=hours)
    facts = {"payer_id": make.order(orders[0]).payer_id, "over": "2450000", "limit": "50000000", "at_risk": "1"} | facts
    return [Hold.objects.create(order_id=o, code=code, facts=facts, owner=owner, opened_at=at, opened_by="worker") for o in orders]


def test_every_hold_says_why_how_much_and_what_next():
    [hold] = held()
    text = pages.client("finance").get("/exceptions/").content.decode()
    for said in ("Batas kredit", "PT Rasa Bumi", make.order(hold.order_id).number, "Rp\u00a02.450.000", "Keuangan", "/steps/check.release"):
        assert said in text, said


def test_tabs_show_what_is_in_them():
    held(code="over_credit_limit")
    held(code="awaiting_payment", due="5", paid="0", share="100")
    client = pages.client("finance")
    assert client.get("/exceptions/").content.decode().count('id="hold-') == 1
    assert client.get("/exceptions/?tab=payment").content.decode().count('id="hold-') == 1
    assert "Tidak ada yang ditahan karena ini" in client.get("/exceptions/?tab=stock").content.decode()
    assert client.get("/exceptions/?tab=mine").content.decode().count('id="hold-') == 1
    assert pages.client("verifier").get("/exceptions/?tab=mine").content.decode().count('id="hold-') == 0


def test_nothing_held_says_what_would_be_here():
    assert "Tidak ada yang ditahan" in pages.client("verifier").get("/exceptions/").content.decode()


def test_only_its_owner_is_offered_to_release_it():
    held(owner="finance")
    assert "/steps/check.release" not in pages.client("verifier").get("/exceptions/").content.decode()
    assert "/steps/check.release" in pages.client("admin").get("/exceptions/").content.decode()


def test_ticked_ones_are_released_together():
    holds = held(3)
    client = pages.client("finance")
    sent = {"ids": [holds[0].id, holds[1].id], "reason": "Sudah ditelepon"}
    response = client.post("/exceptions/release", sent, headers={"HX-Request": "true"})
    assert "2 selesai" in response.content.decode()
    assert list(Hold.objects.filter(resolved_at=None).values_list("id", flat=True)) == [holds[2].id]
    assert set(Approval.objects.values_list("reason", "by")) == {("Sudah ditelepon", str(client.user.pk))}


def test_it_is_not_released_without_a_reason_or_by_somebody_else():
    [hold] = held(owner="manager")
    assert pages.client("finance").post("/exceptions/release", {"ids": hold.id, "reason": " "}).status_code == 400
    assert pages.client("driver").post("/exceptions/release", {"ids": hold.id, "reason": "x"}).status_code == 403
    response = pages.client("finance").post("/exceptions/release", {"ids": hold.id, "reason": "x"}, headers={"HX-Request": "true"})
    assert "1 ditolak" in response.content.decode()
    hold.refresh_from_db()
    assert hold.resolved_at is None
    assert not Approval.objects.exists()


def test_the_page_costs_the_same_for_one_and_for_twenty():
    client, counted = pages.client("admin"), []
    for n in (1, 19):
        held(n)
        counted.append(pages.statements(client, "/exceptions/"))
    assert counted[0] == counted[1]
