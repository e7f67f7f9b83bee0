"""What an amendment will do to an order: pure, from what was read. The step does it under its locks; a preview says it beforehand.

A reduction takes from the end of the line's life (cut.py). What adds quantity, or another price, is priced anew and checked from the start;
what is reserved and planned stays. A new address goes along with deliveries that nobody else rides on; a new day or method takes what is not
picked off its delivery, to be planned again. Rules: reference steps.md "capture.amend".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from alur.flow.capture import delta
from alur.flow.capture.cut import Cuts
from alur.flow.capture.delta import Amend, LineChange
from alur.flow.capture.receive import Product

ZERO, HUNDRED = Decimal(0), Decimal(100)
FIXED = ("manual", "imported")
OVER = ("closed", "cancelled")
SENT_BACK = ("verified", "confirmed", "fulfilled")


class Refusal(NamedTuple):
    """Why an order stays as it is."""

    code: str
    facts: dict[str, Any]


class NewLine(NamedTuple):
    """A line as it shall stand; back: how much of what was cancelled is wanted again; by_hand: somebody agreed on this price."""

    id: int
    kind: str
    product_id: int | None
    unit: str
    factor: Decimal
    quantity: Decimal
    ordered: Decimal
    back: Decimal
    unit_price: Decimal | None
    price_reason: str | None
    discounts: str
    by_hand: bool
    raised: Decimal  # by how much, in base units


@dataclass(slots=True)
class Plan:
    """An order's amendment. cut: in base units, by line; what: codes of what changes."""

    order: Any
    lines: list[Any]
    asked: Amend
    cut: dict[int, Decimal] = field(default_factory=dict)
    written: list[NewLine] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    moves_to: bool = False  # another address
    what: list[str] = field(default_factory=list)
    readdressed: list[int] = field(default_factory=list)  # deliveries that go there
    off: list[Any] = field(default_factory=list)  # pieces that get off their delivery

    @property
    def again(self) -> bool:
        """Whether it is priced again."""
        return bool(self.written or self.asked.add or set(delta.PRICES) & set(self.fields))

    @property
    def state(self) -> str:
        """Where it stands after it, unless nothing is open any more."""
        return "received" if self.again and self.order.state in SENT_BACK else self.order.state

    def take(self, cuts: Cuts) -> None:
        """Take off what it gives up."""
        for line in self.lines:
            if quantity := self.cut.get(line.id):
                cuts.line(line, quantity)
        for piece in self.off:
            cuts.unload(piece)
        for new in self.written:
            if "product" in self.what and new.raised == new.ordered:
                cuts.queued[new.id] = new.ordered


def judge(rows: list[Any], asked: Amend, cuts: Cuts, products: Mapping[int, Product]) -> Plan | Refusal:
    """What an amendment does to an order, or the first reason why not."""
    order = rows[0]
    plan = Plan(order, [row for row in rows if row.id], asked)
    if asked.version != order.version:
        return Refusal("stale_version", {"version": order.version})
    refused = _unreadable(plan, products)
    if refused is None:
        for line in plan.lines:
            if change := asked.lines.get(line.id):
                refused = refused or _line(plan, line, change, products, cuts)
        _fields(plan)
        refused = refused or _route(plan, cuts)
    if refused is None and not (plan.what or asked.add):
        refused = Refusal("nothing_changes", {})
    if refused is None and order.state in OVER:
        refused = Refusal("closed", {"state": order.state})
    if asked.add:
        plan.what.append("lines")
    return refused or plan


def _unreadable(plan: Plan, products: Mapping[int, Product]) -> Refusal | None:
    """What names no line, or cannot be that."""
    known = {line.id for line in plan.lines}
    for line_id, change in plan.asked.lines.items():
        if line_id not in known:
            return Refusal("unknown_line", {"line_id": line_id})
        if wrong := _unreadable_line(change, products):
            return Refusal("bad_value", {"line_id": line_id, "field": wrong})
    wrong = [name for name, said in plan.asked.fields.items() if not delta.value(name, said)[0]]
    for line in plan.asked.add:
        if not line.comment and (not line.quantity.is_finite() or line.quantity <= 0):
            wrong.append("quantity")
        elif not (line.comment or line.as_written or line.product_id in products):
            wrong.append("product")
    return Refusal("bad_value", {"field": wrong[0]}) if wrong else None


def _unreadable_line(change: LineChange, products: Mapping[int, Product]) -> str:
    """Which field of a line cannot be that."""
    if change.quantity is not None and delta.number(change.quantity) is None:
        return "quantity"
    percents = [delta.number(each) for each in change.discounts or ()]
    if (change.price is not None and delta.number(change.price) is None) or any(each is None or each > HUNDRED for each in percents):
        return "price"
    return "product" if change.product_id is not None and change.product_id not in products else ""


def _line(plan: Plan, line: Any, change: LineChange, products: Mapping[int, Product], cuts: Cuts) -> Refusal | None:
    """What changes of a line."""
    unit, factor, product, kind = _product(line, change, products)
    other = product != line.product_id or unit != line.unit
    left = line.ordered - line.cancelled
    wanted = (left if not other else line.quantity * factor) if change.quantity is None else delta.number(change.quantity) * factor  # type: ignore[operator]
    price = None if change.price is None else delta.number(change.price)
    discounts = list(line.discounts or ()) if change.discounts is None else [Decimal(each) for each in change.discounts]
    repriced = (price is not None and price != line.unit_price) or discounts != list(line.discounts or ())
    if refused := _stays(line, wanted, cuts, other=other, repriced=repriced):
        return refused
    if wanted < left and not other:
        plan.cut[line.id] = left - wanted
    if other or wanted > left or repriced:
        plan.written.append(_written(line, wanted, (unit, factor, product, kind), price, discounts, other=other, repriced=repriced))
    for code, here in (("product", other), ("quantity", wanted != left), ("price", repriced)):
        if here and code not in plan.what:
            plan.what.append(code)
    return None


def _stays(line: Any, wanted: Decimal, cuts: Cuts, *, other: bool, repriced: bool) -> Refusal | None:
    """Why a line has to stay as it is."""
    facts = {"line_id": line.id}
    if wanted < line.delivered:
        return Refusal("below_delivered", {**facts, "delivered": line.delivered})
    if wanted < line.shipped:
        return Refusal("in_transit", {**facts, "delivery_id": cuts.delivery(line.id, "dispatched")})
    if other and line.reserved:
        return Refusal("set_aside", {**facts, "quantity": line.reserved})
    if repriced and line.invoiced:
        return Refusal("billed", {**facts, "quantity": line.invoiced})
    return None


def _product(line: Any, change: LineChange, products: Mapping[int, Product]) -> tuple[str, Decimal, int | None, str]:
    """Unit, factor, product and kind that a line shall have."""
    product = change.product_id or line.product_id
    if change.product_id is None and change.unit is None:
        return line.unit, line.factor, product, line.kind
    kind, base, units = products.get(product or 0, (line.kind, line.unit, {}))
    unit = change.unit or (line.unit if line.unit in units else base)
    return unit, units.get(unit, line.factor if unit == line.unit else Decimal(1)), product, kind


def _written(
    line: Any, wanted: Decimal, product: tuple[str, Decimal, int | None, str], price: Decimal | None, discounts: list[Decimal], *, other: bool, repriced: bool
) -> NewLine:
    """A line as it shall stand: what was cancelled is wanted again before more is ordered."""
    unit, factor, product_id, kind = product
    left = line.ordered - line.cancelled
    raised = ZERO if wanted < left and not other else wanted if other else wanted - left
    ordered = wanted if other else max(line.ordered, line.ordered - line.cancelled + raised)
    kept = repriced or line.price_reason in FIXED or line.invoiced or not (raised or other)
    return NewLine(
        line.id, kind, product_id, unit, factor, line.quantity if ordered == line.ordered and not other else ordered / factor, ordered,
        line.cancelled if other else min(raised, line.cancelled), (line.unit_price if price is None else price) if kept else None,
        "manual" if repriced else line.price_reason, " ".join(map(str, discounts if kept else line.discounts or ())), repriced, raised,
    )  # fmt: skip


def _fields(plan: Plan) -> None:
    """What changes of the order itself."""
    for name, said in plan.asked.fields.items():
        found = delta.value(name, said)[1]
        if found != getattr(plan.order, name):
            plan.fields[name] = found
            plan.what.append(name)
    if plan.asked.address is not None and plan.asked.address.hash() != plan.order.place:
        plan.moves_to = True
        plan.what.append("address")


def _route(plan: Plan, cuts: Cuts) -> Refusal | None:
    """Which deliveries go elsewhere, and what has to be planned again."""
    order = plan.order.order_id
    again = {"requested_on", "method"} & set(plan.fields)
    for delivery_id, pieces in cuts.deliveries.items():
        mine = [piece for piece in pieces if piece.order_id == order]
        here = plan.moves_to and bool(mine) and mine[0].ship_to_id == plan.order.ship_to_id
        if here and mine[0].state == "dispatched":
            return Refusal("in_transit", {"delivery_id": delivery_id})
        if mine and mine[0].state == "scheduled" and again:
            plan.off += mine
        elif here and len(mine) == len(pieces):
            plan.readdressed.append(delivery_id)
        elif here:
            plan.off += mine
    return None


def untouched(plan: Plan, cuts: Cuts) -> Iterable[int]:
    """The deliveries under way that stay as they are."""
    touched = {move.delivery_id for move in cuts.moves} | set(plan.readdressed)
    return (i for i in cuts.deliveries if i not in touched)
