"""What every step over deliveries does alike: lock the orders it serves and then the delivery, answer each, and tell each order.

A delivery has no order of its own: its lines say which orders ride on it, and its events are written once for each of them.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from alur import log
from alur.core import sql
from alur.core.step import QUIET, Outcome
from alur.models import locks


def lock(deliveries: Sequence[int], *, stock: bool = False) -> None:
    """Lock the orders of these deliveries, the stock of their lines if it changes, and the deliveries, in one round trip."""
    with sql.pipeline():
        sql.run(locks.ORDERS_OF_DELIVERIES, ids=list(deliveries))
        if stock:
            sql.run(locks.STOCK_OF_DELIVERIES, ids=list(deliveries))
        sql.run(locks.DELIVERIES, ids=list(deliveries))


def judge(statement: LiteralString, deliveries: Sequence[int], **params: Any) -> tuple[Outcome, list[Any]]:
    """Ask for each delivery's verdict: rows (id, verdict, facts, orders, ...); the rows come back for what else they know."""
    outcome = Outcome()
    rows = sql.rows(statement, ids=list(deliveries), **params)
    for row in rows:
        if row.verdict is None:
            outcome.moved.append(row.id)
        elif row.verdict == "already":
            outcome.already.append(row.id)
        else:
            outcome.refuse(row.id, row.verdict, **row.facts)
    for missing in sorted(set(deliveries) - {row.id for row in rows}):
        outcome.refuse(missing, "not_found")
    return outcome, rows


def tell(outcome: Outcome, rows: Sequence[Any], *, moved: str, refused: str, by: str, at: datetime) -> None:
    """Write one event for each order of a delivery that moved, and of one that was refused for a reason worth telling."""
    orders = {row.id: row.orders for row in rows}
    told = [log.Record(moved, i, o, "delivery", outcome.facts.get(i, {})) for i in outcome.moved for o in orders[i]]
    told += [
        log.Record(refused, r.id, o, "delivery", {**r.facts, "code": r.code}) for r in outcome.refused if r.code not in QUIET for o in orders.get(r.id, ())
    ]
    log.write(told, by=by, at=at)
