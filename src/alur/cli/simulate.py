"""Play the people of a trial company on its clock."""

import argparse
import time
from datetime import datetime, timedelta

from rich.progress import Progress

from alur.cli.common import answer
from alur.cli.trial import people, returned
from alur.core import clock, company, sql
from alur.core.errors import Problem
from alur.jobs import worker

HELP = "play the people of a trial company: verifier, warehouse, drivers, payers"
QUIET_DAYS = 45  # when nothing has happened for so long, nothing will
STATES = "SELECT state, count(*) AS n FROM sales_order GROUP BY 1 ORDER BY 1"
WAITING = """
SELECT coalesce(h.code, CASE WHEN b.order_id IS NOT NULL THEN 'waits_for_stock' WHEN i.order_id IS NOT NULL THEN 'waits_for_payment'
       ELSE o.state END) AS reason,
       count(*) AS n
  FROM sales_order o
  LEFT JOIN LATERAL (SELECT code FROM hold WHERE order_id = o.id AND resolved_at IS NULL ORDER BY id LIMIT 1) h ON true
  LEFT JOIN LATERAL (SELECT order_id FROM backorder WHERE order_id = o.id LIMIT 1) b ON true
  LEFT JOIN LATERAL (SELECT l.order_id FROM order_line l JOIN invoice_line n ON n.order_line_id = l.id JOIN open_item t ON t.invoice_id = n.invoice_id
                      WHERE l.order_id = o.id LIMIT 1) i ON true
 WHERE o.state NOT IN ('closed', 'cancelled') GROUP BY 1 ORDER BY 2 DESC
"""
LAST = "SELECT max(received_at) FROM sales_order"
OPEN = "SELECT EXISTS (SELECT FROM sales_order WHERE state NOT IN ('closed', 'cancelled'))"


def arguments(parser: argparse.ArgumentParser) -> None:
    """How long, and whose habits."""
    parser.add_argument("--days", type=int, help="so many days from the company's now")
    parser.add_argument("--until-idle", action="store_true", help="until nothing is left to happen")
    parser.add_argument("--seed", type=int, default=1)


def run(args: argparse.Namespace) -> int:
    """Live, then say where the orders are."""
    here = company.current()
    if not here.trial:
        raise Problem(f"{here.name} is no trial company; a simulation would press its real orders. Use one made by `alur import` or `alur demo`.")
    if not args.until_idle and not args.days:
        raise Problem("Say how long: --days N, or --until-idle.")
    began = time.perf_counter()
    with worker.alone(), Progress(disable=args.json) as progress:
        _live(people.People(args.seed), args, progress)
    states = {row.state: row.n for row in sql.read(STATES)}
    waiting = {row.reason: row.n for row in sql.read(WAITING)}
    accepted = sum(states.values()) - states.get("cancelled", 0)
    share = round(states.get("closed", 0) / accepted, 4) if accepted else 1.0
    back = returned.story()
    seconds = round(time.perf_counter() - began, 1)
    text = f"{states}\n{share:.1%} of the accepted orders are closed; the others wait: {waiting or 'none'}.\nReturns: {back}. {seconds} s"
    answer(args, text, orders=states, closed_share=share, waiting=waiting, returns=back, seconds=seconds)
    return 0


def _live(played: people.People, args: argparse.Namespace, progress: Progress) -> None:
    start = clock.now()
    last = max(each or start for each in (sql.one(LAST), sql.one(returned.LAST)))
    end = start + timedelta(days=args.days) if args.days else max(start, last) + timedelta(days=3 * QUIET_DAYS)
    bar = progress.add_task("days", total=(end - start).days)
    active = {"at": start}

    def work() -> None:
        if worker.until_idle():
            active["at"] = clock.now()

    def until(at: datetime) -> bool:
        if args.days:
            return at >= end
        return at > last and (not (sql.one(OPEN) or sql.one(returned.OPEN_ONES)) or at - active["at"] > timedelta(days=QUIET_DAYS))

    people.live(played, until, work, lambda _then, at: returned.play(played, at), lambda at: progress.update(bar, completed=(at - start).days))
