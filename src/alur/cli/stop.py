"""Stop the embedded server."""

import argparse

from alur.cli import common
from alur.core import postgres
from alur.core.config import config
from alur.core.errors import Problem

HELP = "stop the embedded PostgreSQL"
DJANGO = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own."""


def run(args: argparse.Namespace) -> int:
    """Say whether it was running; either way it is not now."""
    if config().database_url:
        raise Problem("DATABASE_URL names a server that is not Alur's to stop; stop it where it runs.")
    stopped = postgres.stop()
    common.answer(args, "PostgreSQL is stopped." if stopped else "PostgreSQL was not running.", stopped=stopped)
    return 0
