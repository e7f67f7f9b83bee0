"""What every command has: --json, --company, a started and migrated database."""

import argparse
import gc
import json
import os
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from alur.core import address, postgres
from alur.core.config import config
from alur.core.errors import Problem

if TYPE_CHECKING:
    from alur.cli import Command, Parser
    from alur.core.company import Company


def database() -> None:
    """See that somebody's own database answers, or start ours."""
    if config().database_url:
        address.check(config().database_url)
    else:
        postgres.ensure()


def start() -> None:
    """Have a database, set Django up, migrate what is behind."""
    database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alur.settings")
    import django

    django.setup()
    from alur.core import migrate

    migrate.all()
    gc.freeze()  # what is loaded now stays; a set makes tens of thousands of rows that are no garbage, so look less often
    gc.set_threshold(50_000, 20, 50)


def parse(parser: "Parser", argv: list[str], command: "Command") -> argparse.Namespace:
    """Read a call; the shared options may stand anywhere in it, behind a command's own commands too."""
    shared = type(parser)(prog=parser.prog, add_help=False, allow_abbrev=False)
    for each in (shared, parser):
        each.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="end with one JSON object")
        if command.company:
            each.add_argument("--company", metavar="NAME", default=argparse.SUPPRESS, help=_help_on_company())
    given, rest = shared.parse_known_args(argv, argparse.Namespace(json=False, company=None))
    return parser.parse_args(rest, given)


def _help_on_company() -> str:
    """A choice nobody has is not shown."""
    from alur.core import company

    return "which company" if len(company.all()) > 1 else argparse.SUPPRESS


def chosen_company(args: argparse.Namespace) -> "AbstractContextManager[Company | None]":
    """Make the company current that was named, or the only one."""
    from alur.core import company

    if args.company:
        return company.use(args.company)
    known = company.all()
    if not known:
        raise Problem("There is no company yet; `alur demo` makes one to try, `alur company create NAME` an empty one.")
    if len(known) > 1:
        raise Problem(f"There are several companies; say which with --company ({', '.join(each.slug for each in known)}).")
    return company.use(known[0])


def answer(args: argparse.Namespace, text: str, **facts: object) -> None:
    """Tell people the text, and programs the facts in one JSON object on the last line."""
    if args.json:
        print(json.dumps(facts, default=str, ensure_ascii=False))
    elif text:
        print(text)
