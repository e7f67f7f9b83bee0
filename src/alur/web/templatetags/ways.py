"""Where links lead: this page with another parameter, the page of a number; roles and hours as words."""

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from alur.core import words
from alur.web.voice import voice

register = template.Library()


@register.simple_tag(takes_context=True)
def with_param(context: dict[str, Any], name: str, value: object) -> str:
    """The page with one parameter set, or left out where the value is empty; back on its first page."""
    query = context["request"].GET.copy()
    for each in ("page", "after", "before", name):
        query.pop(each, None)
    if value:
        query[name] = str(value)
    return "?" + query.urlencode()


@register.filter
def address(key: object, screen: str) -> str:
    """The address of a thing's page: {{ order.number|address:"order" }}; this page where that screen does not exist."""
    try:
        return reverse(screen, args=[key])
    except NoReverseMatch:
        return "#"


@register.filter
def roles(codes: list[str]) -> str:
    """Roles as words."""
    from alur.web.shell import ROLES

    return ", ".join(gettext(ROLES.get(code, code)) for code in codes)


@register.filter
def hours(count: int) -> str:
    """24 jam."""
    return f"{count}{words.NBSP}{words.UNITS[voice().language][1]}"
