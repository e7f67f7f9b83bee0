"""The lines of an order as its page shows them: by delivery, each with its life in one bar and its numbers in the unit it was written in."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from alur.core import money, words
from alur.reads import order_page, status
from alur.reads.order_page import Group, Page, Share
from alur.web import lists
from alur.web.templatetags import words as said
from alur.web.voice import voice

THIRD = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Row:
    """A line, or a part of it, in a group."""

    line: Any
    name: str
    less: str  # discounts, as people write them: −10 % −5 %
    mark: str
    life: list[tuple[str, Decimal]]
    life_said: str
    asked: Decimal
    reserved: Decimal
    delivered: Decimal
    invoiced: Decimal
    short: bool
    price: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Head:
    """A group: its document and when, more in grey, its state, its rows."""

    number: str
    url: str
    title: str
    more: str
    chip: status.Chip | None
    rows: list[Row]


def heads(page: Page) -> list[Head]:
    """The groups of an order, in their order."""
    return [_head(group, page) for group in order_page.groups(page)]


def name(row: Any) -> str:
    """What a line is called in the reader's language: the product's name, else what the customer wrote."""
    ours = (row.name_id, row.name_en) if voice().language == "id" else (row.name_en, row.name_id)
    return next(filter(None, (*ours, row.as_written)), "–")


def _head(group: Group, page: Page) -> Head:
    rows = [_row(share, group, page.order) for share in group.shares]
    if group.kind == "cancelled":
        return Head("", "", gettext("Cancelled"), "", status.chip("order", "cancelled"), rows)
    if group.kind == "open":
        short = [share for share in group.shares if share.short]
        expected = min((share.line.expected_on for share in short if share.line.expected_on), default=None)
        more = gettext("the rest is expected %(on)s") % {"on": said.day(expected)} if expected else ""
        chip = status.chip("order", "short") if short else None
        return Head("", "", gettext("Still open") if page.deliveries else gettext("Not on a delivery yet"), more, chip, rows)
    each = group.delivery
    return Head(each.number, lists.url("delivery", each.number), _when(each), _more(each), status.chip("delivery", each.state), rows)


def _when(delivery: Any) -> str:
    if delivery.state == "delivered":
        return gettext("Arrived %(at)s") % {"at": said.instant(delivery.ended_at)}
    if delivery.state == "failed":
        return gettext("Failed %(at)s") % {"at": said.instant(delivery.ended_at)}
    if delivery.state == "dispatched":
        return gettext("On the road since %(at)s") % {"at": said.instant(delivery.dispatched_at)}
    return " ".join(filter(None, (gettext("Planned %(on)s") % {"on": said.day(delivery.scheduled_on)}, delivery.delivery_window)))


def _more(delivery: Any) -> str:
    if delivery.state == "delivered" and delivery.receiver:
        return gettext("received by %(name)s") % {"name": delivery.receiver}
    found = (delivery.department, delivery.vehicle or delivery.courier, delivery.driver, delivery.tracking_number)
    method = str(status.word("method", delivery.method))
    return ", ".join(filter(None, found)) or method[:1].upper() + method[1:]


def _row(share: Share, group: Group, order: Any) -> Row:
    line, whole = share.line, share.quantity
    going = max(share.picked - share.delivered, Decimal(0)) if group.kind == "delivery" else Decimal(0)
    planned = max(share.reserved - share.delivered - going, Decimal(0))
    if group.kind == "delivery" and group.delivery.state in order_page.OVER:
        going = planned = Decimal(0)
    life = [("d", share.delivered), ("", going), ("p", planned), ("w", share.short)]
    life.append(("t", max(whole - sum(amount for _, amount in life), Decimal(0))))
    words_of = gettext("%(delivered)s arrived, %(picked)s picked, %(reserved)s set aside of %(asked)s") % {
        "delivered": said.qty(share.delivered), "picked": said.qty(share.picked), "reserved": said.qty(share.reserved), "asked": said.qty(whole),
    }  # fmt: skip
    less = " ".join(f"{words.MINUS}{said.percent(each)}" for each in line.discounts or ())
    amount = Decimal(0) if group.kind == "cancelled" else money.so_far(line.net, whole, line.ordered, order.currency)
    quantities = [in_unit(each, line.factor) for each in (whole, share.reserved, share.delivered, share.invoiced)]
    mark = "is-held" if share.short else ""
    return Row(line, name(line), less, mark, life, words_of, *quantities, short=bool(share.short), price=line.unit_price or line.customer_price, amount=amount)


def in_unit(quantity: Decimal, factor: Decimal) -> Decimal:
    """A quantity of base units in the unit as written."""
    return quantity if factor in (0, 1) else (quantity / factor).quantize(THIRD).normalize()
