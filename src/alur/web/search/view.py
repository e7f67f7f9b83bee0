"""Ctrl-K: one box that finds anything by what people remember, and does or goes anywhere. As a page, and as a part for the palette."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from alur.reads import search
from alur.web.request import Request
from alur.web.search import commands
from alur.web.shell import Shell
from alur.web.voice import voice

ICONS = {"order": "file", "customer": "user", "delivery": "truck", "invoice": "receipt", "payment": "wallet", "product": "box", "return": "return"}
MOST = 12  # commands beside what was found


def find(request: Request) -> HttpResponse:
    """Answer a few letters."""
    q = request.GET.get("q", "").replace("\0", "").strip()[:80]
    found = search.few(q, voice().today, voice().language)
    words = {"q": q, "places": commands.of(q, Shell(request))[: MOST if q else None], "found": [(hit, ICONS[hit.kind]) for hit in found]}
    return render(request, "search/found.html" if request.htmx else "search/page.html", words)


urls = [path("search", find, name="search")]
