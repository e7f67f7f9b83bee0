"""Goods from the order to the door, by generated cases: cancelled in parts, delivered in parts, lost and refused, bought and received, in any order.

After each act the proof of the books must find nothing; at the end nothing is reserved or on the road that nobody waits for.
"""

from decimal import Decimal
from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alur.core import sql
from alur.flow.capture.cancel import Cancel
from alur.flow.deliver.ending import Done, Ends
from alur.flow.deliver.move import Move
from alur.flow.deliver.short import Picked, Short
from alur.jobs import worker
from alur.models import Policy, Reason, SalesOrder, Stock, Supplier
from alur.reads import proof
from alur.supply.order import Line, SupplyDraft
from tests import make

ACTS = ("order", "order", "pick", "short", "plan", "call_off", "send", "arrive", "fail", "cancel", "cancel", "buy", "come", "work", "work")
LINES = """
SELECT l.order_id, l.id, l.ordered - l.cancelled - l.picked AS open FROM order_line l JOIN sales_order o ON o.id = l.order_id
 WHERE o.state IN ('received', 'verified', 'confirmed') ORDER BY l.id
"""
DELIVERIES = "SELECT id FROM delivery WHERE state = %(state)s ORDER BY id"
CARRIED = """
SELECT x.id, x.picked FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id
 WHERE x.delivery_id = %(id)s AND x.picked > 0 AND l.kind = 'goods' ORDER BY x.id
"""
PLANNED = """
SELECT x.id, x.quantity FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id WHERE x.delivery_id = %(id)s AND l.kind = 'goods' ORDER BY x.id
"""
REASONS = ("no_time", "broken", "bare")
WRONG_TOTAL = """
SELECT o.id, o.net + o.rounding, s.net FROM sales_order o
  JOIN (SELECT order_id, sum(round(net * (ordered - cancelled) / ordered, 2)) AS net FROM order_line GROUP BY order_id) s ON s.order_id = o.id
 WHERE o.priced_version = o.version AND o.net <> s.net
"""


class Walk:
    """Acts of people, one at a time, in a company where goods are scarce."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        make.basics()
        Policy.objects.update(duplicate_days=0)
        self.goods = [make.product(stock=self.rng.randint(0, 20)) for _ in range(3)]
        make.put(self.goods[0], 6, warehouse_id=make.warehouse("SBY"))
        self.charge = make.product(kind="charge")
        self.buyers = [make.customer(), make.customer(takes_backorders=False)]
        self.supplier = Supplier.objects.create(code="S").id
        Reason.objects.create(kind="failed_delivery", code="closed")
        for code, effect in zip(REASONS, ("none", "quantity", "all"), strict=True):
            Reason.objects.create(kind="short_pick", code=code, stock_effect=effect)

    def order(self) -> None:
        lines = [(p, self.rng.randint(1, 9)) for p in self.rng.sample(self.goods, self.rng.randint(1, 3))] + [(self.charge, 1)] * self.rng.randint(0, 1)
        make.orders(customer_id=self.rng.choice(self.buyers), lines=lines, priority=self.rng.choice((1, 5, 5)))

    def pick(self) -> None:
        make.run("deliver.pick", self.some("scheduled"))

    def short(self) -> None:
        reports = {}
        for i in self.some("scheduled"):
            rows = sql.rows(PLANNED, id=i)
            reports[i] = Picked(
                {
                    row.id: Short(Decimal(self.rng.randint(0, int(row.quantity))), self.rng.choice(("backorder", "cancel")), self.rng.choice(REASONS))
                    for row in rows
                    if row.quantity
                }
            )
        assert not {r.code for r in make.run("deliver.pick", reports).refused} - {"held"}

    def plan(self) -> None:
        ids = self.some("scheduled")
        days = ("2026-11-24", "2026-11-25", "2026-11-26")
        asked = {i: Move(day=self.rng.choice(days)) if self.rng.random() < 0.5 else Move(join=self.rng.choice(ids)) for i in ids}
        assert not {r.code for r in make.run("deliver.move", asked).refused} - {"not_same_drop"}

    def call_off(self) -> None:
        made = self.some("scheduled")[:1] + self.some("picked")[:1]
        assert not make.run("deliver.cancel", made).refused

    def send(self) -> None:
        make.run("deliver.dispatch", self.some("picked"))

    def arrive(self) -> None:
        make.run("deliver.complete", {i: Done({row.id: self.ends(row) for row in sql.rows(CARRIED, id=i)}) for i in self.some("dispatched")})

    def fail(self) -> None:
        make.run("deliver.fail", {i: Done(reason="closed") for i in self.some("dispatched")})

    def cancel(self) -> None:
        lines = [row for row in sql.rows(LINES) if row.open > 0]
        if lines:
            row = self.rng.choice(lines)
            part = {row.id: Decimal(self.rng.randint(1, int(row.open)))}
            outcome = make.run("capture.cancel", {row.order_id: Cancel(self.rng.choice((part, {row.id: None}, None)))})
            assert not {r.code for r in outcome.refused} - {"picked", "in_transit"}

    def buy(self) -> None:
        lines = (Line(self.rng.choice(self.goods), Decimal(self.rng.randint(1, 12)), Decimal(self.rng.randint(1, 9_999)) / 7),)
        make.run("supply.order", [SupplyDraft(1, self.supplier, Stock.objects.earliest("id").warehouse_id, lines)])

    def come(self) -> None:
        opened = sql.rows("SELECT id, quantity - received AS open FROM supply_line WHERE state = 'open' ORDER BY id")
        make.run("supply.receive", {row.id: {"quantity": Decimal(self.rng.randint(1, int(row.open)))} for row in opened})

    def work(self) -> None:
        worker.until_idle()

    def some(self, state: str) -> list[int]:
        ids = sql.ids(DELIVERIES, state=state)
        return self.rng.sample(ids, self.rng.randint(0, len(ids)))

    def ends(self, row) -> Ends:
        left = int(row.picked)
        cuts = sorted(self.rng.randint(0, left) for _ in range(3))
        parts = [cuts[0], cuts[1] - cuts[0], cuts[2] - cuts[1], left - cuts[2]]
        if self.rng.random() < 0.5:
            parts = [left, 0, 0, 0]
        return Ends(*map(Decimal, parts), reason="closed")

    def proved(self) -> None:
        assert not make.count_of("broken")
        assert not [(result.name, result.violations) for result in proof.prove() if result.violations and "asleep" not in result.name]
        assert not sql.rows(WRONG_TOTAL)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**9), st.lists(st.sampled_from(ACTS), min_size=10, max_size=30))
def test_whatever_happens_the_shelves_prove_it(seed, acts):
    with transaction.atomic():
        walk = Walk(seed)
        for act in ("order", "order", *acts):
            getattr(walk, act)()
            walk.proved()
        for order in SalesOrder.objects.exclude(state__in=["closed", "cancelled", "fulfilled"]):
            make.run("capture.cancel", [order.id])
        walk.proved()
        if not sql.ids("SELECT id FROM delivery WHERE state IN ('picked', 'dispatched')"):
            assert Stock.objects.exclude(reserved=0).count() == make.count_of("reservation") == make.count_of("backorder") == 0
        transaction.set_rollback(True)


@pytest.mark.parametrize("seed", range(2))
def test_a_long_day(seed):
    walk = Walk(seed)
    for n in range(150):
        getattr(walk, walk.rng.choice(ACTS))()
        if n % 10 == 9:
            walk.proved()
    walk.proved()
