"""Today: the flow at a glance."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from alur.web.shell import Shell
from alur.web.today.stream import stream


def today(request: HttpRequest) -> HttpResponse:
    """The eight stages with what waits in each."""
    shell = Shell(request)
    stages = [(place, shell.counts.get(name)) for name, place in zip(shell.counts, shell.stages, strict=False)]
    return render(request, "today/page.html", {"stages": stages, "stream": stream([count for _, count in stages])})


urls = [path("", today, name="today")]
