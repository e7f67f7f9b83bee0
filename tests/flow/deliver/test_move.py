"""A delivery that nobody has picked is planned anew, or rides with another one."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from alur.flow.deliver.move import Move
from alur.models import (
    Booking,
    Capacity,
    Delivery,
    DeliveryLine,
    Department,
    Holiday,
    OrderLine,
    Recheck,
    Stock,
    StockMove,
    Warehouse,
)  # fmt: skip
from alur.reads import proof
from tests import make

MONDAY, TUESDAY, FRIDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 27), date(2026, 11, 29)
EVENING = make.AT + timedelta(hours=8)  # 17.00: after the cut-off


def scheduled(n: int = 1, **fields) -> tuple[list[int], list[int]]:
    orders = make.confirmed(n, **fields)
    return orders, make.deliveries(orders)


def test_another_day_wakes_the_promise_that_stood_on_the_old_one():
    (order_id,), (delivery_id,) = scheduled(requested_on=TUESDAY)
    make.run("confirm.promise", [order_id])
    assert make.order(order_id).promised_on == TUESDAY
    outcome = make.run("deliver.move", {delivery_id: {"day": "2026-11-27"}})
    assert outcome.facts[delivery_id] == {"on": FRIDAY, "from_on": MONDAY}
    assert (Delivery.objects.get().scheduled_on, Delivery.objects.get().version) == (FRIDAY, 2)
    assert make.events(order_id)[-1] == "delivery.moved"
    assert Recheck.objects.get(step="promise").why == "delivery_moved"
    make.run("confirm.promise", [order_id])
    assert make.order(order_id).promised_on == FRIDAY + timedelta(days=1)
    assert make.events(order_id)[-1] == "order.promise_moved"  # the customer hears a later date
    assert make.run("deliver.move", {delivery_id: {"day": "2026-11-27"}}).already == [delivery_id]


def test_another_road_on_the_same_day_promises_nothing_new():
    (order_id,), (delivery_id,) = scheduled()
    asked = {delivery_id: Move(method="courier", vehicle=" B 9214 TXR ", driver="4")}
    assert make.run("deliver.move", asked, at=EVENING).moved == [delivery_id]  # nobody changes the day: no cut-off
    made = Delivery.objects.get()
    assert (made.scheduled_on, made.method, made.vehicle, made.driver_id) == (MONDAY, "courier", "B 9214 TXR", 4)
    assert make.events(order_id)[-1] == "delivery.planned"
    assert not Recheck.objects.filter(step="promise", why="delivery_moved").exists()


def test_two_orders_of_one_drop_ride_together():
    buyer, cup = make.customer(), make.product()
    (first, second), (one, two) = scheduled(2, customer_id=buyer, lines=[(cup, 2)])
    make.run("deliver.move", {one: Move(day=FRIDAY)})
    outcome = make.run("deliver.move", {two: {"join": str(one)}})
    assert outcome.facts[two] == {"on": FRIDAY, "from_on": MONDAY, "other_delivery_id": one}
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == ["scheduled", "cancelled"]
    assert list(DeliveryLine.objects.filter(delivery_id=one).order_by("id").values_list("quantity", flat=True)) == [2, 2]
    assert make.events(second)[-1] == "delivery.joined"
    for step in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        assert make.run(step, [one]).moved == [one]
    assert [make.order(i).state for i in (first, second)] == ["fulfilled", "fulfilled"]
    assert not [r.name for r in proof.prove() if r.violations and "asleep" not in r.name]


def test_two_deliveries_of_one_line_become_one_line():
    cup = make.product(stock=3)
    (order_id,), (one,) = scheduled(lines=[(cup, 5)])
    make.run("deliver.move", {one: Move(day=FRIDAY)})
    Stock.objects.update(on_hand=4, value=24_000)  # one more is found, and set aside
    StockMove.objects.create(warehouse_id=Warehouse.objects.get().id, product_id=cup, quantity=1, value=6_000, kind="count", at=make.AT)
    make.run("confirm.refill", [order_id])
    (two,) = make.deliveries([order_id])
    assert two != one
    make.run("deliver.move", {two: Move(join=one)})
    assert DeliveryLine.objects.get(delivery_id=one).quantity == 4
    assert make.lines_of(order_id)[0].scheduled == 4


@pytest.fixture
def visit():
    """A scheduled visit of a crew that holds two units of its day."""
    (_order,), (delivery_id,) = scheduled(lines=[(make.product(), 2)])
    crew = Department.objects.create(code="T", name="Teknisi", kind="service", daily_limit=3)
    OrderLine.objects.update(kind="service")
    Delivery.objects.update(department=crew, warehouse=None)
    Booking.objects.create(department=crew, day=MONDAY, order_line_id=OrderLine.objects.get().id, units=2)
    Capacity.objects.create(department=crew, day=MONDAY, limit=3, booked=2)
    return delivery_id, crew


def test_what_a_visit_holds_goes_to_its_new_day(visit):
    delivery_id, crew = visit
    assert make.run("deliver.move", {delivery_id: Move(day=TUESDAY)}).moved == [delivery_id]
    assert list(Capacity.objects.order_by("day").values_list("day", "booked", "limit")) == [(MONDAY, 0, 3), (TUESDAY, 2, 3)]
    assert Booking.objects.values_list("day", "units").get() == (TUESDAY, 2)
    Capacity.objects.create(department=crew, day=FRIDAY, limit=2, booked=1)
    outcome = make.run("deliver.move", {delivery_id: Move(day=FRIDAY)})
    assert make.codes(outcome) == ["no_capacity"]
    assert outcome.refused[0].facts == {"delivery_id": delivery_id, "department_id": crew.id, "on": FRIDAY, "free": Decimal(1), "units": Decimal(2)}
    assert Delivery.objects.get().scheduled_on == TUESDAY
    assert make.codes(make.run("deliver.move", {delivery_id: Move(day=MONDAY)}, at=make.AT + timedelta(days=1))) == ["past_cut_off"]


def elsewhere() -> Move:
    """A delivery of another customer."""
    _, (other,) = scheduled()
    return Move(join=other)


def gone() -> Move:
    return Move(join=10**9)


@pytest.mark.parametrize(
    ("asked", "at", "code"),
    [
        (lambda: Move(day="besok"), make.AT, "bad_day"),
        (lambda: Move(method="drone"), make.AT, "bad_day"),
        (elsewhere, make.AT, "not_same_drop"),
        (gone, make.AT, "not_same_drop"),
        (lambda: Move(day=MONDAY - timedelta(days=1)), make.AT, "past_cut_off"),
        (lambda: Move(day=MONDAY), EVENING, "past_cut_off"),
        (lambda: Move(day=SUNDAY), make.AT, "day_off"),
        (lambda: Move(day=FRIDAY), make.AT, "day_off"),
    ],
)
def test_refusals(asked, at, code):
    (order_id,), (delivery_id,) = scheduled()
    Delivery.objects.update(scheduled_on=TUESDAY)
    Holiday.objects.create(on=FRIDAY)
    Warehouse.objects.update(working_days=[1, 2, 3, 4, 5, 6])
    outcome = make.run("deliver.move", {delivery_id: asked()}, at=at)
    assert make.codes(outcome) == [code]
    assert (Delivery.objects.get(id=delivery_id).scheduled_on, Delivery.objects.get(id=delivery_id).version) == (TUESDAY, 1)
    assert make.events(order_id)[-1] == "delivery.move_refused"


@pytest.mark.parametrize("state", ["picked", "dispatched", "cancelled"])
def test_what_is_under_way_is_not_moved(state):
    _, (delivery_id,) = scheduled()
    Delivery.objects.update(state=state)
    assert make.codes(make.run("deliver.move", {delivery_id: Move(day=FRIDAY), 10**9: Move()})) == ["not_found", "wrong_state"]
