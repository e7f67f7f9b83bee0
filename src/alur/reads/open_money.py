"""What is open right now, for a person who matches: the items of some payers, and how late what is owed is in all."""

from collections.abc import Iterable
from datetime import date
from typing import Any, LiteralString

from alur.core import sql
from alur.reads.receivable import AGES

MOST = 200  # open items of a payer that are looked at
ITEMS = """
SELECT i.id, i.invoice_id, i.part, i.payer_id, i.open, i.uncleared, i.due_on, i.reminded, v.number, v.currency, v.issued_on, v.net, v.tax, v.total AS whole,
       greatest(%(today)s - i.due_on, 0) AS days_late
  FROM unnest(%(payers)s::bigint[]) AS p(id)
 CROSS JOIN LATERAL (SELECT * FROM open_item t WHERE t.payer_id = p.id AND t.open > 0
                      ORDER BY t.due_on NULLS LAST, t.issued_on, t.invoice_id, t.part LIMIT %(most)s) i
  JOIN invoice v ON v.id = i.invoice_id
 ORDER BY i.payer_id, i.due_on NULLS LAST, i.issued_on, i.invoice_id, i.part
"""
_BUCKETS: LiteralString = ", ".join(f"coalesce(sum(i.open) FILTER (WHERE {age}), 0) AS {name}" for name, age in AGES.items())
TOTALS: LiteralString = f"""
SELECT count(*) AS n, count(*) FILTER (WHERE i.due_on < %(today)s AND i.open > 0) AS n_late,
       coalesce(sum(i.open), 0) AS total, {_BUCKETS} FROM open_item i
"""
LIMIT = "SELECT write_off_limit FROM policy ORDER BY id DESC LIMIT 1"


def items(payers: Iterable[int], today: date) -> dict[int, list[Any]]:
    """By payer: open items, the first due first."""
    found: dict[int, list[Any]] = {}
    for row in sql.read(ITEMS, payers=sorted(set(payers)), today=today, most=MOST):
        found.setdefault(row.payer_id, []).append(row)
    return found


def totals(today: date) -> Any:
    """What is owed in all, by how late it is."""
    return sql.read(TOTALS, today=today)[0]


def write_off_limit() -> Any:
    """Up to what a difference may be written off."""
    return sql.read(LIMIT)[0][0]
