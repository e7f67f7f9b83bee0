"""Run the automatic steps."""

import argparse
import signal
from collections import Counter

from alur.cli.common import answer
from alur.core import company
from alur.jobs import worker

HELP = "run the automatic steps, woken whenever something happens"
COMPANY = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """For how long, and for whom."""
    parser.add_argument("--until-idle", action="store_true", help="end when nothing moves any more")
    parser.add_argument("--company", metavar="NAME", default=None, help="only this company")


def run(args: argparse.Namespace) -> int:
    """Work until idle, or until a signal: the set under way is finished first."""
    ended: list[int] = []
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda number, _frame: ended.append(number))
    if not args.until_idle:
        worker.forever(lambda: bool(ended))
        return 0
    moved: Counter[str] = Counter()
    for each in [company.get(args.company)] if args.company else company.all():
        with company.use(each):
            moved += worker.until_idle(lambda: bool(ended))
    answer(args, "\n".join(f"{name:24} {n:>7}" for name, n in moved.items()) or "Nothing waits.", **moved)
    return 0
