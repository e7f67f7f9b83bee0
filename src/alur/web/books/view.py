"""The books: trial balance, an account month by month, the journal. Every line opens what it is about."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext, gettext_noop

from alur.core import words as plain
from alur.reads import ledger
from alur.reads.ledger import FEW, PAGE
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
}  # fmt: skip


def balance(request: Request) -> HttpResponse:
    """The trial balance on a day."""
    _may(request)
    day = _day(request.GET.get("day", ""), voice().today)
    every = ledger.trial_balance(day)
    rows = [row for row in every if row.moved.n]
    sums = {kind: sum((row.moved.balance for row in rows if row.account.kind == kind), Decimal(0)) for kind in KINDS}
    sides = [_sides(row.moved.balance) for row in rows]
    words = {
        "day": day,
        "groups": [
            (gettext(KINDS[kind]), [(row.account, _name(row.account), *_sides(row.moved.balance)) for row in own])
            for kind, own in groupby(rows, key=lambda row: row.account.kind)
        ],
        "debit": sum((debit or Decimal(0) for debit, _ in sides), Decimal(0)),
        "credit": sum((credit or Decimal(0) for _, credit in sides), Decimal(0)),
        "money": [
            (gettext("Assets"), sums["asset"], "", False),
            (gettext("Income"), -sums["income"], "", False),
            (gettext("Expenses"), sums["expense"], "", False),
            (gettext("Result"), -(sums["income"] + sums["expense"]), "", True),
        ],
        "month": day.replace(day=1),
        "hidden": len(every) - len(rows),
    }
    return render(request, "books/balance.html", words)


def account(request: Request, code: int) -> HttpResponse:
    """An account in a month, or on one day of it."""
    _may(request)
    at, asked = _page(request), request.GET.get("day", "")
    start = _day(asked, voice().today) if asked else _month(request.GET.get("month", ""), voice().today)
    before = start + timedelta(days=1) if asked else ledger.following(start)
    found = ledger.span(code, start, before, (at - 1) * FEW)
    if found is None:
        raise Http404
    words = {
        "account": found.account,
        "name": _name(found.account),
        "kind": gettext(KINDS[found.account.kind]),
        "found": found,
        "day": start if asked else None,
        "month": _key(start),
        "month_said": _month_said(start),
        "previous": _key(ledger.preceding(start.replace(day=1))),
        "next": _key(ledger.following(start)) if ledger.following(start) <= voice().today else "",
        "rows": [(move, _entry_word(move.kind), _url(move), *_sides(move.amount)) for move in found.moves],
        "money": [
            (gettext("Opening"), found.opening, "", False),
            (gettext("Debit"), found.moved.debit, "", False),
            (gettext("Credit side"), found.moved.credit, "", False),
            (gettext("Closing"), found.closing, "", True),
        ],
        "before": at - 1,
        "after": at + 1 if found.moves and at * FEW < found.moved.n else 0,
    }
    return render(request, "books/account.html", words)


def journal(request: Request) -> HttpResponse:
    """The postings, the newest first."""
    _may(request)
    get = request.GET
    kind = get.get("kind", "") if get.get("kind") in ENTRIES else ""
    number, at = get.get("q", "").strip()[:80], _page(request)
    start = _month(get["month"], voice().today) if get.get("month") else None
    found = ledger.journal(start=start, kind=kind, number=number, offset=(at - 1) * PAGE)
    words = {
        "entries": [(e.entry, _entry_word(e.entry.kind), _url(e.entry), [_line(line) for line in e.lines]) for e in found],
        "kinds": [(code, gettext(word)) for code, word in ENTRIES.items()],
        "kind": kind,
        "kind_said": gettext(ENTRIES[kind]) if kind else "",
        "q": number,
        "month": _key(start) if start else "",
        "month_said": _month_said(start) if start else "",
        "this_month": _key(voice().today.replace(day=1)),
        "last_month": _key(ledger.preceding(voice().today.replace(day=1))),
        "before": at - 1,
        "after": at + 1 if len(found) == PAGE else 0,
    }
    return render(request, "books/journal.html", words)


def _line(line: Any) -> tuple[Any, str, Decimal | None, Decimal | None]:
    return line, _name(line), *_sides(line.amount)


def _sides(amount: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """An amount as debit or credit."""
    return amount if amount > 0 else None, -amount if amount < 0 else None


def _name(row: Any) -> str:
    return (row.name_id if voice().language == "id" else row.name_en) or row.name_id


def _entry_word(kind: str) -> str:
    return gettext(ENTRIES[kind]) if kind in ENTRIES else kind.replace(".", " ").replace("_", " ")


def _url(row: Any) -> str:
    noun = {"stock_move": "product"}.get(row.subject_kind, row.subject_kind)
    return lists.url(noun, row.number) if row.number else ""


def _day(text: str, usual: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return usual


def _month(text: str, today: date) -> date:
    return _day(f"{text}-01", today).replace(day=1)


def _key(start: date) -> str:
    return f"{start:%Y-%m}"


def _month_said(start: date) -> str:
    return f"{plain.LONG_MONTHS[voice().language][start.month - 1]} {start.year}"


def _page(request: Request) -> int:
    page = request.GET.get("page", "1")
    return max(int(page), 1) if page.isdecimal() and len(page) < 5 else 1


def _may(request: Request) -> None:
    if not ROLES & request.roles:
        raise PermissionDenied


urls = [
    path("books/", balance, name="books"),
    path("books/journal", journal, name="journal"),
    path("books/<int:code>/", account, name="account"),
]
