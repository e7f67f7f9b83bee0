"""What every request brings: how the page looks and speaks, who asks, for which company, as what.

`Taste` stands before the door (the sign-in page has a language too), `Membership` behind it. Only a membership row opens a company.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.utils import translation

from alur.core import clock, company, words
from alur.core.company import Company
from alur.reads import members, news
from alur.web.request import Request
from alur.web.voice import CURRENT, Voice

Next = Callable[[Request], HttpResponse]
THEMES = ("auto", "light", "dark")
YEAR = 365 * 24 * 3600


class Taste:
    """Language and theme: ?lang= and ?theme= are remembered in a cookie and leave the address again."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        """Answer in this taste."""
        asked = {name: request.GET[name] for name, known in (("lang", words.LANGUAGES), ("theme", THEMES)) if request.GET.get(name) in known}
        if asked and request.method == "GET":
            return self._remember(request, asked)
        chosen = request.COOKIES.get("lang")
        language = chosen if chosen in words.LANGUAGES else words.LANGUAGES[0]
        theme = request.COOKIES.get("theme")
        request.theme = theme if theme in THEMES else "auto"
        request.language_chosen = chosen in words.LANGUAGES
        token = CURRENT.set(Voice(language=language))
        try:
            with translation.override(language):
                response = self.get_response(request)
                response.headers.setdefault("Content-Language", translation.get_language() or language)
                return response
        finally:
            CURRENT.reset(token)

    def _remember(self, request: Request, asked: dict[str, str]) -> HttpResponse:
        rest = request.GET.copy()
        for name in asked:
            rest.pop(name)
        response = HttpResponseRedirect(request.path + (f"?{rest.urlencode()}" if rest else ""))
        for name, value in asked.items():
            response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure())
        return response


class Membership:
    """The company of this request and the person's roles in it: request.company, request.companies, request.roles."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        """Answer for the person's company."""
        request.companies, request.roles = [], frozenset()
        if not request.user.is_authenticated:
            return self.get_response(request)
        if request.user.must_choose and not request.path.startswith(("/account/", "/static/")):
            return redirect("account_change_password")
        mine = members.of(request.user.pk)
        request.companies = [(each.slug, each.name) for each in mine]
        wanted = request.session.get("company")
        here = next((each for each in mine if each.slug == wanted), mine[0] if mine else None)
        if here is None:
            return self._nowhere(request)
        request.roles = frozenset(here.roles)
        request.company = Company(here.slug, here.schema, here.name, here.currency, here.time_zone, here.language, here.trial)
        request.mark = news.known(here.slug)  # before the page reads anything
        with company.use(request.company):
            return self._speak(request, request.company)

    def _nowhere(self, request: Request) -> HttpResponse:
        """Somebody who belongs to no company may sign out, and nothing else."""
        if request.path.startswith(("/account/", "/static/")):
            return self.get_response(request)
        return render(request, "account/no_company.html", status=403)

    def _speak(self, request: Request, here: Company) -> HttpResponse:
        """Answer in the person's language, else the company's, with its money and its time."""
        language = translation.get_language() if request.language_chosen else (request.user.language or here.language)
        language = language if language in words.LANGUAGES else words.LANGUAGES[0]
        now = clock.now() if here.trial else datetime.now(UTC)
        token = CURRENT.set(Voice(language=language, currency=here.currency, zone=here.time_zone, now=now))
        try:
            with translation.override(language):
                response = self.get_response(request)
                if isinstance(response, SimpleTemplateResponse):  # allauth's: rendered here, while the voice is this person's
                    response.render()
                response.headers["Content-Language"] = language
                return response
        finally:
            CURRENT.reset(token)
