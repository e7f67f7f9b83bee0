"""References that have no foreign key (their rows come only from an INSERT ... SELECT of the parent) lead to a row all the same."""

from typing import LiteralString

CHECKS: dict[str, tuple[LiteralString, LiteralString]] = {
    "I16 no_foreign_key_leaves_the_schema": (
        "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace",
        """
        SELECT format('%%s of %%s refers to %%s', k.conname, k.conrelid::regclass, k.confrelid::regclass)
          FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid
         WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace AND c.relnamespace <> k.connamespace
        """,
    ),
    "references event": (
        "SELECT count(*) FROM event",
        """
        SELECT format('event %%s names order %%s', e.id, e.order_id) FROM event e
         WHERE e.order_id IS NOT NULL AND NOT EXISTS (SELECT FROM sales_order o WHERE o.id = e.order_id)
        """,
    ),
    "references journal_line": (
        "SELECT count(*) FROM journal_line",
        """
        SELECT format('journal line %%s names account %%s', l.id, l.account) FROM journal_line l
         WHERE NOT EXISTS (SELECT FROM account a WHERE a.code = l.account)
        UNION ALL
        SELECT format('journal line %%s names customer %%s', l.id, l.customer_id) FROM journal_line l
         WHERE l.customer_id IS NOT NULL AND NOT EXISTS (SELECT FROM customer c WHERE c.id = l.customer_id)
        """,
    ),
    "references stock": (
        "SELECT count(*) FROM stock_move",
        """
        SELECT format('stock move %%s names no stock', m.id) FROM stock_move m
         WHERE NOT EXISTS (SELECT FROM stock s WHERE s.product_id = m.product_id AND s.warehouse_id = m.warehouse_id AND s.lot = m.lot)
        UNION ALL
        SELECT format('stock move %%s names delivery line %%s', m.id, m.delivery_line_id) FROM stock_move m
         WHERE m.delivery_line_id IS NOT NULL AND NOT EXISTS (SELECT FROM delivery_line d WHERE d.id = m.delivery_line_id)
        UNION ALL
        SELECT format('stock move %%s names supply line %%s', m.id, m.supply_line_id) FROM stock_move m
         WHERE m.supply_line_id IS NOT NULL AND NOT EXISTS (SELECT FROM supply_line s WHERE s.id = m.supply_line_id)
        UNION ALL
        SELECT format('reservation %%s names order line %%s', r.id, r.order_line_id) FROM reservation r
         WHERE NOT EXISTS (SELECT FROM order_line l WHERE l.id = r.order_line_id AND l.product_id = r.product_id)
        UNION ALL
        SELECT format('backorder %%s names order line %%s', b.id, b.order_line_id) FROM backorder b
         WHERE NOT EXISTS (SELECT FROM order_line l WHERE l.id = b.order_line_id AND l.order_id = b.order_id AND l.product_id = b.product_id)
        """,
    ),
    "references documents": (
        "SELECT (SELECT count(*) FROM delivery_line) + (SELECT count(*) FROM invoice_line)",
        """
        SELECT format('delivery line %%s names order line %%s', d.id, d.order_line_id) FROM delivery_line d
         WHERE NOT EXISTS (SELECT FROM order_line l WHERE l.id = d.order_line_id)
        UNION ALL
        SELECT format('invoice line %%s names order line %%s', n.id, n.order_line_id) FROM invoice_line n
         WHERE n.order_line_id IS NOT NULL AND NOT EXISTS (SELECT FROM order_line l WHERE l.id = n.order_line_id)
        UNION ALL
        SELECT format('invoice line %%s names delivery line %%s', n.id, n.delivery_line_id) FROM invoice_line n
         WHERE n.delivery_line_id IS NOT NULL AND NOT EXISTS (SELECT FROM delivery_line d WHERE d.id = n.delivery_line_id)
        UNION ALL
        SELECT format('invoice line %%s names advance %%s', n.id, n.advance_id) FROM invoice_line n
         WHERE n.advance_id IS NOT NULL AND NOT EXISTS (SELECT FROM invoice i WHERE i.id = n.advance_id AND i.kind = 'advance')
        UNION ALL
        SELECT format('invoice line %%s credits invoice line %%s', n.id, n.credited_line_id) FROM invoice_line n
         WHERE n.credited_line_id IS NOT NULL AND NOT EXISTS (SELECT FROM invoice_line b WHERE b.id = n.credited_line_id AND b.order_line_id = n.order_line_id)
        UNION ALL
        SELECT format('credit note %%s names return %%s', i.number, i.return_id) FROM invoice i
         WHERE i.return_id IS NOT NULL AND NOT EXISTS (SELECT FROM "return" r WHERE r.id = i.return_id AND i.kind = 'credit_note')
        UNION ALL
        SELECT format('return line %%s names delivery line %%s', r.id, r.delivery_line_id) FROM return_line r
         WHERE NOT EXISTS (SELECT FROM delivery_line d WHERE d.id = r.delivery_line_id AND d.order_line_id = r.order_line_id)
        """,
    ),
    "references money": (
        "SELECT (SELECT count(*) FROM allocation) + (SELECT count(*) FROM open_item) + (SELECT count(*) FROM open_receipt)",
        """
        SELECT format('allocation %%s names payment %%s', a.id, a.payment_id) FROM allocation a
         WHERE a.payment_id IS NOT NULL AND NOT EXISTS (SELECT FROM payment p WHERE p.id = a.payment_id)
        UNION ALL
        SELECT format('allocation %%s names invoice %%s', a.id, a.invoice_id) FROM allocation a
         WHERE a.invoice_id IS NOT NULL AND NOT EXISTS (SELECT FROM invoice i WHERE i.id = a.invoice_id)
        UNION ALL
        SELECT format('allocation %%s names credit note %%s', a.id, a.credit_note_id) FROM allocation a
         WHERE a.credit_note_id IS NOT NULL AND NOT EXISTS (SELECT FROM invoice i WHERE i.id = a.credit_note_id AND i.kind = 'credit_note')
        UNION ALL
        SELECT format('allocation %%s names refund %%s', a.id, a.refund_id) FROM allocation a
         WHERE a.refund_id IS NOT NULL AND NOT EXISTS (SELECT FROM payment p WHERE p.id = a.refund_id AND p.direction = 'out')
        UNION ALL
        SELECT format('open item %%s names invoice %%s', o.id, o.invoice_id) FROM open_item o
         WHERE NOT EXISTS (SELECT FROM invoice i WHERE i.id = o.invoice_id AND i.payer_id = o.payer_id)
        UNION ALL
        SELECT format('open receipt %%s names payment %%s', r.id, r.payment_id) FROM open_receipt r
         WHERE r.payment_id IS NOT NULL AND NOT EXISTS (SELECT FROM payment p WHERE p.id = r.payment_id AND p.payer_id = r.payer_id)
        UNION ALL
        SELECT format('open receipt %%s names credit note %%s', r.id, r.credit_note_id) FROM open_receipt r
         WHERE r.credit_note_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM invoice i WHERE i.id = r.credit_note_id AND i.kind = 'credit_note' AND i.payer_id = r.payer_id)
        """,
    ),
    "references holds": (
        "SELECT (SELECT count(*) FROM hold) + (SELECT count(*) FROM approval) + (SELECT count(*) FROM recheck)",
        """
        SELECT format('hold %%s names line %%s', h.id, h.line_id) FROM hold h
         WHERE h.line_id IS NOT NULL AND NOT EXISTS (SELECT FROM order_line l WHERE l.id = h.line_id AND l.order_id = h.order_id)
        UNION ALL
        SELECT format('approval %%s names line %%s', a.id, a.line_id) FROM approval a
         WHERE a.line_id IS NOT NULL AND NOT EXISTS (SELECT FROM order_line l WHERE l.id = a.line_id AND l.order_id = a.order_id)
        UNION ALL
        SELECT format('ticket %%s names order %%s', r.id, r.order_id) FROM recheck r
         WHERE NOT EXISTS (SELECT FROM sales_order o WHERE o.id = r.order_id)
        """,
    ),
}
