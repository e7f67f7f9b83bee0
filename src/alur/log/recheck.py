"""Tickets: orders that a step must look at again. Nothing polls; who changes what a verdict stood on writes a ticket.

Not unique: the step reads ids and deletes exactly those rows before it reads facts, so a wake-up that comes meanwhile stays.
"""

from collections.abc import Iterable

from alur.core import sql

ADD = """
INSERT INTO recheck (step, order_id, why) SELECT %(step)s, o, %(why)s FROM unnest(%(orders)s::bigint[]) o
"""
ADD_OPEN_OF_PAYERS = """
INSERT INTO recheck (step, order_id, why)
SELECT 'verify', o.id, %(why)s FROM sales_order o
 WHERE o.payer_id = ANY(%(payers)s::bigint[]) AND o.state IN ('received', 'verified', 'confirmed', 'fulfilled') AND o.state <> 'fulfilled'
   AND o.id <> ALL(%(but)s::bigint[])
"""


def add(step: str, order_ids: Iterable[int], why: str) -> None:
    """Write a ticket for each order: step is price, verify, promise or close; why is a code."""
    orders = list(order_ids)
    if orders:
        sql.run(ADD, step=step, orders=orders, why=why)


def verify_open_of_payers(payer_ids: Iterable[int], why: str, but: Iterable[int] = ()) -> None:
    """What a payer owes or may owe has changed: verify looks at the open orders again."""
    payers = list(payer_ids)
    if payers:
        sql.run(ADD_OPEN_OF_PAYERS, payers=payers, why=why, but=list(but))
