"""One list for every stage of the flow: its members, tabs, filters, rows, and the steps a person may do to those ticked."""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_noop

from alur.reads import sentences, status, worklists
from alur.reads.worklists import AGED, MOST, NOUN, PAGE, SORTS, TABS, TARGET, Query
from alur.web import flow, lists
from alur.web.request import Request
from alur.web.shell import STAGES
from alur.web.status import channel
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
LATE = {"deliver": gettext_noop("Past their day"), "pay": gettext_noop("Overdue"), "confirm": gettext_noop("Delayed")}
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


CHANNELS = {"order": tuple(status.CODES["channel"]), "delivery": tuple(status.CODES["method"])}
Hold = namedtuple("Hold", ("code", "facts", "order_id", "line_id"))  # noqa: PYI024  what reads.sentences.holds reads


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the template shows it: the row's class, its word and shape (a pill, or bare), its channel, why it is held, what its age is held against."""

    row: Any
    mark: str
    word: str
    kind: str
    bare: bool
    channel: str
    icon: str
    title: str
    finding: str
    clean: bool
    target: int | None
    overdue: bool  # its day is over


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter: the part of the address it sets, its word, what is chosen (as code and as said), what may be."""

    name: str
    word: str
    value: str
    said: str
    options: list[tuple[str, str]]


def asked(get: QueryDict, noun: str) -> Query:
    """The query of an address, each part checked; what is not known is left out."""
    tab, sort = get.get("tab", "all"), get.get("sort", "queue")
    return Query(
        tab=tab if tab in TABS[noun] else "all",
        q=get.get("q", "").strip()[:80],
        channel=get.get("channel", "") if get.get("channel") in CHANNELS.get(noun, ()) else "",
        warehouse=number(get.get("warehouse", ""), 10),
        sort=sort if sort in SORTS else "queue",
        page=number(get.get("page", ""), 6) or 1,
    )


def number(text: str, digits: int) -> int:
    """A number of fewer than so many digits as typed into an address, else 0."""
    return int(text) if text.isdecimal() and len(text) < digits else 0


def lines(stage: str, rows: Sequence[Any]) -> list[Line]:
    """Rows with their words; names and states of all of them are read at once."""
    noun = NOUN[stage]
    held = [row for row in rows if noun == "order" and row.hold]
    told = sentences.brief([Hold(r.hold, r.hold_facts, r.id, r.hold_line) for r in held], voice().language, now=voice().now)
    why = {row.id: said for row, said in zip(held, told, strict=True)}
    orders = status.orders([row.id for row in rows], voice().today) if noun == "order" else {}
    found = [_line(stage, row, orders.get(row.id), why.get(row.id, ("", ""))) for row in rows]
    if 2 * sum(line.kind == "wait" for line in found) > len(found):  # where most are held, nothing stands out by it
        found = [replace(line, bare=True, mark=line.mark.replace("is-held", "")) for line in found]
    return found


def _line(stage: str, row: Any, order: status.Status | None, why: tuple[str, str]) -> Line:
    said = order or status.chip("invoice" if NOUN[stage] == "item" else NOUN[stage], row.state)
    title, sentence = why
    if row.hold and NOUN[stage] == "order" and row.holds > 1:
        title, sentence = f"{title} +{row.holds - 1}", f"{sentence} +{row.holds - 1}"
    return Line(
        row,
        "is-late" if row.late else "is-held" if said.kind == "wait" else "",
        said.word,
        said.kind,
        said.kind != "wait",
        *channel(row.channel),
        title,
        sentence,
        clean=stage in ("capture", "check") and not title,
        target=TARGET[stage] if stage in AGED else None,
        overdue=bool(row.late and stage not in AGED and row.promised_on and row.promised_on < voice().today),
    )


def stage(request: Request, name: str) -> HttpResponse:
    """The list of one stage."""
    if name not in STAGES:
        raise Http404
    request.stage = name
    noun = NOUN[name]
    query = asked(request.GET, noun)
    found = worklists.page(name, query, now=voice().now, today=voice().today)
    words = {
        "name": name,
        "title": gettext(STAGES[name]),
        "noun": noun,
        "target": TARGET[name] if name in AGED else None,
        "query": query,
        "found": found,
        "lines": lines(name, found.rows),
        "most": min(found.shown, MOST),
        "address": f"{request.GET.urlencode()}&newest={found.newest}",
        "tabs": [(tab, gettext(LATE.get(name, TAB_WORDS[tab]) if tab == "late" else TAB_WORDS[tab]), count) for tab, count in found.tabs.items()],
        "late": lists.late(name, found.tabs["late"]),
        "facets": _facets(noun, query),
        "sorts": [(sort, gettext(word)) for sort, word in SORT_WORDS.items()],
        "sort_word": gettext(SORT_WORDS[query.sort]),
        "steps": flow.buttons(name, noun, request.roles),
        "empty": gettext(EMPTY[name]),
        "pager": pager(query.page, found.shown),
    }
    return render(request, "lists/page.html", words)


def every(stage: str, address: str) -> list[int]:
    """The ids of all rows of a list, on all its pages: its address, with `newest`, as the bar of ticked rows sends it."""
    get = QueryDict(address)
    return worklists.every(stage, asked(get, NOUN[stage]), newest=number(get.get("newest", ""), 19), now=voice().now, today=voice().today)


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


def _facets(noun: str, query: Query) -> list[Facet]:
    """The filters of a list: what is chosen and what may be."""
    if noun not in CHANNELS:
        return []
    ways = [(code, channel(code)[0]) for code in CHANNELS[noun]]
    places = [(str(w.id), w.name or w.code) for w in worklists.warehouses()]
    asked = (
        ("channel", gettext("Channel") if noun == "order" else gettext("Method"), query.channel, ways),
        ("warehouse", gettext("Warehouse"), str(query.warehouse or ""), places),
    )
    return [Facet(name, word, value, dict(options).get(value, value), options) for name, word, value, options in asked if options]


def first(_request: Request) -> HttpResponse:
    """The flow as such begins with what waits for people."""
    return redirect("stage", "check")


urls = [path("flow/", first, name="flow"), path("flow/<slug:name>/", stage, name="stage")]
