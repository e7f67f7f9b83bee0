"""The lists of the flow; what other screens may use of them."""

from typing import Any

from django.urls import NoReverseMatch, reverse

from alur.reads import worklists


def rows(stage: str, ids: list[int]) -> list[Any]:
    """The rows of a stage's list, wherever they are by now, with their words."""
    from alur.web.lists.view import lines
    from alur.web.voice import voice

    return lines(worklists.NOUN[stage], worklists.some(stage, ids, now=voice().now, today=voice().today))


def url(noun: str, number: str) -> str:
    """The page of a thing, or nothing where there is none."""
    try:
        return reverse(noun, args=[number])
    except NoReverseMatch:
        return ""
