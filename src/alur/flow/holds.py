"""Open and resolve holds, any number at once. What a hold stops and who may release it: models/holds.py."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alur.core import sql

OPEN = """
INSERT INTO hold (order_id, line_id, code, facts, owner, opened_at, opened_by)
SELECT * , %(at)s::timestamptz, %(by)s
  FROM unnest(%(order_id)s::bigint[], %(line_id)s::bigint[], %(code)s::text[], %(facts)s::jsonb[], %(owner)s::text[])
    ON CONFLICT DO NOTHING
"""
RESOLVE = """
UPDATE hold SET resolved_at = %(at)s, resolved_by = %(by)s, resolution = %(resolution)s
 WHERE id = ANY(%(ids)s::bigint[]) AND resolved_at IS NULL
"""
RESTATE = """
UPDATE hold h SET facts = n.facts FROM unnest(%(ids)s::bigint[], %(facts)s::jsonb[]) AS n(id, facts) WHERE h.id = n.id
"""
RESOLVE_PROPOSALS = """
UPDATE hold SET resolved_at = %(at)s, resolved_by = %(by)s, resolution = %(resolution)s
 WHERE code = 'date_proposed' AND resolved_at IS NULL AND (facts ->> 'delivery_id')::bigint = ANY(%(deliveries)s::bigint[])
"""
RESOLVE_ALL = """
UPDATE hold SET resolved_at = %(at)s, resolved_by = 'system', resolution = %(resolution)s
 WHERE order_id = ANY(%(orders)s::bigint[]) AND resolved_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Opening:
    """A hold to open on an order; line_id says what it is about, the whole order waits."""

    order_id: int
    code: str
    owner: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    line_id: int | None = None


def open_all(openings: Iterable[Opening], *, by: str, at: datetime) -> None:
    """Open these holds; one that is open already stays as it is."""
    found = list(openings)
    if found:
        names = ("order_id", "line_id", "code", "owner")
        sql.run(OPEN, by=by, at=at, facts=[sql.dumps(o.facts) for o in found], **{n: [getattr(o, n) for o in found] for n in names})


def resolve(hold_ids: Iterable[int], resolution: str, *, by: str, at: datetime) -> None:
    """Resolve these holds."""
    ids = list(hold_ids)
    if ids:
        sql.run(RESOLVE, ids=ids, resolution=resolution, by=by, at=at)


def restate(facts: Mapping[int, Mapping[str, Any]]) -> None:
    """Write the facts of open holds anew: they are judged again and still stand, with other numbers."""
    if facts:
        sql.run(RESTATE, ids=list(facts), facts=[sql.dumps(each) for each in facts.values()])


def resolve_proposals(delivery_ids: Iterable[int], resolution: str, *, by: str, at: datetime) -> None:
    """The day that a department proposed for these visits is no question any more: they have another day, or are over."""
    deliveries = list(delivery_ids)
    if deliveries:
        sql.run(RESOLVE_PROPOSALS, deliveries=deliveries, resolution=resolution, by=by, at=at)


def resolve_all(order_ids: Iterable[int], resolution: str, *, at: datetime) -> None:
    """Nothing is left to stop on these orders (fulfilled, cancelled): the system resolves whatever is open."""
    orders = list(order_ids)
    if orders:
        sql.run(RESOLVE_ALL, orders=orders, resolution=resolution, at=at)
