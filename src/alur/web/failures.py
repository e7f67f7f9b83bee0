"""Pages for what did not work: they say what happened and where to go on, and never show a trace."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def failure(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """A failure as a page, or as one line where htmx asked for a part."""
    template = "parts/failure.html" if getattr(request, "htmx", False) else "failure.html"
    return render(request, template, {"title": title, "text": text}, status=status)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  Django names it
    """403: signed in, but not for this."""
    return failure(request, 403, _("That is not yours to do"), _("Your roles do not include it. A manager or an administrator can help."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  Django names it
    """404: nothing there (any more)."""
    return failure(request, 404, _("Nothing is here"), _("The address leads nowhere, or what was here belongs to another company."))


def broken(request: HttpRequest) -> HttpResponse:
    """500: our fault. Nothing of the database is asked here: it may be what broke."""
    return failure(
        request,
        500,
        _("That went wrong on our side"),
        _("Nothing was changed by halves. Try again; if it happens once more, tell your administrator when it was."),
    )
