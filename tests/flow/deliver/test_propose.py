"""A department accepts a visit or proposes another day; the desk takes that day, keeps the booked one, or cancels."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from alur.core import sql
from alur.flow.capture.cancel import Cancel
from alur.flow.check.release import Release
from alur.flow.deliver.ending import Done
from alur.flow.deliver.move import Move
from alur.flow.deliver.propose import Proposal
from alur.models import Capacity, Delivery, Department, Hold, Note
from alur.reads import proof
from tests import make

TUESDAY, THURSDAY = date(2026, 11, 24), date(2026, 11, 26)


@pytest.fixture
def crew() -> Department:
    make.basics()
    return Department.objects.create(code="PAS", name="Pemasangan", kind="service", daily_limit=2)


@pytest.fixture
def visit(crew) -> Delivery:
    """A visit of one unit, booked for Tuesday."""
    product = make.product(500_000, kind="service", department=crew)
    (order,) = make.orders(1, lines=[(product, 1)], through="confirm.promise")
    (made,) = make.deliveries([order])
    return Delivery.objects.get(id=made)


def order_of(visit: Delivery) -> int:
    return sql.one("SELECT l.order_id FROM delivery_line x JOIN order_line l ON l.id = x.order_line_id WHERE x.delivery_id = %(id)s", id=visit.id)


def holds() -> list[str]:
    return list(Hold.objects.filter(resolved_at__isnull=True).values_list("code", flat=True))


def booked() -> dict[date, Decimal]:
    return dict(Capacity.objects.filter(booked__gt=0).values_list("day", "booked"))


def sound() -> None:
    assert {r.name: r.violations for r in proof.prove() if r.violations} == {}


def test_a_department_accepts(visit):
    assert make.run("deliver.accept", [visit.id]).moved == [visit.id]
    visit.refresh_from_db()
    assert visit.accepted_at == make.AT
    assert make.events(order_of(visit))[-1] == "delivery.accepted"
    assert make.run("deliver.accept", [visit.id]).already == [visit.id]
    make.run("deliver.move", {visit.id: Move(day=THURSDAY)})
    visit.refresh_from_db()
    assert (visit.scheduled_on, visit.accepted_at) == (THURSDAY, None)  # another day is accepted anew
    sound()


def test_another_day_is_proposed_and_taken(visit):
    order = order_of(visit)
    outcome = make.run("deliver.propose", {visit.id: Proposal(THURSDAY, "teknisi di Bogor")})
    assert outcome.moved == [visit.id]
    (hold,) = Hold.objects.all()
    assert (hold.code, hold.owner, hold.facts["proposed_on"], hold.facts["on"]) == ("date_proposed", "desk", "2026-11-26", "2026-11-24")
    assert booked() == {TUESDAY: 1}  # nothing moves by a proposal
    (said,) = sql.rows("SELECT data FROM event WHERE kind = 'delivery.proposed'")
    assert said.data["note_id"] == Note.objects.get(body="teknisi di Bogor").id
    assert make.run("deliver.propose", {visit.id: Proposal("2026-11-26")}).already == [visit.id]
    assert make.run("deliver.agree", [order]).moved == [order]
    visit.refresh_from_db()
    assert (visit.scheduled_on, visit.accepted_at) == (THURSDAY, make.AT)
    assert (booked(), holds()) == ({THURSDAY: 1}, [])
    make.run("confirm.promise", [order])
    assert make.order(order).promised_on == THURSDAY
    assert make.events(order)[-6:] == [
        "delivery.proposed", "order.held", "delivery.moved", "delivery.accepted", "order.agreed", "order.promise_moved"]  # fmt: skip
    assert make.codes(make.run("deliver.agree", [order])) == ["nothing_proposed"]
    sound()


def test_a_new_proposal_takes_the_place_of_the_old(visit):
    for day in (THURSDAY, date(2026, 11, 27)):
        make.run("deliver.propose", {visit.id: Proposal(day)})
    assert [h.facts["proposed_on"] for h in Hold.objects.filter(resolved_at__isnull=True)] == ["2026-11-27"]


@pytest.mark.parametrize(
    ("settle", "resolution", "state"),
    [
        (lambda order, visit: make.run("check.release", {order: Release("pelanggan mau Selasa", "date_proposed")}, by="system"), "released", "scheduled"),
        (lambda order, visit: make.run("capture.cancel", {order: Cancel()}), None, "cancelled"),
        (lambda order, visit: make.run("deliver.accept", [visit]), "withdrawn", "scheduled"),
        (lambda order, visit: make.run("deliver.move", {visit: Move(day=date(2026, 11, 28))}), "moved", "scheduled"),
        (lambda order, visit: make.run("deliver.cancel", [visit]), "cancelled", "cancelled"),
        (lambda order, visit: make.run("deliver.complete", {visit: Done(hours=Decimal("1.5"), note="beres")}), None, "delivered"),
    ],
)
def test_what_settles_a_proposal(visit, settle, resolution, state):
    order = order_of(visit)
    make.run("deliver.propose", {visit.id: Proposal(THURSDAY)})
    settle(order, visit.id)
    visit.refresh_from_db()
    assert (holds(), visit.state) == ([], state)
    assert resolution in (None, Hold.objects.get().resolution)
    sound()


def full(crew: Department, day: date) -> None:
    Capacity.objects.create(department=crew, day=day, limit=0)


def test_refusals_of_a_proposal(crew, visit):
    (goods,) = make.deliveries(make.confirmed())
    full(crew, THURSDAY)
    for subject, day, code in (
        (goods, THURSDAY, "no_visit"),
        (visit.id, "Kamis", "bad_day"),
        (visit.id, date(2026, 11, 22), "past_day"),
        (visit.id, THURSDAY, "no_capacity"),
        (visit.id, date(2026, 11, 29), "no_capacity"),  # a Sunday
        (10**9, THURSDAY, "not_found"),
    ):
        assert make.codes(make.run("deliver.propose", {subject: Proposal(day)})) == [code]
    assert make.count_of("hold") == 0
    make.run("deliver.complete", [visit.id])
    assert make.codes(make.run("deliver.propose", {visit.id: Proposal(date(2026, 11, 27))})) == ["wrong_state"]
    assert make.codes(make.run("deliver.accept", [visit.id])) == ["wrong_state"]
    assert make.codes(make.run("deliver.accept", [goods])) == ["no_visit"]
    assert make.codes(make.run("deliver.pick", [visit.id])) == []


def test_a_day_that_filled_up_meanwhile_is_refused(crew, visit):
    make.run("deliver.propose", {visit.id: Proposal(THURSDAY)})
    full(crew, THURSDAY)
    order = order_of(visit)
    assert make.codes(make.run("deliver.agree", [order])) == ["no_capacity"]
    assert (holds(), booked()) == (["date_proposed"], {TUESDAY: 1})
    assert make.codes(make.run("deliver.agree", [10**9])) == ["not_found"]


def test_a_visit_is_not_picked(visit):
    assert make.codes(make.run("deliver.pick", [visit.id])) == ["a_visit"]


def test_hours_and_words_of_a_report(visit):
    make.run("deliver.complete", {visit.id: Done(receiver="Bu Ratna", hours=Decimal("2.5"), note="ganti selang")}, at=make.AT + timedelta(days=1))
    (event,) = sql.rows("SELECT data FROM event WHERE kind = 'delivery.completed'")
    assert event.data == {"hours": "2.5", "note_id": Note.objects.get(body="ganti selang").id}
