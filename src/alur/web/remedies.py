"""The way out of a refusal or a hold as buttons: the steps models/holds.py names, the best first; only those that exist and the person may do."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_noop

from alur.flow import map as flow
from alur.models import holds
from alur.web.flow import verb

RELEASE, CANCEL, ASK = "check.release", "capture.cancel", "check.ask"
# a button says what will be; a step has other words for another trouble
WORDS = {
    RELEASE: gettext_noop("Release it"),
    CANCEL: gettext_noop("Cancel the order"),
    ASK: gettext_noop("Ask the customer"),
    "capture.amend": gettext_noop("Change the order"),
    "pay.receive": gettext_noop("Record a payment"),
    "supply.order": gettext_noop("Order stock"),
    "check.change_customer": gettext_noop("Change the customer"),
}
WORDS_FOR = {
    ("over_credit_limit", RELEASE): gettext_noop("Approve this order"),
    ("overdue", RELEASE): gettext_noop("Approve this order"),
    ("large_order", RELEASE): gettext_noop("Approve this order"),
    ("customer_blocked", RELEASE): gettext_noop("Approve this order"),
    ("price_differs", RELEASE): gettext_noop("Our price stands"),
    ("discount_over_limit", RELEASE): gettext_noop("Approve the discount"),
    ("below_margin", RELEASE): gettext_noop("Approve the margin"),
    ("likely_duplicate", RELEASE): gettext_noop("Not a duplicate"),
    ("below_minimum", RELEASE): gettext_noop("Let it pass"),
    ("quantity_multiple", RELEASE): gettext_noop("Deliver as ordered"),
    ("not_available", RELEASE): gettext_noop("Deliver what there is"),
    ("date_proposed", RELEASE): gettext_noop("Keep the booked day"),
    ("date_proposed", "deliver.agree"): gettext_noop("Take the new day"),
    ("over_credit_limit", "check.change_customer"): gettext_noop("Raise the limit"),
}
# steps with a screen of their own: the URL's name; it is given the order's number as ?order=
SCREENS = {"pay.receive": "payment_new", "capture.amend": "order_amend", "supply.order": "supply_new", "check.change_customer": "customer_edit"}


@dataclass(frozen=True, slots=True)
class Remedy:
    """A button that settles something: a step for the order, or a link to the step's own screen."""

    step: str
    word: str
    needs: tuple[str, ...]
    best: bool
    url: str = ""
    drawer: bool = False  # the screen opens beside the page


def of(code: str, roles: Iterable[str], number: str = "") -> list[Remedy]:
    """The ways out of a code, for somebody with these roles; `number` is the order's."""
    mine, found = frozenset(roles), []
    for name in holds.KINDS[code].remedies if code in holds.KINDS else ():
        step = flow.by_name.get(name)
        url = _screen(name, number)
        if step is not None and flow.may(step, mine) and (step.noun == "order" or url) and (name not in SCREENS or url):
            word = WORDS_FOR.get((code, name)) or WORDS.get(name)
            said = gettext(word) if word else verb(name)
            found.append(Remedy(name, said, step.needs, best=not found and name != CANCEL, url=url, drawer=name == "capture.amend"))
    return found


def _screen(step: str, number: str) -> str:
    """The address of a step's own screen; nothing where it has none (yet)."""
    if step not in SCREENS:
        return ""
    try:
        if step == "capture.amend":
            return reverse(SCREENS[step], args=[number]) if number else ""
        return reverse(SCREENS[step]) + (f"?order={number}" if number else "")
    except NoReverseMatch:
        return ""
