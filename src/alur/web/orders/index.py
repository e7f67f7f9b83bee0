"""All orders, newest first: found by number, customer or the customer's number, filtered by where they stand, who, when and how much."""

from collections import namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_noop

from alur.reads import orders, sentences, status
from alur.reads.orders import Query
from alur.web import typed
from alur.web.request import Request
from alur.web.status import channel
from alur.web.templatetags import words as said
from alur.web.voice import voice

TABS = {
    "all": gettext_noop("All"), "open": gettext_noop("Running"), "held": gettext_noop("Held"), "unpaid": gettext_noop("Waiting for payment"),
    "short": gettext_noop("Waiting for stock"), "part": gettext_noop("Delivered in part"), "fulfilled": gettext_noop("Delivered, not settled"),
    "overdue": gettext_noop("Overdue"), "closed": gettext_noop("Closed"), "cancelled": gettext_noop("Cancelled"),
}  # fmt: skip
PERIODS = ((0, gettext_noop("Today")), (6, gettext_noop("Last 7 days")), (29, gettext_noop("Last 30 days")), (89, gettext_noop("Last 90 days")))
SUMS = (Decimal(1_000_000), Decimal(10_000_000), Decimal(50_000_000))
Hold = namedtuple("Hold", ("code", "facts", "order_id", "line_id"))  # noqa: PYI024  what reads.sentences reads


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter of the address: its parameter, its word, what is chosen as said (nothing: not chosen), what may be chosen with one press."""

    name: str
    word: str
    said: str
    options: list[tuple[str, str]]
    ends: tuple[tuple[str, str, str], ...] = ()  # what may be typed instead: (parameter, its word, what is typed there)


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its words: where it stands, its channel, why it is held in short and in full."""

    row: Any
    stands: status.Status
    channel: str
    icon: str
    title: str
    sentence: str


def index(request: Request) -> HttpResponse:
    """A page of orders."""
    query, today = asked(request.GET, voice().today), voice().today
    found, tally = orders.page(query, today=today), orders.tally()
    words = {
        "query": query,
        "found": found,
        "lines": lines(found.rows, today),
        "tabs": [(tab, gettext(word), getattr(tally, tab, None)) for tab, word in TABS.items()],
        "facets": facets(query, today),
        "hidden": hidden(query, found),
        "last": found.rows[-1].received_at if found.rows else None,
    }
    return render(request, "orders/index.html", words)


def asked(get: Mapping[str, str], today: date) -> Query:
    """The query of an address, each part checked; what is not understood is left out."""
    whole = {name: typed.whole(get.get(name, "")) for name in ("customer", "salesperson", "after", "before")}
    return Query(
        tab=get["tab"] if get.get("tab") in TABS else "all",
        q=get.get("q", "").replace("\0", "").strip()[:80],
        channel=get["channel"] if get.get("channel") in status.CODES["channel"] else "",
        first=_day(get.get("from", ""), today),
        last=_day(get.get("to", ""), today),
        least=_sum(get.get("least", "")),
        most=_sum(get.get("most", "")),
        **whole,
    )


def _day(text: str, today: date) -> date | None:
    found = typed.day(text, today) if text else None
    return found if found and date(1990, 1, 1) <= found <= date(2200, 1, 1) else None


def _sum(text: str) -> Decimal | None:
    return typed.number(text, voice().language) if text else None


def lines(rows: Sequence[Any], today: date) -> list[Line]:
    """Rows with their words, looked up at once."""
    stands = status.orders([row.id for row in rows], today)
    held = [row for row in rows if row.hold]
    told = sentences.brief([Hold(r.hold, r.hold_facts, r.id, r.hold_line) for r in held], voice().language, now=voice().now)
    why = {row.id: (f"{title} +{row.holds - 1}" if row.holds > 1 else title, full) for row, (title, full) in zip(held, told, strict=True)}
    return [Line(row, stands[row.id], *channel(row.channel), *why.get(row.id, ("", ""))) for row in rows]


def facets(query: Query, today: date) -> list[Facet]:
    """The filters: what is chosen, what may be."""
    who = orders.customer(query.customer) if query.customer else None
    sellers = [(str(each.id), each.name) for each in orders.sellers()]
    seller = dict(sellers).get(str(query.salesperson), "–") if query.salesperson else ""
    days = [(str(today - timedelta(days=back)), gettext(word)) for back, word in PERIODS]
    ways = [(code, channel(code)[0]) for code in status.CODES["channel"]]
    ends = (("from", gettext("From"), str(query.first or "")), ("to", gettext("Until"), str(query.last or "")))
    sums = [(said.amount(sum_), f"≥ {said.short_money(sum_)}") for sum_ in SUMS]
    limits = (("least", gettext("At least"), said.amount(query.least) if query.least is not None else ""),
              ("most", gettext("At most"), said.amount(query.most) if query.most is not None else ""))  # fmt: skip
    found = [
        Facet("customer", gettext("Customer"), who.name if who else "–" if query.customer else "", []),
        Facet("channel", gettext("Channel"), channel(query.channel)[0] if query.channel else "", ways),
        Facet("salesperson", gettext("Salesperson"), seller, sellers),
        Facet("from", gettext("Day"), "", days, ends) if query.first is None and query.last is None else None,
        Facet("from", gettext("From"), said.day(query.first), []) if query.first else None,
        Facet("to", gettext("Until"), said.day(query.last), []) if query.last else None,
        Facet("least", gettext("Value"), "", sums, limits) if query.least is None and query.most is None else None,
        Facet("least", gettext("At least"), said.money(query.least), []) if query.least is not None else None,
        Facet("most", gettext("At most"), said.money(query.most), []) if query.most is not None else None,
    ]
    return [each for each in found if each and (each.said or each.options)]


def hidden(query: Query, found: orders.Found) -> int | None:
    """How many orders the filters hide (the tab is no filter); None where nobody counted that far, 0 where nothing is hidden."""
    if not query.filters or query.tab != "all":
        return 0
    return orders.every() - found.n if found.n is not None else None
