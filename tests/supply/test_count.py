"""What lies on a shelf is what the books say afterwards; whoever stood last in the queue gives up what is missing."""

from datetime import date
from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.models import Backorder, Delivery, Event, Period, Product, SalesOrder
from alur.supply.count import Count
from tests import make
from tests.supply.goods import home, moves, shelf, sound


def counted(product, quantity, warehouse=None, **fields):
    """The outcome of one count."""
    return make.run("supply.count", [Count(1, warehouse or home(), product, Decimal(quantity), **fields)])


def one_each(product, *quantities):
    """Confirmed orders of so many each, in queue order."""
    return [make.confirmed(lines=[(product, n)])[0] for n in quantities]


def test_missing_and_found_are_booked_at_cost():
    cup = make.product(stock=10, cost=6_000)
    outcome = counted(cup, 7)
    assert (outcome.moved, outcome.facts[1]) == ([1], {"difference": -3, "value": -18_000})
    assert counted(cup, 7).already == [1]
    assert shelf(cup) == (7, 0, 42_000)
    assert (make.balance(chart.STOCK_DIFFERENCE), make.balance(chart.INVENTORY)) == (18_000, 42_000)
    assert counted(cup, 9).facts[1]["value"] == 12_000
    assert shelf(cup) == (9, 0, 54_000)
    assert make.balance(chart.STOCK_DIFFERENCE) == 6_000
    assert [(e.subject_id, e.data["difference"]) for e in Event.objects.filter(kind="stock.counted").order_by("id")] == [(cup, "-3"), (cup, "2")]
    assert sound()


def test_found_where_none_was_is_worth_what_it_is_elsewhere():
    cup, bandung = make.product(stock=4, cost=5_000), make.warehouse("BDG")
    counted(cup, 2, bandung, unit_cost=Decimal(9))
    assert shelf(cup, bandung) == (2, 0, 10_000)
    new = make.product(stock=0)
    counted(new, 2, bandung, unit_cost=Decimal(700))
    assert shelf(new, bandung) == (2, 0, 1_400)
    assert sound()


def test_the_rest_of_an_emptied_shelf_is_rounding():
    cup = make.product(stock=3, cost="0.335")
    sql.run("UPDATE stock SET unit_cost = 0.33 WHERE product_id = %(p)s", p=cup)
    counted(cup, 0)
    assert shelf(cup) == (0, 0, 0)
    assert [m[1:] for m in moves(cup)[1:]] == [("count", -3, Decimal("-0.99")), ("count", 0, Decimal("-0.015"))]
    assert (make.balance(chart.STOCK_DIFFERENCE), make.balance(chart.STOCK_ROUNDING)) == (Decimal("0.99"), Decimal("0.015"))


def test_the_last_in_the_queue_give_up_first():
    cup = make.product(stock=10)
    first, second, third = one_each(cup, 4, 3, 2)
    SalesOrder.objects.filter(id=third).update(priority=1)
    counted(cup, 5)
    assert [make.lines_of(i)[0].reserved for i in (first, second, third)] == [3, 0, 2]
    assert sorted(Backorder.objects.values_list("order_id", "open")) == [(first, 1), (second, 3)]
    assert shelf(cup)[:2] == (5, 5)
    assert (make.events(first)[-1], make.events(second)[-1]) == ("order.short", "order.short")
    counted(cup, 6)
    assert make.run("confirm.refill").moved == [first]
    assert sound()


def test_picked_goods_are_not_on_the_shelf_and_are_not_touched():
    cup = make.product(stock=10)
    first, second = one_each(cup, 4, 3)
    (ready,) = make.deliveries([second], through="deliver.pick")
    (planned,) = make.deliveries([first])
    assert counted(cup, 7).already == [1]  # 10, of which 3 are picked
    counted(cup, 1)
    assert shelf(cup)[:2] == (4, 4)
    assert [make.lines_of(i)[0].reserved for i in (first, second)] == [1, 3]
    assert (make.lines_of(first)[0].scheduled, Delivery.objects.get(id=planned).state) == (1, "scheduled")
    counted(cup, 0)
    assert (Delivery.objects.get(id=planned).state, Delivery.objects.get(id=ready).state) == ("cancelled", "picked")
    assert make.events(first)[-2:] == ["delivery.cancelled", "order.short"]
    make.run("deliver.dispatch", [ready])
    assert shelf(cup) == (0, 0, 0)
    assert sound()


def test_a_charge_gets_off_a_delivery_left_without_goods():
    cup, postage = make.product(stock=2), make.product(kind="charge")
    (order,) = make.confirmed(lines=[(cup, 2), (postage, 1)])
    make.deliveries([order])
    counted(cup, 0)
    line = make.lines_of(order)[1]
    assert (line.reserved, line.scheduled) == (1, 0)
    assert Delivery.objects.get().state == "cancelled"
    counted(cup, 2)
    make.run("confirm.refill")
    make.deliveries([order], through="deliver.complete")
    assert make.order(order).state == "fulfilled"
    assert sound()


def test_a_line_that_waits_already_waits_for_more():
    cup = make.product(stock=3)
    (order,) = one_each(cup, 5)
    counted(cup, 1)
    assert (Backorder.objects.get().open, Backorder.objects.get().order_id) == (4, order)


def service(cup):
    Product.objects.filter(id=cup).update(kind="service")


def closed(_cup):
    Period.objects.create(starts_on=date(2026, 11, 1), state="closed")


@pytest.mark.parametrize(
    ("fields", "act", "code"),
    [
        ({"quantity": Decimal(-1)}, service, "bad_quantity"),
        ({"quantity": Decimal("NaN")}, None, "bad_quantity"),
        ({"warehouse_id": 0}, service, "unknown_product"),
        ({"warehouse_id": 0}, closed, "unknown_warehouse"),
        ({"expected": Decimal(9)}, closed, "moved_meanwhile"),
        ({"expected": Decimal(10)}, closed, "period_closed"),
    ],
)
def test_refused_to_count(fields, act, code):
    cup = make.product(stock=10)
    if act:
        act(cup)
    given = {"key": 1, "warehouse_id": home(), "product_id": cup, "quantity": Decimal(4)} | fields
    outcome = make.run("supply.count", [Count(**given)])
    assert (make.codes(outcome), shelf(cup)) == ([code], (10, 0, 60_000))
    assert make.count_of("stock_move") == 1


def test_a_place_counted_twice_is_refused_and_a_transit_is_not_counted():
    cup = make.product(stock=10)
    road = make.warehouse("T", kind="transit")
    outcome = make.run("supply.count", [Count(n, w, cup, Decimal(4)) for n, w in enumerate((home(), home(), road))])
    assert (outcome.moved, make.codes(outcome)) == ([0], ["twice", "unknown_warehouse"])


def test_a_set_costs_as_many_statements_as_one():
    cups, counts = [make.product(stock=5) for _ in range(21)], []
    make.confirmed(lines=[(cup, 4) for cup in cups])
    for part in (cups[:1], cups[1:]):
        with sql.counting() as count:
            assert len(make.run("supply.count", [Count(n, home(), cup, Decimal(3)) for n, cup in enumerate(part)]).moved) == len(part)
        counts.append(count.statements)
    assert counts[0] == counts[1]
    assert sound()
