"""Permit: a customer may send back so much of what was delivered, for a reason.

    delivered lines of an order --permit--> a return, permitted     return.permitted

No counter moves until the goods are here (take_back.py). A closed order stays closed (reference steps.md "settle.close").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from alur import log
from alur.core import clock, sql
from alur.core.step import Outcome
from alur.flow.said import number
from alur.models import locks

REFUSALS = {
    "no_lines": "Nothing of {order} is named that comes back. Say how much of which delivered line.",
    "no_reason": "Say why goods of {order} come back: choose one of the reasons for returns.",
    "bad_quantity": "{quantity} of {line} cannot come back. Write a quantity above 0.",
    "more_than_delivered": "Of {line} on {delivery} only {left:qty} can still come back; the rest was never delivered or is returned already. Lower it.",
    "stale_version": "Another return of {order} was permitted meanwhile. Look at what can still come back and try again.",
}

# What of each delivered line may still come back: neither returned nor expected, and of its order line nothing that was credited without a return.
LINES = """
SELECT x.id, x.delivery_id, l.id AS line_id, l.order_id, x.delivered - back.quantity AS left, l.delivered - l.returned - due.quantity AS left_of_line
  FROM order_line l
  JOIN delivery_line x ON x.order_line_id = l.id AND x.delivered > 0
 CROSS JOIN LATERAL (SELECT coalesce(sum(r.quantity - r.refused), 0) AS quantity FROM return_line r WHERE r.delivery_line_id = x.id) back
 CROSS JOIN LATERAL (SELECT coalesce(sum(r.quantity - r.received - r.refused), 0) AS quantity FROM return_line r WHERE r.order_line_id = l.id) due
 WHERE l.order_id = ANY(%(ids)s::bigint[]) AND l.kind = 'goods'
 ORDER BY l.order_id, x.id
"""
KNOWN = """
SELECT o.id, o.customer_id, n.returns
  FROM sales_order o
 CROSS JOIN LATERAL (SELECT count(DISTINCT r.return_id) AS returns FROM order_line l JOIN return_line r ON r.order_line_id = l.id WHERE l.order_id = o.id) n
 WHERE o.id = ANY(%(ids)s::bigint[])
"""
REASONS = "SELECT code, id FROM reason WHERE kind = 'return'"
MOVE = """
WITH drawn AS MATERIALIZED (
    SELECT d.order_id, d.customer_id, nextval('return_id_seq') AS id
      FROM unnest(%(order_id)s::bigint[], %(customer_id)s::bigint[]) WITH ORDINALITY AS d(order_id, customer_id, n) ORDER BY d.n
), made AS (
    INSERT INTO "return" (id, number, customer_id, state, permitted_at, by)
    SELECT id, 'RT-' || %(year)s || '-' || to_char(nextval('return_number'), 'FM9999999999000000'), customer_id, 'permitted', %(at)s, %(by)s
      FROM drawn ORDER BY id
), laid AS (
    INSERT INTO return_line (return_id, delivery_line_id, order_line_id, quantity, reason_id)
    SELECT d.id, x.delivery_line_id, x.order_line_id, x.quantity, x.reason_id
      FROM unnest(%(of)s::bigint[], %(delivery_line_id)s::bigint[], %(order_line_id)s::bigint[], %(quantity)s::numeric[], %(reason_id)s::bigint[])
           AS x(order_id, delivery_line_id, order_line_id, quantity, reason_id)
      JOIN drawn d ON d.order_id = x.order_id ORDER BY d.id, x.delivery_line_id
)
SELECT order_id, id FROM drawn ORDER BY id
"""


@dataclass(frozen=True, slots=True)
class Permit:
    """By delivery line how much comes back, in base units, and the code of the reason.

    returns: how many returns of the order the person saw; None = does not matter.
    """

    lines: Mapping[int, Decimal | str] = field(default_factory=dict)
    reason: str = ""
    returns: int | None = None


def permit(orders: Mapping[int, Permit | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Permit what these orders' customers want to send back; `made` says which return each order got."""
    asked = {i: p if isinstance(p, Permit) else Permit(**p) for i, p in orders.items()}
    ids, outcome = list(asked), Outcome()
    locks.orders(ids)
    told, knowing, naming = sql.ask(LINES, ids=ids), sql.ask(KNOWN, ids=ids), sql.ask(REASONS)
    reasons, known = dict(naming.rows()), {row.id: row for row in knowing.rows()}
    lines = {(row.order_id, row.id): row for row in told.rows()}
    back = {i: said for i in ids if (said := _judge(i, asked[i], known.get(i), lines, outcome, known_reason=asked[i].reason in reasons))}
    outcome.moved = list(back)
    if not back:
        return outcome
    flat = [(i, line, quantity) for i, said in back.items() for line, quantity in said]
    outcome.made = dict(
        sql.rows(
            MOVE, order_id=list(back), customer_id=[known[i].customer_id for i in back], year=str(clock.day(at).year), at=at, by=by, of=[i for i, _, _ in flat],
            delivery_line_id=[line.id for _, line, _ in flat], order_line_id=[line.line_id for _, line, _ in flat], quantity=[q for _, _, q in flat],
            reason_id=[reasons[asked[i].reason] for i, _, _ in flat],
        )
    )  # fmt: skip
    log.write(
        [log.Record("return.permitted", outcome.made[i], i, "return", {"reason": asked[i].reason, "quantity": sum(q for _, q in back[i])}) for i in back],
        by=by, at=at,
    )  # fmt: skip
    return outcome


def _judge(order_id: int, asked: Permit, order: Any, lines: dict[Any, Any], outcome: Outcome, *, known_reason: bool) -> list[tuple[Any, Decimal]]:
    """What comes back, line by line; nothing if the order is refused."""
    if order is None:
        outcome.refuse(order_id, "not_found")
        return []
    if not asked.lines:
        outcome.refuse(order_id, "no_lines", order_id=order_id)
    elif not known_reason:
        outcome.refuse(order_id, "no_reason", order_id=order_id)
    elif asked.returns is not None and asked.returns != order.returns:
        outcome.refuse(order_id, "stale_version", order_id=order_id)
    else:
        return _lines(order_id, asked, lines, outcome)
    return []


def _lines(order_id: int, asked: Permit, lines: dict[Any, Any], outcome: Outcome) -> list[tuple[Any, Decimal]]:
    found: list[tuple[Any, Decimal]] = []
    taken: dict[int, Decimal] = {}  # of an order line that came with several deliveries
    for key, said in sorted(asked.lines.items()):
        line, quantity = lines.get((order_id, int(key))), number(said)
        if line is None:
            outcome.refuse(order_id, "more_than_delivered", order_id=order_id, line_id=None, delivery_id=None, left=Decimal(0))
            return []
        left = min(line.left, line.left_of_line - taken.get(line.line_id, Decimal(0)))
        if quantity is None or quantity <= 0:
            outcome.refuse(order_id, "bad_quantity", line_id=line.line_id, quantity=str(said))
            return []
        if quantity > left:
            outcome.refuse(order_id, "more_than_delivered", line_id=line.line_id, delivery_id=line.delivery_id, left=left)
            return []
        taken[line.line_id] = taken.get(line.line_id, Decimal(0)) + quantity
        found.append((line, quantity))
    return found
