"""A month from its first delivery to its closing: collective invoices, a closed month that everybody meets, tukar faktur, and what the books say of it."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from alur.books import chart
from alur.core import clock, sql
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Address, Invoice, InvoiceTax, OpenItem, PriceList, Terms, TermsPart
from alur.reads import aging, financials, ledger, proof, vat
from tests import make

NOVEMBER, END = date(2026, 11, 1), date(2026, 11, 30)
LAST = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)


def works(at: datetime) -> None:
    clock.move(at)
    worker.until_idle()


def through_the_door(at: datetime) -> None:
    """What is scheduled is picked, leaves and arrives."""
    for name, state in (("deliver.pick", "scheduled"), ("deliver.dispatch", "picked"), ("deliver.complete", "dispatched")):
        make.run(name, sql.ids("SELECT id FROM delivery WHERE state = %(state)s ORDER BY id", state=state), at=at)


def sound() -> None:
    assert [(r.name, r.violations) for r in proof.prove() if r.violations] == []
    sheet = financials.sheet(END)
    assert sheet.assets == sheet.claims
    assert sheet.assets[0] == sum(row.moved.balance for row in ledger.trial_balance(END) if row.account.kind == "asset")
    assert financials.income(NOVEMBER).result[2] == sheet.results[0][0]
    assert vat.month(NOVEMBER).due.tax == vat.month(NOVEMBER).booked


def month_of(customer: int) -> list[int]:
    """Three orders, each to another address, prices with tax in them, 5 % off the whole order, one of them with postage."""
    goods, postage = [make.product(p, stock=100, cost=4_000) for p in (33_333, 7_777)], make.product(15_000, kind="charge")
    here = {"customer_id": customer, "city": "Depok", "province": "Jawa Barat", "postcode": "16411", "phone": "0812"}
    Address.objects.create(name="Kantor Pusat", lines="Jl. Kantor 1", kind="bill", is_default=True, **here)
    places = [Address.objects.create(name=f"Cabang {n}", lines=f"Jl. Mawar {n}", **here).id for n in range(3)]
    lines = [[(goods[0], 3)], [(goods[0], 1), (goods[1], 7)], [(goods[1], 11), (postage, 1)]]
    drafts = [make.draft(customer, own, address_id=place, discount_pct=Decimal(5)) for own, place in zip(lines, places, strict=True)]
    return make.run("capture.receive", drafts).moved


def test_a_month_of_three_addresses_is_one_invoice_to_the_rupiah():
    make.basics()
    PriceList.objects.update(tax_included=True)
    sql.run("UPDATE policy SET invoice_rule = 'month'")
    terms = Terms.objects.create(code="TF30", due_from="handover")
    TermsPart.objects.create(terms=terms, days=30)
    buyer = make.customer(terms_id=terms.id)
    orders = month_of(buyer)
    works(make.AT)
    for day in (make.AT + timedelta(days=1), LAST):
        through_the_door(day)
        works(day)
    assert {make.order(o).state for o in orders} == {"fulfilled"}
    assert len(set(sql.ids("SELECT ship_to_id FROM sales_order"))) == 3
    assert Invoice.objects.count() == 0
    assert make.balance(chart.RECEIVABLE) == 0

    works(DECEMBER)
    invoice = Invoice.objects.get()
    priced = sum(line.net for o in orders for line in make.lines_of(o))
    # 0.95 x (99,999 + 33,333 + 54,439 + 85,547) + 15,000
    assert priced == Decimal("274652.10")
    assert (invoice.number, invoice.issued_on, invoice.total, invoice.tax_included) == ("FG/2026/000001", END, 274_652, True)
    assert (invoice.tax, invoice.net, invoice.rounding) == (27_218, Decimal("247434.10"), Decimal("-0.10"))
    assert InvoiceTax.objects.get().base == 226_815  # 11/12 of 247,434
    assert make.balance(chart.RECEIVABLE) == 274_652
    for order in orders:
        assert Counter(make.events(order)) >= Counter(["order.received", "order.verified", "order.confirmed", "order.fulfilled", "invoice.issued"])
        assert make.events(order)[-1] == "invoice.issued"
    assert OpenItem.objects.get().due_on is None
    sound()

    _tukar_faktur(invoice, buyer)


def _tukar_faktur(invoice: Invoice, buyer: int) -> None:
    """The invoice is brought on Thursday; its thirty days count from then."""
    thursday = datetime(2026, 12, 3, 4, 0, tzinfo=UTC)
    assert aging.payers(date(2027, 6, 1)).sums.current == 274_652  # never due
    assert make.run("invoice.hand_over", {invoice.id: {"on": "2026-12-03", "brought_by": "Ujang"}}, at=thursday).moved == [invoice.id]
    assert OpenItem.objects.get().due_on == date(2027, 1, 2)
    assert aging.payers(date(2027, 1, 5)).sums.d30 == 274_652
    make.run("pay.receive", [Receipt(1, invoice.total, buyer, reference="fg 2026 1")], at=thursday)
    works(thursday)
    assert set(sql.ids("SELECT state FROM sales_order")) == {"closed"}
    sound()


def test_a_closed_month_takes_nothing_until_it_is_open_again():
    buyer, cup = make.customer(), make.product(100_000, stock=50, cost=60_000)
    first, second = make.orders(2, customer_id=buyer, lines=[(cup, 1)])
    works(make.AT)
    deliveries = sql.ids("SELECT id FROM delivery ORDER BY id")
    for name in ("deliver.pick", "deliver.dispatch"):
        make.run(name, deliveries)
    make.run("deliver.complete", deliveries[:1], at=LAST)
    november = sql.one("SELECT id FROM period WHERE starts_on = '2026-11-01'")
    assert make.codes(make.run("books.lock_period", [november])) == ["not_over"]
    assert make.run("books.lock_period", [november], at=LAST).moved == [november]
    sound()

    closed = ("period_closed", END)
    works(LAST)
    refused = [
        make.run("invoice.issue", [first], at=LAST),
        make.run("deliver.complete", deliveries[1:], at=LAST),
        make.run("pay.receive", [Receipt(1, Decimal(111_000), buyer)], at=LAST),
        make.run("pay.receive", [Receipt(1, Decimal(111_000), buyer, received_on=END)], at=DECEMBER),
    ]
    assert [(r.code, r.facts["on"]) for outcome in refused for r in outcome.refused] == [closed] * 4
    assert make.count_of("invoice") == make.count_of("payment") == 0
    assert sql.ids("SELECT order_id FROM recheck WHERE step = 'issue'") == [first]  # it waits

    assert make.run("books.reopen_period", {november: {"reason": "surat jalan tertinggal"}}, at=LAST).moved == [november]
    make.run("deliver.complete", deliveries[1:], at=LAST)
    works(LAST)
    assert [(i.number, i.issued_on) for i in Invoice.objects.order_by("id")] == [("INV/2026/000001", END), ("INV/2026/000002", END)]
    make.run("pay.receive", [Receipt(1, Decimal(222_000), buyer, received_on=END)], at=DECEMBER)
    works(DECEMBER)
    assert {make.order(o).state for o in (first, second)} == {"closed"}
    assert make.run("books.lock_period", [november], at=DECEMBER).moved == [november]
    assert sql.ids("SELECT kind FROM event WHERE subject_kind = 'period' ORDER BY id") == ["period.closed", "period.reopened", "period.closed"]
    sound()


def test_a_month_waits_for_its_collective_invoices():
    [order] = make.orders(1, through="invoice.prepare")
    sql.run("UPDATE sales_order SET invoice_rule = 'month'")
    make.deliveries([order], through="deliver.complete")
    november = sql.one("SELECT id FROM period")
    assert make.codes(make.run("books.lock_period", [november], at=DECEMBER)) == ["not_invoiced"]
    works(DECEMBER)
    assert make.run("books.lock_period", [november], at=DECEMBER).moved == [november]
    assert Invoice.objects.get().issued_on == END
    sound()
