"""The five figures of Today, each with its aim, twelve weeks and a sentence of what it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from alur.core import words
from alur.reads import status
from alur.reads.today import AIM
from alur.web.templatetags import words as said
from alur.web.today import weeks
from alur.web.voice import voice


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure; of a late one the line is red."""

    label: str
    value: str
    unit: str
    spark: list[Any]
    text: str
    url: str
    goal: float | None = None
    late: bool = False


def of(today: date, causes: Sequence[Any], owed: Any) -> list[Tile]:
    """The figures; causes: why orders are held right now, owed: what customers owe."""
    past, now = weeks.of(today), weeks.day(today)
    return [_orders(past, now), _clean(past, causes), _waiting(past, causes), _kept(past), _money(past, now, owed)]


def _orders(past: list[weeks.Week], now: weeks.Week) -> Tile:
    week, usual = past[-1].value, _mean([each.value for each in past[:-1] if each.orders])
    text = gettext("%(value)s today; %(week)s in seven days") % {"value": said.short_money(now.value), "week": said.short_money(week)}
    if usual and week:
        change = round(100 * (float(week) / usual - 1))
        more = gettext("%(n)s above the usual week") if change >= 0 else gettext("%(n)s below the usual week")
        text += ", " + more % {"n": said.percent(abs(change))}
    return Tile(gettext("Orders today"), said.qty(now.orders), "", [each.orders for each in past], text + ".", _url("orders"))


def _clean(past: list[weeks.Week], causes: Sequence[Any]) -> Tile:
    share, week = past[-1].share("clean", "orders"), past[-1]
    first = next((status.cause(each.code).lower() for each in causes if each.code != "awaiting_payment"), "")
    text = gettext("%(n)s of %(of)s orders of seven days needed a hand") % {"n": said.qty(week.orders - week.clean), "of": said.qty(week.orders)}
    text += f"; {gettext('most held now: %(cause)s') % {'cause': first}}." if first else "."
    return Tile(gettext("Without a hand"), *_percent(share, AIM["clean"]), _line(past, "clean", "orders"), text, _url("exceptions"), AIM["clean"])


def _waiting(past: list[weeks.Week], causes: Sequence[Any]) -> Tile:
    held = [each for each in causes if each.code != "awaiting_payment"]
    oldest = min(held, key=lambda each: each.oldest, default=None)
    hours = (voice().now - oldest.oldest).total_seconds() / 3600 if oldest else 0.0
    mean = float(past[-1].hours) / past[-1].settled if past[-1].settled else None
    line = [float(each.hours) / each.settled if each.settled else 0 for each in past]
    text = f"{oldest.number}: {status.cause(oldest.code).lower()}." if oldest else gettext("No order is held.")
    text += " " + gettext("Aim %(aim)s") % {"aim": said.age(AIM["waited"])}
    text += f"; {gettext('seven days took %(age)s on average') % {'age': said.age(mean)}}." if mean is not None else "."
    value, unit = _unit(said.age(hours)) if oldest else ("–", "")
    url = _url("order", oldest.number) if oldest else _url("exceptions")
    return Tile(gettext("Held the longest"), value, unit, line, text, url, AIM["waited"], late=hours > AIM["waited"])


def _kept(past: list[weeks.Week]) -> Tile:
    week, share = past[-1], past[-1].share("kept", "arrived")
    late = week.arrived - week.kept
    text = gettext("%(n)s of %(of)s deliveries of seven days came after the day first promised.") % {"n": said.qty(late), "of": said.qty(week.arrived)}
    text = text if week.arrived else gettext("Nothing arrived in seven days.")
    return Tile(gettext("Promises kept"), *_percent(share, AIM["kept"]), _line(past, "kept", "arrived"), text, _url("stage", "deliver"), AIM["kept"])


def _money(past: list[weeks.Week], now: weeks.Week, owed: Any) -> Tile:
    text = gettext("%(week)s in seven days; %(due)s fall due in the next seven.") % {
        "week": said.short_money(past[-1].money), "due": said.short_money(owed.due)}  # fmt: skip
    return Tile(gettext("Money in today"), *_unit(said.short_money(now.money)), [each.money for each in past], text, _url("payments"))


def _unit(text: str) -> tuple[str, str]:
    """Rp 98,4 and juta; 23 and jam."""
    number, _, unit = text.rpartition(words.NBSP)
    return (number, unit) if number and unit.isalpha() else (text, "")


def _percent(share: float | None, aim: int) -> tuple[str, str]:
    """67 and "% · aim 80"."""
    return said.qty(round(share)) if share is not None else "–", gettext("%% · aim %(aim)s") % {"aim": said.qty(aim)}


def _line(past: list[weeks.Week], part: str, whole: str) -> list[Any]:
    """Percent by week; a week without any goes on where the last one was."""
    found: list[Any] = []
    for each in past:
        share = each.share(part, whole)
        found.append(share if share is not None else found[-1] if found else 0)
    return found


def _mean(values: Sequence[Any]) -> float:
    return float(sum(values)) / len(values) if values else 0.0


def _url(name: str, *args: str) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return "/"
