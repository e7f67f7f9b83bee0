"""Reverse: the one place where what was owed and what was used come back.

An allocation is taken back by a row with the amount negated that names it. The caller holds the locks of the payers and of their money, has read
since that the allocations stand, and books the entry.
"""

from collections.abc import Iterable
from datetime import date, datetime

from alur.core import company, sql

# An item that was settled has no row any more: it is made again as it was, from its invoice, its part and what was allocated to it.
REVERSE = """
WITH back AS MATERIALIZED (
    SELECT a.id, a.payment_id, a.credit_note_id, a.invoice_id, a.part, a.kind, a.amount, a.account,
           coalesce(p.way = 'giro' AND NOT EXISTS (SELECT FROM clearing k WHERE k.payment_id = p.id AND k.cleared_on IS NOT NULL), false) AS waits
      FROM allocation a LEFT JOIN payment p ON p.id = a.payment_id WHERE a.id = ANY(%(ids)s::bigint[])
), reversal AS (
    INSERT INTO allocation (payment_id, credit_note_id, invoice_id, part, kind, amount, account, reverses_id, "on", at)
    SELECT payment_id, credit_note_id, invoice_id, part, kind, -amount, account, id, %(on)s, %(at)s FROM back ORDER BY id
), item AS (
    SELECT invoice_id, part, sum(amount) AS amount, coalesce(sum(amount) FILTER (WHERE waits), 0) AS waited FROM back GROUP BY 1, 2
), owed AS (
    UPDATE open_item o SET open = o.open + i.amount, uncleared = o.uncleared - i.waited FROM item i WHERE o.invoice_id = i.invoice_id AND o.part = i.part
), owed_anew AS (
    INSERT INTO open_item (invoice_id, part, payer_id, issued_on, due_on, total, open, reminded)
    SELECT v.id, i.part, v.payer_id, v.issued_on,
           CASE p.due_from WHEN 'handover' THEN (SELECT max(h."on") + p.days FROM hand_over h WHERE h.invoice_id = v.id)
                WHEN 'month_end' THEN (date_trunc('month', v.issued_on) + interval '1 month - 1 day')::date + p.days
                WHEN 'delivery' THEN p.days + coalesce((
                     SELECT (max(d.ended_at) AT TIME ZONE %(zone)s)::date FROM invoice_line b JOIN delivery_line x ON x.id = b.delivery_line_id
                       JOIN delivery d ON d.id = x.delivery_id WHERE b.invoice_id = v.id), v.issued_on)
                ELSE v.issued_on + coalesce(p.days, 0) END,
           (SELECT sum(a.amount) FROM allocation a WHERE a.invoice_id = v.id AND a.part = i.part), i.amount,
           coalesce((SELECT max((e.data ->> 'level')::int) FROM event e
                      WHERE e.kind = 'item.reminded' AND e.subject_id = v.id AND e.data ->> 'part' = i.part::text AND e.order_id IN (
                            SELECT l.order_id FROM invoice_line b JOIN order_line l ON l.id = b.order_line_id WHERE b.invoice_id = v.id)), 0)
      FROM item i JOIN invoice v ON v.id = i.invoice_id LEFT JOIN invoice_part p ON p.invoice_id = v.id AND p.position = i.part
     WHERE NOT EXISTS (SELECT FROM open_item o WHERE o.invoice_id = i.invoice_id AND o.part = i.part)
), money AS (
    SELECT payment_id, credit_note_id, bool_or(waits) AS waits, sum(amount) AS amount FROM back
     WHERE payment_id IS NOT NULL OR credit_note_id IS NOT NULL GROUP BY 1, 2
), free AS (
    UPDATE open_receipt r SET open = r.open + m.amount, by_hand = true
      FROM money m WHERE r.payment_id = m.payment_id OR r.credit_note_id = m.credit_note_id
)
INSERT INTO open_receipt (payment_id, credit_note_id, payer_id, order_id, open, cleared, by_hand, received_on)
SELECT m.payment_id, m.credit_note_id, coalesce(p.payer_id, n.payer_id), p.order_id, m.amount, NOT m.waits, true, coalesce(p.received_on, n.issued_on)
  FROM money m LEFT JOIN payment p ON p.id = m.payment_id LEFT JOIN invoice n ON n.id = m.credit_note_id
 WHERE NOT EXISTS (SELECT FROM open_receipt r WHERE r.payment_id = m.payment_id OR r.credit_note_id = m.credit_note_id)
"""


def reverse(ids: Iterable[int], *, on: date, at: datetime) -> None:
    """Take these allocations back."""
    sql.run(REVERSE, ids=list(ids), on=on, at=at, zone=company.current().time_zone)
