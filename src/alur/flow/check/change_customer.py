"""Change a customer, or add one: what it may owe, whether it is blocked, its terms, prices, tax identity and the address it takes goods at.

    customer + version --change_customer--> version + 1                             customer.changed
    a new one (any key of the door's up to 0) --change_customer--> a row, by `made`  customer.created
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
from alur.flow.check import address, identity
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "stale_version": "Somebody else changed {customer} meanwhile; your change was not made. Look at it as it is now and try again.",
    "bad_value": "{field} of {customer} cannot be that. Correct it.",
    "exists": "There is a customer with this code already. Choose another code, or change that customer.",
    **identity.REFUSALS,
}
# a new customer's row; all of it but the code may be changed later
NEW = {
    "code": "", "name": "", "kind": "business", "language": "id", "npwp": "", "nik": "", "nitku": "", "pkp": False, "pkp_since": None, "tax_class": "standard",
    "price_list_id": None, "terms_id": None, "credit_limit": None, "payer_id": None, "blocked": "none", "blocked_reason": "", "salesperson_id": None,
    "warehouse_id": None, "method": None, "takes_backorders": True,
}  # fmt: skip
FIELDS = tuple(name for name in NEW if name != "code")
MATTERS = frozenset({"credit_limit", "blocked", "terms_id", "payer_id", "method", "takes_backorders", "address"})
PRICES = frozenset({"price_list_id", "tax_class"})

JUDGE = """
SELECT c.id, c.version, coalesce(c.payer_id, c.id) AS payer_id, to_jsonb(c) AS now FROM customer c WHERE c.id = ANY(%(ids)s::bigint[]) ORDER BY c.id
"""
TAKEN = "SELECT code FROM customer WHERE code = ANY(%(codes)s::text[])"
MOVE = """
UPDATE customer c SET version = c.version + 1, name = n.name, kind = n.kind, language = n.language, npwp = n.npwp, nik = n.nik, nitku = n.nitku,
       pkp = n.pkp, pkp_since = n.pkp_since, tax_class = n.tax_class, price_list_id = n.price_list_id, terms_id = n.terms_id,
       credit_limit = n.credit_limit, payer_id = n.payer_id, blocked = n.blocked, blocked_reason = n.blocked_reason,
       salesperson_id = n.salesperson_id, warehouse_id = n.warehouse_id, method = n.method, takes_backorders = n.takes_backorders
  FROM unnest(%(ids)s::bigint[], %(fields)s::jsonb[]) AS g(id, f), jsonb_populate_record(NULL::customer, g.f) n
 WHERE c.id = g.id
"""
ADD = """
INSERT INTO customer (code, name, kind, language, npwp, nik, nitku, pkp, pkp_since, tax_class, price_list_id, terms_id, credit_limit, payer_id, blocked,
                      blocked_reason, salesperson_id, warehouse_id, method, takes_backorders)
SELECT n.code, n.name, n.kind, n.language, n.npwp, n.nik, n.nitku, n.pkp, n.pkp_since, n.tax_class, n.price_list_id, n.terms_id, n.credit_limit, n.payer_id,
       n.blocked, n.blocked_reason, n.salesperson_id, n.warehouse_id, n.method, n.takes_backorders
  FROM unnest(%(fields)s::jsonb[]) WITH ORDINALITY AS g(f, place), jsonb_populate_record(NULL::customer, g.f) n ORDER BY g.place
RETURNING id
"""
PRICE_AGAIN = """
INSERT INTO recheck (step, order_id, why)
SELECT 'price', o.id, 'customer' FROM sales_order o WHERE o.customer_id = ANY(%(ids)s::bigint[]) AND o.state = 'received'
"""


@dataclass(frozen=True, slots=True)
class Change:
    """What changes of a customer, by column (FIELDS); `address` is where goods go from now on: name, lines, city ... (all as text).

    version: of the row that changes; None = a new one, which needs a code and a name.
    """

    version: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    address: Mapping[str, str] | None = None


def change_customer(customers: Mapping[int, Change | Mapping[str, Any]], *, by: str, at: datetime) -> Outcome:
    """Change these customers, add those without a version."""
    given = {i: each if isinstance(each, Change) else Change(**each) for i, each in customers.items()}
    stored = {i: each for i, each in given.items() if each.version is not None}
    added = {i: each for i, each in given.items() if each.version is None}
    outcome = Outcome()
    if added:
        _add(added, outcome, by=by, at=at)
    if stored:
        _change(stored, outcome, by=by, at=at)
    return outcome


def _change(given: Mapping[int, Change], outcome: Outcome, *, by: str, at: datetime) -> None:
    places = {i: each.address for i, each in given.items() if each.address is not None}
    address.lock(places)
    locks.payers(given)
    rows, changed, payers = {}, {}, {}
    for row in sql.rows(JUDGE, ids=list(given)):
        asked = given[row.id]
        payers[row.id] = row.payer_id
        rows[row.id] = row.now | {name: value for name, value in asked.fields.items() if name in FIELDS}
        changed[row.id] = sorted(name for name in FIELDS if _plain(rows[row.id][name]) != _plain(row.now[name])) + ["address"] * (asked.address is not None)
        if asked.version is not None and int(asked.version) != row.version:
            outcome.refuse(row.id, "stale_version", customer_id=row.id, version=row.version)
        elif code := _wrong(row.id, asked, rows[row.id], FIELDS):
            outcome.refuse(row.id, code[0], customer_id=row.id, **code[1])
        else:
            (outcome.moved if changed[row.id] else outcome.already).append(row.id)
    for missing in given.keys() - payers.keys():
        outcome.refuse(missing, "not_found")
    if ids := [i for i in rows if i in set(outcome.moved)]:
        _move(ids, rows, changed, payers, {i: places[i] for i in ids if i in places}, by=by, at=at)


def _move(
    ids: list[int], rows: dict[int, Any], changed: dict[int, list[str]], payers: dict[int, int], places: dict[int, Any], *, by: str, at: datetime
) -> None:
    matters = [i for i in ids if MATTERS & set(changed[i])]
    prices = [i for i in ids if PRICES & set(changed[i])]
    with sql.pipeline():
        sql.run(MOVE, ids=ids, fields=[sql.dumps(rows[i]) for i in ids])
        address.move(places)
        recheck.verify_open_of_payers({*matters, *(payers[i] for i in matters)}, "customer")
        if prices:
            sql.run(PRICE_AGAIN, ids=prices)
        log.write([log.Record("customer.changed", i, subject_kind="customer", data={"fields": changed[i]}) for i in ids], by=by, at=at)


def _add(given: Mapping[int, Change], outcome: Outcome, *, by: str, at: datetime) -> None:
    rows: dict[int, dict[str, Any]] = {}
    taken = set(sql.ids(TAKEN, codes=[str(each.fields.get("code", "")) for each in given.values()]))
    for key, each in given.items():
        row = NEW | dict(each.fields)
        code = ("exists", {}) if row["code"] in taken else _wrong(key, each, row, NEW)
        if code:
            outcome.refuse(key, code[0], **code[1])
        else:
            rows[key] = row
    if not rows:
        return
    outcome.made |= dict(zip(rows, sql.ids(ADD, fields=[sql.dumps(row) for row in rows.values()]), strict=True))
    made = [outcome.made[key] for key in rows]
    outcome.moved += made
    with sql.pipeline():
        address.move({outcome.made[key]: place for key in rows if (place := given[key].address) is not None})
        log.write([log.Record("customer.created", i, subject_kind="customer") for i in made], by=by, at=at)


def _wrong(key: int, asked: Change, row: Mapping[str, Any], known: Any) -> tuple[str, dict[str, Any]] | None:
    """Why a row may not stand like this: a code and its facts."""
    unknown = [name for name in asked.fields if name not in known]
    empty = [name for name in ("code", "name") if not str(row[name]).strip()]
    bad = [*unknown, *empty, *(["payer_id"] if row["payer_id"] == key else [])]
    if bad:
        return "bad_value", {"field": bad[0]}
    code = identity.wrong(row)
    return (code, {}) if code else None


def _plain(value: object) -> str:
    """A value as it is stored, for comparing what was typed with what stands there."""
    return sql.dumps(value).strip('"')
