"""What was delivered is invoiced, once, and adds up to the order."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.models import Invoice, InvoiceLine, InvoicePart, InvoiceTax, OpenItem, PriceList, Product, Terms, TermsPart
from tests import make

TUESDAY = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def confirmed(*lines: tuple[object, object], **fields) -> int:
    """An order on account of (price, quantity) lines, confirmed and with its pro forma."""
    made = [(make.product(price, stock=100), quantity) for price, quantity in lines]
    return make.orders(lines=made, through="invoice.prepare", **fields)[0]


def invoices() -> list[Invoice]:
    return list(Invoice.objects.order_by("id"))


def test_two_deliveries_two_invoices_add_up_to_the_order():
    order = confirmed(("3333.33", 3), (10_000, 2))
    make.delivered([order], 1, 2)
    assert make.run("invoice.issue").moved == [order]
    make.delivered([order], 2, 0)
    make.run("invoice.issue")
    first, second = invoices()
    assert (first.number, second.number) == ("INV/2026/000001", "INV/2026/000002")
    assert [line.net for line in InvoiceLine.objects.order_by("id")] == [Decimal("3333.33"), 20_000, Decimal("6666.66")]
    assert (first.net, first.tax, first.rounding, first.total) == (Decimal("23333.33"), 2567, Decimal("-0.33"), 25_900)
    assert (second.net, second.tax, second.rounding, second.total) == (Decimal("6666.66"), 733, Decimal("0.34"), 7_400)
    assert make.order(order).total == 33_300 == first.total + second.total
    assert [(line.invoiced, line.delivered) for line in make.lines_of(order)] == [(3, 3), (2, 2)]
    assert make.balance(chart.RECEIVABLE) == 33_300
    assert make.balance(chart.DOCUMENT_ROUNDING) == Decimal("-0.01")
    assert sql.one("SELECT sum(amount) FROM journal_line") == 0
    assert make.run("invoice.issue", [order]).already == [order]


def test_prices_with_tax_in_them():
    make.basics()
    PriceList.objects.update(tax_included=True)
    order = confirmed((111_000, 1))
    make.delivered([order])
    make.run("invoice.issue")
    (invoice,) = invoices()
    assert (invoice.net, invoice.tax, invoice.rounding, invoice.total, invoice.tax_included) == (100_000, 11_000, 0, 111_000, True)
    (tax,) = InvoiceTax.objects.all()
    assert (tax.net, tax.base, tax.tax) == (100_000, 91_667, 11_000)
    assert (make.balance(chart.REVENUE), make.balance(chart.OUTPUT_VAT), make.balance(chart.RECEIVABLE)) == (-100_000, -11_000, 111_000)


def test_one_invoice_an_order_waits_until_all_is_delivered():
    order = confirmed((10_000, 5))
    sql.run("UPDATE sales_order SET invoice_rule = 'order'")
    make.delivered([order], 2)
    assert make.run("invoice.issue").moved == []
    assert make.codes(make.run("invoice.issue", [order])) == ["too_early"]
    make.delivered([order], at=TUESDAY)
    make.run("invoice.issue", at=TUESDAY)
    (invoice,) = invoices()
    assert [line.quantity for line in InvoiceLine.objects.order_by("id")] == [2, 3]
    assert (invoice.total, invoice.issued_on) == (55_500, date(2026, 11, 24))


def test_a_ticket_of_an_order_that_may_not_be_billed_yet_stays():
    order = confirmed((10_000, 5))
    make.delivered([order], 2)
    sql.run("UPDATE sales_order SET state = 'received'")  # an amendment sent it back
    assert make.run("invoice.issue").moved == []
    assert make.codes(make.run("invoice.issue", [order])) == ["wrong_state"]
    sql.run("UPDATE sales_order SET state = 'confirmed'")
    assert make.run("invoice.issue").moved == [order]
    assert sql.ids("SELECT order_id FROM recheck WHERE step = 'issue'") == []


def test_two_deliveries_at_once_are_two_invoices_and_a_charge_goes_with_the_first():
    order = confirmed((10_000, 5), (3_000, 1))
    sql.run("UPDATE order_line SET delivered = 1, shipped = 1, picked = 1, scheduled = 1, reserved = 1 WHERE position = 2")  # no delivery brought it
    make.delivered([order], 2, 0)
    make.delivered([order], 3, 0, at=TUESDAY)
    make.run("invoice.issue", at=TUESDAY)
    first, second = invoices()
    assert [(line.invoice_id, line.quantity) for line in InvoiceLine.objects.order_by("id")] == [(first.id, 1), (first.id, 2), (second.id, 3)]


def test_a_return_before_the_invoice_is_not_billed():
    order = confirmed((10_000, 10))
    make.delivered([order], 6)
    sql.run("UPDATE order_line SET returned = 2")
    make.run("invoice.issue")
    make.delivered([order], at=TUESDAY)
    make.run("invoice.issue", at=TUESDAY)
    assert [line.quantity for line in InvoiceLine.objects.order_by("id")] == [4, 4]
    assert make.run("invoice.issue").moved == []


def test_the_tax_rule_is_that_of_the_delivery_day():
    order = confirmed((100_000, 2))
    sql.run("UPDATE tax_rule SET valid_to = '2026-11-23'")
    sql.run("INSERT INTO tax_rule (code, rate, base_num, base_den, valid_from) VALUES ('01', 12, 1, 1, '2026-11-24')")
    make.delivered([order], 1)
    make.delivered([order], at=TUESDAY)
    make.run("invoice.issue", at=TUESDAY)
    assert [invoice.tax for invoice in invoices()] == [11_000, 12_000]


@pytest.mark.parametrize(
    ("due_from", "due_on"),
    [("invoice", date(2026, 12, 1)), ("delivery", date(2026, 11, 30)), ("handover", None), ("month_end", date(2026, 12, 7))],
)
def test_when_it_is_due(due_from, due_on):
    made = Terms.objects.create(code="X", due_from=due_from)
    TermsPart.objects.create(terms=made, position=1, percent=40, days=7)
    TermsPart.objects.create(terms=made, position=2, percent=60, days=14)
    order = confirmed((10_001, 1), customer_id=make.customer(terms_id=made.id))
    make.delivered([order])
    make.run("invoice.issue", at=TUESDAY)
    assert [(p.position, p.percent, p.due_from, p.days) for p in InvoicePart.objects.order_by("id")] == [(1, 40, due_from, 7), (2, 60, due_from, 14)]
    first, second = OpenItem.objects.order_by("part")
    assert (first.open, second.open, first.due_on) == (4_440, 6_661, due_on)


def test_granted_falls_as_it_is_billed():
    order = confirmed((10_000, 10))
    assert make.order(order).granted == 111_000
    make.delivered([order], 4)
    make.run("invoice.issue")
    assert make.order(order).granted == 66_600
    make.delivered([order])
    make.run("invoice.issue")
    assert make.order(order).granted == 0


def test_numbers_follow_the_queue():
    cup, buyer = make.product(), make.customer()
    late, early = (make.orders(customer_id=buyer, lines=[(cup, 1)], priority=p, through="invoice.prepare")[0] for p in (5, 1))
    make.delivered([late, early])
    make.run("invoice.issue", [late, early])
    rows = sql.rows("SELECT e.order_id, i.number FROM invoice i JOIN event e ON e.subject_kind = 'invoice' AND e.subject_id = i.id ORDER BY i.number")
    assert rows == [(early, "INV/2026/000001"), (late, "INV/2026/000002")]


REFUSED = [
    ("UPDATE sales_order SET state = 'verified'", "wrong_state"),
    ("UPDATE order_line SET delivered = 0", "too_early"),
    ("UPDATE sales_order SET invoice_rule = 'order', state = 'confirmed'", "too_early"),
    ("INSERT INTO period (starts_on, state) VALUES ('2026-11-01', 'closed')", "period_closed"),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_refusals(change, code):
    cup, buyer = make.product(), make.customer()
    one, two = make.orders(2, customer_id=buyer, lines=[(cup, 1)], through="invoice.prepare")
    make.delivered([one, two])
    sql.run("DELETE FROM period")
    sql.run(change)
    before = make.count_of("event")
    assert make.codes(make.run("invoice.issue", [one, 999_999])) == [code, "not_found"]
    assert make.count_of("invoice") == make.count_of("open_item") == make.count_of("series") == 0
    assert make.count_of("event") == before


def test_a_rollback_leaves_no_gap(transactional_db):
    order = confirmed((10_000, 1))
    make.delivered([order])
    sql.run("ALTER TABLE event ADD CONSTRAINT no_invoice CHECK (kind <> 'invoice.issued')")
    assert make.codes(make.run("invoice.issue")) == ["unexpected"]
    sql.run("ALTER TABLE event DROP CONSTRAINT no_invoice")
    sql.run("DELETE FROM broken")
    make.run("invoice.issue")
    assert [i.number for i in invoices()] == ["INV/2026/000001"]


def test_the_number_of_statements_does_not_depend_on_the_number_of_orders():
    buyer, cup = make.customer(), make.product()
    counts = []
    for n in (1, 30):
        make.delivered(make.orders(n, customer_id=buyer, lines=[(cup, 1)], through="invoice.prepare"))
        with sql.counting() as counted:
            assert len(make.run("invoice.issue").moved) == n
        counts.append(counted.statements)
    assert counts[0] == counts[1]


def test_goods_of_no_price_get_an_invoice_and_owe_nothing():
    order = confirmed((0, 3))
    sql.run("UPDATE order_line SET unit_price = 0, price_reason = 'manual'")
    make.delivered([order])
    make.run("invoice.issue")
    assert [i.total for i in invoices()] == [0]
    assert make.run("settle.close").moved == [order]
    assert Product.objects.count() == 1
