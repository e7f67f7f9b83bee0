"""Prices are changed and added; orders that are not verified follow."""

from datetime import date
from decimal import Decimal

import pytest

from alur.models import Price, PriceList, Recheck, SalesOrder
from tests import make


def test_a_changed_price_reaches_received_orders():
    cup, jar = make.product(), make.product()
    one, two, three = (make.orders(1, lines=[(thing, 2)], through="check.price")[0] for thing in (cup, cup, jar))
    SalesOrder.objects.filter(id=two).update(state="verified")
    row = Price.objects.get(product_id=cup)
    outcome = make.run("check.change_price", {row.id: {"version": 1, "price": Decimal(11_000)}})
    assert outcome.moved == [row.id]
    row.refresh_from_db()
    assert (row.price, row.version, row.unit) == (11_000, 2, "pcs")
    assert list(Recheck.objects.values_list("step", "order_id")) == [("price", one)]
    make.run("check.price")
    assert [make.order(i).net for i in (one, two, three)] == [22_000, 20_000, 20_000]
    assert list(Recheck.objects.values_list("step", "order_id")) == [("verify", one)]
    assert make.events(one)[-1] == "order.priced"
    assert make.run("check.change_price", {row.id: {"version": 2, "price": Decimal(11_000)}}).already == [row.id]


def test_a_price_is_added():
    cup, buyer = make.product(), make.customer()
    new = {"price": Decimal(9_000), "product_id": cup, "customer_id": buyer, "unit": "pcs", "discounts": (Decimal(10), Decimal(5))}
    outcome = make.run("check.change_price", {0: new})
    row = Price.objects.get(customer_id=buyer)
    assert (outcome.moved, outcome.made, row.price, row.discounts) == ([row.id], {0: row.id}, 9_000, [10, 5])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": 2}, "stale_version"),
        ({"price": Decimal("NaN")}, "bad_price"),
        ({"price": Decimal(-1)}, "bad_price"),
        ({"valid_from": date(2026, 2, 1), "valid_to": date(2026, 1, 1)}, "bad_price"),
    ],
)
def test_refused_changes(change, code):
    make.orders(1)
    row = Price.objects.get()
    assert make.codes(make.run("check.change_price", {row.id: {"version": 1, "price": Decimal(5)} | change})) == [code]
    row.refresh_from_db()
    assert (row.version, row.price, make.count_of("recheck"), make.count_of("event")) == (1, 10_000, 0, 1)


def test_refused_additions():
    cup, both = make.product(), PriceList.objects.get().id
    new = {"price": Decimal(5), "product_id": cup, "unit": "pcs"}
    table = {0: new, -1: new | {"customer_id": 1, "price_list_id": both}, -2: new | {"price_list_id": both}, -3: new | {"unit": ""}}
    outcome = make.run("check.change_price", table | {999: {"version": 1, "price": Decimal(1)}})
    assert {r.id: r.code for r in outcome.refused} == {0: "bad_place", -1: "bad_place", -2: "exists", -3: "bad_price", 999: "not_found"}
    assert make.count_of("price") == 1
