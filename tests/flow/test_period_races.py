"""Closing a month while others post into it, with real commits: who is under way is waited for, who comes after is refused, nothing slips in."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from alur.core import clock, sql, step
from alur.flow import map as flow
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from tests import make
from tests.flow.test_races import at_once, sound

LAST, DECEMBER = datetime(2026, 11, 30, 4, 0, tzinfo=UTC), datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _committing(transactional_db):
    clock.move(LAST)


def press(given: tuple[str, Any, datetime]) -> step.Outcome:
    name, items, at = given
    return step.run(flow.by_name[name], items, by="7", at=at)


@pytest.mark.parametrize("start", range(4))
def test_closing_against_issue_and_receive(start: int):
    """Five rounds each: invoices (in every other round a collective one) and money, at the same moment as the closing, in another order every time."""
    month, closed = None, 0
    for n in range(5):
        buyer = make.customer()
        plain = make.orders(3, customer_id=buyer, through="invoice.prepare")
        together = make.orders(3, customer_id=make.customer(), through="invoice.prepare")
        if n % 2:
            sql.run("UPDATE sales_order SET invoice_rule = 'day' WHERE id = ANY(%(ids)s::bigint[])", ids=together)
        make.deliveries([*plain, *together], through="deliver.complete")
        month = sql.one("SELECT id FROM period WHERE starts_on = '2026-11-01'")
        posts: list[Any] = [("invoice.issue", [i], LAST) for i in (*plain, *together)]
        posts += [("pay.receive", [Receipt(i, Decimal(100 + i), buyer, received_on=date(2026, 11, 29))], LAST) for i in range(4)]
        posts.insert((start * 3 + n) % len(posts), ("books.lock_period", [month], DECEMBER))
        outcomes = at_once(press, posts, len(posts))
        assert {r.code for o in outcomes for r in o.refused} <= {"period_closed", "its_month_is_closed", "not_invoiced", "waits_for_ahead"}
        assert sound()
        if sql.one("SELECT state FROM period WHERE id = %(id)s", id=month) == "closed":
            closed += 1
            press(("books.reopen_period", {month: {"reason": "uji"}}, DECEMBER))
        worker.until_idle()
    assert closed >= 3  # nothing waits for a collective invoice there
    assert sql.ids("SELECT order_id FROM recheck WHERE step = 'issue'") == []
    press(("books.lock_period", [month], DECEMBER))
    assert sql.one("SELECT state FROM period WHERE id = %(id)s", id=month) == "closed"
    assert sound()


def test_many_ask_for_one_collective_invoice():
    orders = make.orders(12, customer_id=make.customer(), through="invoice.prepare")
    sql.run("UPDATE sales_order SET invoice_rule = 'day'")
    make.deliveries(orders, through="deliver.complete")
    at_once(press, [("invoice.issue", [i], LAST) for i in orders], 12)
    worker.until_idle()
    assert sql.rows("SELECT number, issued_on FROM invoice") == [("FG/2026/000001", date(2026, 11, 23))]
    assert {make.order(o).granted for o in orders} == {0}
    assert sound()
