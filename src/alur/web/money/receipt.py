"""The form that records a payment: what was typed, read; who pays, found by name; then pay.receive. A second submit of the same form is the same payment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.utils.translation import gettext

from alur.core import money
from alur.flow.pay.receive import Receipt
from alur.reads import receivable, status
from alur.web import typed
from alur.web.templatetags import words
from alur.web.voice import voice

WAYS = ("transfer", "cash", "giro", "card", "qris")
LONGEST = 200
ASKED = ("payer", "amount", "way", "received_on", "due_on", "reference", "bank", "order", "token")


@dataclass(slots=True)
class Form:
    """What was typed, what is wrong with it, and what is known of who pays."""

    payer: str = ""
    payer_id: int | None = None
    amount: str = ""
    way: str = "transfer"
    received_on: str = ""
    due_on: str = ""  # of a giro
    reference: str = ""
    bank: str = ""
    order: str = ""
    order_id: int | None = None
    token: str = field(default_factory=lambda: str(uuid4()))
    confirmed: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    choices: list[Any] = field(default_factory=list)
    receipt: Receipt | None = None


def blank(asked: Mapping[str, Any]) -> Form:
    """A new form; ?order= or ?invoice= or ?payer= fill in what they say."""
    form = Form(received_on=voice().today.isoformat())
    if row := receivable.of_order(str(asked.get("order", ""))) if asked.get("order") else None:
        form.payer, form.payer_id = f"{row.payer_code} {row.payer}", row.payer_id
        if row.awaits:
            form.order, form.order_id = row.number, row.id
            form.amount = words.amount(money.advance(row.total, row.advance_pct, row.currency))
        form.reference = row.invoice_number if row.invoice_number and not row.awaits else row.number
    elif row := receivable.of_invoice(str(asked.get("invoice", ""))) if asked.get("invoice") else None:
        form.payer, form.payer_id, form.reference = f"{row.payer_code} {row.payer}", row.payer_id, row.number
        form.amount = words.amount(row.open) if row.open else ""
    elif asked.get("payer"):
        form.payer = str(asked["payer"])[:LONGEST]
        _who(form)
        form.errors.clear()
    return form


def read(sent: Mapping[str, Any]) -> Form:
    """What was sent, with errors beside the fields; `receipt` is there if it can be recorded."""
    form = Form(**_texts(sent))
    form.confirmed = sent.get("confirmed") == "1"
    chosen = str(sent.get("payer_id", ""))
    form.payer_id = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else None
    _who(form)
    amount = typed.number(form.amount, voice().language) if form.amount else None
    if amount is None or amount <= 0:
        form.errors["amount"] = gettext("An amount above 0, such as 1.500.000.")
    day = _day(form.received_on)
    if day is None or day > voice().today:
        form.errors["received_on"] = gettext("A day up to today.")
    due = _day(form.due_on) if form.way == "giro" else None
    if form.way == "giro" and form.due_on and due is None:
        form.errors["due_on"] = gettext("The day on the giro.")
    if form.way not in WAYS:
        form.errors["way"] = gettext("Choose one.")
    if form.order and (row := receivable.of_order(form.order)):
        form.order_id = row.id
    if not form.errors and amount is not None:
        form.receipt = Receipt(
            key=1, amount=amount, payer_id=form.payer_id, way=form.way, received_on=day, due_on=due, reference=form.reference, order_id=form.order_id,
            bank_account_id=int(form.bank) if form.bank.isdecimal() and len(form.bank) < 10 else None,
            provider="form", provider_ref=_token(form), confirmed=form.confirmed,
        )  # fmt: skip
    return form


def _texts(sent: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(sent.get(name, "")).strip()[:LONGEST] for name in ASKED}


def ways() -> list[tuple[str, str]]:
    """How money comes, in words."""
    said = [(way, str(status.word("way", way))) for way in WAYS]
    return [(way, word[:1].upper() + word[1:]) for way, word in said]


def _who(form: Form) -> None:
    """Find who pays by what was typed: the code that begins it, else the name; several are offered to choose from."""
    code = form.payer.partition(" ")[0]
    found = receivable.payers(code, 1) if code else []
    exact = [row for row in found if row.code.lower() == code.lower()] or receivable.payers(form.payer)
    if form.payer_id and any(row.id == form.payer_id for row in exact):
        return
    if len(exact) == 1:
        form.payer_id, form.payer = exact[0].id, f"{exact[0].code} {exact[0].name}"
        return
    form.payer_id, form.choices = None, exact
    form.errors["payer"] = gettext("Several customers fit; choose one.") if exact else gettext("No customer is called that.")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return typed.day(text, voice().today) if text else None


def _token(form: Form) -> str:
    """The form's own number: whoever sends it twice means one payment, unless it was confirmed to be another."""
    try:
        return str(UUID(form.token))
    except ValueError:
        form.token = str(uuid4())
        return form.token
