"""An order of which nothing is open any more is finished."""

import pytest

from alur.flow import finish
from alur.models import OrderLine, Recheck, SalesOrder
from tests import make


def line(position: int, order_id: int, **counters: int) -> None:
    OrderLine.objects.filter(order_id=order_id, position=position).update(**counters)


GONE = {"reserved": 2, "scheduled": 2, "picked": 2, "shipped": 2, "delivered": 2}


@pytest.mark.parametrize(
    ("goods", "charge", "state", "wanted"),
    [
        (GONE, {}, "fulfilled", (1, 0)),  # a charge left over is delivered, since something was
        ({"cancelled": 2}, {}, "cancelled", (0, 1)),  # or given up, since nothing was
        (GONE | {"delivered": 1}, {}, None, (0, 0)),
        ({"reserved": 2}, {}, None, (0, 0)),
        (GONE, {"cancelled": 1}, "fulfilled", (0, 1)),
    ],
)
def test_finish(goods, charge, state, wanted):
    (order_id,) = make.orders(lines=[(make.product(), 2), (make.product(kind="charge"), 1)])
    SalesOrder.objects.update(state="confirmed")
    line(1, order_id, **goods)
    line(2, order_id, **charge)
    finished = finish.ask([order_id]).rows()
    assert [row.state for row in finished] == ([state] if state else [])
    assert make.order(order_id).state == (state or "confirmed")
    post = make.lines_of(order_id)[1]
    assert (post.delivered, post.cancelled) == wanted
    finish.tell(finished, by=make.BY, at=make.AT)
    assert (make.events(order_id)[-1] == f"order.{state}") is bool(state)
    assert [ticket.step for ticket in Recheck.objects.all()] == (["issue"] if state == "fulfilled" else [])  # an invoice comes, and wakes close


def test_what_is_invoiced_already_is_closed_next():
    (order_id,) = make.orders(lines=[(make.product(), 2)])
    SalesOrder.objects.update(state="confirmed")
    line(1, order_id, **GONE, invoiced=2)
    finish.tell(finish.ask([order_id]).rows(), by=make.BY, at=make.AT)
    assert Recheck.objects.get().step == "close"


@pytest.mark.parametrize("state", ["fulfilled", "closed", "cancelled"])
def test_what_is_over_is_left_alone(state):
    (order_id,) = make.orders()
    SalesOrder.objects.update(state=state)
    OrderLine.objects.update(cancelled=2)
    assert finish.ask([order_id]).rows() == []
