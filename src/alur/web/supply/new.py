"""A new supply order, several lines at once: bought, made, or brought from another warehouse; filled in with what a sales order lacks."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_noop

from alur.core import clock, step
from alur.flow import map as flow
from alur.reads import find, supply
from alur.supply.order import Line, SupplyDraft
from alur.web import counts, sentences, typed
from alur.web.request import Request
from alur.web.templatetags import words as say
from alur.web.voice import voice

ROWS = 8
GROUPS = (("buy", gettext_noop("Buy from a supplier")), ("make", gettext_noop("Make in a department")), ("transfer", gettext_noop("Bring from a warehouse")))


@dataclass(slots=True)
class Entry:
    """A line as it is typed."""

    sku: str = ""
    quantity: str = ""
    cost: str = ""
    expected_on: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Nothing stands in it."""
        return not (self.sku or self.quantity or self.cost)


def new(request: Request) -> HttpResponse:
    """Order goods."""
    if not flow.may(flow.by_name["supply.order"], request.roles):
        raise PermissionDenied
    sources = supply.sources()
    sent = request.POST if request.method == "POST" else request.GET
    if request.method == "POST":
        entries, source, to = _entries(sent), sent.get("source", ""), sent.get("to", "")
    else:
        entries, source, to = _wanted(sent), _source(sent, sources), _to(sent, sources)
    errors: list[str] = []
    if request.method == "POST":
        lines = _lines(entries)
        errors = [text for entry in entries for text in entry.errors.values()]
        if not errors:
            kind, _, source_id = source.partition("-")
            draft = SupplyDraft(1, typed.whole(source_id) or None, typed.whole(to) or None, lines, kind or "buy", sent.get("ref", "")[:40] or None)
            outcome = step.run(flow.by_name["supply.order"], [draft], by=str(request.user.pk), at=clock.now())
            counts.forget(request.company.slug)
            errors = sentences.refusals("supply.order", outcome.refused)
            if not errors:
                number = supply.numbers([outcome.made[1]])[0]
                messages.success(request, gettext("%(number)s is ordered.") % {"number": number})
                return redirect("supply_order", number)
    words = {
        "entries": [*entries, *(Entry() for _ in range(max(ROWS - len(entries), 2)))], "errors": errors, "source": source, "to": to,
        "groups": [(kind, gettext(word), sources[kind]) for kind, word in GROUPS], "places": sources["to"],
        "ref": sent.get("ref", "") or uuid.uuid4().hex, "order": request.GET.get("order", ""),
    }  # fmt: skip
    return render(request, "supply/new.html", words, status=422 if errors else 200)


def skus(request: Request) -> HttpResponse:
    """What may be meant by the SKU that is being typed: options for the field."""
    said = request.GET.get("sku", "").strip()[:80]
    found = find.products(said, language=voice().language, limit=8) if said else []
    return render(request, "supply/skus.html", {"found": found})


def _entries(sent: Any) -> list[Entry]:
    rows = zip(*(sent.getlist(name) for name in ("sku", "quantity", "cost", "expected_on")), strict=False)
    return [entry for entry in (Entry(*(value.strip()[:80] for value in row)) for row in rows) if not entry.empty]


def _wanted(get: Any) -> list[Entry]:
    """What a sales order lacks, or one product."""
    lacking = supply.lacking(get.get("order", "")) if get.get("order") else []
    costs = supply.costs([row.sku for row in lacking] or [get.get("sku", "")])
    asked = [(row.sku, say.qty(row.quantity), row.lead_days) for row in lacking] or ([(get["sku"], get.get("quantity", ""), 0)] if get.get("sku") else [])
    return [Entry(sku, quantity, say.amount(costs[sku]) if costs.get(sku) else "", _ahead(lead)) for sku, quantity, lead in asked]


def _ahead(days: int) -> str:
    return typed.said_day(voice().today + timedelta(days=days), voice().language) if days else ""


def _source(get: Any, sources: dict[str, Any]) -> str:
    """Where it usually comes from: its department if it is made, else the only supplier."""
    made = next((row for row in supply.lacking(get.get("order", "")) if row.supply == "make" and row.department_id), None) if get.get("order") else None
    return f"make-{made.department_id}" if made else f"buy-{sources['buy'][0][0]}" if len(sources["buy"]) == 1 else ""


def _to(get: Any, sources: dict[str, Any]) -> str:
    """Where it is waited for, else the first warehouse."""
    place = next((row.warehouse_id for row in supply.lacking(get["order"]) if row.warehouse_id), None) if get.get("order") else None
    return str(place or next(iter(sources["to"]), ("",))[0])


def _lines(entries: list[Entry]) -> tuple[Line, ...]:
    """The lines that were typed; errors stand at what cannot be read."""
    known, language, today = supply.products([entry.sku for entry in entries]), voice().language, voice().today
    lines = []
    for entry in entries:
        product, quantity = known.get(entry.sku.lower()), typed.number(entry.quantity, language)
        cost = typed.price(entry.cost, language) if entry.cost else Decimal(0)
        on = typed.day(entry.expected_on, today) if entry.expected_on else None
        if product is None:
            entry.errors["sku"] = gettext("There is no product with the SKU “%(sku)s”.") % {"sku": entry.sku}
        if not quantity:
            entry.errors["quantity"] = gettext("%(sku)s: write how many, such as 12.") % {"sku": entry.sku or "–"}
        if cost is None:
            entry.errors["cost"] = gettext("%(sku)s: “%(said)s” is no number, such as 12 or 96500.") % {"sku": entry.sku, "said": entry.cost}
        if entry.expected_on and on is None:
            entry.errors["expected_on"] = gettext("This is no day we understand: 26/11, Thursday, tomorrow or +3.")
        if product and quantity and cost is not None:
            lines.append(Line(product.id, quantity, cost, on))
    return tuple(lines)
