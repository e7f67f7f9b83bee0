"""The `alur` command: one file a command, found by its name in this folder (`database_url.py` is `alur database-url`).

    HELP = "what it does, in one line"
    DJANGO = False       only if it needs no tables; otherwise the server runs, Django is set up and everything is migrated before import
    COMPANY = False      only if it is about no company; otherwise one is current when `run` is called

    def arguments(parser: argparse.ArgumentParser) -> None: ...
    def run(args: argparse.Namespace) -> int: ...       0 fine, 1 the answer is no, 2 the call was wrong

HELP, DJANGO and COMPANY are read without importing the file, so they are plain literals. Answers go out through `common.answer`,
which knows `--json`; what a person did wrong is raised as `core.errors.Problem`. A file without HELP helps commands and is none.
"""

import argparse
import ast
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from alur.core.errors import Problem

FINE, NO, WRONG = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Command:
    """What is known of a command before it is imported."""

    module: str
    help: str
    django: bool
    company: bool


class Parser(argparse.ArgumentParser):
    """Says what is wrong with a call in one sentence."""

    def error(self, message: str) -> NoReturn:
        """End with 2."""
        raise Problem(f"{self.prog}: {message}; `{self.prog} --help` shows how to call it.")


def commands() -> dict[str, Command]:
    """Every command of the folder, by name."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return {file.stem.replace("_", "-"): command for file in files if (command := _describe(file))}


def _describe(file: Path) -> Command | None:
    known: dict[str, object] = {"HELP": "", "DJANGO": True, "COMPANY": True}
    for line in ast.parse(file.read_bytes()).body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name) and line.targets[0].id in known:
            known[line.targets[0].id] = ast.literal_eval(line.value)
    if not known["HELP"]:
        return None  # a helper
    return Command(f"{__name__}.{file.stem}", str(known["HELP"]), bool(known["DJANGO"]), bool(known["DJANGO"] and known["COMPANY"]))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; what fails is told in a sentence, with ALUR_DEBUG=1 in full."""
    try:
        return _main(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except Exception as error:
        if os.environ.get("ALUR_DEBUG") == "1":
            raise
        print(error if isinstance(error, Problem) else _unforeseen(error), file=sys.stderr)
        return WRONG


def _main(argv: list[str]) -> int:
    known = commands()
    name = argv[0] if argv else "--help"
    if name in ("-h", "--help"):
        width = max(map(len, known))
        print("alur COMMAND [...]   sales orders from arrival to the books\n")
        print("\n".join(f"  {each:<{width}}  {command.help}" for each, command in known.items()))
        print("\n`alur COMMAND --help` tells more; --json makes the last line of any answer one JSON object.")
        return FINE
    if name not in known:
        raise Problem(f"There is no command {name!r}; `alur --help` lists those there are.")
    return _run(name, known[name], argv[1:])


def _run(name: str, command: Command, argv: list[str]) -> int:
    from alur.cli import common

    if command.django:
        common.start()
    module = import_module(command.module)
    parser = Parser(prog=f"alur {name}", description=command.help)
    module.arguments(parser)
    args = common.parse(parser, argv, command)
    if not command.company:
        return int(module.run(args))
    with common.chosen_company(args):
        return int(module.run(args))


def _unforeseen(error: Exception) -> str:
    said = str(error).strip().splitlines() or ["no reason given"]
    return f"This failed: {said[0]} ({type(error).__name__}). Set ALUR_DEBUG=1 and try again to see where."
