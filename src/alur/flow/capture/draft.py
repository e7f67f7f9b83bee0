"""What a door hands to `receive`: an order as it was written, before anything is looked up or judged."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Place:
    """An address as written."""

    name: str = ""
    lines: str = ""
    city: str = ""
    province: str = ""
    postcode: str = ""
    country: str = "ID"
    phone: str = ""

    def parts(self) -> tuple[str, ...]:
        """Its fields, in the order of `document_address`."""
        return (self.name, self.lines, self.city, self.province, self.postcode, self.country, self.phone)

    def hash(self) -> str:
        """Equal content, equal hash; PostgreSQL makes the same from a stored address."""
        return hashlib.md5("\x1f".join(self.parts()).encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class LineDraft:
    """A line: quantity and price are per unit as written (unit empty = the product's own). A comment has no quantity."""

    quantity: Decimal = Decimal(0)
    product_id: int | None = None
    unit: str = ""
    price: Decimal | None = None  # the customer's
    as_written: str = ""
    customer_sku: str = ""
    price_reason: str | None = None  # manual | imported: `price` is agreed and stays
    discounts: tuple[Decimal, ...] = ()
    requested_on: date | None = None
    not_before: date | None = None
    warehouse_id: int | None = None
    comment: bool = False


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order from any door. key is the door's own number for it; (channel, external_ref) makes a repeat answer `already`."""

    key: int
    customer_id: int | None
    lines: tuple[LineDraft, ...] = field(default=())
    channel: str = "phone"
    external_ref: str | None = None
    customer_po: str = ""
    received_at: datetime | None = None  # None = now
    requested_on: date | None = None
    method: str | None = None
    ship_to: Place | None = None  # None = address_id, or the customer's default
    address_id: int | None = None
    discount_pct: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    priority: int = 5
    terms_id: int | None = None  # None = the customer's
