"""Invoices that are still to be brought to the customer (tukar faktur): their days do not count before that."""

from typing import Any

from alur.core import sql

PAGE = 100
WAITING = """
SELECT v.id, v.number, v.issued_on, c.code, c.name, sum(i.open + i.uncleared) AS open, min(p.days) AS days, count(*) OVER () AS every,
       sum(sum(i.open + i.uncleared)) OVER () AS total
  FROM open_item i JOIN invoice_part p ON p.invoice_id = i.invoice_id AND p.position = i.part AND p.due_from = 'handover'
  JOIN invoice v ON v.id = i.invoice_id JOIN customer c ON c.id = v.payer_id
 WHERE i.due_on IS NULL AND NOT EXISTS (SELECT FROM hand_over h WHERE h.invoice_id = v.id)
 GROUP BY v.id, c.id ORDER BY c.name, v.issued_on, v.id LIMIT %(limit)s OFFSET %(offset)s
"""


def waiting(offset: int = 0) -> list[Any]:
    """A page of them, by payer, so that one visit takes all of one."""
    return sql.read(WAITING, limit=PAGE, offset=offset)
