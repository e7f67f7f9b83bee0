"""The customer has the goods; what did not stay is accounted for."""

from datetime import timedelta
from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.flow import holds
from alur.flow.deliver.ending import Done, Ends
from alur.models import Backorder, Delivery, DeliveryLine, Hold, Reason, Recheck, Reservation, SalesOrder, Stock, StockMove
from tests import make

LATER = make.AT + timedelta(days=1)
COUNTERS = ("cancelled", "reserved", "scheduled", "picked", "shipped", "delivered")


@pytest.fixture(autouse=True)
def _reasons():
    Reason.objects.create(kind="failed_delivery", code="closed", name_id="Tutup", name_en="Closed")
    Reason.objects.create(kind="cancel", code="too_late")


def counters(order_id: int) -> list[tuple[Decimal, ...]]:
    return [tuple(getattr(line, name) for name in COUNTERS) for line in make.lines_of(order_id)]


def on_the_road(*lines: tuple[int, int], **fields) -> tuple[int, int, list[int]]:
    """An order of these lines whose only delivery has left: its id, the delivery's, and those of the delivery's lines."""
    (order_id,) = make.confirmed(lines=lines, **fields)
    (delivery_id,) = make.deliveries([order_id], through="deliver.dispatch")
    return order_id, delivery_id, list(DeliveryLine.objects.filter(delivery_id=delivery_id).order_by("order_line_id").values_list("id", flat=True))


def test_all_of_it_arrives():
    order_id, delivery_id, _ = on_the_road((make.product(), 3), (make.product(kind="charge"), 1))
    holds.open_all([holds.Opening(order_id, "overdue", "finance")], by="system", at=make.AT)
    assert make.run("deliver.complete", {delivery_id: Done(receiver="Budi", proof=("a.jpg", "b.jpg"))}, at=LATER).moved == [delivery_id]
    made = Delivery.objects.get()
    assert (made.state, made.receiver, made.proof, made.ended_at) == ("delivered", "Budi", ["a.jpg", "b.jpg"], LATER)
    assert counters(order_id) == [(0, 3, 3, 3, 3, 3), (0, 1, 1, 1, 1, 1)]
    assert (make.balance(chart.GOODS_IN_TRANSIT), make.balance(chart.COST_OF_GOODS)) == (0, 18_000)
    assert make.order(order_id).state == "fulfilled"
    assert (Hold.objects.get().resolved_by, Hold.objects.get().resolution) == ("system", "finished")
    assert make.events(order_id)[-2:] == ["delivery.completed", "order.fulfilled"]
    assert make.run("deliver.complete", [delivery_id]).already == [delivery_id]
    assert sql.one("SELECT count(*) FROM event WHERE kind = 'delivery.completed'") == 1


def test_a_part_of_an_order_does_not_fulfil_it():
    (order_id,) = make.confirmed(lines=[(make.product(stock=2), 3)])
    make.deliveries([order_id], through="deliver.complete")
    assert make.order(order_id).state == "confirmed"
    assert counters(order_id) == [(0, 2, 2, 2, 2, 2)]
    assert make.run("invoice.issue").moved == [order_id]  # what came is invoiced all the same


def test_again_comes_back_and_goes_out_once_more():
    cup = make.product()
    order_id, delivery_id, (line,) = on_the_road((cup, 3))
    outcome = make.run("deliver.complete", {delivery_id: Done(lines={line: Ends(Decimal(2), again=Decimal(1), reason="closed")})}, at=LATER)
    assert outcome.facts[delivery_id] == {"again": 1, "lost": 0, "refused": 0}
    assert counters(order_id) == [(0, 3, 2, 2, 2, 2)]
    stock, move = Stock.objects.get(), StockMove.objects.get(kind="back")
    assert (stock.on_hand, stock.reserved, stock.value, stock.unit_cost) == (998, 1, 998 * 6_000, 6_000)
    assert (move.quantity, move.value, move.delivery_line_id) == (1, 6_000, line)
    assert Reservation.objects.get().quantity == 1
    assert (make.balance(chart.GOODS_IN_TRANSIT), make.balance(chart.COST_OF_GOODS), make.balance(chart.INVENTORY)) == (0, 12_000, 998 * 6_000)
    assert DeliveryLine.objects.get().reason.code == "closed"
    assert Recheck.objects.get(step="promise").order_id == order_id
    (second,) = make.deliveries([order_id], through="deliver.complete", at=LATER)
    assert Delivery.objects.get(id=second).attempt == 2
    assert make.order(order_id).state == "fulfilled"
    assert make.balance(chart.COST_OF_GOODS) == 18_000


def test_lost_waits_in_the_queue_with_its_old_key():
    order_id, delivery_id, (line,) = on_the_road((make.product(), 3))
    make.run("deliver.complete", {delivery_id: Done(lines={line: Ends(Decimal(2), lost=Decimal(1))}, reason="closed")}, at=LATER)
    assert counters(order_id) == [(0, 2, 2, 2, 2, 2)]
    queued, order = Backorder.objects.get(), make.order(order_id)
    assert (queued.open, queued.priority, queued.received_at, queued.order_id) == (1, order.priority, order.received_at, order_id)
    assert (make.balance(chart.STOCK_LOSS), make.balance(chart.COST_OF_GOODS), make.balance(chart.GOODS_IN_TRANSIT)) == (6_000, 12_000, 0)
    assert not StockMove.objects.filter(kind="back").exists()
    make.run("confirm.refill", [order_id])
    assert counters(order_id) == [(0, 3, 2, 2, 2, 2)]
    make.deliveries([order_id], through="deliver.complete", at=LATER)
    assert make.order(order_id).state == "fulfilled"


def test_lost_joins_what_waits_already():
    (order_id,) = make.confirmed(lines=[(make.product(stock=3), 5)])
    (delivery_id,) = make.deliveries([order_id], through="deliver.dispatch")
    line = DeliveryLine.objects.get().id
    make.run("deliver.complete", {delivery_id: Done(lines={line: Ends(Decimal(2), lost=Decimal(1))}, reason="closed")})
    assert Backorder.objects.get().open == 3


def test_refused_on_the_last_line_fulfils_the_order_and_lowers_its_total():
    buyer = make.customer()
    order_id, delivery_id, (line,) = on_the_road((make.product(price=10_000), 3), customer_id=buyer)
    (other,) = make.confirmed(customer_id=buyer)
    before = make.order(order_id)
    make.run("deliver.complete", {delivery_id: Done(lines={line: Ends(Decimal(2), refused=Decimal(1))}, reason="closed")})
    assert counters(order_id) == [(1, 2, 2, 2, 2, 2)]
    after = make.order(order_id)
    assert (before.total, before.granted) == (33_300, 33_300)
    assert (after.state, after.net, after.tax, after.total, after.granted) == ("fulfilled", 20_000, 2_200, 22_200, 22_200)
    stock = Stock.objects.order_by("id").first()
    assert (stock.on_hand, stock.reserved) == (998, 0)
    assert make.balance(chart.COST_OF_GOODS) == 12_000
    assert list(Recheck.objects.filter(step="verify").values_list("order_id", flat=True)) == [other]


def test_all_four_on_one_line_split_its_value_exactly():
    cup = make.product(stock=0)
    make.put(cup, 7, cost=Decimal(1) / 7)
    Stock.objects.update(value=1, unit_cost=Decimal("0.142857"))
    order_id, delivery_id, (line,) = on_the_road((cup, 7))
    ends = Ends(Decimal(1), Decimal(2), Decimal(1), Decimal(3), "closed")
    make.run("deliver.complete", {delivery_id: Done(lines={line: ends})})
    assert counters(order_id) == [(3, 3, 1, 1, 1, 1)]
    assert [make.balance(a) for a in (chart.COST_OF_GOODS, chart.STOCK_LOSS, chart.GOODS_IN_TRANSIT)] == [Decimal("0.14"), Decimal("0.15"), 0]
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.reserved, stock.value, stock.unit_cost) == (5, 2, Decimal("0.71"), Decimal("0.142"))
    assert make.order(order_id).state == "confirmed"


def test_a_charge_is_delivered_though_goods_beside_it_are_not():
    order_id, delivery_id, (cups, teas, _post) = on_the_road((make.product(), 1), (make.product(), 1), (make.product(kind="charge"), 1))
    make.run("deliver.complete", {delivery_id: Done(lines={teas: Ends(again=Decimal(1))}, reason="closed")})
    assert [line.delivered for line in make.lines_of(order_id)] == [1, 0, 1]
    assert DeliveryLine.objects.get(id=cups).reason_id is None


def test_a_charge_rides_on_the_delivery_after_a_failed_one():
    (order_id,) = make.confirmed(lines=[(make.product(stock=1), 2), (make.product(kind="charge"), 1)])
    (first,) = make.deliveries([order_id], through="deliver.dispatch")
    make.run("deliver.fail", {first: Done(reason="closed")})
    assert counters(order_id)[1] == (0, 1, 0, 0, 0, 0)
    (second,) = make.deliveries([order_id], through="deliver.dispatch")
    assert counters(order_id)[1] == (0, 1, 1, 1, 1, 0)
    make.run("deliver.complete", [second])
    assert make.order(order_id).state == "confirmed"
    make.run("capture.cancel", [order_id])
    assert make.order(order_id).state == "fulfilled"


def test_two_orders_one_drop_are_told_and_finished_each():
    buyer, cup = make.customer(), make.product()
    first, second = make.confirmed(2, customer_id=buyer, lines=[(cup, 2)])
    one, two = make.deliveries([first, second], through="deliver.dispatch")
    DeliveryLine.objects.filter(delivery_id=two).update(delivery_id=one)  # as a dispatcher will join them
    make.run("deliver.complete", [one])
    assert [make.order(i).state for i in (first, second)] == ["fulfilled", "fulfilled"]
    assert all(make.events(i)[-2:] == ["delivery.completed", "order.fulfilled"] for i in (first, second))


@pytest.mark.parametrize(
    ("state", "ends", "code"),
    [
        ("picked", Ends(Decimal(9)), "wrong_state"),
        ("failed", Ends(Decimal(9)), "wrong_state"),
        ("dispatched", Ends(Decimal(4)), "does_not_add_up"),
        ("dispatched", Ends(Decimal(1), Decimal(1)), "does_not_add_up"),
        ("dispatched", Ends(Decimal(4), Decimal(-1), reason="closed"), "does_not_add_up"),
        ("dispatched", Ends(Decimal("NaN"), Decimal(1), reason="closed"), "does_not_add_up"),
        ("dispatched", Ends(again=Decimal(3)), "nothing_delivered"),
        ("dispatched", Ends(Decimal(2), again=Decimal(1)), "no_reason"),
        ("dispatched", Ends(Decimal(2), again=Decimal(1), reason="too_late"), "no_reason"),
    ],
)
def test_refusals(state, ends, code):
    order_id, delivery_id, (line,) = on_the_road((make.product(), 3))
    Delivery.objects.update(state=state)
    told = counters(order_id), make.count_of("stock_move"), make.count_of("journal_line")
    outcome = make.run("deliver.complete", {delivery_id: Done(lines={line: ends})})
    assert make.codes(outcome) == [code]
    assert (counters(order_id), make.count_of("stock_move"), make.count_of("journal_line")) == told
    assert ("delivery.complete_refused" in make.events(order_id)) is (code != "wrong_state")


def test_a_line_of_another_delivery_does_not_add_up():
    order_id, delivery_id, _ = on_the_road((make.product(), 3))
    _, other, (theirs,) = on_the_road((make.product(), 3))
    outcome = make.run("deliver.complete", {delivery_id: Done(lines={theirs: Ends(Decimal(3))}), other: Done()})
    assert (make.codes(outcome), outcome.moved) == (["does_not_add_up"], [other])
    assert make.order(order_id).state == "confirmed"


def test_an_order_that_is_verified_again_meanwhile_is_not_lost():
    order_id, delivery_id, _ = on_the_road((make.product(), 3))
    SalesOrder.objects.filter(id=order_id).update(state="verified")
    make.run("deliver.complete", [delivery_id])
    assert make.order(order_id).state == "fulfilled"
