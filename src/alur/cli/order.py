"""The whole story of an order, on the terminal."""

import argparse
from functools import partial

from django.utils import translation
from rich.console import Console
from rich.table import Table

from alur.cli.common import answer
from alur.core import clock, company, words
from alur.core.errors import Problem
from alur.reads import order_page, sentences, status, waits

HELP = "tell the whole story of an order, and why it is where it is: alur order SO-2026-000123"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which, and for whose ears."""
    parser.add_argument("number")
    parser.add_argument("--language", choices=["id", "en"], help="the company's language unless said otherwise")


def run(args: argparse.Namespace) -> int:
    """Tell it."""
    here, now = company.current(), clock.now()
    today, language = clock.day(now), args.language or here.language
    page = order_page.load(args.number.upper(), now=now, today=today)
    if page is None:
        raise Problem(f"There is no order {args.number} in {here.name}; write the whole number, such as SO-2026-000123.")
    with translation.override(language):
        where = status.orders([page.order.id], today)[page.order.id]
        why = [said for said in waits.say(waits.of(page), language, now=now) if said]
        told = list(zip(reversed(page.events), sentences.events(reversed(page.events), language, now=now), strict=True))
        who = sentences.actors([event.actor for event in page.events], language)
    if args.json:
        story = [{"at": event.at, "by": who[event.actor], "kind": event.kind, "said": said} for event, said in told]
        answer(
            args,
            "",
            number=page.order.number,
            state=page.order.state,
            words=[chip.word for chip in where.chips],
            total=page.order.total,
            waits_for=why,
            story=story,
        )
        return 0
    console = Console(highlight=False)
    money = partial(words.money, language=language, currency=page.order.currency)
    console.print(f"[bold]{page.order.number}[/]  {page.order.customer}  {money(page.order.total)}  {', '.join(chip.word for chip in where.chips)}")
    for sentence in why:
        console.print(f"  {sentence}", style="yellow")
    console.print(_lines(page, language))
    instant = partial(words.full_instant, language=language, zone=here.time_zone)
    for event, said in told:
        console.print(f"{instant(event.at)}  {said}  [dim]{who[event.actor]}[/]")
    return 0


def _lines(page: order_page.Page, language: str) -> Table:
    """Each line's life, in its counters."""
    counters = ("ordered", "cancelled", "reserved", "scheduled", "picked", "shipped", "delivered", "invoiced")
    table = Table("", "", *counters, box=None, header_style="dim")
    for line in page.lines:
        table.add_row(str(line.position), line.sku or line.as_written, *(words.qty(getattr(line, name, None), language=language) for name in counters))
    return table
