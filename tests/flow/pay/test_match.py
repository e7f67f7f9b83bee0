"""A payer's money finds what it pays; what is settled is gone, what is left stays."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.flow.pay.receive import Receipt
from alur.models import Allocation, Invoice, OpenItem, OpenReceipt, Payment
from tests import make


def invoiced(n: int = 1, quantity: int = 1, **fields) -> list[int]:
    """Orders on account, delivered and invoiced: Rp 11.100 a piece."""
    ids = make.orders(n, lines=[(make.product(10_000), quantity)], through="invoice.prepare", **fields)
    make.delivered(ids)
    make.run("invoice.issue", ids)
    return ids


def pay(buyer: int, amount, reference: str = "", **fields) -> int:
    receipt = Receipt(1, Decimal(amount), buyer, reference=reference, confirmed=True, **fields)
    return make.run("pay.receive", [receipt]).moved[0]


def test_on_account_paid_in_two_parts():
    buyer = make.customer()
    (order,) = invoiced(customer_id=buyer)
    first = pay(buyer, 5_000)
    assert make.run("pay.match").moved == [buyer]
    assert [(i.total, i.open) for i in OpenItem.objects.all()] == [(11_100, 6_100)]
    sql.run("DELETE FROM recheck")
    second = pay(buyer, 6_100)
    assert make.run("pay.match").moved == [buyer]
    assert (OpenItem.objects.count(), OpenReceipt.objects.count()) == (0, 0)
    assert [(a.payment_id, a.kind, a.amount) for a in Allocation.objects.order_by("id")] == [(first, "payment", 5_000), (second, "payment", 6_100)]
    assert sql.rows("SELECT step, order_id FROM recheck") == [("close", order)]
    assert (make.balance(chart.RECEIVABLE), make.balance(chart.UNALLOCATED_RECEIPTS), make.balance(chart.BANK)) == (0, 0, 11_100)
    assert make.events(order)[-2:] == ["payment.matched", "payment.matched"]
    assert make.run("settle.close").moved == [order]


def test_too_much_stays_and_pays_the_next_invoice():
    buyer = make.customer()
    invoiced(customer_id=buyer)
    pay(buyer, 20_000)
    make.run("pay.match")
    assert [r.open for r in OpenReceipt.objects.all()] == [8_900]
    assert make.balance(chart.UNALLOCATED_RECEIPTS) == -8_900
    assert make.run("pay.match").moved == []
    invoiced(customer_id=buyer)
    assert make.run("pay.match").moved == [buyer]
    assert [i.open for i in OpenItem.objects.all()] == [2_200]


def test_by_order_then_by_number_then_exact_then_oldest():
    buyer = make.customer()
    ids = invoiced(4, customer_id=buyer) + invoiced(customer_id=buyer, quantity=2)
    numbers = [i.number for i in Invoice.objects.order_by("id")]
    exact = pay(buyer, 22_200)
    named = pay(buyer, 11_100, f"pelunasan {make.order(ids[2]).number}")
    numbered = pay(buyer, 11_100, numbers[1])
    oldest = pay(buyer, 1_000)
    make.run("pay.match", [buyer])
    paid = sql.rows("SELECT a.payment_id, i.number, a.amount FROM allocation a JOIN invoice i ON i.id = a.invoice_id ORDER BY a.payment_id")
    assert paid == [(exact, numbers[4], 22_200), (named, numbers[2], 11_100), (numbered, numbers[1], 11_100), (oldest, numbers[0], 1_000)]
    assert sorted(sql.ids("SELECT DISTINCT order_id FROM recheck WHERE step = 'close' AND why = 'paid'")) == sorted([ids[1], ids[2], ids[4]])


def test_money_for_an_order_still_to_be_paid_ahead_is_left_alone():
    buyer = make.customer()
    invoiced(customer_id=buyer)
    ahead = make.orders(customer_id=buyer, terms_id=make.terms(100))
    sql.run("UPDATE sales_order SET advance_pct = 100 WHERE id = %(id)s", id=ahead[0])
    pay(buyer, 11_100, order_id=ahead[0])
    assert make.run("pay.match").moved == []
    sql.run("UPDATE sales_order SET state = 'cancelled', granted = 0 WHERE id = %(id)s", id=ahead[0])
    assert make.run("pay.match").moved == [buyer]


def test_what_is_held_for_money_is_looked_at_again():
    buyer = make.customer(credit_limit=25_000)
    invoiced(2, customer_id=buyer)
    held = make.orders(customer_id=buyer, through="check.verify")
    assert make.order(held[0]).state == "received"
    sql.run("DELETE FROM recheck")
    pay(buyer, 22_200)
    make.run("pay.match")
    assert set(sql.ids("SELECT order_id FROM recheck WHERE step = 'verify'")) == set(held)


REFUSED = [
    ("DELETE FROM open_receipt", "nothing_open"),
    ("DELETE FROM open_item", "nothing_open"),
    ("UPDATE open_receipt SET cleared = false", "nothing_open"),
    ("UPDATE period SET state = 'closed'", "period_closed"),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_refusals(change, code):
    buyer = make.customer()
    invoiced(customer_id=buyer)
    pay(buyer, 11_100)
    sql.run(change)
    entries, events = make.count_of("journal_entry"), make.count_of("event")
    assert make.codes(make.run("pay.match", [buyer])) == [code]
    assert make.count_of("allocation") == 0
    assert (make.count_of("journal_entry"), make.count_of("event")) == (entries, events)


def test_two_payers_at_once_do_not_mix():
    one, two = make.customer(), make.customer()
    invoiced(customer_id=one)
    invoiced(customer_id=two)
    pay(two, 30_000)
    pay(one, 100)
    assert make.run("pay.match").moved == [one, two]
    assert sql.rows("SELECT i.payer_id, i.open FROM open_item i") == [(one, 11_000)]
    assert [(r.payer_id, r.open) for r in OpenReceipt.objects.all()] == [(two, 18_900)]
    assert Payment.objects.count() == 2


def test_the_number_of_statements_does_not_depend_on_the_number_of_payers():
    counts = []
    for n in (1, 10):
        buyers = [make.customer() for _ in range(n)]
        for buyer in buyers:
            invoiced(customer_id=buyer)
            pay(buyer, 11_100)
        with sql.counting() as counted:
            assert make.run("pay.match").moved == buyers
        counts.append(counted.statements)
    assert counts[0] == counts[1]
