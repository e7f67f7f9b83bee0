"""What the surroundings decide, and what is said when they have it wrong (tests/cli/test_command.py has the sentences)."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alur.core import config
from alur.core.errors import Problem


def made(**changes):
    return config.Config(**{"data": Path("/nowhere"), "database_url": "", "postgres_bin": None, "url": "http://localhost:8000", "debug": False} | changes)


def test_the_secret_is_made_once_and_is_its_owners(tmp_path, monkeypatch):
    monkeypatch.delenv("ALUR_SECRET_KEY", raising=False)
    here = made(data=tmp_path / "deep" / "data")
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: here.secret(), range(8)))
    assert len(keys) == 1
    assert len(keys.pop()) > 60
    assert [file.name for file in here.data.iterdir()] == ["secret"]
    assert (here.data / "secret").stat().st_mode & 0o777 == 0o600


def test_a_given_secret_is_used(monkeypatch):
    monkeypatch.setenv("ALUR_SECRET_KEY", "mine")
    assert made().secret() == "mine"


def test_a_secret_that_cannot_be_kept(tmp_path, monkeypatch):
    monkeypatch.delenv("ALUR_SECRET_KEY", raising=False)
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match="cannot be kept in .*; set ALUR_DATA"):
        made(data=tmp_path / "file").secret()


@pytest.mark.parametrize(
    ("root", "environment", "folder"),
    [
        (True, {}, "/var/lib/alur"),
        (False, {"HOME": "/home/me"}, "/home/me/.local/share/alur"),
        (False, {"HOME": "/home/me", "XDG_DATA_HOME": "/data"}, "/data/alur"),
        (False, {"ALUR_DATA": "/srv/alur"}, "/srv/alur"),
        (True, {"ALUR_DATA": "/srv/alur"}, "/srv/alur"),
    ],
)
def test_where_the_data_is(root, environment, folder, monkeypatch):
    monkeypatch.setattr(config.os, "geteuid", lambda: 0 if root else 1000)
    for name in ("ALUR_DATA", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    config.config.cache_clear()
    try:
        assert config.config().data == Path(folder)
    finally:
        monkeypatch.undo()
        config.config.cache_clear()
