"""Supply: what is short with a proposal for each, the orders that bring it, goods in, and what is counted. Each page is one question and one step."""

import uuid
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext, gettext_noop

from alur.core import clock, step
from alur.flow import map as flow
from alur.reads import short, supply
from alur.reads.short import TABS, Proposal
from alur.supply.order import Line, SupplyDraft
from alur.web import counts, sentences, typed
from alur.web.request import Request
from alur.web.supply import count, new, orders
from alur.web.voice import voice

SHOWN = 100  # rows of a page; the most pressing stand first
TAB_WORDS = {
    "all": gettext_noop("Everything short"),
    "wait": gettext_noop("Orders wait"),
    "low": gettext_noop("Below minimum"),
    "soon": gettext_noop("Runs out"),
}
KINDS = {"buy": gettext_noop("buy"), "make": gettext_noop("make"), "transfer": gettext_noop("bring"), "none": "–"}


def what_is_short(request: Request) -> HttpResponse:
    """The list; its ticked rows become supply orders, one for each supplier, department or warehouse they come from."""
    get = request.GET
    tab = get.get("tab", "all") if get.get("tab") in TABS else "all"
    found = short.proposals(now=clock.now(), language=voice().language)
    may = flow.may(flow.by_name["supply.order"], request.roles)
    errors: list[str] = []
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        made, errors = _order(request, found)
        if made:
            messages.success(request, gettext("Ordered: %(numbers)s") % {"numbers": ", ".join(made)})
        if not errors:
            return redirect(request.get_full_path())
    shown = [each for each in found if tab in ("all", each.tab)]
    sources = supply.sources()
    words = {
        "rows": [_row(each, why, sources, request.POST) for each, why in zip(shown[:SHOWN], short.reasons(shown[:SHOWN], voice().language), strict=True)],
        "more": len(shown) - SHOWN, "tab": tab, "tabs": [(name, gettext(TAB_WORDS[name]), _tally(found, name)) for name in TABS],
        "may": may, "errors": errors, "ref": uuid.uuid4().hex, "suppliers": short.suppliers()[:50], "waiting": _tally(found, "wait"),
    }  # fmt: skip
    return render(request, "supply/short.html", words, status=422 if errors else 200)


def _tally(found: list[Proposal], tab: str) -> int:
    return len({each.product.id for each in found if tab in ("all", each.tab)})


def _row(each: Proposal, why: str, sources: dict[str, list[tuple[str, str]]], sent: Any) -> dict[str, Any]:
    """A row: the product, the proposal with what was typed over it, and where it comes from."""
    source = dict(sources.get(each.kind, [])).get(str(each.source_id), "")
    return {
        "each": each, "p": each.product, "why": why, "kind": gettext(KINDS[each.kind]) if each.kind != "none" else "", "source": source,
        "to": dict(sources["to"]).get(str(each.warehouse_id), ""), "typed": sent.get(f"quantity-{each.key}"), "late": each.tab == "wait",
        "lasts": None if each.lasts is None else int(each.lasts), "daily": round(each.product.daily, 1),
        "supplier": sent.get(f"supplier-{each.key}", str(each.source_id)),
    }  # fmt: skip


def _order(request: Request, found: list[Proposal]) -> tuple[list[str], list[str]]:
    """Order what was ticked; the numbers of the orders, and what is wrong. Who was faster is told: what is not proposed any more is not ordered."""
    sent, today = request.POST, voice().today
    known = {each.key: each for each in found if each.kind != "none"}
    ticked = [known[key] for key in sent.getlist("ids") if key in known]
    if not ticked:
        return [], [gettext("Nothing of what was ticked is short any more: somebody was faster, or the goods have come.")]
    lines, wrong = [], []
    for each in ticked:
        quantity = typed.number(sent.get(f"quantity-{each.key}", "").strip(), voice().language)
        if not quantity:
            wrong.append(gettext("%(sku)s: write how many, such as 12.") % {"sku": each.product.sku})
            continue
        source = typed.whole(sent.get(f"supplier-{each.key}")) or each.source_id if each.kind == "buy" else each.source_id
        lines.append(((each.kind, source, each.warehouse_id), _line(each, quantity, today)))
    if wrong:
        return [], wrong
    lines.sort(key=lambda pair: pair[0])
    grouped = [(key, tuple(line for _, line in own)) for key, own in groupby(lines, key=lambda pair: pair[0])]
    ref = sent.get("ref", "")[:40] or uuid.uuid4().hex
    drafts = [SupplyDraft(n, source, to, own, kind, f"short-{ref}-{n}") for n, ((kind, source, to), own) in enumerate(grouped)]
    outcome = step.run(flow.by_name["supply.order"], drafts, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    return supply.numbers(sorted(outcome.made.values())), sentences.refusals("supply.order", outcome.refused)


def _line(each: Proposal, quantity: Decimal, today: date) -> Line:
    return Line(each.product.id, quantity, each.unit_cost, each.expected_on(today))


urls = [
    path("supply/", what_is_short, name="supply"),
    path("supply/orders/", orders.everything, name="supply_orders"),
    path("supply/orders/new", new.new, name="supply_new"),
    path("supply/orders/skus", new.skus, name="supply_skus"),
    path("supply/orders/<str:number>/", orders.one, name="supply_order"),
    path("supply/count/", count.shelves, name="supply_count"),
]
