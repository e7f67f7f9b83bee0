"""The books: a balance that adds up, accounts month by month, a journal whose lines open what they are about."""

from datetime import date, timedelta
from decimal import Decimal

from alur.books import chart
from alur.core import sql
from alur.flow.pay.receive import Receipt
from alur.models import Customer, Invoice, TaxRule
from alur.reads import account_statement, aging, financials, ledger, vat
from tests import make
from tests.web import pages

NEXT = make.AT + timedelta(days=1)


def sold(n=1):
    orders = make.orders(n, lines=[(make.product(100_000, cost=60_000), 10)], through="confirm.reserve")
    make.deliveries(orders, through="deliver.complete")
    assert len(make.run("invoice.issue", orders).moved) == n


def test_the_trial_balance_adds_up_on_any_day():
    sold()
    today = ledger.trial_balance(make.AT.date())
    by_code = {row.account.code: row.moved.balance for row in today}
    assert sum(by_code.values()) == 0
    assert (by_code[chart.RECEIVABLE], by_code[chart.REVENUE], by_code[chart.COST_OF_GOODS]) == (1_110_000, -1_000_000, 600_000)
    before = ledger.trial_balance(make.AT.date().replace(day=1))
    assert {row.moved.balance for row in before} == {Decimal(0)}
    text = pages.client("finance").get("/books/?day=2026-11-30").content.decode()
    assert "Piutang usaha" in text
    assert "Laba" in text
    assert "400.000" in text


def test_an_account_shows_its_month_with_the_balance_after_each_move(monkeypatch):
    sold(2)
    november, december, january = (date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1))
    found = ledger.span(chart.RECEIVABLE, november, december)
    assert (found.opening, found.moved.debit, found.moved.credit, found.closing) == (0, 2_220_000, 0, 2_220_000)
    assert [move.balance for move in found.moves] == [1_110_000, 2_220_000]
    later = ledger.span(chart.RECEIVABLE, december, january)
    assert (later.opening, later.moves) == (2_220_000, [])
    monkeypatch.setattr(ledger, "FEW", 1)
    by_day = ledger.span(chart.RECEIVABLE, november, december)
    assert [(day, moved.n, balance) for day, moved, balance in by_day.days] == [(make.AT.date(), 2, 2_220_000)]
    assert by_day.moves == []
    assert "?day=2026-11-23" in pages.client("finance").get(f"/books/{chart.RECEIVABLE}/?month=2026-11").content.decode()
    monkeypatch.setattr(ledger, "FEW", 200)
    text = pages.client("finance").get(f"/books/{chart.RECEIVABLE}/?month=2026-11").content.decode()
    assert Invoice.objects.first().number in text
    assert f"/invoices/{Invoice.objects.first().number}/" in text
    assert pages.client("finance").get("/books/9999/").status_code == 404


def test_the_journal_finds_a_document_and_a_kind():
    sold(2)
    number = Invoice.objects.first().number
    [entry] = ledger.journal(number=number)
    assert (entry.entry.kind, entry.entry.number, sum(line.amount for line in entry.lines)) == ("invoice.issued", number, 0)
    assert ledger.journal(number="INV/2026/999999") == []
    assert {e.entry.kind for e in ledger.journal(kind="delivery.dispatched")} == {"delivery.dispatched"}
    text = pages.client("finance").get("/books/journal?month=2026-11").content.decode()
    assert number in text
    assert "Barang keluar" in text


def test_the_books_are_for_finance_and_managers():
    make.basics()
    for url in ("/books/", "/books/journal", f"/books/{chart.RECEIVABLE}/"):
        assert pages.client("warehouse").get(url).status_code == 403
        assert pages.client("manager").get(url).status_code == 200


def test_pages_cost_the_same_for_one_sale_and_for_twenty():
    client, counted = pages.client("admin"), []
    for n in (1, 19):
        sold(n)
        counted.append(pages.statements(client, "/books/", "/books/journal", f"/books/{chart.REVENUE}/"))
    assert counted[0] == counted[1]


def billed_together() -> list[int]:
    """Two orders of one customer on the collective invoice of 23 November, half paid, and another that was paid ahead."""
    make.basics()
    buyer = make.customer(terms_id=make.terms(0))
    sql.run("UPDATE terms SET due_from = 'handover' WHERE id = (SELECT max(id) FROM terms)")
    orders = make.orders(2, customer_id=buyer, lines=[(make.product(100_000, cost=60_000), 10)], through="invoice.prepare")
    sql.run("UPDATE sales_order SET invoice_rule = 'day'")
    make.deliveries(orders, through="deliver.complete")
    make.run("invoice.issue", orders, at=NEXT)
    make.run("pay.receive", [Receipt(1, Decimal(1_110_000), buyer)], at=NEXT)
    ahead = make.orders(1, customer_id=make.customer(terms_id=make.terms(100)), lines=[(make.product(50_000), 2)], through="confirm.reserve")
    make.run("pay.receive", [Receipt(2, make.order(ahead[0]).total, order_id=ahead[0])])
    make.run("invoice.advance", ahead)
    return orders


def test_the_sheet_is_level_and_the_income_statement_ends_in_it():
    billed_together()
    november = date(2026, 11, 1)
    for day in (date(2026, 10, 31), date(2026, 11, 23), date(2026, 11, 30), date(2027, 2, 1)):
        sheet, trial = financials.sheet(day), {row.account.code: row.moved.balance for row in ledger.trial_balance(day)}
        assert sheet.assets == sheet.claims
        assert {row.account.code: row.values[0] for part in sheet.parts for row in part.rows if row.values[0]} == {
            code: balance if code < 2000 else -balance for code, balance in trial.items() if balance and code < 4000
        }
    income = financials.income(november)
    assert (income.gross[0], income.result[0], income.result[1]) == (800_000, 800_000, 0)
    assert income.result[2] == financials.sheet(date(2026, 11, 30)).results[0][0]
    assert financials.sheet(date(2027, 2, 1)).results == ((0, 0), (800_000, 800_000))


def test_vat_is_what_the_books_say_by_rule_and_kind():
    billed_together()
    found = vat.month(date(2026, 11, 1))
    [(rule, kinds, whole)] = found.rows
    assert rule.code == "04"
    assert {kind: (sums.net, sums.base, sums.tax) for kind, sums in kinds.items()} == {
        "invoice": (2_000_000, 1_833_333, 220_000), "advance": (100_000, 91_667, 11_000),
    }  # fmt: skip
    assert (whole.tax, found.due.tax, found.booked) == (231_000, 231_000, 231_000)
    [document] = vat.documents(date(2026, 11, 1), "invoice", rule.id)
    assert (document.number, document.tax) == ("FG/2026/000001", 220_000)
    assert vat.month(date(2026, 10, 1)).rows == []


def test_a_statement_ends_with_what_is_owed_less_what_is_not_used():
    orders = billed_together()
    payer = Customer.objects.get(id=make.order(orders[0]).payer_id)
    found = account_statement.statement(payer.code, date(2026, 11, 1), date(2026, 11, 30), date(2026, 11, 30))
    assert [(row.kind, row.amount, balance) for row, balance in found.moves] == [
        ("invoice.issued", 2_220_000, 2_220_000), ("payment.received", -1_110_000, 1_110_000),
    ]  # fmt: skip
    make.run("pay.match", [payer.id], at=NEXT)
    later = account_statement.statement(payer.code, date(2026, 11, 24), date(2026, 11, 30), date(2026, 11, 30))
    assert (later.opening, later.billed, later.settled, later.closing) == (2_220_000, 0, 1_110_000, 1_110_000)
    assert later.now.total - later.now.free == later.closing
    aged = aging.payers(date(2026, 11, 30))
    assert [(row.code, row.total, row.current) for row in aged.payers] == [(payer.code, 1_110_000, 1_110_000)]
    client = pages.client("finance")
    assert "FG/2026/000001" in client.get(f"/books/owed/{payer.code}/?from=2026-11-01").content.decode()
    assert "Kartu Piutang" in client.get(f"/papers/statements/{payer.code}?from=2026-11-01&in=id").content.decode()
    assert client.get("/books/owed/nobody/").status_code == 404


def test_every_page_of_the_books_opens_for_finance_only_and_costs_the_same_for_more():
    client, counted = pages.client("finance"), []
    urls = (
        "/books/income",
        "/books/sheet?day=2026-11-30",
        "/books/owed/",
        "/books/vat?month=2026-11",
        "/books/months",
        "/books/hand-over",
        f"/books/{chart.REVENUE}/?month=2026-11&year=1",
    )
    for n in (1, 9):
        sold(n)
        counted.append(
            pages.statements(client, *urls, f"/books/owed/{Customer.objects.first().code}/", f"/books/vat/{TaxRule.objects.get().id}/invoice/?month=2026-11")
        )
    assert counted[0] == counted[1]
    assert {pages.client("desk").get(url).status_code for url in urls} == {403}


def test_a_month_is_closed_and_opened_again_on_its_page():
    sold()
    sql.run("INSERT INTO period (starts_on) VALUES ('2026-10-01')")
    october = sql.one("SELECT id FROM period WHERE starts_on = '2026-10-01'")
    finance, manager = pages.client("finance"), pages.client("manager")
    assert "steps/books.lock_period" in finance.get("/books/months").content.decode()
    finance.post("/steps/books.lock_period", {"ids": october})
    assert "steps/books.reopen_period" not in finance.get("/books/months").content.decode()
    assert finance.get(f"/steps/books.reopen_period?ids={october}").status_code == 403
    assert 'name="reason"' in manager.get(f"/steps/books.reopen_period?ids={october}").content.decode()
    manager.post("/steps/books.reopen_period", {"ids": october, "reason": "Faktur <b>pemasok</b>"})
    text = manager.get("/books/months").content.decode()
    assert "Faktur &lt;b&gt;pemasok" in text
    assert sql.one("SELECT state FROM period WHERE id = %(id)s", id=october) == "open"


def test_an_invoice_is_handed_over_on_its_page():
    billed_together()
    client, url = pages.client("finance"), f"/invoices/{Invoice.objects.get(number__startswith='FG').number}/"
    assert "steps/invoice.hand_over" in client.get(url).content.decode()
    assert "FG/2026/000001" in client.get("/books/hand-over").content.decode()
    client.post("/steps/invoice.hand_over", {"ids": Invoice.objects.get(number__startswith="FG").id, "on": "2026-11-24", "brought_by": "Ujang"})
    text = client.get(url).content.decode()
    assert "steps/invoice.hand_over" not in text
    assert "FG/2026/000001" not in client.get("/books/hand-over").content.decode()
    assert sql.ids("SELECT due_on FROM open_item") == [date(2026, 12, 24)]


def test_an_order_says_which_invoice_it_goes_on_and_the_paper_what_brought_each_line():
    make.basics()
    orders = make.orders(2, lines=[(make.product(), 2)], through="invoice.prepare")
    sql.run("UPDATE sales_order SET invoice_rule = 'month'")
    make.deliveries(orders, through="deliver.complete")
    make.run("invoice.issue", orders)
    client, numbers = pages.client("finance"), [make.order(i).number for i in orders]
    assert "faktur gabungan tanggal Sen" in client.get(f"/orders/{numbers[0]}/").content.decode()
    make.run("invoice.issue", orders, at=NEXT.replace(month=12))
    text = client.get("/papers/invoices/FG/2026/000001").content.decode()
    assert all(f"{number} · SJ-" in text for number in numbers)
