"""Rules: each is something a person, a customer or the worker does, with whatever rows there are; after each one every proof of the books holds.

Two customers (one pays first), three goods and a charge, two warehouses, few units. A rule takes numbers, not ids: the n-th row there is now, so
that a failure replays and shrinks.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alur.core import clock, sql, step
from alur.flow import map as flow
from alur.flow.capture.draft import LineDraft, OrderDraft
from alur.flow.deliver.short import Picked, Short
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Component, Customer, Department, Policy, Product, Reason, Supplier, Warehouse
from alur.reads import proof
from alur.supply.count import Count
from alur.supply.order import Line, SupplyDraft
from tests import make

N = st.integers(0, 11)  # the n-th of what there is
FEW = st.integers(0, 6)
BITS = st.integers(1, 63)  # which of what there is
AUTOMATIC = sorted(each.name for each in flow.automatic)
ON_THE_ROAD = ("deliver.pick", "deliver.dispatch", "deliver.complete", "deliver.cancel")

ORDERS = "SELECT id FROM sales_order ORDER BY id"
LINES = """
SELECT l.id, l.order_id, o.version, l.ordered - l.cancelled AS open FROM order_line l JOIN sales_order o ON o.id = l.order_id
 WHERE o.state <> 'closed' ORDER BY l.id
"""
DELIVERIES = "SELECT id FROM delivery ORDER BY id"
LOADED = "SELECT x.id, x.delivery_id, x.quantity, x.picked FROM delivery_line x JOIN delivery d ON d.id = x.delivery_id WHERE d.state = %(state)s ORDER BY x.id"
HELD = "SELECT order_id, code FROM hold WHERE resolved_at IS NULL ORDER BY id"
ITEMS = "SELECT t.id, t.payer_id, i.number, i.id AS invoice_id, t.open FROM open_item t JOIN invoice i ON i.id = t.invoice_id ORDER BY t.id"
PREPAY = "SELECT id, payer_id, number, total FROM sales_order WHERE advance_pct > 0 AND state IN ('verified', 'confirmed') ORDER BY id"
GIROS = "SELECT id FROM payment WHERE way = 'giro' ORDER BY id"
MATCHED = "SELECT id FROM allocation ORDER BY id"
FREE = "SELECT payer_id, sum(open) AS open FROM open_receipt GROUP BY 1 ORDER BY 1"
SUPPLY = "SELECT id FROM supply_line ORDER BY id"
SHELVES = "SELECT warehouse_id, product_id, on_hand FROM stock ORDER BY id"
DELIVERED = """
SELECT x.id, l.order_id, x.delivered FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id WHERE x.delivered > 0 AND l.kind = 'goods' ORDER BY x.id
"""
RETURNS = 'SELECT id FROM "return" ORDER BY id'
RETURNED = "SELECT id, return_id, quantity FROM return_line ORDER BY id"
BILLED = """
SELECT b.id, b.invoice_id, b.net FROM invoice_line b JOIN invoice i ON i.id = b.invoice_id WHERE i.kind = 'invoice' AND b.net > 0 ORDER BY b.id
"""
MONTHS = "SELECT id FROM period ORDER BY starts_on"


class Company(RuleBasedStateMachine):
    """Everything people do to a small company, in any order."""

    def __init__(self) -> None:
        """Open it."""
        super().__init__()
        self.around = transaction.atomic()
        self.around.__enter__()
        self.at = make.AT + timedelta(hours=1)
        self.key = 0
        clock.move(self.at)
        self._furnish()

    def teardown(self) -> None:
        """Nothing of it is kept."""
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)

    def _furnish(self) -> None:
        make.basics()
        Policy.objects.update(remind_1_days=0)
        bandung = make.warehouse("BDG")
        self.goods = [make.product(price=10_000 * n + 1, stock=4 * n, cost=6_000 * n + 1) for n in (1, 2, 3)]
        make.put(self.goods[0], 3, 6_100, bandung)
        self.things = [*self.goods, make.product(price=15_000, kind="charge")]
        Product.objects.filter(id=self.goods[2]).update(supply="make", department=Department.objects.create(code="PRD", kind="production"))
        Component.objects.create(product_id=self.goods[2], part_id=self.goods[0], quantity=2)
        Supplier.objects.create(code="S", name="S")
        for kind, code in (("failed_delivery", "closed"), ("cancel", "changed"), ("return", "defective"), ("short_pick", "gone")):
            Reason.objects.create(kind=kind, code=code, stock_effect="quantity" if kind == "short_pick" else "none")
        self.customers = [make.customer(credit_limit=300_000), make.customer(credit_limit=None, terms_id=make.terms(50))]
        self.places = list(Warehouse.objects.filter(kind="own").order_by("id").values_list("id", flat=True))

    # how a rule acts

    def press(self, name: str, items: Any, by: str = make.BY) -> step.Outcome | None:
        """Press a step; a refusal is an answer, something unforeseen is not."""
        if not items:
            return None
        outcome = step.run(flow.by_name[name], items, by=by, at=self.at)
        assert not [r for r in outcome.refused if r.code == "unexpected"], (name, items, outcome.refused)
        return outcome

    def next(self) -> int:
        """A key that was not used yet."""
        self.key += 1
        return self.key

    # orders

    @initialize(orders=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(1, 3)), min_size=4, max_size=6), far=st.booleans())
    def begin(self, orders: list[tuple[int, int, int]], *, far: bool) -> None:
        """Some orders are there already; half of the time a day of theirs is over."""
        for customer, thing, quantity in orders:
            self.order(customer, [(thing, quantity)], low=False, day=0)
        if far:
            self.a_day()

    @rule(customer=st.integers(0, 1), lines=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), min_size=1, max_size=3), low=st.booleans(), day=FEW)
    def order(self, customer: int, lines: list[tuple[int, int]], *, low: bool, day: int) -> None:
        """A customer orders; some name a price that is not ours."""
        made = tuple(
            LineDraft(product_id=self.things[p], quantity=Decimal(q), price=Decimal(9_000) if low and not n else None) for n, (p, q) in enumerate(lines)
        )
        wanted = clock.day(self.at) + timedelta(days=day) if day > 4 else None
        draft = OrderDraft(key=self.next(), customer_id=self.customers[customer], lines=made, received_at=self.at, requested_on=wanted)
        self.press("capture.receive", [draft])

    @rule(n=N, more=st.integers(-3, 2))
    def amend(self, n: int, more: int) -> None:
        """More or less of a line."""
        if line := nth(sql.rows(LINES), n):
            self.press("capture.amend", {line.order_id: {"version": line.version, "lines": {line.id: {"quantity": max(line.open + more, 0)}}}})

    @rule(n=N, thing=st.integers(0, 3))
    def add(self, n: int, thing: int) -> None:
        """One more line."""
        if line := nth(sql.rows(LINES), n):
            self.press("capture.amend", {line.order_id: {"version": line.version, "add": [{"product_id": self.things[thing], "quantity": 1}]}})

    @rule(n=N, part=st.none() | st.integers(1, 2))
    def cancel(self, n: int, part: int | None) -> None:
        """An order, or some of a line."""
        if line := nth(sql.rows(LINES), n):
            self.press("capture.cancel", {line.order_id: {"reason": "changed", **({"lines": {line.id: Decimal(part)}} if part else {})}})

    @rule(n=N)
    def hold(self, n: int) -> None:
        """Somebody stops an order."""
        if order := nth(sql.ids(ORDERS), n):
            self.press("check.hold", {order: {"reason": "uji"}})

    @rule(n=N)
    def release(self, n: int) -> None:
        """Somebody lets one go."""
        if held := nth(sql.rows(HELD), n):
            self.press("check.release", {held.order_id: {"code": held.code, "reason": "uji"}}, by="system")

    @rule(customer=st.integers(0, 1), limit=st.sampled_from((0, 50_000, 200_000, 900_000)))
    def limit(self, customer: int, limit: int) -> None:
        """A limit changes."""
        of = self.customers[customer]
        version = Customer.objects.get(id=of).version
        self.press("check.change_customer", {of: {"version": version, "fields": {"credit_limit": Decimal(limit)}}})

    # the worker, whole or a step over some

    @rule()
    def work(self) -> None:
        """The worker does what waits."""
        worker.until_idle()

    @rule()
    def a_day(self) -> None:
        """The worker works, what is scheduled is picked, leaves and arrives, the worker works on."""
        worker.until_idle()
        for name in ("deliver.pick", "deliver.dispatch", "deliver.complete"):
            self.press(name, sql.ids(DELIVERIES))
        worker.until_idle()

    @rule(name=st.sampled_from(AUTOMATIC), bits=BITS)
    def automatic(self, name: str, bits: int) -> None:
        """Somebody presses what the worker would do, on some."""
        tables = {"order": ORDERS, "payer": "SELECT id FROM customer ORDER BY id", "item": "SELECT id FROM open_item ORDER BY id", "return": RETURNS}
        self.press(name, some(sql.ids(tables[flow.by_name[name].noun]), bits))

    @rule(days=st.integers(1, 4))
    def wait(self, days: int) -> None:
        """Days pass."""
        self.at += timedelta(days=days)
        clock.move(self.at)

    # goods

    @rule(kind=st.sampled_from(("buy", "make", "transfer")), good=st.integers(0, 2), quantity=st.integers(1, 6), place=st.integers(0, 1))
    def supply(self, kind: str, good: int, quantity: int, place: int) -> None:
        """Goods are bought, made, brought from the other warehouse."""
        source = {"buy": Supplier.objects.get().id, "make": Department.objects.get(code="PRD").id, "transfer": self.places[1 - place]}[kind]
        line = Line(self.goods[good], Decimal(quantity), Decimal(6_500))
        self.press("supply.order", [SupplyDraft(self.next(), source, self.places[place], (line,), kind)])

    @rule(name=st.sampled_from(("supply.transfer", "supply.receive", "supply.cancel")), n=N, part=st.none() | st.integers(1, 3))
    def arrive(self, name: str, n: int, part: int | None) -> None:
        """Goods are sent, come, or do not come."""
        if line := nth(sql.ids(SUPPLY), n):
            self.press(name, [line] if name == "supply.cancel" else {line: {"quantity": Decimal(part)} if part else {}})

    @rule(n=N, by=st.integers(-4, 3))
    def count(self, n: int, by: int) -> None:
        """A shelf is counted."""
        if shelf := nth(sql.rows(SHELVES), n):
            self.press("supply.count", [Count(self.next(), shelf.warehouse_id, shelf.product_id, max(shelf.on_hand + by, Decimal(0)))])

    # deliveries

    @rule(name=st.sampled_from(ON_THE_ROAD), bits=BITS)
    def drive(self, name: str, bits: int) -> None:
        """Deliveries are picked, leave, arrive, are called off."""
        self.press(name, some(sql.ids(DELIVERIES), bits))

    @rule(n=N, take=st.integers(0, 3), choice=st.sampled_from(("backorder", "cancel")))
    def pick_short(self, n: int, take: int, choice: str) -> None:
        """Less lies there than should."""
        if line := nth(sql.rows(LOADED, state="scheduled"), n):
            self.press("deliver.pick", {line.delivery_id: Picked({line.id: Short(min(Decimal(take), line.quantity), choice, "gone")})})

    @rule(n=N, parts=st.tuples(FEW, FEW, FEW))
    def at_the_door(self, n: int, parts: tuple[int, int, int]) -> None:
        """Some of it is taken, some comes again, is lost, is refused."""
        if line := nth(sql.rows(LOADED, state="dispatched"), n):
            again, lost, refused = (min(Decimal(p), line.picked) for p in parts)
            ends = {"delivered": max(line.picked - again - lost - refused, Decimal(0)), "again": again, "lost": lost, "refused": refused, "reason": "closed"}
            self.press("deliver.complete", {line.delivery_id: {"lines": {line.id: ends}}})

    @rule(n=N)
    def fail(self, n: int) -> None:
        """Nobody opens."""
        if delivery := nth(sql.ids(DELIVERIES), n):
            self.press("deliver.fail", {delivery: {"reason": "closed"}})

    @rule(n=N, days=st.integers(0, 4))
    def move(self, n: int, days: int) -> None:
        """A delivery goes another day."""
        if delivery := nth(sql.ids(DELIVERIES), n):
            self.press("deliver.move", {delivery: {"day": (clock.day(self.at) + timedelta(days=days)).isoformat()}})

    # goods back

    @rule(n=N, quantity=st.integers(1, 2))
    def send_back(self, n: int, quantity: int) -> None:
        """A customer wants to give something back."""
        if line := nth(sql.rows(DELIVERED), n):
            self.press("returns.permit", {line.order_id: {"lines": {line.id: Decimal(quantity)}, "reason": "defective"}})

    @rule(n=N, refuse=st.booleans())
    def take_back(self, n: int, *, refuse: bool) -> None:
        """It comes."""
        if line := nth(sql.rows(RETURNED), n):
            self.press("returns.take_back", {line.return_id: {"lines": {line.id: {"refused" if refuse else "received": 1}}}})

    @rule(n=N)
    def close_return(self, n: int) -> None:
        """It will not come any more."""
        if found := nth(sql.ids(RETURNS), n):
            self.press("returns.close", [found])

    @rule(n=N, quantity=st.booleans())
    def claim(self, n: int, *, quantity: bool) -> None:
        """Something on an invoice was wrong."""
        if line := nth(sql.rows(BILLED), n):
            self.press("invoice.claim", {line.invoice_id: {"lines": {line.id: {"quantity": 1} if quantity else {"amount": "1000"}}, "reason": "defective"}})

    # money

    @rule(n=N, change=st.sampled_from((0, 0, -700, 5_000, -20_000)), giro=st.booleans())
    def pay(self, n: int, change: int, *, giro: bool) -> None:
        """A customer pays what is owed, or about that."""
        if item := nth(sql.rows(ITEMS), n):
            self._paid(item.payer_id, item.open + change, item.number, giro=giro)

    @rule(n=N, half=st.booleans())
    def pay_ahead(self, n: int, *, half: bool) -> None:
        """A customer pays before the goods."""
        if order := nth(sql.rows(PREPAY), n):
            self._paid(order.payer_id, (order.total / 2).quantize(Decimal(1)) if half else order.total, order.number)

    def _paid(self, payer: int, amount: Decimal, reference: str, *, giro: bool = False) -> None:
        way = "giro" if giro else "transfer"
        self.press("pay.receive", [Receipt(key=self.next(), payer_id=payer, amount=amount, reference=reference, way=way, confirmed=True)])

    @rule(name=st.sampled_from(("pay.clear", "pay.bounce")), n=N)
    def giro(self, name: str, n: int) -> None:
        """A giro is presented."""
        if found := nth(sql.ids(GIROS), n):
            self.press(name, [found])

    @rule(n=N)
    def unmatch(self, n: int) -> None:
        """A match was wrong."""
        if found := nth(sql.ids(MATCHED), n):
            self.press("pay.unmatch", [found])

    @rule(n=N, less=st.sampled_from((0, 1_000)))
    def refund(self, n: int, less: int) -> None:
        """Money goes back."""
        if found := nth(sql.rows(FREE), n):
            self.press("pay.refund", {found.payer_id: {"amount": max(found.open - less, Decimal(1))}})

    # months

    @precondition(lambda self: self.key > 5)
    @rule(name=st.sampled_from(("books.lock_period", "books.reopen_period")), n=FEW)
    def month(self, name: str, n: int) -> None:
        """A month is closed, or opened again."""
        if found := nth(sql.ids(MONTHS), n):
            self.press(name, [found] if name == "books.lock_period" else {found: {"reason": "uji"}})

    @invariant()
    def proved(self) -> None:
        """Every check finds nothing."""
        wrong = {result.name: result.violations for result in proof.prove() if result.violations}
        assert not wrong, wrong


def nth(rows: Sequence[Any], n: int) -> Any:
    """The n-th of these, counted round; None when there is none."""
    return rows[n % len(rows)] if rows else None


def some(rows: Sequence[int], bits: int) -> list[int]:
    """Those whose bit is set, counted round."""
    return [row for n, row in enumerate(rows) if bits >> (n % 6) & 1]
