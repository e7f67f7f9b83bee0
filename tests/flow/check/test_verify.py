"""Orders are let through or held: every finding at once, credit in queue order, tickets that are not lost."""

from datetime import date, timedelta

import pytest

from alur.core import sql
from alur.flow import holds as hold_rows
from alur.log import recheck
from alur.models import Approval, Customer, Hold, OpenItem, OpenReceipt, Policy, Product, Recheck, SalesOrder
from alur.reads import findings
from tests import make


def priced(n: int = 1, **fields) -> list[int]:
    return make.orders(n, through="check.price", **fields)


def holds(order_id: int) -> list[str]:
    return list(Hold.objects.filter(order_id=order_id, resolved_at=None).order_by("id").values_list("code", flat=True))


def owing(payer_id: int, amount: int, *, days: int = 0) -> None:
    """An open item due this many days ago."""
    OpenItem.objects.create(invoice_id=1, part=OpenItem.objects.count() + 1, payer_id=payer_id, issued_on=date(2026, 9, 1),
                            due_on=date(2026, 11, 23) - timedelta(days=days), total=amount, open=amount)  # fmt: skip


def test_a_clean_order_is_verified():
    (one,) = priced(lines=[(make.product(100_000), 10)])
    outcome = make.run("check.verify")
    assert outcome.moved == [one]
    order = make.order(one)
    assert (order.state, order.total, order.granted) == ("verified", 1_110_000, 1_110_000)
    assert make.events(one) == ["order.received", "order.priced", "order.verified"]
    assert holds(one) == []
    assert make.run("check.verify", [one]).already == [one]
    assert make.run("check.verify").moved == []


def test_what_is_paid_first_is_not_at_risk():
    buyer = make.customer(terms_id=make.terms(30), credit_limit=10**9)
    (one,) = priced(customer_id=buyer, lines=[(make.product(100_000), 10)])
    make.run("check.verify", [one])
    assert make.order(one).granted == 777_000
    nobody = make.customer(terms=None, credit_limit=None)  # pays first
    (two,) = priced(customer_id=nobody)
    assert make.run("check.verify", [two]).moved == [two]
    assert make.order(two).granted == 0


def blocked(order: SalesOrder) -> None:
    Customer.objects.filter(id=order.customer_id).update(blocked="order")


def no_limit(order: SalesOrder) -> None:
    Customer.objects.filter(id=order.customer_id).update(credit_limit=1_000)


def policy(**fields):
    return lambda _order: Policy.objects.update(**fields)


def line(**fields):
    return lambda order: order_lines(order).update(**fields)


def product(**fields):
    return lambda order: Product.objects.filter(id__in=order_lines(order).values("product_id")).update(**fields)


def order_lines(order: SalesOrder):
    from alur.models import OrderLine

    return OrderLine.objects.filter(order=order)


def order_has(**fields):
    return lambda order: SalesOrder.objects.filter(id=order.id).update(**fields)


def twin(order: SalesOrder) -> None:
    Policy.objects.update(duplicate_days=3)
    again = make.draft(order.customer_id, [(order_lines(order).get().product_id, 10)], received_at=make.AT - timedelta(days=2), priority=9)
    make.run("capture.receive", [again])


# everything, worst first as people see it: what is done to an order of 10 x 10,000 (111,000 with tax), and what is found
TABLE = [
    (line(product=None), "line_incomplete"),
    (line(unit="peti"), "line_incomplete"),
    (line(unit_price=None), "line_incomplete"),
    (product(multiple=4), "quantity_multiple"),
    (blocked, "customer_blocked"),
    (twin, "likely_duplicate"),
    (line(customer_price=9_900), "price_differs"),
    (line(net=80_000), "discount_over_limit"),
    (line(net=55_000, unit_price=5_500), "below_margin"),
    (no_limit, "over_credit_limit"),
    (lambda order: owing(order.payer_id, 100_000, days=31), "overdue"),
    (policy(minimum_order=111_001), "below_minimum"),
    (policy(large_order=110_999), "large_order"),
    (order_has(ship_to_id=None), "address_incomplete"),
    (product(discontinued=True), "discontinued"),
]


@pytest.mark.parametrize(("change", "code"), TABLE)
def test_each_finding_holds(change, code):
    (one,) = priced(lines=[(make.product(), 10)])
    change(make.order(one))
    outcome = make.run("check.verify", [one])
    assert make.codes(outcome) == holds(one) == [code]
    order = make.order(one)
    assert (order.state, order.granted) == ("received", 0)
    assert make.events(one)[-1] == "order.verify_refused"
    assert make.run("check.verify").refused == []  # held: it is not on the worklist


@pytest.mark.parametrize(
    "change",
    [
        line(customer_price=10_000),
        line(customer_price=9_900, price_reason="imported"),
        line(net=85_000),
        line(net=50_000, price_reason="imported"),
        lambda order: owing(order.payer_id, 100_000, days=30),
        policy(minimum_order=111_000, large_order=111_000),
        lambda order: Customer.objects.filter(id=order.customer_id).update(blocked="delivery"),
        lambda order: Customer.objects.filter(id=order.customer_id).update(credit_limit=111_000),
        lambda order: SalesOrder.objects.filter(id=order.id).update(ship_to_id=None, method="pickup"),
    ],
)
def test_what_is_just_right_does_not_hold(change):
    (one,) = priced(lines=[(make.product(), 10)])
    change(make.order(one))
    assert make.run("check.verify", [one]).moved == [one]


def test_everything_is_found_at_once_in_code_order():
    (one,) = priced(lines=[(make.product(), 10)])
    for change, code in TABLE:
        if code not in ("line_incomplete", "below_margin"):
            change(make.order(one))
    outcome = make.run("check.verify", [one])
    assert make.codes(outcome) == ["quantity_multiple"]
    assert holds(one) == [code for code in dict(TABLE).values() if code not in ("line_incomplete", "below_margin")]


def test_short_goods_warn_or_hold():
    thing = make.product(stock=3)
    (one,) = priced(lines=[(thing, 10)])
    assert make.run("check.verify", [one]).moved == [one]
    assert sql.one("SELECT data FROM event WHERE kind = 'order.verified'")["warnings"] == ["not_available"]
    (two,) = priced(lines=[(thing, 10)], customer_id=make.customer(takes_backorders=False))
    assert make.codes(make.run("check.verify", [two])) == ["not_available"]


def test_an_unpriced_order_is_too_early():
    (one,) = make.orders()
    assert make.codes(make.run("check.verify", [one])) == ["too_early"]
    assert make.events(one) == ["order.received"]


def test_what_vanished_is_resolved_by_the_system_and_what_stands_is_told_anew():
    (one,) = priced(lines=[(make.product(), 10)])
    no_limit(make.order(one))
    line(customer_price=9_900)(make.order(one))
    make.run("check.verify", [one])
    assert holds(one) == ["price_differs", "over_credit_limit"]
    line(customer_price=10_000)(make.order(one))
    Customer.objects.update(credit_limit=1_500)
    recheck.add("verify", [one], "test")
    assert make.codes(make.run("check.verify")) == ["over_credit_limit"]
    assert holds(one) == ["over_credit_limit"]
    assert Hold.objects.get(code="price_differs").resolved_by == "system"
    assert Hold.objects.get(code="over_credit_limit").facts["limit"] == "1500"
    assert make.events(one)[-2:] == ["order.verify_refused"] * 2
    recheck.add("verify", [one], "test")
    make.run("check.verify")
    assert make.codes(make.run("check.verify", [one])) == ["over_credit_limit"]
    assert make.events(one)[-3:] == ["order.priced"] + ["order.verify_refused"] * 2  # nothing new, no event
    assert not Recheck.objects.exists()


def approve(order_id: int, code: str, **facts) -> None:
    hold = Hold.objects.get(order_id=order_id, code=code, resolved_at=None)
    Approval.objects.create(order_id=order_id, line_id=hold.line_id, code=code, facts=hold.facts | facts, at=make.AT)
    hold_rows.resolve([hold.id], "released", by=make.BY, at=make.AT)


@pytest.mark.parametrize(
    ("change", "code", "better", "worse"),
    [
        (no_limit, "over_credit_limit", {"at_risk": "111001"}, {"at_risk": "110999"}),
        (lambda order: owing(order.payer_id, 200_000, days=31), "overdue", {"weight": "6200000"}, {"weight": "6199999"}),
        (line(customer_price=9_900), "price_differs", {"percent": "1"}, {"percent": "0.99"}),
        (line(net=80_000), "discount_over_limit", {"percent": "20"}, {"percent": "19.99"}),
        (policy(large_order=110_000), "large_order", {}, {"total": "111001"}),
    ],
)
def test_an_approval_covers_what_is_no_worse(change, code, better, worse):
    for facts, passes in ((better, True), (worse, False)):
        (one,) = priced(lines=[(make.product(), 10)])
        change(make.order(one))
        make.run("check.verify", [one])
        approve(one, code, **facts)
        outcome = make.run("check.verify")
        assert (outcome.moved == [one]) is passes
        assert (make.codes(outcome) == [code]) is not passes


def test_exposure_counts_what_is_owed_granted_and_not_yet_allocated():
    buyer = make.customer(credit_limit=500_000)
    owing(buyer, 300_000)
    OpenReceipt.objects.create(payment_id=1, payer_id=buyer, open=50_000, received_on=date(2026, 11, 1))
    OpenReceipt.objects.create(payment_id=2, payer_id=buyer, open=50_000, received_on=date(2026, 11, 1), cleared=False)
    OpenReceipt.objects.create(payment_id=3, payer_id=buyer, open=50_000, received_on=date(2026, 11, 1), order_id=9)
    one, two, three = priced(3, customer_id=buyer, lines=[(make.product(), 10)])
    outcome = make.run("check.verify", [three, two, one])
    assert outcome.moved == [one, two]
    assert outcome.refused[0].facts == {"payer_id": buyer, "limit": 500_000, "exposure": 472_000, "at_risk": 111_000, "over": 83_000}


def test_who_fits_only_without_those_ahead_waits():
    buyer = make.customer(credit_limit=200_000)
    one, two = priced(2, customer_id=buyer, lines=[(make.product(), 10)])
    assert make.codes(make.run("check.verify", [two])) == ["waits_for_ahead"]
    assert (holds(two), make.events(two)[-1]) == ([], "order.priced")
    recheck.add("verify", [two], "test")
    make.run("check.verify", [two])
    assert Recheck.objects.filter(order_id=two).count() == 1  # its wake-up is not lost
    outcome = make.run("check.verify")
    assert (outcome.moved, make.codes(outcome)) == ([one], ["over_credit_limit"])


def test_an_unpriced_order_ahead_may_ask_for_anything():
    buyer = make.customer(credit_limit=10**12)
    one, two = make.orders(2, customer_id=buyer)
    make.run("check.price", [two])
    assert make.codes(make.run("check.verify", [two])) == ["waits_for_ahead"]
    SalesOrder.objects.filter(id=two).update(advance_pct=100)
    assert make.run("check.verify", [two]).moved == [two]  # asks for nothing, so nothing ahead matters
    assert make.order(one).state == "received"


def test_a_running_order_is_held_again_by_a_lowered_limit_the_last_first():
    buyer = make.customer(credit_limit=400_000)
    one, two, three = priced(3, customer_id=buyer, lines=[(make.product(), 10)])
    make.run("check.verify")
    Customer.objects.filter(id=buyer).update(credit_limit=250_000)
    recheck.verify_open_of_payers([buyer], "limit")
    outcome = make.run("check.verify")
    assert (outcome.already, outcome.moved, make.codes(outcome)) == ([one, two], [], ["over_credit_limit"])
    assert (make.order(three).state, holds(three), make.order(three).granted) == ("verified", ["over_credit_limit"], 111_000)
    Customer.objects.filter(id=buyer).update(credit_limit=400_000)
    recheck.verify_open_of_payers([buyer], "limit")
    outcome = make.run("check.verify")
    assert (outcome.already, outcome.moved) == ([one, two], [three])
    assert (holds(three), make.events(three)[-1]) == ([], "order.rechecked")


def test_the_hold_for_an_advance_goes_when_it_is_paid():
    (one,) = priced(customer_id=make.customer(terms_id=make.terms(50)), lines=[(make.product(), 10)])
    make.run("check.verify")
    make.run("confirm.reserve")
    assert holds(one) == ["awaiting_payment"]
    OpenReceipt.objects.create(payment_id=1, payer_id=make.order(one).payer_id, open=55_499, received_on=date(2026, 11, 1), order_id=one)
    recheck.add("verify", [one], "paid")
    assert make.run("check.verify").already == [one]
    assert Hold.objects.get().facts == {"due": "55500", "paid": "55499", "share": "50"}
    OpenReceipt.objects.update(open=55_500)
    recheck.add("verify", [one], "paid")
    assert make.run("check.verify").moved == [one]
    assert holds(one) == []


def test_a_wake_up_that_comes_while_it_is_judged_is_not_lost(monkeypatch):
    (one,) = priced()
    no_limit(make.order(one))
    make.run("check.verify", [one])
    recheck.add("verify", [one], "first")
    judged = findings.facts

    def meanwhile(*args, **named):
        recheck.add("verify", [one], "second")
        return judged(*args, **named)

    monkeypatch.setattr(findings, "facts", meanwhile)
    assert make.codes(make.run("check.verify")) == ["over_credit_limit"]
    assert [ticket.why for ticket in Recheck.objects.all()] == ["second"]


def test_a_hold_by_hand_stays():
    (one,) = priced()
    hold_rows.open_all([hold_rows.Opening(one, "manual", "verifier")], by=make.BY, at=make.AT)
    assert make.run("check.verify").moved == []
    assert make.codes(make.run("check.verify", [one])) == ["manual"]
    recheck.add("verify", [one], "test")
    outcome = make.run("check.verify")
    assert (make.codes(outcome), outcome.refused[0].facts["codes"]) == (["held"], ["manual"])
    assert make.order(one).state == "received"


def test_a_ticket_of_an_order_that_is_past_it_is_deleted():
    (one,) = priced()
    SalesOrder.objects.filter(id=one).update(state="cancelled")
    recheck.add("verify", [one], "test")
    assert make.run("check.verify").already == [one]
    assert not Recheck.objects.exists()
    assert make.codes(make.run("check.verify", [one])) == ["wrong_state"]


def test_the_number_of_statements_does_not_depend_on_the_number_of_orders():
    counts = []
    for n in (1, 30):
        ids = [i for _ in range(n) for i in priced()]
        with sql.counting() as counted:
            assert make.run("check.verify", ids).moved == ids
        counts.append(counted.statements)
    assert counts[0] == counts[1] == 8  # 2 locks, 4 reads, the move and its log
