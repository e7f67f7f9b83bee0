"""Facts as sentences: any number of refusals, holds or events at once, in a reader's language, with a constant number of queries.

A fact names a row by its id (`customer_id`, `line_id`, `other_order_id`); the sentence asks for its name (`{customer}`, `{line}`, `{other_order}`).
Facts that are codes of ours (`channel`, `state`, `method`, `way` ...) are said in words. `core/words.say` writes the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from alur.core import company, sql, words
from alur.core.step import Refusal, Step
from alur.log.kinds import KINDS
from alur.models.holds import KINDS as HOLDS
from alur.reads import status

Said = tuple[str, Mapping[str, Any] | None]

# one row a name, in both languages; what a name is made of stands in `more`
NAMES = """
SELECT 'customer' AS noun, id, name AS indonesian, name AS english, '' AS more FROM customer WHERE id = ANY(%(customer)s::bigint[])
UNION ALL SELECT 'product', id, coalesce(nullif(name_id, ''), name_en), coalesce(nullif(name_en, ''), name_id), sku
            FROM product WHERE id = ANY(%(product)s::bigint[])
UNION ALL SELECT 'order', id, number, number, '' FROM sales_order WHERE id = ANY(%(order)s::bigint[])
UNION ALL SELECT 'line', l.id, l.position::text, l.position::text, coalesce(p.sku, l.as_written)
            FROM order_line l LEFT JOIN product p ON p.id = l.product_id WHERE l.id = ANY(%(line)s::bigint[])
UNION ALL SELECT 'delivery', id, number, number, '' FROM delivery WHERE id = ANY(%(delivery)s::bigint[])
UNION ALL SELECT 'invoice', id, number, number, '' FROM invoice WHERE id = ANY(%(invoice)s::bigint[])
UNION ALL SELECT 'payment', id, number, number, '' FROM payment WHERE id = ANY(%(payment)s::bigint[])
UNION ALL SELECT 'pro_forma', id, number, number, '' FROM pro_forma WHERE id = ANY(%(pro_forma)s::bigint[])
UNION ALL SELECT 'supply_order', id, number, number, '' FROM supply_order WHERE id = ANY(%(supply_order)s::bigint[])
UNION ALL SELECT 'return', id, number, number, '' FROM "return" WHERE id = ANY(%(return)s::bigint[])
UNION ALL SELECT 'warehouse', id, coalesce(nullif(name, ''), code), coalesce(nullif(name, ''), code), '' FROM warehouse WHERE id = ANY(%(warehouse)s::bigint[])
UNION ALL SELECT 'department', id, coalesce(nullif(name, ''), code), coalesce(nullif(name, ''), code), ''
            FROM department WHERE id = ANY(%(department)s::bigint[])
UNION ALL SELECT 'supplier', id, coalesce(nullif(name, ''), code), coalesce(nullif(name, ''), code), '' FROM supplier WHERE id = ANY(%(supplier)s::bigint[])
UNION ALL SELECT 'terms', id, coalesce(nullif(name, ''), code), coalesce(nullif(name, ''), code), '' FROM terms WHERE id = ANY(%(terms)s::bigint[])
UNION ALL SELECT 'reason', id, coalesce(nullif(name_id, ''), code), coalesce(nullif(name_en, ''), code), '' FROM reason WHERE id = ANY(%(reason)s::bigint[])
UNION ALL SELECT 'user', id, coalesce(nullif(name, ''), email), coalesce(nullif(name, ''), email), '' FROM "user" WHERE id = ANY(%(user)s::bigint[])
"""
NOUNS = {
    "customer": "customer", "payer": "customer", "product": "product", "substitute": "product", "order": "order", "line": "line", "delivery": "delivery",
    "invoice": "invoice", "advance": "invoice", "credit_note": "invoice", "payment": "payment", "receipt": "payment", "pro_forma": "pro_forma",
    "supply_order": "supply_order", "return": "return", "warehouse": "warehouse", "department": "department", "supplier": "supplier", "terms": "terms",
    "reason": "reason", "user": "user", "driver": "user", "salesperson": "user",
}  # fmt: skip
# what everyone may refuse with, said where neither the step nor the map says it
COMMON = {
    "wrong_state": gettext_noop("It is {state} now, so this step does not apply. Reload the page to see where it stands."),
    "not_found": gettext_noop("It is not here any more. Reload the page."),
    "waits_for_ahead": gettext_noop("Others are ahead in the queue; it follows by itself."),
    "too_early": gettext_noop("It is too early for this; it follows by itself."),
    "stale_version": gettext_noop("Somebody else changed this meanwhile; your change was not made. Look at the new state and try again."),
}
UNKNOWN = gettext_noop("This did not go through ({code}).")
# who acts without being a person: the worker, the system, a door, a role that a simulation plays
ACTORS = {
    "worker": gettext_noop("Alur, by itself"), "system": gettext_noop("Alur"), "import": gettext_noop("Import"), "console": gettext_noop("Console"),
    "desk": gettext_noop("Order desk"), "verifier": gettext_noop("Verifier"), "warehouse": gettext_noop("Warehouse"), "dispatcher": gettext_noop("Dispatcher"),
    "driver": gettext_noop("Driver"), "technician": gettext_noop("Technician"), "finance": gettext_noop("Finance"), "manager": gettext_noop("Manager"),
    "admin": gettext_noop("Administrator"),
}  # fmt: skip


def render(said: Sequence[Said], language: str, *, now: datetime | None = None) -> list[str]:
    """Each (English sentence, facts) in the reader's language, its names looked up: one query for all of them."""
    known = _names([_ids(facts) for _, facts in said], language)
    here = company.current()
    with translation.override(language):
        return [_upper(words.say(_translated(template), _spoken(facts, known), language=language, currency=here.currency, zone=here.time_zone, now=now))
                for template, facts in said]  # fmt: skip


def refusals(step: Step, refused: Iterable[Refusal], language: str, *, shared: Mapping[str, str] | None = None, now: datetime | None = None) -> list[str]:
    """A sentence for each refusal of a step; `shared` are the sentences all steps have (flow/map.py REFUSALS)."""
    known = {**COMMON, **(shared or {}), **step.refusals}
    return render([(known.get(r.code, UNKNOWN), {**r.facts, "code": r.code}) for r in refused], language, now=now)


def holds(rows: Iterable[Any], language: str, *, now: datetime | None = None) -> list[str]:
    """A sentence for each hold: rows with code, facts, order_id and line_id."""
    return render([(_hold(row.code), _facts(row)) for row in rows], language, now=now)


def brief(rows: Sequence[Any], language: str, *, now: datetime | None = None) -> list[tuple[str, str]]:
    """Of each hold what fits into a cell, and the whole sentence."""
    said = [(_title(row.code), _facts(row)) for row in rows] + [(_hold(row.code), _facts(row)) for row in rows]
    told = render(said, language, now=now)
    return list(zip(told[: len(rows)], told[len(rows) :], strict=True))


def events(rows: Iterable[Any], language: str, *, now: datetime | None = None) -> list[str]:
    """A sentence for each event: rows with kind, subject_kind, subject_id, order_id and data."""
    said = []
    for row in rows:
        facts = {"order_id": row.order_id, f"{row.subject_kind}_id": row.subject_id, **(row.data or {})}
        said.append((KINDS.get(row.kind, row.kind.replace(".", " ").replace("_", " ")), facts))
    return render(said, language, now=now)


def actors(found: Iterable[str], language: str) -> dict[str, str]:
    """Who these actors of events are: a person's name, or Alur itself."""
    every = set(found)
    people = {int(each) for each in every if each.isdecimal()}
    known = _names([{("user", i) for i in people}], language)
    with translation.override(language):
        return {each: known.get(("user", int(each)), "–") if each.isdecimal() else gettext(ACTORS.get(each, each or "–")) for each in every}


def _hold(code: str) -> str:
    return HOLDS[code].sentence if code in HOLDS else UNKNOWN


def _title(code: str) -> str:
    return HOLDS[code].title if code in HOLDS else UNKNOWN


def _facts(row: Any) -> dict[str, Any]:
    return {"order_id": row.order_id, "line_id": row.line_id, **(row.facts or {}), "code": row.code}


def _ids(facts: Mapping[str, Any] | None) -> set[tuple[str, int]]:
    """The rows that facts name."""
    found = set()
    for key, value in (facts or {}).items():
        table = _table(key)
        if table:
            found |= {(table, each) for each in _whole(value)}
    return found


def _table(key: str) -> str:
    """Where the name of a fact's row stands: `payer_id` and `other_customer_ids` are customers; nothing for other facts."""
    stem, _, ending = key.rpartition("_")
    if ending not in ("id", "ids"):
        return ""
    while stem not in NOUNS and "_" in stem:
        stem = stem.partition("_")[2]
    return NOUNS.get(stem, "")


def _whole(value: object) -> list[int]:
    every = value if isinstance(value, list | tuple) else [value]
    return [each for each in every if isinstance(each, int) and not isinstance(each, bool)]


def _names(wanted: Iterable[set[tuple[str, int]]], language: str) -> dict[tuple[str, int], str]:
    """The names of these rows."""
    ids: dict[str, list[int]] = {noun: [] for noun in NOUNS.values()}
    for noun, each in set().union(*wanted):
        ids[noun].append(each)
    if not any(ids.values()):
        return {}
    with translation.override(language):
        line = gettext("line {n}")
        return {(row.noun, row.id): _name(row, language, line) for row in sql.read(NAMES, **ids)}


def _name(row: Any, language: str, line: str) -> str:
    name = row.indonesian if language == "id" else row.english
    if row.noun == "line":
        return " ".join(filter(None, (line.replace("{n}", name), row.more)))
    return f"{row.more} {name}".strip() if row.noun == "product" else name


def _spoken(facts: Mapping[str, Any] | None, known: Mapping[tuple[str, int], str]) -> dict[str, Any]:
    """Facts with names beside ids, and codes of ours in words."""
    said: dict[str, Any] = {key: status.word(key, value) for key, value in (facts or {}).items()}
    for key, value in (facts or {}).items():
        table = _table(key)
        if table:
            found = [known[table, each] for each in _whole(value) if (table, each) in known]
            said.setdefault(key.rpartition("_")[0], found if key.endswith("_ids") else (found or [None])[0])
    return said


def _translated(template: str) -> str:
    return gettext(template) if template else ""


def _upper(sentence: str) -> str:
    """A sentence begins with a capital, also where it begins with a name such as `line 3`."""
    return sentence[:1].upper() + sentence[1:]
