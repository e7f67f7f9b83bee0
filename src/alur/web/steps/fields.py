"""The questions a step asks: one field for each of its `needs`, told from the name alone. A step parses and judges; here only text is carried."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_noop

from alur.core.step import Step
from alur.reads import delivery_page
from alur.web.voice import voice

# the words of a field, and how it is asked: text, area, date, number, email
KNOWN = {
    "reason": (gettext_noop("Reason"), "area"),
    "note": (gettext_noop("Note"), "area"),
    "amount": (gettext_noop("Amount"), "number"),
    "quantity": (gettext_noop("Quantity"), "number"),
    "reference": (gettext_noop("Reference"), "text"),
    "receiver": (gettext_noop("Received by"), "text"),
    "courier": (gettext_noop("Courier"), "text"),
    "tracking_number": (gettext_noop("Tracking number"), "text"),
    "vehicle": (gettext_noop("Vehicle"), "text"),
    "driver": (gettext_noop("Driver"), "text"),
    "day": (gettext_noop("Day"), "date"),
    "scheduled_on": (gettext_noop("Day"), "date"),
    "received_on": (gettext_noop("Received on"), "date"),
    "until": (gettext_noop("Until"), "date"),
    "limit": (gettext_noop("Limit"), "number"),
    "on": (gettext_noop("Handed over on"), "date"),
    "brought_by": (gettext_noop("Brought by"), "text"),
}
# steps whose reason is one of the company's list: of which kind
REASONS = {"deliver.fail": "failed_delivery"}
QUIET = ("code", "version", "hold", "line", "line_id")  # codes and ids: never typed by a person
DAY = re.compile(r"_on$|_at$|^on$|^until$|^day$")


@dataclass(frozen=True, slots=True)
class Field:
    """A question."""

    name: str
    word: str
    kind: str
    value: str
    error: str
    options: Sequence[tuple[str, str]] = ()


class Form:
    """The answers to a step's questions: the same for every id, or one an id where `name-id` was sent."""

    def __init__(self, step: Step, ids: Iterable[int], sent: Mapping[str, Any]) -> None:
        self.ids, self.sent, self.needs, self.reasons = list(ids), sent, step.needs, REASONS.get(step.name, "")
        # what the button itself said (a hold's code, a version) is carried along, not asked
        self.given = [n for n in step.needs if sent.get(n) and n in QUIET]
        self.asked = any(name in sent or f"{name}-{i}" in sent for name in step.needs if name not in QUIET for i in self.ids)
        self.errors = {name: gettext("Please fill this in") for name in step.needs if not all(self._answer(name, i) for i in self.ids)}

    def _answer(self, name: str, subject: int) -> str:
        return str(self.sent.get(f"{name}-{subject}", self.sent.get(name, ""))).strip()

    @property
    def fields(self) -> list[Field]:
        """The questions with what was typed."""
        found = []
        for name in self.needs:
            if name in self.given:
                continue
            word, kind = KNOWN.get(name, (name.replace("_", " ").capitalize(), "date" if DAY.search(name) else "text"))
            options = reasons(self.reasons) if name == "reason" and self.reasons else ()
            found.append(Field(name, gettext(word), kind, str(self.sent.get(name, "")), self.errors.get(name, "") if self.asked else "", options))
        return found

    @property
    def carried(self) -> list[tuple[str, str]]:
        """The answers that are not asked."""
        return [(name, str(self.sent[name])) for name in self.given]

    def items(self) -> dict[int, dict[str, str]]:
        """{id: input}, as a step takes it."""
        return {i: {name: self._answer(name, i) for name in self.needs} for i in self.ids}


def reasons(kind: str) -> list[tuple[str, str]]:
    """The company's reasons of this kind: codes with their words."""
    return [(each.code, each.name_id if voice().language == "id" else each.name_en) for each in delivery_page.reasons(kind)]
