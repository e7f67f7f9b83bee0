"""Scarce credit: a set gives what its members give one by one in queue order, in any split; any other order of calls ends the same."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alur.core import sql
from alur.core.step import Outcome
from alur.flow.check.verify import WAITING, verify
from alur.log import recheck
from alur.models import Approval, Customer, Hold, OpenReceipt, OrderLine, SalesOrder
from tests import make

# An order: payer, priority, total / 1000, percent paid first, what has become of it, approved up to
ORDER = st.tuples(
    st.integers(0, 1), st.integers(4, 6), st.integers(1, 9), st.sampled_from([0, 0, 0, 50, 100]),
    st.sampled_from(["priced", "priced", "priced", "unpriced", "verified", "amended", "held", "ticket", "far"]), st.sampled_from([None, None, None, 5]),
)  # fmt: skip
COMPANY = st.tuples(st.lists(ORDER, min_size=2, max_size=7), st.tuples(st.integers(0, 20), st.integers(0, 20)))

SETTINGS = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])


def begin(orders: Sequence[tuple], limits: Sequence[int]) -> list[int]:
    """The company as it stands; ids in queue order."""
    payers = [make.customer(credit_limit=1000 * limit) for limit in limits]
    thing = make.product()
    OpenReceipt.objects.create(payment_id=1, payer_id=payers[0], open=1500, received_on=make.AT)
    model = SalesOrder.objects.get(id=make.orders(1, customer_id=payers[0], lines=[(thing, 1)])[0])
    line = OrderLine.objects.get(order=model)
    OrderLine.objects.filter(id=line.id).update(order=model)
    made = []
    for n, (payer, priority, thousands, advance, fate, approved) in enumerate(orders):
        running = fate == "verified"
        model.pk, model.number = None, f"T{n}"
        model.customer_id = model.payer_id = payers[payer]
        model.priority, model.total, model.advance_pct = priority, 1000 * thousands, advance
        model.received_at = make.AT - timedelta(minutes=n) + (timedelta(days=9) if fate == "far" else timedelta())
        model.state, model.version = "verified" if running else "received", 1 + (fate == "amended")
        model.priced_version = 0 if fate == "unpriced" else model.version
        model.granted = 10 * thousands * (100 - advance) if running else 2500 if fate == "amended" else 0
        model.save(force_insert=True)
        line.pk, line.order, line.unit_price, line.net, line.price_reason = None, model, 10_000, 10_000, "list"
        line.save(force_insert=True)
        if approved:
            Approval.objects.create(order=model, code="over_credit_limit", facts={"at_risk": 1000 * approved}, at=make.AT)
        if fate in ("held", "ticket"):
            Hold.objects.create(order=model, code="over_credit_limit", owner="finance", opened_at=make.AT)
        if fate in ("verified", "ticket"):
            recheck.add("verify", [model.pk], "test")
        made.append(model.pk)
    SalesOrder.objects.filter(number__startswith="SO-").update(state="cancelled")
    return list(SalesOrder.objects.filter(id__in=made).order_by("priority", "received_at", "id").values_list("id", flat=True))


def end(ids: Sequence[int]) -> list[tuple]:
    """What has become of them."""
    rows = sql.rows(
        """SELECT o.id, o.state, o.granted, ARRAY(SELECT code FROM hold h WHERE h.order_id = o.id AND resolved_at IS NULL ORDER BY id) AS holds,
                  (SELECT count(*) FROM recheck r WHERE r.order_id = o.id) AS tickets
             FROM sales_order o WHERE o.id = ANY(%(ids)s::bigint[]) ORDER BY o.id""",
        ids=list(ids),
    )
    return [tuple(row) for row in rows]


def after(ids: Sequence[int], calls: Iterable[Sequence[int]], then: Callable[[], None] = lambda: None) -> list[tuple]:
    """What these calls give, each beginning with the same company."""
    mark = transaction.savepoint()
    for call in calls:
        verify(call, by="worker", at=make.AT)
        then()
    found = end(ids)
    transaction.savepoint_rollback(mark)
    return found


def work() -> None:
    """The worker judges what waits until nothing moves."""
    for _ in range(20):
        before = sql.ids(WAITING, at=make.AT, limit=2)
        if not before:
            return
        outcome = verify(before, by="worker", at=make.AT)
        if not outcome.moved and all(r.code == "waits_for_ahead" for r in outcome.refused) and not outcome.already:
            verify(sql.ids(WAITING, at=make.AT, limit=100), by="worker", at=make.AT)
            return


@SETTINGS
@given(company=COMPANY, data=st.data())
def test_a_set_is_its_members_one_by_one_in_queue_order(company, data):
    with transaction.atomic():
        mark = transaction.savepoint()
        ids = begin(*company)
        whole = after(ids, [ids])
        assert after(ids, [[i] for i in ids]) == whole
        cuts = sorted(data.draw(st.sets(st.integers(1, len(ids) - 1), max_size=3)))
        assert after(ids, [ids[a:b] for a, b in zip([0, *cuts], [*cuts, len(ids)], strict=True)]) == whole
        transaction.savepoint_rollback(mark)


@SETTINGS
@given(company=COMPANY, data=st.data())
def test_any_other_order_grants_less_and_ends_the_same(company, data):
    with transaction.atomic():
        mark = transaction.savepoint()
        ids = begin(*company)
        called = [i for i in ids if i in set(sql.ids(WAITING, at=make.AT, limit=100))]
        whole = after(ids, [called])
        mixed = data.draw(st.permutations(called))
        first = mixed[: data.draw(st.integers(0, len(mixed)))]
        early = after(ids, [[i] for i in first])
        assert {row[0] for row in early if row[1] == "verified"} <= {row[0] for row in whole if row[1] == "verified"}
        assert after(ids, [*[[i] for i in first], []], work) == whole
        transaction.savepoint_rollback(mark)


def test_what_is_granted_never_passes_the_limit():
    buyer = make.customer(credit_limit=100_000)
    ids = make.orders(30, customer_id=buyer, lines=[(make.product(1_000, cost=500), 7)], through="check.price")
    make.run("check.verify", ids)
    granted = [make.order(i).granted for i in ids]
    assert granted == [Decimal(7770)] * 12 + [0] * 18
    assert Customer.objects.get(id=buyer).credit_limit >= sum(granted)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_grant_more_than_the_limit():
    buyer = make.customer(credit_limit=100_000)
    ids = make.orders(20, customer_id=buyer, lines=[(make.product(1_000, cost=500), 7)], through="check.price")
    go = Barrier(2)

    def half(part: list[int]) -> Outcome:
        connections.close_all()
        go.wait(10)
        try:
            return make.run("check.verify", part)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(copy_context().run, half, part) for part in (ids[::2], ids[1::2])]
        answers = [call.result(60) for call in calls]
    granted = [make.order(i).granted for i in ids]
    assert sum(granted) <= 100_000
    assert all(len(each.moved) + len(each.refused) == 10 for each in answers)
    make.run("check.verify")
    assert [make.order(i).granted for i in ids] == [7_770] * 12 + [0] * 8
