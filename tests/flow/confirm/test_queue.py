"""The queue rule, by generated cases: a set gives what its members would give one by one, or in any split; any order of calls ends the same.

Stock is scarce in two warehouses; some orders name one, some customers take no backorders, some orders are held, early or partly charges.
"""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alur.core import sql
from alur.flow.capture.draft import LineDraft, OrderDraft
from alur.models import OrderLine, SalesOrder, Stock, Warehouse
from tests import make

ORDER = st.fixed_dictionaries({
    "lines": st.lists(st.tuples(st.integers(0, 1), st.integers(1, 6), st.sampled_from([None, None, None, 0, 1])), min_size=1, max_size=3),
    "customer": st.integers(0, 2),
    "priority": st.sampled_from([5, 5, 5, 1]),
    "early": st.sampled_from([False, False, False, True]),
})  # fmt: skip
CASE = st.fixed_dictionaries({
    "stock": st.lists(st.integers(0, 12), min_size=4, max_size=4),
    "orders": st.lists(ORDER, min_size=2, max_size=7),
    "supply": st.lists(st.integers(0, 8), min_size=4, max_size=4),
})  # fmt: skip
SNAPSHOT = """
SELECT o.id, o.state, l.id, l.reserved, coalesce(b.open, 0), b.warehouse_id,
       ARRAY(SELECT (r.warehouse_id, r.quantity)::text FROM reservation r WHERE r.order_line_id = l.id ORDER BY r.warehouse_id)
  FROM sales_order o JOIN order_line l ON l.order_id = o.id LEFT JOIN backorder b ON b.order_line_id = l.id ORDER BY l.id
"""
WRONG = """
SELECT s.id FROM stock s LEFT JOIN reservation r ON r.product_id = s.product_id AND r.warehouse_id = s.warehouse_id
 GROUP BY s.id, s.reserved HAVING s.reserved <> coalesce(sum(r.quantity), 0)
UNION ALL
SELECT l.id FROM order_line l JOIN sales_order o ON o.id = l.order_id
  LEFT JOIN reservation r ON r.order_line_id = l.id LEFT JOIN backorder b ON b.order_line_id = l.id
 WHERE o.state = 'confirmed' GROUP BY l.id, l.reserved, l.ordered, l.cancelled, b.open
HAVING l.reserved <> coalesce(sum(r.quantity), 0) OR l.ordered - l.cancelled - l.reserved <> coalesce(b.open, 0)
"""


@pytest.fixture
def world():
    """Two warehouses, two products, three customers: one of the other warehouse, one that takes no backorders."""
    products = [make.product(stock=0), make.product(stock=0)]
    places = [Warehouse.objects.get().id, make.warehouse("SBY")]
    for product in products:
        for place in places:
            make.put(product, 1, warehouse_id=place)
    customers = [make.customer(), make.customer(warehouse_id=places[1]), make.customer(takes_backorders=False)]
    return products, places, customers


def build(case, world):
    products, places, customers = world
    for stock, on_hand in zip(Stock.objects.order_by("id"), case["stock"], strict=True):
        Stock.objects.filter(id=stock.id).update(on_hand=on_hand)
    drafts = []
    for order in case["orders"]:
        lines = tuple(LineDraft(product_id=products[p], quantity=Decimal(n), warehouse_id=None if w is None else places[w]) for p, n, w in order["lines"])
        early = date(2027, 6, 1) if order["early"] else None
        drafts.append(OrderDraft(len(drafts), customers[order["customer"]], lines, priority=order["priority"], requested_on=early))
    ids = make.run("capture.receive", drafts).moved
    SalesOrder.objects.filter(id__in=ids).update(state="verified")
    return sorted(ids, key=lambda i: (case["orders"][ids.index(i)]["priority"], i))


def ended(case, world, act):
    """What the tables say after an act, and nothing kept of it."""
    with transaction.atomic():
        ids = build(case, world)
        act(ids)
        assert not sql.rows(WRONG)
        assert not make.count_of("broken")
        offset = min(ids)
        lines = min(line.id for line in OrderLine.objects.filter(order_id__in=ids))
        found = [(row[0] - offset, row[1], row[2] - lines, *row[3:]) for row in sql.rows(SNAPSHOT)]
        transaction.set_rollback(True)
    return found


def one_by_one(ids):
    for i in ids:
        make.run("confirm.reserve", [i])


def in_order(order):
    """Calls in some order of places, then the worker judges the rest."""

    def act(ids):
        for n in order:
            if n < len(ids):
                make.run("confirm.reserve", [ids[n]])
        for _ in ids:
            make.run("confirm.reserve", ids)

    return act


def split(at):
    def act(ids):
        for part in (ids[:at], ids[at:]):
            if part:
                make.run("confirm.reserve", list(reversed(part)))

    return act


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=CASE, at=st.integers(1, 6), order=st.permutations(range(7)))
def test_a_set_gives_what_its_members_would(world, case, at, order):
    whole = ended(case, world, lambda ids: make.run("confirm.reserve", ids))
    assert whole == ended(case, world, one_by_one)
    assert whole == ended(case, world, split(at))
    assert whole == ended(case, world, in_order(order))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=CASE, at=st.integers(1, 6))
def test_what_comes_in_is_given_in_queue_order(world, case, at):
    def come():
        for stock, more in zip(Stock.objects.order_by("id"), case["supply"], strict=True):
            Stock.objects.filter(id=stock.id).update(on_hand=stock.on_hand + more)

    def refilled(parts):
        def act(ids):
            make.run("confirm.reserve", ids)
            come()
            for part in parts(ids):
                if part:
                    make.run("confirm.refill", part)
            make.run("confirm.refill")

        return act

    whole = ended(case, world, refilled(lambda ids: [ids]))
    assert whole == ended(case, world, refilled(lambda ids: [[i] for i in ids]))
    assert whole == ended(case, world, refilled(lambda ids: [[i] for i in reversed(ids)]))
    assert whole == ended(case, world, refilled(lambda ids: [ids[at:], ids[:at]]))
    assert whole == ended(case, world, refilled(lambda _: []))


def test_nothing_is_promised_twice(world):
    """A queue of hundreds over little stock: what is given is what there was."""
    case = {"stock": [40, 3, 25, 60], "supply": [0] * 4}
    case["orders"] = [{"lines": [(n % 2, 1 + n % 5, None)], "customer": n % 2, "priority": 5, "early": False} for n in range(120)]
    ids = build(case, world)
    assert len(make.run("confirm.reserve", ids).moved) == 120
    assert not sql.rows(WRONG)
    assert [stock.on_hand - stock.reserved for stock in Stock.objects.all()] == [0, 0, 0, 0]
