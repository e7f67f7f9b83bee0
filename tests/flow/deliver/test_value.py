"""By generated cases: goods and their value are never lost on the road, and a set ends as its members do one by one.

Costs do not divide evenly, stock is scarce, deliveries end in every way. After each act the books' own proof must find nothing.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from alur.core import sql
from alur.flow.deliver.ending import Done, Ends
from alur.models import Reason
from alur.reads import proof
from tests import make

CHECKS = [name for name in proof.CHECKS if name.split()[0] in ("I1", "I2", "I3", "I4", "I6", "I7", "I19")]
LINE = st.tuples(st.integers(0, 1), st.integers(1, 6))
CASE = st.fixed_dictionaries({
    "stock": st.tuples(*[st.tuples(st.integers(1, 14), st.decimals("0.01", 99, places=6))] * 2),
    "orders": st.lists(st.tuples(st.lists(LINE, min_size=1, max_size=2), st.booleans()), min_size=1, max_size=4),
    "ends": st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 6)), min_size=16, max_size=16),
})  # fmt: skip
ROAD = """
SELECT x.id, x.delivery_id, x.picked, l.kind FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id JOIN delivery d ON d.id = x.delivery_id
 WHERE d.state = 'dispatched' ORDER BY x.id
"""
SNAPSHOT = """
SELECT o.state, l.cancelled, l.reserved, l.scheduled, l.picked, l.shipped, l.delivered, coalesce(b.open, 0)
  FROM sales_order o JOIN order_line l ON l.order_id = o.id LEFT JOIN backorder b ON b.order_line_id = l.id ORDER BY l.id
"""
SHELVES = "SELECT on_hand, reserved, value FROM stock ORDER BY id"
BOOKS = "SELECT account, sum(amount) FROM journal_line GROUP BY account ORDER BY account"
TURNS = 3


def proved() -> None:
    wrong = [(result.name, result.violations) for result in proof.prove(CHECKS) if result.violations]
    assert not wrong, wrong


def put(quantity: int, cost: Decimal) -> int:
    product = make.product(stock=0)
    make.put(product, quantity, cost=cost)
    return product


def reports(ends) -> dict[int, Done]:
    """How each delivery on the road ends: what is said of a line, cut to what was shipped."""
    said: dict[int, dict[int, Ends]] = {}
    for row, (delivered, again, lost) in zip(sql.rows(ROAD), ends * 4, strict=False):
        rest = row.picked
        parts = []
        for part in (delivered, again, lost):
            parts.append(min(rest, Decimal(part)))
            rest -= parts[-1]
        lines = said.setdefault(row.delivery_id, {})
        if row.kind != "charge":
            lines[row.id] = Ends(*parts, rest, "closed")
    return {i: Done(lines=lines) for i, lines in said.items()}


def turn(ids: list[int], ends, run) -> None:
    """Refill, schedule, pick, dispatch, and end every delivery as it is said."""
    run("confirm.refill", ids)
    scheduled = run("deliver.schedule", ids)
    deliveries = [i for facts in scheduled.values() for i in facts["delivery_ids"]]
    run("deliver.pick", deliveries)
    run("deliver.dispatch", deliveries)
    proved()
    said = reports(ends)
    arrived = {i: done for i, done in said.items() if any(e.delivered for e in done.lines.values())}
    run("deliver.complete", arrived)
    run("deliver.fail", {i: done for i, done in said.items() if i not in arrived})
    proved()


def at_once(name: str, items):
    return make.run(name, items, at=make.AT + timedelta(hours=1)).facts if items else {}


def one_by_one(name: str, items):
    found = {}
    for i in sorted(items):
        found |= at_once(name, {i: items[i]} if isinstance(items, dict) else [i])
    return found


def ended(case, run):
    """What the tables say at the end, and nothing kept of it."""
    with transaction.atomic():
        products = [put(*shelf) for shelf in case["stock"]]
        post, buyer = make.product(kind="charge"), make.customer()
        ids = []
        for lines, charged in case["orders"]:
            wanted = [(products[n], quantity) for n, quantity in lines] + [(post, 1)] * charged
            ids += make.orders(customer_id=buyer, lines=wanted, through="confirm.reserve")
        for start in range(TURNS):
            turn(ids, case["ends"][start * 5 :], run)
        found = [[tuple(row) for row in sql.rows(query)] for query in (SNAPSHOT, SHELVES, BOOKS)]
        transaction.set_rollback(True)
    return found


@pytest.fixture
def _reason():
    make.basics()
    Reason.objects.create(kind="failed_delivery", code="closed")


@pytest.mark.usefixtures("_reason")
@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate), suppress_health_check=list(HealthCheck))
@given(case=CASE)
@example({  # a value of more than two decimals, the last of it lost
    "stock": ((1, Decimal("0.01")), (9, Decimal("0.0425"))),
    "orders": [([(1, 3)], True), ([(1, 6)], False)],
    "ends": [(0, 0, 0), (0, 0, 0), (5, 0, 1), *[(0, 0, 0)] * 13],
})  # fmt: skip
def test_a_set_ends_as_its_members_do_and_nothing_is_lost(case):
    assert ended(case, at_once) == ended(case, one_by_one)
