"""Tell where the database is, for psql and other programs."""

import argparse

from alur.cli import common
from alur.core import postgres
from alur.core.config import config

HELP = "print the database's address, for psql and other programs"
COMPANY = False


def arguments(parser: argparse.ArgumentParser) -> None:
    """None of its own."""


def run(args: argparse.Namespace) -> int:
    """The address with its password: what it opens is everything."""
    url = config().database_url or postgres.ensure()
    common.answer(args, url, url=url)
    return 0
