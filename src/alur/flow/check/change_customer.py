"""Change a customer: what it may owe, whether it is blocked, its terms, prices and the address it takes goods at.

    customer + version --change_customer--> version + 1      customer.changed
    what verify stands on (MATTERS): a verify ticket for the payer's open orders; what prices stand on (PRICES): a price ticket for received ones

The event names the fields, never what was typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alur import log
from alur.core import sql
from alur.core.step import Outcome
from alur.flow.check import address
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "stale_version": "Somebody else changed {customer} meanwhile; your change was not made. Look at it as it is now and try again.",
    "bad_value": "{field} of {customer} cannot be that. Correct it.",
}
FIELDS = ("credit_limit", "blocked", "blocked_reason", "terms_id", "payer_id", "price_list_id", "tax_class", "method", "warehouse_id", "takes_backorders")
MATTERS = frozenset({"credit_limit", "blocked", "terms_id", "payer_id", "method", "takes_backorders", "address"})
PRICES = frozenset({"price_list_id", "tax_class"})

JUDGE = """
SELECT c.id, c.version, coalesce(c.payer_id, c.id) AS payer_id,
       jsonb_build_object('credit_limit', c.credit_limit, 'blocked', c.blocked, 'blocked_reason', c.blocked_reason, 'terms_id', c.terms_id,
         'payer_id', c.payer_id, 'price_list_id', c.price_list_id, 'tax_class', c.tax_class, 'method', c.method, 'warehouse_id', c.warehouse_id,
         'takes_backorders', c.takes_backorders) AS now
  FROM customer c WHERE c.id = ANY(%(ids)s::bigint[]) ORDER BY c.id
"""
MOVE = """
UPDATE customer c SET version = c.version + 1,
       credit_limit = (n.f ->> 'credit_limit')::numeric, blocked = n.f ->> 'blocked', blocked_reason = n.f ->> 'blocked_reason',
       terms_id = (n.f ->> 'terms_id')::bigint, payer_id = (n.f ->> 'payer_id')::bigint, price_list_id = (n.f ->> 'price_list_id')::bigint,
       tax_class = n.f ->> 'tax_class', method = n.f ->> 'method', warehouse_id = (n.f ->> 'warehouse_id')::bigint,
       takes_backorders = (n.f ->> 'takes_backorders')::boolean
  FROM unnest(%(ids)s::bigint[], %(fields)s::jsonb[]) AS n(id, f)
 WHERE c.id = n.id
"""
PRICE_AGAIN = """
INSERT INTO recheck (step, order_id, why)
SELECT 'price', o.id, 'customer' FROM sales_order o WHERE o.customer_id = ANY(%(ids)s::bigint[]) AND o.state = 'received'
"""


@dataclass(frozen=True, slots=True)
class Change:
    """What changes of a customer, by column (FIELDS); `address` is where goods go from now on: name, lines, city ... (all as text)."""

    version: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    address: Mapping[str, str] | None = None


def change_customer(customers: Mapping[int, Change | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Change these customers."""
    given = {i: each if isinstance(each, Change) else Change(**each) for i, each in customers.items()}
    moved_to = {i: each.address for i, each in given.items() if each.address is not None}
    address.lock(moved_to)
    locks.payers(given)
    outcome, fields, changed, payers = Outcome(), {}, {}, {}
    for row in sql.rows(JUDGE, ids=list(given)):
        asked = given[row.id]
        payers[row.id] = row.payer_id
        fields[row.id] = row.now | {name: value for name, value in asked.fields.items() if name in FIELDS}
        changed[row.id] = sorted(name for name in FIELDS if _plain(fields[row.id][name]) != _plain(row.now[name])) + ["address"] * (asked.address is not None)
        _judge(row, asked, changed[row.id], outcome)
    for missing in given.keys() - payers.keys():
        outcome.refuse(missing, "not_found")
    if outcome.moved:
        _move(outcome, fields, changed, payers, {i: place for i, place in moved_to.items() if i in outcome.moved}, by=by, at=at)
    return outcome


def _judge(row: Any, asked: Change, changed: list[str], outcome: Outcome) -> None:
    unknown = [name for name in asked.fields if name not in FIELDS]
    if int(asked.version) != row.version:
        outcome.refuse(row.id, "stale_version", customer_id=row.id, version=row.version)
    elif unknown or row.id == asked.fields.get("payer_id"):
        outcome.refuse(row.id, "bad_value", customer_id=row.id, field=unknown[0] if unknown else "payer_id")
    elif changed:
        outcome.moved.append(row.id)
    else:
        outcome.already.append(row.id)


def _move(
    outcome: Outcome, fields: dict[int, Any], changed: dict[int, list[str]], payers: dict[int, int], places: dict[int, Any], *, by: str, at: datetime
) -> None:
    ids = outcome.moved
    matters = [i for i in ids if MATTERS & set(changed[i])]
    prices = [i for i in ids if PRICES & set(changed[i])]
    with sql.pipeline():
        sql.run(MOVE, ids=ids, fields=[sql.dumps(fields[i]) for i in ids])
        address.move(places)
        recheck.verify_open_of_payers({*matters, *(payers[i] for i in matters)}, "customer")
        if prices:
            sql.run(PRICE_AGAIN, ids=prices)
        told = [log.Record("customer.changed", i, subject_kind="customer", data={"fields": changed[i]}) for i in ids]
        log.write(told, by=by, at=at)


def _plain(value: object) -> str:
    """A value as it is stored, for comparing what was typed with what stands there."""
    return sql.dumps(value).strip('"')
