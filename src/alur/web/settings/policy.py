"""What the company wants: each choice with what it changes, its value, its default and who changed it when. A change is a new row of `policy`."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_POST

from alur import log
from alur.core import clock, sql, step
from alur.flow import map as flow
from alur.log import recheck
from alur.models import Policy
from alur.models.party import METHODS
from alur.reads import sentences
from alur.reads import settings as reads
from alur.web import drawers
from alur.web import flow as steps
from alur.web.drawers import Form
from alur.web.request import Request
from alur.web.settings.columns import Column, at_most, words
from alur.web.settings.tables import WORDS
from alur.web.templatetags import words as say
from alur.web.voice import voice

ROLES = frozenset({"manager", "admin"})
RULES = {"available": _("what is there leaves"), "complete_line": _("a line leaves whole"), "complete_order": _("the order leaves whole")}
BILLS = {"delivery": _("per delivery"), "order": _("when the order is delivered in full"), "day": _("once a day"), "month": _("once a month")}


@dataclass(frozen=True, slots=True)
class Choice:
    """A column of the policy: how it is asked, what of (money, percent, days), and what a preview counts."""

    column: Column
    unit: str = ""
    counts: str = ""

    @property
    def name(self) -> str:
        """Its column."""
        return self.column.name

    def said(self, value: Any) -> str:
        """A value with its unit."""
        if value is None:
            return gettext("off")
        if self.unit:
            return {"money": say.money, "percent": say.percent}.get(self.unit, lambda v: gettext("%(n)s days") % {"n": say.qty(v)})(value)
        return gettext("none") if value == [] else self.column.said(value)


def _automatic() -> list[tuple[str, str]]:
    return [(each.name, steps.verb(each.name)) for each in flow.automatic]


HELD = _("Of %(of)s orders of the last 30 days %(n)s would have been held.")
GROUPS: tuple[tuple[str, tuple[Choice, ...]], ...] = (
    (_("What verification holds"), (
        Choice(Column("price_tolerance_pct", _("Price tolerance"), "number",
                      _("How far a price the customer wrote may be from ours before the order is held. 0 = any difference."), required=True,
                      check=at_most(100)),
               "percent", HELD),
        Choice(Column("discount_limit_pct", _("Largest discount"), "number", _("A line with more discount than this waits for the manager."), required=True,
                      check=at_most(100)), "percent", HELD),
        Choice(Column("margin_floor_pct", _("Smallest margin"), "number", _("A line that leaves less than this over its cost waits for the manager."),
                      required=True, check=at_most(100)), "percent"),
        Choice(Column("minimum_order", _("Smallest order"), "number", _("An order below this is held. 0 = none is too small."), required=True), "money", HELD),
        Choice(Column("large_order", _("Large order"), "number", _("An order above this is held until a manager has looked. Empty = off.")), "money", HELD),
        Choice(Column("duplicate_days", _("Duplicates are looked for"), "whole",
                      _("An order like another one of so many days is held. 0 = not looked for."), required=True, check=at_most(90)), "days"),
    )),
    (_("Credit"), (
        Choice(Column("overdue_amount", _("Overdue above"), "number", _("Orders of a payer that owes more than this for longer than the days below are held."),
                      required=True), "money", _("%(n)s of %(of)s payers that are late owe more than this.")),
        Choice(Column("overdue_days", _("Overdue for"), "whole", _("Days after the due day from which the amount above counts."), required=True,
                      check=at_most(365)), "days"),
        Choice(Column("remind_1_days", _("First reminder"), "whole", _("Days after the due day; the customer is reminded by itself."), required=True,
                      check=at_most(365)), "days"),
        Choice(Column("remind_2_days", _("Second reminder"), "whole", _("Days after the due day."), required=True, check=at_most(365)), "days"),
        Choice(Column("remind_3_days", _("Last reminder"), "whole", _("Days after the due day."), required=True, check=at_most(365)), "days"),
        Choice(Column("write_off_limit", _("Written off by itself up to"), "number", _("Differences up to this are closed without a person."), required=True),
               "money", _("%(n)s of %(of)s open items are this small.")),
    )),
    (_("Stock and delivery"), (
        Choice(Column("reserve_ahead_days", _("Stock is set aside ahead"), "whole",
                      _("Orders wanted later than this get no stock yet, so that nearer ones find some."), required=True, check=at_most(365)),
               "days", _("%(n)s of %(of)s orders that wait for stock are wanted later.")),
        Choice(Column("reservation_expires_days", _("Unpaid goods are kept"), "whole",
                      _("Goods of an order that has to be paid first go back into the queue so long after the last payment."), required=True,
                      check=at_most(365)), "days"),
        Choice(Column("delivery_rule", _("What leaves together"), "choice",
                      _("For new orders: send what is there, or wait until a line or the order is whole."),
                      options=words(RULES))),
        Choice(Column("method", _("Usual method"), "choice", _("How goods go where neither order nor customer says it."),
                      options=words({m: WORDS[m] for m in METHODS}))),
    )),
    (_("Invoices and duty"), (
        Choice(Column("invoice_rule", _("An invoice is made"), "choice", _("For new orders. Once a day and once a month collect a customer's deliveries."),
                      options=words(BILLS))),
        Choice(Column("by_hand", _("Done by people"), "texts",
                      _("Steps ticked here wait on their list until somebody presses; all others Alur does by itself."),
                      options=_automatic)),
    )),
)  # fmt: skip
CHOICES = {choice.name: choice for _word, choices in GROUPS for choice in choices}


def page(request: Request) -> HttpResponse:
    """All choices."""
    rows = reads.policies()
    now = rows[-1] if rows else _fresh()
    who = sentences.actors({row.by for row in rows}, voice().language)
    groups = [(gettext(word), [_shown(choice, now, rows, who) for choice in choices]) for word, choices in GROUPS]
    crumbs = [(gettext("Settings"), reverse("settings")), (gettext("Policy"), "")]
    return render(request, "settings/policy.html", {"groups": groups, "may": bool(ROLES & request.roles), "rows": len(rows), "crumbs": crumbs})


def change(request: Request, name: str) -> HttpResponse:
    """Ask for a choice (GET), or make it (POST)."""
    choice = _allowed(request, name)
    now = Policy.objects.order_by("-id").first() or _fresh()
    field = replace(choice.column.field(getattr(now, name)), hint="")
    form = Form(
        gettext(choice.column.word), gettext("Make it so"), drawers.typed([field], request.POST), action=request.path, back=reverse("policy"),
        text=gettext(choice.column.hint), carried=[("was", field.value)], preview=reverse("policy_preview", args=[name]) if choice.counts else "",
    )  # fmt: skip
    if request.method != "POST":
        return drawers.ask(request, form)
    try:
        value = choice.column.value(form.fields[0].value)
    except ValueError as error:
        return drawers.ask(request, replace(form, fields=[replace(form.fields[0], error=str(error))]), status=422)
    outcome = _write(choice, value, request.POST.get("was", ""), by=str(request.user.pk))
    if outcome == "stale":
        return drawers.ask(request, form.clashed({name: choice.said(getattr(now, name))}), status=409)
    return drawers.done(request, form, gettext("The policy was changed") if outcome else gettext("Nothing was different"))


@require_POST
def preview(request: Request, name: str) -> HttpResponse:
    """What a choice would have meant, in a sentence."""
    choice = _allowed(request, name)
    try:
        value = choice.column.value(str(request.POST.get(name, "")).strip())
    except ValueError:
        return HttpResponse("")
    found = reads.preview(name, value, now=voice().now, today=voice().today)
    return HttpResponse(gettext(choice.counts) % {"n": say.qty(found.n), "of": say.qty(found.of)} if found else "", content_type="text/plain; charset=utf-8")


def _write(choice: Choice, value: Any, seen: str, *, by: str) -> str:
    """A new row with this choice in it; "stale" if it is not what was seen any more, "" if nothing is different."""
    at = clock.now()
    with transaction.atomic():
        with connection.cursor() as cursor:  # of two changes at once the second copies the first
            cursor.execute("LOCK TABLE policy IN SHARE ROW EXCLUSIVE MODE")
        row = Policy.objects.order_by("-id").first() or _fresh()
        stands = getattr(row, choice.name)
        if choice.column.text(stands) != seen:
            return "stale"
        if stands == value:
            return ""
        new = Policy(**{each: getattr(row, each) for each in CHOICES} | {choice.name: value}, at=at, by=by)
        new.save(force_insert=True)
        log.write([log.Record("policy.changed", new.pk, subject_kind="policy", data={"fields": [choice.name]})], by=by, at=at)
        recheck.verify_held("policy")
        sql.one(step.WAKE)
    return "changed"


def _allowed(request: Request, name: str) -> Choice:
    if name not in CHOICES:
        raise Http404
    if not ROLES & request.roles:
        raise PermissionDenied
    return CHOICES[name]


def _fresh() -> Policy:
    """The defaults."""
    return Policy(at=clock.now())


def _shown(choice: Choice, now: Any, rows: list[Any], who: dict[str, str]) -> dict[str, Any]:
    """A choice as the page shows it; `row` is the one that last changed it."""
    name = choice.name
    value, default = getattr(now, name), getattr(_fresh(), name)
    changed = None
    for before, after in pairwise(rows):
        if getattr(before, name) != getattr(after, name):
            changed = after
    return {
        "word": gettext(choice.column.word), "text": gettext(choice.column.hint), "value": choice.said(value),
        "default": "" if value == default else choice.said(default), "by": who.get(changed.by, "") if changed else "",
        "at": changed.at if changed else None, "url": reverse("policy_change", args=[name]),
    }  # fmt: skip
