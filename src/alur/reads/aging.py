"""Who owes how much for how long: by payer, the most overdue first, with the money that settles nothing yet."""

from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString

from alur.core import sql
from alur.reads.receivable import AGES

PAGE = 50

_BUCKETS: LiteralString = ", ".join(f"coalesce(sum(i.open + i.uncleared) FILTER (WHERE {age}), 0) AS {name}" for name, age in AGES.items())
_NAMES: LiteralString = ", ".join(f"coalesce(o.{name}, 0) AS {name}" for name in AGES)
_SUMS: LiteralString = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in AGES)
_AGED: LiteralString = f"""
WITH owed AS (
    SELECT i.payer_id, count(*) AS n, sum(i.open + i.uncleared) AS total, {_BUCKETS} FROM open_item i GROUP BY i.payer_id
), free AS (
    SELECT payer_id, sum(open) AS free FROM open_receipt GROUP BY payer_id
), aged AS (
    SELECT payer_id, coalesce(o.n, 0) AS n, coalesce(o.total, 0) AS total, {_NAMES}, coalesce(f.free, 0) AS free FROM owed o FULL JOIN free f USING (payer_id)
)
"""
PAYERS = f"""{_AGED}
SELECT a.*, c.code, c.name FROM aged a JOIN customer c ON c.id = a.payer_id
 WHERE %(like)s = '' OR c.name ILIKE %(like)s OR c.code ILIKE %(like)s
 ORDER BY a.total - a.current DESC, a.total DESC, a.payer_id LIMIT %(limit)s OFFSET %(offset)s
"""
SUMS = f"""{_AGED}
SELECT count(*) AS n, count(*) FILTER (WHERE total > current) AS late, coalesce(sum(total), 0) AS total, {_SUMS}, coalesce(sum(free), 0) AS free FROM aged
"""


@dataclass(frozen=True, slots=True)
class Aged:
    """A page of payers, and the sums over all of them."""

    payers: list[Any]
    sums: Any


def payers(today: date, *, q: str = "", offset: int = 0) -> Aged:
    """Who owes, as of today."""
    plain = q.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return Aged(
        sql.read(PAYERS, today=today, like=f"%{plain}%" if plain else "", limit=PAGE, offset=offset),
        sql.read(SUMS, today=today)[0],
    )
