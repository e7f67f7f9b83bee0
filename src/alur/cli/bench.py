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
from rich.progress import Progress
from rich.table import Table

from alur.cli.common import answer
from alur.cli.trial import course, history, pages
from alur.core import company, postgres
from alur.core.config import config
from alur.jobs import worker

HELP = "measure the flow or the pages in a company of its own: alur bench flow|pages [--history 200000] [--floor FILE]"
COMPANY = False
SLUG = "bench"
SETS = {1: 200, 10: 60, 100: 20, 1000: 5}  # sets in each of the three timed blocks, as the floor does
WARM, BLOCKS, FILL, OPEN = 3, 3, 6, 40


def arguments(parser: argparse.ArgumentParser) -> None:
    """What, how large, beside what."""
    parser.add_argument("what", choices=["flow", "pages"])
    parser.add_argument("--sizes", default="1,100,1000", help="orders a set (flow)")
    parser.add_argument("--floor", type=Path, help="a script to run before and after: prints {size: {ms_per_order: {step: ms}}} for --sizes and --json")
    parser.add_argument("--history", type=int, default=0, metavar="N", help="so many closed orders lie in the company before anything is measured")


def run(args: argparse.Namespace) -> int:
    """Make the company, measure, drop it."""
    if any(each.slug == SLUG for each in company.all()):
        company.drop(SLUG)
    made = company.create(SLUG, name="Bench", currency="IDR", time_zone="Asia/Jakarta", language="en", trial=True)
    try:
        with company.use(made), worker.alone(), Progress(disable=args.json) as progress:
            course.build()
            runner = course.Course(Random(7))
            for _ in range(FILL):
                runner.lead(500, defaultdict(float))
            found = _pages(args, runner, progress) if args.what == "pages" else _flow(args, runner, progress)
    finally:
        company.drop(SLUG)
    if not args.json:
        _print_pages(found) if args.what == "pages" else _print(found)
    answer(args, "", **found)
    return 0


def _flow(args: argparse.Namespace, runner: course.Course, progress: Progress) -> dict[str, Any]:
    """Each size: orders a second, ms an order and step, statements; beside the floor; with a history also what the company cost without it."""
    sizes, found, empty = [int(size) for size in args.sizes.split(",")], {}, {}
    _vacuum()
    if args.history:
        empty = {size: _measure(runner, size) for size in sizes}
        _past(args.history, progress)
    for size in sizes:
        before = _floor(args.floor, size) if args.floor else 0.0
        found[str(size)] = mine = _measure(runner, size)
        if args.floor:
            mine["floor"] = floor = round((before + _floor(args.floor, size)) / 2, 1)  # before and after: the machine's pace changes
            mine["ratio"] = round(mine["orders_per_s"] / floor, 3)
        if args.history:
            mine["empty"] = empty[size]["orders_per_s"]
            mine["history_cost"] = round(empty[size]["orders_per_s"] / mine["orders_per_s"], 3)
    return found


def _pages(args: argparse.Namespace, runner: course.Course, progress: Progress) -> dict[str, Any]:
    """Each page, list and search: server time, size, statements."""
    if args.history:
        _past(args.history, progress)
    for until in course.LANDINGS:
        runner.lead(OPEN, defaultdict(float), until=until)
    _vacuum()
    return pages.measure(progress)


def _past(orders: int, progress: Progress) -> None:
    """So many closed orders more."""
    copies = max(1, orders // (FILL * 500))
    bar = progress.add_task("history", total=len(history.TABLES))
    with psycopg.connect(_url(), autocommit=True) as own:
        own.execute(f"SET search_path = {company.current().schema}, public")  # type: ignore[call-overload]
        history.multiply(own, copies, lambda: progress.advance(bar))


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


def _print_pages(found: dict[str, Any]) -> None:
    table = Table("page", "p50 ms", "p95 ms", "kB", "queries", box=None, header_style="bold")
    for page, m in sorted(found.items(), key=lambda item: -item[1]["p95_ms"]):
        table.add_row(page, str(m["p50_ms"]), str(m["p95_ms"]), str(m["kb"]), str(m["queries"]))
    Console().print(table)
