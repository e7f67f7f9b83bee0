"""Everything around one order: what is on which delivery, what is billed, paid and owed, what it waits for; the same queries for 1 and 200 lines."""

from decimal import Decimal

import pytest

from alur.core import sql
from alur.flow.deliver.ending import Done, Ends
from alur.flow.pay.receive import Receipt
from alur.models import Delivery, DeliveryLine, Invoice, Reason
from alur.reads import order_page, waits
from tests import make

TODAY = make.AT.date()


def page_of(order_id):
    return order_page.load(make.order(order_id).number, now=make.AT, today=TODAY)


def steps(order_id):
    return [(wait.code, wait.step) for wait in waits.of(page_of(order_id))]


def test_there_is_no_such_order():
    assert order_page.load("SO-1", now=make.AT, today=TODAY) is None


def test_it_costs_the_same_for_one_line_and_for_two_hundred():
    products, counted = [make.product() for _ in range(4)], []
    for n in (1, 200):
        [order] = make.orders(lines=[(products[i % 4], 1) for i in range(n)], through="deliver.schedule")
        with sql.counting() as count:
            page = page_of(order)
            order_page.groups(page)
            order_page.taxes(page)
            waits.say(waits.of(page), "id")
        counted.append(count.statements)
        assert len(page.lines) == n
    assert counted[0] == counted[1] <= 17


def test_lines_stand_by_delivery_then_what_is_open_then_what_was_cancelled():
    [order] = make.orders(lines=[(make.product(stock=36), 60), (make.product(), 5)], through="confirm.reserve")
    make.deliveries([order], through="deliver.complete")
    make.run("capture.cancel", {order: {"lines": {make.lines_of(order)[0].id: "4"}}})
    first, open_, gone = order_page.groups(page_of(order))
    assert [(g.kind, [s.quantity for s in g.shares]) for g in (first, open_, gone)] == [("delivery", [36, 5]), ("open", [20]), ("cancelled", [4])]
    assert [(s.reserved, s.picked, s.delivered, s.invoiced, s.short) for s in first.shares] == [(36, 36, 36, 0, 0), (5, 5, 5, 0, 0)]
    assert (open_.shares[0].short, open_.shares[0].reserved) == (20, 0)


def test_what_comes_again_is_open_again():
    Reason.objects.create(kind="failed_delivery", code="closed", name_id="Tutup", name_en="Closed")
    [order] = make.orders(lines=[(make.product(), 10)], through="confirm.reserve")
    [delivery] = make.deliveries([order], through="deliver.dispatch")
    line = DeliveryLine.objects.get()
    make.run("deliver.complete", {delivery: Done(lines={line.id: Ends(delivered=Decimal(7), again=Decimal(3), reason="closed")})})
    assert [(g.kind, [s.quantity for s in g.shares]) for g in order_page.groups(page_of(order))] == [("delivery", [10]), ("open", [3])]


def test_money_paid_ahead_is_billed_once_and_what_is_owed_is_the_rest():
    customer = make.customer(terms_id=make.terms(50))
    [order] = make.orders(customer_id=customer, lines=[(make.product(100_000), 10)], through="confirm.reserve")
    make.run("pay.receive", [Receipt(key=1, amount=Decimal(555_000), payer_id=customer, order_id=order)])
    page = page_of(order)
    assert (page.advance, page.billed, page.paid, page.unallocated, page.owed) == (555_000, 0, 555_000, 555_000, 0)
    for step in ("invoice.advance", "check.verify"):
        make.run(step, [order])
    make.deliveries([order], through="deliver.complete")
    make.run("invoice.issue", [order])
    page = page_of(order)
    assert (page.order.total, page.billed, page.paid, page.unallocated, page.owed) == (1_110_000, 1_110_000, 555_000, 0, 555_000)
    assert page.due_on == Invoice.objects.get(kind="invoice").issued_on + (page.due_on - TODAY)
    [(line, tax)] = order_page.taxes(page)
    assert (line.rate, tax.base, tax.tax) == (12, 916_667, 110_000)


def test_before_and_after_are_the_neighbours_in_the_queue():
    one, two, three = make.orders(3)
    assert (page_of(two).before, page_of(two).after) == (make.order(one).number, make.order(three).number)
    assert (page_of(one).before, page_of(three).after) == ("", "")


@pytest.mark.parametrize(
    ("through", "expected"),
    [
        ("capture.receive", [("step", "check.price")]),
        ("check.price", [("step", "check.verify")]),
        ("check.verify", [("step", "confirm.reserve")]),
        ("confirm.reserve", [("step", "deliver.schedule")]),
        ("deliver.schedule", [("step", "deliver.pick")]),
    ],
)
def test_what_an_order_waits_for(through, expected):
    [order] = make.orders(through=through)
    assert steps(order) == expected


def test_what_it_waits_for_on_the_road_and_after():
    [order] = make.orders(lines=[(make.product(stock=1), 2)], through="confirm.reserve")
    [delivery] = make.deliveries([order])
    for step, now in (("deliver.pick", "deliver.dispatch"), ("deliver.dispatch", "deliver.complete")):
        make.run(step, [delivery])
        assert steps(order) == [("step", now), ("stock", "supply.order")]
    make.run("deliver.complete", [delivery])
    assert steps(order) == [("stock", "supply.order"), ("step", "invoice.issue")]
    make.run("invoice.issue", [order])
    assert steps(order) == [("stock", "supply.order"), ("money", "pay.receive")]
    said = waits.say(waits.of(page_of(order)), "en", now=make.AT)
    assert said[0].endswith("1 of 2 wait for stock; nothing is ordered from a supplier yet.")
    assert said[1].startswith("Rp\u00a011,100 are still to be paid, due ")


def test_a_closed_order_waits_for_nothing():
    [order] = make.orders(customer_id=make.customer(), through="confirm.reserve")
    make.deliveries([order], through="deliver.complete")
    make.run("invoice.issue", [order])
    invoice = Invoice.objects.get()
    make.run("pay.receive", [Receipt(key=1, amount=invoice.total, payer_id=invoice.payer_id, reference=invoice.number)])
    make.run("pay.match", [invoice.payer_id])
    assert steps(order) == [("step", "settle.close")]
    make.run("settle.close", [order])
    assert steps(order) == []
    assert Delivery.objects.get().state == "delivered"
