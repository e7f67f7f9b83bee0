"""What the pages of the books share: who may see them, names of accounts and entries, days and months of an address."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext, gettext_noop

from alur.core import words as plain
from alur.reads import ledger
from alur.web import lists
from alur.web.request import Request
from alur.web.voice import voice

ROLES = frozenset({"finance", "manager", "admin"})
KINDS = {
    "asset": gettext_noop("Assets"), "liability": gettext_noop("Liabilities"), "equity": gettext_noop("Equity"), "income": gettext_noop("Income"),
    "expense": gettext_noop("Expenses"),
}  # fmt: skip
ENTRIES = {
    "delivery.dispatched": gettext_noop("Goods left"), "delivery.completed": gettext_noop("Goods arrived"), "delivery.failed": gettext_noop("Goods came back"),
    "invoice.issued": gettext_noop("Invoice issued"), "invoice.advance_issued": gettext_noop("Advance invoice issued"),
    "payment.received": gettext_noop("Money received"), "payment.matched": gettext_noop("Payment allocated"), "item.written_off": gettext_noop("Written off"),
    "supply.received": gettext_noop("Goods bought"), "stock.opened": gettext_noop("Opening stock"),
    "supply.sent": gettext_noop("Goods sent to another warehouse"), "stock.counted": gettext_noop("Stock counted"),
    "delivery.short": gettext_noop("Short pick"), "return.received": gettext_noop("Return received"), "invoice.credited": gettext_noop("Credit note issued"),
    "invoice.advance_credited": gettext_noop("Advance credited"), "payment.cleared": gettext_noop("Giro cleared"),
    "payment.bounced": gettext_noop("Giro bounced"), "payment.unmatched": gettext_noop("Allocation taken back"),
    "payment.refunded": gettext_noop("Money paid back"),
}  # fmt: skip


def sides(amount: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """An amount as debit or credit."""
    return amount if amount > 0 else None, -amount if amount < 0 else None


def name(row: Any) -> str:
    """An account in the reader's language."""
    return (row.name_id if voice().language == "id" else row.name_en) or row.name_id


def entry_word(kind: str) -> str:
    """What an entry is called."""
    return gettext(ENTRIES[kind]) if kind in ENTRIES else kind.replace(".", " ").replace("_", " ")


def url(row: Any) -> str:
    """The page of what an entry is about."""
    noun = {"stock_move": "product"}.get(row.subject_kind, row.subject_kind)
    return lists.url(noun, row.number) if row.number else ""


def day(text: str, usual: date) -> date:
    """A day of an address."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return usual


def month(text: str, today: date) -> date:
    """The first day of a month of an address: 2026-11."""
    return day(f"{text}-01", today).replace(day=1)


def key(start: date) -> str:
    """A month as an address has it."""
    return f"{start:%Y-%m}"


def month_said(start: date) -> str:
    """A month as people say it."""
    return f"{plain.LONG_MONTHS[voice().language][start.month - 1]} {start.year}"


def page(request: Request) -> int:
    """Which page of a list, from 1."""
    said = request.GET.get("page", "1")
    return max(int(said), 1) if said.isdecimal() and len(said) < 5 else 1


def may(request: Request) -> None:
    """Finance, managers and administrators see the books."""
    if not ROLES & request.roles:
        raise PermissionDenied


def around(start: date) -> dict[str, Any]:
    """A month and its neighbours, for the head of a page; the months to come are none."""
    after = ledger.following(start)
    return {
        "month": key(start),
        "month_said": month_said(start),
        "previous": key(ledger.preceding(start)),
        "next": key(after) if after <= voice().today else "",
    }
