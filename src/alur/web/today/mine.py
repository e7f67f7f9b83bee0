"""What waits for the reader: holds, deliveries, money without a home; each a row with the way out."""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_noop

from alur.flow import map as flow
from alur.reads import sentences, status
from alur.web import lists, remedies
from alur.web.flow import verb
from alur.web.remedies import Remedy
from alur.web.shell import STAGES
from alur.web.voice import voice

NEXT = {"scheduled": "deliver.pick", "picked": "deliver.dispatch"}  # what a delivery waits for
PAID = gettext_noop("Settles nothing yet")
Hold = namedtuple("Hold", ("code", "facts", "order_id", "line_id"))  # noqa: PYI024  what reads.sentences reads
PLACES = tuple(STAGES)


@dataclass(frozen=True, slots=True)
class Row:
    """Something that waits: what it is called and where its page is, why it waits, how far on its way it is, the button that settles it."""

    row: Any
    url: str
    title: str
    sentence: str
    at: int
    place: str
    late: bool
    remedy: Remedy | None


def rows(found: Sequence[Any], roles: frozenset[str]) -> list[Row]:
    """The rows with their words, looked up at once."""
    held = [row for row in found if row.kind == "hold"]
    told = sentences.brief([Hold(r.code, r.facts, r.order_id, r.line_id) for r in held], voice().language, now=voice().now)
    why = {row.hold_id: said for row, said in zip(held, told, strict=True)}
    return [_row(row, roles, why.get(row.hold_id, ("", ""))) for row in found]


def _row(row: Any, roles: frozenset[str], why: tuple[str, str]) -> Row:
    late = row.hours > row.target
    if row.kind == "hold":
        at = 2 if row.state == "received" else 3
        first = next(iter(remedies.of(row.code, roles, row.number)), None)
        return Row(row, lists.url("order", row.number), *why, at, _place(at), late, first)
    if row.kind == "payment":
        url = lists.url("payment", row.number)
        return Row(row, url, gettext(PAID), "", 6, _place(6), late, Remedy("", gettext("Show"), (), best=False, url=url))
    if row.kind == "visit":
        url = lists.url("visit", row.number)
        way = Remedy("", gettext("Report the visit"), (), best=False, url=url)
        return Row(row, url, status.chip("delivery", row.state).word, "", 4, _place(4), late, way)
    url, step = lists.url("delivery", row.number), flow.by_name.get(NEXT.get(row.state, ""))
    way = Remedy("", gettext("Report the arrival"), (), best=False, url=url)
    if step is not None:
        way = Remedy(step.name, verb(step.name), step.needs, best=False) if flow.may(step, roles) else None
    return Row(row, url, status.chip("delivery", row.state).word, "", 4, _place(4), late, way)


def _place(at: int) -> str:
    return gettext(STAGES[PLACES[at - 1]])
