"""A worker and PostgreSQL are killed (-9) in mid-set and at COMMIT; whoever works next ends with everything done once and the books sound."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from alur.core import clock, sql
from alur.core.config import config
from alur.jobs import worker
from alur.reads import proof
from tests import make

ROOT = Path(__file__).resolve().parents[2]
N = 60
VICTIM = """
import os, signal, sys
import django; django.setup()
from alur.core import company, wire
from alur.jobs import worker
where, left = sys.argv[1], int(sys.argv[2])
def hit():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
real_send = wire.Wire.send
def send(self, *, commit=False):
    if where == "in mid-set" or (commit and where == "before commit"): hit()
    answers = real_send(self, commit=commit)
    if commit and where == "after commit": hit()
    return answers
wire.Wire.send = send
with company.use("test"):
    worker.until_idle(limit=25)
"""
BUILD = """
import django; django.setup()
from alur.core import clock, company, migrate
from tests import make
migrate.all()
with company.use(company.create("kill", name="K", currency="IDR", time_zone="Asia/Jakarta", language="id", trial=True)):
    make.orders(400, lines=[(make.product(stock=10_000), 2), (make.product(stock=300), 1)])
    clock.move(make.AT)
"""


def python(code: str, *args: str, **env: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *args], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"} | env,
    )  # fmt: skip


@pytest.mark.parametrize("where", ["before commit", "after commit", "in mid-set"])
@pytest.mark.parametrize("left", [2, 9, 23])
def test_a_worker_is_killed(transactional_db, where: str, left: int):
    clock.move(make.AT)
    orders = make.orders(N, lines=[(make.product(stock=100), 2), (make.product(), 1)])
    connection.close()
    victim = python(VICTIM, where, str(left), DATABASE_URL=config().database_url)
    output, _ = victim.communicate(timeout=60)
    assert victim.returncode == -signal.SIGKILL, output
    worker.until_idle()
    assert Counter(make.order(i).state for i in orders) == {"confirmed": N}
    assert sql.one("SELECT count(*) FROM event WHERE kind = 'order.verified'") == N
    assert sql.one("SELECT sum(quantity) FROM delivery_line") == 100 + N  # all there was of the one, all of the other
    assert {r.name: r.violations for r in proof.prove() if r.violations} == {}


def test_postgresql_is_killed(tmp_path_factory):
    home = f"/var/lib/alur-kill-{os.getpid()}" if os.geteuid() == 0 else str(tmp_path_factory.mktemp("pg"))
    env = {"ALUR_DATA": home, "DATABASE_URL": "", "DJANGO_SETTINGS_MODULE": "alur.settings"}

    def alur(*args: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "alur", *args],
            cwd=ROOT,
            text=True,
            capture_output=True,
            check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT / "src")} | env,
        )

    try:
        build = python(BUILD, **env)
        output, _ = build.communicate(timeout=120)
        assert build.returncode == 0, output
        for wait in (0.9, 1.4):
            working = python("import sys; from alur.cli import main; sys.exit(main(['work', '--until-idle', '--company', 'kill']))", **env)
            time.sleep(wait)
            pid = int(next(Path(home).glob("**/postmaster.pid")).read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
            working.communicate(timeout=60)
        assert alur("work", "--until-idle").returncode == 0
        proved = alur("verify-books", "--json")
        assert proved.returncode == 0, proved.stdout
        told = alur("simulate", "--days", "1", "--json")
        assert '"received"' not in told.stdout, told.stdout + told.stderr
    finally:
        alur("stop")
        subprocess.run(["rm", "-rf", home], check=False)
