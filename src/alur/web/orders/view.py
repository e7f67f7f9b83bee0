"""An order's page: what happened, what is owed, what next. Every press goes through the one door of steps and the page shows its new state.

The page is one part (`#order`) that fetches itself again when something moved (`alur:moved`); without script the step's answer leads back here.
"""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext

from alur.reads import order_page, sentences, status, waits
from alur.reads.order_page import Page
from alur.reads.waits import Wait
from alur.web import lists
from alur.web.orders import amend as change
from alur.web.orders import aside, buttons, lines, ribbon, timeline
from alur.web.orders.cancel import cancel, preview
from alur.web.orders.index import index
from alur.web.request import Request
from alur.web.shell import ROLES, STAGES, where
from alur.web.voice import voice

ICONS = {"stock": "pause", "money": "wallet", "deliver": "truck", "invoice": "receipt", "settle": "flag"}
LEGEND = {name: [(kind, 1)] for name, kind in (("d", "d"), ("now", ""), ("p", "p"), ("w", "w"))}


@dataclass(frozen=True, slots=True)
class Due:
    """What is waited for, in words, with the way out."""

    wait: Wait
    text: str
    remedies: list[Any]
    owner: str
    icon: str


def order(request: Request, number: str) -> HttpResponse:
    """The page of an order."""
    page = order_page.load(number, now=voice().now, today=voice().today)
    if page is None:
        raise Http404
    stands = status.orders([page.order.id], voice().today)[page.order.id]
    request.stage = stage = list(STAGES)[stands.at - 1]
    who = sentences.actors({*(e.actor for e in page.events), *(n.by for n in page.notes), *(f.by for f in page.files), page.order.entered_by}, voice().language)
    due = _due(request, page)
    words = {
        "page": page,
        "order": page.order,
        "stands": stands,
        "crumbs": [(gettext(STAGES[stage]), where("stage", stage)), (stands.word, "")],
        "money": aside.amounts(page),
        "stops": ribbon.stops(page, stands, who),
        "buttons": buttons.of(page, due, request.roles),
        "change": buttons.change(page, request.roles),
        "menu": buttons.menu(page, request.roles),
        "due": due,
        "holds": [each for each in due if each.wait.hold],
        "others": [each for each in due if each.text and not each.wait.hold],
        "heads": lines.heads(page),
        "legend": LEGEND,
        "totals": aside.totals(page),
        "promise": aside.promise(page),
        "documents": aside.documents(page),
        "credit": aside.credit(page),
        "customer_url": lists.url("customer", page.order.customer_code),
        "events": timeline.events(page, who),
        "files": [(each, who.get(each.by, "–")) for each in page.files],
    }
    return render(request, "orders/page.html", words)


def _due(request: Request, page: Page) -> list[Due]:
    """What the order waits for, in the reader's language, with the ways out."""
    found = waits.of(page)
    said = waits.say(found, voice().language, now=voice().now)
    return [
        Due(each, text, buttons.remedies(each, page.order.number, request.roles), _owner(each), _icon(each)) for each, text in zip(found, said, strict=True)
    ]


def _owner(wait: Wait) -> str:
    """Whose it is to settle a hold."""
    return gettext(ROLES.get(wait.hold.owner, wait.hold.owner)) if wait.hold else ""


def _icon(wait: Wait) -> str:
    return ICONS.get(wait.code) or ICONS.get(wait.step.partition(".")[0], "redo")


urls = [
    path("orders/", index, name="orders"),
    path("orders/<str:number>/", order, name="order"),
    path("orders/<str:number>/amend", change.amend, name="order_amend"),
    path("orders/<str:number>/amend/preview", change.preview, name="order_amend_preview"),
    path("amend/products", change.things, name="order_amend_things"),
    path("orders/<str:number>/cancel", cancel, name="order_cancel"),
    path("orders/<str:number>/cancel/preview", preview, name="order_cancel_preview"),
]
