"""What people keep with an order, a customer, a delivery: notes, and files that a browser only ever downloads, whatever they hold.

Both lie in the company's database, so that one backup has all of it and nothing is served from a folder. The log tells that something was kept,
never what.
"""

import unicodedata
from collections.abc import Sequence
from io import BytesIO

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import FileResponse

from alur import log
from alur.core import clock
from alur.models import Attachment, Note

LARGEST = 20 * 2**20
MOST = 10  # files at once
LONGEST_NOTE, LONGEST_NAME = 4000, 200


def note(kind: str, subject: int, body: str, *, by: str) -> None:
    """Keep what somebody wrote; nothing where nothing was."""
    body = body.replace("\x00", "").strip()
    if not body:
        return
    at = clock.now()
    with transaction.atomic():
        made = Note.objects.create(subject_kind=kind, subject_id=subject, body=body, by=by, at=at)
        log.write([log.Record("note.kept", made.pk, subject_kind="note", data={"of": kind, "of_id": subject})], by=by, at=at)


def files(kind: str, subject: int, sent: Sequence[UploadedFile], *, by: str) -> int:
    """Keep these files; how many were not: empty, too large, or too many at once."""
    small = [each for each in sent[:MOST] if each.size and each.size <= LARGEST]
    at = clock.now()
    for each in small:  # one by one: all of them at once would stand in memory
        with transaction.atomic():
            made = Attachment.objects.create(
                subject_kind=kind, subject_id=subject, name=name(each.name or ""), media_type=(each.content_type or "")[:100], size=each.size,
                content=each.read(), by=by, at=at,
            )  # fmt: skip
            log.write([log.Record("file.kept", made.pk, subject_kind="file", data={"of": kind, "of_id": subject})], by=by, at=at)
    return len(sent) - len(small)


def name(text: str) -> str:
    """A file's name as it is shown: no folders, no invisible letters (one of which writes a name backwards), not too long."""
    last = text.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if unicodedata.category(letter)[0] != "C").strip()[-LONGEST_NAME:] or "-"


def given(kept: Attachment) -> FileResponse:
    """A kept file as a download."""
    response = FileResponse(BytesIO(bytes(kept.content)), as_attachment=True, filename=kept.name, content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
