"""A month is closed and opened again: what refuses, what closing keeps out, what a month nobody had posted in becomes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from alur.books import periods
from alur.core import sql
from alur.flow.pay.receive import Receipt
from tests import make

LAST, DECEMBER = datetime(2026, 11, 30, 2, 0, tzinfo=UTC), datetime(2026, 12, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def months() -> list[int]:
    """October and November, with a delivery in November that goes on a collective invoice."""
    make.basics()
    periods.closed([date(2026, 10, 1), date(2026, 11, 1)])
    return sql.ids("SELECT id FROM period ORDER BY starts_on")


def states() -> list[str]:
    return sql.ids("SELECT state FROM period ORDER BY starts_on")


def waiting() -> int:
    [order] = make.orders(1, through="invoice.prepare")
    sql.run("UPDATE sales_order SET invoice_rule = 'month'")
    make.delivered([order])
    return order


def test_months_close_in_their_order(months):
    october, november = months
    assert make.codes(make.run("books.lock_period", [november, 999], at=LAST)) == ["earlier_open", "not_found"]
    assert make.codes(make.run("books.lock_period", months, at=make.AT)) == ["not_over"]
    assert states() == ["closed", "open"]
    assert make.run("books.lock_period", months, at=LAST).moved == [november]
    assert make.run("books.lock_period", months, at=LAST).already == [october, november]
    events = sql.rows("SELECT kind, subject_id, data ->> 'ends_on' AS ends_on FROM event WHERE subject_kind = 'period' ORDER BY id")
    assert events == [("period.closed", october, "2026-10-31"), ("period.closed", november, "2026-11-30")]


def test_what_waits_for_its_collective_invoice_keeps_a_month_open(months):
    order = waiting()
    refused = make.run("books.lock_period", months, at=DECEMBER).refused
    assert [(r.code, r.facts) for r in refused] == [("not_invoiced", {"n": 1, "ends_on": date(2026, 11, 30)})]
    make.run("invoice.issue", at=DECEMBER)
    assert sql.one("SELECT issued_on FROM invoice") == date(2026, 11, 30)
    assert make.run("books.lock_period", months, at=DECEMBER).moved == months[1:]
    assert make.order(order).state == "fulfilled"


def test_money_of_a_closed_month_is_refused_and_a_month_behind_it_is_closed_too(months):
    make.run("books.lock_period", months, at=DECEMBER)
    buyer = make.customer()
    for day in (date(2026, 11, 28), date(2026, 8, 1)):
        assert make.codes(make.run("pay.receive", [Receipt(1, Decimal(500), buyer, received_on=day)], at=DECEMBER)) == ["period_closed"]
    assert make.count_of("payment") == make.count_of("journal_entry") == 0
    assert states() == ["closed"] * 3
    assert make.run("pay.receive", [Receipt(1, Decimal(500), buyer, received_on=DECEMBER.date())], at=DECEMBER).moved


def test_the_last_closed_month_opens_first_and_says_why(months):
    october, november = months
    make.run("books.lock_period", months, at=DECEMBER)
    because = {"reason": "faktur pemasok terlambat"}
    assert make.codes(make.run("books.reopen_period", {october: because})) == ["later_closed"]
    assert make.codes(make.run("books.reopen_period", {november: {"reason": " "}, 999: because})) == ["no_reason", "not_found"]
    assert states() == ["closed", "closed"]
    assert make.run("books.reopen_period", {october: because, november: because}).moved == [november, october]
    assert make.run("books.reopen_period", {november: because}).already == [november]
    assert states() == ["open", "open"]
    assert sql.rows("SELECT subject_id, body FROM note WHERE subject_kind = 'period' ORDER BY id") == [(i, because["reason"]) for i in (november, october)]
    assert periods.closed([date(2026, 11, 5)]) == set()
