"""`alur serve` answers, and takes everything it started along when it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

PATIENCE = 60


@pytest.fixture
def served():
    """A running `alur serve`, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "alur", "serve", "--port", str(port)], stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield process, port
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()


def alive(group):
    """Processes of the group that have not ended."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_serves_and_ends(served):
    process, port = served
    assert process.stdout.readline() == f"Alur is at http://localhost:{port}\n"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as page:
        assert page.status == 200
        assert "text/html" in page.headers["content-type"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    end = time.monotonic() + PATIENCE
    while alive(process.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not alive(process.pid)
