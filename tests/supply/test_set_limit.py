"""How much of a department's days can be booked."""

from datetime import date
from decimal import Decimal

import pytest

from alur.core import sql
from alur.models import Capacity, Department, Recheck
from alur.supply.set_limit import Limits
from tests import make

TUESDAY, SUNDAY = date(2026, 11, 24), date(2026, 11, 29)


@pytest.fixture
def crew() -> Department:
    make.basics()
    return Department.objects.create(code="PAS", kind="service", daily_limit=2)


def limits() -> dict[date, Decimal]:
    return dict(Capacity.objects.values_list("day", "limit"))


def test_days_and_the_usual_day(crew):
    outcome = make.run("supply.set_limit", {crew.id: Limits({TUESDAY: 5, "2026-11-29": "1"}, daily="3")})
    assert outcome.moved == [crew.id]
    crew.refresh_from_db()
    assert (limits(), crew.daily_limit) == ({TUESDAY: 5, SUNDAY: 1}, 3)
    assert sql.ids("SELECT kind FROM event ORDER BY id") == ["department.limited", "department.limited", "department.usual_limit"]
    assert make.run("supply.set_limit", {crew.id: Limits({TUESDAY: 5}, daily="3")}).already == [crew.id]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Limits({TUESDAY: "dua"}), "bad_limit"),
        (Limits({TUESDAY: -1}), "bad_limit"),
        (Limits({"Selasa": 1}), "bad_limit"),
        (Limits({TUESDAY: "NaN"}), "bad_limit"),
        (Limits(daily="Infinity"), "bad_limit"),
        (Limits({TUESDAY: "0.5"}), "below_booked"),
    ],
)
def test_refusals(crew, said, code):
    (order,) = make.orders(1, lines=[(make.product(kind="service", department=crew), 1)], through="confirm.promise")
    make.deliveries([order])
    assert make.codes(make.run("supply.set_limit", {crew.id: said})) == [code]
    assert limits() == {TUESDAY: 2}
    assert make.codes(make.run("supply.set_limit", {10**9: said})) == ["not_found"]


def test_who_waits_for_room_is_promised_anew(crew):
    Department.objects.update(daily_limit=0)
    visit = make.product(kind="service", department=crew)
    (order,) = make.orders(1, lines=[(visit, 1)], through="confirm.promise")
    assert make.order(order).promised_on is None
    assert make.codes(make.run("deliver.schedule", [order])) == ["not_promised"]
    make.run("supply.set_limit", {crew.id: Limits({TUESDAY: 1})})
    assert Recheck.objects.get(step="promise").order_id == order
    make.run("confirm.promise", [order])
    assert make.order(order).promised_on == TUESDAY
    assert make.run("deliver.schedule", [order]).moved == [order]
