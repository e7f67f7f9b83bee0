"""A delivery is called off before it leaves."""

from datetime import timedelta

import pytest

from alur.core import sql
from alur.models import Booking, Capacity, Delivery, DeliveryLine, Department, OrderLine, Recheck, Reservation, Stock
from tests import make

LATER = make.AT + timedelta(days=1)


@pytest.mark.parametrize("through", ["deliver.schedule", "deliver.pick"])
def test_its_goods_stay_set_aside_and_go_out_another_time(through):
    (order_id,) = make.confirmed(lines=[(make.product(), 3), (make.product(kind="charge"), 1)])
    (delivery_id,) = make.deliveries([order_id], through=through)
    assert make.run("deliver.cancel", [delivery_id], at=LATER).moved == [delivery_id]
    assert (Delivery.objects.get().state, Delivery.objects.get().ended_at) == ("cancelled", LATER)
    assert [(line.reserved, line.scheduled, line.picked) for line in make.lines_of(order_id)] == [(3, 0, 0), (1, 0, 0)]
    assert (Stock.objects.get().on_hand, Stock.objects.get().reserved, Reservation.objects.get().quantity) == (1000, 3, 3)
    assert list(DeliveryLine.objects.order_by("id").values_list("quantity", "picked")) == [(3, 0), (1, 0)]
    assert make.events(order_id)[-1] == "delivery.called_off"
    assert Recheck.objects.get(step="promise").why == "delivery_cancelled"
    assert make.run("deliver.cancel", [delivery_id]).already == [delivery_id]
    (second,) = make.deliveries([order_id], through="deliver.complete", at=LATER)
    assert second != delivery_id
    assert make.order(order_id).state == "fulfilled"


def test_what_it_had_booked_is_free_again():
    (order_id,) = make.confirmed(lines=[(make.product(), 3)])
    (delivery_id,) = make.deliveries([order_id])
    crew = Department.objects.create(code="T", kind="service")
    day = Delivery.objects.get().scheduled_on
    Delivery.objects.update(department=crew)
    OrderLine.objects.update(kind="service")
    Capacity.objects.create(department=crew, day=day, limit=8, booked=5)
    Booking.objects.create(department=crew, day=day, order_line_id=make.lines_of(order_id)[0].id, units=3)
    make.run("deliver.cancel", [delivery_id])
    assert (Capacity.objects.get().booked, make.count_of("booking")) == (2, 0)


@pytest.mark.parametrize(
    ("state", "code", "event"), [("dispatched", "in_transit", True), ("delivered", "wrong_state", False), ("failed", "wrong_state", False)]
)
def test_refusals(state, code, event):
    (order_id,) = make.confirmed()
    (delivery_id,) = make.deliveries([order_id])
    Delivery.objects.update(state=state)
    outcome = make.run("deliver.cancel", [delivery_id])
    assert make.codes(outcome) == [code]
    assert (Delivery.objects.get().state, make.lines_of(order_id)[0].scheduled) == (state, 2)
    assert ("delivery.cancel_refused" in make.events(order_id)) is event


def test_what_is_not_there_is_not_found():
    assert make.codes(make.run("deliver.cancel", [10**9])) == ["not_found"]
    assert sql.one("SELECT count(*) FROM delivery") == 0
