"""The words people see for where an order stands, made from stored facts: the same in list, page, document, mail and terminal.

Nothing stores them. `facts` reads what they are made of for the rows shown (one query), `order` words one of them; WORDS says the states of the other
nouns. A kind is a shape beside the word: "", now, wait, late, done.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext, gettext_noop

from alur.core import sql

STAGES = ("capture", "check", "confirm", "deliver", "invoice", "pay", "returns", "settle")
WORDS = {
    "order": {
        "received": (gettext_noop("Received"), ""),
        "held": (gettext_noop("Held"), "wait"),
        "awaiting_payment": (gettext_noop("Waiting for payment"), "wait"),
        "verified": (gettext_noop("Verified"), "now"),
        "short": (gettext_noop("Waiting for stock"), "wait"),
        "confirmed": (gettext_noop("Confirmed"), "now"),
        "scheduled": (gettext_noop("Scheduled"), "now"),
        "picked": (gettext_noop("Picked"), "now"),
        "dispatched": (gettext_noop("On the road"), "now"),
        "part": (gettext_noop("Delivered in part"), "now"),
        "fulfilled": (gettext_noop("Delivered in full"), "done"),
        "invoiced": (gettext_noop("Invoiced"), "now"),
        "overdue": (gettext_noop("Overdue"), "late"),
        "paid": (gettext_noop("Paid"), "done"),
        "closed": (gettext_noop("Closed"), "done"),
        "cancelled": (gettext_noop("Cancelled"), ""),
    },
    "delivery": {
        "scheduled": (gettext_noop("Scheduled"), ""),
        "picked": (gettext_noop("Picked"), "now"),
        "dispatched": (gettext_noop("On the road"), "now"),
        "delivered": (gettext_noop("Arrived"), "done"),
        "failed": (gettext_noop("Failed"), "late"),
        "cancelled": (gettext_noop("Cancelled"), ""),
    },
    "invoice": {
        "open": (gettext_noop("Open"), "now"),
        "part": (gettext_noop("Paid in part"), "now"),
        "overdue": (gettext_noop("Overdue"), "late"),
        "giro": (gettext_noop("Giro in hand"), "wait"),
        "paid": (gettext_noop("Paid"), "done"),
    },
    "credit_note": {
        "open": (gettext_noop("Not used yet"), "wait"),
        "part": (gettext_noop("Used in part"), "now"),
        "paid": (gettext_noop("Used"), "done"),
    },
    "payment": {
        "open": (gettext_noop("Not allocated"), "wait"),
        "part": (gettext_noop("Allocated in part"), "now"),
        "matched": (gettext_noop("Matched"), "done"),
        "giro": (gettext_noop("Giro in hand"), "wait"),
        "bounced": (gettext_noop("Bounced"), "late"),
    },
    "pro_forma": {"valid": (gettext_noop("Valid"), "done"), "void": (gettext_noop("Replaced"), "")},
    "return": {
        "permitted": (gettext_noop("Permitted"), ""),
        "received": (gettext_noop("Goods are back"), "now"),
        "closed": (gettext_noop("Closed"), "done"),
    },
}
CODES = {
    "channel": {
        "email": gettext_noop("e-mail"), "phone": gettext_noop("telephone"), "shop": gettext_noop("web shop"), "file": gettext_noop("file"),
        "api": gettext_noop("API"), "portal": gettext_noop("customer page"),
    },
    "method": {
        "own_fleet": gettext_noop("own fleet"), "courier": gettext_noop("courier"), "pickup": gettext_noop("pick-up"), "on_site": gettext_noop("on site"),
    },
    "way": {
        "transfer": gettext_noop("transfer"), "cash": gettext_noop("cash"), "giro": gettext_noop("giro"), "card": gettext_noop("card"),
        "qris": gettext_noop("QRIS"), "gateway": gettext_noop("payment gateway"),
    },
    "missing": {
        "product": gettext_noop("product"), "unit": gettext_noop("unit"), "quantity": gettext_noop("quantity"), "price": gettext_noop("price"),
        "address": gettext_noop("address"), "name": gettext_noop("name"), "lines": gettext_noop("street"), "street": gettext_noop("street"),
        "city": gettext_noop("city"), "province": gettext_noop("province"), "postcode": gettext_noop("postcode"), "phone": gettext_noop("telephone number"),
    },
    # why something is held or refused, in a word or two
    "code": {
        "line_incomplete": gettext_noop("line incomplete"), "quantity_multiple": gettext_noop("odd quantity"),
        "customer_blocked": gettext_noop("customer blocked"), "likely_duplicate": gettext_noop("likely duplicate"),
        "price_differs": gettext_noop("price differs"), "discount_over_limit": gettext_noop("discount over limit"),
        "below_margin": gettext_noop("margin too low"), "over_credit_limit": gettext_noop("credit limit"), "overdue": gettext_noop("overdue invoices"),
        "below_minimum": gettext_noop("below minimum"), "large_order": gettext_noop("large order"),
        "address_incomplete": gettext_noop("address incomplete"), "discontinued": gettext_noop("no longer sold"),
        "not_available": gettext_noop("not in stock"), "date_impossible": gettext_noop("date impossible"),
        "awaiting_payment": gettext_noop("waiting for payment"), "manual": gettext_noop("stopped by hand"), "unexpected": gettext_noop("unforeseen"),
        "held": gettext_noop("held"), "cancelled": gettext_noop("cancelled"), "wrong_state": gettext_noop("another state"),
        "does_not_add_up": gettext_noop("quantities do not add up"), "nothing_delivered": gettext_noop("nothing delivered"),
        "no_reason": gettext_noop("no reason given"), "period_closed": gettext_noop("period closed"), "duplicate": gettext_noop("entered twice"),
        "stale_version": gettext_noop("somebody was faster"), "nothing_changes": gettext_noop("nothing different"),
        "below_delivered": gettext_noop("delivered already"), "in_transit": gettext_noop("on the road"), "set_aside": gettext_noop("goods set aside"),
        "billed": gettext_noop("invoiced already"), "closed": gettext_noop("closed"),
        "date_proposed": gettext_noop("another day proposed"), "not_promised": gettext_noop("no promised day yet"), "a_visit": gettext_noop("a visit"),
        "no_visit": gettext_noop("no visit"), "no_capacity": gettext_noop("no capacity left"), "past_day": gettext_noop("day is over"),
        "bad_day": gettext_noop("no day"),
    },
    "scope": {
        "order": gettext_noop("no new orders"), "delivery": gettext_noop("no deliveries"), "all": gettext_noop("everything"),
    },
    "agrees": {"content": gettext_noop("it asks for the same"), "customer_po": gettext_noop("it names the same PO")},
}  # fmt: skip
# what an amendment changes
CODES["what"] = {
    "quantity": gettext_noop("quantity"), "price": gettext_noop("price"), "product": gettext_noop("product"), "lines": gettext_noop("lines added"),
    "address": gettext_noop("address"), "requested_on": gettext_noop("day asked for"), "customer_po": gettext_noop("PO number"),
    "method": gettext_noop("way of delivery"), "delivery_rule": gettext_noop("delivery in parts"), "discount_pct": gettext_noop("discount on all"),
    "discount_amount": gettext_noop("discount on all"),
}  # fmt: skip
CODES["codes"] = CODES["code"]
CODES["field"] = CODES["what"]
CODES["owner"] = {
    "desk": gettext_noop("Order desk"), "verifier": gettext_noop("Verifier"), "finance": gettext_noop("Finance"), "manager": gettext_noop("Manager"),
    "admin": gettext_noop("Administrator"),
}  # fmt: skip

FACTS = """
SELECT o.id, o.state, o.priced_version < o.version AS unpriced, h.stops, h.unpaid, l.*, d.*, w.owed, w.due_on,
       EXISTS (SELECT FROM backorder b WHERE b.order_id = o.id) AS short
  FROM sales_order o
 CROSS JOIN LATERAL (
    SELECT coalesce(bool_or(code <> 'awaiting_payment'), false) AS stops, coalesce(bool_or(code = 'awaiting_payment'), false) AS unpaid
      FROM hold WHERE order_id = o.id AND resolved_at IS NULL) h
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(ordered - cancelled), 0) AS wanted, coalesce(sum(shipped), 0) AS shipped, coalesce(sum(delivered), 0) AS delivered,
           coalesce(sum(returned), 0) AS returned, coalesce(sum(invoiced), 0) AS invoiced,
           coalesce(sum(greatest(delivered - returned - (invoiced - credited), 0)), 0) AS billable
      FROM order_line WHERE order_id = o.id) l
 CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE state = 'scheduled') AS scheduled, count(*) FILTER (WHERE state = 'picked') AS picked,
           count(*) FILTER (WHERE state = 'dispatched') AS dispatched, count(*) FILTER (WHERE state = 'delivered') AS arrived
      FROM delivery WHERE id IN (SELECT dl.delivery_id FROM order_line ol JOIN delivery_line dl ON dl.order_line_id = ol.id WHERE ol.order_id = o.id)) d
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(i.open + i.uncleared), 0) AS owed, min(i.due_on) AS due_on FROM open_item i
     WHERE i.invoice_id IN (SELECT il.invoice_id FROM order_line ol JOIN invoice_line il ON il.order_line_id = ol.id WHERE ol.order_id = o.id
                            UNION ALL SELECT v.id FROM invoice v WHERE v.order_id = o.id)) w
 WHERE o.id = ANY(%(ids)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Chip:
    """A word with its shape; `code` is the word before translation."""

    code: str
    word: str
    kind: str


@dataclass(frozen=True, slots=True)
class Status:
    """Where an order stands: its words, the first is the one to show alone; the stage it is at (1-8), and the mark of its way (held, late, end)."""

    chips: tuple[Chip, ...]
    at: int
    mark: str

    @property
    def word(self) -> str:
        """The one word."""
        return self.chips[0].word

    @property
    def kind(self) -> str:
        """Its shape."""
        return self.chips[0].kind


def facts(order_ids: Iterable[int]) -> dict[int, Any]:
    """What the words are made of, of these orders."""
    return {row.id: row for row in sql.read(FACTS, ids=list(order_ids))}


def orders(order_ids: Iterable[int], today: date) -> dict[int, Status]:
    """Where these orders stand, in the language of this moment."""
    return {i: order(row, today) for i, row in facts(order_ids).items()}


def order(row: Any, today: date) -> Status:
    """Where an order stands."""
    codes = _codes(row, today)
    chips = tuple(chip("order", code) for code in codes)
    mark = "end" if row.state == "closed" else {"wait": "held", "late": "late"}.get(chips[0].kind, "")
    return Status(chips, _stage(row), mark)


def chip(noun: str, code: str) -> Chip:
    """The word of a state."""
    word, kind = WORDS[noun].get(code, (code, ""))
    return Chip(code, gettext(word), kind)


def word(name: str, value: object) -> object:
    """A fact that is a code of ours, as people say it: state, channel, method, way, missing; every other fact as it is."""
    if isinstance(value, list | tuple):
        return [word(name, each) for each in value]
    if not isinstance(value, str):
        return value
    if name == "state":
        found = next((words[value][0] for words in WORDS.values() if value in words), value)
        return gettext(found).lower()
    found = CODES.get("code" if name == "codes" else name, {}).get(value)
    return gettext(found) if found else value


def cause(code: str) -> str:
    """Why something is held, to stand alone: a word with a capital."""
    said = str(word("code", code)).replace("_", " ")
    return said[:1].upper() + said[1:]


def _codes(row: Any, today: date) -> list[str]:
    """What to say of an order, the most urgent first."""
    if row.state in ("cancelled", "closed"):
        return [row.state]
    stopped = [code for code, here in (("held", row.stops), ("awaiting_payment", row.unpaid), ("short", row.short)) if here]
    if row.state == "received":
        return stopped or ["received"]
    if row.state == "verified":
        return stopped or ["verified"]
    if row.state == "confirmed":
        return [*stopped, *([_moving(row)] if not stopped or row.delivered or row.dispatched else [])]
    money = "overdue" if row.owed and row.due_on and row.due_on < today else "invoiced" if row.owed or row.billable else "paid"
    if row.billable or (money == "paid" and not row.invoiced):
        return ["fulfilled"]
    return [money, "fulfilled"] if money != "invoiced" else ["fulfilled", "invoiced"]


def _moving(row: Any) -> str:
    if row.delivered:
        return "part"
    return next((code for code in ("dispatched", "picked", "scheduled") if getattr(row, code)), "confirmed")


def _stage(row: Any) -> int:
    match row.state:
        case "received":
            return 1 if row.unpriced and not row.stops else 2
        case "verified":
            return 3
        case "confirmed":
            return 4 if row.scheduled or row.picked or row.dispatched or row.arrived else 3
        case "fulfilled":
            return 5 if row.billable else 6 if row.owed else 8
    return 8
