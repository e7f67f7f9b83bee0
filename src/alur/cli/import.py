"""Import sample data into a trial company of its own."""

import argparse
import csv
import time
from pathlib import Path

from django.db import connection
from rich.progress import Progress

from alur.cli.common import answer
from alur.cli.trial import retail
from alur.connectors.channels import online_retail
from alur.core import clock, company
from alur.core.errors import Problem
from alur.jobs import worker

HELP = "import sample data: alur import online-retail FILE"
COMPANY = False
SLUG = "online-retail"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What, and from where."""
    parser.add_argument("what", choices=[SLUG])
    parser.add_argument("file", type=Path)
    parser.add_argument("--refused", type=Path, default=Path("online-retail-refused.csv"), help="where rows that are no order or return are written, with why")
    parser.add_argument("--fresh", action="store_true", help="drop what was imported before")


def run(args: argparse.Namespace) -> int:
    """Read the whole file, make the company, write its orders; every row is in an order, in a return or refused."""
    if not args.file.is_file():
        raise Problem(f"There is no file {args.file}; give the path of online_retail.csv.gz.")
    if any(each.slug == SLUG for each in company.all()):
        if not args.fresh:
            raise Problem(f"Company {SLUG} is there already; `alur import {SLUG} {args.file} --fresh` drops it and imports anew.")
        company.drop(SLUG)
    began = time.perf_counter()
    file = online_retail.read(args.file)
    made = company.create(SLUG, name="Online Retail Ltd", currency="GBP", time_zone=online_retail.ZONE, language="en", trial=True)
    try:
        with company.use(made), worker.alone(), Progress(disable=args.json) as progress:
            bar = progress.add_task("order lines", total=sum(len(d.rows) for d in file.documents))
            done = retail.fill(file, lambda rows: progress.update(bar, advance=rows))
            clock.move(file.documents[0].at)
            worker.analyse()
    except BaseException:
        connection.close()
        company.drop(SLUG)
        raise
    seconds = time.perf_counter() - began
    _write_refused(args.refused, file)
    if file.rows != done.rows_in_orders + done.rows_in_returns + len(file.refused):
        raise AssertionError((file.rows, done, len(file.refused)))
    answer(
        args,
        f"{file.rows:,} rows read = {done.rows_in_orders:,} in {done.orders:,} orders + {done.rows_in_returns:,} in returns + "
        f"{len(file.refused):,} refused ({args.refused}); {seconds:.1f} s, {file.rows / seconds:,.0f} lines/s",
        rows_read=file.rows,
        rows_in_orders=done.rows_in_orders,
        rows_in_returns=done.rows_in_returns,
        rows_refused=len(file.refused),
        orders=done.orders,
        seconds=round(seconds, 2),
    )
    return 0


def _write_refused(path: Path, file: online_retail.File) -> None:
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["row", "reason", "why", "as read"])
        writer.writerows([r.number, r.reason, online_retail.WORDS[r.reason], " | ".join(r.fields)] for r in file.refused)
