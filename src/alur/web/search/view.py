"""Ctrl-K: one box that finds orders and customers by what people remember, and goes to places. As a page, and as a part for the palette."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from alur.reads import search
from alur.web.request import Request
from alur.web.shell import Shell
from alur.web.voice import voice


def find(request: Request) -> HttpResponse:
    """Answer a few letters."""
    q = request.GET.get("q", "").strip()[:80]
    shell = Shell(request)
    places = [place for place in (*shell.nav, *shell.stages, *shell.data) if q.lower() in place.label.lower()]
    found = search.few(q, voice().today) if len(q) > 1 else []
    words = {"q": q, "places": places, "found": found}
    return render(request, "search/found.html" if request.htmx else "search/page.html", words)


urls = [path("search", find, name="search")]
