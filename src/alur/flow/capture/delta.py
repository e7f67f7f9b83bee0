"""What somebody wants changed of an order: an Amend, with a LineChange for each line it touches. `of` takes it as a door hands it over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from alur.flow.capture.draft import LineDraft, Place
from alur.models.party import METHODS

RULES = ("available", "complete_line", "complete_order")


@dataclass(frozen=True, slots=True)
class LineChange:
    """What changes of a line; None: it stays. quantity: all that is wanted of it now, per unit as written; price: agreed on, per unit as written."""

    quantity: Decimal | str | None = None
    price: Decimal | str | None = None
    discounts: Sequence[Decimal | str] | None = None
    product_id: int | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Amend:
    """What changes of an order that was looked at in this version. fields: by FIELDS; address: where it goes from now on."""

    version: int
    lines: Mapping[int, LineChange] = field(default_factory=dict)
    add: Sequence[LineDraft] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    address: Place | None = None
    reason: str = ""


def of(given: Amend | Mapping[str, Any]) -> Amend:
    """An amendment as the step takes it, also from JSON."""
    if isinstance(given, Amend):
        return given
    lines, fields, place = (each if isinstance(each := given.get(name), Mapping) else {} for name in ("lines", "fields", "address"))
    version = given.get("version")
    return Amend(
        version=int(version) if str(version).isdecimal() else 0,  # type: ignore[arg-type]
        lines={int(i): each if isinstance(each, LineChange) else LineChange(**each) for i, each in lines.items()},
        add=[each if isinstance(each, LineDraft) else _line(each) for each in given.get("add") or ()],
        fields=fields,
        address=given["address"] if isinstance(given.get("address"), Place) else Place(**place) if place else None,
        reason=given.get("reason") or "",
    )


def _line(said: Mapping[str, Any]) -> LineDraft:
    """A new line; a number that cannot be read is none, and is refused."""
    read: dict[str, Any] = {name: said[name] if said[name] is None else number(said[name]) for name in ("quantity", "price") if name in said}
    read["quantity"] = read.get("quantity") or Decimal(0)
    read["discounts"] = tuple(n for each in said.get("discounts") or () if (n := number(each)) is not None)
    return LineDraft(**{**said, **read})


def number(said: object) -> Decimal | None:
    """A number of 0 or more, or None."""
    try:
        found = Decimal(str(said))
    except InvalidOperation:
        return None
    return found if found.is_finite() and found >= 0 else None


def _percent(said: object) -> Decimal | None:
    found = number(said)
    return found if found is not None and found <= 100 else None


def _day(said: object) -> date | None:
    return said if isinstance(said, date) else date.fromisoformat(str(said))


# what of an order may change, and how it is read: ValueError or None where it may not be empty: it cannot be that
FIELDS = {"customer_po": str, "requested_on": _day, "method": str, "delivery_rule": str, "discount_pct": _percent, "discount_amount": number}
EMPTY = ("requested_on", "method")  # may be nothing
CHOICES = {"method": METHODS, "delivery_rule": RULES}
PRICES = ("discount_pct", "discount_amount")


def value(name: str, said: object) -> tuple[bool, Any]:
    """Whether a field can be that, and its value."""
    if name not in FIELDS:
        return False, None
    if said is None or said == "":
        return (name in EMPTY or name == "customer_po"), ("" if name == "customer_po" else None)
    try:
        found = FIELDS[name](said)
    except ValueError:
        return False, None
    return found is not None and (name not in CHOICES or found in CHOICES[name]), found
