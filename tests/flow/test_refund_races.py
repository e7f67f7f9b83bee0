"""Credit and refund with many at once, with real commits: nothing is credited or paid back twice."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import clock, sql, step
from alur.flow import map as flow
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Reason
from tests import make
from tests.flow.test_races import AT, at_once, press, sound

ROUNDS = 20


@pytest.fixture(autouse=True)
def _committing(transactional_db):
    clock.move(AT)
    make.basics()
    Reason.objects.create(kind="return", code="defective")


def test_two_refunds_of_the_same_money_pay_it_once():
    payers = [make.customer() for _ in range(ROUNDS)]
    for n, payer in enumerate(payers):
        make.run("pay.receive", [Receipt(n, Decimal(10_000), payer)], at=AT)
    refund = flow.by_name["pay.refund"]
    for payer in payers:
        outcomes = at_once(lambda amount, payer=payer: step.run(refund, {payer: {"amount": amount}}, by="7", at=AT), [10_000, 6_000], 2)
        assert sorted(len(each.moved) for each in outcomes) == [0, 1]
        assert [make.codes(each) for each in outcomes if each.refused] == [["more_than_free"]]
    assert make.balance(chart.BANK) + make.balance(chart.UNALLOCATED_RECEIPTS) == 0
    assert sound()


def test_a_refund_and_a_match_use_money_once():
    payers = [make.customer() for _ in range(ROUNDS)]
    orders = [make.orders(1, customer_id=payer, lines=[(make.product(), 1)], through="confirm.reserve")[0] for payer in payers]
    make.deliveries(orders, through="deliver.complete")
    make.run("invoice.issue", orders, at=AT)
    for n, payer in enumerate(payers):
        make.run("pay.receive", [Receipt(n, Decimal(11_100), payer)], at=AT)
        given = {"pay.refund": {payer: {"amount": 11_100}}, "pay.match": [payer]}
        outcomes = at_once(lambda name, given=given: step.run(flow.by_name[name], given[name], by="7", at=AT), given, 2)
        assert sorted(len(each.moved) for each in outcomes) == [0, 1]
    assert sound()


def test_credit_against_issue_and_two_credits_of_one_return():
    for _ in range(ROUNDS // 4):
        orders = [make.orders(1, lines=[(make.product(), 4)], through="confirm.reserve")[0] for _ in range(4)]
        make.deliveries(orders, through="deliver.complete")
        lines = {row.order_id: row.id for row in sql.rows("SELECT l.order_id, x.id FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id")}
        back = make.run("returns.permit", {i: {"lines": {lines[i]: 1}, "reason": "defective"} for i in orders}, at=AT).made
        make.run("returns.take_back", list(back.values()), at=AT)
        works = [(name, i) for order in orders for name, i in (("invoice.issue", order), ("invoice.credit", back[order]), ("invoice.credit", back[order]))]
        at_once(lambda work: press(work[0])(work[1]), works, 3)
        worker.until_idle()
        for order in orders:
            line = make.lines_of(order)[0]
            assert line.invoiced - line.credited == line.delivered - line.returned == 3
    assert sound()


def test_claims_of_one_invoice_at_once_credit_no_more_than_it_billed():
    [order] = make.orders(1, lines=[(make.product(), 10)], through="confirm.reserve")
    make.deliveries([order], through="deliver.complete")
    make.run("invoice.issue", [order], at=AT)
    invoice, line = sql.rows("SELECT invoice_id, id FROM invoice_line")[0]
    claim = {invoice: {"lines": {line: {"amount": 15_000}}, "reason": "defective"}}
    outcomes = at_once(lambda _: step.run(flow.by_name["invoice.claim"], claim, by="7", at=AT), range(ROUNDS), 8)
    assert sum(len(each.moved) for each in outcomes) == 6  # of 100,000
    worker.until_idle()
    assert sound()
