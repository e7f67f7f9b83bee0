"""Count: type what lies on the shelves of a warehouse, see the differences and what they do, then save."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from alur.core import clock, step
from alur.core import money as amounts
from alur.flow import map as flow
from alur.reads import shelves as reads
from alur.reads.shelves import PAGE
from alur.supply.count import Count
from alur.web import counts, sentences, typed
from alur.web.request import Request
from alur.web.voice import voice


def shelves(request: Request) -> HttpResponse:
    """The shelves of a warehouse; what was typed is shown against the books first, and saved when it is sent again."""
    if not flow.may(flow.by_name["supply.count"], request.roles):
        raise PermissionDenied
    places = reads.warehouses()
    sent = request.POST if request.method == "POST" else request.GET
    here = next((place for place in places if place[0] == typed.whole(sent.get("warehouse"))), places[0] if places else None)
    if here is None:
        raise Http404
    if request.method == "POST":
        return _typed(request, here)
    q, at = sent.get("q", "").strip()[:80], typed.whole(sent.get("page")) or 1
    rows = reads.page(here[0], q=q, number=at, language=voice().language)
    words = {
        "here": here, "places": [(id_, name, None) for id_, name in places], "q": q, "rows": [(row, "") for row in rows[:PAGE]], "every": reads.every(here[0]),
        "before": at - 1, "after": at + 1 if len(rows) > PAGE else 0,
    }  # fmt: skip
    return render(request, "supply/count.html", words)


def _typed(request: Request, here: tuple[int, str]) -> HttpResponse:
    """Read the counts: show their differences, or save them."""
    sent = request.POST
    said = {typed.whole(key[2:]): text for key in sent if key.startswith("n-") and (text := sent.get(key, "").strip())}
    rows = reads.some(here[0], list(said), language=voice().language)
    found = {i: typed.number(value, voice().language) for i, value in said.items() if i in rows}
    errors = [gettext("%(sku)s: “%(said)s” is no number. Write 0 or more.") % {"sku": rows[i].sku, "said": said[i]} for i, n in found.items() if n is None]
    if not found:
        errors = [gettext("Nothing was typed. Write what lies on the shelf at the goods that were counted.")]
    elif not errors and sent.get("do") == "save":
        errors = _save(request, here[0], found, sent)
        if not errors:
            return redirect(f"{reverse('supply_count')}?warehouse={here[0]}")
    differences = [_difference(rows[i], n, said[i]) for i, n in found.items()]
    words = {
        "here": here, "errors": errors, "differences": [d for d in differences if d["by"] or d["by"] is None],
        "agree": sum(d["by"] == 0 for d in differences), "value": sum((d["value"] for d in differences), Decimal(0)),
        "same": [d for d in differences if d["by"] == 0],
    }  # fmt: skip
    return render(request, "supply/differences.html", words, status=422 if errors else 200)


def _save(request: Request, warehouse: int, found: Mapping[int, Decimal | None], sent: Any) -> list[str]:
    """Let the books say what was counted; why not, for those that moved meanwhile."""
    drafts = [Count(i, warehouse, i, n, typed.number(sent.get(f"e-{i}", ""), "en")) for i, n in found.items() if n is not None]
    outcome = step.run(flow.by_name["supply.count"], drafts, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    done = len(outcome.moved) + len(outcome.already)
    if done:
        messages.success(request, gettext("%(n)s counted, %(different)s of them different") % {"n": done, "different": len(outcome.moved)})
    return sentences.refusals("supply.count", outcome.refused)


def _difference(row: Any, counted: Decimal | None, said: str) -> dict[str, Any]:
    """A shelf against what was counted: by how much it differs, what that is worth, how many that are set aside are missing."""
    by = None if counted is None else counted - row.shelf
    value = amounts.half_up(by * (row.unit_cost or 0)) if by else Decimal(0)
    return {
        "row": row,
        "books": str(row.shelf),
        "said": said,
        "by": by,
        "value": value,
        "missing": max(row.reserved - counted, Decimal(0)) if counted is not None else Decimal(0),
    }
