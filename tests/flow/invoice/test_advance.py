"""Money that names an order paid ahead becomes an advance invoice; the invoices deduct it."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.flow.pay.receive import Receipt
from alur.models import Invoice, InvoiceLine, OpenReceipt, TaxRule
from tests import make


def pay_first(percent: int = 100, lines=((100_000, 10),), **fields) -> int:
    """A confirmed order whose terms ask for this percent first."""
    buyer = make.customer(terms_id=make.terms(percent))
    made = [(make.product(price), quantity) for price, quantity in lines]
    return make.orders(customer_id=buyer, lines=made, through="invoice.prepare", **fields)[0]


def pay(order_id: int, amount, key: int = 1, **fields):
    return make.run("pay.receive", [Receipt(key, Decimal(amount), order_id=order_id, **fields)])


def totals() -> list[tuple[str, str, int]]:
    return [(i.kind, i.number, i.total) for i in Invoice.objects.order_by("id")]


def test_half_is_paid_first_then_deducted():
    order = pay_first(50)
    assert make.order(order).total == 1_110_000
    pay(order, 555_000)
    outcome = make.run("invoice.advance")
    assert outcome.moved == [order]
    assert totals() == [("advance", "DP/2026/000001", 555_000)]
    assert (make.balance(chart.CUSTOMER_ADVANCES), make.balance(chart.OUTPUT_VAT), make.balance(chart.RECEIVABLE)) == (-500_000, -55_000, 0)
    assert (make.balance(chart.UNALLOCATED_RECEIPTS), OpenReceipt.objects.count()) == (0, 0)
    assert sql.ids("SELECT order_id FROM recheck WHERE step = 'verify' AND why = 'advance'") == [order]
    make.delivered([order])
    make.run("invoice.issue", [order])
    item = sql.rows("SELECT total, open FROM open_item")
    assert item == [(555_000, 555_000)]
    assert (make.balance(chart.CUSTOMER_ADVANCES), make.balance(chart.OUTPUT_VAT), make.balance(chart.RECEIVABLE)) == (0, -110_000, 555_000)
    pay(order, 555_000, reference="pelunasan")
    make.run("pay.match")
    assert make.run("settle.close").moved == [order]
    assert make.events(order)[-6:] == ["payment.received", "invoice.advance_issued", "invoice.issued", "payment.received", "payment.matched", "order.closed"]


def test_the_worked_case():
    """reference/steps.md: two halves paid first, four deliveries, four invoices, nothing left to pay and no advance left."""
    order = pay_first(100, [(100_000, 10), (200_000, 5), (250_000, 4), (100_000, 1), (500_000, 1)])
    assert (make.order(order).tax, make.order(order).total) == (396_000, 3_996_000)
    for key in (1, 2):
        pay(order, 1_998_000, key, reference=f"setengah {key}")
    make.run("invoice.advance")
    assert (make.balance(chart.CUSTOMER_ADVANCES), make.balance(chart.OUTPUT_VAT)) == (-3_600_000, -396_000)
    told = []
    for quantities in ((10, 5, 1, 1, 0), (0, 0, 2, 0, 0), (0, 0, 0, 0, 1), (0, 0, 1, 0, 0)):
        make.delivered([order], *quantities)
        make.run("invoice.issue")
        invoice = Invoice.objects.order_by("-id")[0]
        taken = InvoiceLine.objects.filter(invoice=invoice, advance_id__isnull=False)
        told.append((invoice.number, invoice.total, -sum(t.net for t in taken), -sum(t.tax for t in taken)))
    assert told == [
        ("INV/2026/000001", 2_608_500, 2_350_000, 258_500),
        ("INV/2026/000002", 555_000, 500_000, 55_000),
        ("INV/2026/000003", 555_000, 500_000, 55_000),
        ("INV/2026/000004", 277_500, 250_000, 27_500),
    ]
    assert make.run("settle.close").moved == [order]
    assert make.balance(chart.BANK) == 3_996_000
    assert (make.balance(chart.OUTPUT_VAT), make.balance(chart.REVENUE)) == (-396_000, -3_600_000)
    assert make.balance(chart.CUSTOMER_ADVANCES) == make.balance(chart.RECEIVABLE) == make.balance(chart.UNALLOCATED_RECEIPTS) == 0
    assert not sql.rows("SELECT FROM open_item")


def test_too_much_stays_open():
    order = pay_first(100)
    pay(order, 1_200_000)
    make.run("invoice.advance")
    assert [r.open for r in OpenReceipt.objects.all()] == [90_000]
    assert make.run("invoice.advance").moved == []  # no longer on the worklist
    assert make.run("invoice.advance", [order]).already == [order]
    assert make.run("pay.match").moved == []  # the order may still need it
    make.delivered([order])
    make.run("invoice.issue")
    assert not sql.rows("SELECT FROM open_item")


def test_an_advance_is_split_by_the_tax_rules_of_the_order():
    free = TaxRule.objects.create(code="08", name="Bebas", product_class="free", rate=0)
    order = pay_first(50, [(100_000, 10), (33_333, 1)])
    sql.run("UPDATE order_line SET tax_rule_id = %(rule)s WHERE order_id = %(id)s AND position = 2", rule=free.id, id=order)
    pay(order, 500_000)
    make.run("invoice.advance")
    (advance,) = Invoice.objects.filter(kind="advance")
    lines = InvoiceLine.objects.filter(invoice=advance).order_by("id")
    assert sum(line.net + line.tax for line in lines) == advance.total == 500_000
    assert [(line.net, line.tax) for line in lines] == [(437_318, 48_105), (14_577, 0)]


REFUSED = [
    ("UPDATE sales_order SET state = 'received'", "wrong_state"),
    ("UPDATE sales_order SET advance_pct = 0", "nothing_ahead"),
    ("DELETE FROM open_receipt", "nothing_paid"),
    ("UPDATE open_receipt SET cleared = false", "nothing_paid"),
    ("UPDATE period SET state = 'closed'", "period_closed"),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_refusals(change, code):
    order = pay_first(50)
    pay(order, 555_000)
    sql.run(change)
    assert make.codes(make.run("invoice.advance", [order, 999_999])) == [code, "not_found"]
    assert make.count_of("invoice") == make.count_of("allocation") == 0


def test_the_number_of_statements_does_not_depend_on_the_number_of_orders():
    buyer, cup = make.customer(terms_id=make.terms(50)), make.product()
    counts = []
    for n in (1, 20):
        ids = make.orders(n, customer_id=buyer, lines=[(cup, 1)], through="invoice.prepare")
        make.run("pay.receive", [Receipt(i, Decimal(1000), order_id=i, reference=str(i)) for i in ids])
        with sql.counting() as counted:
            assert len(make.run("invoice.advance").moved) == n
        counts.append(counted.statements)
    assert counts[0] == counts[1]
