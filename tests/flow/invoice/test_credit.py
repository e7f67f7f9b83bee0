"""Credit and claim: each refusal in its order, amounts by tax rule, what a credit note says and where it goes."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.flow.pay.receive import Receipt
from alur.models import Reason
from tests import make

TABLES = ("invoice", "invoice_line", "allocation", "open_receipt", "journal_entry", "event")


@pytest.fixture(autouse=True)
def _reasons() -> None:
    make.basics()
    Reason.objects.create(kind="return", code="defective")


def billed(price: int = 10_000, quantity: int = 10, **fields: object) -> tuple[int, int]:
    """An invoice and its line."""
    orders = make.orders(1, customer_id=make.customer(**fields), lines=[(make.product(price, cost=100), quantity)], through="confirm.reserve")
    make.deliveries(orders, through="deliver.complete")
    make.run("invoice.issue", orders)
    return sql.rows("SELECT invoice_id, id FROM invoice_line ORDER BY id DESC LIMIT 1")[0]


def counts() -> list[int]:
    return [make.count_of(table) for table in TABLES]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"lines": {}}, "no_lines"),
        ({"reason": "whim"}, "no_reason"),
        ({"credited": "5"}, "stale_version"),
        ({"lines": {"line": {"amount": "much"}}}, "bad_amount"),
        ({"lines": {"line": {"amount": "-1"}}}, "bad_amount"),
        ({"lines": {-7: {"amount": 1}}}, "bad_amount"),
        ({"lines": {"line": {"quantity": 11}}}, "more_than_invoiced"),
        ({"lines": {"line": {"amount": "100000.01"}}}, "more_than_invoiced"),
    ],
)
def test_what_cannot_be_claimed(said: dict, code: str):
    invoice, line = billed()
    before = counts()
    lines = {line if key == "line" else key: value for key, value in said.get("lines", {"line": {"amount": 1}}).items()}
    outcome = make.run("invoice.claim", {invoice: {"reason": "defective", **said, "lines": lines}})
    assert (make.codes(outcome), counts()) == ([code], before)


def test_an_advance_is_no_invoice_to_claim_on():
    [order] = make.orders(1, customer_id=make.customer(credit_limit=None, terms_id=make.terms(100)), through="confirm.reserve")
    make.run("pay.receive", [Receipt(1, Decimal(5_000), order_id=order)])
    make.run("invoice.advance", [order])
    advance = sql.one("SELECT id FROM invoice")
    assert make.codes(make.run("invoice.claim", {advance: {"lines": {1: {"amount": 1}}, "reason": "defective"}})) == ["not_an_invoice"]
    assert make.codes(make.run("invoice.credit_advance", [order])) == ["too_early"]


def test_a_claim_of_a_pkp_buyer_waits_for_the_nota_retur():
    invoice, line = billed(pkp=True)
    claim = {"lines": {line: {"amount": 1_000}}, "reason": "defective"}
    assert make.codes(make.run("invoice.claim", {invoice: claim})) == ["needs_nota_retur"]
    assert make.run("invoice.claim", {invoice: {**claim, "nota_retur": "NR-1", "nota_retur_on": "2026-11-20"}}).moved == [invoice]


def test_nothing_is_credited_in_a_closed_month():
    invoice, line = billed()
    sql.run("UPDATE period SET state = 'closed'")
    before = counts()
    assert make.codes(make.run("invoice.claim", {invoice: {"lines": {line: {"amount": 1_000}}, "reason": "defective"}})) == ["period_closed"]
    assert counts() == before


def test_parts_of_a_line_come_to_its_whole_with_every_rupiah_of_tax():
    invoice, line = billed(price=333, quantity=7)  # 2,331 + 256
    for _ in range(7):
        make.run("invoice.claim", {invoice: {"lines": {line: {"quantity": 1}}, "reason": "defective"}})
    taxes = sql.ids("SELECT tax FROM invoice WHERE kind = 'credit_note' ORDER BY id")
    assert (sum(taxes), sorted(set(taxes))) == (256, [36, 37])
    assert sql.rows("SELECT sum(t.net), sum(t.base), sum(t.tax) FROM invoice_tax t JOIN invoice i ON i.id = t.invoice_id WHERE i.kind = 'credit_note'") == [
        (2_331, 2_137, 256)
    ]
    assert sql.rows("SELECT base FROM invoice_tax WHERE invoice_id = %(id)s", id=invoice) == [(2_137,)]
    assert (make.balance(chart.RECEIVABLE), make.balance(chart.REVENUE), make.balance(chart.OUTPUT_VAT)) == (0, 0, 0)
    numbers = [row.number for row in sql.rows("SELECT number FROM invoice WHERE kind = 'credit_note' ORDER BY id")]
    assert numbers == [f"CN/2026/{n:06}" for n in range(1, 8)]
