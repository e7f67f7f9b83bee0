"""What issue reads: orders, what of their lines was delivered and not billed, their advances, the terms; and the documents made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any

from alur.core import company, sql
from alur.flow.invoice.bill import Advance, Billing
from alur.flow.invoice.documents import Document
from alur.reads import tax

ORDERS = """
SELECT o.id, o.state, o.customer_id, o.payer_id, o.bill_to_id, o.currency, o.rate, o.tax_included, o.terms_id, o.invoice_rule,
       (o.received_at AT TIME ZONE %(zone)s)::date AS received_on, o.total, o.advance_pct, o.granted,
       EXISTS (SELECT FROM invoice i WHERE i.order_id = o.id) AS advanced,
       EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.invoiced > 0) AS billed
  FROM sales_order o WHERE o.id = ANY(%(ids)s::bigint[]) ORDER BY o.priority, o.received_at, o.id
"""
# A piece: what of a line is billed for one delivery. The billable quantity is the last that was delivered; what no delivery brought
# (a charge left over) has none, and what came beside deliveries counts as the first one's.
PIECES = """
WITH line AS (
    SELECT l.id, l.order_id, l.position, l.ordered, l.net, l.invoiced, l.tax_rule_id, l.delivered - l.returned - l.invoiced + l.credited AS billable
      FROM order_line l WHERE l.order_id = ANY(%(ids)s::bigint[]) AND l.delivered - l.returned > l.invoiced - l.credited
), brought AS (
    SELECT l.id, d.id AS delivery_line_id, d.delivery_id, v.ended_at, d.delivered, sum(d.delivered) OVER later AS back, row_number() OVER earlier AS nth
      FROM line l JOIN delivery_line d ON d.order_line_id = l.id AND d.delivered > 0 JOIN delivery v ON v.id = d.delivery_id
    WINDOW later AS (PARTITION BY l.id ORDER BY v.ended_at DESC, d.id DESC), earlier AS (PARTITION BY l.id ORDER BY v.ended_at, d.id)
), piece AS (
    SELECT l.*, b.delivery_id, b.delivery_line_id, b.ended_at,
           CASE WHEN b.nth > 1 THEN least(l.billable, b.back) ELSE l.billable END - least(l.billable, coalesce(b.back - b.delivered, 0)) AS quantity
      FROM line l LEFT JOIN brought b ON b.id = l.id
)
SELECT p.id, p.order_id, p.ordered, p.net, p.invoiced, p.tax_rule_id, p.quantity, p.delivery_id, p.delivery_line_id,
       (p.ended_at AT TIME ZONE %(zone)s)::date AS brought_on,
       CASE WHEN p.invoiced > 0
            THEN (SELECT coalesce(sum(b.net), 0) FROM invoice_line b WHERE b.order_line_id = p.id AND b.credited_line_id IS NULL) END AS billed
  FROM piece p WHERE p.quantity > 0
 ORDER BY p.order_id, p.ended_at NULLS FIRST, p.delivery_id, p.position, p.id
"""
TERMS = "SELECT p.terms_id, t.due_from, p.percent, p.days FROM terms t JOIN terms_part p ON p.terms_id = t.id ORDER BY p.terms_id, p.position"
ADVANCES = """
SELECT i.order_id, i.id AS advance_id, l.tax_rule_id, l.net, l.tax, coalesce(d.net, 0) AS net_taken, coalesce(d.tax, 0) AS tax_taken
  FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
  LEFT JOIN LATERAL (SELECT -sum(t.net) AS net, -sum(t.tax) AS tax FROM invoice_line t
                      WHERE t.advance_id = i.id AND t.tax_rule_id IS NOT DISTINCT FROM l.tax_rule_id) d ON true
 WHERE i.order_id = ANY(%(ids)s::bigint[]) ORDER BY i.order_id, i.id, l.id
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """The orders in queue order, by order the pieces to bill, and what makes bills of them."""

    orders: list[Any]
    pieces: dict[int, list[Any]]
    billing: Billing

    def documents(self, orders: list[Any]) -> list[Document]:
        """The documents of these orders, in queue order."""
        advances = paid_ahead(orders)
        return [d for order in orders for d in self.billing.documents(order, self.pieces[order.id], advances.get(order.id, ()))]


def paid_ahead(orders: Sequence[Any]) -> dict[int, list[Advance]]:
    """By order what of its advance invoices is not deducted yet."""
    ahead = [order.id for order in orders if order.advanced]
    rows = _by(sql.rows(ADVANCES, ids=ahead), "order_id") if ahead else {}
    return {key: [Advance(a.advance_id, a.tax_rule_id, a.net, a.tax, a.net_taken, a.tax_taken) for a in own] for key, own in rows.items()}


def facts(ids: Sequence[int], today: date) -> Facts:
    """All of it, asked together; what is asked before goes with it."""
    asked = {"ids": list(ids), "zone": company.current().time_zone}
    orders, pieces = sql.ask(ORDERS, **asked), sql.ask(PIECES, **asked)
    rules, terms = tax.ask(), sql.ask(TERMS)
    return Facts(orders.rows(), _by(pieces.rows(), "order_id"), Billing(rules(), _by(terms.rows(), "terms_id"), today))


def _by(rows: list[Any], name: str) -> dict[int, list[Any]]:
    return {key: list(group) for key, group in groupby(rows, key=attrgetter(name))}
