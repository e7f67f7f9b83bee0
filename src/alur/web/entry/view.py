"""The telephone order: a grid for the keyboard, kept on the server while it is typed, saved as one order by capture.receive.

The page sends the whole draft as JSON with its version; the answer is HTML: rows that look different now, and what stands beside the grid.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from alur.core import clock, step
from alur.flow import map as flow
from alur.reads import entry, find
from alur.web import counts, sentences, typed
from alur.web.entry import draft as drafts
from alur.web.entry import dry, order, said
from alur.web.entry.draft import Draft, Kept
from alur.web.request import Request
from alur.web.voice import voice

View = Callable[..., HttpResponse]
EMPTY = 12  # rows of the grid at least
KEY = 1


def desk(view: View) -> View:
    """Only who may receive orders."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not flow.may(flow.by_name["capture.receive"], request.roles):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@desk
@require_GET
def page(request: Request) -> HttpResponse:
    """The grid, with the draft this person was typing last (?new=1: an empty one; ?draft=7: that one)."""
    at = clock.now()
    mine = drafts.latest(request.user.pk)
    kept = drafts.one(typed.whole(request.GET.get("draft")))
    if kept is None:
        kept = mine[0] if mine and "new" not in request.GET else Kept(drafts.fresh(at))
    if not kept.id and typed.whole(request.GET.get("customer")):
        kept = replace(kept, draft=replace(kept.draft, customer=typed.whole(request.GET["customer"])))
    answer = dry.run(_padded(kept.draft), at=at)
    others = [each for each in mine if each.id != kept.id]
    dropped = "dropped" in request.GET and "dropped" in request.session
    words = {"kept": kept, "answer": answer, "others": others, "blank": dry.Row(drafts.Line(0)), "dropped": dropped}
    return render(request, "entry/page.html", words | said.around(answer))


@desk
@require_POST
def look(request: Request) -> HttpResponse:
    """Keep what was typed and answer what would become of it."""
    sent = _sent(request)
    if sent is None:
        return HttpResponseBadRequest()
    kept, more = sent
    at = clock.now()
    stored = _keep(request, kept, at=at, force=more["force"])
    if stored is None:
        return _clash(request, kept)
    return _answer(request, stored, more, dry.run(stored.draft, at=at, standing=more["at"]))


@desk
@require_POST
def save(request: Request) -> HttpResponse:
    """Make it an order: one call of capture.receive. Sent twice it is still one order."""
    sent = _sent(request)
    if sent is None:
        return HttpResponseBadRequest()
    kept, more = sent
    at = clock.now()
    current = drafts.one(kept.id) if kept.id else None
    if current is not None and current.version != kept.version and current.draft != kept.draft:
        return _clash(request, kept)
    answer = dry.run(kept.draft, at=at)
    errors = _errors(answer)
    if not errors:
        outcome = step.run(flow.by_name["capture.receive"], [order.of(answer, KEY)], by=str(request.user.pk), at=at)
        if not outcome.refused:
            drafts.drop(kept.id)
            counts.forget(request.company.slug)
            return JsonResponse({"url": _after(outcome.made[KEY])})
        errors = [("", sentences.of(r.code, r.facts, "capture.receive")) for r in outcome.refused]
    stored = _keep(request, kept, at=at, force=False) or kept
    return _answer(request, stored, more, answer, errors)


@desk
@require_POST
def drop(request: Request) -> HttpResponse:
    """Throw a draft away."""
    kept = drafts.one(typed.whole(request.POST.get("draft")))
    if kept is not None:
        drafts.drop(kept.id)
        request.session["dropped"] = asdict(kept.draft)
    return redirect(reverse("phone") + "?new=1&dropped=1")


@desk
@require_POST
def undo(request: Request) -> HttpResponse:
    """Bring back the draft that was thrown away last."""
    data = request.session.pop("dropped", None)
    kept = drafts.keep(Kept(drafts.read(data)), user=request.user.pk, at=clock.now()) if data else None
    return redirect(reverse("phone") + (f"?draft={kept.id}" if kept else ""))


@desk
@require_GET
def products(request: Request) -> HttpResponse:
    """Suggestions for a line."""
    customer = typed.whole(request.GET.get("customer", ""))
    found = find.products(request.GET.get("q", ""), customer=customer, language=voice().language)
    ready, prices = find.ready([row.id for row in found]), dry.prices(customer, [row.id for row in found])
    q = request.GET.get("q", "").strip()
    return render(request, "entry/products.html", {"found": [(row, ready[row.id], prices.get(row.id), said.marked(row.name, q)) for row in found], "q": q})


@desk
@require_GET
def customers(request: Request) -> HttpResponse:
    """Suggestions for who is on the line."""
    q = request.GET.get("q", "").strip()
    return render(request, "entry/customers.html", {"found": [(row, said.marked(row.name, q)) for row in find.customers(q)], "q": q})


@desk
@require_GET
def again(request: Request) -> HttpResponse:
    """What the customer's last order asked for, as rows to be added."""
    rows = entry.last_lines(typed.whole(request.GET.get("customer", "")))
    return JsonResponse({"lines": [{"text": r.text, "product": r.product_id or 0, "quantity": f"{r.quantity.normalize():f}", "unit": r.unit} for r in rows]})


# ---------- the draft ----------
def _sent(request: Request) -> tuple[Kept, dict[str, Any]] | None:
    """The draft the page sends, and what it says besides: rows as seen, where the person stands, whether this draft wins over a newer one."""
    try:
        body = json.loads(request.body)
        draft = drafts.read(body["data"])
        kept = Kept(draft, typed.whole(body.get("id")), typed.whole(body.get("version")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    seen = body.get("seen")
    more = {"seen": seen if isinstance(seen, dict) else {}, "at": typed.whole(body.get("at")), "force": body.get("force") is True}
    return (kept, more) if draft.token else None


def _keep(request: Request, kept: Kept, *, at: Any, force: bool) -> Kept | None:
    """Store the draft; force: after the person has seen the difference."""
    if force:
        current = drafts.one(kept.id)
        kept = replace(kept, version=current.version) if current else replace(kept, id=0)
    stored = drafts.keep(kept, user=request.user.pk, at=at)
    if stored is None:  # a newer one that says the same is this page's own, sent as it was left
        current = _current(request, kept)
        return current if current and current.draft == kept.draft else None
    return stored


def _current(request: Request, kept: Kept) -> Kept | None:
    """The stored draft that a sent one is a version of."""
    return drafts.one(kept.id) if kept.id else next((d for d in drafts.latest(request.user.pk) if d.draft.token == kept.draft.token), None)


def _clash(request: Request, kept: Kept) -> HttpResponse:
    """Somebody stored a newer draft, or saved the order: show the difference; nothing was overwritten."""
    current = _current(request, kept)
    words = {"who": gettext("Customer"), "requested": gettext("Requested"), "po": gettext("Their number"), "address": gettext("Ship to")}
    found = [
        (words.get(what) or gettext("Line %(n)s") % {"n": what}, theirs, mine)
        for what, theirs, mine in (drafts.differences(current.draft, kept.draft) if current else ())
    ]
    return render(request, "entry/clash.html", {"current": current, "differences": found[:12], "more": len(found) - 12}, status=409)


def _answer(request: Request, kept: Kept, more: dict[str, Any], answer: dry.Answer, errors: Sequence[tuple[str, str]] = ()) -> HttpResponse:
    """The rows that look different from what the page shows, and everything around the grid."""
    changed = [row for row in answer.rows if more["seen"].get(str(row.line.k)) != row.sig]
    words = {"kept": kept, "answer": answer, "changed": changed, "errors": errors, **said.around(answer)}
    return render(request, "entry/answer.html", words, status=422 if errors else 200)


def _padded(draft: Draft) -> Draft:
    """A draft with empty rows to type on."""
    rows, used = list(draft.lines), max((line.k for line in draft.lines), default=0)
    rows += [drafts.Line(used + n) for n in range(1, max(EMPTY - len(rows), 1) + 1)]
    return replace(draft, lines=tuple(rows))


# ---------- the order ----------
def _errors(answer: dry.Answer) -> list[tuple[str, str]]:
    """What has to be put right first: (the field, a sentence)."""
    found = [(f"e-{name}", text) for name, text in answer.errors.items()]
    if answer.customer is None:
        found.append(("e-who", gettext("Choose the customer first.")))
    if not answer.filled:
        found.append(("", gettext("Type at least one line.")))
    for number, row in enumerate(answer.filled, 1):
        if not row.quantity and "quantity" not in row.errors:
            row.errors["quantity"] = gettext("How many?")
        found += [(f"l-{row.line.k}-{cell}", gettext("Line %(n)s: %(text)s") % {"n": number, "text": text}) for cell, text in row.errors.items()]
    return found


def _after(order_id: int) -> str:
    """Where to go when an order is saved."""
    try:
        return reverse("order", args=[entry.number(order_id)])
    except NoReverseMatch:
        return reverse("stage", args=["capture"])


urls = [
    path("phone/", page, name="phone"),
    path("phone/look", look, name="phone-look"),
    path("phone/save", save, name="phone-save"),
    path("phone/drop", drop, name="phone-drop"),
    path("phone/undo", undo, name="phone-undo"),
    path("phone/products", products, name="phone-products"),
    path("phone/customers", customers, name="phone-customers"),
    path("phone/again", again, name="phone-again"),
]
