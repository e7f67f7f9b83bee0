"""Notes and files kept with something: without what the files hold."""

from typing import Any

from alur.core import sql

SHOWN = 100
NOTES = """
SELECT id, body, by, at FROM note WHERE subject_kind = %(kind)s AND subject_id = %(id)s ORDER BY at DESC, id DESC LIMIT %(limit)s
"""
FILES = """
SELECT id, name, media_type, size, by, at FROM attachment WHERE subject_kind = %(kind)s AND subject_id = %(id)s ORDER BY id DESC LIMIT %(limit)s
"""


def notes(kind: str, id: int) -> list[Any]:  # noqa: A002
    """What was written, newest first."""
    return sql.read(NOTES, kind=kind, id=id, limit=SHOWN)


def files(kind: str, id: int) -> list[Any]:  # noqa: A002
    """What was kept, newest first."""
    return sql.read(FILES, kind=kind, id=id, limit=SHOWN)
