"""Prove the books."""

import argparse

from rich.console import Console

from alur.cli.common import answer
from alur.reads import proof

HELP = "prove that stock, orders, invoices, payments and books agree, from the facts up"
SHOWN = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which checks."""
    parser.add_argument("--only", metavar="WORD", default="", help="only checks whose name has this word")


def run(args: argparse.Namespace) -> int:
    """Run every check; the answer is no if one found something."""
    results = proof.prove([name for name in proof.CHECKS if args.only in name])
    total = sum(len(r.violations) for r in results)
    if not args.json:
        console = Console(highlight=False)
        for result in results:
            console.print(f"{'[green]ok[/]' if not result.violations else '[red]NO[/]'}  {result.name:<48} {result.checked:>9,}")
            for violation in result.violations[:SHOWN]:
                console.print(f"      {violation}", style="red")
    said = f"{len(results)} checks, nothing found." if not total else f"{total} rows break a rule; they are named above."
    checks = [{"name": r.name, "checked": r.checked, "violations": len(r.violations), "found": r.violations[:SHOWN]} for r in results]
    answer(args, said, checks=checks, violations=total)
    return int(bool(total))
