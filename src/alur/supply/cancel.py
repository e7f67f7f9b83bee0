"""Cancel supply: what is still to come on a line comes no more. Who waits for it is promised anew.

    open --cancel--> cancelled, and its supply order when no line of it is open     supply.cancelled

What has come stays. Goods on the road between two warehouses are received first. Rules: reference steps.md "supply.order".
"""

from collections.abc import Sequence
from datetime import datetime

from alur import log
from alur.core import sql, step
from alur.core.step import Outcome
from alur.models import locks
from alur.supply import queue
from alur.supply.receive import OWNERS, SETTLE

REFUSALS = {
    "wrong_state": "This line is {state} now: everything on it has come. Nothing is left to cancel.",
    "on_the_road": "{on_the_road:qty} of {product} are on the road on {supply_order}. Receive them (and count what is missing), then cancel the rest.",
}

JUDGE = """
SELECT l.id, CASE WHEN l.state = 'cancelled' THEN 'already' WHEN l.state <> 'open' THEN 'wrong_state'
                  WHEN o.kind = 'transfer' AND l.sent > l.received THEN 'on_the_road' END AS verdict,
       jsonb_build_object('state', l.state, 'product_id', l.product_id, 'supply_order_id', o.id, 'warehouse_id', o.warehouse_id,
                          'on_the_road', l.sent - l.received, 'left', l.quantity - l.received) AS facts
  FROM supply_line l JOIN supply_order o ON o.id = l.supply_order_id
 WHERE l.id = ANY(%(ids)s::bigint[])
 ORDER BY l.id
"""
MOVE = "UPDATE supply_line SET state = 'cancelled' WHERE id = ANY(%(ids)s::bigint[])"


def cancel(line_ids: Sequence[int], *, by: str, at: datetime) -> Outcome:
    """Give up what is still to come on these supply lines."""
    locks.supply_orders(row.supply_order_id for row in sql.rows(OWNERS, ids=list(line_ids)))
    outcome = step.judge(JUDGE, line_ids)
    if not outcome.moved:
        return outcome
    gone = [outcome.facts[i] for i in outcome.moved]
    orders = list(dict.fromkeys(each["supply_order_id"] for each in gone))
    with sql.pipeline():
        sql.run(MOVE, ids=outcome.moved)
        sql.run(SETTLE, orders=orders)
        queue.wake([(each["product_id"], each["warehouse_id"]) for each in gone])
        log.write([log.Record("supply.cancelled", i, subject_kind="supply_order") for i in orders], by=by, at=at)
    return outcome
