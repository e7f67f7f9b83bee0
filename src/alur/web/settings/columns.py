"""A column of master data as a question: what was typed as the value that is stored, a stored value as it is typed and as it is read. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from alur.web import typed
from alur.web.drawers import Field
from alur.web.templatetags import words as say
from alur.web.voice import voice

Options = Sequence[tuple[str, str]]
MOST = Decimal(10) ** 12
KINDS = {"whole": "number", "link": "choice", "days": "many", "texts": "many"}  # of a column -> of the drawer's field


def fits(_value: Any) -> str:
    """No objection."""
    return ""


def at_most(most: int) -> Callable[[Any], str]:
    """A check: nothing above this."""
    return lambda value: gettext("%(most)s at most.") % {"most": most} if value is not None and value > most else ""


@dataclass(frozen=True, slots=True)
class Column:
    """A question about a row. kind: text, area, number, whole, day, yes, choice, link (a row's id), days (ISO weekdays), texts; code: fixed once stored."""

    name: str
    word: str
    kind: str = "text"
    hint: str = ""
    required: bool = False
    options: Callable[[], Options] = tuple
    check: Callable[[Any], str] = fits
    code: bool = False
    listed: bool = True
    start: Any = None  # of a new row

    def field(self, value: Any) -> Field:
        """The question with its stored value."""
        options = list(self.options())
        if self.kind == "link" and not self.required:
            options.insert(0, ("", "–"))
        kind = KINDS.get(self.kind, self.kind)
        hint = gettext(self.hint) if self.hint else ""
        return Field(self.name, gettext(self.word), kind, self.text(value), hint, options, required=self.required)

    def text(self, value: Any) -> str:
        """A stored value as it can be typed again."""
        if value is None or value is False or value == []:
            return ""
        if value is True:
            return "1"
        if isinstance(value, list | tuple):
            return " ".join(str(each) for each in value)
        if isinstance(value, date):
            return typed.said_day(value, voice().language)
        return say.qty(value) if isinstance(value, Decimal) else str(value)

    def value(self, text: str) -> Any:
        """What was typed as it is stored; ValueError says in a sentence why it cannot be."""
        if self.required and not text:
            raise ValueError(gettext("Please fill this in"))
        found = getattr(self, f"_{self.kind}")(text)
        if objection := self.check(found):
            raise ValueError(objection)
        return found

    def said(self, value: Any) -> str:
        """A stored value as people read it."""
        if value is None or value in ("", []):
            return "–"
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if isinstance(value, date):
            return say.day(value)
        known = dict(self.options())
        if isinstance(value, list | tuple):
            if self.kind == "days" and len(value) > 2 and list(value) == list(range(value[0], value[-1] + 1)):
                return f"{known[str(value[0])]}–{known[str(value[-1])]}"
            return ", ".join(known.get(str(each), str(each)) for each in value)
        return known.get(str(value)) or self.text(value)

    def _text(self, text: str) -> str:
        return " ".join(text.split())

    def _area(self, text: str) -> str:
        return text

    def _choice(self, text: str) -> str:
        return self._known(text)

    def _link(self, text: str) -> int | None:
        return int(self._known(text)) if text else None

    def _days(self, text: str) -> list[int]:
        return sorted(int(self._known(each)) for each in text.split())

    def _texts(self, text: str) -> list[str]:
        return [self._known(each) for each in text.split()]

    def _yes(self, text: str) -> bool:
        return bool(text)

    def _number(self, text: str) -> Decimal | None:
        found = typed.price(text, voice().language) if text else None
        if text and (found is None or found < 0 or found >= MOST):
            raise ValueError(gettext("A number of 0 or more, such as 12 or 96500."))
        return found

    def _whole(self, text: str) -> int:
        found = self._number(text) or Decimal(0)
        if found != int(found) or found > 10**6:
            raise ValueError(gettext("A whole number, such as 3."))
        return int(found)

    def _day(self, text: str) -> date | None:
        found = typed.day(text, voice().today) if text else None
        if text and found is None:
            raise ValueError(gettext("This is no day we understand: 26/11, Thursday, tomorrow or +3."))
        return found

    def _known(self, text: str) -> str:
        if text not in {value for value, _ in self.options()}:
            raise ValueError(gettext("Choose one that is there."))
        return text


def read(columns: Sequence[Column], fields: Sequence[Field]) -> tuple[dict[str, Any], dict[str, str]]:
    """What was typed in these fields: (values, errors), each by column."""
    values, errors = {}, {}
    for column, field in zip(columns, fields, strict=True):
        try:
            values[column.name] = column.value(field.value)
        except ValueError as error:
            errors[column.name] = str(error)
    return values, errors


def words(names: Mapping[str, str]) -> Callable[[], list[tuple[str, str]]]:
    """Options with their words in the reader's language."""
    return lambda: [(code, gettext(word)) for code, word in names.items()]
