"""The words for where an order stands, from stored facts."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.utils import translation

from alur.core import sql
from alur.reads import status
from tests import make

TODAY = date(2026, 11, 23)
NOTHING = {
    "unpriced": False, "stops": False, "unpaid": False, "short": False, "wanted": 5, "shipped": 0, "delivered": 0, "returned": 0, "invoiced": 0, "billable": 0,
    "scheduled": 0, "picked": 0, "dispatched": 0, "arrived": 0, "owed": 0, "due_on": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "words", "at", "mark"),
    [
        ({"state": "received", "unpriced": True}, "Diterima", 1, ""),
        ({"state": "received"}, "Diterima", 2, ""),
        ({"state": "received", "stops": True}, "Ditahan", 2, "held"),
        ({"state": "verified"}, "Terverifikasi", 3, ""),
        ({"state": "confirmed"}, "Dikonfirmasi", 3, ""),
        ({"state": "confirmed", "unpaid": True}, "Menunggu pembayaran", 3, "held"),
        ({"state": "confirmed", "short": True}, "Menunggu stok", 3, "held"),
        ({"state": "confirmed", "short": True, "delivered": 2, "arrived": 1}, "Menunggu stok, Dikirim sebagian", 4, "held"),
        ({"state": "confirmed", "scheduled": 1}, "Dijadwalkan", 4, ""),
        ({"state": "confirmed", "scheduled": 1, "picked": 1}, "Diambil", 4, ""),
        ({"state": "confirmed", "dispatched": 1, "picked": 1}, "Di jalan", 4, ""),
        ({"state": "confirmed", "dispatched": 1, "stops": True}, "Ditahan, Di jalan", 4, "held"),
        ({"state": "confirmed", "delivered": 2, "arrived": 1}, "Dikirim sebagian", 4, ""),
        ({"state": "fulfilled", "billable": 5}, "Terkirim", 5, ""),
        ({"state": "fulfilled", "invoiced": 5, "owed": 100, "due_on": date(2026, 11, 23)}, "Terkirim, Ditagih", 6, ""),
        ({"state": "fulfilled", "invoiced": 5, "owed": 100, "due_on": date(2026, 11, 22)}, "Lewat tempo, Terkirim", 6, "late"),
        ({"state": "fulfilled", "invoiced": 5}, "Lunas, Terkirim", 8, ""),
        ({"state": "fulfilled"}, "Terkirim", 8, ""),
        ({"state": "closed", "invoiced": 5}, "Selesai", 8, "end"),
        ({"state": "cancelled"}, "Batal", 8, ""),
    ],
)
def test_an_order_is_worded(facts, words, at, mark):
    with translation.override("id"):
        found = status.order(SimpleNamespace(**NOTHING | facts), TODAY)
    assert ", ".join(chip.word for chip in found.chips) == words
    assert (found.at, found.mark) == (at, mark)


def test_any_number_of_orders_costs_one_query():
    orders = make.orders(30)
    for n in (1, 30):
        with sql.counting() as count:
            found = status.orders(orders[:n], TODAY)
        assert count.statements == 1
        assert {each.chips[0].code for each in found.values()} == {"received"}
        assert len(found) == n


def test_codes_are_said_in_words():
    with translation.override("id"):
        assert status.word("channel", "phone") == "telepon"
        assert status.word("missing", ["price", "odd"]) == ["harga", "odd"]
        assert status.word("state", "closed") == "selesai"
        assert status.word("limit", 5) == 5
