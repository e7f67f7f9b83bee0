"""A person matches: chosen money, chosen invoices, and what customers keep back, each to its account."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.flow.pay.choose import Pair
from alur.models import Allocation, Invoice, OpenItem, OpenReceipt, Payment
from tests import make
from tests.flow.pay.test_match import invoiced, pay


def bill(quantity: int = 1, **fields) -> tuple[int, int, int]:
    """A payer, an invoice of Rp 11.100 a piece, and its order."""
    buyer = make.customer(**fields)
    (order,) = invoiced(customer_id=buyer, quantity=quantity)
    return buyer, Invoice.objects.get(payer_id=buyer).id, order


def test_income_tax_withheld_of_a_service():
    buyer, invoice, order = bill(1_000)  # Rp 10.000.000 and VAT 1.100.000; PPh 23 is 2 % of what it is before VAT
    payment = pay(buyer, 10_900_000)
    pairs = [Pair(invoice, Decimal(10_900_000), payment), Pair(invoice, Decimal(200_000), kind="withholding")]
    assert make.run("pay.match", {buyer: pairs}).moved == [buyer]
    assert [(a.kind, a.amount, a.account, a.payment_id) for a in Allocation.objects.order_by("id")] == [
        ("payment", 10_900_000, None, payment), ("withholding", 200_000, chart.TAX_WITHHELD, None)]  # fmt: skip
    assert (make.balance(chart.BANK), make.balance(chart.TAX_WITHHELD), make.balance(chart.RECEIVABLE)) == (10_900_000, 200_000, 0)
    assert make.events(order)[-2:] == ["payment.matched", "item.withheld"]
    assert make.run("settle.close").moved == [order]


KINDS = [
    ("vat_collector", chart.VAT_COLLECTED_BY_BUYER, "item.vat_collected"), ("bank_fee", chart.BANK_FEES, "item.bank_fee"),
    ("write_off", chart.PAYMENT_DIFFERENCES, "item.written_off"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "account", "event"), KINDS)
def test_each_kind_has_its_account(kind, account, event):
    buyer, invoice, order = bill()
    payment = pay(buyer, 10_100)
    make.run("pay.match", {buyer: [{"invoice_id": invoice, "amount": "10100", "payment_id": payment}, {"invoice_id": invoice, "amount": "1000", "kind": kind}]})
    assert (make.balance(account), make.balance(chart.RECEIVABLE), OpenItem.objects.count()) == (1_000, 0, 0)
    assert make.events(order)[-1] == event


def test_chosen_money_pays_chosen_invoices_not_the_oldest():
    buyer = make.customer()
    invoiced(3, customer_id=buyer)
    first, second, third = Invoice.objects.order_by("id").values_list("id", flat=True)
    one, two = pay(buyer, 10_000), pay(buyer, 20_000)
    make.run("pay.match", {buyer: [Pair(third, Decimal(10_000), one), Pair(third, Decimal(1_100), two), Pair(second, Decimal(5_000), two)]})
    assert [(i.invoice_id, i.open) for i in OpenItem.objects.order_by("id")] == [(first, 11_100), (second, 6_100)]
    assert [(r.payment_id, r.open) for r in OpenReceipt.objects.all()] == [(two, 13_900)]


def test_money_that_names_an_order_to_be_paid_ahead_may_be_taken_by_hand():
    buyer, invoice, _ = bill()
    (ahead,) = make.orders(customer_id=make.customer(terms_id=make.terms(100), payer_id=buyer), through="invoice.prepare")
    payment = pay(buyer, 11_100, order_id=ahead)
    assert make.run("pay.match", {buyer: [Pair(invoice, Decimal(11_100), payment)]}).moved == [buyer]


def refused() -> list[tuple[str, dict]]:
    return [
        ("nothing_open", {"pairs": 0}), ("bad_amount", {"amount": Decimal(0)}), ("bad_amount", {"amount": Decimal("NaN")}), ("bad_amount", {"kind": "gift"}),
        ("not_open", {"part": 2}), ("not_open", {"invoice_id": 10**9}), ("money_used", {"payment_id": 10**9}), ("more_than_owed", {"amount": Decimal(11_101)}),
        ("more_than_free", {"amount": Decimal(9_001)}), ("over_limit", {"kind": "write_off", "payment_id": None, "amount": Decimal(1_001)}),
        ("other_currency", {"currency": "USD"}), ("period_closed", {"closed": True}),
    ]  # fmt: skip


@pytest.mark.parametrize(("code", "change"), refused())
def test_refusals(code, change):
    buyer, invoice, _ = bill()
    payment = pay(buyer, 9_000)
    facts = {"invoice_id": invoice, "amount": Decimal(5_000), "payment_id": payment} | change
    if facts.pop("closed", False):
        sql.run("UPDATE period SET state = 'closed'")
    if currency := facts.pop("currency", ""):
        sql.run("SET LOCAL session_replication_role = replica")
        Payment.objects.update(currency=currency)
        sql.run("SET LOCAL session_replication_role = origin")
    pairs = [Pair(**facts)] if facts.pop("pairs", 1) else []
    entries, events = make.count_of("journal_entry"), make.count_of("event")
    assert make.codes(make.run("pay.match", {buyer: pairs})) == [code]
    assert (make.count_of("allocation"), make.count_of("journal_entry"), make.count_of("event")) == (0, entries, events)
    assert ([i.open for i in OpenItem.objects.all()], [r.open for r in OpenReceipt.objects.all()]) == ([11_100], [9_000])


def test_nobody_pays_with_the_money_of_another():
    one, invoice, _ = bill()
    other, theirs, _ = bill()
    payment = pay(other, 11_100)
    assert make.codes(make.run("pay.match", {one: [Pair(invoice, Decimal(1), payment)], other: [Pair(invoice, Decimal(1), payment)]})) == [
        "money_used",
        "not_open",
    ]
    assert make.run("pay.match", {other: [Pair(theirs, Decimal(1), payment)]}).moved == [other]


def test_the_number_of_statements_does_not_depend_on_the_number_of_payers():
    counts = []
    for n in (1, 10):
        chosen = {}
        for _ in range(n):
            buyer, invoice, _ = bill()
            chosen[buyer] = [Pair(invoice, Decimal(11_000), pay(buyer, 11_000)), Pair(invoice, Decimal(100), kind="write_off")]
        with sql.counting() as counted:
            assert make.run("pay.match", chosen).moved == list(chosen)
        counts.append(counted.statements)
    assert counts[0] == counts[1]
