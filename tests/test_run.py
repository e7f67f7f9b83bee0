"""run.py says what is missing in a sentence, and does nothing twice."""

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def run(monkeypatch, tmp_path):
    """run.py as a module, with a .venv elsewhere."""
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", str(tmp_path / ".venv"))
    return module


def test_old_pythons_can_read_it(run):
    ast.parse((ROOT / "run.py").read_text(), feature_version=(3, 6))


def test_an_old_python_is_told(run, monkeypatch, capsys):
    monkeypatch.setattr(run.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        run.find_python()
    assert ended.value.code == 2
    assert capsys.readouterr().err == "Alur needs Python 3.11 and this is 3.9; install it (Debian, Ubuntu: apt install python3.11 python3.11-venv).\n"


def test_an_old_python_hands_over_to_a_newer_one(run, monkeypatch):
    called = []
    monkeypatch.setattr(run.sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(run.shutil, "which", lambda name: "/usr/bin/" + name if name == "python3.12" else None)
    monkeypatch.setattr(run.os, "execv", lambda program, args: called.append(program) or sys.exit())
    with pytest.raises(SystemExit):
        run.find_python()
    assert called == ["/usr/bin/python3.12"]


def test_a_missing_venv_is_told_with_the_apt_line(run, monkeypatch, capsys):
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        run.install("requirements.lock")
    assert f"apt install python3.{sys.version_info[1]}-venv" in capsys.readouterr().err


def test_what_is_installed_is_not_installed_again(run, monkeypatch):
    done = []
    monkeypatch.setattr(run, "make_venv", lambda: (Path(run.VENV).mkdir(), run.write(run.VENV + "/python.version", sys.version)))
    monkeypatch.setattr(run, "with_uv", lambda lock: done.append(lock) or True)
    run.install("requirements.lock")
    run.install("requirements.lock")
    assert done == ["requirements.lock"]
    run.install("requirements-dev.lock")
    assert done == ["requirements.lock", "requirements-dev.lock"]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_hold_versions_and_hashes_and_name_no_registry(lock):
    text = (ROOT / lock).read_text()
    wanted = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert all("==" in line and line.endswith("\\") for line in wanted)
    assert "://" not in text
    assert "--index" not in text
    assert text.count("--hash=sha256:") >= len(wanted)
