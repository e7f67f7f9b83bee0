"""Tukar faktur: from which day days count, who brought it, and what cannot be handed over."""

from datetime import UTC, date, datetime

import pytest

from alur.core import sql
from alur.flow.pay.receive import Receipt
from alur.models import Terms, TermsPart
from tests import make

FRIDAY = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
TAKEN = {"on": "2026-11-26", "brought_by": "Ujang"}


@pytest.fixture
def invoice() -> int:
    """Of two parts: one counts from the hand-over, the other from the delivery."""
    return issued(("handover", 40, 14), ("delivery", 60, 30))


def issued(*parts: tuple[str, int, int]) -> int:
    made = Terms.objects.create(code="TF", due_from=parts[0][0])
    for position, (_, percent, days) in enumerate(parts, 1):
        TermsPart.objects.create(terms=made, position=position, percent=percent, days=days)
    [order] = make.orders(1, customer_id=make.customer(terms_id=made.id), through="invoice.prepare")
    make.delivered([order])
    make.run("invoice.issue")
    return sql.one("SELECT max(id) FROM invoice")


def due() -> list[date | None]:
    return sql.ids("SELECT due_on FROM open_item ORDER BY part")


def test_days_count_from_the_day_it_was_taken(invoice):
    assert due() == [None, None]
    assert make.run("invoice.hand_over", {invoice: TAKEN}, at=FRIDAY).moved == [invoice]
    assert due() == [date(2026, 12, 10), date(2026, 12, 26)]
    assert sql.rows('SELECT "on", by FROM hand_over') == [(date(2026, 11, 26), "Ujang")]
    assert sql.rows("SELECT kind, data FROM event ORDER BY id DESC LIMIT 1") == [("invoice.handed_over", {"on": "2026-11-26"})]
    assert make.run("invoice.hand_over", {invoice: TAKEN}, at=FRIDAY).already == [invoice]


@pytest.mark.parametrize(("due_from", "day"), [("invoice", date(2026, 12, 7)), ("delivery", date(2026, 12, 7)), ("month_end", date(2026, 12, 14))])
def test_other_terms_keep_their_day(due_from, day):
    invoice = issued((due_from, 100, 14))
    assert make.run("invoice.hand_over", {invoice: TAKEN}, at=FRIDAY).moved == [invoice]
    assert due() == [day]


REFUSED = [
    ("INSERT INTO hand_over (invoice_id, \"on\") SELECT id, '2026-11-25' FROM invoice", TAKEN, "handed_over"),
    ("", {"on": "2026-11-28"}, "bad_day"),
    ("", {"on": "2026-11-22"}, "bad_day"),
    ("", {"on": "kemarin"}, "bad_day"),
]


@pytest.mark.parametrize(("change", "said", "code"), REFUSED)
def test_refusals(invoice, change, said, code):
    if change:
        sql.run(change)
    before = make.count_of("event"), make.count_of("hand_over")
    assert make.codes(make.run("invoice.hand_over", {invoice: said, 999_999: TAKEN}, at=FRIDAY)) == [code, "not_found"]
    assert (make.count_of("event"), make.count_of("hand_over")) == before
    assert due() == [None, None]


def test_only_invoices_are_handed_over():
    buyer = make.customer(terms_id=make.terms(100))
    [order] = make.orders(1, customer_id=buyer, through="confirm.reserve")
    make.run("pay.receive", [Receipt(1, make.order(order).total, order_id=order)])
    make.run("invoice.advance", [order])
    assert make.codes(make.run("invoice.hand_over", {sql.one("SELECT id FROM invoice"): TAKEN}, at=FRIDAY)) == ["no_invoice"]
