"""The books balance, and what is owed, received and granted is what the documents add up to."""

from typing import LiteralString

OPEN = "SELECT count(*) FROM open_item"
PAYMENTS = "SELECT count(*) FROM payment"
ENTRIES = "SELECT count(*) FROM journal_entry"
INVOICES = "SELECT count(*) FROM invoice"

CHECKS: dict[str, tuple[LiteralString, LiteralString]] = {
    "I5 credit_within_limit": (
        "SELECT count(*) FROM customer WHERE credit_limit IS NOT NULL",
        """
        SELECT format('payer %%s: exposure %%s over the limit of %%s, and nobody approved it', c.id, x.exposure, c.credit_limit)
          FROM customer c
          JOIN (SELECT payer_id, sum(amount) AS exposure
                  FROM (SELECT payer_id, open + uncleared AS amount FROM open_item
                        UNION ALL SELECT payer_id, granted FROM sales_order
                        UNION ALL SELECT payer_id, -open FROM open_receipt WHERE cleared AND order_id IS NULL) a
                 GROUP BY 1) x ON x.payer_id = c.id
         WHERE x.exposure > coalesce(c.credit_limit, 0)
           AND NOT EXISTS (SELECT FROM approval a JOIN sales_order o ON o.id = a.order_id WHERE o.payer_id = c.id AND a.code = 'over_credit_limit')
           AND NOT EXISTS (SELECT FROM event e WHERE e.order_id IS NULL AND e.subject_kind = 'customer' AND e.subject_id = c.id)
        """,
    ),
    "I5 granted_is_what_is_at_risk": (
        "SELECT count(*) FROM sales_order WHERE granted > 0",
        """
        SELECT format('order %%s: granted %%s, at risk %%s', o.id, o.granted, r.at_risk)
          FROM sales_order o
          JOIN LATERAL (
               SELECT greatest(0, o.total - b.billed - greatest(0, round(o.total * o.advance_pct / 100,
                      CASE WHEN o.currency IN ('IDR', 'JPY', 'KRW', 'VND') THEN 0 ELSE 2 END) - b.deducted)) AS at_risk
                 FROM (SELECT coalesce((SELECT sum(i.total * part.share) FROM (
                                   SELECT n.invoice_id, 1.0 AS share FROM invoice_line n JOIN order_line l ON l.id = n.order_line_id
                                    WHERE l.order_id = o.id GROUP BY n.invoice_id) part
                                 JOIN invoice i ON i.id = part.invoice_id WHERE i.kind = 'invoice'), 0) AS billed,
                              coalesce((SELECT -sum(n.net + n.tax) FROM invoice_line n JOIN invoice a ON a.id = n.advance_id
                                     WHERE a.order_id = o.id), 0) AS deducted) b
               ) r ON true
         WHERE o.state IN ('verified', 'confirmed', 'fulfilled', 'closed') AND o.granted > r.at_risk
        """,
    ),
    "I6 entries_balance": (
        ENTRIES,
        """
        SELECT format('journal entry %%s: %%s lines, sum %%s', e.id, count(l.id), sum(l.amount))
          FROM journal_entry e LEFT JOIN journal_line l ON l.entry_id = e.id
         GROUP BY e.id HAVING count(l.id) < 2 OR sum(l.amount) <> 0 OR bool_or(NOT l.amount < 'Infinity')
        """,
    ),
    "I7 trial_balance_is_zero": (
        "SELECT count(*) FROM journal_line",
        "SELECT format('all accounts together: %%s', sum(amount)) FROM journal_line HAVING sum(amount) <> 0",
    ),
    "I8 receivable_is_open_items": (
        OPEN,
        """
        SELECT format('payer %%s: account 1201 says %%s, open items say %%s', customer_id, coalesce(l.v, 0), coalesce(i.v, 0))
          FROM (SELECT customer_id, sum(amount) AS v FROM journal_line WHERE account = 1201 GROUP BY 1) l
          FULL JOIN (SELECT payer_id AS customer_id, sum(open + uncleared) AS v FROM open_item GROUP BY 1) i USING (customer_id)
         WHERE coalesce(l.v, 0) <> coalesce(i.v, 0)
        """,
    ),
    "I9 allocated_within_payment": (
        PAYMENTS,
        """
        SELECT format('payment %%s of %%s: %%s allocated', p.id, p.amount, a.v)
          FROM payment p JOIN (SELECT payment_id, sum(amount) AS v FROM allocation WHERE payment_id IS NOT NULL GROUP BY 1) a ON a.payment_id = p.id
         WHERE NOT (0 <= a.v AND a.v <= p.amount)
        """,
    ),
    "I9 open_receipt_is_the_rest": (
        PAYMENTS,
        """
        SELECT format('payment %%s: %%s open, allocations leave %%s', p.id, coalesce(r.open, 0), p.amount - coalesce(a.v, 0))
          FROM payment p
          LEFT JOIN open_receipt r ON r.payment_id = p.id
          LEFT JOIN (SELECT payment_id, sum(amount) AS v FROM allocation WHERE payment_id IS NOT NULL GROUP BY 1) a ON a.payment_id = p.id
         WHERE p.direction = 'in' AND coalesce(r.open, 0) <> p.amount - coalesce(a.v, 0)
        """,
    ),
    "I9 open_item_is_the_rest": (
        OPEN,
        """
        SELECT format('invoice %%s: %%s open, its total less deductions and allocations is %%s', i.id, coalesce(o.v, 0),
               i.total + coalesce(d.v, 0) - coalesce(a.v, 0))
          FROM invoice i
          LEFT JOIN (SELECT invoice_id, sum(open + uncleared) AS v FROM open_item GROUP BY 1) o ON o.invoice_id = i.id
          LEFT JOIN (SELECT invoice_id, sum(net + tax) AS v FROM invoice_line WHERE advance_id IS NOT NULL GROUP BY 1) d ON d.invoice_id = i.id
          LEFT JOIN (SELECT invoice_id, sum(amount) AS v FROM allocation WHERE invoice_id IS NOT NULL GROUP BY 1) a ON a.invoice_id = i.id
         WHERE i.kind <> 'credit_note' AND coalesce(o.v, 0) <> i.total + coalesce(d.v, 0) - coalesce(a.v, 0)
        """,
    ),
    "I9 unallocated_is_ledger": (
        PAYMENTS,
        """
        SELECT format('open receipts: %%s, account 2101 says %%s', r.v, -l.v)
          FROM (SELECT coalesce(sum(open), 0) AS v FROM open_receipt WHERE payment_id IS NOT NULL) r,
               (SELECT coalesce(sum(amount), 0) AS v FROM journal_line WHERE account = 2101) l
         WHERE r.v <> -l.v
        """,
    ),
    "I9 advances_are_ledger": (
        "SELECT count(*) FROM invoice WHERE kind = 'advance'",
        """
        SELECT format('advances not deducted: %%s, account 2102 says %%s', a.v - d.v, -l.v)
          FROM (SELECT coalesce(sum(net), 0) AS v FROM invoice WHERE kind = 'advance') a,
               (SELECT coalesce(-sum(net), 0) AS v FROM invoice_line WHERE advance_id IS NOT NULL) d,
               (SELECT coalesce(sum(amount), 0) AS v FROM journal_line WHERE account = 2102) l
         WHERE a.v - d.v <> -l.v
        """,
    ),
    "I10 numbers_without_gap": (
        INVOICES,
        """
        SELECT format('%%s: %%s documents, last number %%s', series, count(*), max(n))
          FROM (SELECT regexp_replace(number, '[0-9]+$', '') AS series, substring(number FROM '[0-9]+$')::bigint AS n FROM invoice) i
         GROUP BY series HAVING count(*) <> max(n) OR min(n) <> 1 OR count(DISTINCT n) <> count(*)
        """,
    ),
    "I10 series_is_its_last_number": (
        "SELECT count(*) FROM series",
        """
        SELECT format('series %%s %%s: stands at %%s, documents say %%s', s.kind, s.year, s.last_number, coalesce(i.n, 0))
          FROM series s
          LEFT JOIN (SELECT CASE split_part(number, '/', 1) WHEN 'INV' THEN 'invoice' WHEN 'DP' THEN 'advance'
                 WHEN 'CN' THEN 'credit_note' ELSE split_part(number, '/', 1) END AS kind,
                            split_part(number, '/', 2)::int AS year, max(substring(number FROM '[0-9]+$')::bigint) AS n FROM invoice GROUP BY 1, 2) i
                 ON i.kind = s.kind AND i.year = s.year
         WHERE s.last_number <> coalesce(i.n, 0)
        """,
    ),
    "I10 dates_do_not_go_back": (
        INVOICES,
        """
        SELECT format('invoice %%s of %%s has a later number than one of %%s', number, issued_on, before)
          FROM (SELECT number, issued_on, max(issued_on) OVER (PARTITION BY regexp_replace(number, '[0-9]+$', '')
                       ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM invoice) i
         WHERE issued_on < before
        """,
    ),
    "I18 documents_are_dated_in_the_companys_zone": (
        INVOICES,
        """
        SELECT format('invoice %%s is dated %%s, it was issued on %%s', number, issued_on, (issued_at AT TIME ZONE %(zone)s)::date)
          FROM invoice WHERE issued_on <> (issued_at AT TIME ZONE %(zone)s)::date
        UNION ALL
        SELECT format('journal entry %%s is dated %%s, it was made on %%s', id, "on", (at AT TIME ZONE %(zone)s)::date)
          FROM journal_entry WHERE "on" <> (at AT TIME ZONE %(zone)s)::date AND kind <> 'payment.received'
        """,
    ),
    "I18 documents_are_in_the_books": (
        INVOICES,
        """
        SELECT format('invoice %%s of %%s: booked %%s', i.number, i.total, coalesce(l.v, 0))
          FROM invoice i
          LEFT JOIN (SELECT e.subject_id, sum(l.amount) AS v FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id
                      WHERE e.subject_kind = 'invoice' AND e.kind IN ('invoice.issued', 'invoice.advance_issued') AND l.account = 1201
                             GROUP BY 1) l ON l.subject_id = i.id
          LEFT JOIN (SELECT invoice_id, sum(net + tax) AS v FROM invoice_line WHERE advance_id IS NOT NULL GROUP BY 1) d ON d.invoice_id = i.id
         WHERE i.kind <> 'credit_note' AND coalesce(l.v, 0) <> i.total + coalesce(d.v, 0)
        """,
    ),
}
