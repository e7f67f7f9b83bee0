"""Products and stock: the list, and a product's page with what is there, what is promised, what comes, and who waits."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_noop

from alur.flow import map as flow
from alur.reads import find, products
from alur.reads.products import MOVES, TABS, Page
from alur.web import lists, typed
from alur.web.lists.view import pager
from alur.web.products import details, forms
from alur.web.request import Request
from alur.web.settings.tables import BY_NAME, may
from alur.web.voice import voice

TAB_WORDS = {
    "all": gettext_noop("All sold"),
    "short": gettext_noop("Orders wait"),
    "low": gettext_noop("Below minimum"),
    "none": gettext_noop("Nothing free"),
    "ended": gettext_noop("No longer sold"),
}
KINDS = {"goods": gettext_noop("goods"), "service": gettext_noop("service"), "charge": gettext_noop("charge"), "kit": gettext_noop("kit")}
PLACES = {
    "own": "", "transit": gettext_noop("on the road"), "returns": gettext_noop("returns"), "quarantine": gettext_noop("quarantine"),
    "consignment": gettext_noop("consignment"),
}  # fmt: skip
MOVED = {
    "opening": gettext_noop("Opening stock"), "receipt": gettext_noop("Received"), "dispatch": gettext_noop("Dispatched"),
    "back": gettext_noop("Came back"), "lost": gettext_noop("Lost"), "count": gettext_noop("Counted"), "transfer": gettext_noop("Moved"),
    "make": gettext_noop("Made"), "return": gettext_noop("Returned"),
}  # fmt: skip
FOUND = 200


def everything(request: Request) -> HttpResponse:
    """The list."""
    get = request.GET
    tab = get.get("tab", "all") if get.get("tab") in TABS else "all"
    q, number = get.get("q", "").strip()[:80], typed.whole(get.get("page")) or 1
    ids = [row.id for row in find.products(q, language=voice().language, limit=FOUND)] if q else None
    found = products.page(tab=tab, number=number, language=voice().language, ids=ids)
    shown = found.tabs[tab]
    words = {
        "rows": [(row, *_state(row)) for row in found.rows],
        "tabs": [(name, gettext(TAB_WORDS[name]), count) for name, count in found.tabs.items()],
        "tab": tab, "q": q, "shown": shown, "pager": pager(number, shown), "may": flow.may(flow.by_name[details.STEP], request.roles),
    }  # fmt: skip
    return render(request, "products/list.html", words)


def one(request: Request, sku: str) -> HttpResponse:
    """A product's page."""
    before = typed.whole(request.GET.get("before"))
    page = products.load(sku, today=voice().today, before=before or 2**62)
    if page is None:
        raise Http404
    p, moves = page.product, page.moves[:MOVES]
    words = {
        "page": page, "p": p,
        "name": (p.name_en or p.name_id) if voice().language == "en" else (p.name_id or p.name_en),
        "other": p.name_id if voice().language == "en" else p.name_en,
        "kind": gettext(KINDS[p.kind]), "goods": p.kind == "goods",
        "money": _money(page) if p.kind == "goods" else [],
        "places": [(row, gettext(PLACES[row.kind]) if PLACES[row.kind] else "") for row in page.stock],
        "moves": [(row, gettext(MOVED[row.kind]), *_subject(row)) for row in moves],
        "older": moves[-1].id if len(page.moves) > MOVES else 0, "newest": not before,
        "prices": [(row, reverse("price_change", args=[row.id])) for row in page.prices],
        "new_price": f"{reverse('price_new')}?product={p.id}",
        **{f"may_{name}": flow.may(flow.by_name[step], request.roles) for name, step in forms.STEPS.items() if step in flow.by_name},
        "may_details": flow.may(flow.by_name[details.STEP], request.roles), "may_names": may(BY_NAME["product_alias"], request),
        "crumbs": [(gettext("Products & stock"), reverse("products")), (p.sku, "")],
    }  # fmt: skip
    return render(request, "products/page.html", words)


def _state(row: Any) -> tuple[str, str, str]:
    """A row's chip and mark: (word, kind, row class)."""
    if row.ended:
        return gettext("No longer sold"), "", ""
    if row.kind != "goods":
        return gettext(KINDS[row.kind]).capitalize(), "", ""
    if row.waits > row.coming + row.on_hand - row.reserved:
        return gettext("Orders wait"), "late", "is-late"
    if row.waits:
        return gettext("On its way"), "wait", "is-held"
    if row.stock_min and row.on_hand - row.reserved < row.stock_min:
        return gettext("Below minimum"), "wait", "is-held"
    return gettext("Enough"), "done", ""


def _money(page: Page) -> list[tuple[str, Any, str]]:
    """Top right: quantities, each leading to its table."""
    return [(gettext("On hand"), page.on_hand, "#stock"), (gettext("Reserved"), page.reserved, "#stock"), (gettext("On order"), page.on_order, "#coming"),
            (gettext("Orders wait for"), page.waits, "#waiting")]  # fmt: skip


def _subject(row: Any) -> tuple[str, str, str]:
    """What a move belongs to: (number, address, who)."""
    for noun, number in (("delivery", row.delivery_number), ("order", row.order_number)):
        if number:
            return number, lists.url(noun, number), row.customer or ""
    return row.supply_number or "", "", row.supplier or ""


urls = [
    path("products/", everything, name="products"),
    path("products/new", details.new, name="product_new"),
    path("products/<int:id>/details", details.change, name="product_details"),
    path("products/<int:id>/buy", forms.buy, name="buy"),
    path("products/supply/<int:id>/receive", forms.receive, name="supply_receive"),
    path("products/prices/new", forms.new_price, name="price_new"),
    path("products/prices/<int:id>", forms.change_price, name="price_change"),
    path("products/<path:sku>/", one, name="product"),
]
