"""Filters for words: {{ order.total|money }}, {{ line.quantity|qty }}, {{ order.promised_on|day }}; the voice of the request decides how."""

from datetime import date, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from alur.core import words
from alur.web.voice import voice

register = template.Library()
SWAP = str.maketrans(",.", ".,")


@register.filter
def money(value: object) -> str:
    """Rp 12.450.000."""
    return words.money(value, language=voice().language, currency=voice().currency)


@register.filter
def amount(value: object) -> str:
    """12.450.000, for a column whose head says (Rp)."""
    return words.amount(value, language=voice().language, currency=voice().currency)


@register.filter
def short_money(value: object) -> str:
    """Rp 3,94 miliar."""
    return words.short_money(value, language=voice().language, currency=voice().currency)


@register.filter
def millions(value: object) -> str:
    """98,4 for a column whose head says million: one decimal, always."""
    found = words.number(value)
    return words.NOTHING if found is None else f"{found / 1_000_000:,.1f}".translate(SWAP if voice().language == "id" else {})


@register.filter
def qty(value: object) -> str:
    """12, 1.200, 2,5."""
    return words.qty(value, language=voice().language)


@register.filter
def percent(value: object) -> str:
    """4,4 %; the value is in percent already."""
    return words.percent(value, language=voice().language)


@register.filter
def day(value: object) -> str:
    """Kam 26 Nov."""
    now = voice()
    return words.day(value, language=now.language, zone=now.zone, today=now.today)


@register.filter
def long_day(value: object) -> str:
    """Selasa 24 November 2026."""
    return words.long_day(value, language=voice().language, zone=voice().zone)


@register.filter
def instant(value: object) -> str:
    """07.11, Sen 11.02 or 23 Nov, as text; {% when at %} adds the full instant on hover."""
    return words.instant(value, language=voice().language, zone=voice().zone, now=voice().now)


@register.filter
def full(value: object) -> str:
    """Selasa 24 November 2026, 09.42 WIB."""
    return words.full_instant(value, language=voice().language, zone=voice().zone)


@register.filter
def age(value: object) -> str:
    """21 jam, of a timedelta, a number of hours or the instant it began."""
    return words.age(value, language=voice().language, now=voice().now)


@register.simple_tag
def when(value: object) -> SafeString:
    """An instant as <time>, short to read, full on hover."""
    if not isinstance(value, date | datetime):
        return format_html("{}", instant(value))
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), full(value), instant(value))


@register.simple_tag
def say(sentence: str, facts: dict[str, object] | None = None) -> str:
    """A sentence of the flow, in the reader's language, with its facts."""
    return spoken(sentence, facts)


def spoken(sentence: str, facts: dict[str, object] | None = None) -> str:
    """What {% say %} writes, for views."""
    now = voice()
    return words.say(gettext(sentence) if sentence else "", facts, language=now.language, currency=now.currency, zone=now.zone, now=now.now)
