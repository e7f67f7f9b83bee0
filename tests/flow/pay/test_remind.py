"""Three reminders of what is overdue, each once; the message follows the event."""

from datetime import timedelta

import pytest

from alur.core import sql
from alur.flow.pay.choose import Pair
from alur.models import Allocation, OpenItem
from tests import make
from tests.flow.pay.test_match import invoiced, pay

# the invoice is due on the 30th day; the default levels begin 3, 14 and 30 days later
LEVELS = [(32, 0), (33, 1), (43, 1), (44, 2), (59, 2), (60, 3), (400, 3)]


def after(days: int):
    return make.AT + timedelta(days=days)


def told() -> list[dict]:
    return [row.data for row in sql.rows("SELECT data FROM event WHERE kind = 'item.reminded' ORDER BY id")]


@pytest.mark.parametrize(("days", "level"), LEVELS)
def test_the_level_is_that_of_the_days(days, level):
    invoiced()
    (item,) = OpenItem.objects.all()
    assert make.run("pay.remind", at=after(days)).moved == ([item.id] if level else [])
    assert OpenItem.objects.get().reminded == level
    assert [(each["level"], each["amount"], each["days"]) for each in told()] == ([(level, 11_100, days - 30)] if level else [])


def test_each_level_once():
    (order,) = invoiced()
    for days in range(29, 95):
        make.run("pay.remind", at=after(days))
    assert [(each["level"], each["days"]) for each in told()] == [(1, 3), (2, 14), (3, 30)]
    assert make.events(order).count("item.reminded") == 3
    assert make.run("pay.remind", [OpenItem.objects.get().id], at=after(95)).already == [OpenItem.objects.get().id]


def test_what_comes_back_is_not_reminded_of_again():
    buyer = make.customer()
    invoiced(customer_id=buyer)
    make.run("pay.remind", at=after(45))
    pay(buyer, 11_100)
    make.run("pay.match", at=after(46))
    make.run("pay.unmatch", [Allocation.objects.get().id], at=after(47))
    assert OpenItem.objects.get().reminded == 2
    assert make.run("pay.remind", at=after(48)).moved == []


def test_refusals():
    buyer = make.customer()
    invoiced(2, customer_id=buyer)
    giro = pay(buyer, 11_100, way="giro")
    first, second = OpenItem.objects.order_by("id")
    make.run("pay.match", {buyer: [Pair(first.invoice_id, first.open, giro)]})
    assert make.codes(make.run("pay.remind", [first.id, second.id, 999_999], at=after(20))) == ["nothing_open", "not_due", "not_found"]
    assert make.run("pay.remind", at=after(33)).moved == [second.id]
    assert len(told()) == 1


def test_the_number_of_statements_does_not_depend_on_the_number_of_items():
    counts = []
    for n in (1, 10):
        invoiced(n)
        items = list(OpenItem.objects.order_by("id").filter(reminded=0).values_list("id", flat=True))
        with sql.counting() as counted:
            assert make.run("pay.remind", items, at=after(40)).moved == items
        counts.append(counted.statements)
    assert counts[0] == counts[1]
