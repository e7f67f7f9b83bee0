"""What happened to an order, newest first: events as sentences with links to what they name, and notes between them."""

from collections.abc import Mapping
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from alur.reads import sentences
from alur.reads.order_page import Page
from alur.web import lists
from alur.web.voice import voice

# the beginning of a kind -> icon, colour; the first that fits
LOOKS = (
    ("order.received", "file", ""), ("order.held", "pause", "wait"), ("order.verify_refused", "pause", "wait"), ("order.cancel", "x", ""),
    ("order.amended", "pen", ""), ("order.released", "key", "now"), ("order.promise", "calendar", "now"), ("order.expired", "off", "wait"),
    ("order.closed", "flag", "done"), ("order.priced", "receipt", ""), ("delivery.failed", "alert", "wait"), ("delivery.delivered", "truck", "done"),
    ("delivery", "truck", "now"), ("order.scheduled", "truck", "now"), ("order.short", "pause", "wait"), ("order.backordered", "pause", "wait"),
    ("order.reserved", "box", "now"), ("order.prepared", "receipt", ""), ("pro_forma", "receipt", ""), ("invoice", "receipt", "now"),
    ("payment", "wallet", "done"), ("return", "return", ""),
)  # fmt: skip
CHANNEL = {"email": "mail", "phone": "phone", "shop": "shop", "file": "file", "api": "api", "portal": "user"}


def events(page: Page, who: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows for parts/timeline.html; `who` names the actors."""
    said = sentences.events(page.events, voice().language, now=voice().now)
    known = documents(page)
    told = [_event(event, text, known, who) for event, text in zip(page.events, said, strict=True)]
    noted = [{"kind": "", "icon": "msg", "text": who.get(note.by, "–"), "say": note.body, "at": note.at, "note": True} for note in page.notes]
    return sorted(told + noted, key=lambda each: each["at"], reverse=True)


def documents(page: Page) -> dict[str, str]:
    """The numbers of everything around this order that has a page, and its address."""
    found = {d.number: lists.url("delivery", d.number) for d in page.deliveries}
    found |= {v.number: lists.url("invoice", v.number) for v in page.invoices}
    found |= {p.number: lists.url("payment", p.number) for p in page.payments}
    found |= {f.number: lists.url("pro_forma", f.number) for f in page.pro_formas}
    return {number: url for number, url in found.items() if url}


def linked(text: str, known: Mapping[str, str]) -> SafeString:
    """A sentence, escaped, with the numbers it names as links."""
    safe = escape(text)
    for number, url in known.items():
        safe = safe.replace(escape(number), f'<a class="link" href="{escape(url)}">{escape(number)}</a>')
    return mark_safe(safe)  # noqa: S308  every piece of it is escaped above


def _event(event: Any, text: str, known: Mapping[str, str], who: Mapping[str, str]) -> dict[str, Any]:
    icon, kind = next(((icon, kind) for start, icon, kind in LOOKS if event.kind.startswith(start)), ("check", "done"))
    if event.kind == "order.received":
        icon = CHANNEL.get(event.data.get("channel", ""), icon)
    elif event.kind.endswith("_refused"):
        icon, kind = "pause", "wait"
    return {"kind": kind, "icon": icon, "text": linked(text, known), "why": who.get(event.actor, ""), "at": event.at}
