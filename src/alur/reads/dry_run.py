"""What verify would find now: of saved orders where they stand in the queue, of a typed one as the last in it. No locks, no writes, the same rule."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from alur.core import clock, money, sql
from alur.reads import credit, findings, price
from alur.reads.credit import Answer
from alur.reads.findings import Finding

LAST, MAX_ID = 2**31 - 1, 2**63 - 1

TWIN = """
SELECT x.id, CASE WHEN x.fingerprint = %(fingerprint)s THEN 'content' ELSE 'customer_po' END AS agrees
  FROM sales_order x, (SELECT duplicate_days FROM policy ORDER BY id DESC LIMIT 1) y
 WHERE x.customer_id = %(customer)s AND x.received_at BETWEEN %(at)s::timestamptz - make_interval(days => y.duplicate_days) AND %(at)s
   AND y.duplicate_days > 0 AND x.state <> 'cancelled'
   AND (x.fingerprint = %(fingerprint)s AND x.fingerprint <> '' OR x.customer_po = %(po)s AND x.customer_po <> '')
 ORDER BY x.received_at DESC, x.id DESC LIMIT 1
"""


class Typed(NamedTuple):
    """An order somebody is typing: who, what must be paid first, when and where to."""

    customer_id: int
    payer_id: int
    advance_pct: Decimal
    requested_on: date | None = None
    method: str | None = None
    street: str = ""
    city: str = ""
    customer_po: str = ""
    fingerprint: str = ""


class Credit(NamedTuple):
    """How the payer stands with the typed order in it; waits: unjudged orders ahead may take what is left."""

    limit: Decimal
    exposure: Decimal
    risk: Decimal
    waits: bool

    @property
    def left(self) -> Decimal:
        """Of the limit once the order is let through; below 0: over it."""
        return self.limit - self.exposure - self.risk


class Result(NamedTuple):
    """What it would cost and what would be found."""

    priced: list[price.Priced]
    totals: money.Totals
    findings: list[Finding]
    credit: Credit


class _Order(NamedTuple):
    """A typed order as findings read one."""

    customer_id: int
    payer_id: int
    requested_on: date | None
    method: str | None
    street: str
    city: str
    ship_to_id: int | None
    total: Decimal
    received_at: datetime
    twin: int | None
    agrees: str | None
    id: int = MAX_ID
    priority: int = LAST
    state: str = "received"
    granted: Decimal = Decimal(0)


class _Line(NamedTuple):
    """A typed line with its price, as findings read one."""

    id: int
    kind: str
    product_id: int | None
    unit: str
    quantity: Decimal
    ordered: Decimal
    open: Decimal
    customer_price: Decimal | None
    unit_price: Decimal | None
    price_reason: str | None
    discounts: Sequence[Decimal]
    net: Decimal
    with_tax: Decimal
    reserved: Decimal = Decimal(0)


def saved(order_ids: Sequence[int], *, at: datetime) -> dict[int, list[Finding]]:
    """What verify would find of these orders now; who may have to wait for credit has a finding that does not block."""
    today = clock.day(at)
    orders, lines = findings.saved(order_ids, today=today)
    known = findings.facts(orders, (line.product_id for own in lines.values() for line in own), today=today)
    payers = credit.payers(known.parties, orders, at=at)
    risks, found = findings.risks(orders), {}
    for order in orders:
        risk = risks[order.id]
        over = _over(order, payers[order.payer_id], known, risk)
        payers[order.payer_id].refuse(order.granted, risk, unjudged=order.state == "received")
        each = findings.of(order, lines[order.id], known, over)
        found[order.id] = [finding for finding in each if not findings.covered(finding, order.approvals or ())]
    return found


def typed(order: Typed, lines: Sequence[price.Line], *, at: datetime, prices: dict[price.Key, price.Fact] | None = None) -> Result:
    """What a typed order would cost, and what would be found if it were saved now; a finding's line_id is the line's own id."""
    today = clock.day(at)
    priced, totals = price.price(lines, price.facts(lines) if prices is None else prices)
    twins = sql.rows(TWIN, customer=order.customer_id, fingerprint=order.fingerprint, po=order.customer_po, at=at)
    twin, agrees = twins[0] if twins else (None, None)
    asked = _Order(
        order.customer_id, order.payer_id, order.requested_on, order.method, order.street, order.city, 1 if order.street or order.city else None,
        totals.total, at, twin, agrees,
    )  # fmt: skip
    rows = [judged(line, found) for line, found in zip(lines, priced, strict=True) if line.kind != "comment"]
    known = findings.facts([asked], (line.product_id for line in rows), today=today)
    payer = credit.payers(known.parties, [asked], at=at)[order.payer_id]
    risk = credit.at_risk(totals.total, order.advance_pct, lines[0].currency)
    over = _over(asked, payer, known, risk)
    answer, exposure = payer.ask((asked.priority, asked.received_at, asked.id), risk, asked.granted, again=False)
    credited = Credit(known.parties[order.payer_id].credit_limit, exposure, risk, answer is Answer.WAITS)
    return Result(priced, totals, findings.of(asked, rows, known, over), credited)


def _over(order: Any, payer: credit.Payer, known: findings.Known, risk: Decimal) -> Finding | None:
    """Over the limit; or, as a warning, over it if everybody ahead is let through."""
    answer, exposure = payer.ask((order.priority, order.received_at, order.id), risk, order.granted, again=order.state != "received")
    if answer is Answer.FITS or (answer is Answer.WAITS and not payer.most.is_finite()):
        return None
    exposure += payer.most if answer is Answer.WAITS else 0
    return findings.over_limit(order, known.parties[order.payer_id], exposure, risk)._replace(blocks=answer is Answer.OVER)


def judged(line: price.Line, found: price.Priced) -> _Line:
    """A typed line with its price, as findings read one."""
    with_tax = 1 + found.rule.rate * found.rule.num / (found.rule.den * 100) if line.tax_included and found.rule else Decimal(1)
    ordered = line.ordered or line.quantity * line.factor
    return _Line(
        line.id, line.kind, line.product_id, line.unit, line.quantity, ordered, ordered - line.cancelled, line.customer_price, found.unit_price,
        found.price_reason, found.discounts, found.net, with_tax,
    )  # fmt: skip
