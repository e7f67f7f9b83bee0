"""All orders: a list for finding one, with the word and the way of each."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_noop

from alur.reads import orders_list, status
from alur.reads.orders_list import PAGE
from alur.web.request import Request
from alur.web.status import channel
from alur.web.voice import voice

TABS = {
    "all": gettext_noop("All"), "open": gettext_noop("Running"), "held": gettext_noop("Held"), "unpaid": gettext_noop("Waiting for payment"),
    "short": gettext_noop("Waiting for stock"), "fulfilled": gettext_noop("Delivered, not settled"), "closed": gettext_noop("Closed"),
    "cancelled": gettext_noop("Cancelled"),
}  # fmt: skip
SORTS = {"newest": gettext_noop("Newest first"), "promise": gettext_noop("By promise"), "value": gettext_noop("By value")}


def index(request: Request) -> HttpResponse:
    """A page of orders."""
    get, today = request.GET, voice().today
    tab = get.get("tab", "all") if get.get("tab") in TABS else "all"
    sort = get.get("sort", "newest") if get.get("sort") in SORTS else "newest"
    q, page = get.get("q", "").strip()[:80], get.get("page", "1")
    at = max(int(page), 1) if page.isdecimal() and len(page) < 5 else 1
    rows, found = orders_list.page(tab, sort, today=today, q=q, offset=(at - 1) * PAGE), orders_list.counts()
    stands = status.orders([row.id for row in rows], today)
    words = {
        "tabs": [(each, gettext(word), getattr(found, each, None)) for each, word in TABS.items()],
        "tab": tab,
        "sorts": [(each, gettext(word)) for each, word in SORTS.items()],
        "sort": sort,
        "sort_said": gettext(SORTS[sort]),
        "q": q,
        "lines": [(row, stands[row.id], *channel(row.channel)) for row in rows],
        "before": at - 1,
        "after": at + 1 if len(rows) == PAGE else 0,
    }
    return render(request, "orders/index.html", words)
