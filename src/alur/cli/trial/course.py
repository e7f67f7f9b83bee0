"""The course of `alur bench flow`: a company like the floor's, and a set of orders led through every step to closed, each step timed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from alur.cli.trial.found import found
from alur.core import clock, sql, step
from alur.flow import map as flow
from alur.flow.capture.draft import LineDraft, OrderDraft
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Address, Customer, Price, Product, TaxRule
from alur.supply import opening

CUSTOMERS = PRODUCTS = 1000
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
A_DAY = timedelta(days=1)  # in which each customer orders about once
DELIVERIES = """
SELECT DISTINCT d.delivery_id FROM delivery_line d JOIN order_line l ON l.id = d.order_line_id WHERE l.order_id = ANY(%(ids)s::bigint[]) ORDER BY 1
"""
BILLS = """
SELECT DISTINCT i.id, i.number, i.payer_id, i.total FROM invoice_line n JOIN order_line l ON l.id = n.order_line_id JOIN invoice i ON i.id = n.invoice_id
 WHERE l.order_id = ANY(%(ids)s::bigint[]) ORDER BY i.id
"""
LANDINGS = ("invoice.issue", "deliver.complete", "deliver.dispatch", "deliver.pick", "deliver.schedule", "confirm.reserve", "capture.receive")
CLOSED = "SELECT count(*) FILTER (WHERE state = 'closed') AS closed, count(*) AS n FROM sales_order WHERE id = ANY(%(ids)s::bigint[])"


def build() -> None:
    """Fill the current company as the floor is filled: a thousand customers with credit, a thousand products with stock."""
    clock.move(AT)
    base = found(AT, currency="IDR", province="DKI Jakarta")
    TaxRule.objects.create(code="04", name="PPN", rate=12, base_num=11, base_den=12)
    customers = Customer.objects.bulk_create(
        [Customer(code=f"C{i}", name=f"Customer {i}", terms=base.on_account, credit_limit=10**12) for i in range(CUSTOMERS)]
    )
    place = {"lines": "Jl. Melati 7", "city": "Depok", "province": "DKI Jakarta", "postcode": "16411", "phone": "0812"}
    Address.objects.bulk_create([Address(customer=c, name=c.name, is_default=True, **place) for c in customers])
    products = Product.objects.bulk_create([Product(sku=f"SKU{i}", name_id=f"Barang {i}", name_en=f"Item {i}") for i in range(PRODUCTS)])
    Price.objects.bulk_create([Price(price_list=base.price_list, product=p, unit="pcs", price=1000 + n) for n, p in enumerate(products, 1)])
    opening.open_stock([opening.Opening(base.warehouse.id, p.id, Decimal(10**9), Decimal(500 + n)) for n, p in enumerate(products, 1)], at=AT)


class Course:
    """Leads sets of orders from the door to the books and keeps each step's time."""

    def __init__(self, rng: Random) -> None:
        """Know what there is to order."""
        self.rng = rng
        self.customers = list(Customer.objects.order_by("id").values_list("id", flat=True))
        self.products = list(Product.objects.order_by("id").values_list("id", flat=True))
        self.made = 0
        self.clock = AT

    def drafts(self, n: int) -> list[OrderDraft]:
        """Orders of three lines, received one second after another, so that none looks like its neighbour."""
        found = []
        for _ in range(n):
            self.made += 1
            lines = tuple(LineDraft(Decimal(self.rng.randint(1, 5)), p) for p in self.rng.sample(self.products, 3))
            found.append(OrderDraft(key=self.made, customer_id=self.rng.choice(self.customers), channel="api", external_ref=f"bench-{self.made}", lines=lines))
        return found

    def lead(self, n: int, ms: dict[str, float], counts: dict[str, int] | None = None, until: str = "") -> None:
        """One set through every step, or until one of LANDINGS; ms adds up each step's time. With counts, statements are counted and nothing is chained."""
        self.clock += A_DAY / CUSTOMERS * n
        timed = self._timed(ms, counts)
        drafts = self.drafts(n)
        ids = timed["capture.receive"](drafts).moved
        if until:
            self._land(ids, timed, until)
            return
        if n <= worker.SMALL and counts is None:
            self._chained(n, ms)
        else:
            for name in worker.CHAIN:
                timed[name](ids)
        deliveries = sql.ids(DELIVERIES, ids=ids)
        for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
            timed[name](deliveries)
        timed["invoice.issue"](ids)
        bills = sql.rows(BILLS, ids=ids)
        today = clock.day(self.clock)
        timed["pay.receive"]([Receipt(key=b.id, payer_id=b.payer_id, amount=b.total, received_on=today, reference=b.number) for b in bills])
        timed["pay.match"](sorted({b.payer_id for b in bills}))
        timed["settle.close"](ids)
        done = sql.rows(CLOSED, ids=ids)[0]
        if done.closed != done.n or done.n != n:
            raise AssertionError(f"{done.closed} of {n} orders are closed")

    def _land(self, ids: Sequence[int], timed: dict[str, Callable[[Sequence[Any]], step.Outcome]], until: str) -> None:
        way = ("capture.receive", *worker.CHAIN, "deliver.pick", "deliver.dispatch", "deliver.complete", "invoice.issue")
        for name in way[1 : way.index(until) + 1]:
            timed[name](sql.ids(DELIVERIES, ids=ids) if name in way[-4:-1] else ids)

    def _timed(self, ms: dict[str, float], counts: dict[str, int] | None) -> dict[str, Callable[[Sequence[Any]], step.Outcome]]:
        def press(each: step.Step) -> Callable[[Sequence[Any]], step.Outcome]:
            def pressed(items: Sequence[Any]) -> step.Outcome:
                with sql.counting() as counted:
                    began = time.perf_counter()
                    outcome = step.run(each, items, by=step.WORKER, at=self.clock)
                    ms[each.name] += (time.perf_counter() - began) * 1000
                if counts is not None:
                    counts[each.name] = counted.statements
                if outcome.refused:
                    raise AssertionError(f"{each.name} refused {outcome.refused[0]}")
                return outcome

            return pressed

        return {each.name: press(each) for each in flow.MAP}

    def _chained(self, n: int, ms: dict[str, float]) -> None:
        """As the worker takes small sets: one transaction for the steps up to the scheduled delivery."""

        def timed(each: step.Step) -> step.Step:
            def do(*args: Any, **options: Any) -> step.Outcome:
                began = time.perf_counter()
                outcome = each.do(*args, **options)
                ms[each.name] += (time.perf_counter() - began) * 1000
                return outcome

            return replace(each, do=do)

        began, before = time.perf_counter(), sum(ms[name] for name in worker.CHAIN)
        outcomes = step.chain([timed(flow.by_name[name]) for name in worker.CHAIN], by=step.WORKER, at=self.clock, limit=n)
        inside = sum(ms[name] for name in worker.CHAIN) - before
        ms["claim and commit"] += (time.perf_counter() - began) * 1000 - inside
        refused = [r for outcome in outcomes.values() for r in outcome.refused]
        if refused:
            raise AssertionError(refused[0])
