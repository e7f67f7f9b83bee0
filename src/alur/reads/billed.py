"""How much of an order is invoiced and paid ahead: what advance and issue stand on.

billed = its share of its invoices' totals, before advances were deducted; advanced = its advance invoices; deducted = what invoices took of those.
"""

from collections.abc import Iterable
from typing import Any, LiteralString

from alur.core import sql

OF_ORDER: LiteralString = """
SELECT coalesce((SELECT sum(round(i.total * s.own / nullif(w.whole, 0), 2))
                   FROM (SELECT b.invoice_id, sum(b.net) AS own FROM order_line l JOIN invoice_line b ON b.order_line_id = l.id
                          WHERE l.order_id = o.id AND l.invoiced > 0 AND b.credited_line_id IS NULL GROUP BY b.invoice_id) s
                   JOIN invoice i ON i.id = s.invoice_id
                   JOIN LATERAL (SELECT sum(net) AS whole FROM invoice_line WHERE invoice_id = s.invoice_id AND order_line_id IS NOT NULL) w
                     ON true), 0) AS billed,
       coalesce((SELECT sum(i.total) FROM invoice i WHERE i.order_id = o.id), 0) AS advanced,
       coalesce((SELECT -sum(b.net + b.tax) FROM invoice i JOIN invoice_line b ON b.advance_id = i.id WHERE i.order_id = o.id), 0) AS deducted
"""
# Paid ahead and not deducted, of an order of which nothing more will be billed: it is the customer's again.
LEFT_AHEAD: LiteralString = """
o.state IN ('fulfilled', 'closed', 'cancelled')
  AND (SELECT coalesce(sum(a.total), 0) FROM invoice a WHERE a.order_id = o.id)
    > (SELECT coalesce(-sum(b.net + b.tax), 0) FROM invoice a JOIN invoice_line b ON b.advance_id = a.id WHERE a.order_id = o.id)
  AND NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.delivered - l.returned > l.invoiced - l.credited)
"""
BILLED: LiteralString = f"SELECT o.id, b.* FROM sales_order o CROSS JOIN LATERAL ({OF_ORDER}) b WHERE o.id = ANY(%(ids)s::bigint[])"


def of(order_ids: Iterable[int]) -> dict[int, Any]:
    """By order: billed, advanced, deducted."""
    return {row.id: row for row in sql.rows(BILLED, ids=list(order_ids))}
