"""On which day a customer can have it: facts by key, and a pure function over them. The promise step and dry runs of typed lines ask here.

A line's day is the latest of its parts: what lies on a shelf leaves on the first working day of its warehouse (after the cut-off hour from
tomorrow on), what is on a delivery leaves with it, what waits leaves when dated supply covers the queue before it and itself, else after the
product's lead days; then come the days on the road. Never before the day that was asked for. None = nothing is on its way and nobody knows
how long it takes: *tanggal menyusul*, the date follows. A service is done when its department has time, the goods beside it being there (crews.py).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from alur.core import sql
from alur.reads import crews, days
from alur.reads.allot import Part, Want, shelves

ZERO = Decimal(0)
MAX_ID = 2**63 - 1
LAST = 2**31 - 1  # a priority behind every order's

# What is on its way to a warehouse (a day), what of it the queue there takes first (no day), and how long getting a product takes (no warehouse).
SUPPLY = """
SELECT s.product_id, o.warehouse_id, greatest(s.expected_on, %(today)s) AS on, s.quantity - s.received AS quantity, NULL::int AS lead_days
  FROM supply_line s JOIN supply_order o ON o.id = s.supply_order_id
 WHERE s.state = 'open' AND s.product_id = ANY(%(products)s::bigint[]) AND s.expected_on IS NOT NULL AND s.quantity > s.received
UNION ALL
SELECT id, NULL, NULL, NULL, lead_days FROM product WHERE id = ANY(%(products)s::bigint[]) AND supply <> 'none' AND lead_days > 0
 ORDER BY 3
"""
QUEUED = """
SELECT product_id, warehouse_id, sum(open) AS quantity FROM backorder WHERE product_id = ANY(%(products)s::bigint[]) GROUP BY product_id, warehouse_id
"""
ROADS = """
SELECT t.warehouse_id, t.days FROM transport_days t WHERE t.province = %(province)s AND t.method = %(method)s
"""
CUSTOMER = """
SELECT c.warehouse_id, coalesce(%(method)s, c.method, (SELECT method FROM policy ORDER BY id DESC LIMIT 1)) AS method,
       coalesce(%(province)s, (SELECT a.province FROM address a WHERE a.customer_id = c.id AND a.kind = 'ship'
                                ORDER BY a.is_default DESC, a.id LIMIT 1)) AS province
  FROM customer c WHERE c.id = %(customer_id)s
"""


class Source(NamedTuple):
    """A part of a line: what lies in a warehouse, or (on) leaves it on a day, or (waits) must come first, after so much `ahead` in the queue."""

    warehouse_id: int
    road: int  # days on the way to the customer
    on: date | None = None
    product_id: int = 0
    waits: Decimal = ZERO
    ahead: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Supply:
    """What is on its way, by (product, warehouse) in order of days, and the lead days of products that can be got."""

    coming: Mapping[tuple[int, int], Sequence[tuple[date, Decimal]]] = field(default_factory=dict)
    lead_days: Mapping[int, int] = field(default_factory=dict)

    def comes_on(self, source: Source, today: date) -> date | None:
        """The day on which enough for a part has come, if anything is known of it."""
        wanted = source.ahead + source.waits
        for on, quantity in self.coming.get((source.product_id, source.warehouse_id), ()):
            wanted -= quantity
            if wanted <= 0:
                return on
        lead = self.lead_days.get(source.product_id)
        return None if lead is None else today + timedelta(days=lead)


def supply(products: Collection[int], today: date) -> Supply:
    """What is on its way of these products; no statement if there are none."""
    coming: dict[tuple[int, int], list[tuple[date, Decimal]]] = {}
    lead_days: dict[int, int] = {}
    for row in sql.rows(SUPPLY, products=list(products), today=today) if products else ():
        if row.lead_days is None:
            coming.setdefault((row.product_id, row.warehouse_id), []).append((row.on, row.quantity))
        else:
            lead_days[row.product_id] = row.lead_days
    return Supply(coming, lead_days)


def arrives(source: Source, wanted_on: date | None, calendar: days.Calendar, known: Supply) -> date | None:
    """The day on which a part is at the customer's."""
    place = calendar.places[source.warehouse_id]
    ready = known.comes_on(source, calendar.now.date()) if source.waits else None
    if source.waits and ready is None:
        return None
    if source.on is not None:
        leaves = max(source.on, calendar.now.date())
    else:
        asked = wanted_on - timedelta(days=source.road) if wanted_on else None
        leaves = place.leaves(calendar.now, not_before=max((day for day in (ready, asked) if day), default=None))
    return days.arrives(leaves, source.road, place.holidays)


def goods(sources: Iterable[Source], wanted_on: date | None, calendar: days.Calendar, known: Supply) -> date | None:
    """The day of a line of goods: the latest of its parts."""
    return latest([arrives(source, wanted_on, calendar, known) for source in sources])


def latest(found: Collection[date | None]) -> date | None:
    """The latest of these days; not known if one of them is not, or if there are none."""
    known = [day for day in found if day]
    return max(known) if known and len(known) == len(found) else None


@dataclass(frozen=True, slots=True)
class Typed:
    """A line somebody is typing: so many base units of goods or of a service."""

    product_id: int
    quantity: Decimal
    warehouse_id: int | None = None
    wanted_on: date | None = None
    kind: str = "goods"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a typed line would get: from which warehouses, how much would wait, and the day for all of it (None: the date follows)."""

    parts: tuple[Part, ...]
    short: Decimal
    promised_on: date | None


def dry_run(customer_id: int, lines: Sequence[Typed], *, at: datetime, method: str | None = None, province: str | None = None) -> list[Answer]:
    """What these lines would get and when, standing last in the queue: no locks, no writes."""
    calendar, products = days.calendar(at), {line.product_id for line in lines if line.kind == "goods"}
    customer: Any = sql.rows(CUSTOMER, customer_id=customer_id, method=method, province=province)[0]
    given = shelves(products, before=(LAST, at, MAX_ID), at=at).last(
        customer.warehouse_id, [Want(n, line.product_id, line.quantity, line.warehouse_id, line.kind) for n, line in enumerate(lines)]
    )
    known = supply(products, calendar.now.date())
    queued = {(row.product_id, row.warehouse_id): row.quantity for row in sql.rows(QUEUED, products=list(products))}
    near = customer.method in ("pickup", "on_site")
    roads = {row.warehouse_id: row.days for row in sql.rows(ROADS, province=customer.province, method=customer.method)}

    def answer(n: int, line: Typed) -> Answer:
        parts = tuple(part for part in given.parts if part.line_id == n)
        short = [part for part in given.short if part.line_id == n]
        sources = [_source(part, 0 if near else roads.get(part.warehouse_id, 1)) for part in parts]
        sources += [
            _source(part, 0 if near else roads.get(part.warehouse_id, 1), part.quantity, queued.get((part.product_id, part.warehouse_id), ZERO))
            for part in short
        ]
        return Answer(parts, sum((part.quantity for part in short), ZERO), goods(sources, line.wanted_on, calendar, known))

    found = {n: answer(n, line) for n, line in enumerate(lines) if line.kind == "goods"}
    ready = latest([each.promised_on for each in found.values()])
    served = crews.of({line.product_id for line in lines if line.kind == "service"}, calendar.now.date())

    def visit(line: Typed) -> Answer:
        start = crews.start(calendar.now.date(), ready, line.wanted_on)
        return Answer((), ZERO, served[line.product_id].last(line.quantity, start) if ready or not found else None)

    return [found[n] if n in found else visit(line) for n, line in enumerate(lines)]


def _source(part: Part, road: int, waits: Decimal = ZERO, ahead: Decimal = ZERO) -> Source:
    return Source(part.warehouse_id or 0, road, None, part.product_id, waits, ahead)
