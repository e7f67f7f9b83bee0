"""Goods wait so long for an advance, then go to others; who pays after all is served again, at the old place in the queue."""

from datetime import timedelta
from decimal import Decimal

import pytest

from alur.flow.pay.receive import Receipt
from alur.models import Backorder, Event, Hold, Policy, Recheck, SalesOrder, Stock
from tests import make
from tests.supply.goods import sound

DAY = timedelta(days=1)


def unpaid(product, quantity=4, advance=100):
    """A confirmed order that has to pay first."""
    (order,) = make.confirmed(customer_id=make.customer(credit_limit=None, terms_id=make.terms(advance)), lines=[(product, quantity)])
    assert Hold.objects.filter(order_id=order, code="awaiting_payment").exists()
    return order


def test_three_days_after_confirmation_it_waits_for_its_money():
    cup = make.product(stock=4, price=10_000)
    order = unpaid(cup)
    assert make.run("confirm.expire", at=make.AT + 3 * DAY - timedelta(seconds=1)).moved == []
    assert make.codes(make.run("confirm.expire", [order], at=make.AT + 2 * DAY)) == ["too_early"]
    Recheck.objects.all().delete()
    outcome = make.run("confirm.expire", at=make.AT + 3 * DAY)
    assert outcome.moved == [order]
    line = make.lines_of(order)[0]
    assert (line.reserved, Stock.objects.get().reserved) == (0, 0)
    assert list(Backorder.objects.values_list("order_id", "open", "unpaid")) == [(order, 4, True)]
    assert [(r.step, r.order_id) for r in Recheck.objects.all()] == [("promise", order)]
    said = Event.objects.get(kind="order.expired")
    assert (said.order_id, said.data) == (order, {"due": "44400", "paid": "0", "lines": {str(line.id): "4"}})
    assert make.run("confirm.expire", at=make.AT + 4 * DAY).moved == []
    assert make.run("confirm.expire", [order], at=make.AT + 4 * DAY).already == [order]
    assert sound()


def test_every_receipt_gives_more_time_and_the_policy_says_how_much():
    cup = make.product(stock=4, price=10_000)
    order = unpaid(cup)
    number = make.order(order).number
    make.run("pay.receive", [Receipt(key=1, payer_id=make.order(order).payer_id, amount=Decimal(1_000), reference=number)], at=make.AT + 2 * DAY)
    assert make.run("confirm.expire", at=make.AT + 4 * DAY).moved == []
    assert make.codes(make.run("confirm.expire", [order], at=make.AT + 4 * DAY)) == ["too_early"]
    Policy.objects.update(reservation_expires_days=1)
    assert make.run("confirm.expire", at=make.AT + 3 * DAY).moved == [order]


def test_others_take_what_came_free_and_who_pays_keeps_the_place():
    cup = make.product(stock=4, price=10_000)
    order = unpaid(cup)
    (other,) = make.confirmed(lines=[(cup, 3)])
    make.run("confirm.expire", at=make.AT + 3 * DAY)
    assert make.run("confirm.refill").moved == [other]
    assert make.codes(make.run("confirm.refill", [order])) == ["waits_for_ahead"]
    (third,) = make.confirmed(lines=[(cup, 2)])
    made = make.order(order)
    make.run("pay.receive", [Receipt(key=1, payer_id=made.payer_id, amount=made.total, reference=made.number)], at=make.AT + 5 * DAY)
    make.run("check.verify", at=make.AT + 5 * DAY)
    assert not Hold.objects.filter(order_id=order, resolved_at=None).exists()
    assert not Backorder.objects.filter(unpaid=True).exists()
    Stock.objects.update(on_hand=9, value=54_000)
    make.run("confirm.refill", [order, third])
    assert [make.lines_of(i)[0].reserved for i in (order, other, third)] == [4, 3, 2]


def test_a_release_serves_it_again():
    cup = make.product(stock=4, price=10_000)
    order = unpaid(cup)
    make.run("confirm.expire", at=make.AT + 3 * DAY)
    make.run("check.release", {order: {"reason": "dikenal", "code": "awaiting_payment"}}, by="console")
    assert make.run("confirm.refill").moved == [order]
    assert make.lines_of(order)[0].reserved == 4


def test_what_waits_already_is_passed_over_too():
    cup = make.product(stock=1, price=10_000)
    order = unpaid(cup, 4)
    assert make.run("confirm.expire", at=make.AT + 3 * DAY).moved == [order]
    assert list(Backorder.objects.values_list("open", "unpaid")) == [(4, True)]
    other = unpaid(make.product(stock=0), 2)
    assert make.run("confirm.expire", at=make.AT + 3 * DAY).moved == [other]


@pytest.mark.parametrize(("state", "code"), [("verified", "wrong_state"), ("confirmed", "not_waiting")])
def test_refused(state, code):
    cup = make.product(stock=4, price=10_000)
    order = unpaid(cup)
    Hold.objects.all().delete()
    SalesOrder.objects.update(state=state)
    assert make.codes(make.run("confirm.expire", [order, order + 9], at=make.AT + 9 * DAY)) == [code, "not_found"]
    assert make.lines_of(order)[0].reserved == 4


def test_a_set_costs_as_many_statements_as_one():
    from alur.core import sql

    cup, counted = make.product(stock=40, price=10_000), []
    orders = [unpaid(cup, 1) for _ in range(8)]
    for part in (orders[:1], orders[1:]):
        with sql.counting() as count:
            assert make.run("confirm.expire", part, at=make.AT + 3 * DAY).moved == part
        counted.append(count.statements)
    assert counted[0] == counted[1]
