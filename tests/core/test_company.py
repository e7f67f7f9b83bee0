"""One company is one schema, and every statement sees only the current one's."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from alur.core import company, migrate
from alur.core.errors import Problem

KIND = {"name": "Other", "currency": "USD", "time_zone": "Asia/Singapore", "language": "en"}


def ask(sql, *params):
    """The first value of an answer."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def path():
    """Ask the server, not the program."""
    return ask("SELECT current_setting('search_path')")


def run(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.fixture
def bare(transactional_db, monkeypatch):
    """A second company without tables, which is made in a moment."""
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "company", lambda made: run(f'CREATE SCHEMA "{made.schema}"'))
        return company.create("other-one", **KIND)


def test_test_is_current():
    assert company.current().slug == "test"
    assert path() == "test, public"


def test_without_a_company_there_is_no_answer(transactional_db):
    with company.use(None):
        assert path() == "public"
        with pytest.raises(company.NoCompany, match="No company is current"):
            company.current()


def test_companies_take_turns_on_one_connection(bare):
    server = ask("SELECT pg_backend_pid()")
    for _ in range(3):
        with company.use("other-one"):
            assert path() == "other_one, public"
            with company.use("test"):
                assert path() == "test, public"
            assert path() == "other_one, public"
        with company.use(None):
            assert path() == "public"
    assert path() == "test, public"
    assert ask("SELECT pg_backend_pid()") == server


def test_a_statement_prepared_for_one_company_reads_the_others_table(bare):
    for slug in ("test", "other-one"):
        with company.use(slug):
            run("CREATE TABLE probe AS SELECT %s::text AS name", slug)
    try:
        for _ in range(8):
            for slug in ("test", "other-one"):
                with company.use(slug), transaction.atomic():
                    # as steps do it: past Django, on its connection, planned once
                    assert psycopg.Cursor(connection.connection).execute("SELECT name FROM probe", prepare=True).fetchone()[0] == slug
                    assert ask("SELECT name FROM probe") == slug
    finally:
        run("DROP TABLE test.probe")


def test_many_threads_on_one_pool_never_meet(bare):
    def turns(number):
        try:
            seen = []
            for turn in range(40):
                slug = ("test", "other-one")[(number + turn) % 2]
                with company.use(slug):
                    if turn % 3 == 0:
                        with pytest.raises(ProgrammingError):
                            run("SELECT nothing FROM nowhere")
                    if turn % 4 == 0:
                        connection.close()  # back to the pool, and another one out of it
                    seen.append((slug.replace("-", "_"), ask("SELECT current_schema()")))
            return seen
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        seen = [pair for pairs in pool.map(turns, range(6)) for pair in pairs]
    assert len(seen) == 240
    assert [pair for pair in seen if pair[0] != pair[1]] == []


def test_what_somebody_did_to_a_pooled_connection_is_undone(transactional_db):
    run("SET search_path TO pg_catalog; SET enable_seqscan TO off; SET jit TO on")
    connection.close()
    assert path() == "test, public"
    assert (ask("SHOW enable_seqscan"), ask("SHOW jit")) == ("on", "off")


def test_a_failed_statement_changes_nothing(bare):
    with company.use("other-one"):
        with pytest.raises(ProgrammingError), transaction.atomic():
            run("SELECT nothing FROM nowhere")
        assert path() == "other_one, public"
    assert path() == "test, public"


def test_the_company_cannot_change_inside_a_transaction(bare):
    with transaction.atomic():
        with pytest.raises(Problem, match="cannot change inside an open transaction"), company.use("other-one"):
            pass
        with pytest.raises(Problem, match="cannot change inside an open transaction"), company.use(None):
            pass
        with company.use("test"):  # no change
            assert path() == "test, public"


def test_plans_are_switched_only_when_they_differ(transactional_db, django_assert_num_queries):
    def plans():
        return ask("SHOW plan_cache_mode"), ask("SHOW enable_seqscan")

    assert plans() == ("auto", "on")
    connection.for_steps()
    assert plans() == ("force_generic_plan", "off")
    connection.for_pages()
    assert plans() == ("auto", "on")
    connection.for_steps()
    connection.close()  # the next one out of the pool starts with pages' settings
    assert plans() == ("auto", "on")
    connection.for_steps()
    assert plans() == ("force_generic_plan", "off")
    connection.for_pages()


@pytest.mark.parametrize("slug", ["", "9", "Toko", "a_b", "a--b", "a-", "public", "pg-toast", "information-schema", "x" * 41, 'a";--'])
def test_names_that_cannot_be_schemas(slug):
    with pytest.raises(Problem, match="cannot name a company"):
        company.create(slug, **KIND)


def test_a_name_is_taken_once(bare):
    with pytest.raises(Problem, match="There is a company 'other-one' already"):
        company.create("other-one", **KIND)


def test_an_unknown_company():
    with pytest.raises(company.NoCompany, match="There is no company 'nobody'"), company.use("nobody"):
        pass


def test_a_company_that_could_not_be_made_leaves_nothing(transactional_db, monkeypatch):
    def fail(made):
        run(f'CREATE SCHEMA "{made.schema}"')
        raise ZeroDivisionError

    monkeypatch.setattr(migrate, "company", fail)
    with pytest.raises(ZeroDivisionError):
        company.create("other-one", **KIND)
    assert [each.slug for each in company.all()] == ["test"]
    assert ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'other_one'") == 0


def test_created_migrated_dropped(transactional_db):
    made = company.create("other-one", **KIND)
    assert made == company.get("other-one")
    tables = "SELECT array_agg(tablename::text ORDER BY tablename) FROM pg_tables WHERE schemaname = %s"
    assert ask(tables, "other_one") == ask(tables, "test")
    assert not company.SHARED & set(ask(tables, "test"))
    assert set(ask(tables, "public")) >= company.SHARED
    run("UPDATE public.schema_version SET version = 'old' WHERE schema = 'other_one'")
    with company.use("test"):
        assert migrate.all() == ["other_one"]
    company.drop("other-one")
    assert [each.slug for each in company.all()] == ["test"]
    assert ask(tables, "other_one") is None


def test_nothing_to_migrate_is_one_query(transactional_db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert migrate.all() == []


def test_no_foreign_key_leaves_a_schema():
    leaving = """
        SELECT count(*) FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid JOIN pg_class b ON b.oid = k.confrelid
        WHERE k.contype = 'f' AND a.relnamespace <> b.relnamespace"""
    assert ask(leaving) == 0


def test_migrations_say_where_their_sql_runs():
    router = company.Router()
    assert router.allow_migrate("default", "alur", "salesorder")
    assert not router.allow_migrate("default", "alur", "User")
    assert not router.allow_migrate("default", "auth", "permission")
    assert router.allow_migrate("default", "alur", company=True)
    assert not router.allow_migrate("default", "alur", company=False)
    with pytest.raises(Problem, match="need hints"):
        router.allow_migrate("default", "alur")
