"""The Online Retail file (UCI 352): a wholesaler's documents, one row a line, as messy as life.

A document is a sale if its number is digits, a return if it is C and digits (its quantities are below 0; D is a discount), anything else is neither.
Amounts are pounds without tax, times are London's. Codes compare in upper case.
"""

import csv
import gzip
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = "Europe/London"
CHARGES = frozenset({"POST", "DOT", "M", "D", "C2", "S", "B", "CARRIAGE", "BANK CHARGES", "AMAZONFEE", "CRUK"})
WORDS = {
    "no_order": "the document number is neither one of an order nor one of a return",
    "no_quantity": "the quantity is not above 0 (of a return: not below 0): a correction of stock, not an order",
    "no_price": "no price and no customer: a correction of stock, not an order",
    "no_customer": "a return that names no customer: nobody can say what it was sold with",
    "no_sale": "a return, but no earlier sale to its customer holds so much of the product, nor comes to so much money",
    "unreadable": "a number or date cannot be read",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a document; of a return, quantity is what comes back."""

    number: int  # in the file, 1 = the first after the head
    code: str
    description: str
    quantity: Decimal
    price: Decimal
    fields: tuple[str, ...] = ()  # as read, of a return: it may still be refused


@dataclass(slots=True)
class Document:
    """A sale or a return: whose (empty = a guest), when, where to, and its rows."""

    number: str
    at: datetime
    customer: str
    country: str
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that is no part of an order or return, and why (a key of WORDS)."""

    number: int
    reason: str
    fields: Sequence[str]


@dataclass(slots=True)
class File:
    """The whole file: every row is in a document or refused."""

    rows: int = 0
    documents: list[Document] = field(default_factory=list)  # the sales
    returns: list[Document] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def is_charge(code: str) -> bool:
    """Postage, fees, manual amounts and vouchers are no goods."""
    return code in CHARGES or code.startswith("GIFT_")


def read(path: Path) -> File:
    """Read the file (plain or gzipped); documents in the order of their time."""
    found, documents = File(), {}
    times: dict[str, datetime] = {}
    for number, fields in enumerate(_lines(path), 1):
        found.rows += 1
        row = _row(number, fields, times)
        if isinstance(row, str):
            found.refused.append(Refused(number, row, fields))
            continue
        document = documents.get(fields[0])
        if document is None:
            document = documents[fields[0]] = Document(fields[0], times[fields[4]], fields[6], fields[7])
        document.rows.append(row)
    for document in sorted(documents.values(), key=lambda d: (d.at, d.number)):
        (found.returns if document.number.startswith("C") else found.documents).append(document)
    return found


def _lines(path: Path) -> Iterator[list[str]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8", errors="replace", newline="") as text:
        lines = csv.reader(text)
        next(lines)
        yield from lines


def _row(number: int, fields: list[str], times: dict[str, datetime]) -> Row | str:
    """A row of a sale or return, or why it is none."""
    try:
        document, code, description, quantity, at, price, customer, _country = fields
        if at not in times:
            times[at] = datetime.strptime(at, "%m/%d/%y %H:%M").replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
        row = Row(number, code.strip().upper(), description.strip(), Decimal(quantity), Decimal(price))
    except (ValueError, InvalidOperation):
        return "unreadable"
    if document.startswith("C") and document[1:].isdigit():
        back = replace(row, quantity=-row.quantity, fields=tuple(fields))
        return "no_quantity" if back.quantity * row.price <= 0 else back if customer else "no_customer"
    if not document.isdigit():
        return "no_order"
    if row.quantity <= 0:
        return "no_quantity"
    if row.price <= 0 and not customer:
        return "no_price"
    return row
