"""Goods come back, claims, advances too large: what was billed is credited, and money goes back exactly once."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import clock, sql
from alur.flow.pay.choose import Pair
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Customer, Reason
from alur.reads import proof
from tests import make

NOTES = "SELECT number, net, tax, rounding, total FROM invoice WHERE kind = 'credit_note' ORDER BY id"
FREE = "SELECT open FROM open_receipt ORDER BY id"


@pytest.fixture(autouse=True)
def _reasons() -> None:
    make.basics()
    clock.move(make.AT)
    Reason.objects.create(kind="return", code="defective")


def sold(customer: int, *lines: tuple[int, int]) -> int:
    """An order that was delivered and billed."""
    [order] = make.orders(1, customer_id=customer, lines=lines, through="confirm.reserve")
    make.deliveries([order], through="deliver.complete")
    worker.until_idle()
    return order


def delivery_lines(order: int) -> list[int]:
    return sql.ids("SELECT x.id FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id WHERE l.order_id = %(id)s ORDER BY x.id", id=order)


def sent_back(order: int, quantity: int) -> int:
    """A permitted return of the first line."""
    outcome = make.run("returns.permit", {order: {"lines": {delivery_lines(order)[0]: quantity}, "reason": "defective"}})
    assert not outcome.refused, outcome.refused
    return outcome.made[order]


def paid(order: int, more: int = 0) -> None:
    """Everything that is owed on the order's invoices, and a little more."""
    owed = sql.rows("SELECT payer_id, sum(open) AS open FROM open_item GROUP BY 1")
    make.run("pay.receive", [Receipt(key=1, payer_id=row.payer_id, amount=row.open + more) for row in owed])
    worker.until_idle()
    assert make.order(order).state == "closed"


def sound() -> None:
    """Nothing is wrong anywhere in the books."""
    assert [(r.name, r.violations) for r in proof.prove() if r.violations] == []


def test_a_return_is_credited_set_off_and_the_rest_refunded():
    customer, product = make.customer(), make.product(10_000, cost=6_000)
    order = sold(customer, (product, 10))  # 100,000 + 11,000
    paid(order)
    back = sent_back(order, 4)
    assert (make.balance(chart.COST_OF_GOODS), make.lines_of(order)[0].returned) == (60_000, 0)
    make.run("returns.take_back", {back: {"lines": {sql.one("SELECT id FROM return_line"): {"received": 3, "refused": 1}}}})
    assert (make.balance(chart.COST_OF_GOODS), make.lines_of(order)[0].returned) == (42_000, 3)
    assert sql.rows("SELECT w.kind, s.on_hand, s.value FROM stock s JOIN warehouse w ON w.id = s.warehouse_id WHERE w.kind = 'returns'") == [
        ("returns", 3, 18_000)
    ]
    worker.until_idle()
    assert sql.rows(NOTES) == [("CN/2026/000001", 30_000, 3_300, 0, 33_300)]
    assert (make.lines_of(order)[0].credited, make.order(order).state) == (3, "closed")
    assert (make.balance(chart.REVENUE), make.balance(chart.OUTPUT_VAT), make.balance(chart.RECEIVABLE)) == (-70_000, -7_700, -33_300)
    sound()

    other = sold(customer, (product, 1))  # 11,100, set off by hand
    note, invoice = sql.one("SELECT credit_note_id FROM open_receipt"), sql.one("SELECT invoice_id FROM open_item")
    make.run("pay.match", {customer: [Pair(invoice, Decimal(11_100), credit_note_id=note, kind="credit")]})
    worker.until_idle()
    assert (make.order(other).state, sql.ids(FREE)) == ("closed", [Decimal(22_200)])
    refused = make.run("pay.refund", {customer: {"amount": 22_201}})
    assert (make.codes(refused), sql.ids(FREE)) == (["more_than_free"], [Decimal(22_200)])
    make.run("pay.refund", {customer: {"amount": 22_200}})
    assert (sql.ids(FREE), make.balance(chart.RECEIVABLE), make.balance(chart.BANK)) == ([], 0, 111_000 - 22_200)
    assert make.events(order)[-5:] == ["order.closed", "return.permitted", "return.received", "invoice.credited", "payment.refunded"]
    sound()


def test_a_credit_settles_its_own_invoice_first():
    order = sold(make.customer(), (make.product(10_000), 10))
    back = sent_back(order, 10)
    make.run("returns.take_back", [back])
    worker.until_idle()
    assert sql.rows(NOTES) == [("CN/2026/000001", 100_000, 11_000, 0, 111_000)]
    assert (make.count_of("open_item"), make.count_of("open_receipt"), make.order(order).state) == (0, 0, "closed")
    assert all(make.balance(account) == 0 for account in (chart.REVENUE, chart.OUTPUT_VAT, chart.RECEIVABLE, chart.COST_OF_GOODS))
    sound()


def test_what_comes_back_before_its_invoice_is_never_billed():
    customer = make.customer()
    [order] = make.orders(1, customer_id=customer, lines=[(make.product(10_000), 10)], through="confirm.reserve")
    make.deliveries([order], through="deliver.complete")
    back = sent_back(order, 4)
    make.run("returns.take_back", [back])
    worker.until_idle()
    assert (sql.rows(NOTES), [row.total for row in sql.rows("SELECT total FROM invoice")]) == ([], [Decimal(66_600)])
    assert sql.one('SELECT state FROM "return"') == "closed"
    sound()


def test_parts_of_a_return_come_and_the_rest_is_given_up():
    order = sold(make.customer(), (make.product(10_000, cost="3333.33"), 3))
    back = sent_back(order, 3)
    line = sql.one("SELECT id FROM return_line")
    for _ in range(2):
        make.run("returns.take_back", {back: {"lines": {line: {"received": 1}}}})
    assert sql.rows('SELECT r.state, x.received, x.value FROM "return" r JOIN return_line x ON x.return_id = r.id') == [("permitted", 2, Decimal("6666.66"))]
    assert make.codes(make.run("invoice.credit", [back])) == ["not_back"]
    make.run("returns.close", [back])
    worker.until_idle()
    assert sql.rows('SELECT r.state, x.refused FROM "return" r JOIN return_line x ON x.return_id = r.id') == [("closed", 1)]
    assert sql.rows(NOTES) == [("CN/2026/000001", 20_000, 2_200, 0, 22_200)]
    sound()


def test_the_credit_of_a_pkp_buyer_waits_for_the_nota_retur():
    customer = make.customer(pkp=True, npwp="0123456789012345")
    order = sold(customer, (make.product(10_000), 10))
    back = sent_back(order, 2)
    make.run("returns.take_back", [back])
    worker.until_idle()
    assert (sql.rows(NOTES), make.codes(make.run("invoice.credit", [back]))) == ([], ["needs_nota_retur"])
    assert make.order(order).state == "fulfilled"
    make.run("invoice.credit", {back: {"nota_retur": "NR-7", "nota_retur_on": "2026-11-23"}})
    assert sql.rows("SELECT nota_retur, nota_retur_on::text, total FROM invoice WHERE kind = 'credit_note'") == [("NR-7", "2026-11-23", 22_200)]
    sound()


def test_a_claim_by_amount_moves_no_counter_and_the_last_credit_takes_the_rest():
    order = sold(make.customer(), (make.product(3_333, cost=1_000), 7))  # 23,331 + 2,566 = 25,897
    invoice, line = sql.rows("SELECT invoice_id, id FROM invoice_line")[0]
    make.run("invoice.claim", {invoice: {"lines": {line: {"amount": "1000"}}, "reason": "defective"}})
    assert (make.lines_of(order)[0].credited, make.lines_of(order)[0].returned) == (0, 0)
    assert sql.rows(NOTES) == [("CN/2026/000001", 1_000, 110, 0, 1_110)]
    make.run("invoice.claim", {invoice: {"lines": {line: {"quantity": 2}}, "reason": "defective"}})
    assert sql.rows(NOTES)[1] == ("CN/2026/000002", 6_666, 733, 0, 7_399)
    refused = make.run("invoice.claim", {invoice: {"lines": {line: {"amount": "15666"}}, "reason": "defective"}})
    assert (make.codes(refused), refused.refused[0].facts["left"]) == (["more_than_invoiced"], 15_665)
    make.run("invoice.claim", {invoice: {"lines": {line: {"quantity": 5}}, "reason": "defective"}})
    assert sql.rows("SELECT sum(net), sum(tax), sum(total) FROM invoice WHERE kind = 'credit_note'") == [(23_331, 2_566, 25_897)]
    assert make.balance(chart.RECEIVABLE) == 0
    worker.until_idle()
    assert make.order(order).state == "closed"
    sound()


def test_what_was_paid_too_much_goes_back():
    customer = make.customer()
    paid(sold(customer, (make.product(10_000), 10)), more=40_000)
    make.run("pay.refund", {customer: {"amount": "15000", "way": "cash"}})
    assert (sql.ids(FREE), make.balance(chart.CASH), make.balance(chart.UNALLOCATED_RECEIPTS)) == ([Decimal(25_000)], -15_000, -25_000)
    make.run("pay.refund", {customer: {"amount": 25_000, "free": 25_000}})
    assert (sql.ids(FREE), make.balance(chart.UNALLOCATED_RECEIPTS)) == ([], 0)
    assert make.codes(make.run("pay.refund", {customer: {"amount": 1, "free": 25_000}})) == ["stale_version"]
    sound()


def test_the_rest_of_an_advance_is_credited_and_refunded():
    customer, product = make.customer(credit_limit=None), make.product(10_000)
    Customer.objects.filter(id=customer).update(terms=make.terms(100))
    [order] = make.orders(1, customer_id=customer, lines=[(product, 10)], through="confirm.reserve")
    make.run("pay.receive", [Receipt(key=1, order_id=order, amount=Decimal(111_000))])
    worker.until_idle()
    assert make.balance(chart.CUSTOMER_ADVANCES) == -100_000
    line = make.lines_of(order)[0].id
    make.run("capture.cancel", {order: {"lines": {line: 4}, "reason": "customer"}})
    make.deliveries([order], through="deliver.complete") if not make.count_of("delivery") else None
    for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        make.run(name, sql.ids("SELECT id FROM delivery WHERE state IN ('scheduled', 'picked', 'dispatched')"))
    worker.until_idle()
    assert sql.rows(NOTES) == [("CN/2026/000001", 40_000, 4_400, 0, 44_400)]
    assert (make.balance(chart.CUSTOMER_ADVANCES), make.balance(chart.OUTPUT_VAT), make.balance(chart.RECEIVABLE)) == (0, -6_600, -44_400)
    assert make.order(order).state == "closed"
    make.run("pay.refund", {customer: {"amount": 44_400}})
    assert (make.balance(chart.RECEIVABLE), make.balance(chart.BANK)) == (0, 66_600)
    assert make.events(order)[-4:] == ["invoice.issued", "invoice.advance_credited", "order.closed", "payment.refunded"]
    sound()


def test_an_order_given_up_gives_its_advance_back():
    customer = make.customer(credit_limit=None)
    Customer.objects.filter(id=customer).update(terms=make.terms(100))
    [order] = make.orders(1, customer_id=customer, lines=[(make.product(10_000), 10)], through="confirm.reserve")
    make.run("pay.receive", [Receipt(key=1, order_id=order, amount=Decimal(50_000))])
    worker.until_idle()
    make.run("capture.cancel", {order: {"reason": "customer"}})
    worker.until_idle()
    assert (make.order(order).state, make.balance(chart.CUSTOMER_ADVANCES), make.balance(chart.OUTPUT_VAT)) == ("cancelled", 0, 0)
    assert sql.ids(FREE) == [Decimal(50_000)]
    sound()


def test_an_open_return_keeps_its_order_open_and_its_end_closes_it():
    order = sold(make.customer(), (make.product(10_000), 10))
    back = sent_back(order, 2)
    make.run("pay.receive", [Receipt(key=1, payer_id=make.order(order).payer_id, amount=Decimal(111_000))])
    worker.until_idle()
    assert (make.order(order).state, make.codes(make.run("settle.close", [order]))) == ("fulfilled", ["return_open"])
    sound()
    make.run("returns.close", [back])
    worker.until_idle()
    assert make.order(order).state == "closed"
    sound()
