"""Impact: what an amendment will do, said beforehand. Nothing is locked, nothing is written.

The plan is the one that the step carries out (plan.py); prices, findings, credit and the promise are the rules of the steps that follow it.
What is said of a promise is for the goods that are added, as if they stood last in the queue: it comes true or better.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from alur.core import clock, money, sql
from alur.flow import totals
from alur.flow.capture import amend, delta, life, receive
from alur.flow.capture import plan as plans
from alur.flow.capture.cut import Cuts, Move
from alur.flow.capture.delta import Amend
from alur.flow.capture.plan import NewLine, Plan, Refusal
from alur.reads import billed, credit, dry_run, findings, price, promise
from alur.reads.dry_run import Credit
from alur.reads.findings import Finding

ZERO = Decimal(0)
PRO_FORMA = "SELECT number FROM pro_forma WHERE order_id = %(id)s AND voided_at IS NULL ORDER BY version DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class LineImpact:
    """What becomes of a line: how much is wanted before and after, in base units, what it gives up from where, its unit price and amount.

    A new line has id 0 minus its place among the new ones. promised_on is for what is added; short: how much of that is not there.
    """

    id: int
    product_id: int | None
    before: Decimal
    after: Decimal
    moves: tuple[Move, ...] = ()
    unit_price: Decimal | None = None
    net: Decimal | None = None
    promised_on: date | None = None
    short: Decimal = ZERO

    @property
    def added(self) -> Decimal:
        """How much more is wanted."""
        return max(ZERO, self.after - self.before)


@dataclass(frozen=True, slots=True)
class Impact:
    """What an amendment does to an order: of its lines those that change, of its deliveries all under way, its amounts, and what verify would say."""

    refusal: Refusal | None
    order: Any = None
    plan: Plan | None = None
    state: str = ""
    lines: tuple[LineImpact, ...] = ()
    cancelled: tuple[int, ...] = ()  # deliveries left empty
    readdressed: tuple[int, ...] = ()
    untouched: tuple[int, ...] = ()
    before: money.Totals | None = None
    after: money.Totals | None = None
    credit: Credit | None = None
    findings: Sequence[Finding] = field(default=())
    pro_forma: str = ""

    @property
    def again(self) -> bool:
        """Whether it is checked from the start."""
        return self.plan is not None and self.plan.again


def impact(order_id: int, asked: Amend, *, at: datetime) -> Impact:
    """What this amendment would do to this order now."""
    known = sql.ask(receive.PRODUCTS, ids=amend.products([asked]))
    found, cuts = life.read([order_id])
    if order_id not in found:
        return Impact(Refusal("not_found", {}))
    products = receive.products(known.rows())
    plan = plans.judge(found[order_id], asked, cuts, products)
    if isinstance(plan, Refusal):
        return Impact(plan._replace(facts={"order_id": order_id, **plan.facts}), found[order_id][0])
    plan.take(cuts)
    empty = cuts.empty()
    rows = _rows(plan, products)
    stored = sql.rows(totals.LINES, ids=[order_id])
    priced, after = _priced(plan, rows, stored)
    judged = _judged(plan, rows, priced, after, at=at)
    return Impact(
        None, plan.order, plan, _state(plan), _lines(plan, rows, priced, cuts, at=at), tuple(empty), tuple(plan.readdressed),
        tuple(plans.untouched(plan, cuts)), totals.of(stored), after, *judged, sql.one(PRO_FORMA, id=order_id) or "",
    )  # fmt: skip


def _state(plan: Plan) -> str:
    """Where the order stands after it."""
    left = [line.ordered - line.cancelled - plan.cut.get(line.id, ZERO) - line.delivered for line in plan.lines if line.kind != "charge"]
    if plan.again or not plan.cut or any(left):
        return plan.state
    return "fulfilled" if any(line.delivered for line in plan.lines) else "cancelled"


def _rows(plan: Plan, products: dict[int, receive.Product]) -> list[price.Line]:
    """The lines as price will read them."""
    order, written = plan.order, {new.id: new for new in plan.written}
    discount = {name: plan.fields.get(name, getattr(order, name)) for name in delta.PRICES}
    head: dict[str, Any] = {
        "customer_id": order.customer_id, "day": clock.day(order.received_at), "currency": order.currency, "tax_included": order.tax_included,
        "order_id": order.order_id, **discount,
    }  # fmt: skip
    made = [_saved(line, written.get(line.id), plan.cut.get(line.id, ZERO), fixed=order.priced_version > 0, head=head) for line in plan.lines]
    for n, row in enumerate(receive.lines_of(order.order_id, plan.asked.add, products), 1):
        new = dict(zip(receive.LINE_COLUMNS, row, strict=True))
        discounts, price_of = tuple(Decimal(each) for each in new["discounts"].split()), new["price"] if new["price_reason"] else None
        names = ("kind", "product_id", "unit", "factor", "quantity", "price_reason")
        now = {name: new[name] for name in names} | {"ordered": new["quantity"] * new["factor"], "customer_price": new["price"], "unit_price": price_of}
        made.append(price.Line(**head, **now, id=-n, discounts=discounts))
    return made


def _saved(line: Any, new: NewLine | None, cut: Decimal, *, fixed: bool, head: dict[str, Any]) -> price.Line:
    """A stored line, as it will stand."""
    names = ("id", "kind", "product_id", "unit", "factor", "quantity", "ordered", "unit_price", "price_reason")
    now = {name: getattr(new or line, name) for name in names}
    discounts = [Decimal(each) for each in new.discounts.split()] if new else line.discounts or ()
    cancelled = line.cancelled + cut - (new.back if new else ZERO)
    return price.Line(
        **head, **now, discounts=discounts, cancelled=cancelled, invoiced=line.invoiced, customer_price=line.customer_price,
        header_discount=line.header_discount, fixed=fixed,
    )  # fmt: skip


def _priced(plan: Plan, rows: Sequence[price.Line], stored: Sequence[Any]) -> tuple[dict[int, price.Priced], money.Totals]:
    """What the lines cost after it, and what the order comes to: priced again, or with what is cut taken off."""
    if not rows:
        return {}, totals.of(stored)
    priced, after = price.price(rows, price.facts(rows))
    if not plan.again and plan.order.priced_version == plan.order.version:
        after = totals.of([row._replace(cancelled=row.cancelled + plan.cut.get(row.line_id, ZERO)) if row.line_id else row for row in stored])
    return {each.id: each for each in priced}, after


def _judged(
    plan: Plan, rows: Sequence[price.Line], priced: dict[int, price.Priced], after: money.Totals, *, at: datetime
) -> tuple[Credit | None, list[Finding]]:
    """What verify would say to it, where the order stands in the queue."""
    today = clock.day(at)
    saved, _ = findings.saved([plan.order.order_id], today=today)
    place = plan.asked.address if plan.moves_to else None
    now: dict[str, Any] = {name: plan.fields.get(name, getattr(saved[0], name)) for name in ("requested_on", "method")}
    if place is not None:
        now |= {"street": place.lines, "city": place.city, "ship_to_id": 0}
    order = saved[0]._replace(state=plan.state, total=after.total, **now)
    if order.state not in ("received", "verified", "confirmed"):
        return None, []
    so_far = billed.of([order.id])[order.id]
    risk = credit.at_risk(after.total, order.advance_pct, order.currency, so_far.billed, so_far.deducted)
    reserved = {line.id: line.reserved for line in plan.lines}
    lines = [dry_run.judged(row, priced[row.id])._replace(reserved=reserved.get(row.id, ZERO)) for row in rows if row.kind != "comment"]
    known = findings.facts([order], (line.product_id for line in lines), today=today)
    payer = credit.payers(known.parties, [order], at=at)[order.payer_id]
    answer, exposure = payer.ask((order.priority, order.received_at, order.id), risk, order.granted, again=order.state != "received")
    over = findings.over_limit(order, known.parties[order.payer_id], exposure, risk) if answer is credit.Answer.OVER else None
    found = findings.of(order, lines, known, over)
    credited = Credit(known.parties[order.payer_id].credit_limit, exposure, risk, answer is credit.Answer.WAITS)
    return credited, [each for each in found if not findings.covered(each, order.approvals or ())]


def _lines(plan: Plan, rows: Sequence[price.Line], priced: dict[int, price.Priced], cuts: Cuts, *, at: datetime) -> tuple[LineImpact, ...]:
    """Those that change, in their order, new ones last."""
    before = {line.id: line for line in plan.lines}
    own = [move for move in cuts.moves if move.line_id in before]
    changed = [
        row for row in rows if row.id < 0 or row.id in plan.cut or any(new.id == row.id for new in plan.written) or any(m.line_id == row.id for m in own)
    ]
    more = {row.id: row.ordered - row.cancelled - (before[row.id].ordered - before[row.id].cancelled if row.id > 0 else ZERO) for row in changed}
    goods = [row for row in changed if row.kind == "goods" and row.product_id and more[row.id] > 0]
    asked = [promise.Typed(row.product_id or 0, more[row.id], None, plan.fields.get("requested_on", plan.order.requested_on)) for row in goods]
    method = plan.fields.get("method", plan.order.method)
    days = promise.dry_run(plan.order.customer_id, asked, at=at, method=method) if asked else []
    promised = {row.id: day for row, day in zip(goods, days, strict=True)}
    found = []
    for row in changed:
        left, day, cost = row.ordered - row.cancelled, promised.get(row.id), priced[row.id]
        net = money.so_far(cost.net, left, row.ordered, row.currency)
        moves = tuple(move for move in own if move.line_id == row.id)
        found.append(
            LineImpact(
                row.id, row.product_id, left - more[row.id], left, moves, cost.unit_price, net, day.promised_on if day else None, day.short if day else ZERO
            )
        )
    return tuple(found)
