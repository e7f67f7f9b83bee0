"""Capacity: the last unit is booked once, whoever asks first; what is booked is always what the visits carry; and a visit's story, amount by amount."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from alur.books import chart
from alur.core import clock, sql, step
from alur.flow import map as flow
from alur.flow.capture.cancel import Cancel
from alur.flow.deliver.ending import Done, Ends
from alur.flow.deliver.move import Move
from alur.flow.deliver.propose import Proposal
from alur.jobs import worker
from alur.models import Delivery, Department, Invoice, Reason
from alur.reads import proof
from alur.supply.set_limit import Limits
from tests import make
from tests.flow.test_races import at_once, press

TUESDAY = date(2026, 11, 24)
WRONG = """
SELECT count(*) FROM capacity c FULL JOIN (SELECT department_id, day, sum(units) AS units FROM booking GROUP BY 1, 2) b USING (department_id, day)
 WHERE coalesce(c.booked, 0) <> coalesce(b.units, 0) OR c.booked > c."limit"
"""
VISITS = "SELECT id FROM delivery WHERE department_id IS NOT NULL AND state = 'scheduled' ORDER BY id"


def crew(code: str, limit: int) -> Department:
    make.basics()
    return Department.objects.create(code=code, name=code, kind="service", daily_limit=limit)


def sound() -> None:
    assert {r.name: r.violations for r in proof.prove() if r.violations} == {}


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_on_the_last_unit():
    clock.move(make.AT)
    for n in range(20):
        visit = make.product(kind="service", department=crew(f"D{n}", 1))
        first, second = make.orders(2, lines=[(visit, 1)], through="confirm.promise")
        at_once(press("deliver.schedule"), [second, first] if n % 2 else [first, second], 2)
        days = {
            row.order_id: row.scheduled_on
            for row in sql.rows(
                "SELECT l.order_id, d.scheduled_on FROM delivery d JOIN delivery_line x ON x.delivery_id = d.id JOIN order_line l ON l.id = x.order_line_id"
                " WHERE l.order_id = ANY(%(ids)s::bigint[])",
                ids=[first, second],
            )
        }
        assert days == {first: TUESDAY, second: TUESDAY + timedelta(days=1)}, n  # who stands first in the queue has it, whoever pressed first
    worker.until_idle()
    sound()


def _some(rng: Random, ids: list[int]) -> int:
    return rng.choice(ids)


def _press(name: str, items: Any) -> None:
    step.run(flow.by_name[name], items, by="system", at=make.AT)


@pytest.mark.parametrize("seed", range(3))
def test_booked_is_always_the_sum_of_the_bookings(seed: int):
    rng, here = Random(seed), crew("PAS", 4)
    Reason.objects.create(kind="failed_delivery", code="closed")
    visit, other = (make.product(kind="service", department=here) for _ in range(2))
    orders = make.orders(12, lines=[(visit, 2), (other, 3)], through="confirm.promise")
    _press("deliver.schedule", orders)
    for _ in range(40):
        visits, day = sql.ids(VISITS), TUESDAY + timedelta(days=rng.randint(0, 12))
        if not visits:
            break
        each = _some(rng, visits)
        match rng.randint(0, 8):
            case 0 | 1:
                _press("deliver.move", {i: Move(day=day) for i in rng.sample(visits, min(3, len(visits)))})
            case 2:
                _press("capture.cancel", {_some(rng, orders): Cancel()})
            case 3:
                _press("deliver.fail", {each: Done(reason="closed")})
            case 4:
                line = sql.rows("SELECT id, quantity FROM delivery_line WHERE delivery_id = %(id)s AND quantity > 0 ORDER BY id LIMIT 1", id=each)[0]
                ends = Ends(delivered=line.quantity - 1, again=Decimal(1), reason="closed") if line.quantity > 1 else Ends(delivered=line.quantity)
                _press("deliver.complete", {each: Done(lines={line.id: ends})})
            case 5:
                _press("deliver.propose", {each: Proposal(day)})
                _press("deliver.agree", orders)
            case 6:
                _press("deliver.cancel", [each])
            case 7:
                _press("supply.set_limit", {here.id: Limits({day: rng.randint(0, 8)})})
            case _:
                _press("deliver.complete", [each])
        _press("confirm.promise", orders)
        _press("deliver.schedule", orders)
        assert sql.one(WRONG) == 0
    sound()


def test_a_visit_is_booked_moved_done_and_invoiced():
    clock.move(make.AT)
    visit = make.product(500_000, kind="service", unit="kali", department=crew("PAS", 2))
    (order,) = make.orders(1, lines=[(make.product(100_000, stock=5, cost=60_000), 2), (visit, 1)])
    worker.until_idle()
    goods = Delivery.objects.get(warehouse__isnull=False)
    booked = Delivery.objects.get(department__isnull=False)
    assert booked.scheduled_on == make.order(order).promised_on == TUESDAY
    make.run("deliver.move", {booked.id: Move(day=date(2026, 11, 26))})
    worker.until_idle()
    assert make.order(order).promised_on == date(2026, 11, 26)
    for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        assert make.run(name, [goods.id]).moved
    worker.until_idle()
    assert list(Invoice.objects.values_list("total", flat=True)) == [222_000]
    assert make.order(order).state == "confirmed"  # its visit is open
    make.run("deliver.complete", {booked.id: Done(receiver="Pak Budi", hours="2")})
    worker.until_idle()
    assert list(Invoice.objects.order_by("id").values_list("total", flat=True)) == [222_000, 555_000]
    assert make.order(order).state == "fulfilled"
    assert (make.balance(chart.REVENUE), make.balance(chart.OUTPUT_VAT), make.balance(chart.COST_OF_GOODS)) == (-700_000, -77_000, 120_000)
    kinds = [kind for kind in make.events(order) if kind.startswith("delivery.") or kind in ("order.promise_moved", "order.fulfilled", "invoice.issued")]
    assert kinds == [
        "delivery.booked", "delivery.moved", "order.promise_moved", "delivery.picked", "delivery.dispatched", "delivery.completed", "invoice.issued",
        "delivery.completed", "order.fulfilled", "invoice.issued",
    ]  # fmt: skip
    sound()
