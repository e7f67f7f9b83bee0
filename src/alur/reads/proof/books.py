"""Closed months stay closed, collective invoices cover their own period, what was handed over is due from that day."""

from typing import LiteralString

FG = "SELECT count(*) FROM invoice WHERE starts_with(number, 'FG/')"
CLOSED = "SELECT count(*) FROM period WHERE state = 'closed'"
HANDED = "SELECT count(*) FROM hand_over"

CHECKS: dict[str, tuple[LiteralString, LiteralString]] = {
    "collective_covers_its_period": (
        FG,
        """
        SELECT format('invoice %%s of %%s bills order line %%s, which was brought on %%s', i.number, i.issued_on, b.order_line_id,
               (d.ended_at AT TIME ZONE %(zone)s)::date)
          FROM invoice i
          JOIN invoice_line b ON b.invoice_id = i.id
          JOIN delivery_line x ON x.id = b.delivery_line_id
          JOIN delivery d ON d.id = x.delivery_id
          JOIN order_line l ON l.id = b.order_line_id
          JOIN sales_order o ON o.id = l.order_id
         WHERE i.number LIKE 'FG/%%'
           AND (d.ended_at AT TIME ZONE %(zone)s)::date
               NOT BETWEEN CASE o.invoice_rule WHEN 'month' THEN date_trunc('month', i.issued_on)::date ELSE i.issued_on END AND i.issued_on
        """,
    ),
    "collective_is_of_one_customer": (
        FG,
        """
        SELECT format('invoice %%s bills orders of %%s customers, payers, addresses or terms', i.number, count(DISTINCT
               (o.customer_id, o.payer_id, o.bill_to_id, o.currency, o.tax_included, o.terms_id)))
          FROM invoice i JOIN invoice_line b ON b.invoice_id = i.id JOIN order_line l ON l.id = b.order_line_id JOIN sales_order o ON o.id = l.order_id
         WHERE i.number LIKE 'FG/%%'
         GROUP BY i.id HAVING count(DISTINCT (o.customer_id, o.payer_id, o.bill_to_id, o.currency, o.tax_included, o.terms_id)) > 1
        """,
    ),
    "closed_months_take_nothing": (
        CLOSED,
        """
        SELECT format('journal entry %%s of %%s was posted after its month was closed', e.id, e."on")
          FROM period p
          JOIN LATERAL (SELECT (c.data ->> 'upto')::bigint AS upto FROM event c
                         WHERE c.subject_kind = 'period' AND c.subject_id = p.id AND c.order_id IS NULL AND c.kind = 'period.closed'
                         ORDER BY c.id DESC LIMIT 1) c ON true
          JOIN journal_entry e ON e."on" >= p.starts_on AND e."on" < p.starts_on + interval '1 month' AND e.id > c.upto
         WHERE p.state = 'closed'
        """,
    ),
    "months_close_in_their_order": (
        CLOSED,
        """
        SELECT format('the month of %%s is open, a later one is closed', p.starts_on) FROM period p
         WHERE p.state = 'open' AND EXISTS (SELECT FROM period x WHERE x.state = 'closed' AND x.starts_on > p.starts_on)
        """,
    ),
    "handed_over_is_due_from_then": (
        HANDED,
        """
        SELECT format('invoice %%s part %%s: due on %%s, handed over on %%s, %%s days', t.invoice_id, t.part, t.due_on, h."on", p.days)
          FROM open_item t
          JOIN invoice_part p ON p.invoice_id = t.invoice_id AND p.position = t.part AND p.due_from = 'handover'
          LEFT JOIN hand_over h ON h.invoice_id = t.invoice_id
         WHERE t.due_on IS DISTINCT FROM h."on" + p.days
        """,
    ),
}
