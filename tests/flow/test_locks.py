"""What a verdict stands on is locked before it is read: races that a CHECK or the queue rule happens to win elsewhere are decided here."""

import pytest

from alur.core import sql
from alur.flow.confirm import reserve
from alur.reads import credit
from tests import make
from tests.flow.test_races import at_once

PAYER = "SELECT id FROM customer WHERE id IN (SELECT payer_id FROM sales_order) FOR NO KEY UPDATE SKIP LOCKED"
SHELF = "SELECT id FROM stock FOR NO KEY UPDATE SKIP LOCKED"


@pytest.mark.parametrize(
    ("steps", "read", "others"),
    [(("check.price", "check.verify"), (credit, "payers"), PAYER), (("check.verify", "confirm.reserve"), (reserve, "shelves"), SHELF)],
)
def test_nobody_else_gets_at_what_a_verdict_stands_on(transactional_db, monkeypatch, steps, read, others):
    orders, real, got = make.orders(1, through=steps[0]), getattr(*read), []

    def meanwhile(*args, **kwargs):
        """Somebody else tries to lock it while the step knows what it read."""
        found = real(*args, **kwargs)
        got.extend(at_once(lambda _: sql.ids(others), [1], 1))
        return found

    monkeypatch.setattr(*read, meanwhile)
    assert make.run(steps[1], orders).moved == orders
    assert got == [[]]
    assert len(sql.ids(others)) == 1  # there is something to lock
