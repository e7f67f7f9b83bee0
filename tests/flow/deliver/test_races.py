"""Two people at one delivery, with real commits: one of them is first, the other is told, and the books prove it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from alur.core import clock, sql, step
from alur.flow import map as flow
from alur.flow.capture.cancel import Cancel
from alur.flow.capture.delta import Amend, LineChange
from alur.flow.deliver.ending import Done
from alur.flow.deliver.move import Move
from alur.flow.deliver.short import Picked, Short
from alur.models import Delivery, DeliveryLine, OrderLine, Reason
from tests import make
from tests.flow.test_races import AT, at_once, sound

ROUNDS = 20


@pytest.fixture(autouse=True)
def _committing(transactional_db):
    clock.move(AT)
    Reason.objects.create(kind="short_pick", code="broken", stock_effect="quantity")


def race(before: str | None, first: Callable[[int, int], tuple[str, Any]], second: Callable[[int, int], tuple[str, Any]]) -> list[list[step.Outcome]]:
    """Rounds of two presses at once on a delivery and its order."""
    cup, found = make.product(), []
    orders = make.confirmed(ROUNDS, lines=[(cup, 5)])
    made = make.deliveries(orders)
    if before:
        make.run(before, made)
    for order, delivery in zip(orders, made, strict=True):
        found.append(at_once(lambda pair: step.run(flow.by_name[pair[0]], pair[1], by="7", at=AT), [first(order, delivery), second(order, delivery)], 2))
    assert sql.one("SELECT count(*) FROM broken") == 0
    assert sound()
    return found


def picked_short(_order: int, delivery: int) -> tuple[str, Any]:
    line = DeliveryLine.objects.filter(delivery_id=delivery).earliest("id").id
    return "deliver.pick", {delivery: Picked({line: Short(Decimal(3), "backorder", "broken")})}


def test_pick_against_cancel():
    for picked, cancelled in race(None, picked_short, lambda order, _: ("capture.cancel", {order: Cancel()})):
        assert len(cancelled.moved) == 1  # what is picked goes back on the shelf
        assert len(picked.moved) + len(picked.refused) == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {"cancelled"}
    assert not sql.ids("SELECT id FROM stock WHERE reserved <> 0")


def test_pick_against_amend():
    def less(order: int, _delivery: int) -> tuple[str, Any]:
        line = OrderLine.objects.get(order_id=order)
        return "capture.amend", {order: Amend(version=make.order(order).version, lines={line.id: LineChange(quantity=Decimal(4))})}

    for picked, amended in race(None, picked_short, less):
        assert len(picked.moved) + len(picked.refused) == len(amended.moved) + len(amended.refused) == 1
        assert {r.code for r in picked.refused} <= {"does_not_add_up"}


def test_dispatch_against_calling_off():
    for sent, off in race("deliver.pick", lambda _, d: ("deliver.dispatch", [d]), lambda _, d: ("deliver.cancel", [d])):
        assert len(sent.moved) + len(off.moved) == 1
        assert {r.code for r in (*sent.refused, *off.refused)} <= {"in_transit", "wrong_state"}
    assert set(Delivery.objects.values_list("state", flat=True)) <= {"dispatched", "cancelled"}


def test_moving_against_picking():
    for moved, picked in race(None, lambda _, d: ("deliver.move", {d: Move(day="2026-11-27")}), lambda _, d: ("deliver.pick", [d])):
        assert len(picked.moved) == 1
        assert len(moved.moved) + len(moved.refused) == 1


def test_two_dispatchers_join_two_deliveries_with_each_other():
    buyer, cup = make.customer(), make.product()
    for _ in range(ROUNDS):
        orders = make.confirmed(2, customer_id=buyer, lines=[(cup, 1)])
        one, two = make.deliveries(orders)
        found = at_once(lambda pair: step.run(flow.by_name["deliver.move"], {pair[0]: Move(join=pair[1])}, by="7", at=AT), [(one, two), (two, one)], 2)
        assert sorted(len(each.moved) for each in found) == [0, 1]
        make.run("deliver.pick", sql.ids("SELECT id FROM delivery WHERE state = 'scheduled'"))
    assert sound()


def test_two_taps_of_a_driver_count_once():
    Reason.objects.create(kind="failed_delivery", code="closed")
    orders = make.confirmed(ROUNDS)
    made = make.deliveries(orders, through="deliver.dispatch")
    for delivery in made:
        reports = [("deliver.complete", {delivery: Done(receiver="A")}), ("deliver.fail", {delivery: Done(reason="closed")})]
        found = at_once(lambda pair: step.run(flow.by_name[pair[0]], pair[1], by="7", at=AT), reports, 2)
        assert sorted(len(each.moved) for each in found) == [0, 1]
    assert sql.one("SELECT count(*) FROM event WHERE kind IN ('delivery.completed', 'delivery.failed')") == ROUNDS
    assert sound()
