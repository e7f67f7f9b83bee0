"""Verified orders get stock in queue order, from the right warehouse, or wait in the queue."""

from datetime import date
from decimal import Decimal

import pytest

from alur.core import sql
from alur.models import Backorder, Customer, Hold, OpenReceipt, OrderLine, Reservation, SalesOrder, Stock, Warehouse
from tests import make

def verified(n=1, **fields):
    """Orders as verify leaves them."""
    ids = make.orders(n, **fields)
    SalesOrder.objects.filter(id__in=ids).update(state="verified")
    return ids


def test_a_clean_order_is_confirmed():
    cup = make.product(stock=10)
    (order,) = verified(lines=[(cup, 4)])
    assert make.run("confirm.reserve", [order]).moved == [order]
    assert make.order(order).state == "confirmed"
    assert make.lines_of(order)[0].reserved == 4
    assert Reservation.objects.values_list("quantity", "warehouse_id").get() == (4, Warehouse.objects.get().id)
    assert Stock.objects.get().reserved == 4
    assert make.events(order) == ["order.received", "order.confirmed"]
    assert make.run("confirm.reserve", [order]).already == [order]


def test_promise():
    cup = make.product(stock=10)
    (order,) = verified(lines=[(cup, 4)])
    make.run("confirm.reserve", [order])
    assert make.run("confirm.promise", [order]).moved == [order]
    assert make.order(order).promised_on == date(2026, 11, 24)
    assert make.run("confirm.promise", [order]).already == [order]
    assert make.run("confirm.promise").moved == []
    assert make.run("confirm.reserve").moved == []
    from alur.reads import promise
    print(promise.dry_run(make.order(order).customer_id, [promise.Typed(cup, Decimal(8))], at=make.AT))
