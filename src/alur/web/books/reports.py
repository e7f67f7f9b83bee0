"""The income statement of a month and the balance sheet on a day; every number opens its account."""

from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext, gettext_noop

from alur.reads import financials
from alur.web.books import common
from alur.web.request import Request
from alur.web.voice import voice

PARTS = {
    "income": gettext_noop("Income"), "cost": gettext_noop("Cost of what was sold"), "other": gettext_noop("Other expenses"),
    "asset": gettext_noop("Assets"), "liability": gettext_noop("Liabilities"), "equity": gettext_noop("Equity"),
}  # fmt: skip


def income(request: Request) -> HttpResponse:
    """What was earned in a month, beside the month before, and in the year so far."""
    common.may(request)
    month = common.month(request.GET.get("month", ""), voice().today)
    found = financials.income(month)
    words = {
        **common.around(month),
        "before": common.month_said(financials.preceding(month)),
        "parts": [(part.name, gettext(PARTS[part.name]), [_row(row) for row in part.rows], _moved(part.sums)) for part in found.parts],
        "gross": _moved(found.gross),
        "result": _moved(found.result),
        "margin": _percent(found.gross[0], found.parts[0].sums[0]),
        "money": [
            (gettext("Income"), found.parts[0].sums[0], "", False),
            (gettext("Gross profit"), found.gross[0], "", False),
            (gettext("Result of the year"), found.result[2], "", False),
            (gettext("Result"), found.result[0], "", True),
        ],
    }
    return render(request, "books/income.html", words)


def sheet(request: Request) -> HttpResponse:
    """What there is and whose it is, on a day, beside the end of the month before."""
    common.may(request)
    day = common.day(request.GET.get("day", ""), voice().today)
    found = financials.sheet(day)
    assets, debts, equity = found.parts
    words = {
        "day": day,
        "month": day.replace(day=1),
        "before": day.replace(day=1) - financials.timedelta(days=1),
        "assets": [_row(row) for row in assets.rows],
        "debts": [_row(row) for row in debts.rows],
        "equity": [_row(row) for row in equity.rows],
        "results": found.results,
        "sums": [found.assets, debts.sums, tuple(c - d for c, d in zip(found.claims, debts.sums, strict=True)), found.claims],
        "level": found.assets == found.claims,
        "money": [
            (gettext("Liabilities"), debts.sums[0], "", False),
            (gettext("Equity"), found.claims[0] - debts.sums[0], "", False),
            (gettext("Assets"), found.assets[0], "", True),
        ],
    }
    return render(request, "books/sheet.html", words)


def _row(row: financials.Row) -> tuple[Any, str, tuple[Any, ...]]:
    return row.account, common.name(row.account), _moved(row.values)


def _moved(values: tuple[Decimal, ...]) -> tuple[Any, ...]:
    """The columns, with the change from the second to the first in percent after them."""
    return (*values, _percent(values[0] - values[1], abs(values[1])))


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    return round(part / whole * 100, 1) if whole else None


urls = [path("books/income", income, name="income"), path("books/sheet", sheet, name="sheet")]
