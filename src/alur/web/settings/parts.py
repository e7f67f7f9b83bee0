"""The parts of terms, in one line: `50 % 14, 50 % 30` is a half after 14 days and a half after 30; together they are 100 %."""

import re
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from alur import models
from alur.web.settings.columns import Column
from alur.web.templatetags import words as say

PART = re.compile(r"(\d{1,3}(?:[.,]\d+)?)\s*%?\s+(\d{1,3})\s*\w*")


def read(text: str) -> list[tuple[Decimal, int]] | None:
    """Percent and days of each part; None: not understood."""
    found = [PART.fullmatch(each.strip()) for each in re.split(r"[;+\n]|,\s+", text.strip()) if each.strip()]
    return [(Decimal(each[1].replace(",", ".")), int(each[2])) for each in found if each] if found and all(found) else None


def check(text: str) -> str:
    """Why this cannot be the parts of terms; empty if it can."""
    found = read(text)
    if found is None:
        return gettext("Percent and days of each part, such as 50 % 14, 50 % 30.")
    whole = sum(percent for percent, _days in found)
    if whole != 100 or any(not percent for percent, _days in found):
        return gettext("Together the parts are %(sum)s, they have to be 100 %%.") % {"sum": say.percent(whole)}
    return ""


class Parts:
    """A column that is stored in rows of its own."""

    column = Column("parts", _("Parts: percent and days"), hint=_("Such as 100 % 30, or 50 % 14, 50 % 30."), required=True, check=check, start="100 % 30")

    def load(self, ids: list[int]) -> dict[int, str]:
        """The parts of these terms, each as it is typed."""
        found: dict[int, list[str]] = {i: [] for i in ids}
        parts = models.TermsPart.objects.filter(terms_id__in=ids).order_by("terms_id", "position")
        for terms, percent, days in parts.values_list("terms_id", "percent", "days"):
            found[terms].append(f"{say.qty(percent)} % {days}")
        return {i: ", ".join(each) for i, each in found.items()}

    def store(self, id: int, text: str) -> None:  # noqa: A002
        """Put these in their place."""
        models.TermsPart.objects.filter(terms_id=id).delete()
        models.TermsPart.objects.bulk_create(
            models.TermsPart(terms_id=id, position=n, percent=percent, days=days) for n, (percent, days) in enumerate(read(text) or [], 1)
        )


PARTS: Any = Parts()
