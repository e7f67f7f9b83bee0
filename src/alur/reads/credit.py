"""Credit: what an order puts at risk, and whether its payer's limit takes it, as a fold in queue order.

Orders ahead that nobody has judged yet may take what is left: who fits only without them waits; who fits in no case is held. So a set is
judged as its members would be one by one in queue order, and any other order of calls grants less, never more. Rules: reference steps.md
"Queue rule" and "Policy"; `granted` under "The order" in model.md.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from alur.core import money, sql

ZERO, ENDLESS = Decimal(0), Decimal("Infinity")
Key = tuple[int, datetime, int]  # priority, received_at, id

# Ahead of the last order asked about: received orders that nobody has judged (no stop hold, or a ticket), and for payers whose running orders are
# judged again also what is granted.
QUEUE = """
SELECT o.payer_id, o.priority, o.received_at, o.id, o.granted, u.unjudged, o.priced_version = o.version AS priced, o.total, o.advance_pct, o.currency
  FROM unnest(%(payers)s::bigint[], %(priorities)s::int[], %(received)s::timestamptz[], %(orders)s::bigint[], %(again)s::bool[])
       AS last(payer_id, priority, received_at, order_id, again)
  JOIN sales_order o ON o.payer_id = last.payer_id AND o.state IN ('received', 'verified', 'confirmed', 'fulfilled')
   AND (o.priority, o.received_at, o.id) < (last.priority, last.received_at, last.order_id)
 CROSS JOIN LATERAL (
       SELECT o.state = 'received' AND o.received_at <= %(at)s
              AND (NOT EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL AND h.code <> 'awaiting_payment')
                   OR EXISTS (SELECT FROM recheck r WHERE r.step = 'verify' AND r.order_id = o.id)) AS unjudged) u
 WHERE o.id <> ALL(%(ids)s::bigint[]) AND (u.unjudged OR last.again AND o.granted > 0)
 ORDER BY o.priority, o.received_at, o.id
"""


class Answer(Enum):
    """Whether the payer's limit takes an order."""

    FITS = "fits"
    OVER = "over"
    WAITS = "waits"


def at_risk(total: Decimal, advance_pct: Decimal, currency: str, billed: Decimal = ZERO, deducted: Decimal = ZERO) -> Decimal:
    """What an order asks of its payer's credit: what is neither billed nor to be paid first."""
    first = money.advance(total, advance_pct, currency)
    return max(ZERO, total - billed - max(ZERO, first - deducted))


class Payer:
    """A payer while its orders are judged in queue order: what counts against the limit, and what those ahead may still take."""

    def __init__(self, limit: Decimal, owed: Decimal, granted: Decimal) -> None:
        """Owed: open items less money that came in for no order; granted: to all open orders."""
        self.limit, self.owed, self.granted = limit, owed, granted
        self.granted_ahead = self.least = self.most = ZERO  # of those passed so far
        self.queue: list[Any] = []  # others' rows, the next one last

    def ask(self, key: Key, risk: Decimal, own: Decimal, *, again: bool) -> tuple[Answer, Decimal]:
        """Whether an order fits, and the exposure without it. again: it runs already, so only what stands ahead of it counts."""
        while self.queue and (row := self.queue[-1])[1:4] < key:
            self.queue.pop()
            self._pass(row.granted, at_risk(row.total, row.advance_pct, row.currency) if row.priced else ENDLESS, unjudged=row.unjudged)
        exposure = self.owed + (self.granted_ahead if again else self.granted - own)
        room = self.limit - exposure - risk
        if not risk or room >= self.most:
            return Answer.FITS, exposure
        return (Answer.WAITS if room >= self.least else Answer.OVER), exposure

    def grant(self, own: Decimal, risk: Decimal) -> None:
        """Pass an order that takes what it asks."""
        self.granted += risk - own
        self._pass(risk, risk, unjudged=False)

    def refuse(self, own: Decimal, risk: Decimal, *, unjudged: bool = False) -> None:
        """Pass an order that keeps what it had; unjudged: it is asked again, before anybody new."""
        self._pass(own, risk, unjudged=unjudged)

    def _pass(self, granted: Decimal, risk: Decimal, *, unjudged: bool) -> None:
        self.granted_ahead += granted
        if unjudged:  # it ends with nothing, what it has, or what it asks
            self.least -= granted
            self.most += max(ZERO, risk - granted)


def payers(parties: Mapping[int, Any], orders: Iterable[Any], *, at: datetime) -> dict[int, Payer]:
    """The payers of these orders, as they stand; orders in queue order."""
    asked = list(orders)
    last = {o.payer_id: o for o in asked}
    found = {i: Payer(p.credit_limit, p.owed, p.granted) for i, p in parties.items() if i in last}
    again = {o.payer_id for o in asked if o.state != "received"}
    if not again and not any(parties[i].queue for i in found):
        return found
    rows = sql.rows(
        QUEUE, at=at, ids=[o.id for o in asked], payers=list(last), again=[i in again for i in last], priorities=[o.priority for o in last.values()],
        received=[o.received_at for o in last.values()], orders=[o.id for o in last.values()],
    )  # fmt: skip
    for row in reversed(rows):
        found[row.payer_id].queue.append(row)
    return found
