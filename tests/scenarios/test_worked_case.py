"""The worked case of the process, amount by amount: half paid before, half later, three deliveries, one of them partly failed, and a visit.

Pay first: 10 x 100,000, 5 x 200,000, 4 x 250,000 of which 1 is on hand, postage 100,000, service 500,000; tax 11/12 x 12 %.
"""

from datetime import timedelta
from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.flow.deliver.ending import Done, Ends
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Customer, Department, Invoice, Reason, Supplier, Terms
from alur.reads import proof
from alur.supply.order import Line, SupplyDraft
from tests import make

TOTAL = Decimal(3_996_000)  # 3,600,000 and VAT 396,000


@pytest.fixture
def order() -> int:
    buyer = make.customer(credit_limit=None)
    Customer.objects.filter(id=buyer).update(terms=Terms.objects.get(id=make.terms(100)))
    Reason.objects.create(kind="failed_delivery", code="nobody_home")
    products = [make.product(100_000, stock=10, cost=60_000), make.product(200_000, stock=5, cost=120_000), make.product(250_000, stock=1, cost=150_000)]
    postage = make.product(100_000, kind="charge")
    service = make.product(500_000, kind="service", department=Department.objects.create(code="PAS", name="Pemasangan", kind="service"))
    return make.run("capture.receive", [make.draft(buyer, [*zip(products, (10, 5, 4), strict=True), (postage, 1), (service, 1)])]).moved[0]


def deliveries(state: str) -> list[int]:
    return sql.ids("SELECT id FROM delivery WHERE state = %(state)s ORDER BY id", state=state)


def carry() -> list[int]:
    """Pick and dispatch whatever is scheduled; what is on the road."""
    make.run("deliver.pick", [i for i in deliveries("scheduled") if i not in visits()])
    make.run("deliver.dispatch", deliveries("picked"))
    return deliveries("dispatched")


def visits() -> list[int]:
    return sql.ids("SELECT id FROM delivery WHERE department_id IS NOT NULL AND state = 'scheduled'")


def pay(order: int, amount: Decimal, day: int) -> None:
    made = make.order(order)
    draft = Receipt(key=day, payer_id=made.payer_id, amount=amount, reference=made.number, confirmed=day > 1)
    assert make.run("pay.receive", [draft], at=make.AT + timedelta(minutes=day)).moved
    worker_runs()


def worker_runs() -> None:
    from alur.core import clock

    clock.move(make.AT)
    worker.until_idle()


def invoices() -> list[tuple[str, Decimal]]:
    return [(i.kind, i.total) for i in Invoice.objects.order_by("id")]


def test_the_worked_case(order: int):
    worker_runs()
    assert make.order(order).total == TOTAL
    assert sql.ids("SELECT code FROM hold WHERE resolved_at IS NULL") == ["awaiting_payment"]
    for n in (1, 2):
        pay(order, TOTAL / 2, n)
        if n == 1:
            assert make.balance(chart.BANK) == 1_998_000
            assert (make.balance(chart.CUSTOMER_ADVANCES), make.balance(chart.OUTPUT_VAT)) == (-1_800_000, -198_000)
    assert make.balance(chart.BANK) == TOTAL
    assert (make.balance(chart.CUSTOMER_ADVANCES), make.balance(chart.OUTPUT_VAT)) == (-3_600_000, -396_000)
    assert not sql.ids("SELECT code FROM hold WHERE resolved_at IS NULL")

    road = carry()  # SJ-1: 10, 5, 1 and the postage
    assert make.balance(chart.GOODS_IN_TRANSIT) == 1_350_000
    make.run("deliver.complete", road)
    worker_runs()
    assert make.balance(chart.COST_OF_GOODS) == 1_350_000
    assert invoices()[2:] == [("invoice", Decimal(2_608_500))]
    assert (make.balance(chart.CUSTOMER_ADVANCES), make.balance(chart.OUTPUT_VAT)) == (-1_250_000, -396_000)  # 2,350,000 and 258,500 deducted
    assert make.balance(chart.RECEIVABLE) == 0
    assert visits() == []  # its goods have no promised day yet

    _buy(3)
    road = carry()  # SJ-2: 3, of which one comes back
    assert make.balance(chart.GOODS_IN_TRANSIT) == 450_000
    line = sql.one("SELECT id FROM delivery_line WHERE delivery_id = %(id)s", id=road[0])
    make.run("deliver.complete", {road[0]: Done(lines={line: Ends(delivered=Decimal(2), again=Decimal(1), reason="nobody_home")})})
    assert (make.balance(chart.COST_OF_GOODS), make.balance(chart.INVENTORY), make.balance(chart.GOODS_IN_TRANSIT)) == (1_650_000, 150_000, 0)
    worker_runs()
    assert invoices()[3:] == [("invoice", Decimal(555_000))]

    (visit,) = visits()
    make.run("deliver.complete", {visit: Done(receiver="Pak Budi")})
    assert (make.balance(chart.COST_OF_GOODS), make.balance(chart.GOODS_IN_TRANSIT)) == (1_650_000, 0)  # nothing lay on a shelf for it
    worker_runs()
    assert invoices()[4:] == [("invoice", Decimal(555_000))]

    make.run("deliver.complete", carry())  # SJ-3
    worker_runs()
    assert invoices()[5:] == [("invoice", Decimal(277_500))]
    assert make.order(order).state == "closed"
    _end()


def _buy(quantity: int) -> None:
    supplier = Supplier.objects.create(code="S", name="S").id
    product, warehouse = sql.rows("SELECT product_id, warehouse_id FROM backorder")[0]
    make.run("supply.order", [SupplyDraft(1, supplier, warehouse, (Line(product, Decimal(quantity), Decimal(150_000)),))])
    make.run("supply.receive", {i: {} for i in sql.ids("SELECT id FROM supply_line")})
    worker_runs()


def _end() -> None:
    """Bank and cost are there; everything in between is at rest."""
    assert make.balance(chart.BANK) == TOTAL
    assert make.balance(chart.COST_OF_GOODS) == 1_800_000
    assert make.balance(chart.OUTPUT_VAT) == -396_000
    assert make.balance(chart.REVENUE) == -3_600_000
    assert make.balance(chart.GOODS_NOT_INVOICED) == -450_000
    assert make.balance(chart.OPENING_EQUITY) == -1_350_000
    for account in (chart.INVENTORY, chart.GOODS_IN_TRANSIT, chart.CUSTOMER_ADVANCES, chart.RECEIVABLE, chart.UNALLOCATED_RECEIPTS):
        assert make.balance(account) == 0
    assert [(r.name, r.violations) for r in proof.prove() if r.violations] == []
