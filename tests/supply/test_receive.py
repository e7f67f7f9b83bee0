"""Goods that come in are worth their cost, and go to who waits for them."""

from datetime import date
from decimal import Decimal

from alur.books import chart
from alur.models import Stock, StockMove, Supplier, SupplyLine, SupplyOrder
from alur.supply.order import Line, SupplyDraft
from alur.supply.receive import Receipt
from tests import make


def ordered(product, quantity, cost=9_000, expected_on=date(2026, 12, 1), **fields):
    """A supply order of one line; the line's id."""
    supplier = Supplier.objects.get_or_create(code="S1", name="PT Pemasok")[0]
    warehouse = make.Warehouse.objects.order_by("id").first().id
    draft = SupplyDraft(**{"key": 1, "source_id": supplier.id, "warehouse_id": warehouse, "lines": (Line(product, Decimal(quantity), Decimal(cost), expected_on),)} | fields)
    outcome = make.run("supply.order", [draft])
    assert not outcome.refused, outcome.refused
    return SupplyLine.objects.get(supply_order_id=outcome.moved[0]).id


def test_cost_is_a_moving_average():
    cup = make.product(stock=10, cost=6_000)
    line = ordered(cup, 30, cost=9_000)
    assert make.run("supply.receive", {line: Receipt(Decimal(5))}).moved == [line]
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.value, stock.unit_cost) == (15, 105_000, 7_000)
    assert (SupplyLine.objects.get().state, SupplyOrder.objects.get().state) == ("open", "open")
    assert make.run("supply.receive", {line: {"quantity": "25", "unit_cost": "8333.33"}}).moved == [line]
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.value, stock.unit_cost) == (40, Decimal("313333.25"), Decimal("7833.33125"))
    assert (SupplyLine.objects.get().state, SupplyOrder.objects.get().state) == ("received", "received")
    assert [(m.quantity, m.value) for m in StockMove.objects.filter(kind="receipt").order_by("id")] == [(5, 45_000), (25, Decimal("208333.25"))]
    assert make.balance(chart.INVENTORY) == stock.value
    assert make.balance(chart.GOODS_NOT_INVOICED) == Decimal("-253333.25")
