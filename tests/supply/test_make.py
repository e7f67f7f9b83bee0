"""What is made here takes its parts off the shelf when it comes in, and is worth what they were."""

from datetime import date
from decimal import Decimal

import pytest

from alur.books import chart
from alur.models import Component, Hold, Product, SalesOrder, SupplyLine, SupplyOrder
from alur.supply.order import Line, SupplyDraft
from tests import make
from tests.supply.goods import home, made_of, moves, ordered, shelf, sound, workshop


def test_parts_become_a_product_at_their_worth():
    beans, bag = make.product(stock=10, cost=100_000), make.product(stock=3, cost="333.33")
    box = made_of(make.product(stock=0), (beans, "0.5"), (bag, 1))
    (line,) = ordered("make", workshop(), (box, 6))
    assert SupplyOrder.objects.get().number.startswith("MO-2026-")
    outcome = make.run("supply.receive", {line: {"quantity": "5"}})
    assert make.codes(outcome) == ["parts_short"]
    facts = outcome.refused[0].facts
    assert (facts["part_product_id"], facts["missing"], facts["free"], facts["possible"]) == (bag, 2, 3, 3)
    assert (shelf(beans)[0], shelf(bag)[0], shelf(box)[0]) == (10, 3, 0)
    assert make.run("supply.receive", {line: {"quantity": "3", "unit_cost": "9"}}).moved == [line]
    assert (shelf(beans), shelf(bag)) == ((Decimal("8.5"), 0, 850_000), (0, 0, 0))
    assert shelf(box) == (3, 0, Decimal("150999.99"))
    assert [m[1:] for m in moves(beans)[1:]] == [("make", Decimal("-1.5"), -150_000)]
    assert make.balance(chart.INVENTORY) == shelf(beans)[2] + shelf(box)[2]
    assert SupplyOrder.objects.get().state == "open"
    assert sound()


def test_only_free_parts_are_used_and_lines_share_them():
    beans = make.product(stock=10)
    make.confirmed(lines=[(beans, 4)])
    box = made_of(make.product(stock=0), (beans, 2))
    first, second = ordered("make", workshop(), (box, 2), (box, 2))
    outcome = make.run("supply.receive", {first: {}, second: {}})
    assert (outcome.moved, make.codes(outcome), outcome.refused[0].facts["possible"]) == ([first], ["parts_short"], 1)
    assert (shelf(beans)[:2], shelf(box)[0]) == ((6, 4), 2)


def test_who_has_no_list_of_parts_is_not_made():
    cup = make.product()
    outcome = make.run("supply.order", [SupplyDraft(1, workshop(), home(), (Line(cup, Decimal(1)),), "make")])
    assert make.codes(outcome) == ["no_parts"]
    assert not SupplyOrder.objects.exists()


def test_the_same_reference_is_ordered_once():
    cup, bandung = make.product(), make.warehouse("BDG")
    drafts = [SupplyDraft(n, bandung, home(), (Line(cup, Decimal(1)),), "transfer", ref) for n, ref in enumerate(("b", "a", "b", None, None))]
    outcome = make.run("supply.order", drafts)
    assert (len(outcome.moved), outcome.already, outcome.made[2]) == (4, [2], outcome.made[0])
    again = make.run("supply.order", drafts[:2])
    assert (again.moved, sorted(again.already), again.made[1]) == ([], [0, 1], outcome.made[1])
    assert SupplyOrder.objects.count() == 4


def test_what_an_order_lacks_is_ordered_from_who_makes_it():
    beans = make.product(stock=100)
    box, cup = made_of(make.product(stock=1, lead_days=4), (beans, 2)), make.product(stock=0)
    (order,) = make.confirmed(lines=[(box, 3), (cup, 1)])
    (other,) = make.confirmed(lines=[(cup, 1)])
    outcome = make.run("supply.make", [order, other, other + 9])
    assert (outcome.moved, make.codes(outcome)) == ([order], ["nothing_to_make", "not_found"])
    line = SupplyLine.objects.get()
    assert (line.product_id, line.quantity, line.order_line_id) == (box, 2, make.lines_of(order)[0].id)
    assert (line.expected_on, line.supply_order.kind, line.supply_order.department_id) == (date(2026, 11, 27), "make", workshop())
    assert make.events(order)[-1] == "order.making"
    assert make.run("supply.make", [order]).already == [order]
    make.run("supply.receive", {line.id: {"quantity": "1"}})
    assert make.run("supply.make", [order]).moved == []
    make.run("supply.receive", {line.id: {}})
    assert make.run("confirm.refill").moved == [order]
    assert make.codes(make.run("supply.make", [order])) == ["nothing_to_make"]
    assert sound()


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda: SalesOrder.objects.update(state="received"), "wrong_state"),
        (lambda: Hold.objects.create(order_id=SalesOrder.objects.get().id, code="overdue", opened_at=make.AT), "held"),
        (lambda: Product.objects.update(supply="buy"), "nothing_to_make"),
        (lambda: Product.objects.update(department=None), "no_department"),
        (lambda: Component.objects.all().delete(), "no_parts"),
    ],
)
def test_refused_to_make(act, code):
    box = made_of(make.product(stock=0), (make.product(), 2))
    (order,) = make.confirmed(lines=[(box, 3)])
    act()
    assert make.codes(make.run("supply.make", [order])) == [code]
    assert not SupplyOrder.objects.exists()
