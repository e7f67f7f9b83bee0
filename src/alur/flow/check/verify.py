"""Verify: everything that may stand against an order is looked for at once; nothing found lets it through, anything else holds it.

    received, priced --verify--> verified       order.verified (with warnings)
    received, priced --verify--> the same, held       order.verify_refused
    verified, confirmed, with a ticket --verify--> the same state; block, limit, overdue, address, advance judged again       order.rechecked

The findings are reads/findings.py, the credit limit is reads/credit.py: a set gives what its members would give one by one in queue order.
Rules: reference steps.md "check.verify", "Findings of verify", "Queue rule".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from alur import log
from alur.core import clock, money, sql
from alur.core.step import Outcome
from alur.flow import holds
from alur.log import recheck
from alur.models import locks
from alur.models.holds import KINDS, stops
from alur.reads import credit, findings
from alur.reads.credit import Answer
from alur.supply import queue

OVER = ("fulfilled", "closed", "cancelled")
REFUSALS = {
    "too_early": "{order} has no prices yet. It is priced and verified by itself.",
    "waits_for_ahead": "{order} fits the limit of {payer} only if orders ahead of it do not take it first. It follows by itself once they are judged.",
    **{code: kind.sentence for code, kind in KINDS.items()},
    "held": "{order} is held for another reason ({codes}). Release that hold, then it goes on by itself.",
}

WAITING = """
WITH fresh AS (
    SELECT o.id, o.priority, o.received_at FROM sales_order o
     WHERE o.state = 'received' AND o.received_at <= %(at)s AND o.priced_version = o.version
       AND NOT EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment')
       AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'check.verify' AND b.subject_id = o.id)
     ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
), again AS (
    SELECT o.id, o.priority, o.received_at FROM sales_order o
     WHERE o.id IN (SELECT order_id FROM recheck WHERE step = 'verify') AND o.received_at <= %(at)s
       AND NOT EXISTS (SELECT FROM broken b WHERE b.step = 'check.verify' AND b.subject_id = o.id)
     ORDER BY o.priority, o.received_at, o.id LIMIT %(limit)s FOR NO KEY UPDATE OF o SKIP LOCKED
)
SELECT id FROM (SELECT * FROM fresh UNION SELECT * FROM again) o ORDER BY priority, received_at, id LIMIT %(limit)s
"""
MOVE = """
UPDATE sales_order o SET state = CASE WHEN o.state = 'received' THEN 'verified' ELSE o.state END, granted = n.granted
  FROM unnest(%(ids)s::bigint[], %(granted)s::numeric[]) AS n(id, granted)
 WHERE o.id = n.id
"""
SEEN = "DELETE FROM recheck WHERE id = ANY(%(ids)s::bigint[])"


@dataclass(slots=True)
class Work:
    """What a set of verdicts writes."""

    outcome: Outcome = field(default_factory=Outcome)
    granted: dict[int, Decimal] = field(default_factory=dict)
    opened: list[holds.Opening] = field(default_factory=list)
    restated: dict[int, Any] = field(default_factory=dict)
    vanished: list[int] = field(default_factory=list)
    paid: list[int] = field(default_factory=list)  # were promised as if they had paid that day
    tickets: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    events: list[log.Record] = field(default_factory=list)


def verify(ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Judge these orders in queue order: let them through, or hold them with everything that was found."""
    today, work = clock.day(at), Work()
    locks.orders(ids)
    locks.payers_of_orders(ids)
    asked, lines = findings.saved(ids, today=today)
    work.tickets = [ticket for order in asked for ticket in order.tickets or ()]
    orders = [order for order in asked if _open(order, work)]
    for missing in set(ids).difference(order.id for order in asked):
        work.outcome.refuse(missing, "not_found")
    if orders:
        known = findings.facts(orders, (line.product_id for order in orders for line in lines[order.id]), today=today)
        payers = credit.payers(known.parties, orders, at=at)
        risks = findings.risks(orders)
        for order in orders:
            _judge(order, lines[order.id], risks[order.id], payers[order.payer_id], known=known, work=work)
    _write(work, by=by, at=at)
    return work.outcome


def _open(order: Any, work: Work) -> bool:
    """Whether there is anything to judge about an order; if not, its answer."""
    if order.state == "cancelled" and not order.tickets:
        work.outcome.refuse(order.id, "wrong_state", state=order.state)
    elif order.state in OVER or (order.state != "received" and not order.tickets):
        work.outcome.already.append(order.id)
    elif order.state == "received" and not order.priced:
        work.outcome.refuse(order.id, "too_early", order_id=order.id)
    elif order.state == "received" and not order.tickets and (stopped := [hold for hold in order.holds or () if stops(hold["code"])]):
        work.outcome.refuse(order.id, stopped[0]["code"], **stopped[0]["facts"])  # judged before; only a ticket brings it back
    else:
        return True
    return False


def _judge(order: Any, lines: Sequence[Any], risk: Decimal, payer: credit.Payer, *, known: findings.Known, work: Work) -> None:
    """One order's verdict; orders come in queue order."""
    answer, exposure = payer.ask((order.priority, order.received_at, order.id), risk, order.granted, again=order.state != "received")
    over = None if answer is Answer.FITS else findings.over_limit(order, known.parties[order.payer_id], exposure, risk)
    approvals = order.approvals or ()
    found = [finding for finding in findings.of(order, lines, known, over) if not (approvals and findings.covered(finding, approvals))]
    if answer is Answer.WAITS or (answer is Answer.OVER and over not in found and payer.most):  # also who is approved overtakes nobody
        payer.refuse(order.granted, risk, unjudged=order.state == "received")
        work.outcome.refuse(order.id, "waits_for_ahead", order_id=order.id, payer_id=order.payer_id)
        if order.tickets:
            work.again.append(order.id)
        return
    blocking = [finding for finding in found if finding.blocks]
    changed, left = _holds(order, blocking, work)
    policy = {"policy_id": known.parties[order.payer_id].policy_id}
    if blocking or left:
        payer.refuse(order.granted, risk)
        _refuse(order, blocking, left, policy if changed else None, work)
        return
    payer.grant(order.granted, risk)
    if order.state == "received" or risk != order.granted:
        work.granted[order.id] = risk
    if order.state != "received" and not changed:
        work.outcome.already.append(order.id)
        return
    work.outcome.moved.append(order.id)
    facts = policy | ({"at_risk": risk} if risk else {}) | ({"warnings": sorted({f.code for f in found})} if found else {})
    work.events.append(log.Record("order.verified" if order.state == "received" else "order.rechecked", order.id, order.id, data=facts))


def _holds(order: Any, blocking: Sequence[findings.Finding], work: Work) -> tuple[bool, list[str]]:
    """Hold an order for what was found, resolve what vanished. Whether anything changed, and the codes that others stop it with."""
    wanted = {(f.code, f.line_id): f.facts for f in blocking} | _advance(order)
    judged = findings.CODES if order.state == "received" else findings.AGAIN
    changed, left = False, []
    for hold in order.holds or ():
        facts = wanted.pop((hold["code"], hold["line_id"]), None)
        if facts is not None:
            if findings.stored(facts) != hold["facts"]:
                work.restated[hold["id"]] = facts
        elif hold["code"] in judged or hold["code"] == "awaiting_payment" or hold["there"]:
            work.vanished.append(hold["id"])
            changed = True
            if hold["code"] == "awaiting_payment":
                work.paid.append(order.id)
        elif order.state == "received" and stops(hold["code"]):
            left.append(hold["code"])
    if ("awaiting_payment", None) in wanted:
        work.events.append(log.Record("order.held", order.id, order.id, data={"code": "awaiting_payment", **wanted["awaiting_payment", None]}))
    work.opened += [holds.Opening(order.id, code, KINDS[code].owner, facts, line_id) for (code, line_id), facts in wanted.items()]
    return changed or bool(wanted), left


def _advance(order: Any) -> dict[tuple[str, int | None], dict[str, Any]]:
    """The hold of a confirmed order whose advance is not paid; before that reserve opens it, and here it only vanishes or stays."""
    is_open = any(hold["code"] == "awaiting_payment" for hold in order.holds or ())
    if order.paid is None or not (is_open or order.state == "confirmed"):
        return {}
    due = money.advance(order.total, order.advance_pct, order.currency)
    if order.paid >= due:
        return {}
    facts = {"due": due, "paid": order.paid, "share": order.advance_pct}
    approved = [a["facts"] for a in order.approvals or () if a["code"] == "awaiting_payment"]
    if approved and due - order.paid <= Decimal(approved[0]["due"]) - Decimal(approved[0]["paid"]):
        return {}
    return {("awaiting_payment", None): facts}


def _refuse(order: Any, blocking: Sequence[findings.Finding], left: list[str], told: dict[str, Any] | None, work: Work) -> None:
    """Answer with the first finding; tell of it if it is new."""
    codes = list(dict.fromkeys([f.code for f in blocking] + left))
    if blocking:
        work.outcome.refuse(order.id, blocking[0].code, **blocking[0].facts)
    else:
        work.outcome.refuse(order.id, "held", order_id=order.id, codes=codes)
    if told is not None:
        work.events.append(log.Record("order.verify_refused", order.id, order.id, data={"code": codes[0], "codes": codes, **told}))


def _write(work: Work, *, by: str, at: datetime) -> None:
    """Move and log, in one round trip."""
    with sql.pipeline():
        if work.granted:
            sql.run(MOVE, ids=list(work.granted), granted=list(work.granted.values()))
        if work.tickets:
            sql.run(SEEN, ids=work.tickets)
        recheck.add("verify", work.again, "waits_for_ahead")
        recheck.add("promise", work.paid, "paid")
        queue.paid(work.paid)
        holds.resolve(work.vanished, "vanished", by="system", at=at)
        holds.restate(work.restated)
        holds.open_all(work.opened, by=by, at=at)
        log.write(work.events, by=by, at=at)
