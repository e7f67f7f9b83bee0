"""Clear: the bank honoured a giro; from now on it counts as money.

giro in hand --clear--> on the account     payment.cleared     Dr bank, Cr giro in hand
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.core import clock, sql, step
from alur.core.step import Outcome
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "not_a_giro": "{payment} is no giro: its {amount:money} counted as money when it came in.",
    "bounced": "{payment} bounced on {bounced_on:day}. Ask {payer} for another payment and record that.",
    "period_closed": "The month of {on:day} is closed, so no giro can be cleared on that day. Open the month, or wait for the next one.",
}

PAYERS = "SELECT DISTINCT payer_id FROM payment WHERE id = ANY(%(ids)s::bigint[]) ORDER BY 1"
JUDGE = """
SELECT p.id, CASE WHEN p.way <> 'giro' OR p.direction <> 'in' THEN 'not_a_giro' WHEN k.bounced_on IS NOT NULL THEN 'bounced'
                  WHEN k.cleared_on IS NOT NULL THEN 'already' WHEN %(closed)s THEN 'period_closed' END,
       jsonb_build_object('payment_id', p.id, 'payer_id', p.payer_id, 'amount', p.amount, 'bounced_on', k.bounced_on, 'on', %(on)s::date)
  FROM payment p LEFT JOIN clearing k ON k.payment_id = p.id WHERE p.id = ANY(%(ids)s::bigint[]) ORDER BY p.id
"""
GIROS = """
SELECT p.id, p.payer_id, p.order_id, p.amount, coalesce(b.account, %(bank)s) AS account
  FROM payment p LEFT JOIN bank_account b ON b.id = p.bank_account_id WHERE p.id = ANY(%(ids)s::bigint[]) ORDER BY p.id
"""
CLEAR = """
WITH ended AS (
    INSERT INTO clearing (payment_id, cleared_on) SELECT g, %(on)s FROM unnest(%(ids)s::bigint[]) g
), usable AS (
    UPDATE open_receipt SET cleared = true WHERE payment_id = ANY(%(ids)s::bigint[])
), waited AS (
    SELECT invoice_id, part, sum(amount) AS amount FROM allocation WHERE payment_id = ANY(%(ids)s::bigint[]) AND invoice_id IS NOT NULL GROUP BY 1, 2
), settled AS (
    DELETE FROM open_item o USING waited w WHERE o.invoice_id = w.invoice_id AND o.part = w.part AND o.open = 0 AND o.uncleared = w.amount
)
UPDATE open_item o SET uncleared = o.uncleared - w.amount
  FROM waited w WHERE o.invoice_id = w.invoice_id AND o.part = w.part AND NOT (o.open = 0 AND o.uncleared = w.amount)
"""
# of whose documents nothing is owed any more
CLOSE = """
INSERT INTO recheck (step, order_id, why)
SELECT DISTINCT 'close', l.order_id, 'cleared'
  FROM allocation a JOIN invoice_line b ON b.invoice_id = a.invoice_id JOIN order_line l ON l.id = b.order_line_id
 WHERE a.payment_id = ANY(%(ids)s::bigint[]) AND NOT EXISTS (SELECT FROM open_item o WHERE o.invoice_id = a.invoice_id)
"""


def clear(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Put these giros on the account."""
    today = clock.day(at)
    locks.payers_and_money(sql.ids(PAYERS, ids=list(ids)))
    closed = bool(periods.closed([today]))
    outcome = step.judge(JUDGE, ids, on=today, closed=closed)
    if not outcome.moved:
        return outcome
    giros = sql.rows(GIROS, ids=outcome.moved, bank=chart.BANK)
    with sql.pipeline():
        sql.run(CLEAR, ids=outcome.moved, on=today)
        sql.run(CLOSE, ids=outcome.moved)
        books.post("payment.cleared", "payment", (line for giro in giros for line in _entry(giro, today)), at=at)
        recheck.add("verify", {giro.order_id for giro in giros if giro.order_id}, "paid")
        recheck.verify_held_of_payers({giro.payer_id for giro in giros}, "cleared")
        log.write([log.Record("payment.cleared", g.id, g.order_id, "payment", {"payment_id": g.id, "amount": g.amount}) for g in giros], by=by, at=at)
    return outcome


def _entry(giro: Any, on: date) -> Iterator[books.Line]:
    yield books.Line(giro.id, on, giro.account, giro.amount)
    yield books.Line(giro.id, on, chart.GIRO_IN_HAND, -giro.amount)
