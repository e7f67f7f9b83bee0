"""Money from the first rupiah to the last, by generated cases: orders of every kind of terms, deliveries and payments in any order.

After each act the books' own proof must find nothing; at the end everything is paid, closed and accounted for.
"""

from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alur.books import chart
from alur.core import clock, sql
from alur.flow.pay.choose import Pair
from alur.flow.pay.receive import Receipt
from alur.models import Allocation, Clearing, OpenItem, OpenReceipt, Payment, PriceList
from alur.reads import financials, ledger, proof, vat
from tests import make

CHECKS = [name for name in proof.CHECKS if name.split()[0] in ("I6", "I7", "I8", "I9", "I10", "I18")] + ["I5 granted_is_what_is_at_risk"]
MONEY = ("invoice.prepare", "invoice.advance", "invoice.issue", "pay.match", "settle.write_off", "settle.close")


def proved() -> None:
    wrong = [(result.name, result.violations) for result in proof.prove(CHECKS) if result.violations]
    assert not wrong


def statements() -> None:
    """The balance sheet is level and is the trial balance; the income statement and the VAT end in it."""
    day = clock.day(make.AT)
    sheet, trial = financials.sheet(day), {row.account.code: row.moved.balance for row in ledger.trial_balance(day)}
    assert sheet.assets == sheet.claims
    assert {r.account.code: r.values[0] for r in sheet.parts[0].rows} == {code: trial[code] for code in (r.account.code for r in sheet.parts[0].rows)}
    assert financials.income(day.replace(day=1)).result[2] == sheet.results[0][0] == -sum(v for code, v in trial.items() if code >= 4000)
    assert vat.month(day.replace(day=1)).due.tax == -trial[chart.OUTPUT_VAT]


def worker() -> None:
    for name in MONEY:
        make.run(name, by="worker")


def price() -> st.SearchStrategy[Decimal]:
    return st.integers(1, 10**7).map(lambda n: Decimal(n) / 100)


acts = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.integers(1, 130), st.booleans()), min_size=3, max_size=9)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(price(), min_size=1, max_size=3), st.lists(st.sampled_from([0, 0, 30, 50, 100]), min_size=3, max_size=3), st.booleans(), acts)
def test_whatever_happens_the_books_prove_it(prices, shares, included, acts):
    with transaction.atomic():
        story(prices, shares, acts, included=included)
        transaction.set_rollback(True)


def story(prices, shares, acts, *, included: bool) -> None:
    make.basics()
    PriceList.objects.update(tax_included=included)
    sql.run("UPDATE policy SET margin_floor_pct = 0, duplicate_days = 0")
    buyer = make.customer(credit_limit=10**12)
    things = [make.product(p, stock=100, cost=0) for p in prices]
    orders = []
    for share in shares:
        sql.run("UPDATE customer SET terms_id = %(terms)s WHERE id = %(id)s", terms=make.terms(share), id=buyer)
        orders += make.orders(customer_id=buyer, lines=[(thing, 3) for thing in things], through="confirm.reserve")
    assert {make.order(o).state for o in orders} == {"confirmed"}
    for key, (which, quantity, percent, named) in enumerate(acts):
        order = orders[which]
        left = [line.ordered - line.delivered for line in make.lines_of(order)]
        if any(left):
            make.delivered([order], *(min(quantity, n) for n in left))
        proved()
        amount = max(Decimal(1), make.order(order).total * percent // 100)
        make.run("pay.receive", [Receipt(key, amount, buyer, order_id=order if named else None, confirmed=True)])
        worker()
        proved()
    settle(orders, buyer)


def settle(orders: list[int], buyer: int) -> None:
    """The rest is delivered, invoiced and paid."""
    make.delivered([o for o in orders if make.order(o).state == "confirmed"])
    worker()
    owed = sql.one("SELECT sum(open) FROM open_item")
    free = sql.one("SELECT coalesce(sum(open), 0) FROM open_receipt") if owed else 0
    if owed:
        make.run("pay.receive", [Receipt(1000, owed - free, buyer, reference="semua", confirmed=True)])
    worker()
    proved()
    statements()
    assert {make.order(o).state for o in orders} == {"closed"}
    assert make.balance(chart.RECEIVABLE) == 0
    for order in orders:
        billed = sql.one("SELECT sum(b.net) FROM invoice_line b JOIN order_line l ON l.id = b.order_line_id WHERE l.order_id = %(id)s", id=order)
        assert billed == sum(line.net for line in make.lines_of(order))


@pytest.mark.parametrize("included", [False, True])
def test_a_plain_month(included):
    story([Decimal("3333.33"), Decimal("99.99")], [0, 50, 100], [(0, 1, 40, False), (1, 2, 50, True), (2, 3, 100, True), (1, 1, 30, True)], included=included)


ways = st.tuples(st.sampled_from(["transfer", "giro", "hand", "kept", "clear", "bounce", "unmatch", "remind"]), st.integers(0, 5), st.integers(1, 150))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ways, min_size=4, max_size=14))
def test_giros_kinds_and_what_is_taken_back(acts):
    with transaction.atomic():
        buyer = make.customer(credit_limit=10**12)
        orders = make.orders(3, customer_id=buyer, lines=[(make.product(10_000, stock=100), 2)], through="invoice.prepare")
        make.delivered(orders)
        make.run("invoice.issue", orders)
        for key, act in enumerate(acts):
            do(buyer, key, *act)
            worker()
            proved()
        came = sum(p.amount for p in Payment.objects.exclude(id__in=Clearing.objects.exclude(bounced_on=None).values("payment_id")))
        assert make.balance(chart.BANK) + make.balance(chart.GIRO_IN_HAND) == came
        transaction.set_rollback(True)


def do(buyer: int, key: int, what: str, which: int, percent: int) -> None:
    """One act on the so-many-th row there is; what does not fit is refused, and nothing moved."""
    amount = Decimal(22_200 * percent // 100)
    receipts, items = list(OpenReceipt.objects.order_by("id")), list(OpenItem.objects.filter(open__gt=0).order_by("id"))
    rows = {"clear": Payment, "bounce": Payment, "unmatch": Allocation, "remind": OpenItem}
    if what in ("transfer", "giro"):
        make.run("pay.receive", [Receipt(key, amount, buyer, way=what, reference=str(key), confirmed=True)])
    elif what in rows:
        ids = list(rows[what].objects.order_by("id").values_list("id", flat=True))
        make.run(f"pay.{what}", ids[which : which + 2])
    elif items and (what == "kept" or receipts):
        item, receipt = items[which % len(items)], receipts[which % len(receipts)] if receipts else None
        pair = Pair(item.invoice_id, amount, kind="withholding") if what == "kept" else Pair(item.invoice_id, min(amount, receipt.open), receipt.payment_id)
        make.run("pay.match", {buyer: [pair]})
