"""Goods go from one warehouse to another through the one on the road: ordered, sent, received."""

from datetime import date
from decimal import Decimal

import pytest

from alur.books import chart
from alur.models import Event, Period, SupplyLine, SupplyOrder, Warehouse
from tests import make
from tests.supply.goods import home, moves, ordered, shelf, sound


@pytest.fixture
def bandung() -> int:
    return make.warehouse("BDG")


def test_sent_and_received_at_what_they_are_worth(bandung):
    cup = make.product(stock=9, cost="333.333333")
    make.put(cup, 1, 1_000, bandung)
    (line,) = ordered("transfer", home(), (cup, 9), to=bandung)
    assert SupplyOrder.objects.get().number.startswith("TO-2026-")
    assert make.codes(make.run("supply.receive", {line: {}})) == ["not_sent"]
    assert make.run("supply.transfer", {line: {"quantity": "4"}}).moved == [line]
    transit = Warehouse.objects.get(kind="transit").id
    assert shelf(cup, transit) == (4, 0, Decimal("1333.33"))
    assert make.codes(make.run("supply.receive", {line: {"quantity": "5"}})) == ["not_sent"]
    assert make.run("supply.receive", {line: {"quantity": "1"}}).moved == [line]
    assert make.run("supply.transfer", {line: {}}).moved == [line]
    assert shelf(cup) == (0, 0, 0)
    assert make.run("supply.transfer", {line: {}}).already == [line]
    assert make.run("supply.receive", {line: {}}).moved == [line]
    assert (shelf(cup, transit), SupplyOrder.objects.get().state) == ((0, 0, 0), "received")
    assert shelf(cup, bandung)[0] == 10
    assert sum(m[3] for m in moves(cup)) == make.balance(chart.INVENTORY) == shelf(cup, bandung)[2]
    assert make.balance(chart.INVENTORY) + make.balance(chart.STOCK_ROUNDING) == -make.balance(chart.OPENING_EQUITY)
    kinds = Event.objects.filter(subject_kind="supply_order").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["supply.ordered", "supply.sent", "supply.received", "supply.sent", "supply.received"]
    assert sound()


def closed(_line):
    Period.objects.create(starts_on=date(2026, 11, 1), state="closed")


def bought(_line):
    SupplyOrder.objects.update(kind="buy")


def over(_line):
    SupplyLine.objects.update(state="cancelled")


@pytest.mark.parametrize(
    ("quantity", "act", "code"),
    [
        ("0", over, "wrong_state"),
        ("0", bought, "not_a_transfer"),
        ("0", None, "bad_quantity"),
        ("dua", None, "bad_quantity"),
        ("9", None, "more_than_ordered"),
        ("8", closed, "not_free"),
        ("6", closed, "period_closed"),
    ],
)
def test_refused_to_send(bandung, quantity, act, code):
    cup = make.product(stock=10)
    make.confirmed(lines=[(cup, 4)])
    (line,) = ordered("transfer", home(), (cup, 8), to=bandung)
    if act:
        act(line)
    before = make.count_of("stock_move")
    outcome = make.run("supply.transfer", {line: {"quantity": quantity}, line + 9: {}})
    assert sorted(make.codes(outcome)) == sorted([code, "not_found"])
    assert make.count_of("stock_move") == before
    assert (shelf(cup)[0], SupplyLine.objects.get().sent) == (10, 0)


def test_two_lines_share_what_is_free(bandung):
    cup = make.product(stock=10)
    first, second = ordered("transfer", home(), (cup, 7), (cup, 4), to=bandung)
    outcome = make.run("supply.transfer", {first: {}, second: {}})
    assert (outcome.moved, make.codes(outcome), outcome.refused[0].facts["free"]) == ([first], ["not_free"], 3)


def test_what_comes_no_more(bandung):
    cup = make.product(stock=10)
    first, second = ordered("transfer", home(), (cup, 7), (cup, 3), to=bandung)
    make.run("supply.transfer", {first: {"quantity": "2"}})
    outcome = make.run("supply.cancel", [first, second, second + 9])
    assert (outcome.moved, make.codes(outcome)) == ([second], ["on_the_road", "not_found"])
    make.run("supply.receive", {first: {}})
    assert make.run("supply.cancel", [first, second]).already == [second]
    assert SupplyOrder.objects.get().state == "received"
    assert make.codes(make.run("supply.receive", {second: {}})) == ["wrong_state"]
    (third,) = ordered("transfer", home(), (cup, 1), to=bandung)
    assert make.run("supply.cancel", [third]).moved == [third]
    assert SupplyOrder.objects.order_by("-id").first().state == "cancelled"
    assert Event.objects.filter(kind="supply.cancelled").count() == 3
    assert sound()
