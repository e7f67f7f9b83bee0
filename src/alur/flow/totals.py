"""What orders come to after quantities changed: net, tax, rounding and total are those of ordered - cancelled, and `granted` falls with them.

Cancel, amend, complete and fail call `rewrite` after their counters moved. A line's own net is for the whole `ordered`; only price writes it.
Rules: reference model.md "Money rules", and `granted` under "The order".
"""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby
from typing import Any

from alur.core import money, sql

LINES = """
SELECT o.id, o.currency, o.tax_included, o.advance_pct, l.net, l.ordered, l.cancelled, r.id AS rule_id, r.rate, r.base_num, r.base_den
  FROM sales_order o
  LEFT JOIN order_line l ON l.order_id = o.id AND l.ordered > 0
  LEFT JOIN tax_rule r ON r.id = l.tax_rule_id
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.id, l.position, l.id
"""
# billed = the order's share of its invoices before deductions; deducted = what those deductions took of its advance invoices.
# granted only falls here: verify alone raises it. A cancelled order grants nothing, since nothing of it is left.
REWRITE = """
WITH asked AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(net)s::numeric[], %(tax)s::numeric[], %(rounding)s::numeric[], %(total)s::numeric[], %(advance)s::numeric[])
           AS a(id, net, tax, rounding, total, advance)
), share AS (
    SELECT a.id, b.invoice_id, sum(b.net) AS own
      FROM asked a JOIN order_line l ON l.order_id = a.id JOIN invoice_line b ON b.order_line_id = l.id
      JOIN invoice i ON i.id = b.invoice_id AND i.kind = 'invoice'
     GROUP BY a.id, b.invoice_id
), billed AS (
    SELECT s.id, sum(round(i.total * s.own / nullif(w.whole, 0), 2)) AS amount
      FROM share s JOIN invoice i ON i.id = s.invoice_id
      JOIN LATERAL (SELECT sum(net) AS whole FROM invoice_line WHERE invoice_id = s.invoice_id AND order_line_id IS NOT NULL) w ON true
     GROUP BY s.id
), deducted AS (
    SELECT a.id, -sum(b.net + b.tax) AS amount
      FROM asked a JOIN invoice v ON v.order_id = a.id AND v.kind = 'advance' JOIN invoice_line b ON b.advance_id = v.id
     GROUP BY a.id
)
UPDATE sales_order o SET net = a.net, tax = a.tax, rounding = a.rounding, total = a.total, granted = least(o.granted,
       greatest(0, a.total - coalesce(b.amount, 0) - greatest(0, a.advance - coalesce(d.amount, 0))))
  FROM asked a LEFT JOIN billed b ON b.id = a.id LEFT JOIN deducted d ON d.id = a.id
 WHERE o.id = a.id
"""


def rewrite(order_ids: Iterable[int]) -> None:
    """Write these orders' totals anew from what is still wanted of their lines, and lower `granted` to what they now ask for."""
    ids = list(order_ids)
    if not ids:
        return
    found = {order_id: _of(list(lines)) for order_id, lines in groupby(sql.rows(LINES, ids=ids), key=lambda line: line.id)}
    names = ("net", "tax", "rounding", "total")
    sql.run(
        REWRITE,
        ids=list(found),
        advance=[advance for _, advance in found.values()],
        **{name: [getattr(totals, name) for totals, _ in found.values()] for name in names},
    )


def _of(lines: list[Any]) -> tuple[money.Totals, Decimal]:
    """An order's totals and what of them must be paid first."""
    order = lines[0]
    amounts = [
        (money.so_far(line.net, line.ordered - line.cancelled, line.ordered, order.currency), _rule(line)) for line in lines if line.ordered is not None
    ]
    totals = money.totals(amounts, currency=order.currency, tax_included=order.tax_included)
    return totals, money.advance(totals.total, order.advance_pct, order.currency)


def _rule(line: Any) -> money.Rule | None:
    return None if line.rule_id is None else money.Rule(line.rule_id, line.rate, line.base_num, line.base_den)
