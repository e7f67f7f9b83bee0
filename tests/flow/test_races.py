"""Many at once, with real commits: the last units are sold exactly once, a limit is granted exactly once, nothing waits for itself, no wake-up is lost."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from random import Random
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from alur.core import clock, company, sql, step
from alur.flow import map as flow
from alur.jobs import worker
from alur.log import recheck
from alur.models import Customer, OrderLine, SalesOrder, Stock
from alur.reads import findings, proof
from alur.supply.count import Count
from tests import make

AT = make.AT + timedelta(minutes=5)


def at_once(work: Callable[[Any], Any], things: Iterable[Any], clients: int) -> list[Any]:
    """Every client a thread with a connection of its own; all start together."""
    things = list(things)
    gate, here = Barrier(min(clients, len(things))), company.current()

    def client(own: list[Any]) -> list[Any]:
        gate.wait(30)
        with company.use(here):
            try:
                return [work(thing) for thing in own]
            finally:
                connection.close()

    shares = [things[n::clients] for n in range(min(clients, len(things)))]
    with ThreadPoolExecutor(len(shares)) as pool:
        return [result for results in pool.map(client, shares) for result in results]


def press(name: str) -> Callable[[int], step.Outcome]:
    return lambda subject: step.run(flow.by_name[name], [subject], by="worker", at=AT)


def shuffled(ids: list[int]) -> list[int]:
    Random(4).shuffle(ids)
    return ids


def sound() -> bool:
    assert {r.name: r.violations for r in proof.prove() if r.violations} == {}
    return True


@pytest.fixture(autouse=True)
def _committing(transactional_db):
    clock.move(AT)


def test_the_last_units_are_sold_once():
    product = make.product(stock=40)
    orders = make.orders(64, lines=[(product, 1)], through="check.verify")
    at_once(press("confirm.reserve"), shuffled(orders), 64)
    worker.until_idle()
    stock = Stock.objects.get(product_id=product)
    assert (stock.on_hand, stock.reserved) == (40, 40)
    served = list(OrderLine.objects.filter(reserved=1).order_by("order_id").values_list("order_id", flat=True))
    assert served == sorted(orders)[:40]  # exactly those who came first
    assert make.count_of("backorder") == 24
    assert sound()


def test_one_limit_is_granted_once():
    buyer = make.customer(credit_limit=1_110_000)  # ten orders of 111,000
    orders = make.orders(32, customer_id=buyer, lines=[(make.product(price=100_000), 1)], through="check.price")
    at_once(press("check.verify"), shuffled(orders), 32)
    worker.until_idle()
    granted = SalesOrder.objects.filter(granted__gt=0)
    assert sorted(granted.values_list("id", flat=True)) == sorted(orders)[:10]
    assert sum(o.granted for o in granted) == 1_110_000
    assert sql.one("SELECT count(*) FROM hold WHERE code = 'over_credit_limit' AND resolved_at IS NULL") == 22
    assert sound()


def test_two_workers_on_every_worklist_do_not_wait_for_each_other():
    buyers, products = [make.customer() for _ in range(5)], [make.product(stock=300) for _ in range(4)]
    rng = Random(2)
    for buyer in buyers:
        for _ in range(12):
            make.orders(1, customer_id=buyer, lines=[(p, rng.randint(1, 9)) for p in rng.sample(products, 3)])
    by_hand = {"deliver.pick": "scheduled", "deliver.dispatch": "picked", "deliver.complete": "dispatched"}

    def work(_n: int) -> int:
        moved = worker.until_idle(limit=7).total()
        for name, state in by_hand.items():
            found = sql.ids("SELECT id FROM delivery WHERE state = %(state)s ORDER BY id DESC", state=state)
            for start in range(0, len(found), 5):
                moved += len(step.run(flow.by_name[name], found[start : start + 5], by="7", at=AT).moved)
        return moved + worker.until_idle(limit=3).total()

    assert sum(at_once(work, range(4), 4)) > 0
    worker.until_idle()
    assert sql.one("SELECT count(*) FROM broken") == 0
    assert set(SalesOrder.objects.values_list("state", flat=True)) <= {"fulfilled", "confirmed"}
    assert sound()


def test_a_wake_up_during_verify_is_not_lost(monkeypatch):
    buyer = make.customer(credit_limit=0)
    [order] = make.orders(1, customer_id=buyer, through="check.verify")
    recheck.add("verify", [order], "first")
    real = findings.saved

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        """Somebody writes a ticket after verify has read its own."""
        found = real(*args, **kwargs)
        at_once(lambda _: recheck.add("verify", [order], "meanwhile"), [1], 1)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(findings, "saved", meanwhile)
        press("check.verify")(order)
    assert [row.why for row in sql.rows("SELECT why FROM recheck")] == ["meanwhile"]
    Customer.objects.filter(id=buyer).update(credit_limit=10**9)
    worker.until_idle()
    assert make.order(order).state == "confirmed"


@pytest.mark.parametrize("n", range(20))
def test_a_count_and_those_who_reserve_meet_at_a_shelf(n: int):
    """Whatever comes first: what was counted is there, nothing is sold twice, whoever lost the last units waits for them."""
    cup = make.product(stock=12)
    orders = make.orders(8, lines=[(cup, 2)], through="check.verify")
    make.run("confirm.reserve", orders[:3])
    place = Stock.objects.get(product_id=cup).warehouse_id
    counted = Decimal(Random(n).choice((3, 5, 7)))

    def act(thing: int) -> step.Outcome:
        return step.run(flow.by_name["supply.count"], [Count(1, place, cup, counted)], by="7", at=AT) if thing == 0 else press("confirm.reserve")(thing)

    things = [0, *orders[3:]]
    Random(n).shuffle(things)
    at_once(act, things, 6)
    worker.until_idle()
    stock = Stock.objects.get(product_id=cup)
    assert (stock.on_hand, stock.reserved) == (counted, counted)
    kept = [line.reserved for line in OrderLine.objects.order_by("order_id")]
    assert (sum(kept), kept[0]) == (counted, 2)  # who came first loses nothing
    assert sql.one("SELECT sum(open) FROM backorder") == 16 - counted
    assert sound()
