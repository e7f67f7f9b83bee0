"""The returns of a trial company: what was requested (requested.py) is permitted once the goods are delivered, or claimed once they are invoiced.

A request is done in one transaction with the step that does it, so a simulation that was stopped goes on where it was.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from alur.cli.trial.people import People
from alur.core import sql
from alur.flow.invoice.claim import Claim
from alur.flow.returns import permit
from alur.flow.returns.permit import Permit

DUE = """
SELECT d.id, d.data, o.id AS order_id, o.customer_id, o.state IN ('fulfilled', 'closed', 'cancelled') AS delivered, o.state IN ('closed', 'cancelled') AS over
  FROM draft d JOIN sales_order o ON o.channel = 'file' AND o.external_ref = d.data ->> 'order'
 WHERE d.user_id = 0 AND d.saved_at <= %(at)s AND NOT d.data ? 'refused' ORDER BY d.id
"""
POSITIONS = "SELECT id, position FROM order_line WHERE order_id = ANY(%(ids)s::bigint[])"
BILLED = """
SELECT b.id, b.invoice_id, v.customer_id, l.order_id, b.net - coalesce((SELECT sum(x.net) FROM invoice_line x WHERE x.credited_line_id = b.id), 0) AS left
  FROM invoice v JOIN invoice_line b ON b.invoice_id = v.id JOIN order_line l ON l.id = b.order_line_id
 WHERE v.customer_id = ANY(%(customers)s::bigint[]) AND v.kind = 'invoice' AND b.credited_line_id IS NULL ORDER BY v.id DESC, b.net DESC, b.id
"""
DONE = "DELETE FROM draft WHERE id = ANY(%(ids)s::bigint[])"
CHANGE = "UPDATE draft SET data = data || %(change)s::jsonb WHERE id = ANY(%(ids)s::bigint[])"
LAST = "SELECT max(saved_at) FROM draft WHERE user_id = 0 AND NOT data ? 'refused'"
OPEN = """
SELECT (SELECT count(*) FROM draft WHERE user_id = 0 AND NOT data ? 'refused') AS requested, count(*) FILTER (WHERE state <> 'closed') AS open,
       count(*) FILTER (WHERE state = 'closed') AS closed,
       (SELECT count(*) FROM invoice WHERE kind = 'credit_note' AND return_id IS NULL AND reason_id IS NOT NULL) AS claims
  FROM "return"
"""
OPEN_ONES = """
SELECT EXISTS (SELECT FROM draft WHERE user_id = 0 AND NOT data ? 'refused') OR EXISTS (SELECT FROM "return" WHERE state IN ('permitted', 'received'))
"""
REFUSED = "SELECT data ->> 'refused' AS reason, count(*) AS n FROM draft WHERE user_id = 0 AND data ? 'refused' GROUP BY 1 ORDER BY 1"


def play(people: People, at: datetime) -> None:
    """Do what can be done by now of what customers asked for."""
    due = sql.rows(DUE, at=at)
    goods = {row.order_id: row for row in reversed(due) if row.data["kind"] == "goods"}  # one of an order at a time, the oldest
    if goods:
        _permit(people, goods, at)
    if claims := [row for row in due if row.data["kind"] != "goods"]:
        _claim(people, claims, at)


def story() -> dict[str, Any]:
    """What became of the requests: {requested, open, closed, claims, refused: {reason: n}}."""
    return {**sql.read(OPEN)[0]._asdict(), "refused": {row.reason: row.n for row in sql.read(REFUSED)}}


def _permit(people: People, due: Mapping[int, Any], at: datetime) -> None:
    """Permit what is delivered; where less was delivered than they want to give back, it is credited without goods."""
    ids = list(due)
    positions, lines = dict(sql.rows(POSITIONS, ids=ids)), defaultdict(list)
    for row in sql.rows(permit.LINES, ids=ids):
        lines[row.order_id, str(positions[row.line_id])].append(row)
    permits, without = {}, []
    for order, row in due.items():
        back = _back({key: lines[order, key] for key in row.data["lines"]}, row.data["lines"])
        if back:
            reason = "defective" if people.luck("why", row.id) < 0.7 else "wrong_item"
            permits[order] = Permit(lines=back, reason=reason)
        elif row.delivered:
            without.append(row.id)
    with transaction.atomic():
        outcome = people.press("returns.permit", permits, by="desk", at=at)
        sql.run(DONE, ids=[due[i].id for i in outcome.moved])
        sql.run(CHANGE, ids=[*without, *(due[r.id].id for r in outcome.refused)], change=sql.dumps({"kind": "claim"}))


def _back(lines: Mapping[str, Sequence[Any]], wanted: Mapping[str, Any]) -> dict[int, Decimal]:
    """From which deliveries, the newest first, so much can come back; nothing unless all of it can."""
    found: dict[int, Decimal] = {}
    for position, said in wanted.items():
        quantity = Decimal(said)
        if not lines[position] or lines[position][0].left_of_line < quantity:
            return {}
        for line in reversed(lines[position]):
            if (part := min(quantity, line.left)) > 0:
                found[line.id], quantity = part, quantity - part
        if quantity:
            return {}
    return found


def _claim(people: People, due: Sequence[Any], at: datetime) -> None:
    """Credit an amount on the sale's invoice, or once the sale is over on any of the customer's that carries it; one claim an invoice at a time."""
    bills: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for line in sql.rows(BILLED, customers=sorted({row.customer_id for row in due})):
        bills[line.customer_id, line.invoice_id].append(line)
    claims: dict[int, tuple[Any, Claim]] = {}
    refused: list[int] = []
    for row in due:
        own = [key for key, lines in bills.items() if lines[0].order_id == row.order_id]
        others = [key for key in bills if key[0] == row.customer_id and key not in own] if row.over else []
        amount = Decimal(row.data["amount"])
        carry = next((invoice for _, invoice in (*own, *others) if sum(line.left for line in bills[row.customer_id, invoice]) >= amount), None)
        if carry and carry not in claims:
            reason = "discount" if row.data["kind"] == "discount" else "defective"
            claims[carry] = row, Claim(lines=_spread(bills[row.customer_id, carry], amount), reason=reason)
        elif not carry and row.over:
            refused.append(row.id)
    with transaction.atomic():
        outcome = people.press("invoice.claim", {i: claim for i, (_, claim) in claims.items()}, by="finance", at=at)
        sql.run(DONE, ids=[claims[i][0].id for i in outcome.moved])
        sql.run(CHANGE, ids=[*refused, *(claims[r.id][0].id for r in outcome.refused)], change=sql.dumps({"refused": "no_invoice_carries_it"}))


def _spread(lines: Sequence[Any], amount: Decimal) -> dict[int, dict[str, Decimal]]:
    """An amount over an invoice's lines, the largest first."""
    found = {}
    for line in lines:
        if (part := min(amount, line.left)) > 0:
            found[line.id], amount = {"amount": part}, amount - part
    return found
