"""The statement of account of a payer: what stood open before a day, every document and payment since, what stands open now.

It is read from the books: what an entry moves on the accounts receivable and unallocated receipts of this payer. Money that is allocated moves from one
to the other and shows nothing; so the closing balance is what the payer owes less what it has paid and is not used yet.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from alur.core import sql

PAYER = """
SELECT c.id, c.code, c.name, c.language, c.npwp, c.credit_limit, a.lines, a.city, a.province, a.postcode
  FROM customer c
  LEFT JOIN LATERAL (SELECT * FROM address x WHERE x.customer_id = c.id ORDER BY x.kind = 'bill' DESC, x.is_default DESC, x.id LIMIT 1) a ON true
 WHERE c.id = (SELECT coalesce(payer_id, id) FROM customer WHERE code = %(code)s)
"""
# By key from the payer's own documents: no index stands on the customer of a journal line.
MOVES = """
WITH subject AS (
    SELECT 'invoice' AS kind, id, number FROM invoice WHERE payer_id = %(payer)s UNION ALL SELECT 'payment', id, number FROM payment WHERE payer_id = %(payer)s
), moved AS (
    SELECT e.id, e."on", e.kind, e.subject_kind, s.number, s.id AS subject_id, sum(l.amount) AS amount
      FROM subject s JOIN journal_entry e ON e.subject_kind = s.kind AND e.subject_id = s.id JOIN journal_line l ON l.entry_id = e.id
     WHERE e."on" < %(before)s AND l.account IN (1201, 2101) AND l.customer_id = %(payer)s
     GROUP BY e.id, s.number, s.id HAVING sum(l.amount) <> 0
)
SELECT NULL::bigint AS id, NULL::date AS "on", 'opening' AS kind, '' AS subject_kind, '' AS number, coalesce(sum(amount), 0) AS amount, NULL::date AS due_on,
       '' AS reference
  FROM moved WHERE "on" < %(start)s
UNION ALL
SELECT m.id, m."on", m.kind, m.subject_kind, m.number, m.amount,
       (SELECT min(t.due_on) FROM open_item t WHERE m.kind = 'invoice.issued' AND t.invoice_id = m.subject_id),
       coalesce((SELECT p.reference FROM payment p WHERE m.subject_kind = 'payment' AND p.id = m.subject_id), '')
  FROM moved m WHERE m."on" >= %(start)s
 ORDER BY "on" NULLS FIRST, id NULLS FIRST
"""
OPEN = """
SELECT coalesce(sum(open + uncleared), 0) AS total, coalesce(sum(open + uncleared) FILTER (WHERE due_on < %(today)s), 0) AS late,
       (SELECT coalesce(sum(open), 0) FROM open_receipt WHERE payer_id = %(payer)s) AS free FROM open_item WHERE payer_id = %(payer)s
"""


@dataclass(frozen=True, slots=True)
class Statement:
    """moves: (row, balance after it); now: what is open, late and not used as of today."""

    payer: Any
    start: date
    end: date
    opening: Decimal
    moves: list[tuple[Any, Decimal]]
    now: Any

    @property
    def closing(self) -> Decimal:
        """What stood open at the end."""
        return self.moves[-1][1] if self.moves else self.opening

    @property
    def billed(self) -> Decimal:
        """What was added."""
        return sum((row.amount for row, _ in self.moves if row.amount > 0), Decimal(0))

    @property
    def settled(self) -> Decimal:
        """What was taken off."""
        return -sum((row.amount for row, _ in self.moves if row.amount < 0), Decimal(0))


def statement(code: str, start: date, end: date, today: date) -> Statement | None:
    """The statement of who pays for this customer, from one day to another."""
    found = sql.read(PAYER, code=code)
    if not found:
        return None
    payer = found[0]
    opening, *rows = sql.read(MOVES, payer=payer.id, start=start, before=end + timedelta(days=1))
    balance, moves = opening.amount, []
    for row in rows:
        balance += row.amount
        moves.append((row, balance))
    return Statement(payer, start, end, opening.amount, moves, sql.read(OPEN, payer=payer.id, today=today)[0])
