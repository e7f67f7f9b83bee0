"""Price: what an order's lines cost, and what it comes to.

    received, priced_version < version, or a price ticket --price--> received, priced     order.priced
    a ticket of an order that is past that is deleted and answers `already`

What was priced in a version before keeps its price (amend takes it from lines that shall have another), unless a ticket asks for a new one.
A price that is missing is no refusal here: verify finds it. The rule itself is reads/price.py, which a dry run uses as well.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from alur import log
from alur.core import company, sql
from alur.core.step import Outcome
from alur.log import recheck
from alur.models import locks
from alur.reads import price as prices

REFUSALS = {"wrong_state": "This order is {state}; prices are set only before it is verified. Amend the order to change them."}

WAITING = """
WITH fresh AS (
    SELECT o.id, o.priority, o.received_at FROM sales_order o
     WHERE o.state = 'received' AND o.received_at <= %(at)s AND o.priced_version < o.version
       AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'check.price' AND b.subject_id = o.id)
     ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
), again AS (
    SELECT o.id, o.priority, o.received_at FROM sales_order o
     WHERE o.id IN (SELECT order_id FROM recheck WHERE step = 'price') AND o.received_at <= %(at)s
       AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'check.price' AND b.subject_id = o.id)
     ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
)
SELECT id FROM (SELECT * FROM fresh UNION SELECT * FROM again) o ORDER BY priority, received_at, id LIMIT %(limit)s
"""
# Each line with its order's verdict (NULL = it is priced now); the tickets read here are gone.
LINES = """
WITH ticket AS (DELETE FROM recheck WHERE step = 'price' AND order_id = ANY(%(ids)s::bigint[]) RETURNING order_id)
SELECT o.id AS order_id, o.state, o.version > 1 OR t.ticket AS again,
       CASE WHEN o.state = 'received' AND (o.priced_version < o.version OR t.ticket) THEN NULL
            WHEN t.ticket OR o.priced_version = o.version THEN 'already' ELSE 'wrong_state' END AS verdict,
       o.customer_id, (o.received_at AT TIME ZONE %(zone)s)::date AS day, o.currency, o.tax_included, o.discount_pct, o.discount_amount,
       l.id, l.kind, l.product_id, l.unit, l.factor, l.quantity, l.ordered, l.cancelled, l.invoiced, l.customer_price, l.unit_price, l.price_reason,
       l.discounts, l.header_discount, o.priced_version > 0 AND NOT t.ticket AS fixed
  FROM sales_order o
 CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM ticket WHERE order_id = o.id) AS ticket) t
  JOIN order_line l ON l.order_id = o.id
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.id, l.position, l.id
"""
MOVE = """
WITH line AS (
    UPDATE order_line l SET unit_price = n.unit_price, price_reason = n.price_reason, discounts = string_to_array(n.discounts, ' ')::numeric[],
           header_discount = n.header_discount, net = n.net, tax_rule_id = n.rule_id
      FROM unnest(%(id)s::bigint[], %(unit_price)s::numeric[], %(price_reason)s::text[], %(discounts)s::text[], %(header_discount)s::numeric[],
                  %(line_net)s::numeric[], %(rule_id)s::bigint[]) AS n(id, unit_price, price_reason, discounts, header_discount, net, rule_id)
     WHERE l.id = n.id
)
UPDATE sales_order o SET priced_version = o.version, net = n.net, tax = n.tax, rounding = n.rounding, total = n.total
  FROM unnest(%(ids)s::bigint[], %(net)s::numeric[], %(tax)s::numeric[], %(rounding)s::numeric[], %(total)s::numeric[])
       AS n(id, net, tax, rounding, total)
 WHERE o.id = n.id
"""


def price(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Price these orders: their lines, taxes and totals. One that was looked at before goes to verify again."""
    locks.orders(ids)
    outcome, again = Outcome(), []
    orders = {i: list(own) for i, own in groupby(sql.rows(LINES, ids=list(ids), zone=company.current().time_zone), key=lambda line: line.order_id)}
    for order_id in ids:
        _judge(order_id, orders, outcome, again)
    if not outcome.moved:
        return outcome
    known = prices.facts(line for i in outcome.moved for line in orders[i])
    priced, totals = [], []
    for order_id in outcome.moved:
        lines, total = prices.price(orders[order_id], known)
        priced += lines
        totals.append(total)
        outcome.facts[order_id] = {"total": total.total, "tax": total.tax}
    with sql.pipeline():
        sql.run(MOVE, ids=outcome.moved, **sql.columns(totals, "net", "tax", "rounding", "total"), **_lines(priced))
        recheck.add("verify", again, "priced")
        log.append(outcome, moved="order.priced", by=by, at=at)
    return outcome


def _judge(order_id: int, orders: dict[int, list[Any]], outcome: Outcome, again: list[int]) -> None:
    """One order's verdict."""
    order = orders[order_id][0] if order_id in orders else None
    if order is None:
        outcome.refuse(order_id, "not_found")
    elif order.verdict is None:
        outcome.moved.append(order_id)
        if order.again:
            again.append(order_id)
    elif order.verdict == "already":
        outcome.already.append(order_id)
    else:
        outcome.refuse(order_id, order.verdict, state=order.state)


def _lines(priced: list[Any]) -> dict[str, list[Any]]:
    """The new columns of the lines."""
    return sql.columns(priced, "id", "unit_price", "price_reason", "header_discount") | {
        "line_net": [p.net for p in priced],
        "discounts": [" ".join(map(str, p.discounts)) for p in priced],
        "rule_id": [p.rule.id if p.rule else None for p in priced],
    }
