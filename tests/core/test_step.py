"""How any step is run: sets are halved until what no judge foresaw is alone; a set is claimed once; what PostgreSQL asks for is repeated."""

import psycopg
import pytest
from django.db import connection

from alur import log
from alur.core import sql, step
from alur.flow import map as flow
from tests import make

STUMBLE = """
CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'nobody foresaw this' USING ERRCODE = 'check_violation', CONSTRAINT = 'nobody_foresaw'; END $$;
CREATE TRIGGER stumble BEFORE UPDATE ON sales_order FOR EACH ROW WHEN (NEW.id = %s AND NEW.state = 'verified') EXECUTE FUNCTION stumble();
"""


@pytest.fixture
def stumbling() -> tuple[list[int], int]:
    """A thousand priced orders, one of which cannot be verified for a reason no judge knows."""
    orders = make.orders(1000, lines=[(make.product(stock=10_000), 1)], customer_id=make.customer(credit_limit=10**12), through="check.price")
    with connection.cursor() as cursor:
        cursor.execute(STUMBLE % orders[617])
    return orders, orders[617]


def test_a_broken_row_in_a_set_of_a_thousand_stops_itself_alone(stumbling):
    orders, broken = stumbling
    outcome = make.run("check.verify", orders)
    assert len(outcome.moved) == 999
    assert [(r.id, r.code, r.facts) for r in outcome.refused] == [(broken, "unexpected", {"constraint": "nobody_foresaw"})]
    assert sql.rows('SELECT step, subject_id, "constraint" FROM broken') == [("check.verify", broken, "nobody_foresaw")]
    assert sql.rows("SELECT order_id, code FROM hold") == [(broken, "unexpected")]
    assert make.order(broken).state == "received"
    assert make.events(broken) == ["order.received", "order.priced", "order.held"]


def test_a_claimed_set_is_halved_too_and_the_offender_is_left_out_after(stumbling):
    _, broken = stumbling
    outcome = step.run(flow.by_name["check.verify"], by="worker", at=make.AT)
    assert (len(outcome.moved), [r.id for r in outcome.refused]) == (999, [broken])
    assert step.run(flow.by_name["check.verify"], by="worker", at=make.AT) == step.Outcome()


def test_a_broken_draft_is_refused_to_its_door():
    draft = make.draft(make.customer(), [(make.product(), 1)])
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sales_order ADD CONSTRAINT no_api CHECK (channel <> 'api')")
    bad = make.draft(draft.customer_id, [(draft.lines[0].product_id, 1)], channel="api")
    outcome = make.run("capture.receive", [draft, bad])
    assert (len(outcome.moved), [(r.id, r.code, r.facts) for r in outcome.refused]) == (1, [(bad.key, "unexpected", {"constraint": "no_api"})])


def test_a_deadlock_is_repeated_and_a_lost_connection_is_not_blamed_on_the_set():
    tries = []

    def do(ids, *, by, at):
        tries.append(ids)
        if len(tries) == 1:
            raise psycopg.errors.DeadlockDetected
        raise psycopg.errors.AdminShutdown

    with pytest.raises(psycopg.OperationalError):
        step.run(step.Step("test", do, "", "", ""), [1, 2], by="worker", at=make.AT)
    assert [1, 2] in tries


def test_what_cannot_be_told_has_not_happened(transactional_db):
    [order] = make.orders(1, through="check.price")

    def do(ids, *, by, at):
        sql.run("UPDATE sales_order SET state = 'verified' WHERE id = ANY(%(ids)s::bigint[])", ids=ids)
        log.write([log.Record("order.verified", i, subject_kind=None) for i in ids], by=by, at=at)
        return step.Outcome(moved=ids)

    with pytest.raises(psycopg.errors.NotNullViolation):
        step.run(step.Step("test", do, "", "", ""), [order], by="worker", at=make.AT)
    assert (make.order(order).state, make.events(order)) == ("received", ["order.received", "order.priced"])


def test_ids_are_asked_once_each_and_at_most_ten_thousand_a_call():
    calls = []

    def do(ids, *, by, at):
        calls.append(len(ids))
        return step.Outcome(moved=list(ids))

    outcome = step.run(step.Step("test", do, "", "", ""), [*range(12_000), *range(50)], by="worker", at=make.AT)
    assert (len(outcome.moved), calls) == (12_000, [10_000, 2_000])
