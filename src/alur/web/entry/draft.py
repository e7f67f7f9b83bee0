"""The order somebody is typing: as it was typed, kept on the server with a version.

It survives a reload and is the same in a second tab. Whoever saves an older version gets the difference and overwrites nothing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from alur.core import sql
from alur.web import typed

LINES = 1000  # of one order
LENGTH = 200  # letters of one cell

LATEST = """
SELECT id, user_id, version, saved_at, data FROM draft WHERE user_id = %(user)s ORDER BY saved_at DESC, id DESC LIMIT 10
"""
ONE = "SELECT id, user_id, version, saved_at, data FROM draft WHERE id = %(id)s"
MAKE = """
INSERT INTO draft (user_id, data, saved_at)
SELECT %(user)s, %(data)s::jsonb, %(at)s WHERE NOT EXISTS (SELECT FROM draft WHERE user_id = %(user)s AND data->>'token' = %(token)s)
RETURNING id, version
"""
KEEP = """
UPDATE draft SET data = %(data)s::jsonb, saved_at = %(at)s, version = version + 1 WHERE id = %(id)s AND version = %(version)s RETURNING id, version
"""
DROP = "DELETE FROM draft WHERE id = %(id)s"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the grid, each cell as it was typed; product is what was chosen from the list."""

    k: int
    text: str = ""
    product: int = 0
    quantity: str = ""
    unit: str = ""
    price: str = ""

    @property
    def blank(self) -> bool:
        """Nothing was typed."""
        return not (self.text.strip() or self.product or self.quantity.strip())


@dataclass(frozen=True, slots=True)
class Draft:
    """A whole order as typed. token makes it one order however often it is sent."""

    token: str = ""
    customer: int = 0
    who: str = ""
    address: int = 0
    requested: str = ""
    po: str = ""
    started: str = ""
    lines: tuple[Line, ...] = ()

    @property
    def filled(self) -> tuple[Line, ...]:
        """The lines on which something was typed."""
        return tuple(line for line in self.lines if not line.blank)


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft as it is stored; id 0: not yet."""

    draft: Draft
    id: int = 0
    version: int = 0
    saved_at: datetime | None = None


def fresh(at: datetime) -> Draft:
    """An order nobody has typed anything of."""
    return Draft(token=uuid4().hex, started=at.isoformat())


def read(data: Mapping[str, Any]) -> Draft:
    """A draft from JSON, each value cut to what it may be; what is not understood is left out."""
    lines = data.get("lines")
    rows = [row for row in lines if isinstance(row, Mapping)][:LINES] if isinstance(lines, list) else []
    made = tuple(Line(**_fields(Line, row)) for row in rows)
    return replace(Draft(**_fields(Draft, data)), lines=made)


def _fields(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(kind):
        value = data.get(field.name)
        if field.type is int or field.type == "int":
            found[field.name] = typed.whole(value)
        elif field.type is str or field.type == "str":
            found[field.name] = str("" if value is None else value).replace("\x00", "")[:LENGTH]
    return found


def latest(user: int) -> list[Kept]:
    """A person's drafts, the last one first."""
    return [_kept(row) for row in sql.read(LATEST, user=user)]


def one(id: int) -> Kept | None:  # noqa: A002
    """A draft, whoever typed it: colleagues may go on with it."""
    return next((_kept(row) for row in sql.read(ONE, id=id)), None)


def keep(kept: Kept, *, user: int, at: datetime) -> Kept | None:
    """Store it; None: somebody stored a newer one meanwhile, and nothing was changed."""
    data = sql.dumps(asdict(kept.draft))
    if kept.id:
        rows = sql.rows(KEEP, id=kept.id, version=kept.version, data=data, at=at)
    else:
        rows = sql.rows(MAKE, user=user, data=data, at=at, token=kept.draft.token)
    return replace(kept, id=rows[0].id, version=rows[0].version, saved_at=at) if rows else None


def drop(id: int) -> None:  # noqa: A002
    """It became an order, or was thrown away."""
    sql.run(DROP, id=id)


def differences(theirs: Draft, mine: Draft) -> list[tuple[str, str, str]]:
    """What two drafts of one order do not agree on: (what, theirs, mine)."""
    found = [(name, getattr(theirs, name), getattr(mine, name)) for name in ("who", "requested", "po") if getattr(theirs, name) != getattr(mine, name)]
    ours, own = {line.k: line for line in theirs.filled}, {line.k: line for line in mine.filled}
    for number, k in enumerate(sorted({*ours, *own}), 1):
        a, b = ours.get(k), own.get(k)
        if a != b:
            found.append((str(number), _said(a), _said(b)))
    if theirs.address != mine.address:
        found.append(("address", str(theirs.address), str(mine.address)))
    return found


def _said(line: Line | None) -> str:
    return " ".join(part for part in (line.quantity, line.unit, line.text, line.price and f"@ {line.price}") if part) if line else ""


def _kept(row: Any) -> Kept:
    return Kept(read(row.data), row.id, row.version, row.saved_at)
