"""Who may make an account: nobody by themselves. An administrator adds people."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):
    """allauth as Alur uses it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002  allauth names it
        """Accounts are given, not taken."""
        return False

    def add_message(self, request: HttpRequest, level: int, *args: Any, **kwargs: Any) -> None:
        """Say what went wrong or was changed; that somebody signed in or out is seen without words."""
        template = kwargs.get("message_template") or (args[0] if args else "")
        if level >= messages.WARNING or "password" in str(template):
            super().add_message(request, level, *args, **kwargs)
