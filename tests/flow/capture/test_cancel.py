"""What is no longer wanted: an order, a line, a part; what is on the road completes."""

from decimal import Decimal

import pytest

from alur.core import sql
from alur.flow.capture.cancel import Cancel
from alur.models import Backorder, Delivery, DeliveryLine, Hold, Note, ProForma, Reason, Recheck, Reservation, SalesOrder, Stock
from tests import make

COUNTERS = ("cancelled", "reserved", "scheduled", "picked", "shipped", "delivered")
STEPS = {"picked": ["deliver.pick"], "dispatched": ["deliver.pick", "deliver.dispatch"], "delivered": ["deliver.pick", "deliver.dispatch", "deliver.complete"]}


def counters(order_id):
    return [tuple(int(getattr(line, name)) for name in COUNTERS) for line in make.lines_of(order_id)]


def planned(lines, **fields):
    """A confirmed order with its deliveries planned."""
    (order,) = make.orders(lines=lines, through="deliver.schedule", **fields)
    return order


def through(state):
    """Take every planned delivery this far."""
    for name in STEPS[state]:
        make.run(name, list(Delivery.objects.exclude(state__in=["delivered", "cancelled"]).values_list("id", flat=True)))


def test_a_received_order_is_cancelled_whole():
    (order,) = make.orders()
    Hold.objects.create(order_id=order, code="overdue", opened_at=make.AT)
    assert make.run("capture.cancel", {order: Cancel(reason="Salah ketik")}).moved == [order]
    assert (make.order(order).state, make.order(order).total, counters(order)) == ("cancelled", 0, [(2, 0, 0, 0, 0, 0)])
    assert make.events(order) == ["order.received", "order.cancelled"]
    assert Note.objects.get().body == "Salah ketik"
    assert Hold.objects.get().resolved_by == "system"
    assert make.run("capture.cancel", [order]).already == [order]


def test_a_part_takes_from_the_end_of_its_life():
    order = planned([(make.product(stock=10), 16)])
    assert counters(order) == [(0, 10, 10, 0, 0, 0)]
    (line,) = make.lines_of(order)
    total, granted, version = make.order(order).total, make.order(order).granted, make.order(order).version

    def less(quantity):
        assert make.run("capture.cancel", {order: Cancel({line.id: Decimal(quantity)})}).moved == [order]
        return counters(order)[0], list(Backorder.objects.values_list("open", flat=True)), Stock.objects.get().reserved, DeliveryLine.objects.get().quantity

    assert less(4) == ((4, 10, 10, 0, 0, 0), [2], 10, 10)
    assert (make.order(order).total, make.order(order).granted) == (total * 12 / 16, granted * 12 / 16)
    assert less(5) == ((9, 7, 7, 0, 0, 0), [], 7, 7)
    assert make.order(order).version == version + 2
    make.onward([order], "invoice.prepare")
    assert ProForma.objects.get(voided_at=None).total == make.order(order).total
    assert less(7) == ((16, 0, 0, 0, 0, 0), [], 0, 0)
    assert (make.order(order).state, make.order(order).granted, make.order(order).total) == ("cancelled", 0, 0)
    assert Delivery.objects.get().state == "cancelled"
    assert not Reservation.objects.exists()
    assert not ProForma.objects.filter(voided_at=None).exists()
    assert make.events(order).count("order.reduced") == 2
    assert make.events(order)[-2:] == ["order.cancelled", "delivery.cancelled"]


def test_the_latest_delivery_gives_first_and_the_shelf_before_it():
    cup = make.product(stock=4)
    order = planned([(cup, 12)])
    for day in (1, 2):
        Stock.objects.update(on_hand=4 + 3 * day)
        assert make.run("confirm.refill").moved == [order]
        SalesOrder.objects.update(requested_on=f"2026-12-0{day}")
        if day == 1:
            make.run("deliver.schedule", [order])
    first, second = DeliveryLine.objects.order_by("id")
    assert counters(order) == [(0, 10, 7, 0, 0, 0)]
    make.run("capture.cancel", {order: Cancel({make.lines_of(order)[0].id: Decimal(7)})})
    assert counters(order) == [(7, 5, 5, 0, 0, 0)]  # 2 waited, 3 were reserved, 2 were on the later delivery
    assert [DeliveryLine.objects.get(id=x.id).quantity for x in (first, second)] == [4, 1]
    assert Reservation.objects.get().quantity == Stock.objects.get().reserved == 5


def test_two_warehouses_give_back_what_lies_in_each():
    cup = make.product(stock=5)
    sby = make.warehouse("SBY")
    make.put(cup, 4, warehouse_id=sby)
    (order,) = make.orders(lines=[(cup, 9)], through="confirm.promise")
    make.run("capture.cancel", {order: Cancel({make.lines_of(order)[0].id: "6"})})
    assert list(Reservation.objects.values_list("warehouse_id", "quantity")) == [(Stock.objects.order_by("id").first().warehouse_id, 3)]
    assert [s.reserved for s in Stock.objects.order_by("id")] == [3, 0]


def test_what_was_delivered_stays_and_ends_the_order():
    order = planned([(make.product(stock=4), 10), (make.product(kind="charge"), 1)])
    through("delivered")
    assert counters(order) == [(0, 4, 4, 4, 4, 4), (0, 1, 1, 1, 1, 1)]
    assert make.run("capture.cancel", [order]).moved == [order]
    assert (make.order(order).state, counters(order)[0]) == ("fulfilled", (6, 4, 4, 4, 4, 4))
    assert make.events(order)[-2:] == ["order.fulfilled", "order.reduced"]


def test_charges_ride_on_when_their_goods_are_cancelled():
    cup, pen, post = make.product(stock=5), make.product(stock=0), make.product(kind="charge")
    order = planned([(cup, 5), (pen, 2), (post, 1)])
    first = make.lines_of(order)[0]
    assert make.run("capture.cancel", {order: Cancel({first.id: None})}).moved == [order]
    assert counters(order) == [(5, 0, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0)]
    assert Delivery.objects.get().state == "cancelled"
    assert make.order(order).state == "confirmed"


def test_picked_goods_go_back_on_the_shelf():
    cup, post = make.product(stock=6), make.product(kind="charge")
    order = planned([(cup, 6), (post, 1)])
    through("picked")
    (line, _), (x, charge) = make.lines_of(order), DeliveryLine.objects.order_by("id")
    assert make.run("capture.cancel", {order: Cancel({line.id: "2"})}).moved == [order]
    assert counters(order)[0] == (2, 4, 4, 4, 0, 0)
    x.refresh_from_db()
    assert (x.quantity, x.picked, Stock.objects.get().reserved, Reservation.objects.get().quantity) == (4, 4, 4, 4)
    assert (Delivery.objects.get().state, make.events(order)[-2:]) == ("picked", ["order.reduced", "delivery.put_back"])
    assert make.run("capture.cancel", [order]).moved == [order]
    assert counters(order) == [(6, 0, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0)]
    x.refresh_from_db(), charge.refresh_from_db()
    assert (x.quantity, x.picked, charge.quantity, charge.picked) == (0, 0, 0, 0)
    assert (make.order(order).state, Delivery.objects.get().state, Stock.objects.get().reserved) == ("cancelled", "cancelled", 0)
    assert make.events(order)[-3:] == ["order.cancelled", "delivery.put_back", "delivery.cancelled"]


def test_what_nobody_has_picked_gives_before_what_is_picked():
    cup = make.product(stock=4)
    order = planned([(cup, 12)])
    through("picked")
    Stock.objects.update(on_hand=7)
    make.run("confirm.refill")
    make.run("deliver.schedule", [order])
    assert counters(order) == [(0, 7, 7, 4, 0, 0)]
    make.run("capture.cancel", {order: Cancel({make.lines_of(order)[0].id: "9"})})  # 5 waited, 3 were planned, 1 was picked
    assert counters(order) == [(9, 3, 3, 3, 0, 0)]
    assert list(DeliveryLine.objects.order_by("id").values_list("quantity", "picked", "delivery__state")) == [(3, 3, "picked"), (0, 0, "cancelled")]


CASES = [
    (None, {}, "nothing_left", lambda order: SalesOrder.objects.filter(id=order).update(state="fulfilled") and through("delivered")),
    (None, {}, "closed", lambda order: SalesOrder.objects.filter(id=order).update(state="closed")),
    ({0: None}, {}, "unknown_line", None),
    ({1: "0"}, {}, "bad_quantity", None),
    ({1: "NaN"}, {}, "bad_quantity", None),
    ({1: "dua"}, {}, "bad_quantity", None),
    ({1: "5"}, {}, "more_than_open", None),
    (None, {}, "in_transit", lambda _: through("dispatched")),
    ({1: "4"}, {"delivery_id", "quantity"}, "in_transit", lambda _: through("dispatched")),
]


@pytest.mark.parametrize(("lines", "facts", "code", "act"), CASES)
def test_refusals(lines, facts, code, act):
    order = planned([(make.product(stock=10), 4)])
    if act:
        act(order)
    line = make.lines_of(order)[0]
    said = None if lines is None else {line.id if n else 0: quantity for n, quantity in lines.items()}
    before = counters(order), make.order(order).version, list(DeliveryLine.objects.values_list("quantity", flat=True))
    outcome = make.run("capture.cancel", {order: {"lines": said}})
    assert make.codes(outcome) == [code]
    assert set(facts) <= set(outcome.refused[0].facts)
    assert (counters(order), make.order(order).version, list(DeliveryLine.objects.values_list("quantity", flat=True))) == before
    assert make.events(order)[-1] == "order.cancel_refused"


def test_who_looked_at_an_older_version_cancels_nothing():
    (order,) = make.orders()
    assert make.codes(make.run("capture.cancel", {order: Cancel(version=2)})) == ["stale_version"]
    assert make.run("capture.cancel", {order: {"version": 1}}).moved == [order]


def test_reasons_the_queue_and_the_payers_other_orders():
    cup, buyer = make.product(stock=4), make.customer()
    Reason.objects.create(kind="cancel", code="too_late")
    first, second = make.orders(2, lines=[(cup, 4)], customer_id=buyer, through="confirm.promise")
    Recheck.objects.all().delete()
    make.run("capture.cancel", {first: {"reason": "too_late"}, 10**9: {}})
    assert sql.one("SELECT data->>'reason' FROM event WHERE kind = 'order.cancelled'") == "too_late"
    assert not Note.objects.exists()
    assert list(Recheck.objects.values_list("step", "order_id", "why")) == [("verify", second, "cancelled")]
    assert make.run("confirm.refill").moved == [second]
    assert make.lines_of(second)[0].reserved == 4


def test_a_set_costs_as_many_statements_as_one():
    cup, counted = make.product(stock=500), []
    for n in (1, 20):
        ids = make.orders(n, lines=[(cup, 2)], through="deliver.schedule")
        with sql.counting() as count:
            assert len(make.run("capture.cancel", ids).moved) == n
        counted.append(count.statements)
    assert counted[0] == counted[1]
    assert Stock.objects.get().reserved == 0
