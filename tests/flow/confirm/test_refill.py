"""What comes free goes to who waits for it, in queue order, where they wait."""

import pytest

from alur.core import sql
from alur.models import Backorder, Hold, Recheck, Reservation, SalesOrder, Stock
from tests import make


def waiting(product, *quantities, **fields):
    """Confirmed orders that wait for all they asked for, in queue order."""
    orders = [make.orders(lines=[(product, n)], **fields)[0] for n in quantities]
    SalesOrder.objects.filter(id__in=orders).update(state="verified")
    assert make.run("confirm.reserve", orders).moved == orders
    Recheck.objects.all().delete()
    return orders


def come(quantity):
    Stock.objects.update(on_hand=quantity)


def test_the_first_in_the_queue_gets_first_and_nobody_overtakes():
    cup = make.product(stock=1)
    Stock.objects.update(on_hand=0, value=0)
    first, second, third = waiting(cup, 4, 3, 1)
    assert make.run("confirm.refill").moved == []
    come(5)
    assert make.codes(make.run("confirm.refill", [third])) == ["waits_for_ahead"]
    assert make.run("confirm.refill").moved == [first, second]
    assert [make.lines_of(i)[0].reserved for i in (first, second, third)] == [4, 1, 0]
    assert list(Backorder.objects.order_by("id").values_list("open", flat=True)) == [2, 1]
    assert sorted(Recheck.objects.values_list("step", "order_id")) == [("promise", first), ("promise", second)]
    assert make.events(first)[-1] == "order.refilled"
    assert make.run("confirm.refill", [first]).already == [first]
    assert Stock.objects.get().reserved == 5


def test_who_is_more_urgent_stands_ahead_of_who_came_before():
    cup = make.product(stock=1)
    Stock.objects.update(on_hand=0, value=0)
    [first], [urgent] = waiting(cup, 2), waiting(cup, 3, priority=1)
    come(3)
    assert make.codes(make.run("confirm.refill", [first])) == ["waits_for_ahead"]
    assert make.run("confirm.refill").moved == [urgent]


def test_only_from_where_it_waits():
    cup = make.product(stock=1)
    Stock.objects.update(on_hand=0, value=0)
    (order,) = waiting(cup, 4)
    make.put(cup, 9, warehouse_id=make.warehouse("SBY"))
    assert make.run("confirm.refill").moved == []
    assert make.codes(make.run("confirm.refill", [order])) == ["waits_for_ahead"]


def hold(order):
    Hold.objects.create(order_id=order, code="overdue", opened_at=make.AT)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (hold, "held"),
        (lambda order: Backorder.objects.filter(order_id=order).update(unpaid=True), "waits_for_ahead"),
        (lambda order: SalesOrder.objects.filter(id=order).update(state="received"), "wrong_state"),
    ],
)
def test_who_is_passed_over_keeps_the_place(act, code):
    cup = make.product(stock=1)
    Stock.objects.update(on_hand=0, value=0)
    first, second = waiting(cup, 4, 3)
    act(first)
    come(6)
    outcome = make.run("confirm.refill", [first, second, 10**9])
    assert (outcome.moved, make.codes(outcome)) == ([second], [code, "not_found"])
    assert Reservation.objects.get().quantity == 3
    Hold.objects.all().delete()
    Backorder.objects.update(unpaid=False)
    SalesOrder.objects.update(state="confirmed")
    assert make.run("confirm.refill").moved == [first]
    assert Backorder.objects.get().open == 1


def test_an_unpaid_order_is_filled_all_the_same():
    cup = make.product(stock=1)
    Stock.objects.update(on_hand=0, value=0)
    (order,) = waiting(cup, 4, customer_id=make.customer(terms_id=make.terms(100)))
    Hold.objects.create(order_id=order, code="awaiting_payment", opened_at=make.AT)
    come(4)
    assert make.run("confirm.refill").moved == [order]


def test_a_set_costs_as_many_statements_as_one():
    cup = make.product(stock=1)
    Stock.objects.update(on_hand=0, value=0)
    orders = waiting(cup, *[1] * 21)
    counted = []
    for part in (orders[:1], orders[1:]):
        come(Stock.objects.get().on_hand + len(part))
        with sql.counting() as count:
            assert make.run("confirm.refill", part).moved == part
        counted.append(count.statements)
    assert counted[0] == counted[1] <= 9
