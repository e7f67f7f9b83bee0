"""The way out of a refusal or a hold: steps that settle it, the suggested one first. Only steps that exist and that the person may do are shown."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext, gettext_noop

from alur.flow import map as flow

# code -> (step, words); the words say what will be, not the step's name
RELEASE, CANCEL, ASK = "check.release", "capture.cancel", "check.ask"
WAYS: dict[str, tuple[tuple[str, str], ...]] = {
    "over_credit_limit": ((RELEASE, gettext_noop("Approve this order")), (CANCEL, gettext_noop("Cancel"))),
    "overdue": ((RELEASE, gettext_noop("Approve this order")), (CANCEL, gettext_noop("Cancel"))),
    "price_differs": ((RELEASE, gettext_noop("Our price stands")), (ASK, gettext_noop("Ask the customer"))),
    "discount_over_limit": ((RELEASE, gettext_noop("Approve the discount")),),
    "below_margin": ((RELEASE, gettext_noop("Approve the margin")),),
    "likely_duplicate": ((RELEASE, gettext_noop("Not a duplicate")), (CANCEL, gettext_noop("Cancel"))),
    "large_order": ((RELEASE, gettext_noop("Approve this order")),),
    "below_minimum": ((RELEASE, gettext_noop("Let it pass")), (CANCEL, gettext_noop("Cancel"))),
    "customer_blocked": ((RELEASE, gettext_noop("Approve this order")), (CANCEL, gettext_noop("Cancel"))),
    "address_incomplete": ((RELEASE, gettext_noop("Address is right")), (ASK, gettext_noop("Ask the customer"))),
    "quantity_multiple": ((RELEASE, gettext_noop("Deliver as ordered")), (ASK, gettext_noop("Ask the customer"))),
    "discontinued": ((CANCEL, gettext_noop("Cancel")), (ASK, gettext_noop("Ask the customer"))),
    "not_available": ((RELEASE, gettext_noop("Deliver what there is")), (ASK, gettext_noop("Ask the customer"))),
    "line_incomplete": ((ASK, gettext_noop("Ask the customer")), (CANCEL, gettext_noop("Cancel"))),
}


@dataclass(frozen=True, slots=True)
class Remedy:
    """A button that settles something."""

    step: str
    word: str
    needs: tuple[str, ...]
    best: bool


def of(code: str, roles: Iterable[str]) -> list[Remedy]:
    """The ways out of a code, for somebody with these roles."""
    mine = frozenset(roles)
    found = [(flow.by_name[step], word) for step, word in WAYS.get(code, ()) if step in flow.by_name and flow.may(flow.by_name[step], mine)]
    return [Remedy(step.name, gettext(word), step.needs, best=i == 0) for i, (step, word) in enumerate(found)]
