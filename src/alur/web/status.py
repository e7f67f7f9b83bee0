"""The word a person says for a state, with its shape: the same in list, page, document and mail. Kinds: "", now, wait, late, done."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_noop

WORDS = {
    "order": {
        "received": (gettext_noop("Received"), ""),
        "verified": (gettext_noop("Verified"), "now"),
        "confirmed": (gettext_noop("Confirmed"), "now"),
        "fulfilled": (gettext_noop("Delivered in full"), "done"),
        "closed": (gettext_noop("Closed"), "done"),
        "cancelled": (gettext_noop("Cancelled"), ""),
    },
    "delivery": {
        "scheduled": (gettext_noop("Scheduled"), ""),
        "picked": (gettext_noop("Picked"), "now"),
        "dispatched": (gettext_noop("On the road"), "now"),
        "delivered": (gettext_noop("Delivered"), "done"),
        "failed": (gettext_noop("Failed"), "late"),
        "cancelled": (gettext_noop("Cancelled"), ""),
    },
    "item": {"open": (gettext_noop("Open"), ""), "part": (gettext_noop("Paid in part"), "now")},
    "return": {
        "permitted": (gettext_noop("Permitted"), ""),
        "received": (gettext_noop("Goods are back"), "now"),
        "closed": (gettext_noop("Closed"), "done"),
    },
}
HELD, SHORT = gettext_noop("Held"), gettext_noop("Waiting for stock")
CHANNELS = {
    "email": (gettext_noop("E-mail"), "mail"),
    "phone": (gettext_noop("Telephone"), "phone"),
    "shop": (gettext_noop("Web shop"), "shop"),
    "file": (gettext_noop("File"), "file"),
    "api": (gettext_noop("API"), "api"),
    "portal": (gettext_noop("Customer page"), "user"),
    "own_fleet": (gettext_noop("Own fleet"), "truck"),
    "courier": (gettext_noop("Courier"), "box"),
    "pickup": (gettext_noop("Pick-up"), "shop"),
    "on_site": (gettext_noop("On site"), "pin"),
}


@dataclass(frozen=True, slots=True)
class Status:
    """A chip: word, kind, and the class its row gets."""

    word: str
    kind: str
    row: str = ""


def of(noun: str, row: Any) -> Status:
    """What is said of a row of a list."""
    late = "is-late" if getattr(row, "late", False) else ""
    if noun == "order" and getattr(row, "hold", None):
        return Status(gettext(HELD), "wait", late or "is-held")
    if noun == "order" and getattr(row, "short", False):
        return Status(gettext(SHORT), "wait", late or "is-held")
    word, kind = WORDS[noun].get(row.state, (row.state, ""))
    return Status(gettext(word), kind, late)


def channel(code: str) -> tuple[str, str]:
    """The name and the icon of a channel or a way of delivery."""
    word, icon = CHANNELS.get(code, (code, "dot"))
    return gettext(word), icon
