"""An order is where its events say, was taken once, adds up, and nothing sleeps."""

from typing import LiteralString

ORDERS = "SELECT count(*) FROM sales_order"

CHECKS: dict[str, tuple[LiteralString, LiteralString]] = {
    "I11 state_is_last_event": (
        ORDERS,
        """
        SELECT format('order %%s is %%s, its last event says %%s', o.id, o.state, coalesce(e.state, 'nothing'))
          FROM sales_order o
          LEFT JOIN (SELECT DISTINCT ON (order_id) order_id, replace(split_part(kind, '.', 2), 'reopened', 'received') AS state FROM event
                      WHERE kind IN ('order.received', 'order.verified', 'order.confirmed', 'order.fulfilled', 'order.closed', 'order.cancelled',
                                     'order.reopened')
                        AND order_id IS NOT NULL ORDER BY order_id, id DESC) e ON e.order_id = o.id
         WHERE o.state IS DISTINCT FROM e.state
        """,
    ),
    "I11 states_follow_the_map": (
        ORDERS,
        """
        SELECT format('order %%s went from %%s to %%s', order_id, coalesce(before, 'nothing'), state)
          FROM (SELECT order_id, split_part(kind, '.', 2) AS state, lag(split_part(kind, '.', 2)) OVER (PARTITION BY order_id ORDER BY id) AS before
                  FROM event
                 WHERE kind IN ('order.received', 'order.verified', 'order.confirmed', 'order.fulfilled', 'order.closed', 'order.cancelled',
                                'order.reopened')
                   AND order_id IS NOT NULL) e
         WHERE NOT CASE state
               WHEN 'received' THEN before IS NULL
               WHEN 'reopened' THEN before IN ('verified', 'confirmed', 'fulfilled')
               WHEN 'verified' THEN before IN ('received', 'reopened')
               WHEN 'confirmed' THEN before = 'verified'
               WHEN 'fulfilled' THEN before IN ('received', 'reopened', 'verified', 'confirmed')
               WHEN 'closed' THEN before = 'fulfilled'
               WHEN 'cancelled' THEN before IN ('received', 'reopened', 'verified', 'confirmed') END IS TRUE
        """,
    ),
    "I11 events_are_counted": (
        "SELECT count(*) FROM event",
        """
        SELECT format('order %%s has no event order.received', o.id)
          FROM sales_order o WHERE NOT EXISTS (SELECT FROM event e WHERE e.order_id = o.id AND e.kind = 'order.received')
        UNION ALL
        SELECT format('order %%s was received %%s times', order_id, count(*)) FROM event WHERE kind = 'order.received' AND order_id IS NOT NULL
         GROUP BY order_id HAVING count(*) > 1
        """,
    ),
    "I13 taken_once": (
        ORDERS,
        """
        SELECT format('channel %%s reference %%s: %%s orders', channel, external_ref, count(*)) FROM sales_order
         WHERE external_ref IS NOT NULL GROUP BY channel, external_ref HAVING count(*) > 1
        UNION ALL
        SELECT format('order number %%s: %%s orders', number, count(*)) FROM sales_order GROUP BY number HAVING count(*) > 1
        UNION ALL
        SELECT format('payment %%s %%s: %%s times', provider, provider_ref, count(*)) FROM payment
         WHERE provider_ref IS NOT NULL GROUP BY provider, provider_ref HAVING count(*) > 1
        """,
    ),
    "I19 totals_add_up": (
        ORDERS,
        """
        SELECT format('order %%s: %%s + %%s + %%s is not %%s', id, net, tax, rounding, total) FROM sales_order WHERE net + tax + rounding <> total
        UNION ALL
        SELECT format('invoice %%s: %%s + %%s + %%s is not %%s', number, net, tax, rounding, total) FROM invoice WHERE net + tax + rounding <> total
        """,
    ),
    "I19 fulfilled_is_delivered": (
        ORDERS,
        """
        SELECT format('order %%s is %%s, line %%s has %%s of %%s delivered', o.id, o.state, l.id, l.delivered, l.ordered - l.cancelled)
          FROM sales_order o JOIN order_line l ON l.order_id = o.id
         WHERE o.state IN ('fulfilled', 'closed') AND l.delivered <> l.ordered - l.cancelled
        UNION ALL
        SELECT format('order %%s is %%s, all its lines are delivered', o.id, o.state)
          FROM sales_order o
         WHERE o.state = 'confirmed' AND NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.delivered <> l.ordered - l.cancelled)
        """,
    ),
    "approvals_stand_behind_releases": (
        "SELECT count(*) FROM hold WHERE resolution = 'released'",
        """
        SELECT format('hold %%s of order %%s (%%s) was released without an approval', h.id, h.order_id, h.code)
          FROM hold h
         WHERE h.resolution = 'released' AND h.code NOT IN ('unexpected', 'manual')
           AND NOT EXISTS (SELECT FROM approval a WHERE a.order_id = h.order_id AND a.code = h.code AND a.line_id IS NOT DISTINCT FROM h.line_id)
        """,
    ),
    "holds_end_with_the_order": (
        "SELECT count(*) FROM hold WHERE resolved_at IS NULL",
        """
        SELECT format('hold %%s is open on order %%s, which is %%s', h.id, o.id, o.state)
          FROM hold h JOIN sales_order o ON o.id = h.order_id
         WHERE h.resolved_at IS NULL AND o.state IN ('fulfilled', 'closed', 'cancelled')
        """,
    ),
    "asleep to_bill": (
        "SELECT count(*) FROM sales_order WHERE state IN ('confirmed', 'fulfilled')",
        """
        SELECT format('order %%s has something delivered that is not billed, but nothing will bill it', o.id)
          FROM sales_order o
         WHERE o.state IN ('confirmed', 'fulfilled')
           AND EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.delivered - l.returned > l.invoiced - l.credited)
           AND NOT EXISTS (SELECT FROM recheck r WHERE r.step = 'issue' AND r.order_id = o.id)
           AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'invoice.issue' AND b.subject_id = o.id)
        """,
    ),
    "asleep": (
        "SELECT count(*) FROM sales_order WHERE state = 'fulfilled'",
        """
        SELECT format('order %%s is delivered, billed and paid, but nothing will close it', o.id)
          FROM sales_order o
         WHERE o.state = 'fulfilled'
           AND NOT EXISTS (SELECT FROM recheck r WHERE r.step = 'close' AND r.order_id = o.id)
           AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'settle.close' AND b.subject_id = o.id)
           AND NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.delivered - l.returned > l.invoiced - l.credited)
           AND NOT EXISTS (SELECT FROM order_line l JOIN invoice_line n ON n.order_line_id = l.id JOIN open_item i ON i.invoice_id = n.invoice_id
                            WHERE l.order_id = o.id)
           AND NOT EXISTS (SELECT FROM invoice a JOIN open_item i ON i.invoice_id = a.id WHERE a.order_id = o.id)
           AND NOT EXISTS (SELECT FROM order_line l JOIN return_line r ON r.order_line_id = l.id WHERE l.order_id = o.id AND r.state <> 'closed')
        """,
    ),
}
