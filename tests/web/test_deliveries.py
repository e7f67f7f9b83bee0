"""Deliveries: the list by day, one delivery, and how a driver's report becomes what the step takes."""

from decimal import Decimal

import pytest

from alur.models import Delivery, DeliveryLine, Reason
from tests import make
from tests.web import pages


def on_the_road(quantity=10):
    Reason.objects.get_or_create(kind="failed_delivery", code="damaged", name_id="Rusak", name_en="Damaged")
    [order] = make.orders(lines=[(make.product(sku=f"S{quantity}"), quantity)], through="deliver.schedule")
    delivery = Delivery.objects.get()
    for step in ("deliver.pick", "deliver.dispatch"):
        assert make.run(step, [delivery.id]).moved
    return order, delivery.number, DeliveryLine.objects.get()


def test_the_list_says_what_leaves_when_and_for_whom():
    make.orders(2, customer_id=make.customer(name="Hotel Puri"), through="deliver.schedule")
    client = pages.client("dispatcher")
    text = client.get("/deliveries/").content.decode()
    for said in ("Hotel Puri", *Delivery.objects.values_list("number", flat=True), "Dijadwalkan"):
        assert said in text, said
    assert "Belum ada pengiriman" in client.get("/deliveries/?tab=ended").content.decode()
    assert Delivery.objects.first().number not in client.get("/deliveries/?q=tidak-ada").content.decode()


def test_a_list_costs_the_same_for_one_and_for_forty():
    client, counted = pages.client("admin"), []
    for n in (1, 40):
        make.orders(n, through="deliver.schedule")
        counted.append(pages.statements(client, "/deliveries/"))
    assert counted[0] == counted[1]


def test_everything_arrived():
    order, number, line = on_the_road()
    response = pages.client("driver").post(f"/deliveries/{number}/complete", {"receiver": "Bp. Yanto"})
    assert response.status_code == 302
    line.refresh_from_db()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.receiver, line.delivered) == ("delivered", "Bp. Yanto", 10)
    assert make.order(order).state == "fulfilled"


def test_a_part_comes_back():
    order, number, line = on_the_road()
    sent = {f"delivered-{line.id}": "6", f"again-{line.id}": "2", f"lost-{line.id}": "1,0", f"refused-{line.id}": "1", f"reason-{line.id}": "damaged"}
    assert pages.client("driver").post(f"/deliveries/{number}/complete", sent).status_code == 302
    line.refresh_from_db()
    assert (line.delivered, line.again, line.lost, line.refused) == (6, 2, 1, 1)
    assert make.order(order).state == "confirmed"
    text = pages.client("driver").get(f"/deliveries/{number}/").content.decode()
    assert "Rusak" in text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"delivered": "7", "again": "2"}, "Jumlahnya 9"),
        ({"delivered": "enam"}, "Isi dengan angka"),
        ({"delivered": "8", "again": "2"}, "Sebutkan mengapa sebagian SJ-"),
    ],
)
def test_a_report_that_does_not_fit_comes_back_with_what_was_typed(typed, said):
    _order, number, line = on_the_road()
    before = make.count_of("event")
    response = pages.client("driver").post(
        f"/deliveries/{number}/complete", {f"{name}-{line.id}": value for name, value in typed.items()} | {"receiver": "Yanto"}
    )
    text = response.content.decode()
    assert response.status_code == 422
    assert said in text
    assert f'value="{typed["delivered"]}"' in text
    assert 'value="Yanto"' in text
    line.refresh_from_db()
    assert (Delivery.objects.get().state, line.delivered) == ("dispatched", Decimal(0))
    assert make.count_of("event") - before <= 1


def test_nothing_arrived():
    order, number, _line = on_the_road()
    assert pages.client("driver").post(f"/deliveries/{number}/fail", {"reason": ""}).status_code == 422
    assert Delivery.objects.get().state == "dispatched"
    assert pages.client("driver").post(f"/deliveries/{number}/fail", {"reason": "damaged"}).status_code == 302
    assert Delivery.objects.get().state == "failed"
    assert make.order(order).state == "confirmed"


def test_a_report_by_the_wrong_role_is_refused():
    _order, number, _line = on_the_road()
    client = pages.client("finance")
    for what in ("complete", "fail"):
        assert client.post(f"/deliveries/{number}/{what}", {"reason": "damaged"}).status_code == 403
    assert "/complete" not in client.get(f"/deliveries/{number}/").content.decode()
    assert Delivery.objects.get().state == "dispatched"


def test_there_is_no_such_delivery():
    assert pages.client("driver").get("/deliveries/SJ-2026-999999/").status_code == 404


def test_a_parcel_is_handed_to_a_courier_with_its_number():
    Reason.objects.get_or_create(kind="failed_delivery", code="damaged")
    make.orders(method="courier", through="deliver.schedule")
    made = Delivery.objects.get()
    dispatcher = pages.client("dispatcher")
    text = dispatcher.get(f"/deliveries/{made.number}/").content.decode()
    for step in ("deliver.move", "deliver.cancel"):
        assert f"/steps/{step}" in text, step
    make.run("deliver.pick", [made.id])
    text = dispatcher.get(f"/deliveries/{made.number}/").content.decode()
    assert "deliver.move" not in text
    assert "Serahkan ke kurir" in text
    assert dispatcher.post(f"/deliveries/{made.number}/leave", {"courier": "JNE", "tracking": " JKT001 "}).status_code == 302
    made.refresh_from_db()
    assert (made.state, made.courier, made.tracking_number, made.vehicle) == ("dispatched", "JNE", "JKT001", "")
    assert pages.client("finance").post(f"/deliveries/{made.number}/leave", {"courier": "JNE"}).status_code == 403
