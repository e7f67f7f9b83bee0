"""Output VAT of a month by tax rule, and the documents behind each number."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext, gettext_noop

from alur.books import chart
from alur.reads import vat
from alur.web.books import common
from alur.web.request import Request
from alur.web.voice import voice

KINDS = {
    "invoice": gettext_noop("Invoices"), "advance": gettext_noop("Advance invoices"), "deducted": gettext_noop("Advances taken off invoices"),
    "credit_note": gettext_noop("Credit notes"),
}  # fmt: skip


def taxes(request: Request) -> HttpResponse:
    """The VAT of a month: base and tax by rule, and what the books say."""
    common.may(request)
    month = common.month(request.GET.get("month", ""), voice().today)
    found = vat.month(month)
    words = {
        **common.around(month),
        "rules": [
            (
                rule,
                [(gettext(KINDS[kind]), f"{reverse('vat_documents', args=[rule.id, kind])}?month={common.key(month)}", sums) for kind, sums in kinds.items()],
                whole,
            )
            for rule, kinds, whole in found.rows
        ],
        "due": found.due,
        "booked": found.booked,
        "account": chart.OUTPUT_VAT,
        "money": [(gettext("Tax base"), found.due.base, "", False), (gettext("Output VAT"), found.due.tax, "", True)],
    }
    return render(request, "books/vat.html", words)


def documents(request: Request, rule: int, kind: str) -> HttpResponse:
    """The documents of a month, a rule and a kind."""
    common.may(request)
    known = vat.rule(rule)
    if known is None or kind not in KINDS:
        raise Http404
    at, month = common.page(request), common.month(request.GET.get("month", ""), voice().today)
    rows = vat.documents(month, kind, rule, (at - 1) * vat.PAGE)
    words = {
        **common.around(month),
        "rule": known,
        "kind": gettext(KINDS[kind]),
        "rows": rows,
        "before": at - 1,
        "after": at + 1 if len(rows) == vat.PAGE else 0,
    }
    return render(request, "books/vat_documents.html", words)


urls = [path("books/vat", taxes, name="vat"), path("books/vat/<int:rule>/<str:kind>/", documents, name="vat_documents")]
