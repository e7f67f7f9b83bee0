"""Bounce: the bank refused a giro; what it had paid is owed again, and the payer's open orders are judged again.

    giro in hand --bounce--> void     payment.bounced     allocations reversed; Dr unallocated receipts, Cr giro in hand

A giro pays no advance before it has cleared, so one for an order only takes its promise back: the order goes on waiting for its payment.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.books.reverse import reverse
from alur.core import clock, sql, step
from alur.core.step import Outcome
from alur.flow.pay import paid_orders, unmatch
from alur.flow.pay.clear import PAYERS
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "not_a_giro": "{payment} is no giro, so it cannot bounce. If its {amount:money} never came, take it back from what it paid.",
    "cleared": "{payment} cleared on {cleared_on:day}: the bank has paid it. If the bank took {amount:money} back, take back what it paid.",
    "period_closed": "The month of {on:day} is closed, so no giro can bounce on that day. Open the month, or wait for the next one.",
}

JUDGE = """
SELECT p.id, CASE WHEN p.way <> 'giro' OR p.direction <> 'in' THEN 'not_a_giro' WHEN k.cleared_on IS NOT NULL THEN 'cleared'
                  WHEN k.bounced_on IS NOT NULL THEN 'already' WHEN %(closed)s THEN 'period_closed' END,
       jsonb_build_object('payment_id', p.id, 'amount', p.amount, 'cleared_on', k.cleared_on, 'on', %(on)s::date)
  FROM payment p LEFT JOIN clearing k ON k.payment_id = p.id WHERE p.id = ANY(%(ids)s::bigint[]) ORDER BY p.id
"""
GIROS = "SELECT id, payer_id, order_id, amount FROM payment WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id"
PAID = """
SELECT a.id, a.payment_id, a.invoice_id, a.kind, a.amount, a.account, v.payer_id
  FROM allocation a JOIN invoice v ON v.id = a.invoice_id
 WHERE a.payment_id = ANY(%(ids)s::bigint[]) AND a.reverses_id IS NULL AND NOT EXISTS (SELECT FROM allocation r WHERE r.reverses_id = a.id) ORDER BY a.id
"""
BOUNCE = """
WITH ended AS (INSERT INTO clearing (payment_id, bounced_on) SELECT g, %(on)s FROM unnest(%(ids)s::bigint[]) g)
DELETE FROM open_receipt WHERE payment_id = ANY(%(ids)s::bigint[])
"""


def bounce(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Take these giros for what they are: no money."""
    today = clock.day(at)
    locks.payers_and_money(sql.ids(PAYERS, ids=list(ids)))
    closed = bool(periods.closed([today]))
    outcome = step.judge(JUDGE, ids, on=today, closed=closed)
    if not outcome.moved:
        return outcome
    giros, paid = sql.rows(GIROS, ids=outcome.moved), sql.rows(PAID, ids=outcome.moved)
    orders = paid_orders.of(row.invoice_id for row in paid)
    with sql.pipeline():
        reverse([row.id for row in paid], on=today, at=at)
        sql.run(BOUNCE, ids=outcome.moved, on=today)
        books.post("payment.unmatched", "payment", (line for row in paid for line in unmatch.entry(row, today, "payment")), at=at)
        books.post("payment.bounced", "payment", (line for giro in giros for line in _entry(giro, today)), at=at)
        recheck.add("verify", {giro.order_id for giro in giros if giro.order_id}, "bounced")
        recheck.verify_open_of_payers({giro.payer_id for giro in giros}, "bounced")
        log.write(_records(giros, paid, orders), by=by, at=at)
    return outcome


def _entry(giro: Any, on: date) -> Iterator[books.Line]:
    yield books.Line(giro.id, on, chart.UNALLOCATED_RECEIPTS, giro.amount, giro.payer_id)
    yield books.Line(giro.id, on, chart.GIRO_IN_HAND, -giro.amount)


def _records(giros: list[Any], paid: list[Any], orders: dict[int, set[int]]) -> list[log.Record]:
    """One event for each order that it was for or whose invoice it had paid; one without an order if there is none."""
    told: dict[int, set[int]] = {giro.id: {giro.order_id} - {None} for giro in giros}
    for row in paid:
        told[row.payment_id] |= orders.get(row.invoice_id, set())
    return [
        log.Record("payment.bounced", giro.id, order, "payment", {"payment_id": giro.id, "payer_id": giro.payer_id, "amount": giro.amount})
        for giro in giros for order in sorted(told[giro.id]) or (None,)
    ]  # fmt: skip
