"""Money as it comes: too much, by giro, ahead, less the tax that the customer withholds, to the wrong invoice, and not at all.

The worker does what is its own; after each story the events say what happened and the books prove it.
"""

from datetime import timedelta
from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import clock, sql
from alur.flow.pay.choose import Pair
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Allocation, Invoice, OpenItem, OpenReceipt
from alur.reads import proof
from tests import make

MONEY = ("payment.", "item.", "invoice.", "order.held", "order.closed", "order.verify", "order.rechecked")


@pytest.fixture(autouse=True)
def _proved():
    yield
    assert {r.name: r.violations for r in proof.prove() if r.violations} == {}


def work(days: int = 0) -> None:
    """Days later: the worker does what waits."""
    clock.move(make.AT + timedelta(days=days))
    worker.until_idle()


def delivered(buyer: int, price: int = 100_000, days: int = 0) -> int:
    """An order of one thing, delivered and invoiced with 11 % on top; its id."""
    (order,) = make.orders(customer_id=buyer, lines=[(make.product(price, stock=1), 1)])
    work(days)
    by_hand(days)
    assert make.order(order).state == "fulfilled"
    return order


def by_hand(days: int = 0) -> None:
    """Whatever is scheduled is picked, sent and delivered."""
    for name, state in (("deliver.pick", "scheduled"), ("deliver.dispatch", "picked"), ("deliver.complete", "dispatched")):
        ids = sql.ids("SELECT id FROM delivery WHERE state = %(state)s ORDER BY id", state=state)
        make.run(name, ids, at=make.AT + timedelta(days=days))
    work(days)


def pay(buyer: int, amount: int, reference: str = "", days: int = 0, **fields) -> int:
    receipt = Receipt(1, Decimal(amount), buyer, reference=reference, confirmed=True, **fields)
    (payment,) = make.run("pay.receive", [receipt], at=make.AT + timedelta(days=days)).moved
    return payment


def invoice_of(order: int) -> int:
    return sql.one("SELECT b.invoice_id FROM invoice_line b JOIN order_line l ON l.id = b.order_line_id WHERE l.order_id = %(id)s", id=order)


def told(order: int) -> list[str]:
    return [kind for kind in make.events(order) if kind.startswith(MONEY)]


def books() -> tuple[Decimal, ...]:
    """Bank, giro in hand, receivable, not allocated."""
    return tuple(make.balance(code) for code in (chart.BANK, chart.GIRO_IN_HAND, chart.RECEIVABLE, chart.UNALLOCATED_RECEIPTS))


def test_paid_too_much_and_the_rest_pays_the_next_invoice():
    buyer = make.customer()
    first = delivered(buyer)
    pay(buyer, 150_000, Invoice.objects.get().number)
    work()
    assert (make.order(first).state, books()) == ("closed", (150_000, 0, 0, -39_000))
    second = delivered(buyer)
    work()
    assert [(i.total, i.open) for i in OpenItem.objects.all()] == [(111_000, 72_000)]
    assert (OpenReceipt.objects.count(), books()) == (0, (150_000, 0, 72_000, 0))
    pay(buyer, 72_000)
    work()
    assert make.order(second).state == "closed"
    assert told(second)[-4:] == ["invoice.issued", "payment.matched", "payment.matched", "order.closed"]


def test_a_giro_bounces_and_the_next_order_is_held_again():
    buyer = make.customer()
    first = delivered(buyer, 1_000_000)
    work(days=75)  # 45 days late: 1,110,000 x 45 is more than 100,000 x 30
    (second,) = make.orders(customer_id=buyer, lines=[(make.product(50_000), 1)], received_at=make.AT + timedelta(days=75))
    work(days=75)
    assert [row.code for row in sql.rows("SELECT code FROM hold WHERE resolved_at IS NULL")] == ["overdue"]
    giro = pay(buyer, 1_110_000, days=75, way="giro")
    make.run("pay.match", {buyer: [Pair(invoice_of(first), Decimal(1_110_000), giro)]}, at=make.AT + timedelta(days=75))
    work(days=75)
    assert (make.order(second).state, books()) == ("confirmed", (0, 1_110_000, 0, 0))
    assert make.order(first).state == "fulfilled"  # not closed before the bank has paid
    assert make.run("pay.bounce", [giro], at=make.AT + timedelta(days=77)).moved == [giro]
    work(days=77)
    assert books() == (0, 0, 1_110_000, 0)
    assert [(row.order_id, row.code) for row in sql.rows("SELECT order_id, code FROM hold WHERE resolved_at IS NULL")] == [(second, "overdue")]
    assert told(first)[-3:] == ["item.reminded", "payment.matched", "payment.bounced"]
    pay(buyer, 1_110_000, days=78)
    work(days=78)
    assert make.order(first).state == "closed"
    assert sql.one("SELECT count(*) FROM hold WHERE resolved_at IS NULL") == 0


def test_a_down_payment_and_the_rest_after_delivery():
    buyer = make.customer(terms_id=make.terms(30))
    (order,) = make.orders(customer_id=buyer, lines=[(make.product(100_000, stock=10), 10)])
    work()
    assert [row.code for row in sql.rows("SELECT code FROM hold WHERE resolved_at IS NULL")] == ["awaiting_payment"]
    pay(buyer, 333_000, make.order(order).number)
    work()
    by_hand()
    assert [(i.kind, i.total) for i in Invoice.objects.order_by("id")] == [("advance", 333_000), ("invoice", 1_110_000)]
    assert [(i.total, i.open) for i in OpenItem.objects.all()] == [(777_000, 777_000)]
    assert (make.balance(chart.CUSTOMER_ADVANCES), make.balance(chart.OUTPUT_VAT)) == (0, -110_000)
    pay(buyer, 777_000)
    work()
    assert (make.order(order).state, books()) == ("closed", (1_110_000, 0, 0, 0))


def test_the_customer_withholds_income_tax():
    buyer = make.customer()
    order = delivered(buyer, 5_000_000)
    invoice = Invoice.objects.get()
    payment = pay(buyer, 5_450_000, invoice.number)  # less 2 % of the 5,000,000 before VAT
    work()
    assert [i.open for i in OpenItem.objects.all()] == [100_000]
    make.run("pay.match", {buyer: [Pair(invoice.id, Decimal(100_000), kind="withholding")]})
    work()
    assert (make.order(order).state, books(), make.balance(chart.TAX_WITHHELD)) == ("closed", (5_450_000, 0, 0, 0), 100_000)
    assert told(order)[-3:] == ["payment.matched", "item.withheld", "order.closed"]
    assert sql.one("SELECT sum(amount) FROM allocation WHERE payment_id = %(p)s", p=payment) == 5_450_000


def test_matched_to_the_wrong_invoice_and_matched_again():
    buyer = make.customer()
    first, second = delivered(buyer), delivered(buyer, 200_000)
    payment = pay(buyer, 111_000)
    work()
    assert make.order(first).state == "closed"
    (wrong,) = Allocation.objects.all()
    assert make.run("pay.unmatch", [wrong.id]).moved == [wrong.id]
    work()  # the worker leaves it to the person
    assert (make.order(first).state, books()) == ("closed", (111_000, 0, 333_000, -111_000))
    make.run("pay.match", {buyer: [Pair(invoice_of(second), Decimal(111_000), payment)]})
    work()
    assert [(i.invoice_id, i.open) for i in OpenItem.objects.order_by("invoice_id")] == [(invoice_of(first), 111_000), (invoice_of(second), 111_000)]
    pay(buyer, 222_000)
    work()
    assert (make.order(second).state, books(), OpenItem.objects.count()) == ("closed", (333_000, 0, 0, 0), 0)
    assert told(first)[-4:] == ["payment.matched", "order.closed", "payment.unmatched", "payment.matched"]
    assert [a.amount for a in Allocation.objects.order_by("id")] == [111_000, -111_000, 111_000, 111_000, 111_000]


def test_three_reminders_and_then_it_is_paid():
    buyer = make.customer()
    order = delivered(buyer)
    for days in range(28, 70, 3):
        work(days)
    reminders = sql.rows("SELECT data FROM event WHERE kind = 'item.reminded' ORDER BY id")
    assert [(row.data["level"], row.data["amount"]) for row in reminders] == [(1, 111_000), (2, 111_000), (3, 111_000)]
    pay(buyer, 111_000, days=70)
    work(days=70)
    assert told(order)[-5:] == ["item.reminded", "item.reminded", "item.reminded", "payment.matched", "order.closed"]
