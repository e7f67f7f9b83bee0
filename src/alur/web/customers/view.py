"""Customers: the list with what each owes, and a customer's page with everything that decides whether an order of theirs goes through."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_noop

from alur.flow import map as flow
from alur.reads import customers, find, notes, sentences, status
from alur.reads.customers import ORDERS_SHOWN, SORTS, TABS, Page
from alur.web import typed
from alur.web.customers import change, details
from alur.web.lists.view import pager
from alur.web.request import Request
from alur.web.settings.tables import BY_NAME, may
from alur.web.shell import where
from alur.web.voice import voice

TAB_WORDS = {"all": gettext_noop("All"), "over": gettext_noop("Over limit"), "overdue": gettext_noop("Overdue"), "blocked": gettext_noop("Blocked")}
SORT_WORDS = {
    "name": gettext_noop("By name"),
    "used": gettext_noop("By credit used"),
    "owed": gettext_noop("By open amount"),
    "overdue": gettext_noop("By overdue"),
}
FOUND = 200  # customers a search shows at most
LOOKS = {"customer.changed": ("pen", ""), "customer.blocked": ("lock", "wait")}


def everyone(request: Request) -> HttpResponse:
    """The list."""
    get = request.GET
    tab = get.get("tab", "all") if get.get("tab") in TABS else "all"
    sort = get.get("sort", "name") if get.get("sort") in SORTS else "name"
    q, number = get.get("q", "").strip()[:80], typed.whole(get.get("page")) or 1
    ids = [row.id for row in find.customers(q, limit=FOUND)] if q else None
    found = customers.page(tab=tab, sort=sort, number=number, today=voice().today, ids=ids)
    words = {
        "rows": [(row, *_state(row)) for row in found.rows],
        "tabs": [(name, gettext(TAB_WORDS[name]), count) for name, count in found.tabs.items()],
        "tab": tab, "q": q, "sort": sort, "shown": found.tabs[tab], "every": found.tabs["all"],
        "sorts": [(name, gettext(word)) for name, word in SORT_WORDS.items()], "sort_word": gettext(SORT_WORDS[sort]),
        "pager": pager(number, found.tabs[tab]), "may": flow.may(flow.by_name["check.change_customer"], request.roles),
    }  # fmt: skip
    return render(request, "customers/list.html", words)


def one(request: Request, code: str) -> HttpResponse:
    """A customer's page."""
    number = min(typed.whole(request.GET.get("orders")), 10**6) or 1
    page = customers.load(code, today=voice().today, orders_page=number)
    if page is None:
        raise Http404
    stands = status.orders([row.id for row in page.orders], voice().today)
    c = page.customer
    words = {
        "page": page, "c": c,
        "chips": _chips(page),
        "refund": reverse("refund", args=[c.code]) if page.credit.free and not c.other_payer_id and flow.may(flow.by_name["pay.refund"], request.roles) else "",
        "money": _money(page),
        "orders": [(row, stands[row.id]) for row in page.orders[:ORDERS_SHOWN]],
        "older": number + 1 if len(page.orders) > ORDERS_SHOWN else 0, "newer": number - 1,
        "events": _events(page), "files": [(each, "") for each in notes.files("customer", c.id)],
        "contact": page.contacts[0] if page.contacts else None,
        "may": flow.may(flow.by_name["check.change_customer"], request.roles),
        "may_rows": may(BY_NAME["contact"], request),
        "may_price": flow.may(flow.by_name["check.change_price"], request.roles),
        "phone": where("phone"),
        "share": min(100, max(0, round(page.credit.used / page.limit * 100))) if page.limit else 0,
        "method": status.word("method", c.method) if c.method else "",
        "prices": [(row, reverse("price_change", args=[row.id])) for row in page.prices],
        "new_price": f"{reverse('price_new')}?customer={c.id}",
        "scope": _scopes().get(c.blocked, ""),
        "crumbs": [(gettext("Customers"), reverse("customers")), (c.code, "")],
    }  # fmt: skip
    return render(request, "customers/page.html", words)


def _scopes() -> dict[str, str]:
    return {value: word for value, word in change.scopes() if value != "none"}


def _state(row: Any) -> tuple[str, str, str]:
    """A row's chip and mark: (word, kind, row class)."""
    if row.blocked != "none":
        return gettext("Blocked"), "late", "is-late"
    if row.late:
        return gettext("Overdue"), "late", "is-late"
    if row.used > (row.credit_limit or 0) and row.used > 0:
        return gettext("Over limit"), "wait", "is-held"
    return gettext("In order"), "done", ""


def _chips(page: Page) -> list[tuple[str, str]]:
    found = []
    if page.customer.blocked != "none":
        found.append((gettext("Blocked: %(scope)s") % {"scope": _scopes()[page.customer.blocked]}, "late"))
    if page.credit.late:
        found.append((gettext("Overdue"), "late"))
    if page.over:
        found.append((gettext("Over limit"), "wait"))
    return found


def _money(page: Page) -> list[tuple[str, Any, str, bool]]:
    """Top right: what is owed, what of it is late, what counts against the limit, and large what is left of it."""
    credit, limit = page.credit, page.limit
    word, left = (gettext("Over the limit"), page.over) if page.over and limit is not None else (gettext("Credit left"), max((limit or 0) - credit.used, 0))
    return [
        (gettext("Open items"), credit.owed, "#items", False),
        (gettext("Overdue"), credit.late, "#items", False),
        (gettext("Credit used"), credit.used, "", False),
        (word, left, "", True),
    ]


def _events(page: Page) -> list[dict[str, Any]]:
    """Events as sentences, and notes between them, newest first."""
    said = sentences.events(page.events, voice().language, now=voice().now)
    who = sentences.actors({*(e.actor for e in page.events), *(n.by for n in page.notes)}, voice().language)
    told = [
        {"kind": LOOKS.get(e.kind, ("check", ""))[1], "icon": LOOKS.get(e.kind, ("check", ""))[0], "text": text, "why": who.get(e.actor, ""), "at": e.at}
        for e, text in zip(page.events, said, strict=True)
    ]
    noted = [{"kind": "", "icon": "msg", "text": who.get(n.by, "–"), "say": n.body, "at": n.at, "note": True} for n in page.notes]
    return sorted(told + noted, key=lambda each: each["at"], reverse=True)


urls = [
    path("customers/", everyone, name="customers"),
    path("customers/new", details.new, name="customer_new"),
    path("customers/edit", details.edit, name="customer_edit"),
    path("customers/<int:id>/change/details", details.change, name="customer_details"),
    path("customers/<int:id>/change/<slug:what>", change.view, name="customer_change"),
    path("customers/<path:code>/", one, name="customer"),
]
