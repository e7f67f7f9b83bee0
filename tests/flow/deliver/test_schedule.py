"""What is reserved gets a delivery and a day."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from alur.core import sql, step
from alur.flow import holds
from alur.flow import map as flow_map
from alur.flow.deliver import schedule
from alur.models import (
    Customer,
    Delivery,
    DeliveryLine,
    DocumentAddress,
    Hold,
    Holiday,
    OrderLine,
    Reservation,
    SalesOrder,
    Stock,
    TransportDays,
    Warehouse,
)
from tests import make

NINE, FOUR = make.AT, make.AT + timedelta(hours=7)  # Monday 23 November 2026, 09.00 and 16.00 in Jakarta


def test_an_order_gets_one_delivery():
    cup, tea = make.product(), make.product()
    (order_id,) = make.confirmed(lines=[(cup, 3), (tea, 2)])
    (delivery_id,) = make.deliveries([order_id])
    made = Delivery.objects.get(id=delivery_id)
    order = make.order(order_id)
    assert (made.state, made.method, made.attempt) == ("scheduled", "own_fleet", 1)
    assert re.fullmatch(r"SJ-2026-\d{6}", made.number)
    assert (made.customer_id, made.ship_to_id, made.scheduled_on) == (order.customer_id, order.ship_to_id, date(2026, 11, 23))
    assert list(DeliveryLine.objects.values_list("order_line_id", "quantity")) == [(line.id, line.reserved) for line in make.lines_of(order_id)]
    assert [line.scheduled for line in make.lines_of(order_id)] == [3, 2]
    (event,) = sql.rows("SELECT data FROM event WHERE kind = 'order.scheduled'")
    assert event.data == {"delivery_ids": [delivery_id], "days": ["2026-11-23"], "on": "2026-11-23"}
    assert make.run("deliver.schedule", [order_id]).already == [order_id]


def state(name: str):
    return lambda order_id: SalesOrder.objects.filter(id=order_id).update(state=name, granted=0)


def held(order_id: int) -> None:
    holds.open_all([holds.Opening(order_id, "awaiting_payment", "finance")], by="system", at=NINE)


def blocked(order_id: int) -> None:
    Customer.objects.filter(id=make.order(order_id).customer_id).update(blocked="delivery")


def short(order_id: int) -> None:
    """Half of the only line waits for stock, and the customer wants all at once."""
    SalesOrder.objects.filter(id=order_id).update(delivery_rule="complete_order")
    OrderLine.objects.filter(order_id=order_id).update(reserved=1)
    Reservation.objects.update(quantity=1)
    Stock.objects.update(reserved=1)


@pytest.mark.parametrize(
    ("changes", "code", "facts"),
    [
        ([state("received"), held], "wrong_state", {"state": "received"}),
        ([state("verified")], "wrong_state", {"state": "verified"}),
        ([state("cancelled")], "wrong_state", {"state": "cancelled"}),
        ([held, blocked, short], "held", {"n": 1}),
        ([blocked, short], "customer_blocked", {}),
        ([short], "too_early", {"open": Decimal(1)}),
    ],
)
def test_refusals(changes, code, facts):
    (order_id,) = make.confirmed(lines=[(make.product(), 2)])
    for change in changes:
        change(order_id)
    outcome = make.run("deliver.schedule", [order_id])
    assert make.codes(outcome) == [code]
    assert {name: outcome.refused[0].facts[name] for name in facts} == facts
    assert make.count_of("delivery") == make.count_of("delivery_line") == 0
    assert all(line.scheduled == 0 for line in make.lines_of(order_id))


def test_what_is_not_there_is_not_found():
    assert make.codes(make.run("deliver.schedule", [10**9])) == ["not_found"]


def test_a_blocked_customer_holds_the_order():
    (order_id,) = make.confirmed()
    blocked(order_id)
    step.run(flow_map.by_name["deliver.schedule"], by=step.WORKER, at=NINE)
    assert Hold.objects.get().code == "customer_blocked"
    assert make.events(order_id)[-1] == "order.held"
    assert sql.ids(schedule.WAITING, at=NINE, limit=10) == []


def test_a_neighbour_is_not_stopped():
    buyer = make.customer()
    first, second = make.confirmed(2, customer_id=buyer)
    held(first)
    outcome = make.run("deliver.schedule", [first, second])
    assert (make.codes(outcome), outcome.moved) == (["held"], [second])


@pytest.mark.parametrize(
    ("at", "wanted", "road", "on"),
    [
        (NINE, None, None, date(2026, 11, 23)),  # today
        (FOUR, None, None, date(2026, 11, 24)),  # after the cut-off hour
        (NINE + timedelta(days=1), None, None, date(2026, 11, 25)),  # Tuesday is a holiday
        (NINE + timedelta(days=6), None, None, date(2026, 11, 30)),  # Sunday
        (NINE, date(2026, 11, 27), None, date(2026, 11, 26)),  # a day on the road when nothing else is known
        (NINE, date(2026, 11, 27), 2, date(2026, 11, 25)),
        (NINE, date(2026, 11, 25), 1, date(2026, 11, 25)),  # it should leave on the holiday: it leaves as soon as it can
        (NINE, date(2026, 11, 1), 1, date(2026, 11, 23)),  # late already
    ],
)
def test_the_day(at: datetime, wanted, road, on):
    (order_id,) = make.confirmed()
    Holiday.objects.create(on=date(2026, 11, 24), name="Uji") if at != FOUR else None
    SalesOrder.objects.filter(id=order_id).update(requested_on=wanted)
    if road:
        TransportDays.objects.create(warehouse=Warehouse.objects.get(), province="Jawa Barat", method="own_fleet", days=road)
    make.deliveries([order_id], at=at)
    assert Delivery.objects.get().scheduled_on == on


def test_what_is_picked_up_needs_no_day_on_the_road():
    (order_id,) = make.confirmed()
    SalesOrder.objects.filter(id=order_id).update(method="pickup", requested_on=date(2026, 11, 27))
    make.deliveries([order_id])
    assert (Delivery.objects.get().method, Delivery.objects.get().scheduled_on) == ("pickup", date(2026, 11, 27))


def test_the_method_is_the_orders_then_the_customers_then_the_policys():
    buyer = make.customer(method="courier")
    first, second = make.confirmed(2, customer_id=buyer)
    SalesOrder.objects.filter(id=first).update(method="pickup")
    make.deliveries([first, second])
    assert list(Delivery.objects.order_by("id").values_list("method", flat=True)) == ["pickup", "courier"]


def test_two_places_two_days_and_two_warehouses_are_deliveries_of_their_own():
    far = make.warehouse("SBY")
    cup, tea, cake, bun = make.product(), make.product(), make.product(), make.product(stock=0)
    make.put(bun, 5, warehouse_id=far)
    (order_id,) = make.orders(lines=[(cup, 1), (tea, 1), (cake, 1), (bun, 1)])
    lines = make.lines_of(order_id)
    OrderLine.objects.filter(id=lines[1].id).update(requested_on=date(2026, 11, 28))
    elsewhere = DocumentAddress.objects.create(hash="x", name="Cabang", province="Banten")
    OrderLine.objects.filter(id=lines[2].id).update(ship_to=elsewhere)
    make.onward([order_id], "confirm.reserve")
    made = make.deliveries([order_id])
    on = {x.order_line_id: Delivery.objects.get(id=x.delivery_id) for x in DeliveryLine.objects.all()}
    assert len(made) == len({on[line.id].id for line in lines}) == 4
    assert on[lines[1].id].scheduled_on == date(2026, 11, 27)
    assert on[lines[2].id].ship_to_id == elsewhere.id
    assert on[lines[3].id].warehouse_id == far
    assert make.events(order_id).count("order.scheduled") == 1


def test_goods_that_come_later_join_a_delivery_that_matches():
    cup, tea = make.product(stock=3), make.product(stock=0)
    (order_id,) = make.confirmed(lines=[(cup, 5), (tea, 2)])
    (delivery_id,) = make.deliveries([order_id])
    Stock.objects.filter(product_id=cup).update(on_hand=10)
    make.put(tea, 10)
    make.run("confirm.refill", [order_id])
    assert make.deliveries([order_id]) == [delivery_id]
    assert list(DeliveryLine.objects.order_by("id").values_list("delivery_id", "quantity")) == [(delivery_id, 5), (delivery_id, 2)]
    assert Delivery.objects.get().version == 2
    assert [line.scheduled for line in make.lines_of(order_id)] == [5, 2]


def test_a_picked_delivery_is_left_alone():
    cup = make.product(stock=3)
    (order_id,) = make.confirmed(lines=[(cup, 5)])
    (first,) = make.deliveries([order_id], through="deliver.pick")
    Stock.objects.filter(product_id=cup).update(on_hand=10)
    make.run("confirm.refill", [order_id])
    (second,) = make.deliveries([order_id])
    assert list(DeliveryLine.objects.order_by("id").values_list("delivery_id", "quantity")) == [(first, 3), (second, 2)]


@pytest.mark.parametrize(("rule", "scheduled"), [("available", [3, 2]), ("complete_line", [0, 2]), ("complete_order", [0, 0])])
def test_the_delivery_rule(rule, scheduled):
    (order_id,) = make.confirmed(lines=[(make.product(stock=3), 5), (make.product(), 2)])
    SalesOrder.objects.filter(id=order_id).update(delivery_rule=rule)
    waits = sql.ids(schedule.WAITING, at=NINE, limit=10)
    outcome = make.run("deliver.schedule", [order_id])
    assert [line.scheduled for line in make.lines_of(order_id)] == scheduled
    assert bool(waits) == bool(outcome.moved) == any(scheduled)


def test_charges_ride_on_the_first_delivery():
    post = make.product(kind="charge")
    (order_id,) = make.confirmed(lines=[(make.product(), 2), (post, 1)])
    make.deliveries([order_id])
    assert [line.scheduled for line in make.lines_of(order_id)] == [2, 1]
    assert make.count_of("delivery") == 1


def test_any_split_makes_the_same_deliveries_with_the_same_number_of_statements():
    make.basics()
    buyer, cup = make.customer(), make.product()
    ids = make.confirmed(12, customer_id=buyer, lines=[(cup, 1), (make.product(), 2)])
    counts = []
    for part in (ids[:1], ids[1:]):
        with sql.counting() as counted:
            make.run("deliver.schedule", part)
        counts.append(counted.statements)
    assert counts[0] == counts[1]
    numbers = [int(number[-6:]) for number in Delivery.objects.order_by("id").values_list("number", flat=True)]
    assert numbers == list(range(numbers[0], numbers[0] + 12))
    served = sql.rows("SELECT l.order_id FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id ORDER BY x.delivery_id, x.id")
    assert [row.order_id for row in served] == [i for order_id in ids for i in (order_id, order_id)]
