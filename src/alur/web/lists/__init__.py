"""The lists of the flow; what other screens may use of them."""

from typing import Any

from django.urls import NoReverseMatch, reverse

from alur.reads import worklists


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
        return reverse(noun, args=[number])
    except NoReverseMatch:
        return ""
