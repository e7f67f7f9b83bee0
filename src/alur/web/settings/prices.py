"""The prices of a list: found by product, changed and added by check.change_price."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from alur.flow import map as flow
from alur.models import PriceList
from alur.reads import settings as reads
from alur.web import typed
from alur.web.lists.view import PAGE, pager
from alur.web.request import Request


def page(request: Request, id: int) -> HttpResponse:  # noqa: A002
    """A page of a list's prices."""
    found = PriceList.objects.filter(pk=id).first()
    if found is None:
        raise Http404
    q, number = request.GET.get("q", "").strip()[:80], min(typed.whole(request.GET.get("page")), 10**6) or 1
    rows = reads.prices(id, q, limit=PAGE, offset=(number - 1) * PAGE)
    words = {
        "list": found, "rows": [(row, reverse("price_change", args=[row.id])) for row in rows], "q": q, "pager": pager(number, rows[0].every if rows else 0),
        "may": flow.may(flow.by_name["check.change_price"], request.roles), "new": f"{reverse('price_new')}?sku=",
        "crumbs": [(gettext("Settings"), reverse("settings")), (gettext("Price lists"), reverse("data", args=["price_list"])), (found.name or found.code, "")],
    }  # fmt: skip
    return render(request, "settings/prices.html", words)
