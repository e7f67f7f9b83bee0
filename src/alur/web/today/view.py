"""Today: the flow at a glance."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from alur.web.request import Request
from alur.web.shell import Shell
from alur.web.today.stream import stream


def today(request: Request) -> HttpResponse:
    """The eight stages with what waits in each."""
    stages = Shell(request).stages
    return render(request, "today/page.html", {"stages": stages, "stream": stream(stages)})


urls = [path("", today, name="today")]
