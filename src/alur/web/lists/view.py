"""One list for every stage of the flow: its members, tabs, filters, rows, and the steps a person may do to those ticked."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_noop

from alur.reads import worklists
from alur.reads.worklists import NOUN, PAGE, SORTS, TABS, TARGET, Query
from alur.web import flow, sentences, status
from alur.web.shell import STAGES
from alur.web.status import Status
from alur.web.voice import voice

TAB_WORDS = {
    "all": gettext_noop("All"),
    "clean": gettext_noop("Clean"),
    "held": gettext_noop("Held"),
    "late": gettext_noop("Past target"),
    "scheduled": gettext_noop("Scheduled"),
    "picked": gettext_noop("Picked"),
    "dispatched": gettext_noop("On the road"),
    "permitted": gettext_noop("Permitted"),
    "received": gettext_noop("Goods are back"),
}
# what would be here, and how it comes: said where a list is empty
EMPTY = {
    "capture": gettext_noop("New orders stay here for a moment only, until their prices are found."),
    "check": gettext_noop("Orders that are checked or held stand here. Clean ones pass by themselves."),
    "confirm": gettext_noop("Verified orders without stock, and those that wait for goods, stand here."),
    "deliver": gettext_noop("Deliveries stand here from the day they are planned until the customer has the goods."),
    "invoice": gettext_noop("What was delivered and is not invoiced yet stands here."),
    "pay": gettext_noop("What customers still owe stands here, the oldest first."),
    "returns": gettext_noop("Goods that customers send back stand here until they are settled."),
    "settle": gettext_noop("Orders delivered in full stand here until every rupiah is accounted for."),
}
SORT_WORDS = {
    "queue": gettext_noop("In queue order"),
    "-received": gettext_noop("Newest first"),
    "promise": gettext_noop("By promise"),
    "total": gettext_noop("By value"),
    "customer": gettext_noop("By customer"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the template shows it."""

    row: Any
    status: Status
    channel: str
    icon: str
    finding: str
    moved: bool = False


def asked(request: HttpRequest, noun: str) -> Query:
    """The query of an address, each part checked; what is not known is left out."""
    get = request.GET
    tab, sort = get.get("tab", "all"), get.get("sort", "queue")
    return Query(
        tab=tab if tab in TABS[noun] else "all",
        q=get.get("q", "").strip()[:80],
        channel=get.get("channel", "") if get.get("channel") in status.CHANNELS else "",
        warehouse=int(get["warehouse"]) if get.get("warehouse", "").isdecimal() and len(get["warehouse"]) < 10 else 0,  # noqa: PLR2004
        sort=sort if sort in SORTS else "queue",
        page=int(get["page"]) if get.get("page", "").isdecimal() and 0 < len(get["page"]) < 6 and int(get["page"]) else 1,  # noqa: PLR2004
    )


def line(noun: str, row: Any, *, moved: bool = False) -> Line:
    """A row with its words."""
    word, icon = status.channel(row.channel)
    finding = sentences.of(row.hold, row.hold_facts) if noun == "order" and row.hold else ""
    return Line(row, status.of(noun, row), word, icon, finding, moved)


def stage(request: HttpRequest, name: str) -> HttpResponse:
    """The list of one stage."""
    if name not in STAGES:
        raise Http404
    request.stage = name
    noun = NOUN[name]
    query = asked(request, noun)
    found = worklists.page(name, query, now=voice().now, today=voice().today)
    words = {
        "name": name,
        "title": gettext(STAGES[name]),
        "noun": noun,
        "target": TARGET[name],
        "query": query,
        "found": found,
        "lines": [line(noun, row) for row in found.rows],
        "tabs": [(tab, gettext(TAB_WORDS[tab]), count) for tab, count in found.tabs.items()],
        "facets": _facets(noun, query),
        "sorts": [(sort, gettext(word)) for sort, word in SORT_WORDS.items()],
        "sort_word": gettext(SORT_WORDS[query.sort]),
        "steps": flow.buttons(name, noun, request.roles),
        "empty": gettext(EMPTY[name]),
        "pager": pager(query.page, found.shown),
    }
    return render(request, "lists/page.html", words)


def pager(page: int, shown: int) -> dict[str, int]:
    """From which to which row, of how many; the pages before and after, 0 where there is none."""
    last = max(1, -(-shown // PAGE))
    page = min(page, last)
    return {
        "first": min((page - 1) * PAGE + 1, shown),
        "last": min(page * PAGE, shown),
        "of": shown,
        "before": page - 1,
        "after": page + 1 if page < last else 0,
    }


def _facets(noun: str, query: Query) -> list[dict[str, Any]]:
    """The filters of a list: what is chosen and what may be."""
    if noun not in {"order", "delivery"}:
        return []
    codes = ("email", "phone", "shop", "file", "api", "portal") if noun == "order" else ("own_fleet", "courier", "pickup", "on_site")
    ways = [(code, status.channel(code)[0]) for code in codes]
    places = [(str(w.id), w.name or w.code) for w in worklists.warehouses()]
    facets = [
        {"name": "channel", "word": gettext("Channel") if noun == "order" else gettext("Method"), "value": query.channel, "options": ways},
        {"name": "warehouse", "word": gettext("Warehouse"), "value": str(query.warehouse or ""), "options": places},
    ]
    for facet in facets:
        facet["said"] = dict(facet["options"]).get(facet["value"], "")
    return [facet for facet in facets if facet["options"]]


def first(request: HttpRequest) -> HttpResponse:
    """The flow as such begins with what waits for people."""
    return redirect("stage", "check")


urls = [path("flow/", first, name="flow"), path("flow/<slug:name>/", stage, name="stage")]
