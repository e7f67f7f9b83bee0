"""Goods on their way, from the order to the last rupiah: a parcel paid first, a second attempt, short at the door, a moved drop, a short shelf."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import clock, sql, step
from alur.flow import map as flow
from alur.flow.capture.delta import Amend
from alur.flow.capture.draft import LineDraft
from alur.flow.deliver.dispatch import Road
from alur.flow.deliver.ending import Done, Ends
from alur.flow.deliver.move import Move
from alur.flow.deliver.short import Picked, Short
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Customer, Delivery, DeliveryLine, Invoice, Reason, Terms
from alur.reads import proof
from tests import make

ENDS = (chart.GOODS_IN_TRANSIT, chart.CUSTOMER_ADVANCES, chart.RECEIVABLE, chart.UNALLOCATED_RECEIPTS)


@pytest.fixture(autouse=True)
def _reasons():
    for kind, code, effect in (("failed_delivery", "closed", "none"), ("short_pick", "broken", "quantity"), ("short_pick", "no_time", "none")):
        Reason.objects.create(kind=kind, code=code, stock_effect=effect)


def work() -> None:
    clock.move(make.AT)
    worker.until_idle()


def ordered(buyer: int, *lines: tuple[int, int]) -> int:
    (order,) = make.run("capture.receive", [make.draft(buyer, lines)]).moved
    work()
    return order


def press(name: str, items: Sequence[int] | dict) -> None:
    outcome = step.run(flow.by_name[name], items, by=make.BY, at=make.AT)
    assert not outcome.refused, outcome.refused
    assert len(outcome.moved) == len(items)


def the(state: str) -> int:
    """The one delivery in this state."""
    (found,) = sql.ids("SELECT id FROM delivery WHERE state = %(state)s", state=state)
    return found


def line_of(delivery: int) -> int:
    return DeliveryLine.objects.get(delivery_id=delivery).id


def pay(*orders: int) -> None:
    """What is owed on these orders' invoices."""
    for invoice in Invoice.objects.filter(id__in=sql.ids("SELECT invoice_id FROM open_item")):
        press("pay.receive", [Receipt(key=invoice.id, payer_id=invoice.payer_id, amount=invoice.total, reference=invoice.number)])
    work()
    assert {make.order(i).state for i in orders} == {"closed"}


def at_rest(cost: int, revenue: int) -> None:
    """Cost and revenue are there; everything in between is at rest, and the books prove it."""
    assert (make.balance(chart.COST_OF_GOODS), make.balance(chart.REVENUE)) == (cost, -revenue)
    assert [make.balance(account) for account in ENDS] == [0, 0, 0, 0]
    assert [(r.name, r.violations) for r in proof.prove() if r.violations] == []


def goods(order: int) -> list[str]:
    """What happened to the goods of an order."""
    return [kind for kind in make.events(order) if kind.startswith("delivery.") or kind in ("order.scheduled", "order.fulfilled", "order.cancelled")]


def test_a_parcel_that_was_paid_first_leaves_with_a_courier():
    buyer = make.customer(credit_limit=None, method="courier")
    Customer.objects.filter(id=buyer).update(terms=Terms.objects.get(id=make.terms(100)))
    order = ordered(buyer, (make.product(100_000), 2), (make.product(20_000, kind="charge"), 1))
    assert not Delivery.objects.exists()  # waits for the money
    total = make.order(order).total
    press("pay.receive", [Receipt(key=1, payer_id=buyer, amount=total, reference=make.order(order).number)])
    work()
    parcel = the("scheduled")
    press("deliver.pick", [parcel])
    press("deliver.dispatch", {parcel: Road(courier="JNE", tracking="JKT0012345678")})
    assert Delivery.objects.values_list("method", "courier", "tracking_number").get() == ("courier", "JNE", "JKT0012345678")
    assert make.balance(chart.GOODS_IN_TRANSIT) == 12_000
    press("deliver.complete", {parcel: Done(receiver="Bu Tatik")})
    work()
    assert make.order(order).state == "closed"
    assert goods(order) == ["order.scheduled", "delivery.picked", "delivery.dispatched", "delivery.completed", "order.fulfilled"]
    assert make.balance(chart.BANK) == total == 244_200
    at_rest(12_000, 220_000)


def test_nobody_was_there_and_a_second_attempt_arrives():
    order = ordered(make.customer(), (make.product(50_000), 4))
    first = the("scheduled")
    press("deliver.pick", [first])
    press("deliver.dispatch", [first])
    press("deliver.fail", {first: Done(reason="closed")})
    assert (make.balance(chart.GOODS_IN_TRANSIT), make.balance(chart.INVENTORY)) == (0, 6_000_000)
    work()
    second = the("scheduled")
    assert Delivery.objects.get(id=second).attempt == 2
    for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        press(name, [second])
    work()
    sent = ["order.scheduled", "delivery.picked", "delivery.dispatched"]
    assert goods(order) == [*sent, "delivery.failed", *sent, "delivery.completed", "order.fulfilled"]
    pay(order)
    at_rest(24_000, 200_000)


def test_short_at_the_door_again_lost_and_refused():
    order = ordered(make.customer(), (make.product(10_000), 10))
    first = the("scheduled")
    press("deliver.pick", [first])
    press("deliver.dispatch", [first])
    press("deliver.complete", {first: Done({line_of(first): Ends(Decimal(4), Decimal(3), Decimal(2), Decimal(1), "closed")})})
    assert (make.balance(chart.STOCK_LOSS), make.balance(chart.COST_OF_GOODS), make.order(order).total) == (12_000, 24_000, 99_900)
    work()  # what comes again and what was lost goes out once more
    second = the("scheduled")
    assert sum(DeliveryLine.objects.filter(delivery_id=second).values_list("quantity", flat=True)) == 5
    for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        press(name, [second])
    work()
    line = make.lines_of(order)[0]
    assert (line.cancelled, line.delivered, line.invoiced) == (1, 9, 9)
    pay(order)
    at_rest(54_000, 90_000)
    assert make.balance(chart.STOCK_LOSS) == 12_000


def test_a_moved_delivery_rides_with_that_of_another_order():
    buyer, cup = make.customer(), make.product(10_000)
    first = ordered(buyer, (cup, 2))
    one = the("scheduled")
    press("deliver.move", {one: Move(day="2026-11-26", vehicle="B 9214 TXR")})
    work()
    assert make.events(first)[-1] == "order.promise_moved"  # the customer hears a later date
    second = ordered(buyer, (cup, 3))
    (two,) = sql.ids("SELECT id FROM delivery WHERE id <> %(one)s", one=one)
    press("deliver.move", {two: Move(join=one)})
    work()
    for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        press(name, [one])
    work()
    rest = ["delivery.picked", "delivery.dispatched", "delivery.completed", "order.fulfilled"]
    assert goods(first) == ["order.scheduled", "delivery.moved", *rest]
    assert goods(second) == ["order.scheduled", "delivery.joined", *rest]
    pay(first, second)
    at_rest(30_000, 50_000)


def short(order: int, choice: str, instead: int | None = None) -> None:
    """Three of five are found; what is scheduled after that is led to the end."""
    first = the("scheduled")
    press("deliver.pick", {first: Picked({line_of(first): Short(Decimal(3), choice, "broken", instead)})})
    if instead:
        press("capture.amend", {order: Amend(version=make.order(order).version, add=(LineDraft(Decimal(2), instead),))})
    press("deliver.dispatch", [first])
    press("deliver.complete", [first])
    work()
    for second in sql.ids("SELECT id FROM delivery WHERE state = 'scheduled'"):
        for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
            press(name, [second])
    work()
    assert make.balance(chart.STOCK_DIFFERENCE) == 12_000
    pay(order)


SHORT = ["order.scheduled", "delivery.short", "delivery.picked", "delivery.dispatched", "delivery.completed"]
AFTER = ["order.scheduled", "delivery.picked", "delivery.dispatched", "delivery.completed", "order.fulfilled"]


def test_a_short_shelf_the_rest_waits_and_follows():
    order = ordered(make.customer(), (make.product(10_000), 5))
    short(order, "backorder")
    assert goods(order) == SHORT + AFTER
    at_rest(30_000, 50_000)


def test_a_short_shelf_the_rest_is_given_up():
    order = ordered(make.customer(), (make.product(10_000), 5))
    short(order, "cancel")
    assert goods(order) == [*SHORT, "order.fulfilled"]
    at_rest(18_000, 30_000)


def test_a_short_shelf_another_product_goes_instead():
    other = make.product(8_000, cost=5_000)
    order = ordered(make.customer(), (make.product(10_000), 5))
    short(order, "substitute", other)
    assert goods(order) == SHORT + AFTER
    assert [(line.cancelled, line.delivered) for line in make.lines_of(order)] == [(2, 3), (0, 2)]
    at_rest(28_000, 46_000)
