"""Sums that are kept are those that nothing can be added to any more; the answer is exact at any moment."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.db import connection

from alur.core import company, sql
from alur.reads import balances
from tests import make

DIRECT = """SELECT l.account, sum(l.amount) AS balance FROM journal_line l GROUP BY l.account HAVING sum(l.amount) <> 0"""
ENTRY = """
WITH e AS (INSERT INTO journal_entry (kind, "on", at, subject_kind, subject_id) VALUES ('test', '2026-11-20', now(), 'test', 1) RETURNING id)
INSERT INTO journal_line (entry_id, account, amount) SELECT id, unnest(ARRAY[1101, 3101]), unnest(ARRAY[%(n)s, -%(n)s]) FROM e
"""


@pytest.fixture(autouse=True)
def _nothing_kept():
    balances.POSTINGS.kept.clear()


def kept():
    return balances.POSTINGS.kept[company.current().schema]


def agrees():
    found = {code: moved.balance for code, moved in balances.total(balances.by_day()).items() if moved.balance}
    assert found == {row.account: row.balance for row in sql.rows(DIRECT)}


def test_what_is_not_committed_is_counted_and_never_kept():
    make.product()
    for _ in range(3):
        agrees()
    assert balances.POSTINGS.kept == {}


@pytest.fixture
def quiet(monkeypatch):
    """As if nobody else were at work on the server."""
    monkeypatch.setattr(balances.POSTINGS, "now", balances.POSTINGS.now.replace("pg_snapshot_xmin", "pg_snapshot_xmax"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quiet")
def test_settled_postings_are_kept_and_new_ones_added():
    make.product()
    for _ in range(2):
        agrees()
    first = kept().upto
    assert first > 0
    make.put(make.product(stock=0), 7)
    for _ in range(2):
        agrees()
    assert kept().upto > first
    cash = balances.total(balances.by_day(), account=1301, start=date(2026, 11, 23), before=date(2026, 11, 24))
    assert list(cash) == [1301]


@pytest.mark.django_db(transaction=True)
def test_a_posting_that_commits_late_is_not_lost():
    make.product()
    connection.ensure_connection()
    with psycopg.connect(connection.connection.info.dsn, password=connection.settings_dict["PASSWORD"]) as slow:
        slow.execute(f'SET search_path TO "{company.current().schema}"')
        slow.execute(ENTRY, {"n": 5})  # has drawn its id, and takes its time
        make.put(make.product(stock=0), 7)  # a later id is committed before it
        for _ in range(3):
            agrees()
        assert kept().upto == 0
        slow.commit()
        for _ in range(3):
            agrees()
    assert balances.total(balances.by_day())[1101].balance == Decimal(5)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quiet")
def test_other_books_are_not_mixed_up():
    make.product()
    for _ in range(2):
        agrees()
    assert kept().sums
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE journal_entry CASCADE")
    agrees()
    assert balances.total(balances.by_day()) == {}
