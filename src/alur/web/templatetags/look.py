"""The small parts of a page as tags: icon, chip, way, bullet, shares, spark. Larger parts are templates in web/parts/."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from alur.core import words
from alur.web.voice import voice

register = template.Library()
ICONS = Path(__file__).parents[1] / "icons"
KINDS = ("", "now", "wait", "late", "done")
INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


@cache
def _drawing(name: str) -> SafeString:
    """What stands inside the icon's <svg>; the files are ours, so they are safe."""
    found = INSIDE.search((ICONS / f"{name}.svg").read_text())
    return mark_safe(found[1] if found else "")  # noqa: S308


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A line drawing from web/icons. Beside a word it is hidden from readers; alone it needs a label."""
    ic = format_html('<svg class="ic" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', _drawing(name))
    return format_html('{}<span class="sr">{}</span>', ic, label) if label else ic


@register.simple_tag
def chip(word: str, kind: str = "", *, bare: bool = False) -> SafeString:
    """A state: a word and a shape. `bare` where most rows share the state."""
    return format_html('<span class="{}">{}</span>', " ".join(filter(None, ("chip", kind, "bare" if bare else ""))), word)


@register.simple_tag
def way(at: int, kind: str = "") -> SafeString:
    """The order's way in eight marks: at 1-8, then held, late or end. A word stands beside it."""
    return format_html('<i class="{}" aria-hidden="true"></i>', f"way at{at} {kind}".rstrip())


@register.simple_tag
def bullet(value: object, target: object, *, width: int = 40, height: int = 6) -> SafeString:
    """A value against its target: the track ends at 1.25 x target, a line marks the target, past it the bar is late."""
    have, goal = float(words.number(value) or 0), float(words.number(target) or 0)
    if goal <= 0:
        return mark_safe("")
    full = round(width * min(have / (goal * 1.25), 1))
    return format_html(
        '<svg class="bullet" width="{w}" height="{h}" aria-hidden="true"><rect class="t" width="{w}" height="{h}" rx="3"/>'
        '<rect class="{kind}" width="{full}" height="{h}" rx="3"/><rect class="g" x="{goal}" y="-2" width="1.5" height="{tall}"/></svg>',
        w=width,
        h=height,
        full=full,
        kind="l" if have > goal else "",
        goal=round(width * 0.8),
        tall=height + 4,
    )


@register.simple_tag
def shares(parts: Sequence[tuple[str, object]], *, width: int = 66, height: int = 8, of: object = None, label: str = "") -> SafeString:
    """Shares of a whole in one bar: (kind, amount) with kind d done, "" in progress, p planned, w waiting, l late."""
    sizes = [(kind, float(words.number(value) or 0)) for kind, value in parts]
    whole = float(words.number(of) or 0) or sum(size for _, size in sizes) or 1
    x, bars = 0.0, []
    for kind, size in sizes:
        if size > 0:
            wide = width * size / whole
            bars.append((kind, round(x, 1), round(max(wide - (1 if x + wide < width - 1 else 0), 0.5), 1), height))
            x += wide
    inside = format_html_join("", '<rect class="{}" x="{}" width="{}" height="{}" rx="2"/>', bars)
    said = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="bullet" width="{}" height="{}" {}>{}</svg>', width, height, said, inside)


@register.simple_tag
def share(part: object, whole: object, kind: str = "", *, width: int = 150) -> SafeString:
    """One part of a whole as a bar; a part that is there is seen, however small."""
    have, every = float(words.number(part) or 0), float(words.number(whole) or 0)
    wide = max(2, round(width * have / every)) if have > 0 < every else 0
    return format_html('<svg class="bullet" width="{}" height="8" aria-hidden="true"><rect class="{}" width="{}" height="8" rx="2"/></svg>', width, kind, wide)


@register.simple_tag
def spark(values: Iterable[object], *, goal: object = None, late: bool = False, label: str = "") -> SafeString:
    """A small line of the last values, with its goal dotted."""
    numbers = [float(words.number(v) or 0) for v in values]
    if len(numbers) < 2:
        return mark_safe("")
    target = words.number(goal)
    every = [*numbers, float(target)] if target is not None else numbers
    low, high = min(every), max(every)
    scale = 28 / ((high - low) or 1)
    points = " ".join(f"{i * 96 / (len(numbers) - 1):.1f},{31 - (n - low) * scale:.1f}" for i, n in enumerate(numbers))
    line = "" if target is None else format_html('<path class="goal" d="M0 {}H96"/>', f"{31 - (float(target) - low) * scale:.1f}")
    return format_html(
        '<svg class="spark{}" viewBox="0 0 96 34" role="img" aria-label="{}"><path class="area" d="M0 34L{} 96 34z"/>{}'
        '<polyline points="{}"/><circle cx="96" cy="{}" r="2.6"/></svg>',
        " late" if late else "",
        label,
        points,
        line,
        points,
        points.rsplit(",", 1)[1],
    )


@register.simple_tag
def aged(since: object, target: object = None, *, width: int = 40) -> SafeString:
    """An age beside its target in hours: the bullet, then "21 jam" or, past it, "▲ 26 jam"."""
    hours = _hours(since)
    text = words.age(timedelta(hours=hours) if hours is not None else None, language=voice().language)
    goal = words.number(target)
    if hours is None or not goal:
        return format_html("{}", text)
    said = format_html('<span class="late">▲ {}</span>', text) if hours > float(goal) else text
    return format_html("{}&ensp;{}", bullet(hours, goal, width=width), said)


def _hours(since: object) -> float | None:
    if isinstance(since, timedelta):
        return since.total_seconds() / 3600
    if isinstance(since, datetime):
        return (voice().now - since).total_seconds() / 3600
    number = since if isinstance(since, int | float | Decimal) else None
    return None if number is None else float(number)


@register.filter
def initials(name: str) -> str:
    """RP for Rizky Pratama; the first two letters where there is one word."""
    parts = (name or "").replace(".", " ").replace("@", " ").split()
    return (parts[0][0] + parts[1][0] if len(parts) > 1 else (name or "–")[:2]).upper()


@register.filter
def at(values: dict[object, object] | None, key: object) -> object:
    """The value a dictionary has at a key: {{ rows|at:"verify" }}."""
    return (values or {}).get(key)
