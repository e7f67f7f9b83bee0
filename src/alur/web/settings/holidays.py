"""Indonesia's public holidays and joint leave of a year, proposed: a person ticks those on which the company rests."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext

from alur.core import clock
from alur.models import Holiday
from alur.web import drawers, typed
from alur.web.drawers import Field, Form
from alur.web.request import Request
from alur.web.settings import rows
from alur.web.settings.tables import BY_NAME, may
from alur.web.templatetags import words as say
from alur.web.voice import voice

TABLE = BY_NAME["holiday"]


def propose(request: Request) -> HttpResponse:
    """Ask which of a year's (GET), or keep those that are ticked (POST)."""
    if not may(TABLE, request):
        raise PermissionDenied
    year, today = typed.whole(request.GET.get("year") or request.POST.get("year")), voice().today
    if not today.year <= year <= today.year + 5:  # the first year that lacks some
        year = next((each for each in range(today.year, today.year + 3) if known(each)), today.year)
    new = known(year)
    options = [(day.isoformat(), f"{say.long_day(day)}: {name}") for day, name in new.items()]
    field = Field("days", gettext("Days off in %(year)s") % {"year": year}, "many", " ".join(day for day, _name in options), "", options)
    text = gettext("As the holidays package knows them. Those that hang on the moon are announced by a joint decree every year: compare it.")
    none = gettext("All public holidays of %(year)s are there already.") % {"year": year}
    form = Form(
        gettext("Public holidays of %(year)s") % {"year": year}, gettext("Keep the ticked days"), drawers.typed([field], request.POST) if options else [],
        action=request.path, back=reverse("data", args=["holiday"]), text=text if options else none, carried=[("year", str(year))],
    )  # fmt: skip
    if request.method != "POST" or not options:
        return drawers.ask(request, form)
    for day in form.fields[0].values:
        _keep(date.fromisoformat(day), new, by=str(request.user.pk))
    return drawers.done(request, form, gettext("%(n)s holidays kept") % {"n": len(form.fields[0].values)})


def known(year: int) -> dict[date, str]:
    """Public holidays of a year that are not kept yet, in the reader's language."""
    import holidays

    language = "id" if voice().language == "id" else "en_US"
    found: Any = holidays.country_holidays("ID", years=year, categories=("public", "government"), language=language)
    kept = set(Holiday.objects.filter(on__year=year).values_list("on", flat=True))
    return {day: name for day, name in sorted(found.items()) if day not in kept}


def _keep(day: date, names: dict[date, str], *, by: str) -> None:
    rows.save(TABLE, Holiday(), {"on": day, "name": names[day]}, "", by=by, at=clock.now())
