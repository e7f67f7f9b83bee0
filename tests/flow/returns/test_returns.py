"""Permit, take back, close: each refusal in its order, and after it nothing moved."""

from decimal import Decimal

import pytest

from alur.core import sql
from alur.models import Reason
from tests import make

TABLES = ("return", "return_line", "stock_move", "journal_entry", "event", "recheck")


@pytest.fixture
def order() -> int:
    """An order of 10, all delivered."""
    Reason.objects.create(kind="return", code="defective")
    [made] = make.orders(1, lines=[(make.product(), 10)], through="confirm.reserve")
    make.deliveries([made], through="deliver.complete")
    return made


def line() -> int:
    return sql.one("SELECT max(id) FROM delivery_line")


def counts() -> list[int]:
    return [make.count_of(table) for table in TABLES]


def permit(order: int, quantity: object = 4, **said: object) -> int:
    outcome = make.run("returns.permit", {order: {"lines": {line(): quantity}, "reason": "defective", **said}})
    assert not outcome.refused, outcome.refused
    return outcome.made[order]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"lines": {}}, "no_lines"),
        ({"reason": "whim"}, "no_reason"),
        ({"returns": 3}, "stale_version"),
        ({"lines": {"line": "four"}}, "bad_quantity"),
        ({"lines": {"line": 0}}, "bad_quantity"),
        ({"lines": {"line": 11}}, "more_than_delivered"),
        ({"lines": {-7: 1}}, "more_than_delivered"),
    ],
)
def test_what_may_not_come_back(order: int, said: dict, code: str):
    before = counts()
    lines = {line() if key == "line" else key: value for key, value in said.get("lines", {"line": 1}).items()}
    outcome = make.run("returns.permit", {order: {"reason": "defective", **said, "lines": lines}})
    assert (make.codes(outcome), counts()) == ([code], before)


def test_what_is_expected_already_is_not_permitted_again(order: int):
    permit(order, 7)
    refused = make.run("returns.permit", {order: {"lines": {line(): 4}, "reason": "defective"}}).refused[0]
    assert (refused.code, refused.facts["left"]) == ("more_than_delivered", 3)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"lines": {"line": {"received": 1}}, "seen": 2}, "stale_version"),
        ({"lines": {"line": {"received": "many"}}}, "bad_quantity"),
        ({"lines": {"line": {"received": -1}}}, "bad_quantity"),
        ({"lines": {"line": {"received": 3, "refused": 2}}}, "more_than_permitted"),
        ({"lines": {"line": {"received": 0}}}, "nothing_came"),
    ],
)
def test_what_cannot_have_come(order: int, said: dict, code: str):
    back = permit(order)
    before, own = counts(), sql.one("SELECT id FROM return_line")
    outcome = make.run("returns.take_back", {back: {**said, "lines": {own: said["lines"]["line"]}}})
    assert (make.codes(outcome), counts(), make.lines_of(order)[0].returned) == ([code], before, 0)


def test_nothing_is_booked_in_a_closed_month(order: int):
    back = permit(order)
    sql.run("UPDATE period SET state = 'closed'")
    before = counts()
    assert (make.codes(make.run("returns.take_back", [back])), counts()) == (["period_closed"], before)


def test_a_return_refused_whole_is_over_and_moves_nothing(order: int):
    back = permit(order)
    own = sql.one("SELECT id FROM return_line")
    make.run("returns.take_back", {back: {"lines": {own: {"refused": 4}}}})
    assert sql.one('SELECT state FROM "return"') == "closed"
    assert (make.lines_of(order)[0].returned, make.count_of("warehouse")) == (0, 2)
    assert [make.run(name, [back]).already for name in ("returns.take_back", "returns.close", "invoice.credit")] == [[back]] * 3
    assert make.run("returns.permit", {order: {"lines": {line(): 10}, "reason": "defective"}}).moved == [order]


def test_a_set_takes_parts_of_one_delivery_at_a_cost_that_adds_up():
    Reason.objects.create(kind="return", code="defective")
    [order] = make.orders(1, lines=[(make.product(cost="3333.33"), 3)], through="confirm.reserve")
    make.deliveries([order], through="deliver.complete")
    first, second = permit(order, 1), permit(order, 2)
    make.run("returns.take_back", [second, first])
    assert sql.ids("SELECT value FROM return_line ORDER BY id") == [Decimal("3333.33"), Decimal("6666.66")]
    assert make.balance(5101) == 0
