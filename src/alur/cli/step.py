"""Press a step."""

import argparse
from typing import LiteralString

from alur.cli.common import answer
from alur.core import clock, company, sql, step
from alur.core.errors import Problem
from alur.flow import map as flow
from alur.reads import sentences

NUMBERED: dict[str, LiteralString] = {
    "order": "SELECT id FROM sales_order WHERE number = ANY(%(numbers)s::text[]) ORDER BY id",
    "delivery": "SELECT id FROM delivery WHERE number = ANY(%(numbers)s::text[]) ORDER BY id",
    "payer": "SELECT id FROM customer WHERE code = ANY(%(numbers)s::text[]) ORDER BY id",
}
HELP = "press a step of the flow for these ids (order numbers will do)"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which step, for what."""
    parser.add_argument("name", help="such as check.verify; `alur flow` lists them")
    parser.add_argument("ids", nargs="*", metavar="ID", help="ids or numbers; none = what waits for the step")
    parser.add_argument("--by", default="console", help="who presses")


def run(args: argparse.Namespace) -> int:
    """Run it; the answer is no (1) if anything was refused."""
    chosen = flow.by_name.get(args.name)
    if chosen is None:
        raise Problem(f"There is no step {args.name!r}; `alur flow` lists them.")
    if chosen.noun == "draft" or chosen.needs:
        raise Problem(f"{chosen.name} needs more than ids ({', '.join(chosen.needs) or 'a draft'}); press it on its page.")
    if not args.ids and not chosen.waiting:
        raise Problem(f"Say for which ids: `alur step {chosen.name} ID ...`.")
    ids = resolve(chosen.noun, args.ids) if args.ids else None
    outcome = step.run(chosen, ids, by=args.by, at=clock.now())
    said = sentences.refusals(chosen, outcome.refused, company.current().language, shared=flow.REFUSALS)
    refused = [{"id": r.id, "code": r.code, "sentence": sentence, "facts": r.facts} for r, sentence in zip(outcome.refused, said, strict=True)]
    text = f"{len(outcome.moved)} moved, {len(outcome.already)} already there, {len(refused)} refused"
    answer(args, "\n".join([text, *(f"  {r['id']}: {r['sentence']}" for r in refused)]), moved=outcome.moved, already=outcome.already, refused=refused)
    return int(bool(refused))


def resolve(noun: str, given: list[str]) -> list[int]:
    """Ids as they are, numbers looked up."""
    numbers = [each.upper() for each in given if not each.isdecimal()]
    found = sql.ids(NUMBERED[noun], numbers=numbers) if numbers and noun in NUMBERED else []
    if len(found) < len(set(numbers)):
        raise Problem(f"Not every one of {', '.join(numbers)} is a {noun} here; check the numbers.")
    return [int(each) for each in given if each.isdecimal()] + found
