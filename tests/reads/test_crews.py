"""When a department has time: a fold over its days, and what a dry run says of a service."""

from datetime import date
from decimal import Decimal

import pytest

from alur.models import Capacity, Department, Holiday
from alur.reads import crews, promise
from alur.reads.crews import Crew
from tests import make

MONDAY = date(2026, 11, 23)


def november(day: int) -> date:
    return date(2026, 11, day)


@pytest.mark.parametrize(
    ("units", "start", "found"),
    [
        (1, 23, [(23, 1)]),
        (2, 23, [(24, 2)]),  # half of Monday is taken
        (1, 25, [(26, 1)]),  # nobody works on Wednesday
        (1, 28, [(29, 1)]),  # Saturday is no working day, but that Sunday has a limit of its own
        (5, 23, [(23, 1), (24, 2), (26, 2)]),  # more than any day holds is spread
    ],
)
def test_days(units, start, found):
    crew = Crew(1, Decimal(2), {1, 2, 3, 4, 5}, {november(25)}, {MONDAY: Decimal(1), november(29): Decimal(4)})
    assert crew.find(Decimal(units), november(start)) == [(november(day), Decimal(part)) for day, part in found]
    assert crew.last(Decimal(units), november(start)) == november(found[-1][0])


def test_who_comes_next_finds_less():
    crew = Crew(1, Decimal(2), {1, 2, 3, 4, 5})
    taken = [crew.take(Decimal(1), MONDAY)[0][0].day for _ in range(5)]
    assert taken == [23, 23, 24, 24, 25]


def test_a_department_without_time_promises_nothing():
    assert Crew(1, Decimal(0), {1, 2, 3}).last(Decimal(1), MONDAY) is None
    assert Crew().last(Decimal(99), MONDAY) == MONDAY  # of no department: all the time there is


def test_products_of_a_department_share_its_days():
    make.basics()
    Holiday.objects.create(on=november(24), name="Libur")
    team = Department.objects.create(code="D", kind="service", daily_limit=3)
    Capacity.objects.create(department=team, day=november(25), booked=2, limit=2)
    one, two = (make.product(kind="service", department=team) for _ in range(2))
    alone = make.product(kind="service")
    found = crews.of({one, two, alone}, MONDAY)
    assert found[one] is found[two]
    assert found[one].last(Decimal(1), november(24)) == november(26)
    assert found[alone].last(Decimal(1), november(24)) == november(25)
    assert crews.of(set(), MONDAY) == {}


def test_a_dry_run_promises_a_service_when_its_goods_are_there():
    cup, pen = make.product(stock=10), make.product(stock=0)
    visit = make.product(kind="service", department=Department.objects.create(code="D", kind="service", working_days=[1, 2]))
    buyer = make.customer()

    def days(*lines: promise.Typed) -> list[date | None]:
        return [each.promised_on for each in promise.dry_run(buyer, lines, at=make.AT)]

    service = promise.Typed(visit, Decimal(1), kind="service")
    assert days(service) == [november(24)]
    assert days(promise.Typed(cup, Decimal(1)), service) == [november(24), november(24)]
    assert days(promise.Typed(pen, Decimal(1)), service) == [None, None]
    assert days(promise.Typed(visit, Decimal(1), None, date(2026, 12, 2), "service")) == [date(2026, 12, 7)]
