"""A dry run finds what verify would find, and changes nothing."""

from datetime import date
from decimal import Decimal

from alur.models import Customer, OpenItem, Policy, Product
from alur.reads import dry_run, price
from tests import make

TODAY = date(2026, 11, 23)


def line(customer: int, product: int | None, quantity: int, *, k: int = 1, **fields) -> price.Line:
    return price.Line(customer, TODAY, "IDR", tax_included=False, product_id=product, unit="pcs", factor=Decimal(1), quantity=Decimal(quantity), id=k, **fields)


def typed(customer: int, **fields) -> dry_run.Typed:
    return dry_run.Typed(customer, customer, Decimal(0), **{"street": "Jl. Melati 7", "city": "Depok"} | fields)


def test_a_typed_order_is_priced_and_judged():
    cup, gone, buyer = make.product(), make.product(discontinued=True, multiple=4), make.customer(credit_limit=100_000)
    result = dry_run.typed(typed(buyer), [line(buyer, cup, 9)], at=make.AT)
    assert (result.totals.total, result.findings) == (99_900, [])
    lines = [line(buyer, cup, 9, customer_price=Decimal(9_000)), line(buyer, gone, 2, k=2), line(buyer, None, 1, k=3)]
    lines.append(line(buyer, None, 0, k=4, kind="comment"))
    result = dry_run.typed(typed(buyer, city="", requested_on=date(2026, 11, 20)), lines, at=make.AT)
    assert [(f.code, f.line_id, f.blocks) for f in result.findings] == [
        ("line_incomplete", 3, True), ("quantity_multiple", 2, True), ("price_differs", 1, True), ("over_credit_limit", None, True),
        ("address_incomplete", None, True), ("discontinued", 2, True), ("date_impossible", None, False),
    ]  # fmt: skip
    assert result.findings[3].facts["over"] == 22_100
    assert make.count_of("event") == make.count_of("hold") == make.count_of("sales_order") == 0


def test_it_stands_last_in_the_queue():
    cup, buyer = make.product(), make.customer(credit_limit=100_000)
    make.orders(1, customer_id=buyer, lines=[(cup, 5)], through="check.price")
    waits = dry_run.typed(typed(buyer), [line(buyer, cup, 9)], at=make.AT).findings
    assert [(f.code, f.blocks) for f in waits] == [("over_credit_limit", False)]  # only if the order ahead is let through
    make.run("check.verify")
    assert [f.blocks for f in dry_run.typed(typed(buyer), [line(buyer, cup, 9)], at=make.AT).findings] == [True]
    assert dry_run.typed(typed(buyer), [line(buyer, cup, 4)], at=make.AT).findings == []


def test_a_repeat_is_found():
    cup, buyer = make.product(), make.customer()
    (one,) = make.orders(1, customer_id=buyer, customer_po="PO-1")
    assert dry_run.typed(typed(buyer, customer_po="PO-1"), [line(buyer, cup, 1)], at=make.AT).findings == []
    Policy.objects.update(duplicate_days=3)
    (found,) = dry_run.typed(typed(buyer, customer_po="PO-1"), [line(buyer, cup, 1)], at=make.AT).findings
    assert found.facts == {"customer_id": buyer, "other_order_id": one, "agrees": "customer_po"}


def test_a_saved_order_is_found_as_verify_finds_it():
    one, two = make.orders(2, through="check.price")
    Customer.objects.update(credit_limit=30_000, blocked="all")
    Product.objects.update(multiple=3)
    OpenItem.objects.create(invoice_id=1, payer_id=make.order(one).payer_id, issued_on=TODAY, due_on=date(2026, 10, 1), total=5_000_000, open=5_000_000)
    before = dry_run.saved([one, two], at=make.AT)
    assert [[f.code for f in before[i]] for i in (one, two)] == [["quantity_multiple", "customer_blocked", "over_credit_limit", "overdue"]] * 2
    assert make.count_of("hold") == 0
    outcome = make.run("check.verify", [one, two])
    assert make.codes(outcome) == ["quantity_multiple"] * 2
    assert dry_run.saved([one, two], at=make.AT) == before
