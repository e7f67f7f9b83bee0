"""Open pages ask here whether something happened: GET /live?page=...&since=... answers 204, or the new mark and the orders it is about.

It stands before the session and asks the database for nobody: a page carries a signed word that its reader was let in to this company, good for a
day. The answer holds a mark and ids, nothing that a page would not say. What changed, the page fetches itself (static/alur/live.js).
"""

from collections.abc import Callable
from dataclasses import astuple

from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse

from alur.core import company
from alur.core.company import Company
from alur.reads import news

DAY = 24 * 3600
SALT = "alur.live"


def word(here: Company) -> str:
    """What a page of this company carries."""
    return signing.dumps(astuple(here), salt=SALT)


class Live:
    """Answers /live before anything else is looked at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or let it pass."""
        if request.path != "/live":
            return self.get_response(request)
        try:
            here = Company(*signing.loads(request.GET.get("page", ""), salt=SALT, max_age=DAY))
        except signing.BadSignature:
            return HttpResponse(status=403)
        with company.use(here):
            found = news.now()
        orders = found.since(request.GET.get("since", ""))
        response = HttpResponse(status=204) if orders == set() else JsonResponse({"mark": found.mark, "orders": sorted(orders) if orders else None})
        response["Cache-Control"] = "no-store"
        return response
