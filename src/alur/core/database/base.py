"""A connection that always looks at the current company's schema.

Every connection has `search_path = <company's schema>, public` at every moment, and `public` alone when no company is current. The path
is set at each checkout from the pool and whenever the current company has changed since; within a transaction it cannot change.

    connection.for_steps()   the session plans as steps like it: generic plans, no sequential scans
    connection.for_pages()   PostgreSQL's defaults, as reports need them
"""

from typing import Any

from django.db.backends.postgresql import base, schema

from alur.core import company, wire
from alur.core.errors import Problem

PAGES = {"plan_cache_mode": "auto", "enable_seqscan": "on"}
STEPS = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}


class DatabaseOperations(base.DatabaseOperations):
    """Foreign keys are checked at the statement, so that a step sees which row broke."""

    def deferrable_sql(self) -> str:
        """Not deferred."""
        return ""


class SchemaEditor(schema.DatabaseSchemaEditor):
    """No second index for LIKE on every unique text: what is searched by its beginning or middle has an index of its own."""

    def _create_like_index_sql(self, model: Any, field: Any) -> None:
        """Not made."""


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL connection, following the current company."""

    SchemaEditorClass = SchemaEditor
    ops_class = DatabaseOperations

    _path = ""  # what this checkout was told
    _plans = PAGES

    def connect(self) -> None:
        """Take a connection from the pool; whatever it was used for before is overwritten in one statement."""
        super().connect()
        self._path, self._plans = company.search_path(), PAGES
        # no jit: up to PostgreSQL 17 a plan without sequential scans looks so dear that every statement would be compiled, for half a second
        self._tell({"search_path": self._path, "jit": "off", **PAGES})

    def ensure_connection(self) -> None:
        """Called by Django before every statement and every transaction."""
        super().ensure_connection()
        wanted = company.search_path()
        if wanted != self._path:
            self.refuse_in_transaction()
            self._tell({"search_path": wanted})
            self._path = wanted

    def wire(self) -> wire.Wire:
        """The way that `core/sql.py` speaks to this connection."""
        if self.connection is None or company.search_path() != self._path:
            self.ensure_connection()
        return wire.of(self.connection)

    def create_cursor(self, name: str | None = None) -> Any:
        """Django's own way; whatever waits on the other goes first."""
        wire.of(self.connection).send()
        return super().create_cursor(name)

    def refuse_in_transaction(self) -> None:
        """Another company may not become current while a transaction of this one is open."""
        if self.in_atomic_block:
            raise Problem("The company cannot change inside an open transaction; finish the transaction first.")

    def for_steps(self) -> None:
        """Plan as steps like it (see reference/speed.md, rule 2)."""
        self._plan(STEPS)

    def for_pages(self) -> None:
        """Plan as reports need it."""
        self._plan(PAGES)

    def _plan(self, plans: dict[str, str]) -> None:
        self.ensure_connection()
        if plans is not self._plans:
            self._tell(plans)
            self._plans = plans

    def _tell(self, settings: dict[str, str]) -> None:
        """One statement, for the session. Set before a transaction begins, or a rollback would take it back."""
        wire.of(self.connection).send()
        calls = ", ".join(["set_config(%s, %s, false)"] * len(settings))
        self.connection.execute(f"SELECT {calls}", [word for setting in settings.items() for word in setting])
