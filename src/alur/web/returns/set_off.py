"""What is free of a credit note pays other invoices of the payer: a form beside its page, filled from the oldest on."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from alur.core import clock
from alur.core import step as core
from alur.flow import map as flow
from alur.flow.pay.choose import Pair
from alur.reads import returns as reads
from alur.web import counts, drawers, lists, sentences, typed
from alur.web.drawers import Field, Form
from alur.web.request import Request
from alur.web.templatetags import words
from alur.web.voice import voice

STEP = "pay.match"


def set_off(request: Request, number: str) -> HttpResponse:
    """How much of a credit note pays which invoice."""
    if not flow.may(flow.by_name[STEP], request.roles):
        raise PermissionDenied
    note = reads.note(number)
    if note is None:
        raise Http404
    items = reads.owed(note.payer_id) if note.open else []
    form = Form(
        title=gettext("Pay with %(number)s") % {"number": number},
        verb=gettext("Set it off"),
        fields=_fields(note.open, items),
        action=reverse("set_off", args=[number]),
        back=lists.url("invoice", number),
        text=gettext("%(free)s is free.") % {"free": words.money(note.open)} if items else gettext("Nothing is free of it, or nothing else is owed."),
    )
    if request.method != "POST" or not items:
        return drawers.ask(request, form)
    form = replace(form, fields=[_checked(field) for field in drawers.typed(form.fields, request.POST)])
    if form.wrong:
        return drawers.ask(request, form, status=422)
    asked = {field.name: typed.price(field.value or "0", voice().language) or Decimal(0) for field in form.fields}
    pairs = [Pair(i.invoice_id, asked[f"item-{i.id}"], kind="credit", part=i.part, credit_note_id=note.id) for i in items if asked[f"item-{i.id}"]]
    outcome = core.run(flow.by_name[STEP], {note.payer_id: pairs}, by=str(request.user.pk), at=clock.now())
    counts.forget(request.company.slug)
    if outcome.refused:
        return drawers.ask(request, replace(form, errors=sentences.refusals(STEP, outcome.refused)), status=422)
    return drawers.done(request, form, gettext("%(number)s is set off.") % {"number": number})


def _fields(free: Decimal, items: list[Any]) -> list[Field]:
    """A field for each open item, filled from the oldest while something is free."""
    found = []
    for item in items:
        takes = min(free, item.open)
        free -= takes
        due = gettext("due %(day)s, ") % {"day": words.day(item.due_on)} if item.due_on else ""
        hint = f"{due}{gettext('%(open)s open') % {'open': words.money(item.open)}}"
        found.append(Field(f"item-{item.id}", item.number, "number", words.amount(takes) if takes else "", hint))
    return found


def _checked(field: Field) -> Field:
    number = typed.price(field.value or "0", voice().language)
    return field if number is not None and number >= 0 else replace(field, error=gettext("Numbers only, please."))
