"""A channel or a way of delivery as a page shows it: the word standing alone, and its icon. States are worded by reads/status.py."""

from alur.reads import status

ICONS = {"email": "mail", "phone": "phone", "shop": "shop", "file": "file", "api": "api", "portal": "user"} | {
    "own_fleet": "truck",
    "courier": "box",
    "pickup": "shop",
    "on_site": "pin",
}


def channel(code: str) -> tuple[str, str]:
    """(word, icon) of a channel or a way of delivery."""
    group = "method" if code in status.CODES["method"] else "channel"
    word = str(status.word(group, code))
    return word[:1].upper() + word[1:], ICONS.get(code, "dot")
