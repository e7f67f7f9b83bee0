"""The books balance, keep their months and their numbers."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from alur import books
from alur.books import allocate, chart, periods, series
from alur.core import sql
from tests import make

MON, TUE = date(2026, 11, 23), date(2026, 11, 24)


def test_an_entry_must_balance():
    chart.open_books()
    with pytest.raises(psycopg.errors.CheckViolation, match="does not balance"), transaction.atomic():
        books.post("x", "invoice", [books.Line(1, MON, chart.BANK, Decimal(5)), books.Line(1, MON, chart.REVENUE, Decimal(-4))], at=make.AT)
    books.post("x", "invoice", [books.Line(1, MON, chart.BANK, Decimal(0)), books.Line(1, MON, chart.REVENUE, Decimal(0))], at=make.AT)
    assert make.count_of("journal_entry") == 0


@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"])
@pytest.mark.parametrize(
    "table",
    [
        "stock_move", "invoice", "invoice_line", "invoice_part", "invoice_tax", "payment", "clearing", "allocation", "journal_entry", "journal_line", "event",
    ],
)  # fmt: skip
def test_what_was_written_stays(table, change):
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match=f"{table} is append-only"), transaction.atomic():
        cursor.execute(change.format(table))


def test_months_are_made_open_and_stay_closed():
    assert periods.closed([MON, date(2026, 12, 1)]) == set()
    assert sql.rows("SELECT starts_on, state FROM period ORDER BY 1") == [(date(2026, 11, 1), "open"), (date(2026, 12, 1), "open")]
    sql.run("UPDATE period SET state = 'closed' WHERE starts_on = '2026-11-01'")
    assert periods.closed([MON, TUE, date(2026, 12, 1)]) == {MON, TUE}
    assert make.count_of("period") == 2


def test_numbers_have_no_gaps_and_start_anew_each_year():
    first = series.take("invoice", 2026, 2)
    again = series.take("invoice", 2026, 1)
    assert [row.number for row in first + again] == ["INV/2026/000001", "INV/2026/000002", "INV/2026/000003"]
    assert len({row.id for row in first + again}) == 3
    assert series.take("invoice", 2027, 1)[0].number == "INV/2027/000001"
    assert series.take("advance", 2026, 1)[0].number == "DP/2026/000001"


def test_allocations_lower_what_is_open_and_never_below_nothing():
    sql.run("INSERT INTO open_item (id, invoice_id, payer_id, issued_on, total, open) VALUES (1, 1, 1, '2026-11-23', 10, 10), (2, 2, 1, '2026-11-23', 10, 10)")
    one, two = sql.rows("SELECT id, open, uncleared FROM open_item ORDER BY id")
    six = allocate.Allocation(Decimal(6), "payment", 1, item=one)
    with pytest.raises(psycopg.errors.CheckViolation), transaction.atomic():
        allocate.allocate([six, six], on=MON, at=make.AT)
    rest, other = allocate.Allocation(Decimal(4), "payment", 1, item=one), allocate.Allocation(Decimal(3), "payment", 2, item=two)
    allocate.allocate([six, rest, other], on=MON, at=make.AT)
    assert sql.rows("SELECT id, open FROM open_item") == [(2, 7)]
    assert make.count_of("allocation") == 3
