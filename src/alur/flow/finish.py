"""Finish: an order of which nothing is open any more is fulfilled; cancelled, if nothing of it was ever delivered.

Whoever moved the last counter (complete, fail, cancel, amend) calls `ask` in the same transaction after its own statements, then `tell`.
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
RETURNING o.id, o.state, d.billed, EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL) AS held,
          EXISTS (SELECT FROM invoice i WHERE i.order_id = o.id) AS ahead
"""
VOID = "UPDATE pro_forma SET voided_at = %(at)s WHERE order_id = ANY(%(ids)s::bigint[]) AND voided_at IS NULL"


def ask(order_ids: Iterable[int]) -> sql.Answer:
    """Finish those of these orders of which nothing is open: rows (id, state fulfilled | cancelled, billed, held, ahead: something was paid ahead)."""
    return sql.ask(FINISH, ids=list(order_ids))


def settle(finished: Iterable[Any], *, at: datetime) -> None:
    """Resolve what still holds them, void the pro forma of the cancelled, wake issue, or close where no invoice will. May be pipelined."""
    rows = list(finished)
    holds.resolve_all([row.id for row in rows if row.held], "finished", at=at)
    recheck.add("close", [row.id for row in rows if row.state == "fulfilled" and row.billed], "finished")
    recheck.add("issue", [row.id for row in rows if row.state == "fulfilled" and not row.billed], "fulfilled")
    recheck.add("close", [row.id for row in rows if row.state == "cancelled" and row.ahead], "cancelled")  # credit_advance takes it
    if given_up := [row.id for row in rows if row.state == "cancelled"]:
        sql.run(VOID, ids=given_up, at=at)


def told(finished: Iterable[Any], data: Mapping[int, Mapping[str, Any]] | None = None) -> list[log.Record]:
    """Their events; data: what that of a cancelled order says."""
    said = data or {}
    return [
        log.Record("order.fulfilled", row.id, row.id) if row.state == "fulfilled" else log.Record("order.cancelled", row.id, row.id, data=said.get(row.id, {}))
        for row in finished
    ]


def tell(finished: Iterable[Any], *, by: str, at: datetime, data: Mapping[int, Mapping[str, Any]] | None = None) -> None:
    """Settle them and write their events. May be pipelined."""
    rows = list(finished)
    settle(rows, at=at)
    log.write(told(rows, data), by=by, at=at)
