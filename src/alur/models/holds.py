"""Every kind of hold: what it says, who owns it, what it stops, whether the customer can settle it, what makes it vanish, what to do about it.

`awaiting_payment` stops goods (schedule, pick, dispatch); every other kind stops all from verify to dispatch. None stops complete, fail, issue or
match. Rules: reference steps.md "Holds" and "Findings".
"""

from dataclasses import dataclass

from django.utils.translation import gettext_noop as _


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of hold."""

    title: str  # in a cell of a list
    sentence: str  # who, how much, what next
    owner: str  # the role that may release it
    vanishes: str  # when the system resolves it
    remedies: tuple[str, ...]  # steps of the map, the best first; a page shows those that exist
    customer: bool = False  # whether an answer of the customer can settle it
    stops: str = "all"  # all | goods


CHANGED = _("when the order is corrected and verified again")
PAID = _("when money comes in, or the limit is raised")
COME = _("when enough is free, or the order is corrected and verified again")
BY_HAND = _("only when somebody releases it")

KINDS: dict[str, Kind] = {
    "line_incomplete": Kind(
        _("Lacks {missing}"),
        _("{line} lacks {missing}. Ask {customer}, then complete the line."), "desk", CHANGED,
        ("capture.amend", "check.change_price", "check.ask", "capture.cancel"), customer=True),
    "quantity_multiple": Kind(
        _("{quantity:qty}, sold by {multiple:qty}"),
        _("{line} asks for {quantity:qty}, sold in multiples of {multiple:qty}. Take {below:qty} or {above:qty}, or release it as it is."), "desk", CHANGED,
        ("capture.amend", "check.ask", "check.release"), customer=True),
    "customer_blocked": Kind(
        _("Blocked: {scope}"),
        _("{customer} is blocked ({scope}). Lift the block, or release this order."), "finance", _("when the block is lifted"),
        ("check.change_customer", "check.release", "capture.cancel")),
    "likely_duplicate": Kind(
        _("Like {other_order}"),
        _("It looks like {other_order} of {customer}: {agrees}. Ask the customer; cancel one of them, or release this one."), "desk",
        _("when the other order is cancelled and this one verified again"), ("check.ask", "capture.cancel", "check.release"), customer=True),
    "price_differs": Kind(
        _("Price {percent:percent} apart"),
        _("{line}: {customer} writes {theirs:money}, our price is {ours:money}, {percent:percent} apart. Take theirs, or release it at ours."), "verifier",
        CHANGED, ("capture.amend", "check.release", "check.ask", "check.change_price"), customer=True),
    "discount_over_limit": Kind(
        _("Discount {percent:percent}, {limit:percent} allowed"),
        _("{line} has {percent:percent} discount, {limit:percent} is allowed. Lower the discount, or release it."), "manager", CHANGED,
        ("capture.amend", "check.release")),
    "below_margin": Kind(
        _("Margin {margin:percent}, floor {floor:percent}"),
        _("{line} leaves a margin of {margin:percent}, the floor is {floor:percent}; it costs {cost:money}. Raise the price, or release it."), "manager",
        CHANGED, ("capture.amend", "check.change_price", "check.release")),
    "over_credit_limit": Kind(
        _("{over:money} over the limit"),
        _("{payer} is {over:money} over its limit of {limit:money}. Collect, raise the limit, or release this order of {at_risk:money}."), "finance", PAID,
        ("pay.receive", "check.change_customer", "check.release", "capture.cancel"), customer=True),
    "overdue": Kind(
        _("Owes {amount:money}, {days} days"),
        _("{payer} owes {amount:money} up to {days} days late, the oldest on {invoice}. Collect, or release this order."), "finance",
        _("when the overdue invoices are paid"), ("pay.receive", "check.release"), customer=True),
    "below_minimum": Kind(
        _("Below {limit:money}"),
        _("The order comes to {total:money}, {limit:money} is the least. Add to it, or release it."), "desk", CHANGED,
        ("capture.amend", "check.ask", "check.release"), customer=True),
    "large_order": Kind(
        _("Above {limit:money}"),
        _("The order comes to {total:money}, above {limit:money}. Look whether it is meant, then release it."), "manager", CHANGED,
        ("check.release", "check.ask", "capture.amend"), customer=True),
    "address_incomplete": Kind(
        _("Address lacks {missing}"),
        _("The delivery address of {customer} lacks {missing}. Ask for it and complete the address."), "desk", CHANGED,
        ("capture.amend", "check.change_customer", "check.ask", "check.release"), customer=True),
    "discontinued": Kind(
        _("{line} no longer sold"),
        _("{line}: {product} is no longer sold. Offer another product, cancel the line, or release it."), "desk", CHANGED,
        ("capture.amend", "check.ask", "capture.cancel", "check.release"), customer=True),
    "not_available": Kind(
        _("{quantity:qty} not in stock"),
        _("{quantity:qty} of {product} is not there and {customer} takes no backorders. Get stock, cancel the rest, or release it to wait."), "desk", COME,
        ("supply.order", "capture.cancel", "check.ask", "check.release"), customer=True),
    "date_impossible": Kind(
        _("Asks {asked:day}, earliest {earliest:day}"),
        _("{customer} asks for {asked:day}; {earliest:day} is the earliest. Tell the customer, or change the date."), "desk", CHANGED,
        ("capture.amend", "check.ask"), customer=True),
    "awaiting_payment": Kind(
        _("Waits for {due:money}"),
        _("{due:money} ({share:percent}) must be paid first, {paid:money} has come. Collect; the goods leave when it is paid."), "finance",
        _("when the advance is paid and cleared"), ("pay.receive", "check.release", "capture.cancel"), customer=True, stops="goods"),
    "date_proposed": Kind(
        _("{department}: rather {proposed_on:day}"),
        _("{department} cannot come to {customer} on {on:day} and proposes {proposed_on:day}. Ask, then take that day, keep the booked one, or cancel."),
        "desk", _("when the visit has another day, or the department accepts the booked one"),
        ("deliver.agree", "check.ask", "check.release", "capture.cancel"), customer=True),
    "manual": Kind(
        _("Stopped by hand"),
        _("Stopped by hand. Release it when the reason is gone."), "verifier", BY_HAND, ("check.release",)),
    "unexpected": Kind(
        _("Unforeseen trouble"),
        _("Something unforeseen stopped {step} ({constraint}); nothing was changed. Mend the cause, then release it."), "admin", BY_HAND, ("check.release",)),
}  # fmt: skip


def stops(code: str, what: str = "all") -> bool:
    """Whether a hold of this code stops everything, or what is asked about: goods."""
    kind = KINDS.get(code)
    return kind is None or kind.stops in ("all", what)
