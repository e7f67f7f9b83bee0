"""Money beside what it may pay: the suggestion with its reason, one press to take it, and a form to choose otherwise and to say what was kept back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.flow.pay import paid_orders
from alur.flow.pay.choose import Pair
from alur.flow.pay.suggest import Suggestion, suggest
from alur.reads import open_money, receivable
from alur.web import counts, drawers, sentences, typed
from alur.web.drawers import Field
from alur.web.request import Request
from alur.web.steps import view as steps
from alur.web.templatetags import words as say
from alur.web.voice import voice

STEP = "pay.match"
MOST = 12  # open items that the form asks for
WHY = {
    "names": gettext_noop("names it"), "order": gettext_noop("names its order"), "exact": gettext_noop("same amount"), "oldest": gettext_noop("oldest"),
    "withholding": gettext_noop("same amount less 2 % income tax"), "vat_collector": gettext_noop("same amount without VAT"),
}  # fmt: skip
KEPT = {
    "withholding": (gettext_noop("Income tax withheld (PPh 23)"), gettext_noop("2 % of the amount before VAT of services; the customer sends a slip.")),
    "vat_collector": (gettext_noop("VAT collected by the buyer"), gettext_noop("Buyers that pay our VAT to the state themselves.")),
    "bank_fee": (gettext_noop("Bank fee"), gettext_noop("What a bank kept on the way.")),
    "write_off": (gettext_noop("Written off as a difference"), ""),
}


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
    shown = beside(row, may_match=True)
    items, offer = [item for item, _ in shown.get("items", ())], shown.get("offer")
    form = _form(request, row, items, offer)
    if request.method != "POST":
        return drawers.ask(request, form)
    form = replace(form, fields=[_checked(field) for field in form.fields])
    if form.wrong:
        return drawers.ask(request, form, status=422)
    outcome = _run(request, row, list(_chosen(row.id, form, items)))
    if outcome.refused:
        return drawers.ask(request, replace(form, errors=sentences.refusals(STEP, outcome.refused)), status=422)
    return drawers.done(request, form, gettext("%(number)s is matched.") % {"number": number})


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


def _form(request: Request, row: Any, items: list[Any], offer: Offer | None) -> drawers.Form:
    """An amount for each open item, what was kept back, and of which invoice."""
    shown = {(item.id, kind): amount for item, amount, kind in offer.suggestion.pairs} if offer else {}
    fields = [Field(f"item-{item.id}", _name(item), "number", _amount(shown.get((item.id, "payment"))), _open(item)) for item in items]
    for kind, (word, hint) in KEPT.items():
        limit = gettext("Up to %(limit)s an invoice.") % {"limit": say.money(open_money.write_off_limit())} if kind == "write_off" else gettext(hint)
        fields.append(Field(kind, gettext(word), "number", _amount(next((a for (_, k), a in shown.items() if k == kind), None)), limit))
    first = str(offer.suggestion.pairs[0][0].id) if offer else ""
    of = [(str(item.id), _name(item)) for item in items]
    hint = gettext("The invoice that the four amounts above belong to.")
    fields.append(Field("of", gettext("Kept back of"), "choice", first or (of[0][0] if of else ""), hint, of))
    free = gettext("%(free)s of %(payer)s is free.") % {"free": say.money(row.open), "payer": row.payer}
    return drawers.Form(
        gettext("Match %(number)s") % {"number": row.number}, gettext("Match"), drawers.typed(fields, request.POST if request.method == "POST" else {}),
        action=request.path, back=reverse("payment", args=[row.number]), text=free,
    )  # fmt: skip


def _name(item: Any) -> str:
    return item.number if item.part == 1 else f"{item.number}/{item.part}"


def _open(item: Any) -> str:
    when = gettext("due %(day)s") % {"day": say.day(item.due_on)} if item.due_on else gettext("not due yet")
    return gettext("%(open)s open, %(when)s") % {"open": say.money(item.open), "when": when}


def _amount(value: Decimal | None) -> str:
    return "" if value is None else str(say.amount(value))


def _checked(field: Field) -> Field:
    """A field with its error, if what was typed is no amount."""
    if field.kind == "number" and field.value:
        amount = typed.number(field.value, voice().language)
        if amount is None or amount <= 0:
            return replace(field, error=gettext("An amount above 0, such as 1.500.000."))
    return field


def _chosen(payment: int, form: drawers.Form, items: list[Any]) -> Iterable[Pair]:
    """What the form says, as the step takes it."""
    value = {field.name: field.value for field in form.fields}
    known = {str(item.id): item for item in items}
    for item in items:
        if amount := typed.number(value[f"item-{item.id}"], voice().language):
            yield Pair(item.invoice_id, amount, payment, part=item.part)
    for kind in KEPT:
        amount = typed.number(value[kind], voice().language) if value[kind] else None
        if amount and (item := known.get(value["of"])):
            yield Pair(item.invoice_id, amount, kind=kind, part=item.part)
