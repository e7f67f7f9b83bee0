"""Serve the pages, and let the worker work beside them."""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time

from alur import cli
from alur.cli import common
from alur.core import postgres
from alur.core.config import config
from alur.core.errors import Problem

HELP = "serve the pages (and work in the background) until Ctrl+C"
DJANGO = False  # the web server sets it up and migrates: doing it here as well would take another half second
EVERYWHERE = "0.0.0.0"  # noqa: S104  said by whoever asks for it
THREADS = 4
PATIENCE = 60  # seconds a start may take
WATCH = 2  # seconds between looks at what should run
ENDING = 10  # seconds a process may take to end


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where."""
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help=f"{EVERYWHERE} = let other machines in")
    parser.add_argument("--workers", type=int, choices=[1, 2], default=1, help="processes that serve, 4 threads each")


def run(args: argparse.Namespace) -> int:
    """Run until a signal or until the web server ends."""
    _check_port(args.host, args.port)
    common.database()
    signal.signal(signal.SIGTERM, _interrupt)
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        web = running["web"] = subprocess.Popen(_web(args))
        if _answers(args.host, args.port, web):
            print(f"Alur is at http://{_reachable(args.host)}:{args.port}", flush=True)
            if args.host == EVERYWHERE and config().host == "localhost":
                print("Other machines are let in once ALUR_URL says the address they use.", flush=True)
            print("Ctrl+C ends it; the database runs on until `alur stop`.", flush=True)
        while web.poll() is None:
            _watch(running)
            time.sleep(WATCH)
        return int(web.returncode != 0)
    except KeyboardInterrupt:
        return 0
    finally:
        _end(list(running.values()))


def _watch(running: "dict[str, subprocess.Popen[bytes]]") -> None:
    """Start the worker, and start again what died: it, or the database."""
    postgres.revive()
    if "work" in cli.commands() and ("work" not in running or running["work"].poll() is not None):
        running["work"] = subprocess.Popen([sys.executable, "-m", "alur", "work"])


def _web(args: argparse.Namespace) -> list[str]:
    where = ["--host", args.host, "--port", str(args.port), "--workers", str(args.workers), "--blocking-threads", str(THREADS)]
    # a worker that died is replaced; a client that is slow keeps no thread
    habits = ["--interface", "wsgi", "--respawn-failed-workers", "--log-level", "warning", "--backpressure", "64", "--no-ws"]
    return [sys.executable, "-m", "granian", *habits, *where, "alur.wsgi:application"]


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = os.strerror(error.errno or 0).lower()
            raise Problem(f"Port {port} on {host} cannot be used ({why}); choose another one, such as --port {port + 1}.") from None


def _reachable(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", EVERYWHERE) else host


def _answers(host: str, port: int, web: "subprocess.Popen[bytes]") -> bool:
    for _ in range(PATIENCE * 20):
        try:
            with socket.create_connection((_reachable(host), port), 1):
                return True
        except OSError:
            if web.poll() is not None:
                return False
            time.sleep(0.05)
    return False


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _end(running: "list[subprocess.Popen[bytes]]") -> None:
    for process in running:
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.wait(ENDING)
        except subprocess.TimeoutExpired:
            process.kill()
