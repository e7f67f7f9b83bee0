"""Money comes in once, is booked, and names an order where it can."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.flow.pay.receive import Receipt
from alur.models import BankAccount, OpenReceipt, Payment, ProForma
from tests import make


def receive(*receipts: Receipt):
    return make.run("pay.receive", receipts)


def test_money_is_recorded_and_booked():
    buyer = make.customer()
    outcome = receive(Receipt(7, Decimal(250_000), buyer, reference="titipan"))
    (payment,) = Payment.objects.all()
    assert (outcome.moved, outcome.made) == ([payment.id], {7: payment.id})
    assert (payment.number[:9], payment.payer_id, payment.amount, payment.received_on) == ("PAY-2026-", buyer, 250_000, date(2026, 11, 23))
    assert payment.bank_account_id == BankAccount.objects.get().id
    (receipt,) = OpenReceipt.objects.all()
    assert (receipt.payment_id, receipt.payer_id, receipt.open, receipt.cleared, receipt.order_id) == (payment.id, buyer, 250_000, True, None)
    assert (make.balance(chart.BANK), make.balance(chart.UNALLOCATED_RECEIPTS)) == (250_000, -250_000)
    assert sql.rows("SELECT kind, subject_id, order_id FROM event") == [("payment.received", payment.id, None)]


def test_cash_goes_to_the_till_and_a_bank_account_to_its_own_ledger():
    buyer = make.customer()
    other = BankAccount.objects.create(code="BRI", account=1103)
    receive(Receipt(1, Decimal(10), buyer, way="cash"), Receipt(2, Decimal(20), buyer, bank_account_id=other.id))
    assert (make.balance(chart.CASH), make.balance(1103), make.balance(chart.BANK)) == (10, 20, 0)


def test_a_reference_names_the_order():
    buyer, other = make.customer(), make.customer()
    first, second = make.orders(2, customer_id=buyer, through="invoice.prepare")
    pro_forma = ProForma.objects.get(order_id=second).number
    receive(
        Receipt(1, Decimal(1), buyer, reference=f"dp {make.order(first).number} terima kasih"),
        Receipt(2, Decimal(2), reference=pro_forma),  # nobody said who: who pays the order
        Receipt(3, Decimal(3), other, reference=pro_forma),  # somebody else's order is not named by a text
        Receipt(4, Decimal(4), order_id=first),
    )
    assert [(p.payer_id, p.order_id) for p in Payment.objects.order_by("id")] == [(buyer, first), (buyer, second), (other, None), (buyer, first)]
    assert sorted(sql.ids("SELECT order_id FROM recheck WHERE step = 'verify' AND why = 'paid'")) == [first, second]
    assert make.events(second)[-1] == "payment.received"


def test_money_without_an_order_wakes_what_is_held_for_money():
    buyer = make.customer(credit_limit=1000)
    held = make.orders(customer_id=buyer, through="check.verify")
    make.orders(through="check.verify")
    assert make.order(held[0]).state == "received"
    receive(Receipt(1, Decimal(50_000), buyer))
    assert sql.ids("SELECT order_id FROM recheck WHERE step = 'verify'") == held


def test_who_pays_for_another_is_the_payer():
    head = make.customer()
    branch = make.customer(payer_id=head)
    receive(Receipt(1, Decimal(5), branch))
    assert OpenReceipt.objects.get().payer_id == head


GOOD = Receipt(1, Decimal(100), reference="INV 1")
REFUSED = [
    (replace(GOOD, amount=Decimal(0), payer_id=None), "bad_amount"),
    (replace(GOOD, amount=Decimal("NaN")), "bad_amount"),
    (replace(GOOD, amount=Decimal("Infinity")), "bad_amount"),
    (replace(GOOD, payer_id=None), "unknown_payer"),
    (replace(GOOD, payer_id=10**9), "unknown_payer"),
    (replace(GOOD, payer_id=None, reference="SO-2026-999999"), "unknown_payer"),
    (replace(GOOD, key=2), "duplicate"),
    (replace(GOOD, received_on=date(2026, 10, 1)), "period_closed"),
]


@pytest.mark.parametrize(("receipt", "code"), REFUSED)
def test_refusals(receipt, code):
    buyer = make.customer()
    sql.run("INSERT INTO period (starts_on, state) VALUES ('2026-10-01', 'closed')")
    receive(replace(GOOD, key=99, payer_id=buyer))
    receipt = receipt if receipt.payer_id or code == "unknown_payer" else replace(receipt, payer_id=buyer)
    outcome = receive(receipt)
    assert [(r.id, r.code) for r in outcome.refused] == [(receipt.key, code)]
    assert make.count_of("payment") == make.count_of("open_receipt") == make.count_of("event") == 1
    assert make.count_of("journal_line") == 2


def test_a_twin_needs_a_word():
    buyer = make.customer()
    twin = replace(GOOD, payer_id=buyer)
    outcome = receive(twin, replace(twin, key=2), replace(twin, key=3, confirmed=True), replace(twin, key=4, reference="INV 2"))
    assert [(r.id, r.code) for r in outcome.refused] == [(2, "duplicate")]
    assert len(outcome.moved) == 3
    assert outcome.refused[0].facts["payer_id"] == buyer


def test_a_gateway_may_tell_twice():
    buyer = make.customer()
    told = replace(GOOD, payer_id=buyer, provider="midtrans", provider_ref="tx-1")
    first = receive(told, replace(told, key=5))
    again = receive(replace(told, amount=Decimal(999)))
    assert (again.already, again.made) == (first.moved, {told.key: first.moved[0]})
    assert make.count_of("payment") == make.count_of("event") == 1


def test_the_number_of_statements_does_not_depend_on_the_number_of_payments():
    buyer = make.customer()
    counts = []
    for n in (1, 50):
        with sql.counting() as counted:
            receive(*(Receipt(i, Decimal(i), buyer, reference=f"{n}-{i}") for i in range(1, n + 1)))
        counts.append(counted.statements)
    assert counts[0] == counts[1]
