"""Files kept with an order: a purchase order, a plan, a photo. Whatever they hold, a browser only ever downloads them."""

from io import BytesIO

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from alur.core import clock
from alur.models import Attachment, SalesOrder
from alur.web.request import Request

LARGEST = 10 * 2**20
MOST = 10  # at once


@require_POST
def keep(request: Request, number: str) -> HttpResponse:
    """Keep the files that were sent."""
    order = _order(number)
    sent = request.FILES.getlist("file")[:MOST]
    small = [each for each in sent if each.size and each.size <= LARGEST]
    at, by = clock.now(), str(request.user.pk)
    Attachment.objects.bulk_create(
        Attachment(subject_kind="order", subject_id=order, name=(each.name or "")[:200], media_type=(each.content_type or "")[:100], size=each.size,
                   content=each.read(), by=by, at=at)
        for each in small
    )  # fmt: skip
    if len(small) < len(sent):
        messages.warning(request, gettext("A file may be empty or larger than 10 MB: it was not kept."))
    return redirect(reverse("order", args=[number]) + "#files")


def fetch(request: Request, number: str, file_id: int) -> FileResponse:  # noqa: ARG001  Django's signature
    """Give a file back as it came."""
    found = Attachment.objects.filter(id=file_id, subject_kind="order", subject_id=_order(number)).first()
    if found is None:
        raise Http404
    return given(found)


def given(kept: Attachment) -> FileResponse:
    """A kept file as a download, whatever it holds."""
    response = FileResponse(BytesIO(bytes(kept.content)), as_attachment=True, filename=kept.name, content_type="application/octet-stream")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _order(number: str) -> int:
    found = SalesOrder.objects.filter(number=number).values_list("id", flat=True).first()
    if found is None:
        raise Http404
    return found
