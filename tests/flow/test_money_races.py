"""Money with many at once, with real commits: numbers without a gap, money used once, one payment however often it is told."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import clock, sql, step
from alur.flow import map as flow
from alur.flow.pay.choose import Pair
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Allocation, Invoice, OpenItem, OpenReceipt
from tests import make
from tests.flow.test_races import AT, at_once, press, shuffled, sound


@pytest.fixture(autouse=True)
def _committing(transactional_db):
    clock.move(AT)


def through_the_door(orders: list[int]) -> None:
    """Picked, dispatched, delivered."""
    worker.until_idle()
    deliveries = sql.ids("SELECT id FROM delivery ORDER BY id")
    for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
        make.run(name, deliveries, at=AT)
    assert {make.order(o).state for o in orders} == {"fulfilled"}


def receive(receipt: Receipt) -> step.Outcome:
    return step.run(flow.by_name["pay.receive"], [receipt], by="7", at=AT)


def test_invoices_are_numbered_without_a_gap():
    orders = make.orders(24, lines=[(make.product(), 1)])
    through_the_door(orders)
    at_once(press("invoice.issue"), shuffled(orders) * 2, 8)
    numbers = [row.number for row in sql.rows("SELECT number FROM invoice ORDER BY number")]
    assert numbers == [f"INV/2026/{n:06}" for n in range(1, 25)]
    assert sound()


def test_money_is_used_once_whoever_matches_it():
    buyers = [make.customer() for _ in range(4)]
    orders = [o for buyer in buyers for o in make.orders(5, customer_id=buyer, lines=[(make.product(), 1)])]
    through_the_door(orders)
    worker.until_idle()
    for n, buyer in enumerate(buyers):
        receive(Receipt(n, Decimal(55_400), buyer))  # a hundred short of five invoices
    at_once(lambda name: step.run(flow.by_name[name], by="worker", at=AT), ["pay.match", "settle.write_off", "pay.match", "settle.close"] * 4, 8)
    worker.until_idle()
    assert {make.order(o).state for o in orders} == {"closed"}
    assert (make.balance(chart.RECEIVABLE), make.balance(chart.PAYMENT_DIFFERENCES)) == (0, 400)
    assert sound()


def test_a_payment_told_many_times_at_once_is_one():
    buyer = make.customer()
    outcomes = at_once(receive, [Receipt(1, Decimal(500), buyer, provider="bank", provider_ref="x")] * 8 + [Receipt(2, Decimal(700), buyer)] * 8, 16)
    assert sorted(sum(len(o.moved) for o in outcomes[n : n + 8]) for n in (0, 8)) == [1, 1]
    assert make.count_of("payment") == 2
    assert sound()


ROUNDS = 20


def owing(n: int = ROUNDS) -> list[tuple[int, int]]:
    """Payers with an invoice of Rp 11.100 each: (payer, invoice)."""
    buyers = [make.customer() for _ in range(n)]
    orders = [make.orders(1, customer_id=buyer, lines=[(make.product(), 1)])[0] for buyer in buyers]
    through_the_door(orders)
    worker.until_idle()
    return [(i.payer_id, i.id) for i in Invoice.objects.order_by("id")]


def do(asked: tuple[str, object]) -> step.Outcome:
    return step.run(flow.by_name[asked[0]], asked[1], by="7", at=AT)


def together(asked: list[tuple[str, object]]) -> list[step.Outcome]:
    """What is asked, each by somebody else at the same moment."""
    return at_once(do, asked, len(asked))


def test_two_payments_for_one_invoice_pay_it_once():
    for n, (buyer, invoice) in enumerate(owing()):
        payments = [receive(Receipt(k, Decimal(11_100), buyer, reference=str(k))).moved[0] for k in (2 * n, 2 * n + 1)]
        outcomes = together([("pay.match", {buyer: [Pair(invoice, Decimal(11_100), payment)]}) for payment in payments])
        assert sorted(len(o.moved) for o in outcomes) == [0, 1]
        assert {r.code for o in outcomes for r in o.refused} == {"not_open"}
        assert (OpenItem.objects.filter(payer_id=buyer).count(), OpenReceipt.objects.get(payer_id=buyer).open) == (0, 11_100)
    assert sound()


def test_taken_back_while_more_is_matched():
    for n, (buyer, invoice) in enumerate(owing()):
        first, second = (receive(Receipt(k, Decimal(7_000), buyer, reference=str(k))).moved[0] for k in (2 * n, 2 * n + 1))
        do(("pay.match", {buyer: [Pair(invoice, Decimal(7_000), first)]}))
        allocation = Allocation.objects.get(payment_id=first).id
        acts = [
            ("pay.unmatch", [allocation]),
            ("pay.match", [buyer]),
            ("pay.unmatch", [allocation]),
            ("pay.match", {buyer: [Pair(invoice, Decimal(4_100), second)]}),
        ]
        outcomes = together(acts)
        assert [len(outcomes[i].moved) + len(outcomes[i].already) for i in (0, 2)] == [1, 1]
        paid = sql.one("SELECT sum(amount) FROM allocation WHERE invoice_id = %(i)s", i=invoice)
        assert paid == 11_100 - (sql.one("SELECT sum(open) FROM open_item WHERE invoice_id = %(i)s", i=invoice) or 0)
    assert sound()


def test_a_giro_bounces_clears_and_is_matched_at_once():
    for n, (buyer, invoice) in enumerate(owing()):
        giro = receive(Receipt(n, Decimal(20_000), buyer, way="giro")).moved[0]
        do(("pay.match", {buyer: [Pair(invoice, Decimal(5_000), giro)]}))
        more = ("pay.match", {buyer: [Pair(invoice, Decimal(6_100), giro)]})
        outcomes = together([("pay.bounce", [giro]), more, ("pay.clear", [giro]), ("pay.bounce", [giro])])
        bounced, cleared = outcomes[0].moved + outcomes[3].moved, outcomes[2].moved
        assert bounced + cleared == [giro]
        left = sum(i.open for i in OpenItem.objects.filter(payer_id=buyer))
        assert left == (11_100 if bounced else 6_100 - 6_100 * len(outcomes[1].moved))
    assert sound()
