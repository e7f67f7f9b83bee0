"""What customers of an imported file will send back: each row finds its sale, and waits as a request until its day.

A request stands in `draft` (user 0 = nobody types it), so it goes with the company and is done in the transaction that does it (returned.py).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from alur.connectors.channels import online_retail
from alur.connectors.channels.online_retail import Document, File, Refused, Row
from alur.core import money, sql

STORE = """
INSERT INTO draft (user_id, data, saved_at)
SELECT 0, x.data::jsonb, x.at FROM unnest(%(data)s::text[], %(at)s::timestamptz[]) WITH ORDINALITY AS x(data, at, n) ORDER BY x.n
"""


@dataclass(slots=True)
class Request:
    """Of one document, what concerns one sale. kind: goods (quantities by the line's position), claim or discount (an amount only)."""

    document: str
    at: datetime
    order: str  # the sale's number
    kind: str
    lines: dict[int, Decimal] = field(default_factory=dict)
    amount: Decimal = Decimal(0)  # by the return's own prices


@dataclass(slots=True)
class _Sale:
    """What of a sale has not come back or been credited by what we have read so far."""

    document: Document
    left: Decimal
    quantities: list[Decimal]


class _Sales:
    """All sales, to be asked in the order of time."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.of: dict[str, list[_Sale]] = defaultdict(list)
        self.lines: dict[tuple[str, str], list[tuple[_Sale, int]]] = defaultdict(list)
        for document in documents:
            sale = _Sale(document, sum((r.quantity * r.price for r in document.rows), Decimal(0)), [r.quantity for r in document.rows])
            self.of[document.customer].append(sale)
            for place, row in enumerate(document.rows):
                if row.price > 0:
                    self.lines[document.customer, row.code].append((sale, place))

    def goods(self, back: Document, row: Row) -> tuple[_Sale, int] | None:
        """The latest earlier line of the same customer and product that has so much left."""
        for sale, place in reversed(self.lines[back.customer, row.code]):
            if sale.document.at < back.at and sale.quantities[place] >= row.quantity:
                sale.quantities[place] -= row.quantity
                sale.left -= row.quantity * sale.document.rows[place].price
                return sale, place
        return None

    def money(self, back: Document, amount: Decimal) -> _Sale | None:
        """The latest earlier sale of the customer that still comes to so much."""
        for sale in reversed(self.of[back.customer]):
            if sale.document.at < back.at and sale.left >= amount:
                sale.left -= amount
                return sale
        return None


def plan(file: File) -> list[Request]:
    """Find the sale of every return's row; a row without one is refused in the file."""
    sales, found = _Sales(file.documents), {}
    for document in file.returns:
        for row in document.rows:
            amount = money.half_up(row.quantity * row.price, Decimal("0.01"))
            line = None if online_retail.is_charge(row.code) else sales.goods(document, row)
            sale = line[0] if line else sales.money(document, amount)
            if sale is None:
                file.refused.append(Refused(row.number, "no_sale", row.fields))
                continue
            kind = "goods" if line else "discount" if row.code == "D" else "claim"
            key = (document.number, sale.document.number, kind)
            request = found.setdefault(key, Request(document.number, document.at, sale.document.number, kind))
            request.amount += amount
            if line:
                request.lines[line[1] + 1] = request.lines.get(line[1] + 1, Decimal(0)) + row.quantity
    file.refused.sort(key=lambda refused: refused.number)
    return list(found.values())


def store(requests: Sequence[Request]) -> None:
    """Keep them for the simulation."""
    data = [sql.dumps({"document": r.document, "order": r.order, "kind": r.kind, "lines": r.lines, "amount": r.amount}) for r in requests]
    sql.run(STORE, data=data, at=[r.at for r in requests])
