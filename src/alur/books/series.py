"""Gapless numbers of invoices. Taken last: the row stays locked until the transaction ends, and a rollback gives its numbers back."""

from typing import Any

from alur.core import sql

PREFIX = {"invoice": "INV", "collective": "FG", "advance": "DP", "credit_note": "CN"}
TAKE = """
WITH taken AS (
    INSERT INTO series (kind, year, last_number) VALUES (%(kind)s, %(year)s, %(n)s)
    ON CONFLICT (kind, year) DO UPDATE SET last_number = series.last_number + excluded.last_number RETURNING last_number
)
SELECT nextval(pg_get_serial_sequence('invoice', 'id')) AS id,
       %(prefix)s || '/' || %(year)s || '/' || to_char(last_number - %(n)s + i, 'FM9999999999000000') AS number
  FROM taken, generate_series(1, %(n)s) i
"""


def take(kind: str, year: int, n: int) -> list[Any]:
    """The ids and numbers of n documents about to be issued, in order: (41, INV/2026/000017), (42, INV/2026/000018) ..."""
    return sql.rows(TAKE, kind=kind, prefix=PREFIX[kind], year=year, n=n)
