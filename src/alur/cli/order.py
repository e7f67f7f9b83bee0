"""Tell of one order what its page tells: where it stands, what it waits for, its lines, its documents, what happened."""

import argparse
from datetime import datetime
from typing import Any

from alur.cli.common import answer
from alur.core import clock, company, words
from alur.core.errors import Problem
from alur.reads import order_page, sentences, status, waits
from alur.reads.order_page import Page

HELP = "tell of one order where it stands, what it waits for and what happened"
COUNTERS = ("reserved", "scheduled", "shipped", "delivered", "invoiced")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which order, in which language."""
    parser.add_argument("number", help="such as SO-2026-000123")
    parser.add_argument("--language", choices=words.LANGUAGES, help="else the company's")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from django.utils import translation

    here, now = company.current(), clock.now()
    page = order_page.load(args.number, now=now, today=clock.day(now))
    if page is None:
        raise Problem(f"There is no order {args.number!r}.")
    language = args.language or here.language
    with translation.override(language):
        stands = status.orders([page.order.id], clock.day(now))[page.order.id]
        due = [text for text in waits.say(waits.of(page), language, now=now) if text]
        told = list(zip(page.events, sentences.events(page.events, language, now=now), strict=True))[::-1]
    answer(
        args,
        _text(page, stands, due, told, language, now),
        number=page.order.number, state=page.order.state, status=[chip.code for chip in stands.chips], waits=due, total=page.order.total, billed=page.billed,
        paid=page.paid, owed=page.owed, lines=[_line(line) for line in page.lines], documents=_documents(page),
        events=[{"at": event.at, "kind": event.kind, "text": text} for event, text in told],
    )  # fmt: skip
    return 0


def _text(page: Page, stands: status.Status, due: list[str], told: list[tuple[Any, str]], language: str, now: datetime) -> str:  # noqa: PLR0917
    order, zone = page.order, company.current().time_zone
    money = [words.money(each, language=language, currency=order.currency) for each in (order.total, page.billed, page.paid, page.owed)]
    rows = [f"{order.number}  {order.customer}  {', '.join(chip.word for chip in stands.chips)}", "  ".join(money)]
    rows += [f"  > {text}" for text in due]
    for line in page.lines:
        at = "  ".join(f"{name} {words.qty(getattr(line, name), language=language)}" for name in COUNTERS if getattr(line, name))
        rows.append(f"  {line.position:>3}  {line.sku or line.as_written}  {words.qty(line.ordered - line.cancelled, language=language)}  {at}".rstrip())
    rows += [f"  {' '.join(each)}" for each in _documents(page)]
    return "\n".join([*rows, *(f"  {words.instant(event.at, language=language, zone=zone, now=now):>12}  {text}" for event, text in told)])


def _line(line: Any) -> dict[str, Any]:
    return {
        "position": line.position,
        "sku": line.sku,
        "ordered": line.ordered,
        "cancelled": line.cancelled,
        **{name: getattr(line, name) for name in COUNTERS},
    }


def _documents(page: Page) -> list[tuple[str, str]]:
    """Number and state of everything written for it."""
    return [
        *((each.number, "void" if each.voided_at else "valid") for each in page.pro_formas),
        *((each.number, each.state) for each in page.deliveries),
        *((each.number, each.kind) for each in page.invoices),
        *((each.number, each.way) for each in page.payments),
    ]
