"""What comes back: goods, what was billed, and money; each of it once."""

from typing import LiteralString

LINES = "SELECT count(*) FROM order_line WHERE product_id IS NOT NULL"
NOTES = "SELECT count(*) FROM invoice WHERE kind = 'credit_note'"
RETURNS = "SELECT count(*) FROM return_line"

CHECKS: dict[str, tuple[LiteralString, LiteralString]] = {
    "I3 returns_are_moves": (
        RETURNS,
        """
        SELECT format('delivery line %%s: %%s worth %%s came back, moves say %%s worth %%s', coalesce(r.id, m.id), coalesce(r.q, 0), coalesce(r.v, 0),
               coalesce(m.q, 0), coalesce(m.v, 0))
          FROM (SELECT delivery_line_id AS id, sum(received) AS q, sum(value) AS v FROM return_line GROUP BY 1) r
          FULL JOIN (SELECT delivery_line_id AS id, sum(quantity) AS q, sum(value) AS v FROM stock_move WHERE kind = 'return' GROUP BY 1) m USING (id)
         WHERE (coalesce(r.q, 0), coalesce(r.v, 0)) <> (coalesce(m.q, 0), coalesce(m.v, 0))
        UNION ALL
        SELECT format('return %%s is %%s, its lines say %%s', r.number, r.state, l.state)
          FROM "return" r
          JOIN (SELECT return_id, CASE WHEN bool_or(state = 'permitted') THEN 'permitted' WHEN bool_or(state = 'received') THEN 'received' ELSE 'closed' END
                       AS state FROM return_line GROUP BY 1) l ON l.return_id = r.id
         WHERE r.state <> l.state
        """,
    ),
    "I19 returned_is_returns": (
        LINES,
        """
        SELECT format('order line %%s: returned %%s, returns and claims say %%s', l.id, l.returned, coalesce(r.q, 0))
          FROM order_line l
          LEFT JOIN (SELECT order_line_id, sum(q) AS q
                       FROM (SELECT order_line_id, received AS q FROM return_line
                             UNION ALL SELECT n.order_line_id, n.quantity FROM invoice_line n JOIN invoice i ON i.id = n.invoice_id
                              WHERE n.credited_line_id IS NOT NULL AND i.return_id IS NULL) x GROUP BY 1) r ON r.order_line_id = l.id
         WHERE l.returned <> coalesce(r.q, 0)
        """,
    ),
    "I19 credited_is_credit_notes": (
        LINES,
        """
        SELECT format('order line %%s: credited %%s, its credit notes say %%s', l.id, l.credited, coalesce(c.q, 0))
          FROM order_line l
          LEFT JOIN (SELECT order_line_id, sum(quantity) AS q FROM invoice_line WHERE credited_line_id IS NOT NULL GROUP BY 1) c ON c.order_line_id = l.id
         WHERE l.credited <> coalesce(c.q, 0)
        """,
    ),
    "I9 credited_within_invoice": (
        NOTES,
        """
        SELECT format('invoice line %%s of %%s (%%s): credited %%s (%%s)', b.id, b.net, b.quantity, c.net, c.quantity)
          FROM invoice_line b JOIN (SELECT credited_line_id, sum(net) AS net, sum(quantity) AS quantity FROM invoice_line
                                     WHERE credited_line_id IS NOT NULL GROUP BY 1) c ON c.credited_line_id = b.id
         WHERE c.net > b.net OR c.quantity > b.quantity
        UNION ALL
        SELECT format('invoice %%s: tax %%s, total %%s, credited %%s and %%s', v.number, v.tax, v.total, c.tax, c.total)
          FROM invoice v
          JOIN (SELECT x.id, sum(n.tax) AS tax, sum(n.total) AS total
                  FROM (SELECT DISTINCT coalesce(b.invoice_id, l.advance_id) AS id, l.invoice_id FROM invoice_line l
                          JOIN invoice i ON i.id = l.invoice_id AND i.kind = 'credit_note' LEFT JOIN invoice_line b ON b.id = l.credited_line_id) x
                  JOIN invoice n ON n.id = x.invoice_id GROUP BY 1) c ON c.id = v.id
         WHERE c.tax > v.tax OR c.total > v.total
        """,
    ),
    "I9 credit_notes_are_used_once": (
        NOTES,
        """
        SELECT format('credit note %%s of %%s: %%s used, %%s free', n.number, n.total, coalesce(a.v, 0), coalesce(r.open, 0))
          FROM invoice n
          LEFT JOIN (SELECT credit_note_id, sum(amount) AS v FROM allocation WHERE credit_note_id IS NOT NULL GROUP BY 1) a ON a.credit_note_id = n.id
          LEFT JOIN open_receipt r ON r.credit_note_id = n.id
         WHERE n.kind = 'credit_note' AND n.total <> coalesce(a.v, 0) + coalesce(r.open, 0)
        """,
    ),
    "I9 refunds_come_from_somewhere": (
        "SELECT count(*) FROM payment WHERE direction = 'out'",
        """
        SELECT format('payment out %%s of %%s: %%s of it was free, %%s booked', p.number, p.amount, coalesce(a.v, 0), coalesce(l.v, 0))
          FROM payment p
          LEFT JOIN (SELECT refund_id, sum(amount) AS v FROM allocation WHERE refund_id IS NOT NULL GROUP BY 1) a ON a.refund_id = p.id
          LEFT JOIN (SELECT e.subject_id, sum(l.amount) AS v FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id
                      WHERE e.kind = 'payment.refunded' AND l.account IN (1201, 2101) GROUP BY 1) l ON l.subject_id = p.id
         WHERE p.direction = 'out' AND (p.amount <> coalesce(a.v, 0) OR p.amount <> coalesce(l.v, 0))
        """,
    ),
    "I9 advances_end_with_the_order": (
        "SELECT count(*) FROM sales_order WHERE state IN ('closed', 'cancelled')",
        """
        SELECT format('order %%s is %%s, but %%s that was paid ahead for it is neither deducted nor credited', o.id, o.state, a.v + coalesce(d.v, 0))
          FROM sales_order o
          JOIN (SELECT order_id, sum(total) AS v FROM invoice WHERE kind = 'advance' GROUP BY 1) a ON a.order_id = o.id
          LEFT JOIN (SELECT i.order_id, sum(b.net + b.tax) AS v FROM invoice i JOIN invoice_line b ON b.advance_id = i.id GROUP BY 1) d ON d.order_id = o.id
         WHERE o.state IN ('closed', 'cancelled') AND a.v + coalesce(d.v, 0) <> 0
           AND NOT EXISTS (SELECT FROM recheck r WHERE r.step = 'close' AND r.order_id = o.id)
           AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'invoice.credit_advance' AND b.subject_id = o.id)
        """,
    ),
}
