"""Money with many at once, with real commits: numbers without a gap, money used once, one payment however often it is told."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import clock, sql, step
from alur.flow import map as flow
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from tests import make
from tests.flow.test_races import AT, at_once, press, shuffled, sound


@pytest.fixture(autouse=True)
def _committing(transactional_db):
    clock.move(AT)


def through_the_door(orders: list[int]) -> None:
    """Picked, dispatched, delivered."""
    worker.until_idle()
    deliveries = sql.ids("SELECT id FROM delivery ORDER BY id")
    for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        make.run(name, deliveries, at=AT)
    assert {make.order(o).state for o in orders} == {"fulfilled"}


def receive(receipt: Receipt) -> step.Outcome:
    return step.run(flow.by_name["pay.receive"], [receipt], by="7", at=AT)


def test_invoices_are_numbered_without_a_gap():
    orders = make.orders(24, lines=[(make.product(), 1)])
    through_the_door(orders)
    at_once(press("invoice.issue"), shuffled(orders) * 2, 8)
    numbers = [row.number for row in sql.rows("SELECT number FROM invoice ORDER BY number")]
    assert numbers == [f"INV/2026/{n:06}" for n in range(1, 25)]
    assert sound()


def test_money_is_used_once_whoever_matches_it():
    buyers = [make.customer() for _ in range(4)]
    orders = [o for buyer in buyers for o in make.orders(5, customer_id=buyer, lines=[(make.product(), 1)])]
    through_the_door(orders)
    worker.until_idle()
    for n, buyer in enumerate(buyers):
        receive(Receipt(n, Decimal(55_400), buyer))  # a hundred short of five invoices
    at_once(lambda name: step.run(flow.by_name[name], by="worker", at=AT), ["pay.match", "settle.write_off", "pay.match", "settle.close"] * 4, 8)
    worker.until_idle()
    assert {make.order(o).state for o in orders} == {"closed"}
    assert (make.balance(chart.RECEIVABLE), make.balance(chart.PAYMENT_DIFFERENCES)) == (0, 400)
    assert sound()


def test_a_payment_told_many_times_at_once_is_one():
    buyer = make.customer()
    outcomes = at_once(receive, [Receipt(1, Decimal(500), buyer, provider="bank", provider_ref="x")] * 8 + [Receipt(2, Decimal(700), buyer)] * 8, 16)
    assert sorted(sum(len(o.moved) for o in outcomes[n : n + 8]) for n in (0, 8)) == [1, 1]
    assert make.count_of("payment") == 2
    assert sound()
