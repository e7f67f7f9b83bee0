"""Goods are taken from the shelf."""

from datetime import timedelta

import pytest

from alur.core import sql
from alur.flow import holds
from alur.flow.deliver import pick
from alur.models import Delivery, DeliveryLine, Stock
from tests import make


def test_a_delivery_is_picked_in_full():
    cup, post = make.product(), make.product(kind="charge")
    (order_id,) = make.confirmed(lines=[(cup, 3), (post, 1)])
    (delivery_id,) = make.deliveries([order_id])
    assert sql.ids(pick.WAITING, at=make.AT, limit=10) == [delivery_id]
    assert make.run("deliver.pick", [delivery_id]).moved == [delivery_id]
    made = Delivery.objects.get()
    assert (made.state, made.picked_at, made.version) == ("picked", make.AT, 2)
    assert list(DeliveryLine.objects.order_by("id").values_list("picked", flat=True)) == [3, 1]
    assert [(line.scheduled, line.picked, line.shipped) for line in make.lines_of(order_id)] == [(3, 3, 0), (1, 1, 0)]
    assert Stock.objects.get().reserved == 3  # until it leaves
    (event,) = sql.rows("SELECT subject_kind, subject_id, order_id, actor FROM event WHERE kind = 'delivery.picked'")
    assert event == ("delivery", delivery_id, order_id, make.BY)
    assert make.run("deliver.pick", [delivery_id]).already == [delivery_id]
    assert sql.ids(pick.WAITING, at=make.AT, limit=10) == []


def test_a_line_on_two_deliveries_counts_both():
    cup = make.product(stock=3)
    (order_id,) = make.confirmed(lines=[(cup, 5)])
    first = make.deliveries([order_id])
    Stock.objects.update(on_hand=5)
    make.run("confirm.refill", [order_id])
    both = first + make.deliveries([order_id], at=make.AT + timedelta(days=1))
    assert len(set(both)) == 2
    make.run("deliver.pick", both)
    assert [line.picked for line in make.lines_of(order_id)] == [5]


def held(delivery_id: int, order_id: int) -> None:
    holds.open_all([holds.Opening(order_id, "awaiting_payment", "finance")], by="system", at=make.AT)


def state(name: str):
    return lambda delivery_id, _order_id: Delivery.objects.filter(id=delivery_id).update(state=name)


@pytest.mark.parametrize(
    ("changes", "code", "event"),
    [
        ([state("cancelled"), held], "held", False),
        ([held], "held", False),
        ([state("cancelled")], "cancelled", True),
        ([state("failed")], "wrong_state", False),
    ],
)
def test_refusals(changes, code, event):
    (order_id,) = make.confirmed()
    (delivery_id,) = make.deliveries([order_id])
    for change in changes:
        change(delivery_id, order_id)
    outcome = make.run("deliver.pick", [delivery_id])
    assert make.codes(outcome) == [code]
    assert outcome.refused[0].facts["delivery_id"] == delivery_id
    assert DeliveryLine.objects.get().picked == make.lines_of(order_id)[0].picked == 0
    assert ("delivery.pick_refused" in make.events(order_id)) is event
    assert sql.ids(pick.WAITING, at=make.AT, limit=10) == []


def test_what_is_not_there_is_not_found():
    assert make.codes(make.run("deliver.pick", [10**9])) == ["not_found"]
