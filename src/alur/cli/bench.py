"""Measure the flow beside a floor."""

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from alur.cli.common import answer
from alur.cli.trial import course
from alur.core import company, postgres
from alur.core.config import config
from alur.jobs import worker

HELP = "measure the whole flow in a company of its own: alur bench flow [--sizes 1,100,1000] [--floor FILE]"
COMPANY = False
SLUG = "bench"
SETS = {1: 200, 10: 60, 100: 20, 1000: 5}  # sets in each of the three timed blocks, as the floor does
WARM, BLOCKS, FILL = 3, 3, 6


def arguments(parser: argparse.ArgumentParser) -> None:
    """What, how large, beside what."""
    parser.add_argument("what", choices=["flow"])
    parser.add_argument("--sizes", default="1,100,1000")
    parser.add_argument("--floor", type=Path, help="a script to run in alternation that prints {size: {ms_per_order: {step: ms}}} for --sizes and --json")


def run(args: argparse.Namespace) -> int:
    """Make the company, measure, drop it."""
    sizes = [int(size) for size in args.sizes.split(",")]
    if any(each.slug == SLUG for each in company.all()):
        company.drop(SLUG)
    made = company.create(SLUG, name="Bench", currency="IDR", time_zone="Asia/Jakarta", language="en", trial=True)
    measured: dict[str, Any] = {}
    try:
        with company.use(made), worker.alone():
            course.build()
            runner = course.Course(Random(7))
            for _ in range(FILL):
                runner.lead(500, defaultdict(float))
            _vacuum()
            for size in sizes:
                before = _floor(args.floor, size) if args.floor else 0.0
                measured[str(size)] = found = _measure(runner, size)
                if args.floor:
                    found["floor"] = floor = round((before + _floor(args.floor, size)) / 2, 1)  # before and after: the machine's pace changes
                    found["ratio"] = round(found["orders_per_s"] / floor, 3)
    finally:
        company.drop(SLUG)
    if not args.json:
        _print(measured)
    answer(args, "", **measured)
    return 0


def _measure(runner: course.Course, size: int) -> dict[str, Any]:
    """Three blocks of sets; the median block counts. A block's time is that of its steps, without making the drafts and looking up what became of them."""
    counts: dict[str, int] = {}
    for _ in range(WARM):
        runner.lead(size, defaultdict(float))
    runner.lead(size, defaultdict(float), counts)
    sets, blocks = SETS.get(size, max(3, 5000 // size)), []
    for _ in range(BLOCKS):
        ms: dict[str, float] = defaultdict(float)
        for _ in range(sets):
            runner.lead(size, ms)
        blocks.append((sets * size / sum(ms.values()) * 1000, {name: round(spent / sets / size, 4) for name, spent in ms.items()}))
    rate, ms_per_order = sorted(blocks, key=lambda block: block[0])[1]
    return {"orders_per_s": round(rate, 1), "ms_per_order": ms_per_order, "statements": counts}


def _floor(script: Path, size: int) -> float:
    """What plain SQL does on the same server: by the time of its steps too."""
    done = subprocess.run([sys.executable, script, _url(), "--sizes", str(size), "--json"], check=True, capture_output=True, text=True)
    return 1000 / sum(json.loads(done.stdout.splitlines()[-1])[str(size)]["ms_per_order"].values())


def _vacuum() -> None:
    with psycopg.connect(_url(), autocommit=True) as own:
        own.execute("VACUUM ANALYZE")


def _url() -> str:
    return config().database_url or postgres.ensure()


def _print(measured: dict[str, Any]) -> None:
    table = Table("set of", "orders/s", "floor", "ratio", "ms an order", box=None, header_style="bold")
    for size, found in measured.items():
        steps = "  ".join(f"{name} {ms}" for name, ms in found["ms_per_order"].items())
        table.add_row(size, f"{found['orders_per_s']:,.0f}", f"{found.get('floor', 0):,.0f}", str(found.get("ratio", "-")), steps)
    Console().print(table)
