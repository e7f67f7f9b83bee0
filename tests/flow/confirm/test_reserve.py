"""Verified orders get stock in queue order, from the right warehouse, or wait in the queue."""

from datetime import date, timedelta

import pytest

from alur.core import sql
from alur.log import kinds
from alur.models import Approval, Backorder, Customer, Hold, OpenReceipt, OrderLine, Policy, Reservation, SalesOrder, Stock, Warehouse
from tests import make


def verified(n=1, **fields):
    """Orders as verify leaves them."""
    ids = make.orders(n, **fields)
    SalesOrder.objects.filter(id__in=ids).update(state="verified")
    return ids


def reserved(order_id):
    """(warehouse, quantity) of an order's reservations."""
    lines = [line.id for line in make.lines_of(order_id)]
    return list(Reservation.objects.filter(order_line_id__in=lines).order_by("id").values_list("warehouse_id", "quantity"))


def test_a_clean_order_is_confirmed():
    cup = make.product(stock=10)
    (order,) = verified(lines=[(cup, 4)])
    assert make.run("confirm.reserve", [order]).moved == [order]
    assert make.order(order).state == "confirmed"
    assert make.lines_of(order)[0].reserved == 4
    assert reserved(order) == [(Warehouse.objects.get().id, 4)]
    assert Stock.objects.get().reserved == 4
    assert make.events(order) == ["order.received", "order.confirmed"]
    assert make.run("confirm.reserve", [order]).already == [order]
    assert make.run("confirm.reserve").moved == []


def test_where_a_line_takes_from():
    buyer, cup = make.customer(), make.product(stock=10)
    jkt, sby, mdn = Warehouse.objects.get().id, make.warehouse("SBY"), make.warehouse("MDN", priority=3)
    make.put(cup, 20, warehouse_id=sby)
    make.put(cup, 5, warehouse_id=mdn)
    make.put(cup, 99, warehouse_id=make.warehouse("RET", kind="returns", priority=0))
    make.put(cup, 99, warehouse_id=make.warehouse("OLD", active=False, priority=0))
    assert take(buyer, cup, 12) == [(sby, 12)]  # the first that can give it whole
    Customer.objects.filter(id=buyer).update(warehouse_id=mdn)
    assert take(buyer, cup, 3) == [(mdn, 3)]  # the customer's usual one first
    assert take(buyer, cup, 15) == [(mdn, 2), (jkt, 10), (sby, 3)]  # split, in that order
    (order,) = verified(customer_id=buyer, lines=[(cup, 7)])
    OrderLine.objects.filter(order_id=order).update(warehouse_id=jkt)
    make.run("confirm.reserve", [order])
    assert reserved(order) == []  # a named warehouse binds
    assert Backorder.objects.values_list("warehouse_id", "open").get() == (jkt, 7)
    assert take(buyer, cup, 9) == [(sby, 5)]
    assert Backorder.objects.values_list("warehouse_id", "open").last() == (mdn, 4)  # what there is not waits at the first


def take(buyer, product, quantity):
    (order,) = verified(customer_id=buyer, lines=[(product, quantity)])
    assert make.run("confirm.reserve", [order]).moved == [order]
    return reserved(order)


def held(order):
    Hold.objects.create(order_id=order, code="overdue", opened_at=make.AT)


def too_early(order):
    SalesOrder.objects.filter(id=order).update(requested_on=date(2026, 12, 24))


def line_too_early(order):
    OrderLine.objects.filter(order_id=order).update(not_before=date(2026, 12, 24))


def taken_ahead(order):
    (ahead,) = verified(lines=[(make.lines_of(order)[0].product_id, 7)], priority=1)
    return ahead


def no_backorders(order):
    Customer.objects.update(takes_backorders=False)
    OrderLine.objects.filter(order_id=order).update(ordered=11, quantity=11)


CASES = [
    ("not_found", [lambda order: order + 1]),
    ("wrong_state", [lambda order: SalesOrder.objects.filter(id=order).update(state="received"), held]),
    ("held", [held, too_early]),
    ("too_early", [too_early, taken_ahead]),
    ("too_early", [line_too_early]),
    ("waits_for_ahead", [taken_ahead]),
    ("not_available", [no_backorders]),
]


@pytest.mark.parametrize(("code", "acts"), CASES)
def test_refusals(code, acts):
    (order,) = verified(lines=[(make.product(stock=10), 4)])
    for act in acts:
        act(order)
    outcome = make.run("confirm.reserve", [order + 9 if code == "not_found" else order])
    assert make.codes(outcome) == [code]
    assert not outcome.moved
    assert make.order(order).state != "confirmed"
    assert not Reservation.objects.exists()
    assert not Backorder.objects.exists()
    assert ("order.reserve_refused" in make.events(order)) == (code == "not_available")
    assert set(make.events(order)) <= set(kinds.KINDS)


def test_who_takes_no_backorders_is_held_until_released():
    cup = make.product(stock=3)
    (order,) = verified(customer_id=make.customer(takes_backorders=False), lines=[(cup, 4)])
    (behind,) = verified(lines=[(cup, 3)])
    outcome = make.run("confirm.reserve", [order, behind])
    assert (make.codes(outcome), outcome.moved) == (["not_available"], [behind])
    hold = Hold.objects.get()
    assert (hold.code, hold.owner, hold.line_id, hold.facts["quantity"]) == ("not_available", "desk", make.lines_of(order)[0].id, "1")
    assert make.run("confirm.reserve").moved == []
    Hold.objects.update(resolved_at=make.AT)
    Approval.objects.create(order_id=order, code="not_available", by="7", at=make.AT)
    assert make.run("confirm.reserve").moved == [order]
    assert Backorder.objects.get().open == 4


def test_the_queue_is_kept_in_any_order_of_calls():
    cup = make.product(stock=10)
    first, second, third = verified(3, lines=[(cup, 4)])
    assert make.codes(make.run("confirm.reserve", [third])) == ["waits_for_ahead"]
    assert make.run("confirm.reserve", [second]).moved == [second]  # it fits whatever the first does
    assert make.codes(make.run("confirm.reserve", [third])) == ["waits_for_ahead"]
    assert make.run("confirm.reserve", [first]).moved == [first]
    assert make.run("confirm.reserve", [third]).moved == [third]
    assert [make.lines_of(i)[0].reserved for i in (first, second, third)] == [4, 4, 2]


def test_a_backorder_ahead_keeps_its_place_but_a_held_or_unpaid_one_is_passed_over():
    cup = make.product(stock=2)
    (ahead,) = verified(lines=[(cup, 5)], priority=1)
    make.run("confirm.reserve", [ahead])
    Stock.objects.update(on_hand=9)  # 7 free, 3 of them for the one ahead
    behind = verified(3, lines=[(cup, 4)])
    assert make.run("confirm.reserve", behind[:1]).moved == behind[:1]
    Stock.objects.update(on_hand=10)  # 4 free
    Backorder.objects.update(unpaid=True)
    assert make.run("confirm.reserve", behind[1:2]).moved == behind[1:2]
    Backorder.objects.update(unpaid=False)
    held(ahead)
    Stock.objects.update(on_hand=14)
    assert make.run("confirm.reserve", behind[2:]).moved == behind[2:]
    assert [make.lines_of(i)[0].reserved for i in behind] == [4, 4, 4]
    assert Backorder.objects.get().open == 3


def test_charges_and_services_need_no_stock():
    post, visit, cup = make.product(kind="charge"), make.product(kind="service"), make.product(stock=5)
    (order,) = verified(lines=[(cup, 1), (post, 1), (visit, 2)])
    assert make.run("confirm.reserve", [order]).moved == [order]
    assert [line.reserved for line in make.lines_of(order)] == [1, 1, 2]
    assert make.count_of("reservation") == 1


def test_an_order_of_charges_only_is_fulfilled_at_once():
    (order,) = verified(customer_id=make.customer(terms_id=make.terms(100)), lines=[(make.product(kind="charge"), 2)])
    assert make.run("confirm.reserve", [order]).moved == [order]
    assert make.order(order).state == "fulfilled"
    line = make.lines_of(order)[0]
    assert [line.reserved, line.scheduled, line.picked, line.shipped, line.delivered] == [2] * 5
    assert make.events(order) == ["order.received", "order.confirmed", "order.fulfilled"]
    assert not Hold.objects.exists()


@pytest.mark.parametrize(("paid", "cleared", "waits"), [(2_999, True, True), (3_000, True, False), (9_000, False, True)])
def test_advances_come_first(paid, cleared, waits):
    buyer = make.customer(terms_id=make.terms(30))
    (order,) = verified(customer_id=buyer, lines=[(make.product(), 1)])
    SalesOrder.objects.update(total=10_000)
    OpenReceipt.objects.create(payment_id=1, payer_id=buyer, order_id=order, open=paid, cleared=cleared, received_on=date(2026, 11, 23))
    assert make.run("confirm.reserve", [order]).moved == [order]
    assert [(h.code, h.owner, h.facts["due"]) for h in Hold.objects.all()] == ([("awaiting_payment", "finance", "3000")] if waits else [])
    assert make.events(order) == ["order.received", "order.confirmed"] + ["order.held"] * waits
    assert make.lines_of(order)[0].reserved == 1


def test_stock_is_set_aside_so_many_days_ahead():
    (order,) = verified(lines=[(make.product(), 1)], requested_on=date(2026, 12, 24))
    assert make.run("confirm.reserve").moved == []
    assert make.run("confirm.reserve", at=make.AT + timedelta(days=1)).moved == [order]
    Policy.objects.create(at=make.AT, reserve_ahead_days=60)
    (order,) = verified(lines=[(make.product(), 1)], requested_on=date(2027, 1, 20))
    assert make.run("confirm.reserve").moved == [order]


def test_a_set_costs_as_many_statements_as_one():
    cup = make.product(stock=62)
    counted = []
    for n in (1, 30):
        ids = verified(n, lines=[(cup, 2)])
        with sql.counting() as count:
            make.run("confirm.reserve", ids)
        counted.append(count.statements)
    assert counted[0] == counted[1] <= 7
    assert Stock.objects.get().reserved == 62
