"""A service rides on its own delivery: a visit of its department, on a day with time for it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from alur.core import sql
from alur.flow.capture.cancel import Cancel
from alur.flow.capture.delta import Amend, LineChange
from alur.flow.deliver.ending import Done, Ends
from alur.models import Capacity, Delivery, DeliveryLine, Department, Holiday, Product, Reason, Recheck
from alur.reads import proof
from tests import make

MONDAY = date(2026, 11, 23)
BOOKED = "SELECT day, booked::text FROM capacity ORDER BY department_id, day"


@pytest.fixture
def crew() -> Department:
    """Two units a day, Monday to Saturday."""
    make.basics()
    return Department.objects.create(code="PAS", name="Pemasangan", kind="service", daily_limit=2)


def service(crew: Department | None, price: int = 500_000) -> int:
    return make.product(price, kind="service", unit="kali", department=crew)


def booked() -> dict[date, Decimal]:
    return {row.day: Decimal(row.booked) for row in sql.rows(BOOKED)}


def promised(*lines: tuple[int, int], n: int = 1, **fields) -> list[int]:
    return make.orders(n, lines=list(lines), through="confirm.promise", **fields)


def schedule(orders: list[int]) -> list[Delivery]:
    outcome = make.run("deliver.schedule", orders)
    assert not outcome.refused, outcome.refused
    return list(Delivery.objects.filter(warehouse__isnull=True, state="scheduled").order_by("id"))


def sound() -> None:
    assert {r.name: r.violations for r in proof.prove() if r.violations} == {}


def test_a_visit_is_booked_with_its_department(crew):
    cup, visit = make.product(stock=10), service(crew)
    (order,) = promised((cup, 3), (visit, 1))
    assert make.order(order).promised_on == MONDAY + timedelta(days=1)
    (made,) = schedule([order])
    assert (made.department_id, made.warehouse_id, made.method, made.scheduled_on) == (crew.id, None, "on_site", MONDAY + timedelta(days=1))
    assert booked() == {made.scheduled_on: 1}
    assert [(line.scheduled, line.picked) for line in make.lines_of(order)] == [(3, 0), (1, 0)]
    assert make.events(order)[-2:] == ["order.scheduled", "delivery.booked"]
    assert Delivery.objects.count() == 2
    assert make.run("deliver.schedule", [order]).already == [order]
    sound()


def test_the_first_day_with_free_units(crew):
    visit = service(crew)
    made = schedule(promised((visit, 1), n=5))
    assert [each.scheduled_on.day for each in made] == [24, 24, 25, 25, 26]
    assert not Recheck.objects.filter(step="promise").exclude(why="capacity").exists()
    assert Recheck.objects.filter(step="promise").count() == 3  # who was promised the 24th is told
    sound()


def test_what_no_day_holds_is_spread(crew):
    Holiday.objects.create(on=date(2026, 11, 25), name="Libur")
    made = schedule(promised((service(crew), 5)))
    assert [each.scheduled_on.day for each in made] == [24, 26, 27]
    assert booked() == {date(2026, 11, 24): 2, date(2026, 11, 26): 2, date(2026, 11, 27): 1}
    sound()


def test_a_day_with_a_limit_of_its_own(crew):
    Capacity.objects.create(department=crew, day=date(2026, 11, 24), limit=0)
    Capacity.objects.create(department=crew, day=date(2026, 11, 29), limit=9)  # a Sunday that is worked
    made = schedule(promised((service(crew), 1), n=9))
    assert [each.scheduled_on.day for each in made] == [25, 25, 26, 26, 27, 27, 28, 28, 29]


def test_not_before_its_goods_are_promised(crew):
    pen, visit = make.product(stock=0), service(crew)
    (order,) = promised((pen, 2), (visit, 1))
    assert make.order(order).promised_on is None
    assert make.codes(make.run("deliver.schedule", [order])) == ["not_promised"]
    assert make.count_of("delivery") == make.count_of("booking") == make.count_of("capacity") == 0
    Product.objects.filter(id=pen).update(lead_days=4)
    Recheck.objects.create(step="promise", order_id=order)
    make.run("confirm.promise", [order])
    (made,) = schedule([order])
    assert made.scheduled_on == make.order(order).promised_on == date(2026, 11, 28)


def test_a_service_of_nobody_is_done_any_day():
    (made,) = schedule(promised((service(None), 50), requested_on=date(2026, 11, 29)))
    assert (made.department_id, made.scheduled_on) == (None, date(2026, 11, 29))
    make.run("deliver.complete", [made.id])
    assert make.count_of("booking") == 0
    sound()


def test_a_charge_rides_on_the_visit_if_there_are_no_goods(crew):
    post = make.product(20_000, kind="charge")
    (order,) = promised((service(crew), 1), (post, 1))
    (made,) = schedule([order])
    make.run("deliver.complete", [made.id])
    assert [(line.shipped, line.delivered) for line in make.lines_of(order)] == [(1, 1), (1, 1)]
    assert make.order(order).state == "fulfilled"
    sound()


def test_it_is_done_from_where_it_was_scheduled(crew):
    (order,) = promised((service(crew), 2))
    (made,) = schedule([order])
    assert make.codes(make.run("deliver.dispatch", [made.id])) == ["wrong_state"]
    outcome = make.run("deliver.complete", {made.id: Done(receiver="Bu Ratna")})
    assert outcome.moved == [made.id]
    (line,) = make.lines_of(order)
    assert (line.scheduled, line.picked, line.shipped, line.delivered) == (2, 2, 2, 2)
    assert make.order(order).state == "fulfilled"
    assert booked() == {made.scheduled_on: 2}  # the day was worked
    assert make.run("deliver.complete", [made.id]).already == [made.id]
    assert make.count_of("journal_entry") == 0  # nothing lay on a shelf
    sound()


@pytest.mark.parametrize(
    ("ends", "left", "reserved"),
    [
        (Ends(delivered=Decimal(1), again=Decimal(1), reason="closed"), 1, 2),
        (Ends(delivered=Decimal(1), refused=Decimal(1), reason="closed"), 1, 1),
    ],
)
def test_what_was_not_done_gives_the_day_back(crew, ends, left, reserved):
    Reason.objects.create(kind="failed_delivery", code="closed")
    (order,) = promised((service(crew), 2))
    (made,) = schedule([order])
    line = DeliveryLine.objects.get()
    make.run("deliver.complete", {made.id: Done(lines={line.id: ends})})
    (counters,) = make.lines_of(order)
    assert (counters.reserved, counters.scheduled, counters.delivered) == (reserved, 1, 1)
    assert booked() == {made.scheduled_on: left}
    assert make.order(order).state == ("fulfilled" if reserved == 1 else "confirmed")
    sound()


def test_who_fails_comes_again(crew):
    Reason.objects.create(kind="failed_delivery", code="closed")
    (order,) = promised((service(crew), 1))
    (made,) = schedule([order])
    assert make.codes(make.run("deliver.fail", {made.id: Done()})) == ["no_reason"]
    make.run("deliver.fail", {made.id: Done(reason="closed")})
    assert booked() == {made.scheduled_on: 0}
    assert make.count_of("booking") == 0
    (line,) = make.lines_of(order)
    assert (line.reserved, line.scheduled, line.shipped) == (1, 0, 0)
    sound()
    make.run("confirm.promise", [order])
    (second,) = schedule([order])
    assert (second.attempt, booked()) == (2, {second.scheduled_on: 1})
    sound()


def test_what_is_cancelled_gives_the_day_back(crew):
    one, two = promised((service(crew), 2), n=2)
    made = schedule([one, two])
    make.run("capture.cancel", {one: Cancel(reason="")})
    assert booked() == {made[0].scheduled_on: 0, made[1].scheduled_on: 2}
    make.run("capture.cancel", {two: Cancel(lines={make.lines_of(two)[0].id: Decimal(1)})})
    assert booked()[made[1].scheduled_on] == 1
    assert make.order(one).state == "cancelled"
    sound()


def test_a_limit_is_a_limit(crew):
    schedule(promised((service(crew), 2)))
    with pytest.raises(Exception, match="capacity_not_overbooked"):
        Capacity.objects.update(booked=3)


def test_an_amended_service_gives_back_or_books_more(crew):
    (order,) = promised((service(crew), 2))
    (made,) = schedule([order])
    make.run("deliver.accept", [made.id])

    def amend(quantity: int) -> None:
        (line,) = make.lines_of(order)
        assert make.run("capture.amend", {order: Amend(make.order(order).version, {line.id: LineChange(Decimal(quantity))})}).moved == [order]
        make.onward([order], "confirm.promise")

    amend(1)
    assert booked() == {made.scheduled_on: 1}
    sound()
    amend(3)
    assert make.order(order).state == "confirmed"
    visits = schedule([order])
    assert sum(booked().values()) == 3
    assert [each.scheduled_on.day for each in visits] == [24, 25]
    sound()
