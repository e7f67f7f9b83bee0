"""Pick with a phone: one line after another, scanned or counted; a short line says at once what becomes of the rest."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop

from alur.core import clock
from alur.core import step as core
from alur.core.step import Outcome
from alur.flow import map as flow
from alur.flow.capture.delta import Amend
from alur.flow.capture.draft import LineDraft
from alur.flow.deliver.short import Picked, Short
from alur.reads import delivery_page, hands, sentences
from alur.web import counts, typed
from alur.web import sentences as said
from alur.web.orders.lines import name
from alur.web.request import Request
from alur.web.steps.fields import reasons
from alur.web.voice import voice

CHOICES = {
    "backorder": (gettext_noop("It waits"), gettext_noop("Sent later, as soon as it is there")),
    "substitute": (gettext_noop("Another product"), gettext_noop("Added to the order, checked and sent by itself")),
    "cancel": (gettext_noop("Give it up"), gettext_noop("The customer does not get it")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line to pick: what a scan may say of it, how it is packed, what was typed."""

    line: Any
    name: str
    codes: str
    packed: str
    on_hand: Decimal
    found: str = ""
    choice: str = ""
    reason: str = ""
    instead: str = ""

    @property
    def short(self) -> bool:
        """Whether something was said of it."""
        return bool(self.found or self.choice or self.reason or self.instead)


def index(request: Request) -> HttpResponse:
    """What is to be picked now."""
    _may(request)
    return render(request, "hands/to_pick.html", {"deliveries": hands.to_pick(voice().today)})


def pick(request: Request, number: str) -> HttpResponse:
    """Pick a delivery: its lines, and what was found of them (POST)."""
    _may(request)
    page = delivery_page.load(number)
    if page is None:
        raise Http404
    rows = _rows(page, request.POST)
    if request.method == "POST":
        outcome = _press(request, page, rows)
        if not outcome.refused:
            messages.success(request, gettext("%(number)s is picked.") % {"number": number})
            return redirect("pick")
        return render(request, "hands/pick.html", _words(page, rows, said.refusals("deliver.pick", outcome.refused)[0]), status=422)
    if page.delivery.state != "scheduled":
        messages.info(request, gettext("%(number)s has been picked already.") % {"number": number})
        return redirect("pick")
    return render(request, "hands/pick.html", _words(page, rows, ""))


def _press(request: Request, page: delivery_page.Page, rows: list[Row]) -> Outcome:
    """Pick it as it was said; another product is added to its order."""
    known = hands.products({row.instead for row in rows if row.instead})
    short = {row.line.id: _short(row, known) for row in rows if row.short}
    step, by, at = flow.by_name["deliver.pick"], str(request.user.pk), clock.now()
    flow.mend(step, [page.delivery.id])
    outcome = core.run(step, {page.delivery.id: Picked(short)}, by=by, at=at)
    if outcome.moved:
        _substitute(request, rows, short, by=by, at=at)
    counts.forget(request.company.slug)
    return outcome


def _short(row: Row, known: Mapping[str, int]) -> Short:
    """What was typed of a line; nothing found typed: nothing was found."""
    found = typed.number(row.found, voice().language) if row.found else Decimal(0)
    return Short(found if found is not None else row.found, row.choice or None, row.reason or None, known.get(row.instead))


def _substitute(request: Request, rows: list[Row], short: Mapping[int, Short], **how: Any) -> None:
    """What goes instead is a line of its own: the order is amended, checked again, and sends it by itself."""
    lines: dict[int, list[LineDraft]] = defaultdict(list)
    for row in rows:
        each = short.get(row.line.id)
        if each and each.choice == "substitute" and each.instead:
            lines[row.line.order_id].append(LineDraft(row.line.quantity - Decimal(each.picked), int(each.instead)))
    versions = hands.versions(lines)
    amends = {order: Amend(version=versions[order], add=tuple(added)) for order, added in lines.items()}
    if amends:
        outcome = core.run(flow.by_name["capture.amend"], amends, **how)
        for sentence in said.refusals("capture.amend", outcome.refused):
            messages.warning(request, gettext("The other product was not added: %(why)s") % {"why": sentence})


def _rows(page: delivery_page.Page, sent: Mapping[str, Any]) -> list[Row]:
    """The goods in the order in which they stand, with what was typed of each."""
    goods = sorted((line for line in page.lines if line.kind == "goods"), key=lambda line: (line.sku or "", line.id))
    codes: dict[int, list[Any]] = defaultdict(list)
    for code in hands.codes({line.product_id for line in goods}, page.delivery.warehouse_code or ""):
        codes[code.id].append(code)
    return [_row(line, codes[line.product_id], {n: str(sent.get(f"{n}-{line.id}", "")).strip()[:80] for n in ("found", "choice", "reason", "instead")})
            for line in goods]  # fmt: skip


def _row(line: Any, codes: list[Any], written: Mapping[str, str]) -> Row:
    carton = next((code for code in reversed(codes) if code.factor > 1 and line.quantity >= code.factor), None)
    packed = ""
    if carton:
        whole, rest = divmod(line.quantity, carton.factor)
        packed = gettext("%(n)s %(unit)s of %(factor)s") % {"n": f"{whole:f}", "unit": carton.unit, "factor": f"{carton.factor.normalize():f}"}
        packed += f" + {rest.normalize():f}" if rest else ""
    known = {code.code: f"{code.factor.normalize():f}" for code in codes if code.code}
    return Row(line, name(line), json.dumps(known), packed, next((code.on_hand for code in codes if code.on_hand is not None), Decimal(0)), **written)


def _words(page: delivery_page.Page, rows: list[Row], error: str) -> dict[str, Any]:
    return {
        "delivery": page.delivery,
        "rows": rows,
        "error": error,
        "reasons": reasons("short_pick"),
        "choices": [(code, gettext(word), gettext(text)) for code, (word, text) in CHOICES.items() if code != "substitute" or "capture.amend" in flow.by_name],
        "holds": sentences.holds(page.holds, voice().language, now=voice().now),
    }


def _may(request: Request) -> None:
    if not flow.may(flow.by_name["deliver.pick"], request.roles):
        raise PermissionDenied
