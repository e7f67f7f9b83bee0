"""Today's figures, as stories: a day's orders, holds, arrivals and money; what waits for which role; promises at risk."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from alur.core import sql
from alur.flow.pay.receive import Receipt
from alur.models import Delivery, Hold
from alur.reads import today as reads
from tests import make

DAY = date(2026, 11, 23)


def hold(order_id, code="price_differs", owner="verifier", hours=0, **more):
    facts = {"percent": "5", "ours": "1", "theirs": "2", "over": "10", "limit": "1"}
    return Hold.objects.create(order_id=order_id, code=code, owner=owner, facts=facts, opened_at=make.AT - timedelta(hours=hours), opened_by="worker", **more)


def test_what_a_day_brought():
    clean, held, paid_ahead = make.orders(3)
    hold(held, hours=6, resolved_at=make.AT, resolved_by="7")
    hold(paid_ahead, "awaiting_payment", "finance", hours=6, resolved_at=make.AT, resolved_by="system")
    make.onward([clean], "confirm.promise")
    make.deliveries([clean], through="deliver.complete")
    make.run("pay.receive", [Receipt(key=1, payer_id=make.order(clean).payer_id, amount=Decimal(5000), received_on=DAY)])
    (day,) = reads.days(DAY, DAY)
    assert (day.orders, day.clean, day.settled, day.hours) == (3, 2, 1, 6)
    assert (day.arrived, day.kept, day.money) == (1, 1, 5000)
    assert reads.days(DAY - timedelta(days=9), DAY - timedelta(days=1)) == []


def test_holds_wait_for_the_role_that_owns_them():
    first, second, third = make.orders(3)
    hold(first, hours=30)
    hold(second, "over_credit_limit", "finance", hours=1)
    hold(third, "awaiting_payment", "finance", hours=80)
    found = reads.mine({"verifier"}, make.AT, DAY)
    assert [(row.number, row.code, row.target, row.n, row.late) for row in found] == [(make.order(first).number, "price_differs", 24, 1, 1)]
    # money is waited for three days; then somebody has to ask
    assert [row.id for row in reads.mine({"finance"}, make.AT, DAY)] == [third, second]
    assert reads.mine({"driver"}, make.AT, DAY) == []


def test_deliveries_wait_for_hands():
    ids = make.confirmed(3)
    one, two, three = make.deliveries(ids)
    make.run("deliver.pick", [two, three])
    make.run("deliver.dispatch", [three])
    Delivery.objects.update(scheduled_on=DAY)
    held = Hold.objects.create(order_id=ids[0], code="manual", owner="verifier", opened_at=make.AT, opened_by="7")
    assert {row.id for row in reads.mine({"warehouse"}, make.AT, DAY)} == {two}  # a held one cannot be picked
    held.delete()
    assert {row.id for row in reads.mine({"warehouse"}, make.AT, DAY)} == {one, two}
    assert {row.id for row in reads.mine({"dispatcher"}, make.AT, DAY)} == {two}  # on the road is where it should be
    assert {row.id for row in reads.mine({"driver"}, make.AT, DAY)} == {three}
    Delivery.objects.update(scheduled_on=DAY - timedelta(days=1))
    assert {row.id for row in reads.mine({"dispatcher"}, make.AT, DAY)} == {two, three}


@pytest.mark.parametrize(
    ("hour", "window", "days", "risk"),
    [(9, "", 0, 0), (16, "", 0, 1), (9, "08-10", 0, 1), (9, "13–17", 0, 0), (9, "", -1, 1), (9, "tomorrow", 0, 0), (9, "", 1, None)],
)
def test_promises_at_risk(hour, window, days, risk):
    make.deliveries(make.confirmed(1))
    Delivery.objects.update(scheduled_on=DAY + timedelta(days=days), delivery_window=window)
    now = make.AT + timedelta(hours=hour - 9)
    counts, risky = reads.promised(now, DAY)
    assert counts.get("scheduled", None) is None if risk is None else counts["scheduled"].risk == risk
    assert len(risky) == (risk or 0)


def test_causes_and_money():
    first, second = make.orders(2)
    hold(first, hours=30)
    hold(second)
    (cause,) = reads.causes(make.AT)
    assert (cause.code, cause.n, cause.late, cause.number) == ("price_differs", 2, 1, make.order(first).number)
    assert cause.total == sum(make.order(i).total for i in (first, second))
    assert reads.running().orders == 2
    owed = reads.money(DAY)
    assert (owed.owed, owed.items, owed.loose_receipts) == (0, 0, 0)


def test_all_of_it_is_a_constant_number_of_statements():
    def everything():
        with sql.counting() as count:
            reads.days(DAY, DAY)
            reads.mine({"verifier", "warehouse", "finance"}, make.AT, DAY)
            reads.causes(make.AT)
            reads.promised(make.AT, DAY)
            reads.money(DAY)
            reads.running()
        return count.statements

    few = everything()
    for order_id in make.confirmed(5):
        hold(order_id)
    assert everything() == few == 6


@pytest.mark.parametrize(("hour", "window", "days", "risk"), [(19, "", 0, 0), (11, "08-10", 0, 1), (9, "", -1, 1)])
def test_what_is_on_the_road_has_its_window_or_the_day(hour, window, days, risk):
    make.deliveries(make.confirmed(1), through="deliver.dispatch")
    Delivery.objects.update(scheduled_on=DAY + timedelta(days=days), delivery_window=window)
    counts, _ = reads.promised(make.AT + timedelta(hours=hour - 9), DAY)
    assert counts["dispatched"].risk == risk
