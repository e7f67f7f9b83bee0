"""Findings: everything that verify may hold an order for, all at once. Facts by key (few queries), and a pure function over an order and its lines.

Verify feeds it saved orders, a dry run saved or typed ones (reads/dry_run.py): no locks, no writes, one rule. The credit limit is a fold over
the queue (reads/credit.py) and comes in as a finding. Codes, facts and defaults: reference steps.md "Findings of verify".
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from alur.core import money, sql
from alur.reads import billed, credit
from alur.reads.price import FIXED

ZERO, HUNDRED, TWO = Decimal(0), Decimal(100), Decimal("0.01")
RUNNING = ("verified", "confirmed")  # judged again while they run: only what may have turned against them
CODES = (
    "line_incomplete", "quantity_multiple", "customer_blocked", "likely_duplicate", "price_differs", "discount_over_limit", "below_margin",
    "over_credit_limit", "overdue", "below_minimum", "large_order", "address_incomplete", "discontinued", "not_available", "date_impossible",
)  # fmt: skip
AGAIN = ("customer_blocked", "over_credit_limit", "overdue", "address_incomplete", "awaiting_payment")
PLACE = {code: n for n, code in enumerate(CODES)}
# what "no worse" compares for an approved finding; all others must be equal
MEASURES = {
    "over_credit_limit": "at_risk", "overdue": "weight", "price_differs": "percent", "discount_over_limit": "percent", "below_margin": "short",
    "not_available": "quantity",
}  # fmt: skip

# near: what these customers ordered within the window, read once. twin: the last before an order that asks for the same or is on the same PO (a
# window, since a join of the two is planned as if there were one of each). paid: advances that have cleared. there: what a hold misses has come.
ORDERS = """
WITH asked AS MATERIALIZED (
    SELECT customer_id, received_at FROM sales_order WHERE id = ANY(%(ids)s::bigint[]) AND state = 'received'
), near AS MATERIALIZED (
    SELECT x.id, x.customer_id, x.received_at, x.fingerprint, x.customer_po, y.days
      FROM (SELECT customer_id, min(received_at) AS first, max(received_at) AS last FROM asked GROUP BY customer_id) a
     CROSS JOIN (SELECT make_interval(days => duplicate_days) AS days FROM policy ORDER BY id DESC LIMIT 1) y
      JOIN sales_order x ON x.customer_id = a.customer_id AND x.received_at >= a.first - y.days AND x.received_at <= a.last
     WHERE y.days > '0' AND x.state <> 'cancelled'
), twin AS (
    SELECT DISTINCT ON (t.order_id) t.order_id, t.id, t.agrees FROM (
        SELECT id AS order_id, lag(id) OVER w AS id, lag(received_at) OVER w AS at, received_at - days AS since, 'content' AS agrees
          FROM near WHERE fingerprint <> '' WINDOW w AS (PARTITION BY customer_id, fingerprint ORDER BY received_at, id)
        UNION ALL
        SELECT id, lag(id) OVER w, lag(received_at) OVER w, received_at - days, 'customer_po'
          FROM near WHERE customer_po <> '' WINDOW w AS (PARTITION BY customer_id, customer_po ORDER BY received_at, id)) t
     WHERE t.id IS NOT NULL AND t.at >= t.since
     ORDER BY t.order_id, t.at DESC, t.id DESC, t.agrees
)
SELECT o.id, o.customer_id, o.payer_id, o.state, o.priority, o.received_at, o.requested_on, o.method, o.ship_to_id, a.lines AS street, a.city,
       o.version > 1 OR o.state <> 'received' AS again, o.priced_version = o.version AS priced, o.total, o.advance_pct, o.currency, o.granted,
       w.id AS twin, w.agrees, p.paid, t.tickets, h.holds, v.approvals
  FROM sales_order o
  LEFT JOIN document_address a ON a.id = o.ship_to_id
  LEFT JOIN twin w ON w.order_id = o.id
 CROSS JOIN LATERAL (SELECT array_agg(x.id) AS tickets FROM recheck x WHERE x.step = 'verify' AND x.order_id = o.id) t
 CROSS JOIN LATERAL (
       SELECT jsonb_agg(jsonb_build_object('id', x.id, 'code', x.code, 'line_id', x.line_id, 'facts', x.facts, 'there', CASE WHEN x.code = 'not_available' THEN
              (SELECT l.ordered - l.cancelled - l.reserved <= coalesce((SELECT sum(s.on_hand - s.reserved) FROM stock s
                 JOIN warehouse w ON w.id = s.warehouse_id AND w.kind = 'own' AND w.active WHERE s.product_id = l.product_id), 0)
                 FROM order_line l WHERE l.id = x.line_id) END)) AS holds
         FROM hold x WHERE x.order_id = o.id AND x.resolved_at IS NULL) h
 CROSS JOIN LATERAL (
       SELECT jsonb_agg(jsonb_build_object('code', x.code, 'line_id', x.line_id, 'facts', x.facts)) AS approvals
         FROM approval x WHERE x.order_id = o.id AND (x.until IS NULL OR x.until >= %(today)s)) v
  LEFT JOIN LATERAL (
       SELECT (SELECT coalesce(sum(x.open), 0) FROM open_receipt x WHERE x.order_id = o.id AND x.cleared)
              + (SELECT coalesce(sum(i.total), 0) FROM invoice i WHERE i.order_id = o.id)
              - (SELECT coalesce(sum(x.open + x.uncleared), 0) FROM invoice i JOIN open_item x ON x.invoice_id = i.id WHERE i.order_id = o.id) AS paid
        WHERE o.advance_pct > 0 AND (o.version > 1 OR o.state <> 'received')) p ON true
 WHERE o.id = ANY(%(ids)s::bigint[])
 ORDER BY o.priority, o.received_at, o.id
"""
LINES = """
SELECT l.order_id, l.id, l.kind, l.product_id, l.unit, l.quantity, l.ordered, l.ordered - l.cancelled AS open, l.reserved, l.customer_price, l.unit_price,
       l.price_reason, l.discounts, l.net, CASE WHEN o.tax_included THEN 1 + coalesce(r.rate * r.base_num / (r.base_den * 100), 0) ELSE 1 END AS with_tax
  FROM order_line l JOIN sales_order o ON o.id = l.order_id LEFT JOIN tax_rule r ON r.id = l.tax_rule_id
 WHERE l.order_id = ANY(%(ids)s::bigint[]) AND l.kind <> 'comment' AND o.state NOT IN ('verified', 'confirmed')
 ORDER BY l.order_id, l.position, l.id
"""
PRODUCTS = """
SELECT p.id, p.multiple, p.discontinued OR NOT p.active AS gone, p.kind, array_append(u.units, p.unit) AS units,
       coalesce(s.free, 0) AS free, s.cost, y.expected_on
  FROM product p
 CROSS JOIN LATERAL (SELECT array_agg(x.unit) AS units FROM product_unit x WHERE x.product_id = p.id) u
 CROSS JOIN LATERAL (
       SELECT sum(x.on_hand - x.reserved) AS free, coalesce(sum(x.value) / nullif(sum(x.on_hand), 0), max(x.unit_cost)) AS cost
         FROM stock x JOIN warehouse w ON w.id = x.warehouse_id AND w.kind = 'own' AND w.active WHERE x.product_id = p.id) s
 CROSS JOIN LATERAL (
       SELECT min(x.expected_on) AS expected_on FROM supply_line x WHERE x.product_id = p.id AND x.state = 'open' AND x.quantity > x.received) y
 WHERE p.id = ANY(%(ids)s::bigint[])
"""
# Exposure is one statement: open items + granted - cleared receipts that name no order. queue: somebody unjudged may stand ahead.
PARTIES = """
SELECT c.id, c.blocked, c.takes_backorders, coalesce(c.method, y.method) AS method, coalesce(c.credit_limit, 0) AS credit_limit,
       i.owed - r.free AS owed, g.granted, g.queue, i.late, i.days, i.weight, i.invoice_id,
       y.id AS policy_id, y.price_tolerance_pct, y.overdue_amount, y.overdue_days, y.minimum_order, y.large_order, y.discount_limit_pct, y.margin_floor_pct
  FROM unnest(%(parties)s::bigint[], %(priorities)s::int[], %(received)s::timestamptz[], %(orders)s::bigint[])
       AS last(party_id, priority, received_at, order_id)
  JOIN customer c ON c.id = last.party_id
 CROSS JOIN (SELECT * FROM policy ORDER BY id DESC LIMIT 1) y
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(x.open + x.uncleared), 0) AS owed, sum(x.open) FILTER (WHERE x.due_on < %(today)s) AS late,
              max(%(today)s - x.due_on) FILTER (WHERE x.due_on < %(today)s AND x.open > 0) AS days,
              sum(x.open * (%(today)s - x.due_on)) FILTER (WHERE x.due_on < %(today)s) AS weight,
              (array_agg(x.invoice_id ORDER BY x.due_on, x.id) FILTER (WHERE x.due_on < %(today)s AND x.open > 0))[1] AS invoice_id
         FROM open_item x WHERE x.payer_id = c.id) i
 CROSS JOIN LATERAL (SELECT coalesce(sum(x.open), 0) AS free FROM open_receipt x WHERE x.payer_id = c.id AND x.order_id IS NULL AND x.cleared) r
 CROSS JOIN LATERAL (
       SELECT coalesce(sum(x.granted), 0) AS granted,
              bool_or(x.state = 'received' AND (x.priority, x.received_at, x.id) < (last.priority, last.received_at, last.order_id)
                      AND x.id <> ALL(%(ids)s::bigint[])) AS queue
         FROM sales_order x
        WHERE x.payer_id = c.id AND x.state IN ('received', 'verified', 'confirmed', 'fulfilled')) g
"""


class Finding(NamedTuple):
    """What is not as it should be with an order, or with one line of it."""

    code: str
    facts: dict[str, Any]
    blocks: bool = True
    line_id: int | None = None


class Known(NamedTuple):
    """The facts that findings are judged by."""

    parties: Mapping[int, Any]
    products: Mapping[int, Any]
    today: date


def saved(ids: Sequence[int], *, today: date) -> tuple[list[Any], dict[int, list[Any]]]:
    """These saved orders with all that findings ask of an order itself, in queue order; and the lines of those that do not run yet, by order."""
    orders, lines = sql.ask(ORDERS, ids=list(ids), today=today), sql.ask(LINES, ids=list(ids))
    found: dict[int, list[Any]] = {i: [] for i in ids}
    for line in lines.rows():
        found[line.order_id].append(line)
    return orders.rows(), found


def risks(asked: Iterable[Any]) -> dict[int, Decimal]:
    """What each of these saved orders puts at risk; only those that may have been billed are asked for it."""
    found = list(asked)
    again = [order.id for order in found if order.again]
    known = billed.of(again) if again else {}
    return {o.id: credit.at_risk(o.total, o.advance_pct, o.currency, *((known[o.id].billed, known[o.id].deducted) if o.again else ())) for o in found}


def facts(asked: Sequence[Any], products: Iterable[int | None], *, today: date) -> Known:
    """Customers and payers of these orders (in queue order), and these products, by id: two queries."""
    last: dict[int, Any] = dict.fromkeys(o.customer_id for o in asked) | {o.payer_id: o for o in asked}
    keys = [(o.priority, o.received_at, o.id) if o else (None, None, None) for o in last.values()]
    priorities, received, orders = map(list, zip(*keys, strict=True))
    parties = sql.ask(PARTIES, today=today, parties=list(last), ids=[o.id for o in asked], priorities=priorities, received=received, orders=orders)
    things = sql.ask(PRODUCTS, ids=sorted({i for i in products if i}))
    return Known({row.id: row for row in parties.rows()}, {row.id: row for row in things.rows()}, today)


def of(order: Any, lines: Sequence[Any], known: Known, credit: Finding | None) -> list[Finding]:
    """Every finding of an order at once, in code order."""
    found = list(_parties(order, known))
    if credit is not None:
        found.append(credit)
    if order.state not in RUNNING:
        found += _order(order, known)
        for line in lines:
            if line.open:
                found += _line(order, line, known)
        found += _asked_for(order, found, known)
    return sorted(found, key=lambda finding: PLACE[finding.code]) if len(found) > 1 else found


def over_limit(order: Any, payer: Any, exposure: Decimal, risk: Decimal) -> Finding:
    """The finding that a payer's limit does not take an order."""
    over = exposure + risk - payer.credit_limit
    return Finding("over_credit_limit", {"payer_id": order.payer_id, "limit": payer.credit_limit, "exposure": exposure, "at_risk": risk, "over": over})


def covered(finding: Finding, approvals: Iterable[Mapping[str, Any]]) -> bool:
    """Whether somebody said yes to this finding and it is no worse than it was then."""
    measure = MEASURES.get(finding.code)
    approved = [each["facts"] for each in approvals if each["code"] == finding.code and each["line_id"] == finding.line_id]
    if measure is None:
        return bool(approved) and stored(finding.facts) in approved
    return any(measure in then and finding.facts[measure] <= Decimal(then[measure]) for then in approved)


def stored(facts: dict[str, Any]) -> Any:
    """Facts as they come back from where they are stored."""
    return json.loads(sql.dumps(facts))


def _parties(order: Any, known: Known) -> Iterator[Finding]:
    """What the customer, its payer and its address stand in the way with."""
    customer, payer = known.parties[order.customer_id], known.parties[order.payer_id]
    scopes = ("delivery", "all") if order.state in RUNNING else ("order", "all")
    for who in (customer, payer):
        if who.blocked in scopes:
            yield Finding("customer_blocked", {"customer_id": who.id, "scope": who.blocked})
            break
    if payer.weight and payer.weight > payer.overdue_amount * payer.overdue_days:
        yield Finding("overdue", {"payer_id": payer.id, "amount": payer.late, "days": payer.days, "weight": payer.weight, "invoice_id": payer.invoice_id})
    if (order.method or customer.method) != "pickup":
        missing = ["address"] if order.ship_to_id is None else [name for name in ("street", "city") if not getattr(order, name)]
        if missing:
            yield Finding("address_incomplete", {"customer_id": customer.id, "missing": missing})


def _order(order: Any, known: Known) -> Iterator[Finding]:
    """What is unusual about the whole order."""
    policy = known.parties[order.customer_id]
    if order.twin:
        yield Finding("likely_duplicate", {"customer_id": order.customer_id, "other_order_id": order.twin, "agrees": order.agrees})
    if order.total < policy.minimum_order:
        yield Finding("below_minimum", {"total": order.total, "limit": policy.minimum_order})
    if policy.large_order is not None and order.total > policy.large_order:
        yield Finding("large_order", {"total": order.total, "limit": policy.large_order})


def _line(order: Any, line: Any, known: Known) -> Iterator[Finding]:
    """What is wrong with a line."""
    product = known.products.get(line.product_id)
    missing = ["product"] if product is None else [] if line.unit in product.units else ["unit"]
    missing += [] if line.quantity else ["quantity"]
    missing += [] if product is None or line.unit_price is not None else ["price"]
    if missing:
        yield Finding("line_incomplete", {"line_id": line.id, "customer_id": order.customer_id, "missing": missing}, line_id=line.id)
    if product is None:
        return
    if line.open % product.multiple:
        below = line.open - line.open % product.multiple
        facts = {"line_id": line.id, "quantity": line.open, "multiple": product.multiple, "below": below, "above": below + product.multiple}
        yield Finding("quantity_multiple", facts, line_id=line.id)
    if line.unit_price is not None and line.quantity:
        yield from _price(order, line, product, known)
    if product.gone:
        yield Finding("discontinued", {"line_id": line.id, "product_id": product.id}, line_id=line.id)
    short = line.open - line.reserved - product.free if product.kind == "goods" else ZERO
    if short > 0:
        customer = known.parties[order.customer_id]
        facts = {"line_id": line.id, "product_id": product.id, "customer_id": customer.id, "quantity": short, "free": product.free, "on": product.expected_on}
        yield Finding("not_available", facts, blocks=not customer.takes_backorders, line_id=line.id)


def _price(order: Any, line: Any, product: Any, known: Known) -> Iterator[Finding]:
    """What is wrong with a line's price: not the customer's, too much discount, too little left."""
    policy, theirs = known.parties[order.customer_id], line.customer_price
    if theirs is not None and line.price_reason not in FIXED:
        ours = money.discounted(line.unit_price, line.discounts)
        if theirs != ours and abs(theirs - ours) > ours * policy.price_tolerance_pct / HUNDRED:
            percent = money.half_up(abs(theirs - ours) / ours * HUNDRED, TWO) if ours else HUNDRED
            facts = {"line_id": line.id, "product_id": product.id, "customer_id": order.customer_id, "ours": ours, "theirs": theirs, "percent": percent}
            yield Finding("price_differs", facts, line_id=line.id)
    if line.price_reason == "imported":
        return
    gross = line.quantity * line.unit_price
    if gross and line.net < gross:
        percent = money.half_up(HUNDRED - line.net / gross * HUNDRED, TWO)
        if percent > policy.discount_limit_pct:
            yield Finding("discount_over_limit", {"line_id": line.id, "percent": percent, "limit": policy.discount_limit_pct}, line_id=line.id)
    if product.cost:
        bare = line.net / line.with_tax / line.ordered
        margin = money.half_up((bare - product.cost) / bare * HUNDRED, TWO) if bare else -HUNDRED
        if margin < policy.margin_floor_pct:
            short, cost = policy.margin_floor_pct - margin, money.half_up(product.cost)
            facts = {"line_id": line.id, "margin": margin, "floor": policy.margin_floor_pct, "short": short, "cost": cost}
            yield Finding("below_margin", facts, line_id=line.id)


def _asked_for(order: Any, found: Sequence[Finding], known: Known) -> Iterator[Finding]:
    """Whether the day asked for has passed, or comes before what is short can be there."""
    expected = [f.facts["on"] for f in found if f.code == "not_available" and f.facts["on"]]
    earliest = max([known.today, *expected])
    if order.requested_on is not None and order.requested_on < earliest:
        facts = {"customer_id": order.customer_id, "asked": order.requested_on, "earliest": earliest}
        yield Finding("date_impossible", facts, blocks=False)
