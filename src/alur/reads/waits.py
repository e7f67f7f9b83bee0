"""What an order waits for, and why: what its page shows on top and `alur order` prints. Pure, over the rows of reads/order_page.py.

A wait names the step that ends it and that step's ids, so that a button can be made of it; no step is known here, only its name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop

from alur.reads import sentences
from alur.reads.order_page import Page

PRICE = gettext_noop("Its prices are looked up next.")
VERIFY = gettext_noop("It is checked next.")
RESERVE = gettext_noop("Stock is set aside for it next.")
SCHEDULE = gettext_noop("Its delivery is planned next.")
STOCK = gettext_noop("{line}: {open:qty} of {ordered:qty} wait for stock; more is expected {on:day}.")
NO_SUPPLY = gettext_noop("{line}: {open:qty} of {ordered:qty} wait for stock; nothing is ordered from a supplier yet.")
PICK = gettext_noop("{delivery} is planned for {on:day} and waits to be picked.")
DISPATCH = gettext_noop("{delivery} is picked and waits to leave, planned for {on:day}.")
COMPLETE = gettext_noop("{delivery} is on the road.")
VISIT = gettext_noop("{delivery} is planned for {on:day}.")
ISSUE = gettext_noop("What was delivered is invoiced next.")
TOGETHER = gettext_noop("What was delivered goes on the collective invoice of {on:day}, which follows when that day is over.")
OWED = gettext_noop("{amount:money} are still to be paid, due {on:day}.")
CLOSE = gettext_noop("Everything is delivered and settled; it is closed next.")


@dataclass(frozen=True, slots=True)
class Wait:
    """What is waited for: a sentence with its facts, the step that ends it, of what; a hold where one is the cause."""

    code: str  # held, stock, step, time, money
    sentence: str  # a hold says its own; nothing where that hold says it already
    facts: dict[str, Any]
    step: str = ""
    noun: str = "order"
    ids: tuple[int, ...] = ()
    number: str = ""
    hold: Any = field(default=None)


def of(page: Page) -> list[Wait]:
    """What this order waits for, the most pressing first; nothing if it is over."""
    return [] if page.order.state in ("closed", "cancelled") else list(_waits(page))


def say(found: Sequence[Wait], language: str, *, now: datetime | None = None) -> list[str]:
    """What each of them says: one query for the holds, one for the rest."""
    held = iter(sentences.holds([each.hold for each in found if each.hold], language, now=now))
    plain = iter(sentences.render([(each.sentence, each.facts) for each in found if not each.hold], language, now=now))
    return [next(held if each.hold else plain) for each in found]


def _waits(page: Page) -> Iterator[Wait]:
    order, one = page.order, (page.order.id,)
    for hold in page.holds:
        yield Wait("held", "", dict(hold.facts or {}), "" if hold.code == "awaiting_payment" else "check.release", ids=one, hold=hold)
    stopped = any(hold.code != "awaiting_payment" for hold in page.holds)
    yield from _moving(page)
    if order.state == "received" and not stopped:
        yield Wait("step", *((PRICE, {}, "check.price") if order.priced_version < order.version else (VERIFY, {}, "check.verify")), ids=one)
    if order.state == "verified" and not stopped:
        yield Wait("step", RESERVE, {}, "confirm.reserve", ids=one)
    asked: set[str] = set()  # one press is for all lines
    for line in page.lines:
        if line.short:
            facts = {"line_id": line.id, "open": line.short, "ordered": line.ordered, "on": line.expected_on}
            step = "" if line.expected_on else "supply.make" if line.supply == "make" else "supply.order"
            yield Wait("stock", STOCK if line.expected_on else NO_SUPPLY, facts, "" if step in asked else step, ids=one)
            asked.add(step)
    if order.state == "confirmed" and not page.holds and any(line.reserved > line.scheduled for line in _ready(page)):
        yield Wait("step", SCHEDULE, {}, "deliver.schedule", ids=one)
    yield from _money(page, one)


def _ready(page: Page) -> list[Any]:
    """Lines that may be on a delivery: a service only once the goods of its order have a day."""
    goods = all(line.promised_on or line.delivered >= line.ordered - line.cancelled for line in page.lines if line.kind == "goods")
    return [line for line in page.lines if goods or line.kind != "service"]


def _moving(page: Page) -> Iterator[Wait]:
    """Deliveries on their way: the next thing each of them waits for."""
    for each in page.deliveries:
        facts, known = {"delivery_id": each.id, "on": each.scheduled_on}, {"noun": "delivery", "ids": (each.id,), "number": each.number}
        if each.state == "dispatched":
            yield Wait("step", COMPLETE, facts, "deliver.complete", **known)
        elif each.state == "picked":
            yield Wait("step", DISPATCH, facts, "deliver.dispatch", **known)
        elif each.state == "scheduled" and each.warehouse is None:
            yield Wait("step", VISIT, facts, "deliver.complete", **known)
        elif each.state == "scheduled":
            yield Wait("step", PICK, facts, "deliver.pick", **known)


def _money(page: Page, one: tuple[int, ...]) -> Iterator[Wait]:
    """Invoices to be written, money to come, and the end."""
    billable = any(line.delivered - line.returned > line.invoiced - line.credited for line in page.lines)
    if billable and page.order.together_on:
        yield Wait("time", TOGETHER, {"on": page.order.together_on}, ids=one)
    elif billable:
        yield Wait("step", ISSUE, {}, "invoice.issue", ids=one)
    unpaid = any(hold.code == "awaiting_payment" for hold in page.holds)
    if page.owed:
        yield Wait("money", OWED, {"amount": page.owed, "on": page.due_on}, "pay.receive", noun="draft", ids=one)
    elif unpaid:
        yield Wait("money", "", {}, "pay.receive", noun="draft", ids=one)
    elif page.order.state == "fulfilled" and not billable:
        yield Wait("step", CLOSE, {}, "settle.close", ids=one)
