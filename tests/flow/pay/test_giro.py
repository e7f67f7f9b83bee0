"""A giro is a promise until the bank has paid it: it covers an invoice, clears, or bounces and all of it comes back."""

from datetime import date
from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.flow.pay.choose import Pair
from alur.flow.pay.receive import Receipt
from alur.models import BankAccount, Invoice, OpenItem, OpenReceipt
from tests import make
from tests.flow.pay.test_match import invoiced


def giro(buyer: int, amount, **fields) -> int:
    return make.run("pay.receive", [Receipt(1, Decimal(amount), buyer, way="giro", confirmed=True, **fields)]).moved[0]


def covering(buyer: int, amount: int = 11_100) -> tuple[int, int]:
    """A giro in hand for the only invoice of a payer: payment, invoice."""
    invoice, payment = Invoice.objects.get(payer_id=buyer, kind="invoice").id, giro(buyer, amount)
    assert make.run("pay.match", {buyer: [Pair(invoice, Decimal(min(amount, 11_100)), payment)]}).moved == [buyer]
    return payment, invoice


def books() -> tuple[Decimal, ...]:
    """Bank, giro in hand, receivable, not allocated."""
    return tuple(make.balance(code) for code in (chart.BANK, chart.GIRO_IN_HAND, chart.RECEIVABLE, chart.UNALLOCATED_RECEIPTS))


def test_a_giro_is_no_money_yet():
    buyer = make.customer()
    invoiced(customer_id=buyer)
    payment = giro(buyer, 11_100, due_on=date(2026, 12, 20))
    assert books() == (0, 11_100, 11_100, -11_100)
    assert [(r.payment_id, r.open, r.cleared) for r in OpenReceipt.objects.all()] == [(payment, 11_100, False)]
    assert make.codes(make.run("pay.match", [buyer])) == ["nothing_open"]  # by itself nothing takes it


def test_it_covers_an_invoice_and_clears():
    buyer = make.customer()
    (order,) = invoiced(customer_id=buyer)
    payment, _ = covering(buyer)
    assert [(i.open, i.uncleared) for i in OpenItem.objects.all()] == [(0, 11_100)]
    assert books() == (0, 11_100, 0, 0)
    assert make.codes(make.run("settle.close", [order])) == ["still_owed"]
    sql.run("DELETE FROM recheck")
    assert make.run("pay.clear", [payment]).moved == [payment]
    assert (OpenItem.objects.count(), OpenReceipt.objects.count()) == (0, 0)
    assert books() == (11_100, 0, 0, 0)
    assert sql.rows("SELECT step, order_id, why FROM recheck") == [("close", order, "cleared")]
    assert make.run("pay.clear", [payment]).already == [payment]
    assert make.codes(make.run("pay.bounce", [payment])) == ["cleared"]
    assert make.run("settle.close").moved == [order]


def test_it_clears_to_its_own_account_and_what_is_left_finds_its_way():
    buyer = make.customer()
    other = BankAccount.objects.create(code="BRI", account=1103).id
    invoiced(customer_id=buyer)
    payment = giro(buyer, 20_000, bank_account_id=other)
    make.run("pay.clear", [payment])
    assert (make.balance(1103), make.balance(chart.GIRO_IN_HAND)) == (20_000, 0)
    assert make.run("pay.match").moved == [buyer]
    assert [r.open for r in OpenReceipt.objects.all()] == [8_900]


def test_it_bounces_and_all_of_it_comes_back():
    buyer = make.customer(terms_id=make.terms(0, days=21))
    (order,) = invoiced(customer_id=buyer)
    before = OpenItem.objects.values("part", "payer_id", "issued_on", "due_on", "total", "open", "uncleared", "reminded").get()
    payment, invoice = covering(buyer, 15_000)
    waiting = make.orders(customer_id=buyer, through="confirm.reserve")
    sql.run("DELETE FROM recheck")
    assert make.run("pay.bounce", [payment]).moved == [payment]
    assert OpenItem.objects.values(*before).get() == before
    assert (OpenReceipt.objects.count(), books()) == (0, (0, 0, 11_100, 0))
    assert sql.rows("SELECT kind, amount, reverses_id IS NOT NULL AS reversal FROM allocation WHERE invoice_id = %(i)s ORDER BY id", i=invoice) == [
        ("payment", 11_100, False), ("payment", -11_100, True)]  # fmt: skip
    assert sql.rows("SELECT step, order_id, why FROM recheck") == [("verify", waiting[0], "bounced")]
    assert make.events(order)[-1] == "payment.bounced"
    assert make.run("pay.bounce", [payment]).already == [payment]
    assert make.codes(make.run("pay.clear", [payment])) == ["bounced"]


def test_a_giro_for_an_order_paid_ahead_only_promises():
    (order,) = make.orders(customer_id=make.customer(terms_id=make.terms(100)), through="invoice.prepare")
    buyer = make.order(order).payer_id
    payment = giro(buyer, 22_200, order_id=order)
    assert make.run("invoice.advance", [order]).moved == []
    sql.run("DELETE FROM recheck")
    make.run("pay.bounce", [payment])
    assert sql.rows("SELECT DISTINCT step, order_id, why FROM recheck") == [("verify", order, "bounced")]
    assert make.events(order)[-1] == "payment.bounced"
    again = giro(buyer, 22_200, order_id=order, reference="lagi")
    make.run("pay.clear", [again])
    assert make.run("invoice.advance", [order]).moved == [order]
    assert books() == (22_200, 0, 0, 0)


REFUSED = [("transfer", "", "not_a_giro"), ("giro", "UPDATE period SET state = 'closed'", "period_closed")]


@pytest.mark.parametrize(("way", "change", "code"), REFUSED)
@pytest.mark.parametrize("name", ["pay.clear", "pay.bounce"])
def test_refusals(name, way, change, code):
    buyer = make.customer()
    payment = make.run("pay.receive", [Receipt(1, Decimal(500), buyer, way=way)]).moved[0]
    if change:
        sql.run(change)
    entries, events = make.count_of("journal_entry"), make.count_of("event")
    assert make.codes(make.run(name, [payment, 999_999])) == [code, "not_found"]
    assert (make.count_of("clearing"), make.count_of("journal_entry"), make.count_of("event")) == (0, entries, events)
    assert OpenReceipt.objects.count() == 1


@pytest.mark.parametrize("name", ["pay.clear", "pay.bounce"])
def test_the_number_of_statements_does_not_depend_on_the_number_of_giros(name):
    counts = []
    for n in (1, 10):
        giros = []
        for _ in range(n):
            buyer = make.customer()
            invoiced(customer_id=buyer)
            giros.append(covering(buyer)[0])
        with sql.counting() as counted:
            assert make.run(name, giros).moved == giros
        counts.append(counted.statements)
    assert counts[0] == counts[1]
