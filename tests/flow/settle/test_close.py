"""An order closes when nothing is left to deliver, invoice or pay; only tickets wake it."""

import pytest

from alur.core import sql
from alur.log import recheck
from tests import make


def settled(n: int = 1) -> list[int]:
    """Orders delivered, invoiced and (as if) paid, with a ticket each."""
    ids = make.orders(n, through="invoice.prepare")
    make.delivered(ids)
    make.run("invoice.issue", ids)
    sql.run("DELETE FROM open_item")
    return ids


def test_a_ticket_closes_it():
    (order,) = settled()
    assert make.run("settle.close").moved == [order]
    assert (make.order(order).state, make.order(order).granted) == ("closed", 0)
    assert make.events(order)[-1] == "order.closed"
    assert make.count_of("recheck") == 0
    assert make.run("settle.close", [order]).already == [order]


def test_without_a_ticket_nothing_is_looked_at():
    settled()
    sql.run("DELETE FROM recheck")
    assert make.run("settle.close").moved == []


def test_a_ticket_of_an_order_that_is_not_there_yet_goes():
    ids = make.orders(2)
    recheck.add("close", ids[:1] * 2, "paid")
    outcome = make.run("settle.close", ids)
    assert (outcome.already, make.codes(outcome)) == (ids[:1], ["wrong_state"])
    assert make.count_of("recheck") == 0


REFUSED = [
    ("UPDATE sales_order SET state = 'confirmed'; DELETE FROM recheck", "wrong_state"),
    ("UPDATE order_line SET invoiced = 1", "not_billed"),
    ("INSERT INTO return_line (return_id, delivery_line_id, order_line_id, quantity, state) SELECT 1, 1, id, 1, 'received' FROM order_line", "return_open"),
    ("INSERT INTO open_item (invoice_id, payer_id, issued_on, total, open) SELECT id, payer_id, issued_on, 9, 5 FROM invoice", "still_owed"),
    ("INSERT INTO open_item (invoice_id, payer_id, issued_on, total, open, uncleared) SELECT id, payer_id, issued_on, 9, 0, 9 FROM invoice", "still_owed"),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_refusals(change, code):
    (order,) = settled()
    sql.run("INSERT INTO \"return\" (id, number, customer_id, permitted_at) SELECT 1, 'R', customer_id, now() FROM sales_order")
    for statement in change.split("; "):
        sql.run(statement)
    events = make.count_of("event")
    assert make.codes(make.run("settle.close", [order, 999_999])) == [code, "not_found"]
    assert make.order(order).state != "closed"
    assert (make.count_of("event"), make.count_of("recheck")) == (events, 0)


def test_the_number_of_statements_does_not_depend_on_the_number_of_orders():
    counts = []
    for n in (1, 20):
        settled(n)
        with sql.counting() as counted:
            assert len(make.run("settle.close").moved) == n
        counts.append(counted.statements)
    assert counts[0] == counts[1]
