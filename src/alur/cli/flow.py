"""Print the process."""

import argparse
import sys

from rich.console import Console
from rich.table import Table

from alur.core.step import Step
from alur.flow.map import MAP

HELP = "print the process: every step, what it takes and gives, who does it"
DJANGO = True
COMPANY = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose but the form."""
    parser.add_argument("--markdown", action="store_true", help="as docs/flow.md")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    if args.json:
        from alur.cli.common import answer

        answer(args, "", steps=[{"name": s.name, "takes": s.takes, "gives": s.gives, "event": s.event, "auto": s.auto, "roles": s.roles} for s in MAP])
    elif args.markdown:
        print(markdown(), end="")
    else:
        table = Table("P", box=None, header_style="bold")
        for name in ("step", "takes", "gives", "event", "by"):
            table.add_column(name, no_wrap=True)
        for each in MAP:
            table.add_row(str(each.p or "-"), each.name, each.takes, each.gives, each.event, who(each))
        Console(width=160 if not sys.stdout.isatty() else None).print(table)
    return 0


def who(step: Step) -> str:
    """Who does a step."""
    return "the worker" if step.auto else ", ".join(step.roles)


def markdown() -> str:
    """docs/flow.md: states, steps, refusals, events."""
    lines = [
        "# The flow",
        "",
        "Made from `flow/map.py` by `bin/docs`; do not edit.",
        "",
        "| P | step | takes | gives | event | by |",
        "|---|---|---|---|---|---|",
    ]
    lines += [f"| {s.p or '-'} | `{s.name}` | {s.takes} | {s.gives} | `{s.event}` | {who(s)} |" for s in MAP]
    for each in MAP:
        if each.refusals:
            lines += ["", f"## {each.name}", "", "| refused | what is said |", "|---|---|"]
            lines += [f"| `{code}` | {sentence} |" for code, sentence in each.refusals.items()]
    return "\n".join(lines) + "\n"
