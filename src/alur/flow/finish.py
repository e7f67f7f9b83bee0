"""Finish: an order of which nothing is open any more is fulfilled; cancelled, if nothing of it was ever delivered.

Whoever moved the last counter (complete, fail, cancel, amend) calls `orders` in the same transaction after its own statements, then `tell`.
A charge left over when no goods are open is delivered if anything was, else cancelled. Rules: reference steps.md "States", model.md "Counters".
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from alur import log
from alur.core import sql
from alur.flow import holds
from alur.log import recheck

FINISH = """
WITH done AS (
    SELECT o.id, sum(l.delivered) > 0 AS delivered,
           bool_and(l.delivered = l.ordered - l.cancelled AND l.delivered - l.returned = l.invoiced - l.credited) AS billed
      FROM sales_order o JOIN order_line l ON l.order_id = o.id AND l.kind <> 'comment'
     WHERE o.id = ANY(%(ids)s::bigint[]) AND o.state IN ('received', 'verified', 'confirmed')
     GROUP BY o.id
    HAVING bool_and(l.delivered = l.ordered - l.cancelled OR l.kind = 'charge') AND (bool_or(l.kind <> 'charge') OR sum(l.ordered - l.cancelled) = 0)
), charges AS (
    UPDATE order_line l SET reserved = c.wanted, scheduled = c.wanted, picked = c.wanted, shipped = c.wanted, delivered = c.wanted,
           cancelled = l.ordered - c.wanted
      FROM (SELECT c.id, CASE WHEN d.delivered THEN c.ordered - c.cancelled ELSE 0 END AS wanted
              FROM done d JOIN order_line c ON c.order_id = d.id AND c.kind = 'charge' AND c.delivered < c.ordered - c.cancelled) c
     WHERE l.id = c.id
)
UPDATE sales_order o SET state = CASE WHEN d.delivered THEN 'fulfilled' ELSE 'cancelled' END, granted = CASE WHEN d.delivered THEN o.granted ELSE 0 END
  FROM done d WHERE o.id = d.id
RETURNING o.id, o.state, d.billed
"""
VOID = "UPDATE pro_forma SET voided_at = %(at)s WHERE order_id = ANY(%(ids)s::bigint[]) AND voided_at IS NULL"


def orders(order_ids: Iterable[int]) -> list[Any]:
    """Finish those of these orders of which nothing is open: rows (id, state fulfilled | cancelled, billed)."""
    ids = list(order_ids)
    return sql.rows(FINISH, ids=ids) if ids else []


def tell(finished: Iterable[Any], *, by: str, at: datetime, cancelled: str = "order.cancelled", data: Mapping[int, Mapping[str, Any]] | None = None) -> None:
    """Resolve what still holds them, void the pro forma of the cancelled, wake close where no invoice will, write their events. May be pipelined.

    data: what the event of a cancelled order says.
    """
    rows = list(finished)
    if not rows:
        return
    given_up = [row.id for row in rows if row.state == "cancelled"]
    holds.resolve_all([row.id for row in rows], "finished", at=at)
    if given_up:
        sql.run(VOID, ids=given_up, at=at)
    recheck.add("close", [row.id for row in rows if row.state == "fulfilled" and row.billed], "finished")
    said = data or {}
    log.write([log.Record("order.fulfilled", row.id, row.id) for row in rows if row.state == "fulfilled"], by=by, at=at)
    log.write([log.Record(cancelled, i, i, data=said.get(i, {})) for i in given_up], by=by, at=at)
