"""One company is one schema, and one company is current.

No table carries a company column and no SQL names a schema: what is current decides, through `search_path` (core/database/base.py).
Why this is ours: docs/decisions/0001-company-is-a-schema.md.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from django.db import connection, connections, transaction

from alur.core.errors import Problem

if TYPE_CHECKING:
    from alur.core.database.base import DatabaseWrapper

SHARED = frozenset({"user", "company", "membership"})  # our models that live in public, as all of Django's do
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_SLUG = 40
RESERVED = re.compile(r"public|pg-.*|information-schema")


@dataclass(frozen=True, slots=True)
class Company:
    """What everything that serves a company needs to know of it."""

    slug: str
    schema: str
    name: str
    currency: str
    time_zone: str
    language: str
    trial: bool


class NoCompany(Problem):
    """No company is current, or the one asked for does not exist."""


_current: ContextVar[Company | None] = ContextVar("company", default=None)


def current() -> Company:
    """The company everything is about right now."""
    company = _current.get()
    if company is None:
        raise NoCompany("No company is current; choose one first.")
    return company


def search_path() -> str:
    """Where the current company's tables are found."""
    company = _current.get()
    return f"{company.schema}, public" if company else "public"


@contextmanager
def use(company: str | Company | None) -> Iterator[Company | None]:
    """Make a company current for a while; None = what the companies share."""
    if isinstance(company, str):
        company = get(company)
    if company != _current.get():
        for each in connections.all(initialized_only=True):
            cast("DatabaseWrapper", each).refuse_in_transaction()
    before = _current.set(company)
    try:
        yield company
    finally:
        _current.reset(before)


def get(slug: str) -> Company:
    """The company of that name."""
    for company in _read("WHERE slug = %s", slug):
        return company
    raise NoCompany(f"There is no company {slug!r}; `alur company list` names those there are.")


def all() -> list[Company]:  # noqa: A001  company.all() reads well, and nothing here needs the builtin
    """Every company, by slug."""
    return _read("ORDER BY slug")


def _read(where: str, *params: str) -> list[Company]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT slug, schema, name, currency, time_zone, language, trial FROM public.company {where}", params)
        return [Company(*row) for row in cursor.fetchall()]


def create(slug: str, *, name: str, currency: str, time_zone: str, language: str, trial: bool = False) -> Company:
    """Make a company: its row, its schema, its tables."""
    from alur.core import migrate

    if not SLUG.fullmatch(slug) or RESERVED.fullmatch(slug) or len(slug) > LONGEST_SLUG:
        raise Problem(f"{slug!r} cannot name a company; use up to {LONGEST_SLUG} small letters, digits and single hyphens, beginning with a letter.")
    company = Company(slug, slug.replace("-", "_"), name, currency, time_zone, language, trial)
    with use(None), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.company (slug, schema, name, currency, time_zone, language, trial) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [company.slug, company.schema, name, currency, time_zone, language, trial],
        )
        if not cursor.rowcount:
            raise Problem(f"There is a company {slug!r} already; choose another name.")
        cursor.execute("INSERT INTO public.schema_version VALUES (%s, '')", [company.schema])  # if we die now, the next start goes on
    try:
        migrate.company(company)
    except BaseException:
        drop(slug)
        raise
    return company


def drop(slug: str) -> None:
    """Remove a company and everything it has."""
    company = get(slug)
    with use(None), connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA IF EXISTS "{company.schema}" CASCADE')
        cursor.execute("DELETE FROM public.schema_version WHERE schema = %s", [company.schema])
        cursor.execute("DELETE FROM public.membership WHERE company_id IN (SELECT id FROM public.company WHERE slug = %s)", [slug])
        cursor.execute("DELETE FROM public.company WHERE slug = %s", [slug])


class Router:
    """Which tables a migration makes where: shared ones in public, all others in each company's schema."""

    def allow_migrate(self, _db: str, app_label: str, model_name: str | None = None, **hints: object) -> bool:
        """Answer for the schema that is current."""
        for_company = app_label == "alur"
        if for_company and model_name is not None:
            for_company = model_name.lower() not in SHARED
        elif for_company:
            if "company" not in hints:
                raise Problem('RunSQL and RunPython need hints={"company": True} (in each company) or {"company": False} (once, in public).')
            for_company = bool(hints["company"])
        return for_company == (_current.get() is not None)
