"""What a driver reports of a delivery, read from the form: of every line what stayed, what comes again, what is lost, what was refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from alur.flow.deliver.ending import Done, Ends
from alur.web import typed

ENDS = ("delivered", "again", "lost", "refused")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the form with what was typed."""

    line: Any
    name: str
    typed: dict[str, str]
    reason: str
    error: str


@dataclass(frozen=True, slots=True)
class Report:
    """The form as it was sent, and what a step may take of it."""

    rows: list[Row]
    receiver: str
    reason: str

    @property
    def wrong(self) -> bool:
        """Whether a number could not be read, or the numbers do not add up."""
        return any(row.error for row in self.rows)

    def done(self, language: str) -> Done:
        """The input of deliver.complete; lines that went as planned are not named."""
        named = {row.line.id: _ends(row, language) for row in self.rows if row.line.kind != "charge" and not _plain(row, language)}
        return Done(lines=named, receiver=self.receiver, reason=self.reason or None)


def read(lines: Sequence[Any], names: Mapping[int, str], sent: Mapping[str, Any], language: str) -> Report:
    """The report in what was sent; without any of it, the one that says everything arrived."""
    rows = []
    for line in lines:
        written = {end: str(sent.get(f"{end}-{line.id}", "")).strip() for end in ENDS}
        rows.append(Row(line, names[line.id], written, str(sent.get(f"reason-{line.id}", "")), _error(line, written, language)))
    return Report(rows, str(sent.get("receiver", "")).strip()[:200], str(sent.get("reason", "")))


def _number(text: str, language: str) -> Decimal | None:
    return typed.number(text, language) if text else Decimal(0)


def _error(line: Any, written: Mapping[str, str], language: str) -> str:
    if not any(written.values()):
        return ""
    found = [_number(written[end], language) for end in ENDS]
    if any(each is None or each < 0 for each in found):
        return gettext("Numbers only, please.")
    said = sum((each for each in found if each is not None), Decimal(0))
    return "" if said == line.picked else gettext("This comes to %(said)s; %(shipped)s were shipped.") % {"said": said, "shipped": line.picked.normalize()}


def _ends(row: Row, language: str) -> Ends:
    delivered, again, lost, refused = (_number(row.typed[end], language) or Decimal(0) for end in ENDS)
    return Ends(delivered, again, lost, refused, row.reason or None)


def _plain(row: Row, language: str) -> bool:
    """Whether all of a line arrived, or nothing was typed for it."""
    return not any(row.typed.values()) or _number(row.typed["delivered"], language) == row.line.picked


__all__ = ("ENDS", "Report", "Row", "read")
