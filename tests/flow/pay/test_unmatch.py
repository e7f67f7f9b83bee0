"""What was matched wrongly is taken back whole, by rows that name what they reverse."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.flow.pay.choose import Pair
from alur.models import Allocation, Invoice, OpenItem, OpenReceipt, Reason, Terms, TermsPart
from alur.reads import proof
from tests import make
from tests.flow.pay.test_match import invoiced, pay

BOOKS = "SELECT account, customer_id, sum(amount) FROM journal_line GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2"
ITEM = ("invoice_id", "part", "payer_id", "issued_on", "due_on", "total", "open", "uncleared", "reminded")


def held() -> list[str]:
    return [row.code for row in sql.rows("SELECT code FROM hold WHERE resolved_at IS NULL ORDER BY id")]


def test_everything_is_as_it_was_but_waits_for_a_person():
    buyer = make.customer()
    (order,) = invoiced(customer_id=buyer)
    pay(buyer, 11_100)
    before = (list(OpenItem.objects.values(*ITEM)), sql.rows(BOOKS))
    make.run("pay.match")
    make.run("settle.close")
    (paid,) = Allocation.objects.all()
    assert make.run("pay.unmatch", [paid.id]).moved == [paid.id]
    assert (list(OpenItem.objects.values(*ITEM)), sql.rows(BOOKS)) == before
    last = Allocation.objects.order_by("-id")[0]
    assert (last.reverses_id, last.payment_id, last.invoice_id, last.kind, last.amount) == (paid.id, paid.payment_id, paid.invoice_id, "payment", -11_100)
    assert [(r.payment_id, r.open, r.cleared, r.by_hand) for r in OpenReceipt.objects.all()] == [(paid.payment_id, 11_100, True, True)]
    assert make.order(order).state == "closed"
    assert make.events(order)[-1] == "payment.unmatched"
    assert make.run("pay.match").moved == []  # the worker does not undo what a person did
    assert make.codes(make.run("pay.match", [buyer])) == ["nothing_open"]
    assert make.run("pay.match", {buyer: [Pair(paid.invoice_id, Decimal(11_100), paid.payment_id)]}).moved == [buyer]
    assert (OpenItem.objects.count(), OpenReceipt.objects.count()) == (0, 0)


@pytest.mark.parametrize("due_from", ["invoice", "delivery", "month_end", "handover"])
def test_the_due_day_comes_back_with_each_part(due_from):
    terms = make.terms(0)
    Terms.objects.filter(id=terms).update(due_from=due_from)
    TermsPart.objects.filter(terms_id=terms).update(percent=40, days=14)
    TermsPart.objects.create(terms_id=terms, position=2, percent=60, days=45)
    buyer = make.customer(terms_id=terms)
    invoiced(customer_id=buyer)
    before = list(OpenItem.objects.order_by("part").values(*ITEM))
    assert [(row["part"], row["open"]) for row in before] == [(1, 4_440), (2, 6_660)]
    pay(buyer, 11_100)
    make.run("pay.match")
    assert len(make.run("pay.unmatch", list(Allocation.objects.values_list("id", flat=True))).moved) == 2
    assert list(OpenItem.objects.order_by("part").values(*ITEM)) == before


def test_a_part_of_what_was_paid_is_taken_back():
    buyer = make.customer()
    invoiced(2, customer_id=buyer)
    payment = pay(buyer, 15_000)
    make.run("pay.match")
    make.run("pay.unmatch", [Allocation.objects.order_by("id")[1].id])
    assert [i.open for i in OpenItem.objects.all()] == [11_100]
    assert [(r.payment_id, r.open) for r in OpenReceipt.objects.all()] == [(payment, 3_900)]


def test_an_advance_taken_back_is_owed_and_its_order_waits_again():
    (order,) = make.orders(customer_id=make.customer(terms_id=make.terms(100)), through="invoice.prepare")
    buyer = make.order(order).payer_id
    pay(buyer, 22_200, order_id=order)
    make.run("invoice.advance")
    make.run("check.verify", [order])
    assert held() == []
    (paid,) = Allocation.objects.all()
    make.run("pay.unmatch", [paid.id])
    assert [(i.invoice_id, i.total, i.open) for i in OpenItem.objects.all()] == [(paid.invoice_id, 22_200, 22_200)]
    assert (make.balance(chart.RECEIVABLE), make.balance(chart.UNALLOCATED_RECEIPTS)) == (22_200, -22_200)
    make.run("check.verify", [order])
    assert held() == []  # the money still names the order
    assert make.run("invoice.advance").moved == []  # and has its advance invoice already
    sql.run("UPDATE customer SET terms_id = %(t)s", t=make.terms(0))
    invoiced(customer_id=buyer, quantity=2)
    other = Invoice.objects.get(kind="invoice").id
    make.run("pay.match", {buyer: [Pair(other, Decimal(22_200), paid.payment_id)]})
    make.run("check.verify")
    assert held() == ["awaiting_payment"]
    pay(buyer, 22_200)
    make.run("pay.match")
    make.run("check.verify")
    assert (held(), OpenItem.objects.count()) == ([], 0)


def test_what_a_customer_kept_back_is_taken_back_too():
    buyer = make.customer()
    invoiced(customer_id=buyer)
    invoice = Invoice.objects.get().id
    make.run("pay.match", {buyer: [Pair(invoice, Decimal(200), kind="withholding")]})
    (kept,) = Allocation.objects.all()
    make.run("pay.unmatch", [kept.id])
    assert (make.balance(chart.TAX_WITHHELD), make.balance(chart.RECEIVABLE)) == (0, 11_100)
    assert [i.open for i in OpenItem.objects.all()] == [11_100]


REFUSED = [("UPDATE period SET state = 'closed'", "period_closed"), ("UPDATE allocation SET kind = 'refund'", "paid_back")]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_refusals(change, code):
    buyer = make.customer()
    invoiced(customer_id=buyer)
    pay(buyer, 11_100)
    make.run("pay.match")
    (paid,) = Allocation.objects.all()
    sql.run("SET LOCAL session_replication_role = replica")
    sql.run(change)
    sql.run("SET LOCAL session_replication_role = origin")
    entries, events = make.count_of("journal_entry"), make.count_of("event")
    assert make.codes(make.run("pay.unmatch", [paid.id, 999_999])) == [code, "not_found"]
    assert (make.count_of("allocation"), make.count_of("journal_entry"), make.count_of("event")) == (1, entries, events)


def test_once_and_a_reversal_is_not_reversed():
    buyer = make.customer()
    invoiced(customer_id=buyer)
    pay(buyer, 11_100)
    make.run("pay.match")
    (paid,) = Allocation.objects.all()
    make.run("pay.unmatch", [paid.id])
    last = Allocation.objects.order_by("-id")[0].id
    outcome = make.run("pay.unmatch", [paid.id, last])
    assert (outcome.moved, outcome.already, make.codes(outcome)) == ([], [paid.id], ["is_reversal"])


def test_a_credit_note_is_taken_back_and_settles_another_invoice():
    Reason.objects.create(kind="return", code="defective")
    buyer = make.customer()
    invoiced(2, customer_id=buyer)
    first, second = Invoice.objects.order_by("id").values_list("id", flat=True)
    line = sql.one("SELECT id FROM invoice_line WHERE invoice_id = %(i)s", i=first)
    make.run("invoice.claim", {first: {"lines": {line: {"amount": "1000"}}, "reason": "defective", "credited": 0}})
    (credit,) = Allocation.objects.all()
    books = sql.rows(BOOKS)
    assert make.run("pay.unmatch", [credit.id]).moved == [credit.id]
    assert [(i.invoice_id, i.open) for i in OpenItem.objects.order_by("id")] == [(first, 11_100), (second, 11_100)]
    assert [(r.credit_note_id, r.open) for r in OpenReceipt.objects.all()] == [(credit.credit_note_id, 1_110)]
    assert make.run("pay.match", [buyer]).moved == []  # a credit note waits for a person
    pair = Pair(second, Decimal(1_110), kind="credit", credit_note_id=credit.credit_note_id)
    assert make.run("pay.match", {buyer: [pair]}).moved == [buyer]
    assert [(i.invoice_id, i.open) for i in OpenItem.objects.order_by("id")] == [(first, 11_100), (second, 9_990)]
    assert (sql.rows(BOOKS), OpenReceipt.objects.count()) == (books, 0)
    assert {r.name: r.violations for r in proof.prove() if r.violations and r.name.startswith("I9")} == {}
