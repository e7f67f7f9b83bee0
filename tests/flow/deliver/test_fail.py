"""Nothing of a delivery stayed with the customer."""

from datetime import timedelta
from decimal import Decimal

import pytest

from alur.books import chart
from alur.flow.deliver.ending import Done, Ends
from alur.models import Backorder, Delivery, DeliveryLine, ProForma, Reason, Reservation, Stock
from tests import make

LATER = make.AT + timedelta(days=1)


@pytest.fixture(autouse=True)
def _reasons():
    Reason.objects.create(kind="failed_delivery", code="closed")


def on_the_road(*lines: tuple[int, int]) -> tuple[int, int]:
    (order_id,) = make.confirmed(lines=lines)
    return order_id, make.deliveries([order_id], through="deliver.dispatch")[0]


def test_it_comes_back_and_goes_out_again_with_its_charge():
    order_id, delivery_id = on_the_road((make.product(), 3), (make.product(kind="charge"), 1))
    assert make.run("deliver.fail", [delivery_id], reason="closed", at=LATER).moved == [delivery_id]
    assert (Delivery.objects.get().state, Delivery.objects.get().ended_at) == ("failed", LATER)
    assert list(DeliveryLine.objects.order_by("id").values_list("again", "reason__code")) == [(3, "closed"), (1, "closed")]
    assert [(line.reserved, line.scheduled, line.shipped) for line in make.lines_of(order_id)] == [(3, 0, 0), (1, 0, 0)]
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.reserved, stock.value) == (1000, 3, 6_000_000)
    assert Reservation.objects.get().quantity == 3
    assert (make.balance(chart.GOODS_IN_TRANSIT), make.balance(chart.INVENTORY)) == (0, 6_000_000)
    assert make.events(order_id)[-1] == "delivery.failed"
    assert make.run("deliver.fail", [delivery_id], reason="closed").already == [delivery_id]
    assert make.codes(make.run("deliver.complete", [delivery_id])) == ["wrong_state"]
    (second,) = make.deliveries([order_id], through="deliver.complete", at=LATER)
    assert Delivery.objects.get(id=second).attempt == 2
    assert make.order(order_id).state == "fulfilled"


def test_everything_refused_cancels_the_order():
    order_id, delivery_id = on_the_road((make.product(), 3), (make.product(kind="charge"), 1))
    ProForma.objects.filter(order_id=order_id).delete()
    ProForma.objects.create(order_id=order_id, version=1, number="PF-1", total=1, made_at=make.AT)
    line = DeliveryLine.objects.order_by("id").first().id
    make.run("deliver.fail", {delivery_id: Done(lines={line: Ends(refused=Decimal(3))}, reason="closed")})
    order = make.order(order_id)
    assert (order.state, order.total, order.granted) == ("cancelled", 0, 0)
    assert [(line.cancelled, line.reserved, line.scheduled) for line in make.lines_of(order_id)] == [(3, 0, 0), (1, 0, 0)]
    assert ProForma.objects.get().voided_at == make.AT
    assert make.events(order_id)[-2:] == ["delivery.failed", "order.cancelled"]
    assert (Stock.objects.get().on_hand, Stock.objects.get().reserved) == (1000, 0)


def test_everything_lost_waits_again():
    order_id, delivery_id = on_the_road((make.product(), 3))
    line = DeliveryLine.objects.get().id
    make.run("deliver.fail", {delivery_id: {"lines": {str(line): {"lost": "3"}}, "reason": "closed"}})
    assert Backorder.objects.get().open == 3
    assert make.balance(chart.STOCK_LOSS) == 18_000
    assert make.order(order_id).state == "confirmed"


@pytest.mark.parametrize(
    ("state", "done", "code"),
    [
        ("delivered", Done(), "wrong_state"),
        ("scheduled", Done(), "wrong_state"),
        ("dispatched", Ends(Decimal(3), reason="closed"), "does_not_add_up"),
        ("dispatched", Ends(again=Decimal(2), reason="closed"), "does_not_add_up"),
        ("dispatched", Done(), "no_reason"),
        ("dispatched", Done(reason="unknown"), "no_reason"),
    ],
)
def test_refusals(state, done, code):
    order_id, delivery_id = on_the_road((make.product(), 3))
    Delivery.objects.update(state=state)
    report = done if isinstance(done, Done) else Done(lines={DeliveryLine.objects.get().id: done})
    lines = make.count_of("journal_line")
    assert make.codes(make.run("deliver.fail", {delivery_id: report})) == [code]
    assert make.count_of("journal_line") == lines
    assert make.lines_of(order_id)[0].shipped == 3
