"""A pro forma of each version; the newest one counts."""

import pytest

from alur.core import sql
from alur.models import ProForma
from tests import make


def test_a_pro_forma_is_made_once_a_version():
    (order,) = make.orders(through="invoice.prepare")
    (first,) = ProForma.objects.all()
    assert (first.order_id, first.version, first.total, first.voided_at) == (order, 1, make.order(order).total, None)
    assert first.number.startswith("PF-2026-")
    assert make.run("invoice.prepare", [order]).already == [order]
    sql.run("UPDATE sales_order SET version = 2, total = 5")
    assert make.run("invoice.prepare").moved == [order]
    old, new = ProForma.objects.order_by("id")
    assert (old.voided_at, new.version, new.total, new.voided_at) == (make.AT, 2, 5, None)
    assert make.events(order).count("invoice.prepared") == 2
    assert make.count_of("journal_entry") == 1  # the opening stock


REFUSED = [
    ("UPDATE sales_order SET state = 'verified'", "wrong_state"),
    ("INSERT INTO hold (order_id, code, opened_at) SELECT id, 'large_order', now() FROM sales_order", "held"),
]


@pytest.mark.parametrize(("change", "code"), REFUSED)
def test_refusals(change, code):
    (order,) = make.orders(through="confirm.reserve")
    sql.run(change)
    assert make.run("invoice.prepare").moved == []
    assert make.codes(make.run("invoice.prepare", [order, 999_999])) == [code, "not_found"]
    assert make.count_of("pro_forma") == 0


def test_an_unpaid_advance_does_not_stop_it():
    (order,) = make.orders(customer_id=make.customer(terms_id=make.terms(100)), through="confirm.reserve")
    assert sql.ids("SELECT order_id FROM hold WHERE code = 'awaiting_payment'") == [order]
    assert make.run("invoice.prepare").moved == [order]


def test_the_number_of_statements_does_not_depend_on_the_number_of_orders():
    counts = []
    for n in (1, 20):
        make.orders(n, through="confirm.reserve")
        with sql.counting() as counted:
            assert len(make.run("invoice.prepare").moved) == n
        counts.append(counted.statements)
    assert counts[0] == counts[1]
