"""The months of the books: close the earliest that is open, open the last closed one again."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext

from alur.flow import map as flow
from alur.reads import months as reads
from alur.reads import sentences
from alur.web import flow as steps
from alur.web.books import common
from alur.web.request import Request
from alur.web.voice import voice


def months(request: Request) -> HttpResponse:
    """Every month, with what may be done about it now."""
    common.may(request)
    found = reads.months(voice().today)
    who = sentences.actors({row.actor for row, _ in found if row.actor}, voice().language)
    opened = [row.id for row, _ in found if row.state == "open"][-1:]
    shut = [row.id for row, _ in found if row.state == "closed"][:1]
    words = {
        "rows": [
            (row, common.month_said(row.starts_on), common.key(row.starts_on), lines, who.get(row.actor, ""),
             _button(request, "books.lock_period") if row.id in opened and row.ends_on <= voice().today
             else _button(request, "books.reopen_period") if row.id in shut else None)
            for row, lines in found
        ],
        "closed_to": next((row.ends_on for row, _ in found if row.state == "closed"), None),
        "running": gettext("runs until its last day"),
    }  # fmt: skip
    return render(request, "books/months.html", words)


def _button(request: Request, name: str) -> steps.Button | None:
    step = flow.by_name[name]
    return steps.button(step) if flow.may(step, request.roles) else None


urls = [path("books/months", months, name="months")]
