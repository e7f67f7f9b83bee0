"""Every rule stands twice: here each is broken behind its constraint's back, and the query finds and names the row."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction

from alur.core import sql
from alur.flow.pay.receive import Receipt
from alur.jobs import worker
from alur.models import Department
from alur.reads import proof
from tests import make
from tests.world import World

# check -> what is done to the facts; constraints and triggers that would refuse it are taken away first
DAMAGE = {
    "I1 reserved_is_on_hand": [
        "ALTER TABLE stock DROP CONSTRAINT stock_reserved_at_most_on_hand",
        "UPDATE stock SET reserved = on_hand + 1 WHERE id = (SELECT min(id) FROM stock)",
    ],
    "I2 reserved_is_reservations": ["UPDATE stock SET reserved = 0 WHERE reserved > 0"],
    "I2 line_reserved_is_reservations": ["DELETE FROM reservation"],
    "I2 backorder_is_what_is_missing": ["UPDATE backorder SET open = open + 1"],
    "I3 on_hand_is_moves": ["UPDATE stock SET on_hand = on_hand + 1 WHERE id = (SELECT min(id) FROM stock)"],
    "I3 supply_lines_are_moves": ["UPDATE supply_line SET received = received - 1 WHERE received > 1"],
    "I4 value_is_moves": ["UPDATE stock SET value = value + 1 WHERE id = (SELECT min(id) FROM stock)"],
    "I4 value_is_ledger": ["UPDATE journal_line SET amount = amount + 1 WHERE account = 1301"],
    "I4 in_transit_is_ledger": ["UPDATE journal_line SET account = 5101 WHERE account = 1302"],
    "I19 counters_in_order": [
        "ALTER TABLE order_line DROP CONSTRAINT order_line_delivered_at_most_shipped",
        "UPDATE order_line SET delivered = shipped + 1 WHERE id = (SELECT min(id) FROM order_line)",
    ],
    "I19 counters_are_deliveries": ["UPDATE delivery_line SET quantity = quantity + 1"],
    "I19 invoiced_is_invoices": ["UPDATE invoice_line SET quantity = quantity + 1 WHERE order_line_id IS NOT NULL"],
    "I20 booked_within_limit": ["ALTER TABLE capacity DROP CONSTRAINT capacity_not_overbooked", 'UPDATE capacity SET booked = "limit" + 1'],
    "I20 booked_is_bookings": ["UPDATE capacity SET booked = booked - 1 WHERE booked > 0"],
    "I20 bookings_are_visits": ["DELETE FROM booking"],
    "proposals_are_of_visits_to_come": ["UPDATE delivery SET state = 'failed' WHERE state = 'scheduled' AND warehouse_id IS NULL"],
    "I5 credit_within_limit": ["UPDATE customer SET credit_limit = 1", "DELETE FROM approval", "DELETE FROM event WHERE subject_kind = 'customer'"],
    "I5 granted_is_what_is_at_risk": ["UPDATE sales_order SET granted = total + 1 WHERE state = 'confirmed'"],
    "I6 entries_balance": ["UPDATE journal_line SET amount = amount + 1 WHERE id = (SELECT min(id) FROM journal_line)"],
    "I7 trial_balance_is_zero": ["UPDATE journal_line SET amount = amount + 1 WHERE id = (SELECT min(id) FROM journal_line)"],
    "I8 receivable_is_open_items": ["UPDATE journal_line SET customer_id = 7 WHERE account = 1201"],
    "I9 allocated_within_payment": ["UPDATE payment SET amount = 1 WHERE id = (SELECT payment_id FROM allocation LIMIT 1)"],
    "I9 open_receipt_is_the_rest": ["UPDATE open_receipt SET open = open + 1"],
    "I9 open_item_is_the_rest": ["UPDATE open_item SET open = open - 1, uncleared = 0 WHERE open > 1"],
    "I9 cleared_when_the_bank_says": ["UPDATE open_receipt SET cleared = NOT cleared"],
    "I9 uncleared_is_giros": ["UPDATE open_item SET open = greatest(open - 1, 0), uncleared = uncleared + 1"],
    "I9 giro_in_hand_is_ledger": ["DELETE FROM clearing"],
    "I9 reversals_undo": ["UPDATE allocation SET amount = amount - 1 WHERE reverses_id IS NOT NULL"],
    "I9 unallocated_is_ledger": ["UPDATE open_receipt SET open = open + 1"],
    "I9 advances_are_ledger": ["UPDATE journal_line SET account = 2101 WHERE account = 2102"],
    "I3 returns_are_moves": ["UPDATE return_line SET value = value + 1"],
    "I19 returned_is_returns": ["UPDATE order_line SET returned = 0"],
    "I19 credited_is_credit_notes": ["UPDATE order_line SET credited = 0"],
    "I9 credited_within_invoice": ["UPDATE invoice_line SET net = net + 10000000 WHERE credited_line_id IS NOT NULL"],
    "I9 credit_notes_are_used_once": ["DELETE FROM open_receipt WHERE credit_note_id IS NOT NULL"],
    "I9 refunds_come_from_somewhere": ["UPDATE allocation SET amount = amount + 1 WHERE refund_id IS NOT NULL"],
    "I9 advances_end_with_the_order": ["UPDATE sales_order SET state = 'closed' WHERE state = 'confirmed'", "DELETE FROM recheck"],
    "I10 numbers_without_gap": ["UPDATE invoice SET number = 'INV/2026/009999' WHERE id = (SELECT min(id) FROM invoice WHERE kind = 'invoice')"],
    "I10 series_is_its_last_number": ["UPDATE series SET last_number = last_number + 1"],
    "I10 dates_do_not_go_back": ["UPDATE invoice SET issued_on = issued_on + 9 WHERE number = 'INV/2026/000001'"],
    "I18 documents_are_dated_in_the_companys_zone": ["UPDATE invoice SET issued_on = issued_on - 1"],
    "I18 documents_are_in_the_books": ["UPDATE journal_entry SET subject_id = 0 WHERE kind LIKE 'invoice.%'"],
    "I11 state_is_last_event": ["UPDATE sales_order SET state = 'closed' WHERE state = 'confirmed'"],
    "I11 states_follow_the_map": ["DELETE FROM event WHERE kind = 'order.verified'"],
    "I11 events_are_counted": ["DELETE FROM event WHERE kind = 'order.received'"],
    "I13 taken_once": ["ALTER TABLE sales_order DROP CONSTRAINT sales_order_once", "UPDATE sales_order SET external_ref = 'same'"],
    "I19 totals_add_up": ["UPDATE sales_order SET total = total + 1 WHERE id = (SELECT min(id) FROM sales_order)"],
    "I19 fulfilled_is_delivered": ["UPDATE sales_order SET state = 'fulfilled' WHERE state = 'confirmed'"],
    "approvals_stand_behind_releases": ["UPDATE hold SET resolution = 'released', resolved_at = opened_at WHERE code <> 'manual'", "DELETE FROM approval"],
    "holds_end_with_the_order": ["ALTER TABLE sales_order DROP CONSTRAINT sales_order_cancelled_grants_nothing", "UPDATE sales_order SET state = 'cancelled'"],
    "asleep": ["UPDATE sales_order SET state = 'fulfilled' WHERE state = 'closed'"],
    "asleep to_bill": ["UPDATE order_line SET invoiced = 0, credited = 0 WHERE invoiced > 0", "DELETE FROM recheck"],
    "collective_covers_its_period": ["UPDATE delivery SET ended_at = ended_at + interval '1 day'"],
    "collective_is_of_one_customer": ["UPDATE sales_order SET customer_id = 999999 WHERE id = (SELECT min(id) FROM sales_order WHERE invoice_rule = 'day')"],
    "closed_months_take_nothing": [
        "UPDATE event SET data = jsonb_build_object('upto', 1) WHERE kind = 'period.closed'",
        "UPDATE journal_entry SET \"on\" = '2026-08-03' WHERE id = (SELECT max(id) FROM journal_entry)",
    ],
    "months_close_in_their_order": ["INSERT INTO period (starts_on) VALUES ('2001-01-01')"],
    "handed_over_is_due_from_then": ["UPDATE open_item SET due_on = '2026-12-01' WHERE invoice_id IN (SELECT invoice_id FROM hand_over)"],
    "I16 no_foreign_key_leaves_the_schema": ['ALTER TABLE note ADD COLUMN author1 bigint REFERENCES public."user"(id)'],
    "references event": ["UPDATE event SET order_id = 999999 WHERE kind = 'order.priced'"],
    "references journal_line": ["UPDATE journal_line SET account = 1 WHERE id = (SELECT min(id) FROM journal_line)"],
    "references stock": ["UPDATE reservation SET order_line_id = 999999 WHERE id = (SELECT min(id) FROM reservation)"],
    "references documents": ["UPDATE delivery_line SET order_line_id = 999999 WHERE id = (SELECT min(id) FROM delivery_line)"],
    "references money": ["UPDATE open_item SET invoice_id = 999999 WHERE id = (SELECT min(id) FROM open_item)"],
    "references holds": ["UPDATE hold SET line_id = 999999"],
}


@pytest.fixture
def lively() -> None:
    """A world with something of everything: held, short, on the road, owed, paid too much, paid first, closed."""
    world = World(11)
    for name in ("settle.close", "deliver.dispatch"):
        world.before(name)
        worker.until_idle()
    make.deliveries(make.orders(1, through="confirm.promise"), through="deliver.dispatch")
    make.orders(1, lines=[(make.product(stock=1), 3)], through="confirm.reserve")
    make.run("pay.receive", [Receipt(key=1, payer_id=make.customer(), amount=Decimal(50_000))])
    [ahead] = make.orders(1, customer_id=make.customer(credit_limit=None, terms_id=make.terms(100)), through="confirm.reserve")
    make.run("pay.receive", [Receipt(key=2, order_id=ahead, amount=Decimal(20_000))])
    make.run("invoice.advance", [ahead])
    visit = make.product(kind="service", department=Department.objects.create(code="VIS", kind="service"))
    [booked] = make.deliveries(make.orders(1, lines=[(visit, 1)], through="confirm.promise"))
    make.run("deliver.propose", {booked: {"day": "2026-11-28"}})
    _months()


def _months() -> None:
    """A collective invoice of two orders, one that was handed over, a month that is closed."""
    buyer = make.customer(terms_id=make.terms(0))
    sql.run("UPDATE terms SET due_from = 'handover' WHERE id = (SELECT max(id) FROM terms)")
    both = make.orders(2, customer_id=buyer, through="invoice.prepare")
    sql.run("UPDATE sales_order SET invoice_rule = 'day' WHERE id = ANY(%(ids)s::bigint[])", ids=both)
    make.deliveries(both, through="deliver.complete")
    next_day = make.AT + timedelta(days=1)
    make.run("invoice.issue", both, at=next_day)
    make.run("invoice.hand_over", {sql.one("SELECT max(id) FROM invoice"): {"on": "2026-11-24"}}, at=next_day)
    sql.run("INSERT INTO period (starts_on) VALUES ('2026-08-01') ON CONFLICT DO NOTHING")
    make.run("books.lock_period", sql.ids("SELECT id FROM period WHERE starts_on = '2026-08-01'"))


def test_nothing_is_found_in_sound_books(lively):
    assert {r.name: r.violations for r in proof.prove() if r.violations} == {}
    assert all(r.checked for r in proof.prove() if r.name in DAMAGE and r.name.startswith("I"))


def test_what_is_broken_is_found_and_named(lively):
    assert set(DAMAGE) == set(proof.CHECKS)
    blind = {}
    for name, statements in DAMAGE.items():
        with transaction.atomic():
            damage(statements)
            [found] = proof.prove([name])
            transaction.set_rollback(True)
        if not any(letter.isdigit() for violation in found.violations for letter in violation):
            blind[name] = found
    assert blind == {}


def damage(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no trigger, no foreign key
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET session_replication_role = origin")
