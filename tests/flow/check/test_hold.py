"""A person stops an order."""

import pytest

from alur.models import Hold, Note, SalesOrder
from tests import make


def test_an_order_is_stopped_with_a_note():
    one, two = make.orders(2, through="check.price")
    outcome = make.run("check.hold", {one: {"reason": "telepon dulu"}, two: {"reason": ""}})
    assert outcome.moved == [one, two]
    assert list(Hold.objects.order_by("id").values_list("order_id", "code", "owner", "opened_by")) == [(i, "manual", "verifier", make.BY) for i in (one, two)]
    assert [(n.subject_id, n.body) for n in Note.objects.all()] == [(one, "telepon dulu")]
    assert make.events(one)[-1] == "order.held"
    assert make.run("check.verify").moved == []
    assert make.run("check.hold", {one: {"reason": "lagi"}}).already == [one]
    assert make.events(one).count("order.held") == 1


@pytest.mark.parametrize("state", ["fulfilled", "closed", "cancelled"])
def test_what_is_over_is_not_stopped(state):
    (one,) = make.orders()
    SalesOrder.objects.filter(id=one).update(state=state)
    assert make.codes(make.run("check.hold", {one: {"reason": "x"}, 10**6: {"reason": "x"}})) == ["wrong_state", "not_found"]
    assert make.count_of("hold") == make.count_of("note") == 0
