"""The tests' database: made once, kept between runs, emptied after tests that commit."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from alur.core import postgres

SOURCE = Path(postgres.__file__).parents[1]
HOME = Path(os.environ.get("ALUR_TEST_DATA", "") or Path(tempfile.gettempdir()) / f"alur-tests-{os.geteuid()}")
NAME = os.environ.get("ALUR_TEST_DB", "") or "test_alur"
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # nobody misses this data


def server() -> str:
    """The address of a server to test on, of its maintenance database."""
    given = os.environ.get("ALUR_TEST_URL", "")
    return make_conninfo(given or postgres.ensure(HOME, UNSAFE), dbname="postgres")


def url() -> str:
    """The address of the tests' database."""
    given = os.environ.get("ALUR_TEST_URL", "") or postgres.ensure(HOME, UNSAFE)
    before, _, after = given.partition("?")
    return f"{before.rpartition('/')[0]}/{NAME}" + (f"?{after}" if after else "")


@contextmanager
def session() -> Iterator[None]:
    """Hold the database for one test run."""
    from django.db import connection

    from alur.core import company, migrate

    with psycopg.connect(server(), autocommit=True) as guard:
        if not guard.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [NAME]).fetchone()[0]:
            pytest.exit(f"Another test run is using the database {NAME}; give this one a name of its own with ALUR_TEST_DB.", 2)
        fresh = _make(guard)
        if fresh:
            migrate.all()
            company.create("test", name="Test", currency="IDR", time_zone="Asia/Jakarta", language="id", trial=True)
            guard.execute(f"COMMENT ON DATABASE {NAME} IS '{_fingerprint()}'")
        with company.use("test"):
            if not fresh:
                empty()
            yield
            connection.close()
            connection.close_pool()


def _make(guard: psycopg.Connection) -> bool:
    """Keep the database if it was made by the migrations as they are; True if it was made anew."""
    found = guard.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [NAME]).fetchone()
    if found and found[0] == _fingerprint():
        return False
    guard.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
    guard.execute(f"CREATE DATABASE {NAME}")
    return True


def _fingerprint() -> str:
    """Whatever decides what a new database looks like."""
    files = sorted([*SOURCE.glob("models/migrations/*.py"), SOURCE / "core/migrate.py", SOURCE / "core/company.py", Path(__file__)])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def empty() -> None:
    """Empty what a committing test filled: the company's tables, other companies, people and their sessions."""
    from django.db import connection

    from alur.core import company

    connection.close()  # out of whatever the test left open
    for each in company.all():
        if each.slug != "test":
            company.drop(each.slug)
    with company.use("test"), connection.cursor() as cursor:
        cursor.execute(EMPTY)


# Only tables that hold rows: emptying all costs some ms each. Triggers are off: some tables refuse to lose rows
EMPTY = """
DO $$
DECLARE name text; filled text; found bool;
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE public.company SET clock_at = NULL WHERE clock_at IS NOT NULL;
    FOR name IN
        SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname IN ('test', 'public') AND c.relname NOT IN
            ('django_migrations', 'company', 'schema_version', 'django_content_type', 'auth_permission', 'procrastinate_version')
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO found;
        IF found THEN filled := concat_ws(', ', filled, name); END IF;
    END LOOP;
    IF filled IS NOT NULL THEN EXECUTE 'TRUNCATE ' || filled || ' RESTART IDENTITY CASCADE'; END IF;
    FOR name IN SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences
        WHERE schemaname = 'test' AND last_value IS NOT NULL AND sequencename <> 'django_migrations_id_seq'
    LOOP
        EXECUTE format('ALTER SEQUENCE %s RESTART', name);
    END LOOP;
END $$
"""
