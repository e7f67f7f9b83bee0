"""Who owes how much for how long, and the statement of account of one of them."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext

from alur.flow import map as flow
from alur.reads import account_statement, aging
from alur.reads import hand_overs as reads
from alur.reads.receivable import AGES
from alur.web import flow as steps
from alur.web import lists
from alur.web.books import common
from alur.web.request import Request
from alur.web.voice import voice


def owed(request: Request) -> HttpResponse:
    """The aged receivables, the most overdue first."""
    common.may(request)
    at, q = common.page(request), request.GET.get("q", "").strip()[:80]
    found = aging.payers(voice().today, q=q, offset=(at - 1) * aging.PAGE)
    sums = found.sums
    words = {
        "q": q,
        "rows": [(row, reverse("statement", args=[row.code]), _weights(row), _ages(row)) for row in found.payers],
        "sums": sums,
        "money": [
            (gettext("Not due"), sums.current, "", False),
            (gettext("Overdue"), sums.total - sums.current, "", False),
            (gettext("Not allocated"), sums.free, reverse("payments"), False),
            (gettext("Still to pay"), sums.total, "", True),
        ],
        "before": at - 1,
        "after": at + 1 if len(found.payers) == aging.PAGE else 0,
    }
    return render(request, "books/owed.html", words)


def hand_overs(request: Request) -> HttpResponse:
    """The invoices that are still to be brought to their customers."""
    common.may(request)
    at, step = common.page(request), flow.by_name["invoice.hand_over"]
    rows = reads.waiting((at - 1) * reads.PAGE)
    words = {
        "rows": rows,
        "step": steps.button(step) if flow.may(step, request.roles) else None,
        "money": [(gettext("Days do not count yet"), rows[0].total if rows else Decimal(0), "", True)],
        "every": rows[0].every if rows else 0,
        "before": at - 1,
        "after": at + 1 if len(rows) == reads.PAGE else 0,
    }
    return render(request, "books/hand_overs.html", words)


def statement(request: Request, code: str) -> HttpResponse:
    """What stood open, every document and payment since, what stands open."""
    common.may(request)
    found = load(request, code)
    payer = found.payer
    words = {
        "found": found,
        "moves": [(row, common.entry_word(row.kind), lists.url(row.subject_kind, row.number), *common.sides(row.amount), balance)
                  for row, balance in found.moves],
        "customer_url": lists.url("customer", payer.code),
        "paper": f"{reverse('paper_statement', args=[payer.code])}?from={found.start}&to={found.end}",
        "money": [
            (gettext("Opening"), found.opening, "", False),
            (gettext("Billed"), found.billed, "", False),
            (gettext("Settled"), found.settled, "", False),
            (gettext("Closing"), found.closing, "", True),
        ],
    }  # fmt: skip
    return render(request, "books/statement.html", words)


def load(request: Request, code: str) -> account_statement.Statement:
    """The statement of who pays for a customer, over the days of the address: this month, if none are said."""
    start, end = span(request)
    found = account_statement.statement(code, start, end, voice().today)
    if found is None:
        raise Http404
    return found


def span(request: Request) -> tuple[date, date]:
    """From one day to another, in their order."""
    today = voice().today
    start, end = common.day(request.GET.get("from", ""), today.replace(day=1)), common.day(request.GET.get("to", ""), today)
    return min(start, end), max(start, end)


def _ages(row: Any) -> list[tuple[Decimal, str, str]]:
    """Amount, address of its items, and how loud it is said."""
    address = f"{reverse('invoices')}?tab=open&payer={row.code}&age="
    loud = {"current": "quiet", "older": "late"}
    return [(getattr(row, age), f"{address}{age}", loud.get(age, "")) for age in AGES]


def _weights(row: Any) -> list[tuple[str, object]]:
    """The ages as shares of a bar."""
    return [("", row.current), ("w", row.d30 + row.d60), ("l", row.d90 + row.older)]


urls = [path("books/owed/", owed, name="owed"), path("books/owed/<str:code>/", statement, name="statement"),
        path("books/hand-over", hand_overs, name="hand_overs")]  # fmt: skip
