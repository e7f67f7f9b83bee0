"""A form beside the page it changes: fields with what was typed, errors beside them and on top, and the difference where somebody was faster.

A view makes Fields, runs its one step, and answers with `ask` (again) or `done`. Works as a drawer (htmx) and as a page of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from alur.web.request import Request

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Field:
    """A question: kind is text, number, day, area, choice, many (values between blanks) or yes; now: what somebody else put there meanwhile."""

    name: str
    word: str
    kind: str = "text"
    value: str = ""
    hint: str = ""
    options: Sequence[tuple[str, str]] = ()
    error: str = ""
    now: str = ""
    required: bool = False

    @property
    def values(self) -> list[str]:
        """What is ticked of many."""
        return self.value.split()


@dataclass(frozen=True, slots=True)
class Form:
    """What a drawer asks: title, the button's verb, where it is sent, and what is said above the fields."""

    title: str
    verb: str
    fields: Sequence[Field]
    action: str
    back: str
    text: str = ""
    carried: Sequence[tuple[str, str]] = ()
    errors: Sequence[str] = ()
    clash: bool = False
    preview: str = ""  # an address that says what this would change, while it is typed
    remove: str = ""  # an address that takes the row out

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """Errors with the fields they stand at."""
        return [("", text) for text in self.errors] + [(field.name, f"{field.word}: {field.error}") for field in self.fields if field.error]

    def clashed(self, now: Mapping[str, str]) -> "Form":
        """The form with what stands now in the fields that somebody else changed; what was typed is kept."""
        return replace(self, clash=True, fields=[replace(field, now=now.get(field.name, "")) for field in self.fields])

    @property
    def changed(self) -> list[Field]:
        """Fields that somebody else changed meanwhile."""
        return [field for field in self.fields if field.now]


def typed(fields: Iterable[Field], sent: Mapping[str, Any]) -> list[Field]:
    """The fields with what was sent; without an answer they keep their value, but for boxes, which nobody ticked."""
    return [replace(field, value=_answer(field, sent)) if sent and (field.name in sent or field.kind in ("yes", "many")) else field for field in fields]


def _answer(field: Field, sent: Mapping[str, Any]) -> str:
    if field.kind == "many":
        ticked = sent.getlist(field.name) if isinstance(sent, QueryDict) else sent.get(field.name, "").split()
        return " ".join(option for option, _ in field.options if option in ticked)
    value = str(sent.get(field.name, "")).replace("\x00", "").strip()[:LONGEST]
    return value if field.kind != "choice" or value in {option for option, _ in field.options} else field.value


def ask(request: Request, form: Form, *, status: int = 200) -> HttpResponse:
    """Show the form: beside the page, or as one."""
    return render(request, "drawers/drawer.html" if request.htmx else "drawers/page.html", {"form": form}, status=status)


def done(request: Request, form: Form, said: str) -> HttpResponse:
    """It is done: say so, and let the page behind show its new state."""
    if not request.htmx:
        messages.success(request, said)
        return redirect(form.back if url_has_allowed_host_and_scheme(form.back, {request.get_host()}) else "/")
    response = render(request, "drawers/done.html", {"said": said})
    response["HX-Trigger"] = "alur:moved"
    return response
