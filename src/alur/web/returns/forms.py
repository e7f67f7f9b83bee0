"""The forms of what comes back, beside the page they belong to: a return permitted, a credit with its nota retur, a claim, money paid back."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.flow.invoice import claim as claims
from alur.flow.invoice.claim import Claim
from alur.flow.invoice.credit import Nota
from alur.flow.pay.refund import Refund
from alur.flow.returns.permit import Permit
from alur.reads import receivable
from alur.reads import returns as reads
from alur.web import counts, drawers, lists, sentences, typed
from alur.web.drawers import Field, Form
from alur.web.orders.lines import name
from alur.web.request import Request
from alur.web.steps.fields import reasons
from alur.web.templatetags import words
from alur.web.voice import voice

qty = words.qty


def permit(request: Request, number: str) -> HttpResponse:
    """How much of what was delivered may come back, and why."""
    order = _known(request, "returns.permit", reads.order(number))
    lines = reads.returnable(order.id)
    asked = [
        Field(
            f"line-{line.id}", _named(line), "number", "",
            gettext("%(left)s of %(delivery)s, %(day)s, can come back")
            % {"left": f"{qty(line.left)} {line.base_unit or line.unit}", "delivery": line.delivery_number, "day": words.day(line.ended_at)},
        )
        for line in lines
    ]  # fmt: skip
    form = Form(
        title=gettext("Return from %(number)s") % {"number": number},
        verb=gettext("Permit the return"),
        fields=[_why(), *asked] if lines else [],
        action=reverse("order_return", args=[number]),
        back=lists.url("order", number),
        text=gettext("The customer may send this back. Nothing is credited before the warehouse has it.")
        if lines
        else gettext("Nothing of this order can come back: nothing was delivered, or all of it is returned or expected already."),
        carried=[("returns", str(order.returns))],
    )

    def step(answers: dict[str, str]) -> Permit:
        given = {line.id: amount for line in lines if (amount := typed.number(answers[f"line-{line.id}"] or "0", voice().language))}
        return Permit(lines=given, reason=answers.get("reason", ""), returns=typed.whole(request.POST.get("returns", "")))

    return _ask(request, form, ("returns.permit", order.id), step, gettext("%(number)s: the return is permitted.") % {"number": number})


def credit(request: Request, number: str) -> HttpResponse:
    """The nota retur of a buyer who is PKP; then the return is credited."""
    page = _known(request, "invoice.credit", reads.load(number))
    form = Form(
        title=gettext("Credit %(number)s") % {"number": number},
        verb=gettext("Credit the return"),
        fields=_nota(),
        action=reverse("return_credit", args=[number]),
        back=lists.url("return", number),
        text=gettext("%(customer)s is PKP: the nota retur that they made in Coretax takes the VAT back.") % {"customer": page.row.customer},
    )

    def step(answers: dict[str, str]) -> Nota:
        return Nota(answers["nota_retur"], _past(answers["nota_retur_on"]))

    return _ask(request, form, ("invoice.credit", page.row.id), step, gettext("%(number)s is credited.") % {"number": number})


def claim(request: Request, number: str) -> HttpResponse:
    """What of an invoice is credited without goods coming back."""
    bill = _known(request, "invoice.claim", reads.bill(number))
    lines = reads.claimable(number)
    form = _claim(bill, lines)
    return _ask(
        request,
        form,
        ("invoice.claim", bill.id),
        lambda answers: _claimed(lines, answers, request),
        gettext("%(number)s: the credit note is issued.") % {"number": number},
    )


def preview(request: Request, number: str) -> HttpResponse:
    """What the credit note would come to, while it is typed: reason and nota retur may still be missing."""
    bill = _known(request, "invoice.claim", reads.bill(number))
    lines = reads.claimable(number)
    fields = drawers.typed(_claim(bill, lines).fields, request.POST)
    asked = _claimed(lines, {field.name: field.value for field in fields}, request)
    readable = not any(_checked(field).error for field in fields if field.kind == "number")
    words: dict[str, Any] = {}
    if asked.lines and readable:
        first = next(iter(reasons("return")), ("", ""))[0]
        note, outcome = claims.would(bill.id, replace(asked, reason=asked.reason or first, nota_retur="-", nota_retur_on=voice().today))
        words = {"note": note, "refused": sentences.refusals("invoice.claim", outcome.refused)}
    return render(request, "returns/preview.html", words)


def refund(request: Request, code: str) -> HttpResponse:
    """How much of a payer's free money goes back, and how."""
    payer = _known(request, "pay.refund", reads.payer(code))
    receipt = typed.whole(request.GET.get("receipt", request.POST.get("receipt", "")))
    parts = [part for part in reads.free(payer.id) if receipt in (0, part.id)]
    free = sum((part.open for part in parts), Decimal(0))
    banks = [(str(bank.id), f"{bank.bank} {bank.number}") for bank in receivable.banks()]
    form = Form(
        title=gettext("Pay back to %(name)s") % {"name": payer.name},
        verb=gettext("Pay back"),
        fields=[
            Field("amount", gettext("Amount"), "number", words.amount(free), gettext("at most %(free)s") % {"free": words.money(free)}),
            Field("way", gettext("Way"), "choice", "transfer", options=[("transfer", gettext("Transfer")), ("cash", gettext("Cash"))]),
            Field("bank", gettext("From account"), "choice", banks[0][0] if banks else "", options=banks),
            Field("reference", gettext("Reference"), "text", "", gettext("what stands on the bank statement")),
        ]
        if free
        else [],
        action=reverse("refund", args=[code]),
        back=lists.url("customer", code),
        text=gettext("Free now: %(parts)s. The oldest goes first.") % {"parts": ", ".join(f"{part.number} {words.amount(part.open)}" for part in parts)}
        if parts
        else gettext("Nothing of this customer's money is free."),
        carried=[("free", f"{free:f}"), ("receipt", str(receipt))],
    )

    def step(answers: dict[str, str]) -> Refund:
        amount = typed.price(answers["amount"], voice().language)
        bank = typed.whole(answers["bank"]) or None
        return Refund(amount or Decimal(0), answers["way"], answers["reference"], bank, receipt or None, request.POST.get("free") or None)

    said = lambda outcome: gettext("%(number)s is recorded.") % {"number": receivable.number_of(outcome.made[payer.id])}  # noqa: E731
    return _ask(request, form, ("pay.refund", payer.id), step, said)


def _ask(request: Request, form: Form, what: tuple[str, int], step: Callable[[dict[str, str]], Any], said: str | Callable[[core.Outcome], str]) -> HttpResponse:
    """Ask, or run the step on what was typed."""
    if request.method != "POST" or not form.fields:
        return drawers.ask(request, form)
    form = replace(form, fields=[_checked(field) for field in drawers.typed(form.fields, request.POST)])
    if form.wrong:
        return drawers.ask(request, form, status=422)
    name, subject = what
    outcome = core.run(flow.by_name[name], {subject: step({field.name: field.value for field in form.fields})}, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    if outcome.refused:
        return drawers.ask(request, replace(form, errors=sentences.refusals(name, outcome.refused)), status=422)
    return drawers.done(request, form, said if isinstance(said, str) else said(outcome))


def _known(request: Request, step: str, found: Any) -> Any:
    if found is None:
        raise Http404
    if not flow.may(flow.by_name[step], request.roles):
        raise PermissionDenied
    return found


def _claim(bill: Any, lines: Sequence[Any]) -> Form:
    """By line a quantity or an amount; a line of which nothing is left is not asked for."""
    asked = []
    for line in lines:
        if line.left > 0:
            unit = line.base_unit or line.unit
            asked.append(
                Field(f"amount-{line.id}", _named(line), "number", "", gettext("an amount as priced, at most %(left)s") % {"left": words.money(line.left)})
            )
            if line.quantity_left:
                left = {"left": qty(line.quantity_left), "unit": unit}
                asked.append(
                    Field(f"quantity-{line.id}", gettext("or a quantity of it"), "number", "", gettext("at most %(left)s %(unit)s, which are given up") % left)
                )
    return Form(
        title=gettext("Credit %(number)s") % {"number": bill.number},
        verb=gettext("Issue the credit note"),
        fields=[_why(), *(_nota() if bill.pkp else []), *asked] if asked else [],
        action=reverse("invoice_credit", args=[bill.number]),
        back=lists.url("invoice", bill.number),
        text=gettext("For a claim: no goods come back. An amount leaves every quantity as it is. What comes back is credited through a return.")
        if asked
        else gettext("All of this invoice is credited already."),
        carried=[("credited", f"{sum((line.credited for line in lines), Decimal(0)):f}")],
        preview=reverse("invoice_credit_preview", args=[bill.number]) if asked else "",
    )


def _claimed(lines: Sequence[Any], answers: dict[str, str], request: Request) -> Claim:
    """What was typed as the step's input."""
    given: dict[int, dict[str, Decimal]] = {}
    for line in lines:
        quantity = typed.number(answers.get(f"quantity-{line.id}") or "0", voice().language)
        amount = typed.price(answers.get(f"amount-{line.id}") or "0", voice().language)
        if quantity or amount:
            given[line.id] = {"quantity": quantity} if quantity else {"amount": amount or Decimal(0)}
    day = _past(answers.get("nota_retur_on", ""))
    return Claim(given, answers.get("reason", ""), answers.get("nota_retur", ""), day, request.POST.get("credited") or None)


def _named(line: Any) -> str:
    return f"{line.sku or ''} {name(line)}".strip()


def _why() -> Field:
    return Field("reason", gettext("Reason"), "choice", "", options=[("", "–"), *reasons("return")])


def _nota() -> list[Field]:
    return [
        Field("nota_retur", gettext("Number of the nota retur"), required=True),
        Field("nota_retur_on", gettext("Date of the nota retur"), "day", typed.said_day(voice().today, voice().language), required=True),
    ]


def _past(text: str) -> date | None:
    """A day that has been: where the year is not said, the last one."""
    found, today = typed.day(text, voice().today), voice().today
    return found.replace(year=found.year - 1) if found and found > today and (found.month, found.day) != (2, 29) else found


def _checked(field: Field) -> Field:
    """A field whose answer can be read, or its error."""
    language = voice().language
    if field.required and not field.value:
        return replace(field, error=gettext("Please fill this in"))
    if field.kind == "number" and field.value:
        number = typed.price(field.value, language)
        return field if number is not None and number >= 0 else replace(field, error=gettext("Numbers only, please."))
    if field.kind == "day" and typed.day(field.value, voice().today) is None:
        return replace(field, error=gettext("A day, please: 24 Nov"))
    return field
