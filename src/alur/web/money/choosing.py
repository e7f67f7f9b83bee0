"""The form of a match by hand: an amount for each of some invoices, one of the others, and what the customer or a bank kept back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from alur.flow.pay.choose import Pair
from alur.reads import open_money
from alur.web import drawers, typed
from alur.web.drawers import Field
from alur.web.request import Request
from alur.web.templatetags import words as say
from alur.web.voice import voice

MOST = 5  # invoices with a field of their own
KEPT = {
    "withholding": (gettext_noop("Income tax withheld (PPh 23)"), gettext_noop("2 %% of the amount before VAT of services; the customer sends a slip.")),
    "vat_collector": (gettext_noop("VAT collected by the buyer"), gettext_noop("Buyers that pay our VAT to the state themselves.")),
    "bank_fee": (gettext_noop("Bank fee"), gettext_noop("What a bank kept on the way.")),
    "write_off": (gettext_noop("Written off as a difference"), gettext_noop("Up to %(limit)s an invoice.")),
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is asked, and the payer's open items by their field."""

    drawer: drawers.Form
    payment_id: int
    items: dict[str, Any]

    def pairs(self) -> Iterator[Pair]:
        """What was typed, as the step takes it."""
        value = {field.name: field.value for field in self.drawer.fields}
        value |= {value.get("other", ""): value.get("other_amount", "")}
        for name, item in self.items.items():
            if amount := typed.number(value.get(name, ""), voice().language):
                yield Pair(item.invoice_id, amount, self.payment_id, part=item.part)
        for kind in KEPT:
            if (amount := typed.number(value[kind], voice().language)) and (item := self.items.get(value["of"])):
                yield Pair(item.invoice_id, amount, kind=kind, part=item.part)


def form(request: Request, row: Any, offer: Any) -> Chosen:
    """The form for a payment, filled in with the offer, or with what was sent."""
    sent = request.POST if request.method == "POST" else {}
    every = {f"item-{item.id}": item for item in open_money.items([row.payer_id], voice().today).get(row.payer_id, [])}
    offered = {(f"item-{item.id}", kind): amount for item, amount, kind in offer.suggestion.pairs} if offer else {}
    own = [name for name in every if name in sent] if sent else sorted(every, key=lambda name: (name, "payment") not in offered)[:MOST]
    fields = [Field(name, _name(every[name]), "number", _amount(offered.get((name, "payment"))), _open(every[name])) for name in own]
    fields += _others([(name, f"{_name(item)} · {say.amount(item.open)}") for name, item in every.items() if name not in own])
    fields += _kept(offered, [(name, _name(item)) for name, item in every.items()])
    drawer = drawers.Form(
        gettext("Match %(number)s") % {"number": row.number}, gettext("Match"), [_checked(field) for field in drawers.typed(fields, sent)],
        action=request.path, back=reverse("payment", args=[row.number]),
        text=gettext("%(free)s of %(payer)s is free.") % {"free": say.money(row.open), "payer": row.payer},
        errors=[gettext("An amount has no open invoice any more. Look at what is open now.")] if _gone(sent, every) else [],
    )  # fmt: skip
    return Chosen(drawer, row.id, every)


def _gone(sent: Any, every: dict[str, Any]) -> bool:
    """Whether an amount was typed for no invoice, or for one that somebody else settled meanwhile."""
    named = [name for name, value in sent.items() if name.startswith("item-") and value] + [sent.get("other", "")] * bool(sent.get("other_amount"))
    return any(name not in every for name in named)


def _others(options: list[tuple[str, str]]) -> list[Field]:
    """One of the invoices that have no field of their own."""
    if not options:
        return []
    return [Field("other", gettext("Another invoice"), "choice", "", "", [("", "–"), *options]), Field("other_amount", gettext("How much of it"), "number")]


def _kept(offered: dict[tuple[str, str], Decimal], options: list[tuple[str, str]]) -> list[Field]:
    """What was kept back, and of which invoice."""
    amounts = {kind: amount for (_, kind), amount in offered.items()}
    first = next((name for name, _ in offered), options[0][0] if options else "")
    limit = {"limit": say.money(open_money.write_off_limit())}
    return [
        *(Field(kind, gettext(word), "number", _amount(amounts.get(kind)), gettext(hint) % limit) for kind, (word, hint) in KEPT.items()),
        Field("of", gettext("Kept back of"), "choice", first, gettext("The invoice that the four amounts above belong to."), options),
    ]


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
