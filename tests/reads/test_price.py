"""What a line costs, and what an order comes to."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from alur.core import money
from alur.models import Customer, Policy, Price, PriceList, Product, ProductUnit, TaxRule
from alur.reads import price
from tests import make

DAY = date(2026, 11, 23)


@pytest.fixture
def cup() -> int:
    """10,000 a piece on the list, 9,500 from 10; a box of 12 has no price of its own, a case of 50 costs 450,000 less 10 less 5."""
    cup = make.product(10_000)
    listed = PriceList.objects.get()
    for unit, factor in (("dus", 12), ("peti", 50)):
        ProductUnit.objects.create(product_id=cup, unit=unit, factor=factor)
    Price.objects.create(price_list=listed, product_id=cup, unit="pcs", from_quantity=10, price=9_500)
    Price.objects.create(price_list=listed, product_id=cup, unit="peti", price=450_000, discounts=[10, 5])
    return cup


def line(product: int | None, quantity: Any = 1, unit: str = "pcs", *, customer: int = 0, day: date = DAY, **fields: Any) -> price.Line:
    factor = {"pcs": 1, "dus": 12, "peti": 50}[unit]
    fields = {"ordered": Decimal(quantity) * factor} | {name: Decimal(v) if isinstance(v, int) and name != "id" else v for name, v in fields.items()}
    return price.Line(customer or make.customer(), day, "IDR", fields.pop("tax_included", False), product, unit, Decimal(factor), Decimal(quantity), **fields)


def asked(*lines: price.Line) -> tuple[list[price.Priced], money.Totals]:
    return price.price(lines, price.facts(lines))


def one(found: price.Line) -> tuple[Any, ...]:
    (priced,), _ = asked(found)
    return priced.unit_price, priced.price_reason, list(priced.discounts), priced.net


def test_the_list_its_units_and_its_breaks(cup):
    assert one(line(cup, 9)) == (10_000, "list", [], 90_000)
    assert one(line(cup, 10)) == (9_500, "break", [], 95_000)
    assert one(line(cup, 1, "dus")) == (114_000, "break", [], 114_000)  # twelve pieces
    assert one(line(cup, 2, "peti")) == (450_000, "list", [10, 5], 769_500)
    assert one(line(make.product(1), 1, "dus")) == (12, "list", [], 12)


def test_a_price_is_in_force_for_a_while(cup):
    Price.objects.filter(from_quantity=0, unit="pcs").update(valid_to=date(2026, 11, 22))
    Price.objects.create(price_list=PriceList.objects.get(), product_id=cup, unit="pcs", price=11_000, valid_from=DAY)
    assert [one(line(cup, day=day))[0] for day in (date(2026, 11, 22), DAY)] == [10_000, 11_000]
    Price.objects.create(price_list=PriceList.objects.get(), product_id=cup, unit="pcs", price=12_000, valid_from=date(2026, 11, 24))
    assert [one(line(cup, day=day))[0] for day in (DAY, date(2026, 11, 24))] == [11_000, 12_000]  # the newest
    Price.objects.all().delete()
    assert one(line(cup)) == (None, None, [], 0)


def test_the_customers_own_price_and_own_list_come_first(cup):
    buyer = make.customer()
    own = PriceList.objects.create(code="GROSIR")
    Price.objects.create(price_list=own, product_id=cup, unit="pcs", price=9_000)
    assert one(line(cup, customer=buyer))[:2] == (10_000, "list")
    Customer.objects.filter(id=buyer).update(price_list=own)
    assert one(line(cup, customer=buyer))[:2] == (9_000, "list")
    assert one(line(cup, 20, customer=buyer))[:2] == (9_000, "list")  # the break stands on another list
    Price.objects.create(customer_id=buyer, product_id=cup, unit="pcs", price=8_000, from_quantity=5)
    assert one(line(cup, 4, customer=buyer))[:2] == (9_000, "list")
    assert one(line(cup, 5, customer=buyer))[:2] == (8_000, "customer")
    assert one(line(cup, 1, "dus", customer=buyer))[:2] == (96_000, "customer")


@pytest.mark.parametrize(
    ("tolerance", "theirs", "unit_price", "reason"),
    [(0, 10_000, 10_000, "list"), (0, 9_999, 10_000, "list"), (2, 9_800, 9_800, "customer"), (2, 10_200, 10_200, "customer"), (2, 9_799, 10_000, "list")],
)
def test_the_price_the_customer_wrote_is_taken_within_tolerance(cup, tolerance, theirs, unit_price, reason):
    Policy.objects.update(price_tolerance_pct=tolerance)
    assert one(line(cup, customer_price=theirs))[:2] == (unit_price, reason)


def test_a_written_price_is_compared_after_discounts(cup):
    Policy.objects.update(price_tolerance_pct=1)
    assert one(line(cup, 1, "peti", customer_price=384_750)) == (450_000, "list", [10, 5], 384_750)
    assert one(line(cup, 1, "peti", customer_price=385_000)) == (385_000, "customer", [], 385_000)


def test_what_was_agreed_or_billed_stays(cup):
    assert one(line(cup, 3, unit_price=7_000, price_reason="manual")) == (7_000, "manual", [], 21_000)
    assert one(line(cup, 3, unit_price=7_000, price_reason="imported", discounts=[Decimal(50)])) == (7_000, "imported", [50], 10_500)
    assert one(line(cup, 3, discounts=[Decimal(20)])) == (10_000, "manual", [20], 24_000)  # a discount typed on our price
    assert one(line(cup, 3, unit_price=9_900, price_reason="list", invoiced=1)) == (9_900, "list", [], 29_700)
    assert one(line(cup, 3, unit_price=9_900, price_reason="list")) == (10_000, "list", [], 30_000)


def test_a_list_with_tax_in_its_prices_and_an_order_without(cup):
    with_tax = line(cup, tax_included=True)
    assert one(with_tax) == (11_100, "list", [], 11_100)
    PriceList.objects.update(tax_included=True)
    assert one(with_tax) == (10_000, "list", [], 10_000)
    assert one(line(cup)) == (Decimal("9009.009009"), "list", [], Decimal("9009.01"))


def test_another_currency_is_no_price(cup):
    PriceList.objects.update(currency="USD")
    assert one(line(cup))[0] is None


def test_totals_per_tax_rule_and_the_days_of_a_rule(cup):
    luxury = make.product(100_000, tax_class="luxury")
    TaxRule.objects.create(code="01", product_class="luxury", rate=12)
    TaxRule.objects.create(code="01", product_class="luxury", rate=15, valid_from=date(2026, 11, 24))
    buyer = make.customer()
    priced, totals = asked(line(cup, customer=buyer), line(luxury, customer=buyer), line(None, kind="comment", customer=buyer))
    assert (totals.net, totals.tax, totals.total) == (110_000, 1_100 + 12_000, 123_100)
    assert [p.rule and p.rule.rate for p in priced] == [12, 12, None]
    assert asked(line(luxury, customer=buyer, day=date(2026, 11, 24)))[1].tax == 15_000


def test_cancelled_quantities_count_for_the_line_but_not_for_the_order(cup):
    priced, totals = asked(line(cup, 3, cancelled=1))
    assert (priced[0].net, totals.net) == (30_000, 20_000)


def test_a_header_discount_is_spread_over_what_is_no_charge(cup):
    postage = make.product(5_000, kind="charge")
    buyer = make.customer()
    header = {"customer": buyer, "discount_pct": 10, "discount_amount": 1}
    priced, totals = asked(*(line(thing, n, kind=kind, **header) for thing, n, kind in ((cup, 1, "goods"), (postage, 1, "charge"), (cup, 2, "goods"))))
    assert [p.header_discount for p in priced] == [Decimal("1000.33"), 0, Decimal("2000.67")]
    assert totals.net == 35_000 - 3_001
    assert asked(line(cup, 1, customer=buyer, discount_amount=99_999))[1].total == 0
    billed = {"unit_price": 10_000, "price_reason": "list", "header_discount": 500, "invoiced": 1}
    priced, _ = asked(line(cup, 1, customer=buyer, discount_amount=3_000, **billed), line(cup, 1, customer=buyer, discount_amount=3_000))
    assert [p.header_discount for p in priced] == [500, 2_500]  # what is billed keeps its share


def test_one_query_for_any_number_of_lines(cup):
    from alur.core import sql

    lines = [line(cup, n) for n in range(1, 20)] + [line(Product.objects.get(id=make.product()).id)]
    with sql.counting() as counted:
        known = price.facts(lines)
    assert counted.statements == 1
    assert len(known) == 20
