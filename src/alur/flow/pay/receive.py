"""Receive: money came in, by transfer, cash, giro, card or gateway. It is the payer's until it finds what it pays.

    draft --receive--> an open receipt     payment.received     Dr bank, cash or giro in hand, Cr unallocated receipts

A giro counts as money only once it has cleared (clear.py). The same (provider, provider's id) answers `already`. A reference that is an SO or PF
number names the order.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from alur import books, log
from alur.books import chart, periods
from alur.core import clock, company, sql
from alur.core.step import Outcome
from alur.flow.pay.draft import Receipt, parties
from alur.log import recheck
from alur.models import locks

REFUSALS = {
    "bad_amount": "An amount of {amount} cannot be received; it must be above 0. Correct it and enter it again.",
    "unknown_payer": "We do not know who paid {amount:money}. Choose the customer, or an order they pay.",
    "duplicate": "{payer} already paid {amount:money} on {on:day} with this reference ({payment}). If it is another payment, confirm that it is.",
    "period_closed": "The month of {on:day} is closed, so nothing can be booked on that day. Open the month, or give the day it reached the books.",
}


EARLIER = """
WITH draft AS (
    SELECT * FROM unnest(%(key)s::bigint[], %(payer_id)s::bigint[], %(amount)s::numeric[], %(received_on)s::date[], %(reference)s::text[],
                         %(provider)s::text[], %(provider_ref)s::text[]) AS d(key, payer_id, amount, received_on, reference, provider, provider_ref)
)
SELECT d.key, p.id, true AS same FROM draft d JOIN payment p ON p.provider = d.provider AND p.provider_ref = d.provider_ref
UNION ALL
SELECT d.key, p.id, false FROM draft d
  JOIN payment p ON p.payer_id = d.payer_id AND p.received_on = d.received_on AND p.amount = d.amount AND p.reference = d.reference AND p.direction = 'in'
"""
ACCOUNTS = "SELECT id, account FROM bank_account ORDER BY is_default DESC, id"
IDS = "SELECT nextval(pg_get_serial_sequence('payment', 'id')) FROM generate_series(1, %(n)s)"
RECORD = """
WITH money AS (
    SELECT * FROM unnest(%(id)s::bigint[], %(payer_id)s::bigint[], %(amount)s::numeric[], %(way)s::text[], %(received_on)s::date[], %(due_on)s::date[],
                         %(reference)s::text[], %(bank_account_id)s::bigint[], %(order_id)s::bigint[], %(provider)s::text[], %(provider_ref)s::text[])
           AS m(id, payer_id, amount, way, received_on, due_on, reference, bank_account_id, order_id, provider, provider_ref)
), paid AS (
    INSERT INTO payment (id, number, payer_id, direction, amount, currency, way, received_on, due_on, reference, bank_account_id, order_id, provider,
                         provider_ref, at, by)
    SELECT id, 'PAY-' || %(year)s || '-' || to_char(nextval('payment_number'), 'FM9999999999000000'), payer_id, 'in', amount, %(currency)s, way,
           received_on, due_on, reference, bank_account_id, order_id, provider, provider_ref, %(at)s, %(by)s
      FROM money
)
INSERT INTO open_receipt (payment_id, payer_id, order_id, open, cleared, received_on)
SELECT id, payer_id, order_id, amount, way <> 'giro', received_on FROM money
"""
GIRO = "giro"
TO = {"cash": chart.CASH, GIRO: chart.GIRO_IN_HAND}  # every other way goes to the bank account
ACROSS = ("amount", "way", "due_on", "reference", "provider", "provider_ref")


def receive(drafts: Sequence[Receipt], *, by: str, at: datetime) -> Outcome:
    """Record this money; an answer for each draft's key, `made` says which payment it is."""
    today, outcome = clock.day(at), Outcome()
    sound = [d for d in drafts if _sound(d, outcome)]
    known = parties(sound)
    locks.payers({payer for payer, _ in known.values() if payer})
    drawn, banked = sql.ask(IDS, n=len(sound)), sql.ask(ACCOUNTS)
    fresh = _fresh(sound, known, today, outcome)
    if not fresh:
        return outcome
    accounts = {row.id: row.account for row in banked.rows()}
    outcome.moved = ids = drawn.ids()[: len(fresh)]
    outcome.made |= {d.key: i for i, d in zip(ids, fresh, strict=True)}
    payers, orders = zip(*(known[d.key] for d in fresh), strict=True)
    days, banks = [d.received_on or today for d in fresh], [_bank(d, accounts) for d in fresh]
    with sql.pipeline():
        sql.run(RECORD, id=ids, payer_id=list(payers), order_id=list(orders), received_on=days, bank_account_id=banks, year=str(today.year),
                currency=company.current().currency, at=at, by=by, **sql.columns(fresh, *ACROSS))  # fmt: skip
        books.post("payment.received", "payment", _entries(ids, fresh, payers, days, [accounts.get(bank, chart.BANK) for bank in banks]), at=at)
        recheck.add("verify", {order for d, order in zip(fresh, orders, strict=True) if order and d.way != GIRO}, "paid")
        recheck.verify_held_of_payers({payer for d, payer, order in zip(fresh, payers, orders, strict=True) if not order and d.way != GIRO}, "paid")
        log.write(
            [log.Record("payment.received", i, order, "payment", {"payment_id": i, "payer_id": payer, "amount": d.amount, "way": d.way})
             for i, d, payer, order in zip(ids, fresh, payers, orders, strict=True)], by=by, at=at,
        )  # fmt: skip
    return outcome


def _sound(draft: Receipt, outcome: Outcome) -> bool:
    if draft.amount.is_finite() and draft.amount > 0:
        return True
    outcome.refuse(draft.key, "bad_amount", amount=str(draft.amount))
    return False


def _fresh(drafts: list[Receipt], known: Mapping[int, tuple[int | None, int | None]], today: date, outcome: Outcome) -> list[Receipt]:
    """The drafts to record; the others are answered."""
    days = [d.received_on or today for d in drafts]
    shut = periods.ask(days)
    rows = sql.rows(EARLIER, key=[d.key for d in drafts], payer_id=[known[d.key][0] for d in drafts], received_on=days,
                    **sql.columns(drafts, "amount", "reference", "provider", "provider_ref"))  # fmt: skip
    same, twin = {row.key: row.id for row in rows if row.same}, {row.key: row.id for row in rows if not row.same}
    closed, fresh, seen, refs = shut(), [], set[Any](), set[Any]()
    for draft, day in zip(drafts, days, strict=True):
        payer = known[draft.key][0]
        face, ref = (payer, draft.amount, day, draft.reference), (draft.provider, draft.provider_ref)
        if draft.key in same:
            outcome.already.append(same[draft.key])
            outcome.made[draft.key] = same[draft.key]
        elif draft.provider_ref is not None and ref in refs:
            continue  # the same twice in one set: `made` of the first answers
        elif payer is None:
            outcome.refuse(draft.key, "unknown_payer", amount=draft.amount)
        elif not draft.confirmed and (draft.key in twin or face in seen):
            outcome.refuse(draft.key, "duplicate", payer_id=payer, amount=draft.amount, on=day, payment_id=twin.get(draft.key))
        elif day in closed:
            outcome.refuse(draft.key, "period_closed", on=day)
        else:
            fresh.append(draft)
            seen.add(face)
            refs.add(ref)
    return fresh


def _bank(draft: Receipt, accounts: Mapping[int, int]) -> int | None:
    """The bank account it came to; cash comes to none."""
    if draft.way == "cash":
        return None
    return draft.bank_account_id if draft.bank_account_id in accounts else next(iter(accounts), None)


def _entries(ids: Iterable[int], drafts: Sequence[Receipt], payers: Iterable[int], days: Iterable[date], accounts: Iterable[int]) -> Iterable[books.Line]:
    for i, draft, payer, day, account in zip(ids, drafts, payers, days, accounts, strict=True):
        yield books.Line(i, day, TO.get(draft.way, account), draft.amount)
        yield books.Line(i, day, chart.UNALLOCATED_RECEIPTS, -draft.amount, payer)


__all__ = ("REFUSALS", "Receipt", "receive")
