"""Who owes how much for how long: by payer, the most overdue first, with the money that settles nothing yet."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from alur.core import sql

PAGE = 50
COLUMNS = ("current", "d30", "d60", "d90", "older", "total", "free")

AGED = """
WITH owed AS (
    SELECT payer_id, count(*) AS n, sum(open + uncleared) AS total,
           coalesce(sum(open + uncleared) FILTER (WHERE due_on IS NULL OR due_on >= %(today)s), 0) AS current,
           coalesce(sum(open + uncleared) FILTER (WHERE due_on BETWEEN %(today)s - 30 AND %(today)s - 1), 0) AS d30,
           coalesce(sum(open + uncleared) FILTER (WHERE due_on BETWEEN %(today)s - 60 AND %(today)s - 31), 0) AS d60,
           coalesce(sum(open + uncleared) FILTER (WHERE due_on BETWEEN %(today)s - 90 AND %(today)s - 61), 0) AS d90,
           coalesce(sum(open + uncleared) FILTER (WHERE due_on < %(today)s - 90), 0) AS older, min(due_on) AS oldest
      FROM open_item GROUP BY payer_id
), free AS (
    SELECT payer_id, sum(open) AS free FROM open_receipt GROUP BY payer_id
)
SELECT payer_id, coalesce(o.n, 0) AS n, coalesce(o.current, 0) AS current, coalesce(o.d30, 0) AS d30, coalesce(o.d60, 0) AS d60, coalesce(o.d90, 0) AS d90,
       coalesce(o.older, 0) AS older, coalesce(o.total, 0) AS total, o.oldest, coalesce(f.free, 0) AS free
  FROM owed o FULL JOIN free f USING (payer_id)
"""
PAYERS = f"""
WITH aged AS ({AGED})
SELECT a.*, c.code, c.name, c.credit_limit FROM aged a JOIN customer c ON c.id = a.payer_id
 WHERE %(like)s = '' OR c.name ILIKE %(like)s OR c.code ILIKE %(like)s
 ORDER BY a.d30 + a.d60 + a.d90 + a.older DESC, a.total DESC, a.payer_id LIMIT %(limit)s OFFSET %(offset)s
"""
SUMS = f"""
WITH aged AS ({AGED})
SELECT count(*) AS n, count(*) FILTER (WHERE d30 + d60 + d90 + older > 0) AS late, coalesce(sum(current), 0) AS current, coalesce(sum(d30), 0) AS d30,
       coalesce(sum(d60), 0) AS d60, coalesce(sum(d90), 0) AS d90, coalesce(sum(older), 0) AS older, coalesce(sum(total), 0) AS total,
       coalesce(sum(free), 0) AS free
  FROM aged
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
