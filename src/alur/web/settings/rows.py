"""Read and write rows of master data: the one small writer for all of TABLES.

A row has no version column: what stood there when the form was opened (`mark`) has to stand there still when it is saved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from psycopg.errors import UniqueViolation

from alur import log
from alur.core import sql, step
from alur.log import recheck
from alur.web.settings.columns import Column
from alur.web.settings.tables import Table

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a row: its id and the columns that changed, or that somebody was faster, or what is wrong (by column, "" = the whole)."""

    id: int = 0
    changed: Sequence[str] = ()
    stale: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)


def columns(table: Table) -> tuple[Column, ...]:
    """All that is asked of a row."""
    return (*table.columns, table.more.column) if table.more else table.columns


def found(table: Table, q: str = "", parent: int = 0) -> tuple[list[Any], int]:
    """The rows of a table, or those that sound like this or belong to this one, and how many there are."""
    every: QuerySet[Any] = table.model.objects.order_by(*table.order)
    every = every.filter(**{table.parent: parent}) if parent else every
    if q:
        texts = [column.name for column in table.columns if column.kind in ("text", "area")]
        like = Q()
        for name in texts:
            like |= Q(**{f"{name}__icontains": q})
        every = every.filter(like)
    return list(every[:SHOWN]), every.count()


def values(table: Table, rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The stored values of these rows, by column."""
    more = table.more.load([row.pk for row in rows]) if table.more else {}
    return [
        {column.name: getattr(row, column.name) for column in table.columns} | ({table.more.column.name: more[row.pk]} if table.more else {}) for row in rows
    ]


def mark(table: Table, row: Any) -> str:
    """What stands in a row, in a few letters: it differs as soon as anything does."""
    stored = values(table, [row])[0]
    return blake2b(repr(sorted((name, str(value)) for name, value in stored.items())).encode(), digest_size=12).hexdigest()


def save(table: Table, row: Any, given: Mapping[str, Any], seen: str, *, by: str, at: datetime) -> Written:
    """Change a row that was `seen` like this, or store a new one (without an id)."""
    if errors := table.check(given):
        return Written(errors=errors)
    try:
        with transaction.atomic():
            if row.pk is not None:
                row = table.model.objects.select_for_update(no_key=True).filter(pk=row.pk).first()
                if row is None or mark(table, row) != seen:
                    return Written(stale=True)
            new = row.pk is None
            stored = {} if new else values(table, [row])[0]
            changed = [name for name, value in given.items() if new or stored[name] != value]
            if changed:
                _put(table, row, {name: given[name] for name in changed}, new=new)
                _told(table, row, "created" if new else "changed", {} if new else {"fields": changed}, by=by, at=at)
            return Written(row.pk, changed)
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            key = next((column.name for column in reversed(table.columns) if column.code), table.columns[0].name)
            return Written(errors={key: gettext("There is one with this already. Change that one, or write another.")})
        return Written(errors={"": gettext("This cannot be stored like this (%(why)s). Correct it.") % {"why": step.reason_of(error.__cause__ or error)}})


def remove(table: Table, row: Any, *, by: str, at: datetime) -> str:
    """Take a row out; why it has to stay, as a sentence."""
    try:
        with transaction.atomic():
            _told(table, row, "removed", {}, by=by, at=at)
            row.delete()
    except IntegrityError:
        return gettext("This is in use and has to stay.")
    return ""


def _put(table: Table, row: Any, changed: Mapping[str, Any], *, new: bool) -> None:
    own = {name: value for name, value in changed.items() if not table.more or name != table.more.column.name}
    if table.alone and own.get(table.alone):  # whoever is the usual one now, the others are not
        mine = {table.parent: getattr(row, table.parent)} if table.parent else {}
        table.model.objects.filter(**mine, **{table.alone: True}).update(**{table.alone: False})
    for name, value in own.items():
        setattr(row, name, value)
    if own or new:
        row.save(force_insert=new, update_fields=None if new else list(own))
    if len(own) < len(changed):
        table.more.store(row.pk, changed[table.more.column.name])


def _told(table: Table, row: Any, verb: str, data: Mapping[str, Any], *, by: str, at: datetime) -> None:
    """Tell the log, and whoever stands on this; the worker wakes up when it is committed."""
    owner = {table.parent: getattr(row, table.parent)} if table.parent else {}
    log.write([log.Record(f"{table.name}.{verb}", row.pk, subject_kind=table.name, data={**owner, **data})], by=by, at=at)
    if table.again == "price":
        recheck.price_received(table.name, owner.get("product_id"))
    elif table.again == "promise":
        recheck.promise_confirmed(table.name)
    if table.again:
        sql.one(step.WAKE)
