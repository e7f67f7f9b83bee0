"""Picked goods leave, at what they cost."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.flow import holds
from alur.flow.deliver.dispatch import Road
from alur.models import Customer, Delivery, Reservation, Stock, StockMove
from tests import make


def test_stock_falls_and_stands_in_transit():
    cup, tea, post = make.product(cost=6_000), make.product(cost="333.333333"), make.product(kind="charge")
    (order_id,) = make.confirmed(lines=[(cup, 3), (tea, 2), (post, 1)])
    (delivery_id,) = make.deliveries([order_id], through="deliver.pick")
    before = make.balance(chart.INVENTORY)
    assert make.run("deliver.dispatch", {delivery_id: Road(courier="JNE", tracking="CGK1")}).moved == [delivery_id]
    made = Delivery.objects.get()
    assert (made.state, made.dispatched_at, made.courier, made.tracking_number, made.vehicle) == ("dispatched", make.AT, "JNE", "CGK1", "")
    assert [(s.on_hand, s.reserved, s.value) for s in Stock.objects.order_by("product_id")] == [(997, 0, 5_982_000), (998, 0, Decimal("332666.663"))]
    assert list(StockMove.objects.filter(kind="dispatch").order_by("id").values_list("quantity", "value")) == [(-3, -18_000), (-2, Decimal("-666.67"))]
    assert make.balance(chart.GOODS_IN_TRANSIT) == before - make.balance(chart.INVENTORY) == Decimal("18666.67")
    assert not Reservation.objects.exists()
    assert [line.shipped for line in make.lines_of(order_id)] == [3, 2, 1]
    assert make.events(order_id)[-1] == "delivery.dispatched"
    assert make.run("deliver.dispatch", [delivery_id]).already == [delivery_id]


def test_what_is_reserved_since_stays_reserved():
    cup = make.product(stock=3)
    (order_id,) = make.confirmed(lines=[(cup, 5)])
    (delivery_id,) = make.deliveries([order_id], through="deliver.pick")
    Stock.objects.update(on_hand=10)
    make.run("confirm.refill", [order_id])
    make.run("deliver.dispatch", [delivery_id])
    assert Reservation.objects.get().quantity == Stock.objects.get().reserved == 2
    (second,) = make.deliveries([order_id], through="deliver.dispatch")
    assert not Reservation.objects.exists()
    assert second != delivery_id
    assert make.lines_of(order_id)[0].shipped == 5


def test_the_rest_of_an_empty_shelfs_value_is_rounding():
    cup = make.product(stock=0)
    make.put(cup, 3, cost=Decimal(100) / 3)
    Stock.objects.update(unit_cost=Decimal("33.333333"), value=100)
    ids = make.confirmed(3, lines=[(cup, 1)])
    make.deliveries(ids, through="deliver.dispatch")
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.value, stock.unit_cost) == (0, 0, Decimal("33.333333"))
    assert make.balance(chart.GOODS_IN_TRANSIT) == Decimal("99.99")
    assert make.balance(chart.STOCK_ROUNDING) == Decimal("0.01")
    assert list(StockMove.objects.filter(kind="count").values_list("quantity", "value", "delivery_line_id")) == [(0, Decimal("-0.01"), None)]


def test_value_never_falls_below_nothing():
    cup = make.product(stock=0)
    make.put(cup, 2, cost="0.005")
    ids = make.confirmed(2, lines=[(cup, 1)])
    make.deliveries(ids, through="deliver.dispatch")
    assert Stock.objects.get().value == 0
    assert list(StockMove.objects.filter(kind="dispatch").order_by("id").values_list("value", flat=True)) == [Decimal("-0.01"), 0]
    assert make.balance(chart.STOCK_ROUNDING) == 0


def state(name: str):
    return lambda delivery_id, _order_id: Delivery.objects.filter(id=delivery_id).update(state=name)


def held(_delivery_id: int, order_id: int) -> None:
    holds.open_all([holds.Opening(order_id, "overdue", "finance")], by="system", at=make.AT)


def blocked(_delivery_id: int, order_id: int) -> None:
    Customer.objects.filter(id=make.order(order_id).customer_id).update(blocked="all")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([state("scheduled"), held], "wrong_state"),
        ([state("cancelled")], "wrong_state"),
        ([held, blocked], "held"),
        ([blocked], "customer_blocked"),
    ],
)
def test_refusals(changes, code):
    (order_id,) = make.confirmed()
    (delivery_id,) = make.deliveries([order_id], through="deliver.pick")
    for change in changes:
        change(delivery_id, order_id)
    moves = make.count_of("stock_move"), make.count_of("journal_line"), make.balance(chart.INVENTORY)
    outcome = make.run("deliver.dispatch", [delivery_id])
    assert make.codes(outcome) == [code]
    assert (make.count_of("stock_move"), make.count_of("journal_line"), make.balance(chart.INVENTORY)) == moves
    assert make.lines_of(order_id)[0].shipped == 0
    assert ("delivery.dispatch_refused" in make.events(order_id)) is (code == "customer_blocked")


def test_a_refused_delivery_takes_nothing_from_its_neighbours():
    cup = make.product(stock=0)
    make.put(cup, 2, cost="0.005")
    first, second = make.confirmed(2, lines=[(cup, 1)])
    one, two = make.deliveries([first, second], through="deliver.pick")
    held(one, first)
    assert make.run("deliver.dispatch", [one, two]).moved == [two]
    assert sql.one("SELECT value FROM stock_move WHERE kind = 'dispatch'") == Decimal("-0.01")


def test_the_number_of_statements_does_not_depend_on_the_number_of_deliveries():
    buyer, cup = make.customer(), make.product()
    made = make.deliveries(make.confirmed(9, customer_id=buyer, lines=[(cup, 1)]))
    for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        counts = []
        for part in (made[:1], made[1:]):
            with sql.counting() as counted:
                make.run(name, part)
            counts.append(counted.statements)
        assert counts[0] == counts[1], name
