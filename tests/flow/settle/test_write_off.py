"""A small difference is written off once something was paid; a small invoice is not."""

from decimal import Decimal

import pytest

from alur.books import chart
from alur.core import sql
from alur.flow.pay.receive import Receipt
from alur.models import Allocation, OpenItem
from tests import make


def paid_but(left: int, n: int = 1) -> list[int]:
    """Invoices of Rp 22.200 of which this much is open; the ids of their open items."""
    for _ in range(n):
        ids = make.orders(through="invoice.prepare")
        make.delivered(ids)
        make.run("invoice.issue", ids)
        if left < 22_200:
            make.run("pay.receive", [Receipt(1, Decimal(22_200 - left), make.order(ids[0]).payer_id)])
    make.run("pay.match")
    sql.run("DELETE FROM recheck")
    return [i.id for i in OpenItem.objects.order_by("id")]


def test_a_small_difference_is_written_off_and_the_order_closes():
    (item,) = paid_but(1000)
    assert make.run("settle.write_off").moved == [item]
    assert OpenItem.objects.count() == 0
    last = Allocation.objects.order_by("-id")[0]
    assert (last.kind, last.amount, last.account, last.payment_id) == ("write_off", 1000, chart.PAYMENT_DIFFERENCES, None)
    assert (make.balance(chart.PAYMENT_DIFFERENCES), make.balance(chart.RECEIVABLE)) == (1000, 0)
    (order,) = make.run("settle.close").moved
    assert make.events(order)[-2:] == ["item.written_off", "order.closed"]


def test_what_advances_left_over_is_a_difference_too():
    (order,) = make.orders(customer_id=make.customer(terms_id=make.terms(100)), through="invoice.prepare")
    make.run("pay.receive", [Receipt(1, Decimal(22_199), order_id=order)])
    make.run("invoice.advance")
    make.delivered([order])
    make.run("invoice.issue")
    assert [i.open for i in OpenItem.objects.all()] == [1]
    make.run("settle.write_off")
    assert make.run("settle.close").moved == [order]


REFUSED = [(22_200, "500000", "nothing_paid"), (1001, "1000", "over_limit"), (500, "1000", "period_closed")]


@pytest.mark.parametrize(("left", "limit", "code"), REFUSED)
def test_refusals(left, limit, code):
    (item,) = paid_but(left)
    sql.run("UPDATE policy SET write_off_limit = %(limit)s", limit=Decimal(limit))
    if code == "period_closed":
        sql.run("UPDATE period SET state = 'closed'")
    else:
        assert make.run("settle.write_off").moved == []
    entries = make.count_of("journal_entry")
    assert make.codes(make.run("settle.write_off", [item, 999_999])) == [code, "not_found"]
    assert [i.open for i in OpenItem.objects.all()] == [left]
    assert make.count_of("journal_entry") == entries


def test_the_number_of_statements_does_not_depend_on_the_number_of_items():
    counts = []
    for n in (1, 10):
        items = paid_but(5, n)
        with sql.counting() as counted:
            assert make.run("settle.write_off").moved == items
        counts.append(counted.statements)
    assert counts[0] == counts[1]
