"""What tests of supply share: supply orders of every kind, and what lies where."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from alur.core import sql
from alur.models import Component, Department, Stock, Supplier, SupplyLine, Warehouse
from alur.reads import proof
from alur.supply.order import Line, SupplyDraft
from tests import make


def home() -> int:
    """The first warehouse."""
    return Warehouse.objects.order_by("id").first().id


def ordered(kind: str, source: int | None, *lines: tuple[Any, ...], to: int | None = None) -> list[int]:
    """The line ids of a supply order of (product, quantity[, cost])."""
    made = tuple(Line(line[0], Decimal(line[1]), Decimal(line[2]) if len(line) > 2 else Decimal(0)) for line in lines)
    outcome = make.run("supply.order", [SupplyDraft(1, source, to or home(), made, kind)])
    assert not outcome.refused, outcome.refused
    return list(SupplyLine.objects.filter(supply_order_id=outcome.moved[0]).order_by("id").values_list("id", flat=True))


def bought(*lines: tuple[Any, ...]) -> list[int]:
    """Bought for the first warehouse, and received."""
    found = ordered("buy", Supplier.objects.get_or_create(code="S1", name="PT Pemasok")[0].id, *lines)
    assert make.run("supply.receive", {i: {} for i in found}).moved == found
    return found


def workshop() -> int:
    """A department that makes things."""
    return Department.objects.get_or_create(code="PRD", kind="production")[0].id


def made_of(product: int, *parts: tuple[int, int | str]) -> int:
    """The product, made by the workshop of these parts."""
    from alur.models import Product

    Component.objects.bulk_create([Component(product_id=product, part_id=part, quantity=Decimal(quantity)) for part, quantity in parts])
    Product.objects.filter(id=product).update(supply="make", department_id=workshop())
    return product


def shelf(product: int, warehouse: int | None = None) -> tuple[Decimal, Decimal, Decimal]:
    """On hand, reserved, value."""
    found = Stock.objects.filter(product_id=product, warehouse_id=warehouse or home()).first()
    return (found.on_hand, found.reserved, found.value) if found else (Decimal(0),) * 3


def moves(product: int) -> list[tuple[str, str, Decimal, Decimal]]:
    """Warehouse, kind, quantity and value of its moves, oldest first."""
    rows = sql.rows(
        "SELECT w.code, m.kind, m.quantity, m.value FROM stock_move m JOIN warehouse w ON w.id = m.warehouse_id WHERE m.product_id = %(p)s ORDER BY m.id",
        p=product,
    )
    return [tuple(row) for row in rows]


def sound(*, but: Sequence[str] = ()) -> bool:
    """The books and the stock agree."""
    assert {r.name: r.violations for r in proof.prove() if r.violations and r.name not in but} == {}
    return True
