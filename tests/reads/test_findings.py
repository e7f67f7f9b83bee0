"""Findings as a pure function, and what a yes to one of them covers; each is said in both languages with nothing missing."""

from collections import namedtuple
from datetime import date
from decimal import Decimal
from types import SimpleNamespace as Row

import pytest

from alur.models.holds import KINDS, stops
from alur.reads import findings, sentences
from alur.reads.findings import CODES, Finding, Known, covered
from tests import make

TODAY = date(2026, 11, 23)
D = Decimal
Held = namedtuple("Held", ("code", "facts", "order_id", "line_id"))  # noqa: PYI024  what sentences.holds reads


def party(**fields):
    policy = {"price_tolerance_pct": D(0), "overdue_amount": D(100_000), "overdue_days": 30, "minimum_order": D(0), "large_order": None,
              "discount_limit_pct": D(15), "margin_floor_pct": D(10)}  # fmt: skip
    own = {"id": 1, "blocked": "none", "takes_backorders": True, "method": "courier", "credit_limit": D(0), "weight": None, "late": None, "days": None}
    return Row(**policy | own | {"invoice_id": None} | fields)


def product(**fields):
    return Row(**{"id": 1, "multiple": D(1), "gone": False, "kind": "goods", "units": ["pcs"], "free": D(100), "cost": D(6_000), "expected_on": None} | fields)


def line(**fields):
    given = {"id": 1, "kind": "goods", "product_id": 1, "unit": "pcs", "quantity": D(10), "ordered": D(10), "open": D(10), "reserved": D(0),
             "customer_price": None, "unit_price": D(10_000), "price_reason": "list", "discounts": [], "net": D(100_000), "with_tax": D(1)}  # fmt: skip
    return Row(**given | fields)


def order(**fields):
    given = {"id": 9, "customer_id": 1, "payer_id": 1, "state": "received", "requested_on": None, "method": None, "ship_to_id": 5,
             "street": "Jl. Melati", "city": "Depok", "total": D(111_000), "twin": None, "agrees": None}  # fmt: skip
    return Row(**given | fields)


def found(this_order=None, lines=None, customer=None, thing=None):
    known = Known({1: customer or party()}, {1: thing or product()}, TODAY)
    return findings.of(this_order or order(), lines or [line()], known, None)


# what is given -> code and the facts that matter
TABLE = [
    ({}, []),
    ({"lines": [line(net=D(85_000), unit_price=D(10_000))]}, []),
    ({"lines": [line(net=D(84_990))]}, [("discount_over_limit", {"percent": D("15.01"), "limit": 15})]),
    ({"lines": [line(net=D(66_666), unit_price=D("6666.6"))]}, []),  # 10.00 %
    ({"lines": [line(net=D(66_000), unit_price=D(6_600))]}, [("below_margin", {"margin": D("9.09"), "floor": 10, "short": D("0.91"), "cost": 6_000})]),
    ({"lines": [line(net=D(66_000), unit_price=D(6_600), price_reason="imported")]}, []),
    ({"lines": [line(net=D(66_000), unit_price=D(6_600))], "thing": product(cost=None)}, []),
    ({"lines": [line(net=D(73_260), unit_price=D(7_326), with_tax=D("1.11"))]}, [("below_margin", {"margin": D("9.09")})]),
    ({"lines": [line(customer_price=D(9_000))]}, [("price_differs", {"ours": 10_000, "theirs": 9_000, "percent": 10})]),
    ({"lines": [line(customer_price=D(9_000), price_reason="manual")]}, []),
    ({"lines": [line(customer_price=D(9_000), discounts=[D(10)], net=D(90_000))]}, []),
    ({"lines": [line(quantity=D(0), open=D(0), ordered=D(0))]}, []),  # given up
    ({"lines": [line(product_id=None)]}, [("line_incomplete", {"missing": ["product"]})]),
    ({"lines": [line(unit="peti", unit_price=None)]}, [("line_incomplete", {"missing": ["unit", "price"]})]),
    ({"thing": product(multiple=D(4))}, [("quantity_multiple", {"below": 8, "above": 12})]),
    ({"thing": product(free=D(4), expected_on=date(2026, 12, 1))}, [("not_available", {"quantity": 6, "free": 4, "on": date(2026, 12, 1)})]),
    ({"thing": product(free=D(4)), "lines": [line(reserved=D(6))]}, []),
    ({"thing": product(free=D(4), kind="service", cost=None)}, []),
    ({"this_order": order(requested_on=date(2026, 11, 22))}, [("date_impossible", {"asked": date(2026, 11, 22), "earliest": TODAY})]),
    ({"this_order": order(requested_on=TODAY)}, []),
    ({"this_order": order(city="")}, [("address_incomplete", {"missing": ["city"]})]),
    ({"this_order": order(ship_to_id=None, street=None, city=None, method="pickup")}, []),
    ({"customer": party(blocked="delivery")}, []),
    ({"customer": party(blocked="delivery"), "this_order": order(state="verified")}, [("customer_blocked", {"scope": "delivery"})]),
    ({"customer": party(blocked="order"), "this_order": order(state="confirmed", total=D(0))}, []),
    ({"customer": party(minimum_order=D(200_000), large_order=D(100_000))}, [("below_minimum", {"limit": 200_000}), ("large_order", {"limit": 100_000})]),
    ({"this_order": order(state="verified", total=D(0), twin=4), "lines": [line(product_id=None)], "customer": party(minimum_order=D(1))}, []),  # judged before
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), TABLE)
def test_each_rule(given, expected):
    seen = found(**given)
    assert [finding.code for finding in seen] == [code for code, _ in expected]
    for finding, (_, facts) in zip(seen, expected, strict=True):
        assert {name: finding.facts[name] for name in facts} == facts


@pytest.mark.parametrize(
    ("code", "facts", "then", "covers"),
    [
        ("over_credit_limit", {"at_risk": D(5), "over": D(9)}, {"at_risk": "5", "over": "1"}, True),
        ("over_credit_limit", {"at_risk": D(6)}, {"at_risk": "5"}, False),
        ("overdue", {"weight": D(10)}, {"weight": "10"}, True),
        ("below_margin", {"short": D("0.91")}, {"short": "0.9"}, False),
        ("price_differs", {"percent": D(2), "ours": D(7)}, {"percent": "2.5", "ours": "8"}, True),
        ("large_order", {"total": D("5.00")}, {"total": "5"}, True),
        ("large_order", {"total": D(4)}, {"total": "5"}, False),  # nothing to measure: it must be the same
        ("address_incomplete", {"missing": ["city"]}, {"missing": ["city"]}, True),
    ],
)
def test_a_yes_covers_what_is_no_worse(code, facts, then, covers):
    yes = {"code": code, "line_id": None, "facts": then}
    assert covered(Finding(code, facts), [yes]) is covers
    assert not covered(Finding(code, facts), [yes | {"line_id": 3}, yes | {"code": "manual"}])
    assert not covered(Finding(code, facts, line_id=3), [yes])


def test_every_finding_is_a_kind_of_hold_with_a_way_out():
    assert set(CODES) <= KINDS.keys()
    assert all(kind.remedies and kind.vanishes for kind in KINDS.values())
    assert [code for code in KINDS if not stops(code)] == ["awaiting_payment"]
    assert stops("awaiting_payment", "goods")


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_finding_is_said_with_nothing_missing(language):
    (one,) = make.orders()
    row = make.lines_of(one)[0]
    bad = line(id=row.id, product_id=row.product_id, customer_price=D(1), net=D(50_000))
    late = {"weight": D(10**7), "late": D(10**6), "days": 40, "invoice_id": 1}
    buyer = party(id=make.order(one).customer_id, blocked="all", minimum_order=D(10**6), large_order=D(1), **late)
    thing = product(id=row.product_id, multiple=D(4), gone=True, free=D(0))
    bad_order = order(id=one, customer_id=buyer.id, payer_id=buyer.id, city="", twin=one, agrees="content", requested_on=date(2026, 1, 1))
    over = findings.over_limit(bad_order, buyer, D(10**6), D(10**5))
    seen = findings.of(bad_order, [bad, line(id=row.id, product_id=None)], Known({buyer.id: buyer}, {thing.id: thing}, TODAY), over)
    assert {finding.code for finding in seen} == set(CODES)
    rows = [Held(f.code, f.facts, one, f.line_id) for f in seen if f.code != "overdue"]  # there is no invoice here to name
    said = sentences.holds(rows, language, now=make.AT)
    assert [text for text in said if "–" in text or "{" in text or "_" in text] == []
    assert (said[-1].endswith("change the date.")) is (language == "en")
