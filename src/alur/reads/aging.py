"""Who owes how much for how long: by payer, the most overdue first, with the money that settles nothing yet."""

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any, LiteralString

from alur.core import sql
from alur.reads.receivable import AGES

PAGE = 50

_BUCKETS: LiteralString = ", ".join(f"coalesce(sum(i.open + i.uncleared) FILTER (WHERE {age}), 0) AS {name}" for name, age in AGES.items())
_NAMES: LiteralString = ", ".join(f"coalesce(o.{name}, 0) AS {name}" for name in AGES)
EVERY = ("n", "late", "total", *AGES, "free")
_SUMS: LiteralString = ", ".join(f"coalesce(sum({name}), 0) AS all_{name}" for name in ("total", *AGES, "free"))

# the sums over all of them are in every row; a row without a payer has nothing else
PAYERS = f"""
WITH owed AS (
    SELECT i.payer_id, count(*) AS n, sum(i.open + i.uncleared) AS total, {_BUCKETS} FROM open_item i GROUP BY i.payer_id
), free AS (
    SELECT payer_id, sum(open) AS free FROM open_receipt GROUP BY payer_id
), aged AS MATERIALIZED (
    SELECT payer_id, coalesce(o.n, 0) AS n, coalesce(o.total, 0) AS total, {_NAMES}, coalesce(f.free, 0) AS free FROM owed o FULL JOIN free f USING (payer_id)
), page AS (
    SELECT a.*, c.code, c.name FROM aged a JOIN customer c ON c.id = a.payer_id
     WHERE %(like)s = '' OR c.name ILIKE %(like)s OR c.code ILIKE %(like)s
     ORDER BY a.total - a.current DESC, a.total DESC, a.payer_id LIMIT %(limit)s OFFSET %(offset)s
)
SELECT p.*, s.* FROM (SELECT count(*) AS all_n, count(*) FILTER (WHERE total > current) AS all_late, {_SUMS} FROM aged) s
  LEFT JOIN page p ON true ORDER BY p.total - p.current DESC, p.total DESC, p.payer_id
"""


@dataclass(frozen=True, slots=True)
class Aged:
    """A page of payers, and the sums over all of them."""

    payers: list[Any]
    sums: Any


def payers(today: date, *, q: str = "", offset: int = 0) -> Aged:
    """Who owes, as of today."""
    plain = q.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    rows = sql.read(PAYERS, today=today, like=f"%{plain}%" if plain else "", limit=PAGE, offset=offset)
    sums = SimpleNamespace(**{name: getattr(rows[0], f"all_{name}") for name in EVERY})
    return Aged([row for row in rows if row.payer_id], sums)
