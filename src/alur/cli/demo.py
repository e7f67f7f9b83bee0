"""Build the demo company and serve it."""

import argparse
from datetime import UTC, datetime, timedelta
from random import Random

from django.db import connection
from rich.progress import Progress

from alur.cli import serve
from alur.cli.common import answer
from alur.cli.trial import arrivals, people, wholesaler
from alur.core import clock, company, sql
from alur.jobs import worker
from alur.models import Company as CompanyRow
from alur.models import Membership, User
from alur.reads import members

HELP = "make a lively Indonesian wholesaler and serve it (made once; --fresh makes it anew)"
COMPANY = False
SLUG, NAME = "demo", "PT Tirta Boga Niaga"
DAYS = 90
PEOPLE = (
    ("dewi", "Dewi Anggraini", ("desk",)),
    ("made", "Made Suardana", ("verifier",)),
    ("joko", "Joko Prasetyo", ("warehouse",)),
    ("rina", "Rina Kusuma", ("dispatcher",)),
    ("agus", "Agus Wibowo", ("driver",)),
    ("bayu", "Bayu Nugroho", ("technician",)),
    ("sari", "Sari Utami", ("finance",)),
    ("hendra", "Hendra Gunawan", ("manager", "verifier", "desk")),
    ("rizky", "Rizky Pratama", ("admin",)),
)
STATES = "SELECT state, count(*) AS n FROM sales_order GROUP BY 1 ORDER BY 2 DESC"
UNFINISHED = "SELECT clock_at IS NOT NULL FROM company WHERE slug = 'demo'"  # its clock is released last: a build was killed
HOLDS = "SELECT count(*) FROM hold WHERE resolved_at IS NULL"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Anew or not, served or not."""
    serve.arguments(parser)
    parser.add_argument("--fresh", action="store_true", help="drop the demo and make it anew")
    parser.add_argument("--no-serve", action="store_true", help="end after the summary")
    parser.add_argument("--seed", type=int, default=1)


def run(args: argparse.Namespace) -> int:
    """Make it if it is not there, say what is in it, serve."""
    there = any(each.slug == SLUG for each in company.all())
    if there and (args.fresh or sql.one(UNFINISHED)):
        company.drop(SLUG)
        there = False
    if not there:
        _build(args)
    with company.use(SLUG):
        states = {row.state: row.n for row in sql.read(STATES)}
        holds = sql.read(HOLDS)[0][0]
    text = [f"{NAME}: {sum(states.values())} orders ({', '.join(f'{n} {s}' for s, n in states.items())}), {holds} open holds.", "Sign in as:"]
    text += [f"  {mail}@tirta.example   {name}, {' and '.join(roles)}" for mail, name, roles in PEOPLE]
    text.append(f"The password is {members.DEMO_PASSWORD} for all of them; the sign-in page lets you in with one click.")
    answer(args, "\n".join(text), orders=states, holds=holds)
    if args.no_serve:
        return 0
    connection.close()
    return serve.run(args)


def _build(args: argparse.Namespace) -> None:
    """Ninety days of the company, through the real steps, ending now."""
    now = datetime.now(UTC)
    made = company.create(SLUG, name=NAME, currency="IDR", time_zone="Asia/Jakarta", language="id", trial=True)
    try:
        with company.use(made), worker.alone(), Progress(disable=args.json) as progress:
            _users()
            _live(now, args, progress)
            clock.release()
            worker.analyse()
    except BaseException:
        connection.close()
        company.drop(SLUG)
        raise


def _live(now: datetime, args: argparse.Namespace, progress: Progress) -> None:
    rng = Random(args.seed)
    start = (now - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)
    clock.move(start)
    shop = wholesaler.build(start, rng)
    coming = arrivals.Arrivals(shop, rng)
    bar = progress.add_task(NAME, total=DAYS)
    played = people.People(args.seed)
    last_look = now - timedelta(hours=5)
    people.live(
        played,
        lambda at: at > last_look,
        worker.until_idle,
        coming.between,
        lambda at: progress.update(bar, completed=(at - start) / timedelta(days=1)),
    )
    then = clock.now()
    clock.move(now)
    coming.between(then, now)
    coming.troubled(now)
    worker.until_idle()
    played.cannot_come(now)
    progress.update(bar, completed=DAYS)


def _users() -> None:
    """The people who can sign in."""
    row = CompanyRow.objects.get(slug=SLUG)
    for mail, name, roles in PEOPLE:
        email = f"{mail}@tirta.example"
        user = User.objects.filter(email=email).first() or User.objects.create_user(email, members.DEMO_PASSWORD, name=name, language="id")
        Membership.objects.bulk_create([Membership(user=user, company=row, role=role) for role in roles], ignore_conflicts=True)
