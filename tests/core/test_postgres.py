"""The embedded server starts, is found, ends, and comes back from whatever happened to it."""

import fcntl
import os
import shutil
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from alur.core import postgres
from alur.core.config import config
from alur.core.errors import Problem
from tests.parts import need

FAST = {"fsync": "off", "shared_buffers": "16MB"}


@pytest.fixture(scope="module")
def home():
    """A data folder of its own; not pytest's, which only its owner can pass through."""
    with tempfile.TemporaryDirectory(prefix="alur-postgres-") as folder:
        yield Path(folder)
        postgres.stop(Path(folder))


@pytest.fixture
def environment(monkeypatch):
    """Set environment variables for the length of a test."""

    def change(**values):
        for name, value in values.items():
            monkeypatch.setenv(name, str(value))
        config.cache_clear()

    yield change
    monkeypatch.undo()
    config.cache_clear()


def answer(url, sql="SELECT 1"):
    with psycopg.connect(url) as connection:
        return connection.execute(sql).fetchone()[0]


def pid(home):
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def crash(home):
    """End the server as a power cut would, and wait until it is gone."""
    crashed = pid(home)
    os.kill(crashed, signal.SIGKILL)
    while postgres.status(home).running:
        time.sleep(0.01)
    return crashed


def test_starts_once_and_is_found_again(home):
    url = postgres.ensure(home, FAST)
    first = pid(home)
    assert answer(url) == 1
    assert postgres.ensure(home, FAST) == url
    assert pid(home) == first
    assert postgres.status(home) == postgres.Status(running=True, version=str(answer(url, "SHOW server_version_num"))[:2], data=home)


def test_has_the_settings_it_should_have(home):
    url = postgres.ensure(home, FAST)
    with psycopg.connect(url) as connection:
        shown = {
            name: connection.execute("SELECT current_setting(%s)", [name]).fetchone()[0] for name in ("max_wal_size", "data_checksums", "listen_addresses")
        }
        names = connection.execute("SELECT datcollate, to_jsonb(d) ->> 'datlocale' FROM pg_database d WHERE datname = 'alur'").fetchone()
        builtin = connection.info.server_version // 10_000 >= postgres.FIRST_WITH_BUILTIN_LOCALE
    assert shown == {"max_wal_size": "4GB", "data_checksums": "on", "listen_addresses": ""}
    assert names == ("C", "C.UTF-8" if builtin else None)


def test_wants_the_password(home):
    url = postgres.ensure(home, FAST)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url, password="wrong")


def test_stops_and_starts_with_its_data(home):
    url = postgres.ensure(home, FAST)
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
    assert postgres.stop(home)
    assert not postgres.stop(home)
    assert not postgres.status(home).running
    assert answer(postgres.ensure(home, FAST), "SELECT n FROM kept") == 42


def test_comes_back_after_a_crash(home):
    url = postgres.ensure(home, FAST)
    crashed = crash(home)
    assert answer(postgres.ensure(home, FAST)) == 1
    assert pid(home) != crashed
    assert postgres.ensure(home, FAST) == url


def test_is_revived_after_a_crash_but_not_after_a_stop(home, environment):
    environment(ALUR_DATA=home, DATABASE_URL="")
    postgres.ensure(home)
    crash(home)
    postgres.revive()
    assert postgres.status().running
    postgres.stop()
    postgres.revive()
    assert not postgres.status().running


def test_many_starting_at_once_start_one(home):
    postgres.stop(home)
    with ThreadPoolExecutor(4) as pool:
        urls = set(pool.map(lambda _: postgres.ensure(home, FAST), range(4)))
    assert len(urls) == 1
    assert answer(urls.pop()) == 1


def test_a_pid_file_that_names_another_program_is_no_obstacle(home):
    url = postgres.ensure(home, FAST)
    file = home / "postgres" / "postmaster.pid"
    left = file.read_text()
    postgres.stop(home)
    file.write_text(left.replace(left.split()[0], str(os.getppid()), 1))
    shutil.chown(file, (home / "postgres").stat().st_uid)
    assert answer(postgres.ensure(home, FAST)) == 1
    assert postgres.ensure(home, FAST) == url


def test_a_folder_somebody_else_serves_is_left_alone(home, monkeypatch):
    postgres.stop(home)
    monkeypatch.setattr(postgres, "PATIENCE", 0.3)
    with (home / "owner").open("w") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        with pytest.raises(Problem, match="Another server uses the data in .*; stop it there"):
            postgres.ensure(home, FAST)


@pytest.mark.skipif(config().postgres_bin is not None, reason="a PostgreSQL that was named is not copied")
def test_outlives_the_venv_it_came_from(home):
    postgres.ensure(home, FAST)
    program = Path(f"/proc/{pid(home)}/exe").readlink()
    assert program.is_relative_to(home)


def test_data_of_another_major_version_is_left_alone(tmp_path_factory):
    with tempfile.TemporaryDirectory(prefix="alur-postgres-") as folder:
        old = Path(folder) / "postgres"
        old.mkdir()
        (old / "PG_VERSION").write_text("9\n")
        with pytest.raises(Problem, match=r"belongs to PostgreSQL 9 and this is PostgreSQL \d+; .*ALUR_POSTGRES_BIN"):
            postgres.ensure(Path(folder))


def test_a_long_path_has_its_socket_elsewhere():
    deep = Path("/tmp") / ("x" * 100)
    assert str(postgres.Server(deep, {}).run).startswith("/tmp/alur-")
    assert len(str(postgres.Server(deep, {}).run / postgres.SOCKET)) < 104


def test_a_socket_folder_that_is_not_ours_is_refused(home, monkeypatch):
    postgres.stop(home)
    (home / "elsewhere").mkdir()
    (home / "run").rmdir()
    (home / "run").symlink_to(home / "elsewhere")
    with pytest.raises(Problem, match="is somebody else's; remove it"):
        postgres.ensure(home, FAST)
    (home / "run").unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
def test_a_folder_the_servers_user_cannot_reach_is_refused():
    with tempfile.TemporaryDirectory(prefix="alur-postgres-") as closed:
        Path(closed).chmod(0o700)
        with pytest.raises(Problem, match=f"cannot pass through {closed}; set ALUR_DATA"):
            postgres.ensure(Path(closed) / "inner")


def test_debians_postgresql_does_as_well(environment):
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    need(found, "Debian's PostgreSQL", "apt install postgresql")
    environment(ALUR_POSTGRES_BIN=found[0].parent)
    with tempfile.TemporaryDirectory(prefix="alur-postgres-") as folder:
        url = postgres.ensure(Path(folder), FAST)
        try:
            assert answer(url, "SHOW server_version_num")[:2] == found[0].parts[-3]
            assert answer(url, "SELECT 'B' < 'a'")  # the same order as the builtin locale's
        finally:
            postgres.stop(Path(folder))
