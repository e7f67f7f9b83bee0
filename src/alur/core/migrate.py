"""Bring public and every company's schema up to date.

Django's own executor does the work; this decides for which schemas it is needed, with one query when it is for none.
"""

import hashlib
import pkgutil
from importlib import import_module

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.utils import ProgrammingError

from alur.core import company as companies

LOCK = 4171  # any number: two programs that start at once migrate one after the other


def all() -> list[str]:  # noqa: A001  migrate.all() reads well, and nothing here needs the builtin
    """Migrate whatever is behind; the schemas that were."""
    wanted = version()
    with companies.use(None):
        if not _behind(wanted):
            return []
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            try:
                behind = _behind(wanted)  # again: another program may have done it meanwhile
                if "public" in behind:
                    _public(wanted)
                for each in companies.all():
                    if each.schema in behind:
                        company(each)
                return behind
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def company(company: companies.Company) -> None:
    """Make or migrate one company's schema."""
    with companies.use(None), connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{company.schema}"')
        # its own history: public's would be seen through search_path
        cursor.execute(f'CREATE TABLE IF NOT EXISTS "{company.schema}".django_migrations (LIKE public.django_migrations INCLUDING ALL)')
    with companies.use(company):
        _execute("alur")  # and what it depends on, of which the router lets nothing through
    with companies.use(None):
        _note(company.schema, version())


def version() -> str:
    """A fingerprint of all migrations there are, from their names alone."""
    names = []
    for app in apps.get_app_configs():
        package, _ = MigrationLoader.migrations_module(app.label)
        try:
            module = import_module(package or "")
        except (ModuleNotFoundError, ValueError):  # an app without tables
            continue
        names += [f"{app.label}.{found.name}" for found in pkgutil.iter_modules(module.__path__)]
    return hashlib.sha256("\n".join(sorted(names)).encode()).hexdigest()[:16]


def _behind(wanted: str) -> list[str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT schema FROM public.schema_version WHERE version <> %s", [wanted])
            return [schema for (schema,) in cursor.fetchall()]
    except ProgrammingError:  # a new database
        return ["public"]


def _public(wanted: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS public.schema_version (schema text PRIMARY KEY, version text NOT NULL)")
        cursor.execute("INSERT INTO public.schema_version VALUES ('public', '') ON CONFLICT DO NOTHING")
    _execute(None)
    call_command("createcachetable", verbosity=0)
    _note("public", wanted)


def _execute(app: str | None) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes(app))


def _note(schema: str, version: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO public.schema_version VALUES (%s, %s) ON CONFLICT (schema) DO UPDATE SET version = excluded.version", [schema, version])
