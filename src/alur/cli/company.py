"""The companies that are kept here."""

import argparse

from alur.cli import common
from alur.core import company

HELP = "list the companies, or create one"
COMPANY = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to do."""
    todo = parser.add_subparsers(dest="todo", metavar="list|create", required=True)
    todo.add_parser("list", help="name them")
    create = todo.add_parser("create", help="make an empty one")
    create.add_argument("slug", help="its short name: small letters, digits, hyphens")
    create.add_argument("--name", help="its name on documents; the short name if not given")
    create.add_argument("--currency", default="IDR")
    create.add_argument("--time-zone", default="Asia/Jakarta")
    create.add_argument("--language", default="id", choices=["id", "en"])
    create.add_argument("--trial", action="store_true", help="its clock may be moved and its data thrown away")


def run(args: argparse.Namespace) -> int:
    """One line a company."""
    if args.todo == "create":
        made = company.create(
            args.slug, name=args.name or args.slug, currency=args.currency, time_zone=args.time_zone, language=args.language, trial=args.trial
        )
        common.answer(args, f"Company {made.slug} is ready.", company=_facts(made))
        return 0
    known = company.all()
    lines = [f"{each.slug}  {each.name}  {each.currency}  {each.time_zone}" + ("  trial" if each.trial else "") for each in known]
    common.answer(args, "\n".join(lines) or "There is no company yet.", companies=[_facts(each) for each in known])
    return 0


def _facts(each: company.Company) -> dict[str, object]:
    return {"slug": each.slug, "name": each.name, "currency": each.currency, "time_zone": each.time_zone, "language": each.language, "trial": each.trial}
