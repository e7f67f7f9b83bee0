"""The money of invoices, for any quantities and prices: parts add up, and every document is its lines, tax and rounding."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from alur.core import money
from alur.flow.invoice import bill
from alur.reads.tax import Rules

RULES = Rules([SimpleNamespace(id=n, product_class=str(n), customer_class="", rate=Decimal(r), base_num=a, base_den=b, valid_from=None, valid_to=None)
               for n, r, a, b in ((1, 12, 11, 12), (2, 12, 1, 1), (3, 0, 1, 1))])  # fmt: skip
DAY = date(2026, 11, 23)
cents = st.integers(0, 10**10).map(lambda n: Decimal(n) / 100)
quantities = st.lists(st.integers(1, 1000), min_size=1, max_size=6)


class Piece(NamedTuple):
    id: int
    ordered: Decimal
    net: Decimal
    tax_rule_id: int | None
    quantity: Decimal
    delivery_id: int
    brought_on: date
    invoiced: Decimal = Decimal(0)
    billed: Decimal | None = None

    @property
    def delivery_line_id(self) -> int:
        return 10 * self.id + self.delivery_id


def order(currency: str, *, included: bool, rule: str = "delivery") -> SimpleNamespace:
    return SimpleNamespace(id=1, currency=currency, tax_included=included, invoice_rule=rule, terms_id=None)


def pieces(lines: list[tuple[Decimal, list[int], int | None]]) -> list[Piece]:
    """Each line's quantities arrive one a delivery."""
    made = [Piece(n, Decimal(sum(parts)), net, rule, Decimal(part), d, DAY + timedelta(d))
            for n, (net, parts, rule) in enumerate(lines) for d, part in enumerate(parts)]  # fmt: skip
    return sorted(made, key=lambda piece: (piece.delivery_id, piece.id))


@given(st.lists(st.tuples(cents, quantities, st.sampled_from([None, 1, 2, 3])), min_size=1, max_size=5), st.booleans(), st.sampled_from(["IDR", "GBP"]))
def test_parts_add_up_to_the_line_and_documents_to_their_lines(lines, included, currency):
    documents = bill.Billing(RULES, {}, DAY).documents(order(currency, included=included), pieces(lines), ())
    assert len(documents) == max(len(parts) for _, parts, _ in lines)
    for n, (net, parts, _) in enumerate(lines):
        billed = [line for d in documents for line in d.lines if line.order_line_id == n]
        assert sum(line.net for line in billed) == net
        assert sum(line.quantity for line in billed) == sum(parts)
    for document in documents:
        t = document.totals
        assert t.net + t.tax + t.rounding == t.total == document.to_pay == sum(part.amount for part in document.parts)
        assert t.total % money.unit_of(currency) == 0
        asked = sum(line.net for line in document.lines)
        assert asked + t.rounding + (0 if included else t.tax) == t.total
        assert abs(t.rounding) <= money.unit_of(currency) / 2 * 4


@given(st.lists(st.tuples(cents, quantities, st.sampled_from([None, 1, 2, 3])), min_size=1, max_size=4), st.booleans(),
       st.lists(st.tuples(st.integers(1, 10**8), st.integers(0, 10**7), st.sampled_from([None, 1, 2])), max_size=4))  # fmt: skip
def test_advances_are_deducted_oldest_first_and_never_more_than_is_due(lines, included, paid):
    advances = [bill.Advance(n // 2, rule, Decimal(net), Decimal(tax)) for n, (net, tax, rule) in enumerate(paid)]
    whole = sum((a.net + a.tax for a in advances), Decimal(0))
    documents = bill.Billing(RULES, {}, DAY).documents(order("IDR", included=included), pieces(lines), advances)
    due = sum(d.totals.total for d in documents)
    taken = sum(d.net_taken + d.tax_taken for d in documents)
    assert taken == min(due, whole)
    for document in documents:
        assert 0 <= document.to_pay <= document.totals.total
    for advance in advances:
        assert advance.left >= 0
        assert 0 <= advance.tax_taken <= advance.tax
        if not advance.left:
            assert (advance.net_taken, advance.tax_taken) == (advance.net, advance.tax)
    open_ = [advance.left > 0 for advance in advances]
    started = [advance.left < advance.net + advance.tax for advance in advances]
    assert not any(a.id < b.id and o and s for a, o in zip(advances, open_, strict=True) for b, s in zip(advances, started, strict=True))


def test_one_invoice_for_the_whole_order():
    (document,) = bill.Billing(RULES, {}, DAY).documents(order("IDR", included=False, rule="order"), pieces([(Decimal(100), [1, 2], 1)]), ())
    assert [line.quantity for line in document.lines] == [1, 2]


def test_what_an_order_still_takes_of_its_credit():
    asked = SimpleNamespace(total=Decimal(1000), advance_pct=Decimal(50), currency="IDR", granted=Decimal(500))
    assert bill.lowered(asked, Decimal(0), Decimal(0)) == 500
    assert bill.lowered(asked, Decimal(400), Decimal(400)) == 500
    assert bill.lowered(asked, Decimal(700), Decimal(500)) == 300
    assert bill.lowered(asked, Decimal(1001), Decimal(500)) == 0
