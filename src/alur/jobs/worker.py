"""The worker: takes the worklist of every automatic step, in sets, until nothing moves; then sleeps until it is woken.

Under load the sets grow, so throughput rises and latency stays flat. Several workers may run at once: claims skip what another has taken.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psycopg
from django.db import connection

from alur.core import clock, company, sql, step
from alur.flow import map as flow

LIMIT = 1000  # orders a set
SMALL = 8  # up to so many orders the first steps share one transaction: fewer commits, same events
NAP = 20.0  # seconds until time itself may have made something due
CHAIN = ("check.price", "check.verify", "confirm.reserve", "confirm.promise", "invoice.prepare", "deliver.schedule")
BY_HAND = "SELECT by_hand FROM policy ORDER BY id DESC LIMIT 1"
# A fresh database has no statistics and its plans slide: analyse when there are ten times as many orders as the planner knows.
GROWN = """
SELECT n.last_value >= 100 AND n.last_value >= 10 * greatest(c.reltuples, 1)
  FROM sales_order_number n, pg_class c WHERE c.oid = 'sales_order'::regclass
"""
TRY = "SELECT pg_try_advisory_lock_shared(hashtext('alur work'), hashtext(%(schema)s))"
LEAVE = "SELECT pg_advisory_unlock_shared(hashtext('alur work'), hashtext(%(schema)s))"
TAKE = "SELECT pg_advisory_lock(hashtext('alur work'), hashtext(%(schema)s))"
GIVE = "SELECT pg_advisory_unlock(hashtext('alur work'), hashtext(%(schema)s))"


def duties() -> list[step.Step]:
    """The steps the current company leaves to the worker."""
    by_hand = set(sql.one(BY_HAND) or ())
    return [each for each in flow.automatic if each.name not in by_hand]


def until_idle(stop: Callable[[], bool] = lambda: False, *, limit: int = LIMIT) -> Counter[str]:
    """Work the current company's lists until a whole pass moves nothing; how many each step moved."""
    moved: Counter[str] = Counter()
    while not stop():
        passed = _pass(duties(), stop, limit)
        moved.update(passed)
        if not +passed:
            break
    return moved


def _pass(steps: Sequence[step.Step], stop: Callable[[], bool], limit: int) -> Counter[str]:
    moved: Counter[str] = Counter()
    at = clock.now()
    first = [each for name in CHAIN for each in steps if each.name == name]
    if len(first) == len(CHAIN):
        for name, outcome in step.chain(first, by=step.WORKER, at=at, limit=SMALL).items():
            moved[name] += len(outcome.moved)
    wanted, stirred = step.wanted(steps, at=at), False
    for each in steps:
        while (stirred or each.name in wanted) and not stop():
            outcome = step.run(each, by=step.WORKER, at=at, limit=limit)
            moved[each.name] += len(outcome.moved)
            answered = len(outcome.moved) + len(outcome.already) + len(outcome.refused)
            stirred |= answered > 0  # what one step did may be work for the next
            if not outcome.moved or answered < limit:
                break
    if sql.one(GROWN):
        analyse()
    return moved


def analyse() -> None:
    """Let the planner know how large the current company's tables have become."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = current_schema()")
        cursor.execute(f"ANALYZE {cursor.fetchone()[0]}")


def forever(stop: Callable[[], bool]) -> None:
    """Work every company whenever a person, a door or another worker has moved something."""
    while not stop():
        try:
            with _ears() as woken:
                while not stop():
                    for each in company.all():
                        with company.use(each), _admitted(each) as free:
                            if free:
                                until_idle(stop)
                    woken(stop)
        except psycopg.OperationalError:  # PostgreSQL restarts: whatever was claimed is free again
            connection.close()
            time.sleep(1)


def _apart() -> psycopg.Connection:
    """A connection beside Django's pool, for what must hear or hold while the pool's are used."""
    known = connection.get_connection_params()
    return psycopg.connect(autocommit=True, **{key: known[key] for key in ("host", "port", "dbname", "user", "password") if key in known})


@contextmanager
def _ears() -> Iterator[Callable[[Callable[[], bool]], None]]:
    """Hear NOTIFY: gives a function that sleeps until something happened, it is time to look anyway, or we are stopped."""
    with _apart() as ear:
        ear.execute("LISTEN alur")

        def wait(stop: Callable[[], bool]) -> None:
            until = time.monotonic() + NAP
            while not stop() and time.monotonic() < until:
                if list(ear.notifies(timeout=0.5, stop_after=1)):
                    return

        yield wait


@contextmanager
def _admitted(each: company.Company) -> Iterator[bool]:
    """Whether workers may work this company: not while `alone` has it."""
    free = bool(sql.one(TRY, schema=each.schema))
    try:
        yield free
    finally:
        if free:
            sql.one(LEAVE, schema=each.schema)


@contextmanager
def alone() -> Iterator[None]:
    """Keep background workers away from the current company: a simulation or a measurement works it itself, on the company's own clock."""
    here = company.current()
    with _apart() as guard:
        guard.execute(TAKE, {"schema": here.schema})
        try:
            yield
        finally:
            guard.execute(GIVE, {"schema": here.schema})
