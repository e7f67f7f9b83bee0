"""Tickets: orders that a step must look at again. Nothing polls; who changes what a verdict stood on writes a ticket.

Not unique: the step reads ids and deletes exactly those rows before it reads facts, so a wake-up that comes meanwhile stays.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from alur.core import sql

ADD = """
INSERT INTO recheck (step, order_id, why) SELECT %(step)s, o, %(why)s FROM unnest(%(orders)s::bigint[]) o
"""
LATER = """
INSERT INTO recheck (step, order_id, why, after_on)
SELECT %(step)s, t.order_id, %(why)s, t.after_on FROM unnest(%(orders)s::bigint[], %(days)s::date[]) AS t(order_id, after_on)
"""
ADD_OPEN_OF_PAYERS = """
INSERT INTO recheck (step, order_id, why)
SELECT 'verify', o.id, %(why)s FROM sales_order o
 WHERE o.payer_id = ANY(%(payers)s::bigint[]) AND o.state IN ('received', 'verified', 'confirmed')
   AND o.id <> ALL(%(but)s::bigint[])
"""
# Less is owed, or more is paid: only orders that wait for just that can be freed by it.
ADD_HELD_OF_PAYERS = """
INSERT INTO recheck (step, order_id, why)
SELECT 'verify', o.id, %(why)s FROM sales_order o
 WHERE o.payer_id = ANY(%(payers)s::bigint[]) AND o.state IN ('received', 'verified', 'confirmed')
   AND EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL AND h.code IN ('over_credit_limit', 'overdue', 'awaiting_payment'))
"""
# What many prices, or many promises, stand on was changed; what a hold stood on was changed.
ADD_RECEIVED = """
INSERT INTO recheck (step, order_id, why)
SELECT 'price', o.id, %(why)s FROM sales_order o
 WHERE o.state = 'received'
   AND (%(product)s::bigint IS NULL OR EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.product_id = %(product)s::bigint))
"""
ADD_CONFIRMED = "INSERT INTO recheck (step, order_id, why) SELECT 'promise', o.id, %(why)s FROM sales_order o WHERE o.state = 'confirmed'"
ADD_HELD = """
INSERT INTO recheck (step, order_id, why)
SELECT 'verify', o.id, %(why)s FROM sales_order o
 WHERE o.state IN ('received', 'verified', 'confirmed') AND EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL)
"""


def add(step: str, order_ids: Iterable[int], why: str) -> None:
    """Write a ticket for each order: step is price, verify, promise, issue or close; why is a code."""
    orders = list(order_ids)
    if orders:
        sql.run(ADD, step=step, orders=orders, why=why)


def later(step: str, days: Mapping[int, date], why: str) -> None:
    """Write a ticket for each order that is not looked at before its day is over."""
    if days:
        sql.run(LATER, step=step, orders=list(days), days=list(days.values()), why=why)


def verify_open_of_payers(payer_ids: Iterable[int], why: str, but: Iterable[int] = ()) -> None:
    """What a payer owes or may owe has changed: verify looks at the open orders again."""
    payers = list(payer_ids)
    if payers:
        sql.run(ADD_OPEN_OF_PAYERS, payers=payers, why=why, but=list(but))


def verify_held_of_payers(payer_ids: Iterable[int], why: str) -> None:
    """A payer paid: verify looks again at the open orders that are held for money."""
    payers = list(payer_ids)
    if payers:
        sql.run(ADD_HELD_OF_PAYERS, payers=payers, why=why)


def price_received(why: str, product: int | None = None) -> None:
    """What prices stand on has changed: received orders are priced again, those with this product or all."""
    sql.run(ADD_RECEIVED, why=why, product=product)


def promise_confirmed(why: str) -> None:
    """What days stand on has changed: what is told to the customer is looked at again."""
    sql.run(ADD_CONFIRMED, why=why)


def verify_held(why: str) -> None:
    """What the company wants has changed: verify looks again at the open orders that are held."""
    sql.run(ADD_HELD, why=why)
