"""Orders are priced, and priced again when a ticket says so."""

from dataclasses import replace
from decimal import Decimal

from alur.core import sql
from alur.flow.capture.draft import LineDraft
from alur.log import recheck
from alur.models import Price, Recheck, SalesOrder
from tests import make


def test_an_order_is_priced_from_the_list():
    (one,) = make.orders(1, lines=[(make.product(100_000), 10), (make.product(200_000), 5)])
    outcome = make.run("check.price")
    assert outcome.moved == [one]
    order = make.order(one)
    assert (order.priced_version, order.net, order.tax, order.total) == (1, 2_000_000, 220_000, 2_220_000)
    assert [(line.unit_price, line.price_reason, line.net) for line in make.lines_of(one)] == [(100_000, "list", 1_000_000), (200_000, "list", 1_000_000)]
    assert make.events(one) == ["order.received", "order.priced"]
    assert make.run("check.price", [one]).already == [one]
    assert make.run("check.price").moved == []


def test_a_ticket_prices_again_and_sends_to_verify():
    cup = make.product(10_000)
    one, two, three = make.orders(3, lines=[(cup, 1)], through="check.price")
    Price.objects.update(price=12_000)
    SalesOrder.objects.filter(id=two).update(state="verified")
    recheck.add("price", [one, one, two], "test")
    outcome = make.run("check.price")
    assert (outcome.moved, outcome.already) == ([one], [two])
    assert [make.order(i).net for i in (one, two, three)] == [12_000, 10_000, 10_000]
    assert list(Recheck.objects.values_list("step", "order_id")) == [("verify", one)]
    assert make.events(one).count("order.priced") == 2


def test_an_amended_order_is_priced_again_and_goes_to_verify():
    (one,) = make.orders(1, through="check.price")
    SalesOrder.objects.filter(id=one).update(version=2)
    assert make.run("check.price").moved == [one]
    assert (make.order(one).priced_version, Recheck.objects.get().step) == (2, "verify")


def test_what_has_no_price_is_left_to_verify():
    buyer, cup = make.customer(), make.product(10_000)
    lines = (LineDraft(Decimal(2), cup), LineDraft(Decimal(1), None, as_written="cangkir biru"), LineDraft(comment=True, as_written="pagi"))
    Price.objects.all().delete()
    (one,) = make.run("capture.receive", [replace(make.draft(buyer, []), lines=lines)]).moved
    assert make.run("check.price").moved == [one]
    assert [(line.unit_price, line.price_reason, line.net) for line in make.lines_of(one)] == [(None, None, 0)] * 3
    assert make.order(one).total == 0


def test_a_cancelled_order_is_not_priced():
    (one,) = make.orders()
    SalesOrder.objects.update(state="cancelled")
    assert make.codes(make.run("check.price", [one, 10**6])) == ["wrong_state", "not_found"]
    assert make.events(one) == ["order.received"]


def test_the_number_of_statements_does_not_depend_on_the_number_of_orders():
    counts = []
    for n in (1, 30):
        ids = [i for _ in range(n) for i in make.orders(1, lines=[(make.product(), 1), (make.product(), 2)])]
        with sql.counting() as counted:
            assert make.run("check.price", ids).moved == ids
        counts.append(counted.statements)
    assert counts[0] == counts[1] == 5  # the lock, 2 reads, the move, the log
