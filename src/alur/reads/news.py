"""Whether anything happened since somebody looked, asked of the log by any number of open pages at the price of one small question a moment.

A mark `X.k` says: k events of transactions from X on have been seen; all before X were over. Events are append-only, so more than k means news, and
a late commit is never missed: its transaction is not before X. Any process understands any mark, and nobody holds a connection between two
questions.
"""

import re
import time
from dataclasses import dataclass
from threading import Lock

from alur.core import company, sql

KEEP_SECONDS = 0.5
LAST = 500  # events looked back at; of more than these, all are news
START = "0.0"
MARK = re.compile(r"[0-9]{1,19}\.[0-9]{1,9}")

# the oldest transaction that may still write, and the newest events' transactions and orders (a note names the order it is of)
RECENT = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest, coalesce(array_agg(e.tx), '{}') AS txs, coalesce(array_agg(e.order_id), '{}') AS orders
  FROM (SELECT tx::text::bigint AS tx, coalesce(order_id, CASE WHEN data ->> 'of' = 'order' THEN (data ->> 'of_id')::bigint END, 0) AS order_id
          FROM event ORDER BY id DESC LIMIT %(limit)s) e
"""


@dataclass(frozen=True, slots=True)
class News:
    """What the log said at a moment; rows are (transaction, order or 0), the newest first."""

    at: float
    oldest: int
    rows: tuple[tuple[int, int], ...]

    @property
    def mark(self) -> str:
        """What somebody who has seen all of this keeps."""
        return f"{self.oldest}.{sum(tx >= self.oldest for tx, _order in self.rows)}"

    def since(self, mark: str) -> set[int] | None:
        """The orders (0: something else) that news may be of; empty: there is none; None: more than can be told."""
        since, known = map(int, (mark if MARK.fullmatch(mark) else START).split("."))
        found = [order for tx, order in self.rows if tx >= since]
        if len(found) <= known:
            return set()
        return None if len(found) == LAST else set(found)


_kept: dict[str, News] = {}
_asking: dict[str, Lock] = {}


def known(slug: str) -> str:
    """The mark of what this process has seen of a company, without asking: whoever reads a page now has read at least that."""
    return _kept[slug].mark if slug in _kept else START


def now() -> News:
    """What the log of the current company says, at most half a second old; of many who ask at once one goes, the others take what there is."""
    slug = company.current().slug
    kept = _kept.get(slug)
    if kept and time.monotonic() - kept.at < KEEP_SECONDS:
        return kept
    lock = _asking.setdefault(slug, Lock())
    if not lock.acquire(blocking=kept is None):
        return kept or now()
    try:
        row = sql.read(RECENT, limit=LAST)[0]
        _kept[slug] = News(time.monotonic(), row.oldest, tuple(zip(row.txs, row.orders, strict=True)))
        return _kept[slug]
    finally:
        lock.release()
