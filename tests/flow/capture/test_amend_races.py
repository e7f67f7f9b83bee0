"""Many people change, cancel, pick and send off the same orders at once: one change of a version counts, nothing waits for itself, the books are sound."""

from random import Random

import pytest

from alur.core import clock, step
from alur.flow import map as flow
from alur.flow.capture.delta import Amend, LineChange
from alur.jobs import worker
from alur.models import Delivery, OrderLine
from tests import make
from tests.flow.test_races import at_once, sound

AT = make.AT


@pytest.fixture(autouse=True)
def _committing(transactional_db):
    clock.move(AT)


def test_of_many_changes_of_one_version_one_counts():
    (order,) = make.orders(lines=[(make.product(stock=50), 10)], through="deliver.schedule")
    line, version = make.lines_of(order)[0].id, make.order(order).version
    changes = [Amend(version, {line: LineChange(quantity=n)}) for n in range(1, 18) if n != 10]
    outcomes = at_once(lambda asked: step.run(flow.by_name["capture.amend"], {order: asked}, by="7", at=AT), changes, 16)
    assert sorted(r.code for o in outcomes for r in o.refused) == ["stale_version"] * 15
    assert [o.moved for o in outcomes if o.moved] == [[order]]
    worker.until_idle()
    assert make.order(order).version == version + 1
    assert sound()


def test_changes_meet_those_who_pick_and_send_off():
    cup, pen = make.product(stock=120), make.product(stock=200)
    orders = make.orders(24, lines=[(cup, 4), (pen, 5)], through="deliver.schedule")
    first = dict(OrderLine.objects.filter(position=1).values_list("order_id", "id"))
    rng, things = Random(3), []
    for order in orders:
        things += [("capture.amend", {order: Amend(1, {first[order]: LineChange(quantity=rng.choice((0, 2, 3, 6)))})})]
        things += [("capture.cancel", {order: {"lines": {first[order]: 1}}})] if rng.random() < 0.4 else []
    for delivery in Delivery.objects.values_list("id", flat=True):
        things += [("deliver.pick", [delivery]), ("deliver.dispatch", [delivery]), ("deliver.complete", [delivery])]
    rng.shuffle(things)
    at_once(lambda thing: step.run(flow.by_name[thing[0]], thing[1], by="7", at=AT), things, 16)
    assert sound()
    worker.until_idle()
    assert sound()
