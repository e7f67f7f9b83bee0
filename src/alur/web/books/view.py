"""The books: trial balance, an account month by month, the journal. Every line opens what it is about."""

from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext

from alur.reads import ledger
from alur.reads.ledger import FEW, PAGE
from alur.web.books import common, months, owed, reports, taxes
from alur.web.request import Request
from alur.web.voice import voice


def balance(request: Request) -> HttpResponse:
    """The trial balance on a day."""
    common.may(request)
    day = common.day(request.GET.get("day", ""), voice().today)
    every = ledger.trial_balance(day)
    rows = [row for row in every if row.moved.n]
    sums = {kind: sum((row.moved.balance for row in rows if row.account.kind == kind), Decimal(0)) for kind in common.KINDS}
    sides = [common.sides(row.moved.balance) for row in rows]
    words = {
        "day": day,
        "groups": [
            (gettext(common.KINDS[kind]), [(row.account, common.name(row.account), *common.sides(row.moved.balance)) for row in own])
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
    """An account in a month, on one day of it, or (?year) from January up to the month."""
    common.may(request)
    at, asked = common.page(request), request.GET.get("day", "")
    start = common.day(asked, voice().today) if asked else common.month(request.GET.get("month", ""), voice().today)
    before = start + timedelta(days=1) if asked else ledger.following(start)
    year, around = bool(request.GET.get("year")) and not asked, common.around(start.replace(day=1))
    if year:
        start = start.replace(month=1)
    found = ledger.span(code, start, before, (at - 1) * FEW)
    if found is None:
        raise Http404
    words = {
        "account": found.account,
        "name": common.name(found.account),
        "kind": gettext(common.KINDS[found.account.kind]),
        "found": found,
        "day": start if asked else None,
        **around,
        "year": start.year if year else None,
        "rows": [(move, common.entry_word(move.kind), common.url(move), *common.sides(move.amount)) for move in found.moves],
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
    common.may(request)
    get = request.GET
    kind = get.get("kind", "") if get.get("kind") in common.ENTRIES else ""
    number, at = get.get("q", "").strip()[:80], common.page(request)
    start = common.month(get["month"], voice().today) if get.get("month") else None
    found = ledger.journal(start=start, kind=kind, number=number, offset=(at - 1) * PAGE)
    words = {
        "entries": [(e.entry, common.entry_word(e.entry.kind), common.url(e.entry), [_line(line) for line in e.lines]) for e in found],
        "kinds": [(code, gettext(word)) for code, word in common.ENTRIES.items()],
        "kind": kind,
        "kind_said": gettext(common.ENTRIES[kind]) if kind else "",
        "q": number,
        "month": common.key(start) if start else "",
        "month_said": common.month_said(start) if start else "",
        "this_month": common.key(voice().today.replace(day=1)),
        "last_month": common.key(ledger.preceding(voice().today.replace(day=1))),
        "before": at - 1,
        "after": at + 1 if len(found) == PAGE else 0,
    }
    return render(request, "books/journal.html", words)


def _line(line: Any) -> tuple[Any, str, Decimal | None, Decimal | None]:
    return line, common.name(line), *common.sides(line.amount)


urls = [
    path("books/", balance, name="books"),
    path("books/journal", journal, name="journal"),
    path("books/<int:code>/", account, name="account"),
    *reports.urls,
    *owed.urls,
    *taxes.urls,
    *months.urls,
]
