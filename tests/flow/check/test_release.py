"""Holds are released by those they belong to, with an approval that verify respects."""

from datetime import date

from alur.core import company
from alur.flow import map as flow_map
from alur.models import Approval, Broken, Company, Customer, Hold, Membership, Policy, Recheck, SalesOrder, User
from tests import make


def held() -> int:
    """An order of 22,200 that is over the limit and larger than what is usual."""
    (one,) = make.orders(through="check.price")
    Customer.objects.update(credit_limit=20_000)
    Policy.objects.update(large_order=20_000)
    make.run("check.verify", [one])
    return one


def person(*roles: str) -> str:
    user = User.objects.create_user(f"{'-'.join(roles)}@alur.example")
    here = Company.objects.get(slug=company.current().slug)
    for role in roles:
        Membership.objects.create(user=user, company=here, role=role)
    return str(user.pk)


def test_each_hold_belongs_to_a_role():
    one = held()
    assert make.codes(make.run("check.release", {one: {"code": "over_credit_limit", "reason": "x"}}, by=person("manager"))) == ["not_your_hold"]
    assert make.codes(make.run("check.release", {one: {"code": "overdue", "reason": "x"}}, by=person("finance"))) == ["no_such_hold"]
    assert make.codes(make.run("check.release", {10**6: {"code": "overdue", "reason": "x"}}, by=person("desk"))) == ["not_found"]
    assert make.count_of("approval") == make.count_of("recheck") == 0
    assert not Hold.objects.exclude(resolved_at=None).exists()
    assert make.run("check.release", {one: {"reason": "x"}}, by=person("manager", "desk")).moved == [one]  # its own alone
    assert [h.code for h in Hold.objects.filter(resolved_at=None)] == ["over_credit_limit"]
    assert make.run("check.release", {one: {"code": "over_credit_limit", "reason": "x"}}, by=person("admin")).moved == [one]


def test_a_release_approves_and_verify_lets_through():
    one = held()
    outcome = make.run("check.release", {one: {"code": "over_credit_limit", "reason": "bayar besok", "until": date(2026, 11, 23)}}, by=person("finance"))
    assert outcome.moved == [one]
    approval = Approval.objects.get()
    assert (approval.code, approval.reason, approval.facts["at_risk"], approval.until) == ("over_credit_limit", "bayar besok", "22200", date(2026, 11, 23))
    assert make.events(one)[-1] == "order.released"
    assert make.codes(make.run("check.verify")) == ["large_order"]
    make.run("check.release", {one: {"code": "large_order", "reason": "sudah ditanya"}}, by="console")
    assert make.run("check.verify").moved == [one]
    assert (make.order(one).state, make.order(one).granted) == ("verified", 22_200)
    assert make.run("check.release", {one: {"code": "large_order", "reason": "x"}}, by="console").already == [one]
    assert make.count_of("approval") == 2


def test_a_hold_by_hand_is_released():
    (one,) = make.orders(through="check.price")
    make.run("check.hold", {one: {"reason": "x"}})
    make.run("check.release", {one: {"code": "manual", "reason": "beres"}}, by=person("verifier"))
    assert make.run("check.verify").moved == [one]


def test_releasing_what_was_unexpected_lets_the_broken_steps_look_again():
    (one,) = make.orders()
    flow_map.on_broken(flow_map.by_name["check.price"], one, "order_line_x", make.AT)
    assert make.run("check.price").moved == []
    assert make.codes(make.run("check.release", {one: {"code": "unexpected", "reason": "x"}}, by=person("manager"))) == ["not_your_hold"]
    make.run("check.release", {one: {"code": "unexpected", "reason": "beres"}}, by=person("admin"))
    assert not Broken.objects.exists()
    assert make.run("check.price").moved == [one]
    assert make.run("check.verify").moved == [one]
    assert not Recheck.objects.exists()
    assert SalesOrder.objects.get(id=one).state == "verified"
