"""Release: a person whose hold it is says that an order may go on all the same.

    open hold --release--> approval, and a verify ticket      order.released

Verify ignores a finding while it is no worse than what was approved. `unexpected` is released by an administrator, who mended the cause: the
steps that broke look at the order again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.flow import holds
from alur.log import recheck
from alur.models import locks
from alur.supply import queue

REFUSALS = {
    "no_such_hold": "{order} is not held for this: {codes}. Reload the page to see what holds it.",
    "not_your_hold": "{order} is held for {codes}, which is for others to release: {owner}. Ask them.",
}

# The open holds that are meant; one row without a hold says that there is none, and whether it was released before.
JUDGE = """
SELECT o.id AS order_id, i.code AS asked, h.id, h.code, h.line_id, h.owner,
       EXISTS (SELECT FROM hold x WHERE x.order_id = o.id AND x.resolution = 'released' AND i.code IN ('', x.code)) AS before
  FROM unnest(%(ids)s::bigint[], %(codes)s::text[]) AS i(id, code)
  JOIN sales_order o ON o.id = i.id
  LEFT JOIN hold h ON h.order_id = o.id AND h.resolved_at IS NULL AND i.code IN ('', h.code)
 ORDER BY o.id, h.id
"""
ROLES = """
SELECT m.role FROM membership m JOIN company c ON c.id = m.company_id WHERE m.user_id = %(user)s AND c.schema = current_schema()
"""
APPROVE = """
INSERT INTO approval (order_id, line_id, code, facts, reason, by, at, until)
SELECT h.order_id, h.line_id, h.code, h.facts, a.reason, %(by)s, %(at)s, a.until
  FROM unnest(%(holds)s::bigint[], %(reasons)s::text[], %(untils)s::date[]) AS a(id, reason, until) JOIN hold h ON h.id = a.id
"""
MEND = "DELETE FROM broken WHERE subject_id = ANY(%(ids)s::bigint[])"


@dataclass(frozen=True, slots=True)
class Release:
    """Which holds of an order are released (no code: all that are mine), why, and until which day the approval stands (None: for good)."""

    reason: str = ""
    code: str = ""
    until: date | None = None


def release(orders: Mapping[int, Release | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Release holds of these orders."""
    given = {i: each if isinstance(each, Release) else Release(**each) for i, each in orders.items()}
    locks.orders(given)
    outcome, mine = Outcome(), _roles(by)
    found = sql.rows(JUDGE, ids=list(given), codes=[each.code for each in given.values()])
    released = [hold for order_id, own in groupby(found, key=lambda row: row.order_id) for hold in _judge(order_id, list(own), mine, outcome)]
    for missing in given.keys() - {row.order_id for row in found}:
        outcome.refuse(missing, "not_found")
    if not released:
        return outcome
    ids, mended = [hold.id for hold in released], [hold.order_id for hold in released if hold.code == "unexpected"]
    asked = [given[hold.order_id] for hold in released]
    with sql.pipeline():
        sql.run(APPROVE, holds=ids, reasons=[each.reason for each in asked], untils=[each.until for each in asked], by=by, at=at)
        holds.resolve(ids, "released", by=by, at=at)
        if mended:
            sql.run(MEND, ids=mended)
        queue.paid([hold.order_id for hold in released if hold.code == "awaiting_payment"])
        recheck.add("verify", outcome.moved, "released")
        log.write([log.Record("order.released", h.order_id, h.order_id, data={"code": h.code, "line_id": h.line_id}) for h in released], by=by, at=at)
    return outcome


def _judge(order_id: int, own: list[Any], mine: set[str] | None, outcome: Outcome) -> list[Any]:
    """The holds of an order that this person releases; none, and its answer, if there are none."""
    if own[0].id is None:
        if own[0].before:
            outcome.already.append(order_id)
        else:
            outcome.refuse(order_id, "no_such_hold", order_id=order_id, codes=[own[0].asked])
        return []
    may = [hold for hold in own if mine is None or hold.owner in mine]
    if may:
        outcome.moved.append(order_id)
    else:
        outcome.refuse(order_id, "not_your_hold", order_id=order_id, codes=[hold.code for hold in own], owner=own[0].owner)
    return may


def _roles(by: str) -> set[str] | None:
    """What this person may release; None = everything (an administrator, the console, a simulation)."""
    if not by.isdecimal():
        return None
    roles = {row.role for row in sql.rows(ROLES, user=int(by))}
    return None if "admin" in roles else roles
