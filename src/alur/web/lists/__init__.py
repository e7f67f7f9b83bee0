"""The lists of the flow; what other screens may use of them."""

from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext, gettext_noop

from alur.reads import worklists
from alur.web.templatetags.words import qty

# what is late in a stage, in its own words
LATE = {"deliver": gettext_noop("%(n)s past their day"), "pay": gettext_noop("%(n)s overdue"), "confirm": gettext_noop("%(n)s late")}
PAGES = {"item": "invoice", "allocation": "invoice", "payer": "customer"}  # on whose page they stand
PAST = gettext_noop("%(n)s past target")


def late(stage: str, n: int) -> str:
    """How many are late in a stage."""
    return gettext(LATE.get(stage, PAST)) % {"n": qty(n)}


def rows(stage: str, ids: list[int]) -> list[Any]:
    """The rows of a stage's list, wherever they are by now, with their words."""
    from alur.web.lists.view import lines
    from alur.web.voice import voice

    return lines(stage, worklists.some(stage, ids, now=voice().now, today=voice().today))


def every(stage: str, address: str) -> list[int]:
    """The ids of all rows that a stage's list shows at an address, on all its pages."""
    from alur.web.lists.view import every as found

    return found(stage, address) if stage in worklists.NOUN else []


def url(noun: str, number: str) -> str:
    """The page of a thing, or nothing where there is none."""
    try:
        return reverse(PAGES.get(noun, noun), args=[number])
    except NoReverseMatch:
        return ""
