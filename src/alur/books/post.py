"""Post journal entries: any number in one statement, one entry a subject."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from alur.core import sql

POST = """
WITH asked AS (
    SELECT * FROM unnest(%(subject)s::bigint[], %(day)s::date[], %(account)s::int[], %(amount)s::numeric[], %(customer)s::bigint[])
           AS a(subject_id, day, account, amount, customer_id)
), entry AS (
    INSERT INTO journal_entry (kind, "on", at, subject_kind, subject_id)
    SELECT DISTINCT %(kind)s, day, %(at)s::timestamptz, %(subject_kind)s, subject_id FROM asked
    RETURNING id, subject_id
)
INSERT INTO journal_line (entry_id, account, amount, customer_id)
SELECT e.id, a.account, a.amount, a.customer_id FROM asked a JOIN entry e USING (subject_id)
"""


@dataclass(frozen=True, slots=True)
class Line:
    """Debit (positive) or credit (negative) an account for a subject, on a day of the company, in its currency."""

    subject_id: int
    on: date
    account: int
    amount: Decimal
    customer_id: int | None = None


def post(kind: str, subject_kind: str, lines: Iterable[Line], *, at: datetime) -> None:
    """Book one entry for each subject that has an amount to book; equal accounts of a subject are added up.

    kind names what happened (delivery.dispatched, invoice.issued ...). PostgreSQL refuses the whole statement if an entry does not sum to 0.
    """
    sums: dict[tuple[int, date, int, int | None], Decimal] = {}
    for line in lines:
        key = (line.subject_id, line.on, line.account, line.customer_id)
        sums[key] = sums.get(key, Decimal(0)) + line.amount
    booked = [(key, amount) for key, amount in sums.items() if amount]
    if booked:
        sql.run(
            POST,
            kind=kind,
            subject_kind=subject_kind,
            at=at,
            subject=[key[0] for key, _ in booked],
            day=[key[1] for key, _ in booked],
            account=[key[2] for key, _ in booked],
            customer=[key[3] for key, _ in booked],
            amount=[amount for _, amount in booked],
        )
