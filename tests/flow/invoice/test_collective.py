"""One invoice for all that a customer got in a day or month that is over: who goes on it, what it is dated, what waits, what advances take off."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from alur.books import chart
from alur.core import sql
from alur.flow.pay.receive import Receipt
from alur.models import Invoice, InvoiceLine, OpenItem, PriceList
from alur.reads import proof
from tests import make
from tests.flow.test_races import at_once

TUESDAY = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
LAST = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)


def ordered(n: int, rule: str, *, price: object = 10_000, quantity: object = 1, **fields) -> list[int]:
    """Orders of one customer that are invoiced together, confirmed and with their pro forma."""
    made = make.orders(n, lines=[(make.product(price, stock=100), quantity)], through="invoice.prepare", **fields)
    sql.run("UPDATE sales_order SET invoice_rule = %(rule)s WHERE id = ANY(%(ids)s::bigint[])", rule=rule, ids=made)
    return made


def invoices() -> list[tuple[str, date, int]]:
    return [(i.number, i.issued_on, i.total) for i in Invoice.objects.order_by("id")]


def sound() -> bool:
    assert {r.name: r.violations for r in proof.prove([n for n in proof.CHECKS if n.split()[0] in ("I6", "I8", "I10", "I18", "asleep")]) if r.violations} == {}
    return True


def test_a_month_is_one_invoice_once_it_is_over():
    orders = ordered(3, "month")
    make.delivered(orders[:1])
    make.delivered(orders[1:2], at=LAST)
    assert make.run("invoice.issue", at=LAST).moved == []
    assert make.codes(make.run("invoice.issue", orders, at=LAST)) == ["not_over", "not_over", "too_early"]
    make.delivered(orders[2:], at=DECEMBER)
    assert make.run("invoice.issue", at=DECEMBER).moved == orders[:2]
    assert invoices() == [("FG/2026/000001", date(2026, 11, 30), 22_200)]
    assert OpenItem.objects.get().due_on == date(2026, 12, 30)
    assert [make.events(o)[-1] for o in orders[:2]] == ["invoice.issued"] * 2
    assert sql.rows("SELECT order_id, after_on FROM recheck WHERE step = 'issue'") == [(orders[2], date(2026, 12, 31))]
    assert make.run("invoice.issue", orders[:2], at=DECEMBER).already == orders[:2]
    assert (make.balance(chart.RECEIVABLE), make.balance(chart.REVENUE)) == (22_200, -20_000)
    assert sql.ids("SELECT DISTINCT \"on\" FROM journal_entry WHERE kind = 'invoice.issued'") == [date(2026, 11, 30)]
    assert sound()


def test_who_asks_for_one_order_gets_the_whole_invoice():
    orders = ordered(3, "day")
    other = ordered(1, "day")
    make.delivered([*orders, *other])
    assert make.run("invoice.issue", [orders[1]], at=TUESDAY).moved == [orders[1]]
    assert invoices() == [("FG/2026/000001", date(2026, 11, 23), 33_300)]
    assert make.run("invoice.issue", at=TUESDAY).moved == other
    assert [make.order(o).granted for o in orders] == [0, 0, 0]


def test_what_came_in_two_periods_goes_on_two_invoices():
    [order] = ordered(1, "day", price="3333.33", quantity=3)
    make.delivered([order], 1)
    make.delivered([order], 1, at=TUESDAY)
    make.delivered([order], 1, at=LAST)
    make.run("invoice.issue", at=LAST)
    assert invoices() == [("FG/2026/000001", date(2026, 11, 23), 3_700), ("FG/2026/000002", date(2026, 11, 24), 3_700)]
    make.run("invoice.issue", at=DECEMBER)
    assert sum(line.net for line in InvoiceLine.objects.all()) == make.lines_of(order)[0].net
    assert make.order(order).granted == 0
    assert sound()


@pytest.mark.parametrize(
    "change",
    ["tax_included = true", "currency = 'USD'", "rate = 2", "terms_id = NULL", "invoice_rule = 'month'", "payer_id = (SELECT max(id) FROM customer)"],
)
def test_who_differs_gets_an_invoice_of_his_own(change):
    orders = ordered(2, "day", customer_id=make.customer())
    make.customer()
    sql.run(f"UPDATE sales_order SET {change} WHERE id = {orders[1]}")
    make.delivered(orders)
    make.run("invoice.issue", at=DECEMBER)
    assert len(invoices()) == 2


def test_advances_are_taken_off_their_own_orders_share():
    buyer = make.customer(terms_id=make.terms(100))
    paid = make.orders(1, customer_id=buyer, lines=[(make.product(), 3)], through="confirm.reserve")[0]
    make.run("pay.receive", [Receipt(key=1, amount=make.order(paid).total, order_id=paid)])
    make.run("invoice.advance", [paid])
    [other] = make.orders(1, customer_id=buyer, lines=[(make.product(20_000), 1)], through="confirm.reserve")
    sql.run("UPDATE sales_order SET invoice_rule = 'day'")
    make.delivered([paid, other])
    make.run("invoice.issue", at=TUESDAY)
    assert invoices()[1:] == [("FG/2026/000001", date(2026, 11, 23), 55_500)]
    assert OpenItem.objects.get().open == 22_200
    assert make.balance(chart.CUSTOMER_ADVANCES) == 0
    assert sound()


def test_a_charge_that_no_delivery_brought_goes_into_the_period_that_ended_last():
    [order] = ordered(1, "day")
    sql.run("UPDATE order_line SET delivered = 1, shipped = 1, picked = 1, scheduled = 1, reserved = 1")
    sql.run("INSERT INTO recheck (step, order_id) VALUES ('issue', %(id)s)", id=order)
    assert make.codes(make.run("invoice.issue", [order])) == ["not_over"]
    make.run("invoice.issue", at=LAST)
    assert invoices() == [("FG/2026/000001", date(2026, 11, 29), 11_100)]


def test_an_order_somebody_works_on_keeps_its_whole_invoice_waiting(transactional_db):
    orders = ordered(2, "day")
    make.delivered(orders)
    with transaction.atomic():
        sql.run("SELECT 1 FROM sales_order WHERE id = %(id)s FOR NO KEY UPDATE", id=orders[1])
        [outcome] = at_once(lambda _: make.run("invoice.issue", orders[:1], at=TUESDAY), [1], 1)
    assert make.codes(outcome) == ["waits_for_ahead"]
    assert invoices() == []
    assert sorted(make.run("invoice.issue", at=TUESDAY).moved) == orders
    assert len(invoices()) == 1


REFUSED = [
    ("UPDATE sales_order SET state = 'verified'", "wrong_state"),
    ("UPDATE order_line SET delivered = 0", "too_early"),
    ("UPDATE delivery SET ended_at = '2026-11-24T03:00Z'", "not_over"),
    ("INSERT INTO period (starts_on, state) VALUES ('2026-11-01', 'closed')", "its_month_is_closed"),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_refusals(change, code):
    one, two = ordered(2, "day")
    make.delivered([one, two])
    sql.run("DELETE FROM period")
    sql.run(change)
    before = make.count_of("event")
    assert make.codes(make.run("invoice.issue", [one, 999_999], at=TUESDAY)) == [code, "not_found"]
    assert make.count_of("invoice") == make.count_of("open_item") == make.count_of("series") == 0
    assert make.count_of("event") == before
    assert len(sql.ids("SELECT order_id FROM recheck WHERE step = 'issue' GROUP BY 1")) == (0 if code == "too_early" else 2)


def test_a_closed_month_is_not_looked_at_until_it_is_open_again():
    [order] = ordered(1, "month")
    make.delivered([order])
    make.run("invoice.issue")
    sql.run("UPDATE period SET state = 'closed'")
    assert make.run("invoice.issue", at=DECEMBER).refused == []  # it sleeps
    assert make.codes(make.run("invoice.issue", [order], at=DECEMBER)) == ["its_month_is_closed"]
    sql.run("UPDATE period SET state = 'open'")
    assert make.run("invoice.issue", at=DECEMBER).moved == [order]


def test_prices_with_tax_and_a_discount_of_the_whole_order_are_exact():
    make.basics()
    PriceList.objects.update(tax_included=True)
    buyer = make.customer()
    made = make.run("capture.receive", [make.draft(buyer, [(make.product(33_333), 3), (make.product(7_777), 1)], discount_pct=7) for _ in range(3)]).moved
    make.onward(made, "invoice.prepare")
    sql.run("UPDATE sales_order SET invoice_rule = 'month'")
    make.delivered(made)
    make.run("invoice.issue", at=DECEMBER)
    invoice = Invoice.objects.get()
    priced = sum(line.net for o in made for line in make.lines_of(o))
    assert invoice.total == round(priced) == invoice.net + invoice.tax + invoice.rounding
    assert sum(line.net for line in InvoiceLine.objects.all()) == priced
    assert invoice.tax == invoice.total - round(invoice.total / Decimal("1.11"))
    assert all(make.order(o).granted < 1 for o in made)  # the order's own total is rounded by itself


def test_the_number_of_statements_does_not_depend_on_the_number_of_orders():
    counts = []
    for n in (1, 30):
        make.delivered(ordered(n, "day"))
        with sql.counting() as counted:
            assert len(make.run("invoice.issue", at=TUESDAY).moved) == n
        counts.append(counted.statements)
    assert counts[0] == counts[1]
