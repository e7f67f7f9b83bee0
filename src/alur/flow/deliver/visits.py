"""Visits: the services of an order become deliveries of their departments, from no warehouse: on_site, on the first day with time for them.

Not before the goods of the order are promised to be there, nor before the day that was asked for, and from tomorrow on: a crew is told the day before.
What no day of a department could hold is spread over days. Called by schedule in queue order, with the orders locked. Rules: reference model.md "Service".
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from alur.core import sql
from alur.flow.deliver.drops import Drop
from alur.log import recheck
from alur.reads import crews
from alur.supply import capacity
from alur.supply.capacity import Booked

# Orders ahead that may be booked with the same departments; who is held stands aside. OFFSET 0: their lines are looked up one by one, by index.
AHEAD = """
SELECT o.id FROM sales_order o
 WHERE o.state = 'confirmed' AND o.promised_version >= o.version AND o.id <> ALL(%(ids)s::bigint[])
   AND (o.priority, o.received_at, o.id) < (SELECT priority, received_at, id FROM sales_order WHERE id = ANY(%(ids)s::bigint[])
                                             ORDER BY priority DESC, received_at DESC, id DESC LIMIT 1)
   AND EXISTS (SELECT FROM order_line l JOIN product p ON p.id = l.product_id
                WHERE l.order_id = o.id AND l.kind = 'service' AND l.reserved > l.scheduled
                  AND p.department_id = ANY(ARRAY(SELECT q.department_id FROM order_line m JOIN product q ON q.id = m.product_id
                                                   WHERE m.order_id = ANY(%(ids)s::bigint[]) AND m.kind = 'service'))
               OFFSET 0)
   AND NOT EXISTS (SELECT FROM hold h WHERE h.order_id = o.id AND h.resolved_at IS NULL)
"""


def ahead(order_ids: Sequence[int]) -> list[int]:
    """Lock the departments of these orders; who stands before them in the queue there."""
    capacity.lock_of_orders(order_ids)
    return sql.ids(AHEAD, ids=list(order_ids))


def book(queue: Sequence[Any], mine: Sequence[int], *, today: date) -> dict[int, list[Drop]]:
    """The visits of orders that are `mine`, by order, with their days booked; the others in the queue take theirs before, when it is their turn.

    Who comes on another day than the order was promised gets a ticket: promise tells it.
    """
    known = crews.of({product for row in queue for product in row.service}, today)
    own, found, moved = set(mine), {}, []
    for row in queue:
        made, as_promised = _visits(row, known, today)
        if row.id in own:
            found[row.id] = made
            moved += [] if as_promised else [row.id]
    drops = [drop for each in found.values() for drop in each if drop.department_id]
    with sql.pipeline():
        capacity.book([Booked(drop.department_id or 0, drop.on, line, units) for drop in drops for line, _lot, units in drop.parts])
        recheck.add("promise", moved, "capacity")
    return found


def _visits(row: Any, known: dict[int, crews.Crew], today: date) -> tuple[list[Drop], bool]:
    """An order's visits in order of days, and whether they are on the days that it was promised."""
    found: dict[tuple[Any, ...], Drop] = {}
    as_promised = True
    for line, units, product, ship_to, promised, wanted in zip(
        row.visit, row.units, row.service, row.visited, row.visit_promised, row.visit_wanted, strict=True
    ):
        crew = known[product]
        days = crew.take(units, crews.start(today, row.goods_on, wanted))
        as_promised = as_promised and bool(days) and days[-1][0] == promised
        for on, part in days:
            key = (on, crew.department_id or 0, ship_to or 0)
            if key not in found:
                found[key] = Drop(row.id, row.customer_id, None, ship_to, "on_site", on, row.seen, department_id=crew.department_id)
            found[key].parts.append((line, 0, part))
    return [found[key] for key in sorted(found)], as_promised
