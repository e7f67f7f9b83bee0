"""A day for every confirmed order: the latest of stock, supply, working days and the road; told once, told again when it is later."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from alur.core import sql
from alur.flow.pay.receive import Receipt
from alur.models import (
    Department,
    Event,
    Hold,
    Holiday,
    OrderLine,
    Product,
    Recheck,
    SalesOrder,
    Stock,
    Supplier,
    SupplyLine,
    SupplyOrder,
    TransportDays,
    Warehouse,
)  # fmt: skip
from alur.reads import promise as rule
from tests import make

DAY = timedelta(days=1)


def supply(product_id, quantity, on):
    """So much is expected on a day."""
    supplier = Supplier.objects.get_or_create(code="S")[0]
    made = SupplyOrder.objects.create(number=f"PO-{SupplyOrder.objects.count()}", supplier=supplier, warehouse=Warehouse.objects.first(), ordered_at=make.AT)
    SupplyLine.objects.create(supply_order=made, product_id=product_id, quantity=quantity, expected_on=on)


def promised(lines, at=make.AT, **fields):
    (order,) = make.orders(lines=lines, through="confirm.reserve", **fields)
    make.run("confirm.promise", [order], at=at)
    return make.order(order).promised_on


def told(order_id):
    """(kind, facts) of what was said about its day."""
    kinds = ("order.promised", "order.promise_moved", "order.undated")
    return list(Event.objects.filter(order_id=order_id, kind__in=kinds).order_by("id").values_list("kind", "data"))


@pytest.mark.parametrize(
    ("hour", "holiday", "road", "fields", "day"),
    [
        (9, None, None, {}, date(2026, 11, 24)),  # leaves Monday, a day on the road
        (15, None, None, {}, date(2026, 11, 25)),  # after the cut-off
        (9, date(2026, 11, 23), None, {}, date(2026, 11, 25)),
        (9, date(2026, 11, 24), None, {}, date(2026, 11, 25)),  # nothing arrives on a holiday
        (9, None, 4, {}, date(2026, 11, 27)),
        (9, None, 4, {"method": "courier"}, date(2026, 11, 24)),  # roads are known by method
        (9, None, 4, {"method": "pickup"}, date(2026, 11, 23)),
        (9, None, None, {"requested_on": date(2026, 12, 1)}, date(2026, 12, 1)),
        (9, None, None, {"requested_on": date(2026, 11, 30)}, date(2026, 12, 1)),  # it would leave on a Sunday
        (9, None, None, {"requested_on": date(2026, 11, 1)}, date(2026, 11, 24)),
    ],
)
def test_the_day_of_what_is_there(hour, holiday, road, fields, day):
    cup = make.product(stock=10)
    if holiday:
        Holiday.objects.create(on=holiday)
    if road:
        TransportDays.objects.create(warehouse=Warehouse.objects.get(), province="Jawa Barat", method="own_fleet", days=road)
    assert promised([(cup, 4)], at=make.AT.replace(hour=hour - 7), **fields) == day


def test_the_day_of_what_waits():
    cup = make.product(stock=2)
    assert promised([(cup, 4)]) is None  # nobody knows
    Product.objects.update(lead_days=10)
    assert promised([(cup, 4)]) == date(2026, 12, 4)
    supply(cup, 8, date(2026, 11, 26))
    assert promised([(cup, 2)]) == date(2026, 11, 27)  # 2 and 4 wait ahead of it
    assert promised([(cup, 1)]) == date(2026, 12, 4)  # all of that supply is spoken for
    supply(cup, 5, date(2026, 11, 20))  # late already: not before today
    assert promised([(cup, 1)]) == date(2026, 11, 27)
    Product.objects.update(supply="none", lead_days=10)
    assert promised([(cup, 90)]) is None


def test_lines_keep_days_of_their_own_only_where_they_differ():
    cup, pen = make.product(stock=10), make.product(stock=0)
    (order,) = make.orders(lines=[(cup, 1), (pen, 1)], through="confirm.reserve")
    make.run("confirm.promise", [order])
    assert [(line.promised_on, line.first_promised_on) for line in make.lines_of(order)] == [(date(2026, 11, 24), None), (None, None)]
    assert told(order) == [("order.undated", {})]

    def again(**more):
        Recheck.objects.create(step="promise", order_id=order)
        outcome = make.run("confirm.promise", **more)
        assert not Recheck.objects.exists()
        return outcome, make.order(order).promised_on, [(line.promised_on, line.first_promised_on) for line in make.lines_of(order)]

    supply(pen, 1, date(2026, 11, 28))
    outcome, day, lines = again()
    assert (outcome.moved, day) == ([order], date(2026, 11, 29))
    assert lines == [(date(2026, 11, 24), None), (None, None)]
    assert told(order)[1:] == [("order.promised", {"promised_on": "2026-11-29"})]
    assert again()[0].already == [order]
    SupplyLine.objects.update(expected_on=date(2026, 12, 2))
    outcome, day, lines = again(at=make.AT + DAY)
    assert day == date(2026, 12, 3)
    assert lines == [(date(2026, 11, 25), date(2026, 11, 24)), (None, date(2026, 11, 29))]
    assert told(order)[2:] == [("order.promise_moved", {"promised_on": "2026-12-03", "told_on": "2026-11-29"})]
    SupplyLine.objects.update(expected_on=date(2026, 11, 30))
    outcome, day, lines = again(at=make.AT + DAY)
    assert (day, lines[1], len(told(order))) == (date(2026, 12, 1), (None, date(2026, 11, 29)), 3)  # earlier: no event


def test_what_is_on_a_delivery_leaves_with_it():
    (order,) = make.orders(lines=[(make.product(stock=10), 4)], through="deliver.schedule", requested_on=date(2026, 12, 2))
    assert make.order(order).promised_on == date(2026, 12, 2)
    Recheck.objects.create(step="promise", order_id=order)
    assert make.run("confirm.promise", at=make.AT + 5 * DAY).already == [order]


def test_services_come_when_the_goods_are_there():
    cup, pen = make.product(stock=10), make.product(stock=0, lead_days=4)
    visit = make.product(kind="service", department=Department.objects.create(code="D", kind="service", working_days=[1, 2]))
    assert promised([(cup, 1), (visit, 1)]) == date(2026, 11, 24)
    assert promised([(pen, 1), (visit, 1)]) == date(2026, 11, 30)
    assert promised([(visit, 1)], requested_on=date(2026, 12, 2)) == date(2026, 12, 7)


def test_who_pays_first_is_told_so():
    (order,) = make.orders(customer_id=make.customer(terms_id=make.terms(100)), lines=[(make.product(), 1)], through="confirm.promise")
    assert told(order) == [("order.promised", {"promised_on": "2026-11-24", "if_paid_on": "2026-11-23"})]


def test_answers():
    received, confirmed, held = (make.orders(lines=[(make.product(), 1)])[0] for _ in range(3))
    make.onward([confirmed, held], "confirm.reserve")
    Hold.objects.create(order_id=held, code="manual", opened_at=make.AT)
    Recheck.objects.create(step="promise", order_id=held)
    Recheck.objects.create(step="promise", order_id=received)
    outcome = make.run("confirm.promise", [received, confirmed, held, 10**9])
    assert (outcome.moved, make.codes(outcome)) == ([confirmed], ["wrong_state", "held", "not_found"])
    assert Recheck.objects.get().order_id == held  # it is promised when it goes on
    assert make.run("confirm.promise").moved == []
    SalesOrder.objects.filter(id=held).update(state="closed")
    Hold.objects.all().delete()
    assert make.run("confirm.promise").already == [held]


def test_typed_lines_stand_last_and_change_nothing():
    cup, buyer = make.product(stock=10), make.customer()
    make.orders(lines=[(cup, 4)], through="check.verify")  # nobody has judged it yet
    supply(cup, 5, date(2026, 12, 1))
    with sql.counting() as count:
        few, many = (rule.dry_run(buyer, [rule.Typed(cup, Decimal(n))], at=make.AT)[0] for n in (6, 9))
    assert ([part.quantity for part in few.parts], few.short, few.promised_on) == ([6], 0, date(2026, 11, 24))
    assert ([part.quantity for part in many.parts], many.short, many.promised_on) == ([6], 3, date(2026, 12, 2))
    assert count.statements == 12
    assert Stock.objects.get().reserved == 0
    twice = rule.dry_run(buyer, [rule.Typed(cup, Decimal(4)), rule.Typed(cup, Decimal(4), wanted_on=date(2026, 12, 9))], at=make.AT)
    assert [(answer.short, answer.promised_on) for answer in twice] == [(0, date(2026, 11, 24)), (2, date(2026, 12, 9))]


def test_a_set_costs_as_many_statements_as_one():
    cup, counted = make.product(stock=50), []
    for n in (1, 30):
        ids = make.orders(n, lines=[(cup, 1)], through="confirm.reserve")
        with sql.counting() as count:
            make.run("confirm.promise", ids)
        counted.append(count.statements)
    assert counted[0] == counted[1] <= 6
    assert OrderLine.objects.filter(promised_on=None).count() == 31


def test_who_has_paid_is_promised_anew():
    buyer = make.customer(terms_id=make.terms(100))
    (order,) = make.orders(customer_id=buyer, lines=[(make.product(), 1)], through="confirm.promise")
    late = make.AT + 3 * DAY
    made = make.order(order)
    make.run("pay.receive", [Receipt(key=1, payer_id=buyer, amount=made.total, reference=made.number)], at=late)
    make.run("check.verify", at=late)
    assert make.run("confirm.promise", at=late).moved == [order]
    assert told(order)[-1] == ("order.promise_moved", {"promised_on": "2026-11-27", "told_on": "2026-11-24"})
