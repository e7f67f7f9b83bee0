"""What an order comes to when less of it is wanted: rounded as a whole, billed parts kept, credit lowered."""

from decimal import Decimal

import pytest

from alur.core import sql
from alur.flow import totals
from alur.flow.capture.cancel import Cancel
from alur.models import Delivery, OrderLine, PriceList, SalesOrder
from tests import make


def row(order_id):
    order = make.order(order_id)
    return order.net, order.tax, order.rounding, order.total


@pytest.mark.parametrize(
    ("included", "before", "after"),
    [
        (False, (Decimal("1000.00"), 110, 0, 1110), (Decimal("333.33"), 37, Decimal("-0.33"), 370)),
        (True, (901, 99, 0, 1000), (Decimal("300.33"), 33, Decimal("-0.33"), 333)),
    ],
)
def test_a_third_of_it(included, before, after):
    make.basics()
    PriceList.objects.update(tax_included=included)
    (order,) = make.orders(lines=[(make.product("333.333333", cost=0), 3)], through="check.price")
    assert row(order) == before
    OrderLine.objects.update(cancelled=2)
    totals.rewrite([order])
    assert row(order) == after
    assert OrderLine.objects.get().net == 1000
    totals.rewrite([])


def test_granted_falls_and_never_rises():
    (order,) = make.orders(lines=[(make.product(stock=4), 10)], customer_id=make.customer(terms_id=make.terms(30)), through="check.verify")
    total = make.order(order).total
    assert make.order(order).granted == total * 70 / 100
    SalesOrder.objects.update(granted=5)
    totals.rewrite([order])
    assert (make.order(order).granted, make.order(order).total) == (5, total)


def test_what_is_billed_is_no_longer_at_risk():
    (order,) = make.orders(lines=[(make.product(stock=4), 10)], through="deliver.schedule")
    for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        make.run(name, [Delivery.objects.get().id])
    make.run("invoice.issue", [order])
    total, billed = make.order(order).total, sql.one("SELECT total FROM invoice")
    assert billed == total * 4 / 10
    make.run("capture.cancel", {order: Cancel({make.lines_of(order)[0].id: Decimal(5)})})
    assert (make.order(order).total, make.order(order).granted) == (total / 2, total / 2 - billed)
