"""What goes through the door comes out the same."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from alur.core import sql

AT = datetime(2026, 11, 24, 7, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("SELECT * FROM unnest(%(x)s::bigint[])", [1, None, 2**40]),
        ("SELECT * FROM unnest(%(x)s::text[])", ['a,b"c\\d{}', "", None, "NULL", " ", "é\n"]),
        ("SELECT * FROM unnest(%(x)s::numeric[])", [Decimal("1.50"), None, Decimal("1E+3")]),
        ("SELECT * FROM unnest(%(x)s::date[])", [date(2026, 1, 2), None]),
        ("SELECT * FROM unnest(%(x)s::timestamptz[])", [AT, None]),
        ("SELECT * FROM unnest(%(x)s::bool[])", [True, None, False]),
        ("SELECT * FROM unnest(%(x)s::jsonb[])", ['{"a": 1}', None]),
        ("SELECT * FROM unnest(%(x)s::bigint[])", []),
    ],
)
def test_lists_arrive_as_they_are(statement, values):
    got = sql.ids(statement, x=values)
    assert got == [{"a": 1} if v == '{"a": 1}' else v for v in values]


def test_json_keeps_exact_numbers():
    assert sql.one("SELECT %(x)s::jsonb", x=sql.as_json({"a": Decimal("1.10"), "on": AT.date()})) == {"a": "1.1", "on": "2026-11-24"}
    assert sql.one("""SELECT '{"a": 0.1}'::jsonb""") == {"a": Decimal("0.1")}


def test_statements_are_counted_and_sent_together():
    with sql.counting() as counted:
        with sql.pipeline():
            sql.run("SELECT 1")
            sql.run("SELECT 2")
        assert sql.one("SELECT 3") == 3
    assert counted.statements == 3
