"""Notes and files of an order, a customer, a delivery: whoever sees its page may keep some and read them."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from alur.models import Attachment, Customer, Delivery, SalesOrder
from alur.web import kept
from alur.web.request import Request

SUBJECTS: dict[str, tuple[Any, str]] = {"order": (SalesOrder, "number"), "customer": (Customer, "code"), "delivery": (Delivery, "number")}


@require_POST
def note(request: Request, kind: str, id: int) -> HttpResponse:  # noqa: A002
    """Keep what somebody wrote."""
    page, body = _page(kind, id), request.POST.get("body", "")
    if len(body) > kept.LONGEST_NOTE:
        raise BadRequest
    kept.note(kind, id, body, by=str(request.user.pk))
    return redirect(f"{page}#timeline")


@require_POST
def files(request: Request, kind: str, id: int) -> HttpResponse:  # noqa: A002
    """Keep the files that were sent."""
    page = _page(kind, id)
    if kept.files(kind, id, request.FILES.getlist("file"), by=str(request.user.pk)):
        messages.warning(request, gettext("A file was empty or larger than 20 MB, or there were more than ten: it was not kept."))
    return redirect(f"{page}#files")


def fetch(request: Request, kind: str, id: int, file: int) -> FileResponse:  # noqa: A002, ARG001  Django's signature
    """Give a file back as it came."""
    _page(kind, id)
    found = Attachment.objects.filter(pk=file, subject_kind=kind, subject_id=id).first()
    if found is None:
        raise Http404
    return kept.given(found)


def _page(kind: str, id: int) -> str:  # noqa: A002
    """The address of what is written about; nowhere if it is not there."""
    model, key = SUBJECTS.get(kind, (None, ""))
    number = model.objects.filter(pk=id).values_list(key, flat=True).first() if model else None
    if number is None:
        raise Http404
    return reverse(kind, args=[number])


urls = [
    path("kept/<slug:kind>/<int:id>/notes", note, name="kept_note"),
    path("kept/<slug:kind>/<int:id>/files", files, name="kept_files"),
    path("kept/<slug:kind>/<int:id>/files/<int:file>", fetch, name="kept_file"),
]
