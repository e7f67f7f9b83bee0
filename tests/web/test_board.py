"""The delivery board: what leaves when and how, how full a crew's day is, and moving a card."""

from datetime import date

import pytest

from alur.models import Capacity, Delivery, Department
from tests import make
from tests.web import pages

HTMX = {"HTTP_HX_REQUEST": "true"}
FRIDAY = date(2026, 11, 27)


@pytest.fixture(autouse=True)
def _on_this_day(monkeypatch):
    from alur.core import clock

    monkeypatch.setattr(clock, "now", lambda: make.AT)


def scheduled(n: int = 1, **fields) -> list[int]:
    return make.deliveries(make.confirmed(n, **fields))


def test_a_row_a_day_a_column_a_method_and_how_full_the_crews_are():
    (one,) = scheduled(customer_id=make.customer(name="Hotel Puri"))
    (late,) = scheduled(customer_id=make.customer(name="Kopi Simpang"))
    Delivery.objects.filter(id=late).update(scheduled_on=date(2026, 11, 20), method="courier")
    crew = Department.objects.create(code="T", name="Teknisi Jakarta", kind="service", daily_limit=8)
    Capacity.objects.create(department=crew, day=FRIDAY, limit=6, booked=6)
    text = pages.client("dispatcher").get("/board/").content.decode()
    for said in (
        "Hotel Puri",
        "Kopi Simpang",
        "Lewat harinya",
        "Teknisi Jakarta",
        "6/6",
        "0/8",
        f'data-id="{one}"',
        'data-day="2026-11-27" data-method="courier"',
    ):
        assert said in text, said
    assert 'name="ids"' not in pages.client("finance").get("/board/").content.decode()
    later = pages.client("dispatcher").get("/board/?from=2026-12-07").content.decode()
    assert "Hotel Puri" not in later
    assert "Sebelum" in later


def test_ticked_cards_are_moved_with_the_form():
    first, second = scheduled(2)
    client = pages.client("dispatcher")
    response = client.post(
        "/board/move", {"ids": [first, second], "day": "2026-11-27", "method": "courier", "vehicle": "B 1", "driver": "", "join": ""}, **HTMX
    )
    assert "2 selesai" in response.content.decode()
    assert set(Delivery.objects.values_list("scheduled_on", "method", "vehicle")) == {(FRIDAY, "courier", "B 1")}
    plain = client.post("/board/move", {"ids": [first], "day": "2026-11-26", "back": "/board/"})
    assert (plain.status_code, plain["Location"]) == (302, "/board/")
    assert client.post("/board/move", {"day": "2026-11-26"}).status_code == 400


def test_a_card_put_on_another_of_the_same_drop_rides_with_it():
    buyer = make.customer()
    first, second = scheduled(2, customer_id=buyer)
    pages.client("dispatcher").post("/board/move", {"ids": [second], "join": first, "day": ""}, **HTMX)
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == ["scheduled", "cancelled"]


def test_what_may_not_be_is_said_and_nothing_moves():
    (one,) = scheduled()
    response = pages.client("dispatcher").post("/board/move", {"ids": [one], "day": "2026-11-22"}, **HTMX)
    assert "Terlambat untuk" in response.content.decode()
    assert Delivery.objects.get().version == 1
    assert pages.client("finance").post("/board/move", {"ids": [one], "day": "2026-11-27"}).status_code == 403


def test_a_full_cell_says_how_many_more_and_costs_the_same():
    client, counted = pages.client("dispatcher"), []
    for n in (1, 29):
        scheduled(n)
        counted.append(pages.statements(client, "/board/"))
    assert counted[0] == counted[1]
    text = client.get("/board/").content.decode()
    assert text.count("data-card") == 24
    assert "dan 6 lagi" in text
