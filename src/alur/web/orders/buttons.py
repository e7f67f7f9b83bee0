"""The buttons of an order's page, made from what it waits for and from the process table: only steps that exist and that the person may do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_noop

from alur.flow import map as flow
from alur.reads.order_page import Page
from alur.reads.waits import VISIT, Wait
from alur.web import remedies as ways
from alur.web.flow import verb

# a button names what it does to what; every other step is called by its own verb
WORDS = {
    "deliver.pick": gettext_noop("Pick %(number)s"),
    "deliver.dispatch": gettext_noop("Send off %(number)s"),
    "deliver.complete": gettext_noop("%(number)s has arrived"),
    "pay.receive": gettext_noop("Record a payment"),
    "invoice.issue": gettext_noop("Issue the invoice"),
    "deliver.schedule": gettext_noop("Plan the delivery"),
    "confirm.reserve": gettext_noop("Set stock aside"),
    "check.verify": gettext_noop("Check it now"),
    "check.price": gettext_noop("Look its prices up"),
    "settle.close": gettext_noop("Close the order"),
    "supply.order": gettext_noop("Order what it lacks"),
    "supply.make": gettext_noop("Make what it lacks"),
}
# steps that ask more than the common drawer can: they have a form of their own
FORMS = {"deliver.complete": "delivery_complete", "pay.receive": "payment_new", "supply.order": "supply_new"}


@dataclass(frozen=True, slots=True)
class Press:
    """A button: a step with its ids, or a link to the step's own form."""

    name: str
    verb: str
    needs: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    url: str = ""
    icon: str = ""
    drawer: bool = False  # the link's form opens beside the page
    key: str = ""


def of(page: Page, due: Sequence[Any], roles: Iterable[str]) -> list[Press]:
    """What this person may do next to it, the most pressing first; a hold has its buttons beside its sentence."""
    mine = frozenset(roles)
    settle = [Press("", gettext("Settle the hold"), url=f"#hold-{each.wait.hold.id}", icon="pause") for each in due if each.remedies and each.wait.step][:1]
    found = [press(each.wait, page, mine) for each in due if each.wait.step and not each.wait.hold]
    return [*settle, *(each for each in found if each)]


def press(wait: Wait, page: Page, roles: frozenset[str]) -> Press | None:
    """The button of a wait, if there is such a step and the person may do it."""
    step = flow.by_name.get(wait.step)
    if step is None or not flow.may(step, roles):
        return None
    said = gettext(WORDS[step.name]) % {"number": wait.number} if step.name in WORDS else verb(step.name)
    url = _form(step.name, wait, page)
    return None if url is None else Press(step.name, said, step.needs, wait.ids, url)


def remedies(wait: Wait, number: str, roles: Iterable[str]) -> list[ways.Remedy]:
    """The ways out of a hold."""
    return ways.of(wait.hold.code, roles, number) if wait.hold else []


def change(page: Page, roles: Iterable[str]) -> Press | None:
    """The button that changes the order, while anything of it can be changed."""
    amend = flow.by_name.get("capture.amend")
    if amend is None or not flow.may(amend, frozenset(roles)) or page.order.state in ("closed", "cancelled"):
        return None
    return Press("", verb(amend.name), url=reverse("order_amend", args=[page.order.number]), icon="pen", drawer=True, key="e")


def menu(page: Page, roles: Iterable[str]) -> list[Press]:
    """What else may be done: papers, and what ends it."""
    found = [_paper("paper_order", page.order.number, gettext("Print the Sales Order"))]
    found += [_paper("paper_pro_forma", each.number, gettext("Print the pro forma")) for each in page.pro_formas[-1:]]
    cancel = flow.by_name.get("capture.cancel")
    if cancel and flow.may(cancel, frozenset(roles)) and page.order.state in ("received", "verified", "confirmed"):
        url = reverse("order_cancel", args=[page.order.number])
        found.append(Press("", gettext("Cancel what is still open…"), url=url, icon="x", drawer=True))
    permit = flow.by_name["returns.permit"]
    if flow.may(permit, frozenset(roles)) and any(line.delivered > line.returned and line.kind == "goods" for line in page.lines):
        found.append(Press("", gettext("Return of goods…"), url=reverse("order_return", args=[page.order.number]), icon="return", drawer=True))
    return [each for each in found if each]


def _paper(name: str, number: str, word: str) -> Press | None:
    try:
        return Press("", word, url=reverse(name, args=[number]), icon="print")
    except NoReverseMatch:
        return None


def _form(step: str, wait: Wait, page: Page) -> str | None:
    """The address of a step's own form; nothing where it has none; None where that screen is not there yet."""
    if wait.sentence == VISIT:
        return reverse("visit_done", args=[wait.number])
    if step not in FORMS:
        return ""
    try:
        if step in ("pay.receive", "supply.order"):
            return f"{reverse(FORMS[step])}?order={page.order.number}"
        return reverse(FORMS[step], args=[wait.number])
    except NoReverseMatch:
        return None
