"""Rules about the code, each with its reason."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from django.db import connection, transaction

import alur
from alur.cli import flow as flow_command
from alur.core import sql
from alur.flow import map as flow
from alur.jobs import worker
from alur.log.kinds import KINDS
from tests.world import World

SRC = Path(alur.__file__).parent
ROOT = SRC.parents[1]
STAGES = ["capture", "check", "confirm", "deliver", "invoice", "pay", "returns", "settle"]
STATEMENT = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b")
PLAIN = re.compile(r"[A-Za-z0-9_.:+/%-]*")  # a code, a number, a day, a document's number


def python_files(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((SRC / folder).rglob("*.py")) if "migrations" not in file.parts]


def test_files_stay_small():
    """A file over 400 lines hides more than one thing."""
    assert [f"{file.relative_to(SRC)}: {n}" for file in python_files("") if (n := len(file.read_text().splitlines())) > 400] == []


def test_the_folders_are_the_process():
    """Who opens the tree sees the process: the stages stand in its order, which is the alphabet's too."""
    found = sorted(folder.name for folder in (SRC / "flow").iterdir() if folder.is_dir() and (folder / "__init__.py").exists())
    assert found == [stage for stage in STAGES if stage in found]
    first = list(dict.fromkeys(step.name.partition(".")[0] for step in flow.MAP if step.name.partition(".")[0] in STAGES))
    assert set(first) == set(found)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"datetime\.now|timezone\.now|date\.today", "time is passed in, or a repeat would not be a repeat"),
        (r"\.save\(|\.objects\.", "steps are set-shaped SQL, one way to change a row"),
        (r"import requests|import httpx|smtplib|urllib\.request", "the event is the hand-over; nothing waits for the outside world in a transaction"),
    ],
)
def test_what_a_step_does_not_do(pattern, reason):
    found = [
        f"{file.relative_to(SRC)}:{n}"
        for file in python_files("flow", "supply", "books", "log")
        for n, line in enumerate(file.read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert found == [], reason


def test_only_one_place_lowers_reserved():
    """A reserved that two places lower drifts from the reservations: give_back does it, and dispatch when goods leave."""
    lowers = re.compile(r"\breserved = (\w+\.)?reserved - ")
    found = {str(file.relative_to(SRC)) for file in python_files("flow", "supply") if lowers.search(file.read_text())}
    assert found == {"supply/give_back.py", "flow/deliver/dispatch.py"}


def statements() -> dict[str, str]:
    """Every named statement; a name with an underscore in front is a piece of others."""
    found = {}
    for module in pkgutil.walk_packages([str(SRC)], "alur."):
        if re.match(r"alur\.(flow|supply|books|log|reads|jobs|models\.locks|core\.clock|cli)", module.name) and not module.ispkg:
            loaded = importlib.import_module(module.name)
            named = {name: value for name, value in vars(loaded).items() if name.isupper() and name[0] != "_" and isinstance(value, str)}
            found |= {f"{module.name}.{name}": value for name, value in named.items() if STATEMENT.match(value)}
    for piece in ("alur.reads.billed.OF_ORDER", "alur.books.lock_period.STILL_WAITING"):  # pieces that several use
        found.pop(piece)
    return found


def test_every_statement_fits_the_schema():
    """A renamed column breaks the build, not a page: each literal statement is PREPAREd against the migrated tables."""
    wrong = {}
    for name, statement in statements().items():
        places: dict[str, int] = {}
        text = re.sub(r"%\((\w+)\)s", lambda m, known=places: f"${known.setdefault(m[1], len(known) + 1)}", statement).replace("%%", "%")
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.connection.execute(f"PREPARE one AS {text}".encode(), prepare=False)
                cursor.connection.execute("DEALLOCATE one")
        except Exception as error:  # noqa: BLE001  all of them are told at once
            if "could not determine data type" not in str(error):
                wrong[name] = str(error).splitlines()[0]
    assert wrong == {}
    assert len(statements()) > 150


def test_every_event_is_told():
    """An event without a sentence is a bare code in somebody's timeline."""
    assert {step.event for step in flow.MAP} - set(KINDS) == set()


def test_the_log_carries_no_names():
    """Names, addresses and typed text live on nouns, where they can be corrected and erased."""
    world = World(8)
    world.before("settle.close")
    worker.until_idle()
    typed = {
        (row.kind, key, str(value))
        for row in sql.rows("SELECT kind, data FROM event")
        for key, value in row.data.items()
        for value in flat(value)
        if not PLAIN.fullmatch(str(value))
    }
    assert typed == set()
    unknown = {row.kind for row in sql.rows("SELECT DISTINCT kind FROM event")} - set(KINDS)
    assert unknown == set()


def flat(value: object) -> list[object]:
    if isinstance(value, dict):
        return [each for inner in value.values() for each in flat(inner)]
    return [each for inner in value for each in flat(inner)] if isinstance(value, list) else [value]


def test_the_flow_is_documented():
    """docs/flow.md is made from the map; `bin/docs` makes it anew."""
    assert (ROOT / "docs/flow.md").read_text() == flow_command.markdown()
