"""What the preview said is what moved: deliveries, counters, amounts, state; and where it refuses, the step refuses alike."""

from decimal import Decimal
from typing import Any

import pytest

from alur.core import sql
from alur.flow.capture.delta import Amend, LineChange
from alur.flow.capture.draft import LineDraft
from alur.flow.capture.impact import impact
from alur.models import Backorder, Customer, Delivery, Stock, Supplier
from alur.supply.order import Line, SupplyDraft
from tests import make
from tests.flow.capture.test_amend import BOGOR, planned, through, work
from tests.world import AT, World, picture

STATES = "SELECT id, state, ship_to_id, version FROM delivery ORDER BY id"


def lines_of(order: int) -> dict[int, Any]:
    return {line.id: line for line in make.lines_of(order)}


def say_and_do(order: int, asked: Amend) -> Any:
    """Ask what will happen, see that nothing did, do it, and compare."""
    before, world, states = lines_of(order), picture(), {row.id: row for row in sql.rows(STATES)}
    said = impact(order, asked, at=AT)
    assert picture() == world
    outcome = make.run("capture.amend", {order: asked}, at=AT)
    if said.refusal:
        assert [(r.code, r.facts) for r in outcome.refused] == [said.refusal]
        return said
    assert outcome.moved == [order]
    after = lines_of(order)
    old = [line for line in said.lines if line.id > 0]
    left = {i: line.ordered - line.cancelled for i, line in after.items()}
    assert {line.id: line.after for line in old} == {line.id: left[line.id] for line in old}
    assert {i: left[i] - before[i].ordered + before[i].cancelled for i in before} == {
        i: sum((x.after - x.before for x in old if x.id == i), Decimal(0)) for i in before
    }
    for i, line in before.items():
        moves = [move for each in old if each.id == i for move in each.moves]
        assert line.reserved - after[i].reserved == sum(m.quantity for m in moves if m.reserved and not m.kept)
        assert line.scheduled - after[i].scheduled == sum(m.quantity for m in moves if m.delivery_id)
        assert line.picked - after[i].picked == sum(m.picked for m in moves)
    now = {row.id: row for row in sql.rows(STATES)}
    assert set(said.cancelled) == {i for i in now if now[i].state == "cancelled" != states[i].state}
    assert set(said.readdressed) == {i for i in now if now[i].ship_to_id != states[i].ship_to_id}
    assert all(now[i] == states[i] for i in said.untouched)
    assert make.order(order).state == said.state
    make.run("check.price", [order], at=AT)
    stored = make.order(order)
    assert said.after
    assert (stored.net, stored.tax, stored.rounding, stored.total) == (said.after.net, said.after.tax, said.after.rounding, said.after.total)
    return said


def first(order: int) -> int:
    return make.lines_of(order)[0].id


def test_less_says_from_where_and_what_it_frees():
    order = planned((make.product(100_000, stock=10), 16), (make.product(20_000), 3))
    said = say_and_do(order, Amend(1, {first(order): LineChange(quantity=8)}))
    (line,) = said.lines
    assert [(int(m.quantity), m.reserved, m.delivery_id) for m in line.moves] == [(6, False, None), (2, True, Delivery.objects.get().id)]
    assert (said.before.total, said.after.total, said.state, said.again) == (1_842_600, 954_600, "confirmed", False)
    assert (said.credit.risk, said.credit.limit, said.pro_forma[:3]) == (954_600, 10**9, "PF-")


def test_more_says_price_day_and_what_is_short():
    cup = make.product(100_000, stock=12)
    order = planned((cup, 10))
    supplier, warehouse = Supplier.objects.create(code="S", name="S").id, Stock.objects.get().warehouse_id
    make.run("supply.order", [SupplyDraft(1, supplier, warehouse, (Line(cup, Decimal(9), Decimal(6000)),))])
    said = say_and_do(order, Amend(1, {first(order): LineChange(quantity=15)}, add=[LineDraft(Decimal(2), make.product(7_000))]))
    line, new = said.lines
    assert (line.added, line.short, line.unit_price, line.net) == (5, 3, 100_000, 1_500_000)
    assert (new.id, new.before, new.added, new.short, new.net) == (-1, 0, 2, 0, 14_000)
    assert new.promised_on is not None
    assert (said.state, said.again, said.after.total) == ("received", True, 1_680_540)
    assert said.untouched == (Delivery.objects.get().id,)
    work()
    assert Backorder.objects.get().open == 3


def test_what_verify_would_say_is_said():
    buyer = make.customer(credit_limit=2_000_000)
    order = planned((make.product(100_000, multiple=6), 12), customer_id=buyer)
    said = impact(order, Amend(1, {first(order): LineChange(quantity=20)}), at=AT)
    assert [f.code for f in said.findings] == ["quantity_multiple", "over_credit_limit"]
    assert (said.findings[0].facts["below"], said.findings[0].facts["above"], said.credit.left) == (18, 24, -220_000)
    Customer.objects.update(credit_limit=3_000_000)
    assert [f.code for f in say_and_do(order, Amend(1, {first(order): LineChange(quantity=18)})).findings] == []


def test_the_way_it_takes():
    order = planned((make.product(stock=10), 4))
    assert say_and_do(order, Amend(1, address=BOGOR)).readdressed == (Delivery.objects.get().id,)
    said = say_and_do(order, Amend(2, fields={"requested_on": "2026-12-10"}))
    assert (said.cancelled, [m.kept for m in said.lines[0].moves]) == ((Delivery.objects.get().id,), [True])
    assert say_and_do(order, Amend(3, {first(order): LineChange(quantity=0)})).state == "cancelled"


def test_where_it_refuses_the_step_refuses():
    order = planned((make.product(stock=10), 4))
    through("pick", "dispatch")
    assert say_and_do(order, Amend(1, {first(order): LineChange(quantity=1)})).refusal.code == "in_transit"
    assert say_and_do(order, Amend(9, fields={"customer_po": "X"})).refusal.code == "stale_version"
    assert impact(10**9, Amend(1), at=AT).refusal.code == "not_found"


@pytest.mark.parametrize("seed", [2, 6])
@pytest.mark.parametrize("late", ["check.verify", "deliver.pick", "pay.receive"])
def test_of_a_whole_world(seed, late):
    world = World(seed)
    world.before(late)
    for order, asked in world.items("capture.amend").items():
        say_and_do(order, Amend(asked["version"], {i: LineChange(**each) for i, each in asked.get("lines", {}).items()}, fields=asked.get("fields", {})))
