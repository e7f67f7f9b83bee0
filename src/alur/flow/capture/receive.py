"""Receive: orders from any door are recorded once, as they were written.

draft --receive--> received     order.received
a draft whose (channel, external_ref) is known answers `already`
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from alur import log
from alur.core import clock, company, sql
from alur.core.step import Outcome
from alur.flow.capture.draft import LineDraft, OrderDraft

REFUSALS = {
    "bad_quantity": "Line {position} asks for {quantity}; a quantity must be above 0. Correct it and send the order again.",
    "no_lines": "The order has no line with a product or a text. Add one and send it again.",
    "unknown_customer": "We do not know this customer. Choose or make the customer first.",
}

# Each draft's order: the one it became before, or the id of a new one. A reference that another transaction takes this moment repeats the whole.
KNOWN = """
SELECT k.known, coalesce(k.known, nextval(pg_get_serial_sequence('sales_order', 'id'))) AS id
  FROM (SELECT o.id AS known FROM unnest(%(channel)s::text[], %(ref)s::text[]) WITH ORDINALITY AS k(channel, ref, n)
          LEFT JOIN sales_order o ON o.channel = k.channel AND o.external_ref = k.ref ORDER BY k.n) k
"""
CUSTOMERS = """
SELECT c.id, coalesce(c.payer_id, c.id) AS payer_id, c.terms_id, coalesce(l.tax_included, false) AS tax_included, c.salesperson_id,
       coalesce(t.advance_pct, CASE WHEN p.credit_limit IS NULL THEN 100 ELSE 0 END) AS advance_pct, y.delivery_rule, y.invoice_rule
  FROM customer c
  JOIN customer p ON p.id = coalesce(c.payer_id, c.id)
  LEFT JOIN terms t ON t.id = c.terms_id
  LEFT JOIN price_list l ON l.id = coalesce(c.price_list_id, (SELECT id FROM price_list WHERE is_default ORDER BY id LIMIT 1))
 CROSS JOIN (SELECT delivery_rule, invoice_rule FROM policy ORDER BY id DESC LIMIT 1) y
 WHERE c.id = ANY(%(ids)s::bigint[])
"""
# Addresses in use today, and those typed with the order, each with the immutable copy that documents name.
ADDRESSES = """
WITH wanted AS (
    SELECT a.customer_id, a.id AS address_id, a.kind, a.is_default, a.name, a.lines, a.city, a.province, a.postcode, a.country, a.phone,
           md5(concat_ws(chr(31), a.name, a.lines, a.city, a.province, a.postcode, a.country, a.phone)) AS hash
      FROM address a WHERE a.customer_id = ANY(%(customers)s::bigint[]) AND (a.is_default OR a.id = ANY(%(chosen)s::bigint[]))
    UNION ALL
    SELECT NULL, NULL, 'typed', false, t.name, t.lines, t.city, t.province, t.postcode, t.country, t.phone, t.hash
      FROM unnest(%(of)s::bigint[], %(name)s::text[], %(lines)s::text[], %(city)s::text[], %(province)s::text[], %(postcode)s::text[],
                  %(country)s::text[], %(phone)s::text[], %(hash)s::text[]) AS t(customer_id, name, lines, city, province, postcode, country, phone, hash)
      JOIN customer c ON c.id = t.customer_id
), made AS (
    INSERT INTO document_address (name, lines, city, province, postcode, country, phone, hash)
    SELECT DISTINCT ON (w.hash) w.name, w.lines, w.city, w.province, w.postcode, w.country, w.phone, w.hash FROM wanted w
     WHERE NOT EXISTS (SELECT FROM document_address d WHERE d.hash = w.hash) ORDER BY w.hash
    RETURNING id, hash
)
SELECT w.customer_id, w.address_id, w.kind, w.is_default, w.hash, coalesce(d.id, m.id) AS id
  FROM wanted w LEFT JOIN document_address d ON d.hash = w.hash LEFT JOIN made m ON m.hash = w.hash
"""
PRODUCTS = """
SELECT p.id, p.kind, p.unit, u.unit AS other, u.factor
  FROM product p LEFT JOIN product_unit u ON u.product_id = p.id WHERE p.id = ANY(%(ids)s::bigint[])
"""
ORDERS = """
INSERT INTO sales_order (id, number, customer_id, payer_id, channel, external_ref, customer_po, state, priority, received_at, requested_on, method,
                         ship_to_id, bill_to_id, terms_id, advance_pct, currency, tax_included, discount_pct, discount_amount, delivery_rule,
                         invoice_rule, fingerprint, salesperson_id, entered_by)
SELECT o.id, 'SO-' || %(year)s || '-' || to_char(nextval('sales_order_number'), 'FM9999999999000000'), o.customer_id, o.payer_id, o.channel, o.external_ref,
       o.customer_po, 'received', o.priority, o.received_at, o.requested_on, o.method, o.ship_to_id, o.bill_to_id, o.terms_id, o.advance_pct,
       %(currency)s, o.tax_included, o.discount_pct, o.discount_amount, o.delivery_rule, o.invoice_rule, o.fingerprint, o.salesperson_id, %(by)s
  FROM unnest(%(id)s::bigint[], %(customer_id)s::bigint[], %(payer_id)s::bigint[], %(channel)s::text[], %(external_ref)s::text[],
              %(customer_po)s::text[], %(priority)s::int[], %(received_at)s::timestamptz[], %(requested_on)s::date[], %(method)s::text[],
              %(ship_to_id)s::bigint[], %(bill_to_id)s::bigint[], %(terms_id)s::bigint[], %(advance_pct)s::numeric[], %(tax_included)s::bool[],
              %(discount_pct)s::numeric[], %(discount_amount)s::numeric[], %(delivery_rule)s::text[], %(invoice_rule)s::text[],
              %(fingerprint)s::text[], %(salesperson_id)s::bigint[])
       AS o(id, customer_id, payer_id, channel, external_ref, customer_po, priority, received_at, requested_on, method, ship_to_id, bill_to_id,
            terms_id, advance_pct, tax_included, discount_pct, discount_amount, delivery_rule, invoice_rule, fingerprint, salesperson_id)
"""
LINES = """
INSERT INTO order_line (order_id, position, kind, product_id, as_written, customer_sku, unit, factor, quantity, ordered, customer_price, unit_price,
                        price_reason, price_by, discounts, requested_on, not_before, warehouse_id)
SELECT l.order_id, l.position, l.kind, l.product_id, l.as_written, l.customer_sku, l.unit, l.factor, l.quantity, l.quantity * l.factor,
       l.price, CASE WHEN l.price_reason IS NOT NULL THEN l.price END, l.price_reason, CASE WHEN l.price_reason = 'manual' THEN %(by)s ELSE '' END,
       coalesce(string_to_array(nullif(l.discounts, ''), ' ')::numeric[], '{}'), l.requested_on, l.not_before, l.warehouse_id
  FROM unnest(%(order_id)s::bigint[], %(position)s::int[], %(kind)s::text[], %(product_id)s::bigint[], %(as_written)s::text[],
              %(customer_sku)s::text[], %(unit)s::text[], %(factor)s::numeric[], %(quantity)s::numeric[], %(price)s::numeric[],
              %(price_reason)s::text[], %(discounts)s::text[], %(requested_on)s::date[], %(not_before)s::date[], %(warehouse_id)s::bigint[])
       AS l(order_id, position, kind, product_id, as_written, customer_sku, unit, factor, quantity, price, price_reason, discounts, requested_on,
            not_before, warehouse_id)
"""
LINE_COLUMNS = (
    "order_id", "position", "kind", "product_id", "as_written", "customer_sku", "unit", "factor", "quantity", "price", "price_reason", "discounts",
    "requested_on", "not_before", "warehouse_id",
)  # fmt: skip
Product = tuple[str, str, dict[str, Decimal]]  # kind, base unit, factor of each unit
TYPED = ("of", "name", "lines", "city", "province", "postcode", "country", "phone", "hash")


def receive(drafts: Sequence[OrderDraft], *, by: str, at: datetime) -> Outcome:
    """Record these drafts as orders; an answer for each draft's key, `made` says which order it is."""
    outcome = Outcome()
    sound = [d for d in drafts if _sound(d, outcome)]
    customers = sql.ask(CUSTOMERS, ids=[d.customer_id for d in sound if d.customer_id])
    known = sql.ask(KNOWN, channel=[d.channel for d in sound], ref=[d.external_ref for d in sound])
    found = sql.ask(PRODUCTS, ids=list({line.product_id for d in sound for line in d.lines if line.product_id}))
    asked = places(sound)
    owners = {c.id: c for c in customers.rows()}
    fresh = _fresh(zip(sound, known.rows(), strict=True), owners, outcome)
    known_products, known_places = products(found.rows()), addresses(asked.rows())
    lines = [row for i, draft in fresh for row in lines_of(i, draft.lines, known_products)]
    if fresh:
        sql.run(ORDERS, by=by, year=str(clock.day(at).year), currency=company.current().currency, **_orders(fresh, owners, known_places, at))
        sql.run(LINES, by=by, **dict(zip(LINE_COLUMNS, map(list, zip(*lines, strict=True)), strict=True)))
    outcome.facts = {i: {"channel": d.channel, "customer_id": d.customer_id, "lines": len(d.lines)} for i, d in fresh}
    log.append(outcome, moved="order.received", by=by, at=at)
    return outcome


def _sound(draft: OrderDraft, outcome: Outcome) -> bool:
    """Whether a draft can be recorded at all; if not, its refusal."""
    for position, line in enumerate(draft.lines, 1):
        if not line.comment and not (line.quantity.is_finite() and line.quantity > 0):
            outcome.refuse(draft.key, "bad_quantity", position=position, quantity=str(line.quantity))
            return False
    if not any(line.product_id or line.as_written for line in draft.lines if not line.comment):
        outcome.refuse(draft.key, "no_lines")
        return False
    return True


def _fresh(drafts: Iterable[tuple[OrderDraft, Any]], customers: Mapping[int, Any], outcome: Outcome) -> list[tuple[int, OrderDraft]]:
    """The drafts not recorded yet with their new ids, sorted by their unique key; the others are answered."""
    fresh, seen = [], set()
    for draft, order in drafts:
        ref = (draft.channel, draft.external_ref)
        if draft.customer_id not in customers:
            outcome.refuse(draft.key, "unknown_customer")
        elif order.known:
            outcome.already.append(order.id)
            outcome.made[draft.key] = order.id
        elif draft.external_ref is None or ref not in seen:
            seen.add(ref)
            fresh.append((order.id, draft))
            outcome.made[draft.key] = order.id
    outcome.moved = [i for i, _ in fresh]
    return sorted(fresh, key=lambda each: (each[1].channel, each[1].external_ref or ""))


def places(drafts: Sequence[OrderDraft]) -> sql.Answer:
    """Ask for the addresses in use today of these drafts' customers, for the chosen and for the typed ones."""
    typed = {(d.ship_to, d.customer_id) for d in drafts if d.ship_to and d.customer_id}
    columns = zip(*((customer, *place.parts(), place.hash()) for place, customer in typed), strict=True)
    fields = dict(zip(TYPED, map(list, columns), strict=True)) if typed else {name: [] for name in TYPED}
    return sql.ask(ADDRESSES, customers=[d.customer_id for d in drafts if d.customer_id], chosen=[d.address_id for d in drafts if d.address_id], **fields)


def addresses(rows: Iterable[Any]) -> dict[tuple[str, Any], int]:
    """The document address of each default ('ship' | 'bill', customer), each chosen address and each typed one."""
    found: dict[tuple[str, Any], int] = {}
    for row in rows:
        if row.kind == "typed":
            found["typed", row.hash] = row.id
        else:
            found["chosen", row.address_id] = row.id
            if row.is_default:
                found[row.kind, row.customer_id] = row.id
    return found


def products(rows: Iterable[Any]) -> dict[int, Product]:
    """Kind, base unit and units of each product."""
    found: dict[int, Product] = {}
    for row in rows:
        units = found.setdefault(row.id, (row.kind, row.unit, {row.unit: Decimal(1)}))[2]
        if row.other:
            units[row.other] = row.factor
    return found


def _orders(fresh: list[tuple[int, OrderDraft]], customers: Mapping[int, Any], addresses: Mapping[tuple[str, Any], int], at: datetime) -> dict[str, list[Any]]:
    """The columns of the new orders."""
    drafts = [d for _, d in fresh]
    own = [customers[d.customer_id] for d in drafts]  # type: ignore[index]  _fresh has seen it
    rows = sql.columns(drafts, "customer_id", "channel", "external_ref", "customer_po", "priority", "requested_on", "method", "discount_pct", "discount_amount")
    rows |= sql.columns(own, "payer_id", "advance_pct", "tax_included", "delivery_rule", "invoice_rule", "salesperson_id")
    return rows | {
        "id": [i for i, _ in fresh],
        "received_at": [d.received_at or at for d in drafts],
        "terms_id": [d.terms_id or c.terms_id for d, c in zip(drafts, own, strict=True)],
        "ship_to_id": [_ship_to(d, addresses) for d in drafts],
        "bill_to_id": [addresses.get(("bill", d.customer_id)) or _ship_to(d, addresses) for d in drafts],
        "fingerprint": [fingerprint(d) for d in drafts],
    }


def _ship_to(draft: OrderDraft, addresses: Mapping[tuple[str, Any], int]) -> int | None:
    if draft.ship_to:
        return addresses["typed", draft.ship_to.hash()]
    return addresses.get(("chosen", draft.address_id)) or addresses.get(("ship", draft.customer_id))


def lines_of(order_id: int, lines: Iterable[LineDraft], known: Mapping[int, Product], *, after: int = 0) -> Iterable[tuple[Any, ...]]:
    """The rows of an order's lines, in LINE_COLUMNS, behind this position; a unit the product does not have is kept as written and found by verify."""
    for position, line in enumerate(lines, after + 1):
        kind, unit, units = known.get(line.product_id or 0, ("goods", "", {}))
        kind = "comment" if line.comment else kind
        written = line.unit or unit
        yield (
            order_id, position, kind, line.product_id if unit and not line.comment else None, line.as_written, line.customer_sku, written,
            units.get(written, Decimal(1)), Decimal(0) if line.comment else line.quantity, line.price, line.price_reason,
            " ".join(map(str, line.discounts)), line.requested_on, line.not_before, line.warehouse_id,
        )  # fmt: skip


def fingerprint(draft: OrderDraft) -> str:
    """Equal for orders that ask for the same things: how a likely duplicate is found."""
    things = sorted(
        (line.product_id or 0, line.as_written if not line.product_id else "", line.unit, f"{line.quantity.normalize():f}")
        for line in draft.lines
        if not line.comment
    )
    return hashlib.blake2b(repr(things).encode(), digest_size=12).hexdigest()


__all__ = ("REFUSALS", "LineDraft", "OrderDraft", "fingerprint", "receive")
