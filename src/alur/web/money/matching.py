"""Money beside what it may pay: the suggestion with its reason, one press to take it, and a form to choose otherwise (choosing.py)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils.translation import gettext, gettext_noop

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.flow.pay import paid_orders
from alur.flow.pay.choose import Pair
from alur.flow.pay.suggest import Suggestion, suggest
from alur.reads import open_money, receivable
from alur.web import counts, drawers, sentences, typed
from alur.web.money import choosing
from alur.web.request import Request
from alur.web.steps import view as steps
from alur.web.voice import voice

STEP = "pay.match"
MOST = 12  # open items beside a payment
WHY = {
    "names": gettext_noop("names it"), "order": gettext_noop("names its order"), "exact": gettext_noop("same amount"), "oldest": gettext_noop("oldest"),
    "withholding": gettext_noop("same amount less 2 % income tax"), "vat_collector": gettext_noop("same amount without VAT"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """What a payment may be matched with: the invoices, why, and the pairs a press sends."""

    suggestion: Suggestion
    why: str

    @property
    def pairs(self) -> list[str]:
        """invoice:part:amount:kind, as a form carries it."""
        return [f"{item.invoice_id}:{item.part}:{amount:f}:{kind}" for item, amount, kind in self.suggestion.pairs]

    @property
    def invoices(self) -> list[tuple[Any, Decimal]]:
        """The items it pays, with how much of each."""
        return [(item, amount) for item, amount, kind in self.suggestion.pairs if kind == "payment"]


def offers(payments: Sequence[Any]) -> dict[int, Offer]:
    """By payment: what its open money may be matched with. Money kept for an order that is paid ahead is left to it."""
    free = [row for row in payments if row.open and not row.kept]
    items = open_money.items((row.payer_id for row in free), voice().today) if free else {}
    named = {row.order_id for row in free if row.order_id}
    invoices = paid_orders.invoices(named) if named else {}
    found: dict[int, Offer] = {}
    for payer in items:
        mine = [row for row in free if row.payer_id == payer]
        found |= {payment: Offer(each, gettext(WHY[each.why])) for payment, each in suggest(mine, items[payer], invoices).items()}
    return found


def beside(row: Any, *, may_match: bool) -> dict[str, Any]:
    """What a payment's payer owes, with what of it the money would take; the offer."""
    if not row.open:
        return {}
    offer = offers([row]).get(row.id) if may_match else None
    takes = {item.id: amount for item, amount in offer.invoices} if offer else {}
    items = open_money.items([row.payer_id], voice().today).get(row.payer_id, [])
    first = sorted(items, key=lambda item: item.id not in takes)[:MOST]
    return {"items": [(item, takes.get(item.id)) for item in first], "offer": offer}


def match(request: Request, number: str) -> HttpResponse:
    """Ask what to match a payment with (GET), take a suggestion as it was shown, or what the form says (POST)."""
    if not flow.may(flow.by_name[STEP], request.roles):
        raise PermissionDenied
    found = receivable.payment(number)
    if found is None:
        raise Http404
    row = found[0]
    if request.method == "POST" and request.POST.getlist("pair"):
        outcome = _run(request, row, list(_pairs(row.id, request.POST.getlist("pair"))))
        return steps.answer(request, flow.by_name[STEP], outcome, [])
    form = choosing.form(request, row, offers([row]).get(row.id))
    if request.method != "POST":
        return drawers.ask(request, form.drawer)
    if form.drawer.wrong:
        return drawers.ask(request, form.drawer, status=422)
    outcome = _run(request, row, list(form.pairs()))
    if outcome.refused:
        return drawers.ask(request, replace(form.drawer, errors=sentences.refusals(STEP, outcome.refused)), status=422)
    return drawers.done(request, form.drawer, gettext("%(number)s is matched.") % {"number": number})


def _run(request: Request, row: Any, pairs: list[Pair]) -> core.Outcome:
    outcome = core.run(flow.by_name[STEP], {row.payer_id: pairs}, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    return outcome


def _pairs(payment: int, sent: Iterable[str]) -> Iterable[Pair]:
    """What a form carried; what cannot be read is left out, and the step says what is missing."""
    for text in sent:
        parts = text.split(":")
        amount = typed.number(parts[2], "en") if len(parts) == 4 and parts[0].isdecimal() and parts[1].isdecimal() else None
        if amount is not None:
            yield Pair(int(parts[0]), amount, payment if parts[3] == "payment" else None, parts[3], int(parts[1]))
