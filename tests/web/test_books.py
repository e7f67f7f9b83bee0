"""The books: a balance that adds up, accounts month by month, a journal whose lines open what they are about."""

from datetime import date
from decimal import Decimal

from alur.books import chart
from alur.models import Invoice
from alur.reads import ledger
from tests import make
from tests.web import pages


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
