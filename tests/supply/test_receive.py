"""Goods are ordered and come in, worth their cost, and go to who waits for them."""

from datetime import date
from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.models import Department, Event, Period, Recheck, Stock, StockMove, Supplier, SupplyLine, SupplyOrder, Warehouse
from alur.supply.order import Line, SupplyDraft
from alur.supply.receive import Receipt
from tests import make


def draft(*lines, **fields):
    """A supply order of (product, quantity, cost)."""
    supplier = Supplier.objects.get_or_create(code="S1", name="PT Pemasok")[0]
    made = tuple(Line(product, Decimal(quantity), Decimal(cost), date(2026, 12, 1)) for product, quantity, cost in lines)
    return SupplyDraft(**{"key": 1, "source_id": supplier.id, "warehouse_id": Warehouse.objects.order_by("id").first().id, "lines": made} | fields)


def ordered(*lines, **fields):
    """The ids of the lines of a supply order."""
    outcome = make.run("supply.order", [draft(*lines, **fields)])
    assert not outcome.refused, outcome.refused
    assert outcome.made == {1: outcome.moved[0]}
    return list(SupplyLine.objects.filter(supply_order_id=outcome.moved[0]).order_by("id").values_list("id", flat=True))


def test_cost_is_a_moving_average():
    cup = make.product(stock=10, cost=6_000)
    (line,) = ordered((cup, 30, 9_000))
    assert SupplyOrder.objects.get().number.startswith("PO-2026-")
    assert make.run("supply.receive", {line: Receipt(Decimal(5))}).moved == [line]
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.value, stock.unit_cost) == (15, 105_000, 7_000)
    assert (SupplyLine.objects.get().state, SupplyOrder.objects.get().state) == ("open", "open")
    assert make.run("supply.receive", {line: {"quantity": "25", "unit_cost": "8333.33"}}).moved == [line]
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.value, stock.unit_cost) == (40, Decimal("313333.25"), Decimal("7833.331250"))
    assert (SupplyLine.objects.get().state, SupplyOrder.objects.get().state) == ("received", "received")
    assert [(m.quantity, m.value) for m in StockMove.objects.filter(kind="receipt").order_by("id")] == [(5, 45_000), (25, Decimal("208333.25"))]
    assert make.balance(chart.INVENTORY) == stock.value
    assert make.balance(chart.GOODS_NOT_INVOICED) == Decimal("-253333.25")
    assert list(Event.objects.filter(subject_kind="supply_order").values_list("kind", flat=True)) == ["supply.ordered", "supply.received", "supply.received"]
    assert make.codes(make.run("supply.receive", {line: Receipt()})) == ["wrong_state"]


def test_two_lines_of_one_product_in_a_new_place():
    cup = make.product(stock=0)
    lines = ordered((cup, 3, "0.333333"), (cup, 7, "0.01"))
    assert make.run("supply.receive", dict.fromkeys(lines, Receipt())).moved == lines
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.value, stock.unit_cost) == (10, Decimal("1.07"), Decimal("0.107"))
    assert SupplyOrder.objects.get().state == "received"
    assert make.balance(chart.INVENTORY) == Decimal("1.07")


def test_who_waits_is_promised_and_refilled():
    cup = make.product(stock=1)
    (order,) = make.orders(lines=[(cup, 6)], through="confirm.promise")
    assert make.order(order).promised_on is None
    (line,) = ordered((cup, 8, 6_000))
    assert make.run("confirm.promise").moved == [order]
    assert make.order(order).promised_on == date(2026, 12, 2)
    make.run("supply.receive", {line: Receipt(Decimal(3))})
    assert Recheck.objects.filter(step="promise").count() == 1
    assert make.run("confirm.refill").moved == [order]
    assert make.lines_of(order)[0].reserved == 4
    make.run("supply.receive", {line: Receipt()})
    assert make.run("confirm.refill").moved == [order]
    assert make.run("confirm.refill").moved == []
    assert make.count_of("backorder") == 0
    assert make.run("confirm.promise").moved == [order]
    assert make.order(order).promised_on == date(2026, 11, 24)
    assert make.events(order)[-2:] == ["order.refilled", "order.refilled"]
    assert Stock.objects.get().reserved == 6


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lines": ()}, "no_lines"),
        ({"lines": (Line(0, Decimal(0)),)}, "bad_quantity"),
        ({"lines": (Line(0, Decimal(1), Decimal("NaN")),)}, "bad_quantity"),
        ({"lines": (Line(0, Decimal(1)),), "warehouse_id": None}, "unknown_product"),
        ({"warehouse_id": None, "source_id": None}, "unknown_warehouse"),
        ({"source_id": 10**9}, "unknown_source"),
        ({"kind": "make"}, "unknown_source"),
    ],
)
def test_refused_to_order(change, code):
    cup = make.product(stock=0)
    outcome = make.run("supply.order", [draft((cup, 1, 1), **change), draft((cup, 1, 1), key=2)])
    assert make.codes(outcome) == [code]
    assert (list(outcome.made), len(outcome.moved), SupplyOrder.objects.count()) == ([2], 1, 1)


def closed(_line):
    Period.objects.create(starts_on=date(2026, 11, 1), state="closed")


def made_here(_line):
    SupplyOrder.objects.update(kind="make", department=Department.objects.create(code="P", kind="production"))


@pytest.mark.parametrize(
    ("receipt", "act", "code"),
    [
        (Receipt(Decimal(0)), closed, "bad_quantity"),
        (Receipt("dua"), None, "bad_quantity"),
        (Receipt(Decimal(1), Decimal(-1)), None, "bad_quantity"),
        (Receipt(Decimal(6)), closed, "more_than_ordered"),
        (Receipt(Decimal(5)), closed, "period_closed"),
        (Receipt(Decimal(5)), made_here, "no_parts"),
    ],
)
def test_refused_to_receive(receipt, act, code):
    (line,) = ordered((make.product(stock=0), 5, 1_000))
    if act:
        act(line)
    outcome = make.run("supply.receive", {line: receipt, line + 9: Receipt()})
    assert sorted(make.codes(outcome)) == sorted([code, "not_found"])
    assert not Stock.objects.exists()
    assert make.count_of("journal_line") == make.count_of("stock_move") == 0
    assert SupplyLine.objects.get().received == 0


def test_a_set_costs_as_many_statements_as_one():
    cup, counted = make.product(stock=0), []
    for n in (1, 20):
        lines = ordered(*[(cup, 2, 100)] * n)
        with sql.counting() as count:
            make.run("supply.receive", dict.fromkeys(lines, Receipt()))
        counted.append(count.statements)
    assert counted[0] == counted[1]
    assert Stock.objects.get().on_hand == 42
