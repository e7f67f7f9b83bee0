"""What verify would find of a typed order: its findings and the payer's credit, as of an order that stands last in the queue. No locks, no writes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from alur.core import clock, company, money
from alur.flow.capture.receive import fingerprint
from alur.reads import credit, entry, findings
from alur.reads.credit import Answer
from alur.reads.findings import Finding
from alur.web.entry import order

LAST = 2**63 - 1  # an id behind every order's
ZERO = Decimal(0)


class Order(NamedTuple):
    """The typed order, as findings and credit ask of a saved one."""

    customer_id: int
    payer_id: int
    received_at: datetime
    requested_on: date | None
    ship_to_id: int | None
    street: str
    city: str
    total: Decimal
    advance_pct: Decimal
    currency: str
    twin: int | None
    agrees: str | None
    id: int = LAST
    state: str = "received"
    priority: int = 5
    method: str | None = None
    granted: Decimal = ZERO


class Line(NamedTuple):
    """A typed line, as findings ask of a saved one."""

    id: int
    product_id: int | None
    unit: str
    quantity: Decimal
    ordered: Decimal
    customer_price: Decimal | None
    unit_price: Decimal | None
    price_reason: str | None
    discounts: Sequence[Decimal]
    net: Decimal
    with_tax: Decimal
    reserved: Decimal = ZERO

    @property
    def open(self) -> Decimal:
        """Nothing of it was cancelled yet."""
        return self.ordered


@dataclass(slots=True)
class Verdict:
    """What was found, and how the payer's credit stands with this order in it."""

    findings: list[Finding] = field(default_factory=list)
    limit: Decimal = ZERO
    exposure: Decimal = ZERO
    risk: Decimal = ZERO
    waits: bool = False
    twin: Any = None

    @property
    def left(self) -> Decimal:
        """Of the limit, once this order is let through; below 0: over it."""
        return self.limit - self.exposure - self.risk


def of(answer: Any, lines: Sequence[Line], *, at: datetime) -> Verdict:
    """Judge the typed order; answer is the dry run so far, with prices and totals."""
    customer, place, today = answer.customer, answer.address, clock.day(at)
    draft = order.of(answer, 0)
    twin = entry.twin(customer.id, fingerprint(draft), draft.customer_po, at=at)
    asked = Order(
        customer.id, customer.payer_id, at, answer.requested_on, place.id if place else None, place.lines if place else "", place.city if place else "",
        answer.totals.total if answer.totals else ZERO, customer.advance_pct, company.current().currency, twin and twin.id, twin and twin.agrees,
    )  # fmt: skip
    known = findings.facts([asked], [line.product_id for line in lines], today=today)
    payer = credit.payers(known.parties, [asked], at=at)[asked.payer_id]
    risk = credit.at_risk(asked.total, asked.advance_pct, asked.currency)
    said, exposure = payer.ask((asked.priority, asked.received_at, asked.id), risk, ZERO, again=False)
    limit = known.parties[asked.payer_id]
    over = findings.over_limit(asked, limit, exposure, risk) if said is Answer.OVER else None
    return Verdict(findings.of(asked, lines, known, over), limit.credit_limit, exposure, risk, said is Answer.WAITS, twin)


def with_tax(rule: money.Rule | None, *, included: bool) -> Decimal:
    """By how much a line's price is larger than without tax."""
    return 1 + rule.rate * rule.num / (rule.den * 100) if included and rule else Decimal(1)
