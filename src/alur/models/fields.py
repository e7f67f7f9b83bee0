"""The kinds of column Alur uses: each refuses in the database what must never be stored.

Money and quantities are `numeric` without a fixed scale, as two types of our own: what must never be stored is refused once, wherever a column has
it. A CHECK on each column says the same, but PostgreSQL reads every CHECK of a table anew for every statement that writes to it, and computes it
for columns that do not change as well (docs/performance.md).
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

# x > 0 lets NaN pass, since PostgreSQL sorts NaN above every number; x < 'Infinity' refuses both.
TYPES = """
CREATE DOMAIN number AS numeric CONSTRAINT finite CHECK (VALUE > '-Infinity' AND VALUE < 'Infinity');
CREATE DOMAIN quantity AS numeric CONSTRAINT finite_and_not_negative CHECK (VALUE >= 0 AND VALUE < 'Infinity');
"""


class Number(models.DecimalField):
    """A signed number: money, or anything that may be negative."""

    def check(self, **kwargs: Any) -> list[Any]:
        """Django's checks, but for those that ask for a fixed scale."""
        return super(models.DecimalField, self).check(**kwargs)

    def db_type(self, connection: Any) -> str:  # noqa: ARG002  Django's signature
        """PostgreSQL's numeric without a scale."""
        return "number"


class Quantity(Number):
    """A number that is never negative: a quantity, a rate, a limit."""

    def db_type(self, connection: Any) -> str:  # noqa: ARG002  Django's signature
        """The same, refusing what is below 0."""
        return "quantity"


class Xid(models.BigIntegerField):
    """The transaction that wrote a row (`xid8`), so that a follower of the log never skips a late commit."""

    def db_type(self, connection: Any) -> str:  # noqa: ARG002  Django's signature
        """A transaction's number."""
        return "xid8"


def zero(kind: type[Number] = Quantity) -> Number:
    """A number that starts at 0."""
    return kind(default=0, db_default=0)


def text(default: str = "", **options: Any) -> models.TextField:
    """A text that is never NULL."""
    return models.TextField(default=default, db_default=default, blank=True, **options)


def choice(*values: str, default: str | None = None) -> models.TextField:
    """One of these words; a CHECK made by `one_of` keeps it so."""
    first = values[0] if default is None else default
    return models.TextField(default=first, db_default=first, choices=[(v, v) for v in values])


def flag(*, default: bool = False) -> models.BooleanField:
    """True or false, never NULL."""
    return models.BooleanField(default=default, db_default=default)


def integer(default: int = 0) -> models.IntegerField:
    """A whole number, never NULL."""
    return models.IntegerField(default=default, db_default=default)


def link(to: Any, **options: Any) -> models.ForeignKey:
    """A foreign key to a row that a person or a door can name (speed rule 3); rows are never deleted under it."""
    return models.ForeignKey(to, on_delete=models.DO_NOTHING, related_name="+", **options)


def ref(**options: Any) -> models.BigIntegerField:
    """The id of a row that only an INSERT ... SELECT from it can name: no foreign key, `verify-books` checks it."""
    return models.BigIntegerField(**options)


def numbers() -> ArrayField:
    """A list of numbers in order, such as discounts 10 then 5."""
    return ArrayField(models.DecimalField(max_digits=9, decimal_places=4), default=list, db_default=[], blank=True)


def texts() -> ArrayField:
    """A list of short texts."""
    return ArrayField(models.TextField(), default=list, db_default=[], blank=True)


def weekdays() -> ArrayField:
    """ISO weekdays that are worked, 1 = Monday; Monday to Saturday unless said otherwise."""
    return ArrayField(models.SmallIntegerField(), default=monday_to_saturday, db_default=[1, 2, 3, 4, 5, 6])


def monday_to_saturday() -> list[int]:
    """Monday to Saturday."""
    return [1, 2, 3, 4, 5, 6]


def facts() -> models.JSONField:
    """Ids, codes, numbers and dates that a sentence is made of."""
    return models.JSONField(default=dict, db_default={}, blank=True)


def one_of(field: str, *values: str) -> models.CheckConstraint:
    """CHECK that a column holds one of these words."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": values}), name=f"%(class)s_{field}_known")
