"""Signing in, and choosing the company where a person has several."""

from typing import Any

from allauth.account.views import LoginView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from alur.reads import members
from alur.web.request import Request


@method_decorator(login_not_required, name="dispatch")
class Login(LoginView):
    """allauth's sign-in, with a demo's people beside it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add those who may try the demo; there are none without one."""
        return super().get_context_data(visitors=members.visitors(), demo_password=members.DEMO_PASSWORD, **kwargs)


@require_POST
def choose(request: Request) -> HttpResponse:
    """Work for another of one's companies; the middleware checks the membership with every request."""
    if any(slug == request.POST.get("company") for slug, _ in request.companies):
        request.session["company"] = request.POST["company"]
    after = request.POST.get("next", "/")
    return redirect(after if url_has_allowed_host_and_scheme(after, {request.get_host()}) else "/")


urls = [
    path("account/login/", Login.as_view(), name="account_login"),
    path("account/company", choose, name="company"),
    path("account/", include("allauth.urls")),
]
