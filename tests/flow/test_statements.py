"""One is a set of one: every step of the map uses the same number of statements for 1 and for 200.

Orders are led through the whole process; at each step one goes alone and the other 199 together. A step that is missing here fails the test.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from alur.core import clock, sql, step
from alur.flow import map as flow
from alur.flow.capture.cancel import Cancel
from alur.flow.check.change_customer import Change
from alur.flow.check.change_price import Price as NewPrice
from alur.flow.check.change_product import Change as ProductChange
from alur.flow.check.hold import Hold
from alur.flow.check.release import Release
from alur.flow.deliver.ending import Done
from alur.flow.deliver.move import Move
from alur.flow.deliver.propose import Proposal
from alur.flow.pay.choose import Pair
from alur.flow.pay.receive import Receipt
from alur.models import Component, Customer, Department, Price, Product, Reason, Supplier, Terms
from alur.supply.count import Count
from alur.supply.order import Line, SupplyDraft
from alur.supply.set_limit import Limits
from tests import make

N = 200
LATER = make.AT + timedelta(days=1)
OF_ORDERS = """
SELECT DISTINCT d.id FROM delivery d JOIN delivery_line x ON x.delivery_id = d.id JOIN order_line l ON l.id = x.order_line_id
 WHERE l.order_id = ANY(%(ids)s::bigint[]) AND d.state = %(state)s ORDER BY 1
"""
BILLS = """
SELECT DISTINCT i.number, i.payer_id, i.total FROM invoice i JOIN invoice_line n ON n.invoice_id = i.id JOIN order_line l ON l.id = n.order_line_id
 WHERE l.order_id = ANY(%(ids)s::bigint[])
"""

MATCHED = """
SELECT a.id FROM allocation a JOIN payment p ON p.id = a.payment_id WHERE p.payer_id = ANY(%(ids)s::bigint[]) ORDER BY 1
"""
OWED = """
SELECT p.id AS payment_id, p.payer_id, p.amount, i.invoice_id FROM payment p JOIN open_item i ON i.payer_id = p.payer_id
 WHERE p.id = ANY(%(giros)s::bigint[]) AND p.payer_id = ANY(%(ids)s::bigint[]) ORDER BY 2
"""

INVOICES_OF = """
SELECT DISTINCT n.invoice_id FROM invoice_line n JOIN order_line l ON l.id = n.order_line_id WHERE l.order_id = ANY(%(ids)s::bigint[]) ORDER BY 1
"""


class Walk:
    """Leads orders along and counts each step's statements for the first and for the rest."""

    def __init__(self) -> None:
        self.counts: dict[str, tuple[int, int]] = {}

    def __call__(self, name: str, ids: Sequence[Any], items: Callable[[Sequence[Any]], Any] = list) -> list[int]:
        moved, counted = [], []
        for part in (ids[:1], ids[1:]):
            given = items(part)
            with sql.counting() as count:
                outcome = step.run(flow.by_name[name], given, by="worker", at=LATER)
            assert not outcome.refused, (name, outcome.refused[:2])
            assert len(outcome.moved) == len(given), (name, len(outcome.moved), len(outcome.already))
            moved += outcome.moved
            counted.append(count.statements)
        self.counts.setdefault(name, (counted[0], counted[1]))
        return moved


def with_state(state: str) -> Callable[[Iterable[int]], list[int]]:
    """The deliveries of orders that are in this state."""
    return lambda ids: sql.ids(OF_ORDERS, ids=list(ids), state=state)


def bills(ids: Sequence[int], short: int = 0) -> list[Receipt]:
    """What is owed on the invoices of these orders, as money that comes in."""
    return [Receipt(key=n, payer_id=b.payer_id, amount=b.total - short, reference=b.number) for n, b in enumerate(sql.rows(BILLS, ids=list(ids)))]


def payers(ids: Sequence[int]) -> list[int]:
    """Who pays these orders."""
    return sql.ids("SELECT DISTINCT payer_id FROM sales_order WHERE id = ANY(%(ids)s::bigint[]) ORDER BY 1", ids=list(ids))


def by_hand(giros: Sequence[int], of: Sequence[int]) -> dict[int, list[Pair]]:
    """A giro of each of these payers for what they owe."""
    return {row.payer_id: [Pair(row.invoice_id, row.amount, row.payment_id)] for row in sql.rows(OWED, giros=list(giros), ids=list(of))}


@pytest.fixture
def walk() -> Walk:
    return Walk()


def received(walk: Walk, customers: Sequence[int], products: Sequence[int]) -> list[int]:
    """An order for each customer, of every product."""
    return walk("capture.receive", customers, lambda part: [make.draft(c, [(p, 2) for p in products]) for c in part])


def upto_delivery(walk: Walk, orders: Sequence[int]) -> None:
    for name in ("check.price", "check.verify", "confirm.reserve", "confirm.promise", "invoice.prepare", "deliver.schedule"):
        walk(name, orders)


def through_the_door(walk: Walk, orders: Sequence[int]) -> None:
    walk("deliver.pick", orders, with_state("scheduled"))
    walk("deliver.dispatch", orders, with_state("picked"))


def test_every_step_uses_as_many_statements_for_one_as_for_many(walk: Walk):
    Reason.objects.create(kind="failed_delivery", code="closed")
    customers, products = [make.customer() for _ in range(N)], [make.product(stock=10_000) for _ in range(3)]
    orders = received(walk, customers, products)
    walk("check.price", orders)
    walk("check.hold", orders, lambda part: {i: Hold("uji") for i in part})
    walk("check.release", orders, lambda part: {i: Release("uji") for i in part})
    upto_delivery(walk, received(walk, customers, products))  # so that the numbers are those of a clean order
    for name in ("check.verify", "confirm.reserve", "confirm.promise", "invoice.prepare", "deliver.schedule"):
        walk(name, orders)
    walk("deliver.move", orders, lambda part: {i: Move(day="2026-11-30", vehicle="B 1") for i in with_state("scheduled")(part)})
    walk("deliver.cancel", orders, with_state("scheduled"))
    walk("deliver.schedule", orders)
    through_the_door(walk, orders)
    walk("deliver.fail", orders, lambda part: {i: Done(reason="closed") for i in with_state("dispatched")(part)})
    walk("deliver.schedule", orders)
    through_the_door(walk, orders)
    walk("deliver.complete", orders, with_state("dispatched"))
    walk("invoice.issue", orders)
    walk("invoice.hand_over", orders, lambda part: {i: {"on": "2026-11-24"} for i in sql.ids(INVOICES_OF, ids=list(part))})
    walk("pay.receive", orders, lambda part: bills(part, short=500))
    walk("pay.match", orders, payers)
    walk("settle.write_off", orders, lambda part: sql.ids("SELECT id FROM open_item WHERE payer_id = ANY(%(ids)s::bigint[])", ids=payers(part)))
    walk("settle.close", orders)
    _visited(walk, customers)
    _money_back(walk, orders)
    _sent_back(walk, orders)
    _short_of_goods(walk, customers)
    _paid_first(walk, customers, products)
    _master_data(walk, customers)
    _months(walk)
    different = {name: pair for name, pair in walk.counts.items() if pair[0] != pair[1]}
    assert not different
    assert set(walk.counts) == set(flow.by_name)


def _visited(walk: Walk, customers: Sequence[int]) -> None:
    """Services with a crew of its own for each: booked, another day proposed and taken, done or failed; as many statements for one as for many."""
    crews = [Department.objects.create(code=f"SVC{n}", kind="service") for n in range(N)]
    services, own = [make.product(kind="service", department=crew) for crew in crews], Walk()
    pairs = list(zip(customers, services, strict=True))
    orders = own("capture.receive", pairs, lambda part: [make.draft(c, [(p, 1)]) for c, p in part])
    upto_delivery(own, orders)
    own("deliver.accept", orders, with_state("scheduled"))
    own("deliver.propose", orders, lambda part: {i: Proposal("2026-11-27") for i in with_state("scheduled")(part)})
    own("deliver.agree", orders)
    own("deliver.fail", orders, lambda part: {i: Done(reason="closed") for i in with_state("scheduled")(part)})
    own("deliver.schedule", orders)
    own("deliver.complete", orders, lambda part: {i: Done(hours="1", note="uji") for i in with_state("scheduled")(part)})
    own("supply.set_limit", [crew.id for crew in crews], lambda part: {i: Limits({"2026-11-28": 3}, "2") for i in part})
    assert {name: pair for name, pair in own.counts.items() if pair[0] != pair[1]} == {}
    walk.counts |= {name: pair for name, pair in own.counts.items() if name not in walk.counts}


def _money_back(walk: Walk, orders: Sequence[int]) -> None:
    walk("pay.unmatch", orders, lambda part: sql.ids(MATCHED, ids=payers(part)))
    sql.run("UPDATE policy SET remind_1_days = -60")
    walk("pay.remind", orders, lambda part: sql.ids("SELECT id FROM open_item WHERE payer_id = ANY(%(ids)s::bigint[]) ORDER BY id", ids=payers(part)))
    for end in ("pay.clear", "pay.bounce"):
        giros = walk("pay.receive", orders, lambda part, end=end: [Receipt(i, Decimal(900), i, way="giro", reference=end) for i in payers(part)])
        walk("pay.match", orders, lambda part, giros=giros: by_hand(giros, payers(part)))
        walk(end, giros)


LINES_OF = """
SELECT l.order_id, x.id, b.invoice_id, b.id AS billed_id, v.payer_id FROM order_line l JOIN delivery_line x ON x.order_line_id = l.id AND x.delivered > 0
  JOIN invoice_line b ON b.order_line_id = l.id AND b.credited_line_id IS NULL JOIN invoice v ON v.id = b.invoice_id
 WHERE l.order_id = ANY(%(ids)s::bigint[]) ORDER BY 1, 2
"""
RETURNS_OF = """
SELECT DISTINCT x.return_id FROM return_line x JOIN order_line l ON l.id = x.order_line_id JOIN "return" r ON r.id = x.return_id
 WHERE l.order_id = ANY(%(ids)s::bigint[]) AND r.state = %(state)s ORDER BY 1
"""


def _sent_back(walk: Walk, orders: Sequence[int]) -> None:
    """Delivered, billed and paid: a line comes back and is credited, a part is claimed, and the money goes back."""
    Reason.objects.create(kind="return", code="defective")
    back = {"reason": "defective"}

    def of(part: Sequence[int]) -> dict[int, Any]:
        return {row.order_id: row for row in sql.rows(LINES_OF, ids=list(part))}

    def returns(state: str) -> Callable[[Sequence[int]], list[int]]:
        return lambda part: sql.ids(RETURNS_OF, ids=list(part), state=state)

    walk("returns.permit", orders, lambda part: {i: {"lines": {row.id: 1}, **back} for i, row in of(part).items()})
    walk("returns.take_back", orders, returns("permitted"))
    walk("invoice.credit", orders, returns("received"))
    walk("returns.permit", orders, lambda part: {i: {"lines": {row.id: 1}, **back} for i, row in of(part).items()})
    walk("returns.close", orders, returns("permitted"))
    walk("invoice.claim", orders, lambda part: {r.invoice_id: {"lines": {r.billed_id: {"amount": 500}}, **back} for r in of(part).values()})
    walk("pay.refund", orders, lambda part: {r.payer_id: {"amount": 100} for r in of(part).values()})


def _short_of_goods(walk: Walk, customers: Sequence[int]) -> None:
    products, supplier = [make.product(stock=0) for _ in range(N)], Supplier.objects.create(code="S", name="S").id
    warehouse = sql.one("SELECT id FROM warehouse")
    pairs = list(zip(customers, products, strict=True))
    orders = walk("capture.receive", pairs, lambda part: [make.draft(c, [(p, 2)]) for c, p in part])
    for name in ("check.price", "check.verify", "confirm.reserve"):
        walk(name, orders)
    _made(walk, orders, products)
    bought = walk(
        "supply.order", products, lambda part: [SupplyDraft(n, supplier, warehouse, (Line(p, Decimal(2), Decimal(6000)),)) for n, p in enumerate(part)]
    )
    lines = sql.ids("SELECT id FROM supply_line WHERE supply_order_id = ANY(%(ids)s::bigint[]) ORDER BY id", ids=bought)
    walk("supply.receive", lines, lambda part: {i: {} for i in part})
    walk("confirm.refill", orders)
    walk("supply.count", products, lambda part: [Count(n, warehouse, p, Decimal(1)) for n, p in enumerate(part)])
    walk("capture.amend", orders, lambda part: {i: {"version": 1, "lines": {make.lines_of(i)[0].id: {"quantity": 1}}} for i in part})
    walk("capture.cancel", orders, lambda part: {i: Cancel(reason="customer") for i in part})


def _made(walk: Walk, orders: Sequence[int], products: Sequence[int]) -> None:
    """What they lack is made for them, and given up again; parts go to another warehouse."""
    part, home, other = make.product(stock=N), sql.one("SELECT min(id) FROM warehouse"), make.warehouse("BDG")
    Product.objects.filter(id__in=products).update(supply="make", department=Department.objects.create(code="PRD", kind="production"))
    Component.objects.bulk_create([Component(product_id=p, part_id=part, quantity=1) for p in products])
    walk("supply.make", orders)
    walk("supply.cancel", sql.ids("SELECT id FROM supply_line WHERE state = 'open' ORDER BY id"))
    make.run("supply.order", [SupplyDraft(n, home, other, (Line(part, Decimal(1)),), "transfer") for n in range(N)])
    walk("supply.transfer", sql.ids("SELECT id FROM supply_line WHERE state = 'open' ORDER BY id"), lambda each: {i: {} for i in each})


def _paid_first(walk: Walk, customers: Sequence[int], products: Sequence[int]) -> None:
    Customer.objects.filter(id__in=customers).update(terms=Terms.objects.get(id=make.terms(100)))
    orders = received(walk, customers, products[:1])
    for name in ("check.price", "check.verify", "confirm.reserve"):
        walk(name, orders)
    sql.run("UPDATE hold SET opened_at = opened_at - interval '3 days' WHERE order_id = ANY(%(ids)s::bigint[])", ids=orders)
    walk("confirm.expire", orders)
    totals = {i: make.order(i).total for i in orders}
    walk("pay.receive", orders, lambda part: [Receipt(key=i, order_id=i, amount=totals[i]) for i in part])
    walk("invoice.advance", orders)
    walk("capture.cancel", orders, lambda part: {i: Cancel(reason="customer") for i in part})
    walk("invoice.credit_advance", orders)


def _months(walk: Walk) -> None:
    sql.run("INSERT INTO period (starts_on) SELECT generate_series('2000-01-01'::date, '2016-08-01', '1 month')")
    months = sql.ids("SELECT id FROM period WHERE starts_on < '2020-01-01' ORDER BY starts_on")
    walk("books.lock_period", months)
    walk("books.reopen_period", months[::-1], lambda part: {i: {"reason": "uji"} for i in part})


def _master_data(walk: Walk, customers: Sequence[int]) -> None:
    walk("check.change_customer", customers, lambda part: {i: Change(version=1, fields={"credit_limit": "5000000"}) for i in part})
    prices = list(Price.objects.order_by("id").values_list("id", flat=True))
    walk("check.change_price", prices, lambda part: {i: NewPrice(price=Decimal(11_000), version=1) for i in part})
    products = list(Product.objects.order_by("id").values_list("id", flat=True))
    walk("check.change_product", products, lambda part: {i: ProductChange(version=1, fields={"lead_days": 9, "multiple": "2"}) for i in part})
    assert clock.day(LATER).isoformat() == "2026-11-24"
