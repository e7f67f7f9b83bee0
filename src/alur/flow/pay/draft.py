"""What a door hands to `receive`: money as it was told, and who paid it for what."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from alur.core import sql


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money as the bank, the till or a gateway tells of it. key is the door's own number for it."""

    key: int
    amount: Decimal
    payer_id: int | None = None  # None = who pays the order it names
    way: str = "transfer"
    received_on: date | None = None  # None = today
    due_on: date | None = None  # of a giro: from when the bank takes it
    reference: str = ""
    bank_account_id: int | None = None  # None = the company's usual one
    order_id: int | None = None  # None = the one its reference names, if any
    provider: str = ""
    provider_ref: str | None = None
    confirmed: bool = False  # a person said that it is no duplicate


NUMBER = re.compile(r"\b(?:SO|PF)-\d{4}-\d{6,}\b")
NAMED = """
SELECT o.number AS name, o.id, o.payer_id FROM sales_order o WHERE o.number = ANY(%(numbers)s::text[])
UNION ALL
SELECT p.number, o.id, o.payer_id FROM pro_forma p JOIN sales_order o ON o.id = p.order_id WHERE p.number = ANY(%(numbers)s::text[])
UNION ALL
SELECT NULL, o.id, o.payer_id FROM sales_order o WHERE o.id = ANY(%(ids)s::bigint[])
"""
PAYERS = "SELECT id, coalesce(payer_id, id) AS payer_id FROM customer WHERE id = ANY(%(ids)s::bigint[])"


def parties(drafts: list[Receipt]) -> dict[int, tuple[int | None, int | None]]:
    """By key: who pays, and the order it is meant for. An order that somebody else pays is not named by a number in the text."""
    numbers = {d.key: NUMBER.findall(d.reference) for d in drafts}
    asked = [d.order_id for d in drafts if d.order_id]
    told = sql.ask(PAYERS, ids=[d.payer_id for d in drafts if d.payer_id])
    found = sql.rows(NAMED, numbers=[n for each in numbers.values() for n in each], ids=asked) if asked or any(numbers.values()) else []
    by_number, by_id = {row.name: row for row in found if row.name}, {row.id: row for row in found}
    payers = {row.id: row.payer_id for row in told.rows()}
    known: dict[int, tuple[int | None, int | None]] = {}
    for draft in drafts:
        order = by_id.get(draft.order_id) or next((by_number[n] for n in numbers[draft.key] if n in by_number), None)
        payer = payers.get(draft.payer_id) if draft.payer_id else order and order.payer_id
        known[draft.key] = (payer, order.id if order and (order.payer_id == payer or draft.order_id) else None)
    return known
