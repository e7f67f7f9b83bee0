"""Amend: a customer wants something else of an order, at any point of its way. What is delivered stays, the rest follows.

    received, verified, confirmed, fulfilled + version --amend--> the same, version + 1     order.amended
    more, or another price: verified, confirmed, fulfilled --> received, checked again     order.reopened
    nothing left open --> fulfilled or cancelled     order.fulfilled, order.cancelled
    a delivery left empty --> cancelled     delivery.cancelled, delivery.put_back

What happens is decided in plan.py, which the preview (impact.py) asks as well. The pro forma is voided and made again, a day promised again;
who may be freed by less, or is another address now, is verified again. Rules: reference steps.md "capture.amend".
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.flow import finish, totals
from alur.flow.capture import delta, life, plan, receive
from alur.flow.capture.cut import Cuts
from alur.flow.capture.delta import Amend
from alur.flow.capture.draft import OrderDraft
from alur.flow.capture.plan import Plan
from alur.log import recheck
from alur.supply import queue

REFUSALS = {
    "stale_version": "Somebody else changed {order} meanwhile; your change was not made. Look at what stands there now and save again.",
    "unknown_line": "The line ({line_id}) is not one of {order}. Reload the page.",
    "bad_value": "{field} of {order} cannot be that. Correct it and save again.",
    "below_delivered": "{delivered:qty} of {line} are delivered. Keep at least that; take goods back as a return.",
    "in_transit": "{delivery} is on the road. Wait until it has arrived or come back; what has not left can be changed now.",
    "set_aside": "{quantity:qty} of {line} are set aside. Take the line out and add another one instead.",
    "billed": "{quantity:qty} of {line} are invoiced at their price. Credit them, or add a line at the new price.",
    "nothing_changes": "{order} is like that already; nothing was changed.",
    "closed": "{order} is {state}. Write a new order; take goods back as a return.",
}

WRITE = """
UPDATE order_line l SET kind = n.kind, product_id = n.product_id, unit = n.unit, factor = n.factor, quantity = n.quantity, ordered = n.ordered,
       cancelled = l.cancelled - n.back, unit_price = n.unit_price, price_reason = n.price_reason,
       price_by = CASE WHEN n.by_hand THEN %(by)s ELSE l.price_by END, discounts = string_to_array(n.discounts, ' ')::numeric[]
  FROM unnest(%(id)s::bigint[], %(kind)s::text[], %(product_id)s::bigint[], %(unit)s::text[], %(factor)s::numeric[], %(quantity)s::numeric[],
              %(ordered)s::numeric[], %(back)s::numeric[], %(unit_price)s::numeric[], %(price_reason)s::text[], %(discounts)s::text[], %(by_hand)s::bool[])
       AS n(id, kind, product_id, unit, factor, quantity, ordered, back, unit_price, price_reason, discounts, by_hand)
 WHERE l.id = n.id
"""
WRITTEN = ("id", "kind", "product_id", "unit", "factor", "quantity", "ordered", "back", "unit_price", "price_reason", "discounts", "by_hand")
# What is not priced again keeps its prices as those of the new version.
MOVE = """
UPDATE sales_order o SET state = n.state, version = o.version + 1, ship_to_id = coalesce(n.ship_to_id, o.ship_to_id), customer_po = n.f ->> 'customer_po',
       requested_on = (n.f ->> 'requested_on')::date, method = n.f ->> 'method', delivery_rule = n.f ->> 'delivery_rule',
       discount_pct = (n.f ->> 'discount_pct')::numeric, discount_amount = (n.f ->> 'discount_amount')::numeric,
       priced_version = CASE WHEN o.priced_version = o.version AND NOT n.again THEN o.version + 1 ELSE o.priced_version END
  FROM unnest(%(id)s::bigint[], %(state)s::text[], %(again)s::bool[], %(ship_to_id)s::bigint[], %(fields)s::jsonb[]) AS n(id, state, again, ship_to_id, f)
 WHERE o.id = n.id
"""
READDRESS = """
UPDATE delivery d SET ship_to_id = n.ship_to_id, version = d.version + 1
  FROM unnest(%(id)s::bigint[], %(ship_to_id)s::bigint[]) AS n(id, ship_to_id) WHERE d.id = n.id
"""


def amend(orders: Mapping[int, Amend | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Change these orders as said; each was looked at in the version that its amendment names."""
    asked = {i: delta.of(each) for i, each in orders.items()}
    life.lock(list(asked))
    known = sql.ask(receive.PRODUCTS, ids=products(asked.values()))
    outcome, (found, cuts) = Outcome(), life.read(list(asked))
    known_products, plans = receive.products(known.rows()), []
    for order_id in asked:
        if order_id not in found:
            outcome.refuse(order_id, "not_found")
    for order_id, rows in found.items():
        made = plan.judge(rows, asked[order_id], cuts, known_products)
        if isinstance(made, Plan):
            made.take(cuts)
            plans.append(made)
            outcome.moved.append(order_id)
        else:
            outcome.refuse(order_id, made.code, order_id=order_id, **made.facts)
    if plans:
        _move(plans, cuts, known_products, by=by, at=at)
    log.append(Outcome(refused=outcome.refused), moved="", refused="order.amend_refused", by=by, at=at)
    return outcome


def products(asked: Any) -> list[int]:
    """The products that amendments name."""
    named = {line.product_id for each in asked for line in (*each.lines.values(), *each.add)}
    return sorted(i for i in named if i)


def _move(plans: Sequence[Plan], cuts: Cuts, known: Mapping[int, receive.Product], *, by: str, at: datetime) -> None:
    """Write it all, finish those of which nothing is open any more, and tell."""
    places = _places(plans)
    reasons = life.reasons({p.order.order_id: p.asked.reason for p in plans}, by=by, at=at)
    with sql.pipeline():
        empty = life.take_off(cuts, at=at)
        _lines(plans, known, by=by)
        now = [{name: getattr(p.order, name) for name in delta.FIELDS} | p.fields for p in plans]
        sql.run(
            MOVE, id=[p.order.order_id for p in plans], state=[p.state for p in plans], again=[p.again for p in plans],
            ship_to_id=[places.get(p.order.order_id) for p in plans], fields=[sql.dumps(each) for each in now],
        )  # fmt: skip
        if drops := [(d, places[p.order.order_id]) for p in plans for d in p.readdressed]:
            sql.run(READDRESS, id=[d for d, _ in drops], ship_to_id=[place for _, place in drops])
    fewer = [p.order.order_id for p in plans if p.cut]
    finished = finish.ask([p.order.order_id for p in plans if p.cut and not p.again]).rows() if fewer else []
    totals.rewrite(fewer)
    over = {row.id for row in finished}
    with sql.pipeline():
        facts = {p.order.order_id: _facts(p, reasons) for p in plans}
        log.write([log.Record("order.amended", i, i, data=each) for i, each in facts.items()], by=by, at=at)
        log.write([log.Record("order.reopened", i, i) for i in (p.order.order_id for p in plans if p.state != p.order.state)], by=by, at=at)
        finish.tell(finished, by=by, at=at, data=facts)
        log.write(life.told(cuts, empty), by=by, at=at)
        sql.run(finish.VOID, ids=[p.order.order_id for p in plans if p.state != "fulfilled" and p.order.order_id not in over], at=at)
        _recheck(plans, over)


def _places(plans: Sequence[Plan]) -> dict[int, int]:
    """The document address of each order that goes somewhere else."""
    drafts = [OrderDraft(p.order.order_id, p.order.customer_id, ship_to=p.asked.address) for p in plans if p.moves_to]
    if not drafts:
        return {}
    found = receive.addresses(receive.places(drafts).rows())
    return {draft.key: found["typed", draft.ship_to.hash()] for draft in drafts if draft.ship_to}


def _lines(plans: Sequence[Plan], known: Mapping[int, receive.Product], *, by: str) -> None:
    """Write lines that change, and new ones behind the last."""
    written = [new for p in plans for new in p.written]
    if written:
        sql.run(WRITE, by=by, **sql.columns(written, *WRITTEN))
        queue.grow({new.id: new.raised for new in written if new.raised})
    added = [row for p in plans for row in receive.lines_of(p.order.order_id, p.asked.add, known, after=max((x.position for x in p.lines), default=0))]
    if added:
        sql.run(receive.LINES, by=by, **dict(zip(receive.LINE_COLUMNS, map(list, zip(*added, strict=True)), strict=True)))


def _facts(made: Plan, reasons: Mapping[int, str]) -> dict[str, Any]:
    """What the event says: the version, what changes, and each line's quantity before and after in base units."""
    left = {line.id: line.ordered - line.cancelled for line in made.lines}
    lines = {str(i): [left[i], left[i] - quantity] for i, quantity in made.cut.items()}
    lines |= {str(new.id): [left[new.id], left[new.id] + new.raised] for new in made.written if new.raised}
    reason = reasons.get(made.order.order_id)
    return {"version": made.order.version + 1, "what": made.what, "lines": lines, "added": len(made.asked.add)} | ({"reason": reason} if reason else {})


def _recheck(plans: Sequence[Plan], over: set[int]) -> None:
    """Less leaves credit to the payer's other orders; what is not checked from the start is looked at again."""
    fewer = sorted({p.order.payer_id for p in plans if p.cut})
    again = {p.order.order_id for p in plans if p.again}
    recheck.verify_open_of_payers(fewer, "amended", sorted(over | again))
    recheck.add("verify", [p.order.order_id for p in plans if not p.cut and not p.again and p.state != "fulfilled"], "amended")
