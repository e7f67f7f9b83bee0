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
           AND NOT EXISTS (SELECT FROM allocation r JOIN invoice i ON i.id = r.invoice_id WHERE r.reverses_id IS NOT NULL AND i.payer_id = c.id)
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
                 FROM (SELECT coalesce((SELECT sum(round(i.total * part.own / nullif(part.whole, 0), 2)) FROM (
                                   SELECT n.invoice_id, sum(n.net) AS own, (SELECT sum(w.net) FROM invoice_line w
                                            WHERE w.invoice_id = n.invoice_id AND w.order_line_id IS NOT NULL) AS whole
                                     FROM invoice_line n JOIN order_line l ON l.id = n.order_line_id
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
          FULL JOIN (SELECT payer_id AS customer_id, sum(v) AS v
                       FROM (SELECT payer_id, open AS v FROM open_item
                             UNION ALL SELECT payer_id, -open FROM open_receipt WHERE credit_note_id IS NOT NULL) x GROUP BY 1) i USING (customer_id)
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
          LEFT JOIN clearing k ON k.payment_id = p.id AND k.bounced_on IS NOT NULL
         WHERE p.direction = 'in' AND coalesce(r.open, 0) <> CASE WHEN k.id IS NULL THEN p.amount ELSE 0 END - coalesce(a.v, 0)
        """,
    ),
    "I9 cleared_when_the_bank_says": (
        PAYMENTS,
        """
        SELECT format('payment %%s (%%s): counts as %%s, the bank says %%s', p.id, p.way, CASE WHEN r.cleared THEN 'cleared' ELSE 'not cleared' END,
               CASE WHEN k.cleared_on IS NOT NULL THEN 'cleared' WHEN k.bounced_on IS NOT NULL THEN 'bounced' ELSE 'nothing yet' END)
          FROM open_receipt r JOIN payment p ON p.id = r.payment_id LEFT JOIN clearing k ON k.payment_id = p.id
         WHERE r.cleared <> (p.way <> 'giro' OR k.cleared_on IS NOT NULL) OR k.bounced_on IS NOT NULL
        UNION ALL
        SELECT format('payment %%s (%%s) was cleared or bounced, but is no giro', p.id, p.way)
          FROM clearing k JOIN payment p ON p.id = k.payment_id WHERE p.way <> 'giro'
        """,
    ),
    "I9 uncleared_is_giros": (
        OPEN,
        """
        SELECT format('invoice %%s part %%s: %%s waits to clear, giros in hand paid %%s', coalesce(o.invoice_id, g.invoice_id), coalesce(o.part, g.part),
               coalesce(o.uncleared, 0), coalesce(g.v, 0))
          FROM open_item o
          FULL JOIN (SELECT a.invoice_id, a.part, sum(a.amount) AS v FROM allocation a JOIN payment p ON p.id = a.payment_id
                      WHERE p.way = 'giro' AND a.invoice_id IS NOT NULL AND NOT EXISTS (SELECT FROM clearing k WHERE k.payment_id = p.id)
                      GROUP BY 1, 2) g ON g.invoice_id = o.invoice_id AND g.part = o.part
         WHERE coalesce(o.uncleared, 0) <> coalesce(g.v, 0)
        """,
    ),
    "I9 giro_in_hand_is_ledger": (
        "SELECT count(*) FROM payment WHERE way = 'giro'",
        """
        SELECT format('giros in hand: %%s, account 1105 says %%s', g.v, l.v)
          FROM (SELECT coalesce(sum(p.amount), 0) AS v FROM payment p
                 WHERE p.way = 'giro' AND p.direction = 'in' AND NOT EXISTS (SELECT FROM clearing k WHERE k.payment_id = p.id)) g,
               (SELECT coalesce(sum(amount), 0) AS v FROM journal_line WHERE account = 1105) l
         WHERE g.v <> l.v
        """,
    ),
    "I9 reversals_undo": (
        "SELECT count(*) FROM allocation WHERE reverses_id IS NOT NULL",
        """
        SELECT format('allocation %%s of %%s reverses %%s of %%s', r.id, r.amount, r.reverses_id, a.amount)
          FROM allocation r LEFT JOIN allocation a ON a.id = r.reverses_id
         WHERE r.reverses_id IS NOT NULL AND (a.id IS NULL OR a.reverses_id IS NOT NULL OR r.amount <> -a.amount OR r.kind <> a.kind OR r.part <> a.part
               OR r.invoice_id IS DISTINCT FROM a.invoice_id OR r.payment_id IS DISTINCT FROM a.payment_id
               OR r.credit_note_id IS DISTINCT FROM a.credit_note_id OR r.account IS DISTINCT FROM a.account)
        UNION ALL
        SELECT format('allocation %%s of %%s is negative, but reverses nothing', id, amount) FROM allocation WHERE amount <= 0 AND reverses_id IS NULL
        """,
    ),
    "I9 open_item_is_the_rest": (
        OPEN,
        """
        SELECT format('invoice %%s: %%s open, its total less deductions and allocations is %%s', i.id, coalesce(o.v, 0),
               i.total + coalesce(d.v, 0) - coalesce(a.v, 0))
          FROM invoice i
          LEFT JOIN (SELECT invoice_id, sum(open) AS v FROM open_item GROUP BY 1) o ON o.invoice_id = i.id
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
          LEFT JOIN (SELECT CASE split_part(number, '/', 1) WHEN 'INV' THEN 'invoice' WHEN 'FG' THEN 'collective' WHEN 'DP' THEN 'advance'
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
                       ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM invoice WHERE number NOT LIKE 'FG/%%') i
         WHERE issued_on < before
        """,
    ),
    "I18 documents_are_dated_in_the_companys_zone": (
        INVOICES,
        """
        SELECT format('invoice %%s is dated %%s, it was issued on %%s', number, issued_on, (issued_at AT TIME ZONE %(zone)s)::date)
          FROM invoice
         WHERE CASE WHEN number LIKE 'FG/%%' THEN issued_on >= (issued_at AT TIME ZONE %(zone)s)::date
                    ELSE issued_on <> (issued_at AT TIME ZONE %(zone)s)::date END
        UNION ALL
        SELECT format('journal entry %%s is dated %%s, it was made on %%s', id, "on", (at AT TIME ZONE %(zone)s)::date)
          FROM journal_entry e WHERE "on" <> (at AT TIME ZONE %(zone)s)::date AND kind <> 'payment.received'
           AND NOT (kind = 'invoice.issued' AND EXISTS (SELECT FROM invoice i WHERE i.id = e.subject_id AND i.number LIKE 'FG/%%' AND i.issued_on = e."on"))
        """,
    ),
    "I18 documents_are_in_the_books": (
        INVOICES,
        """
        SELECT format('invoice %%s of %%s: booked %%s', i.number, i.total, coalesce(l.v, 0))
          FROM invoice i
          LEFT JOIN (SELECT e.subject_id, sum(l.amount) AS v FROM journal_entry e JOIN journal_line l ON l.entry_id = e.id
                      WHERE e.subject_kind = 'invoice' AND l.account = 1201
                        AND e.kind IN ('invoice.issued', 'invoice.advance_issued', 'invoice.credited', 'invoice.advance_credited')
                      GROUP BY 1) l ON l.subject_id = i.id
          LEFT JOIN (SELECT invoice_id, sum(net + tax) AS v FROM invoice_line WHERE advance_id IS NOT NULL GROUP BY 1) d ON d.invoice_id = i.id
         WHERE coalesce(l.v, 0) <> CASE i.kind WHEN 'credit_note' THEN -i.total ELSE i.total + coalesce(d.v, 0) END
        """,
    ),
}
