"""Whatever goes wrong with a call is one sentence, and --json stands where it likes."""

import argparse
import os
import socket
import subprocess
import sys

import pytest

from alur import cli
from alur.cli import common
from alur.core import company
from alur.core.errors import Problem


def alur(*args, **environment):
    """Call the command as a person would."""
    return subprocess.run([sys.executable, "-m", "alur", *args], env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def test_every_command_says_what_it_does():
    known = cli.commands()
    assert {"serve", "stop", "database-url", "company"} <= known.keys()
    assert "common" not in known
    assert all(command.help for command in known.values())


def test_the_only_company_needs_no_name(monkeypatch):
    with common.chosen_company(argparse.Namespace(company=None)) as chosen:
        assert chosen.slug == "test"
    monkeypatch.setattr(company, "all", list)
    with pytest.raises(Problem, match="There is no company yet; `alur demo` makes one"):
        common.chosen_company(argparse.Namespace(company=None))


def test_several_companies_need_a_name(monkeypatch):
    here = company.current()
    monkeypatch.setattr(company, "all", lambda: [here, here])
    with pytest.raises(Problem, match=r"There are several companies; say which with --company \(test, test\)"):
        common.chosen_company(argparse.Namespace(company=None))


def test_an_unknown_command_is_one_sentence():
    done = alur("fly")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "There is no command 'fly'; `alur --help` lists those there are.\n")


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL must start with postgresql://; leave it out to use the server that comes with Alur.\n"),
        ({"ALUR_URL": "x"}, "ALUR_URL is 'x'; give the address people open, such as https://orders.example.com.\n"),
        ({"ALUR_POSTGRES_BIN": "/nowhere"}, "ALUR_POSTGRES_BIN names /nowhere, which is not a folder; correct it or leave it out.\n"),
        ({"DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "The database that DATABASE_URL names does not answer (connection failed: "),
    ],
)
def test_what_the_surroundings_have_wrong_is_one_sentence(environment, said):
    done = alur("company", "list", **environment)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


def test_a_taken_port_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = alur("serve", "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == f"Port {port} on 127.0.0.1 cannot be used (address already in use); choose another one, such as --port {port + 1}.\n"


def test_json_is_the_last_line_wherever_the_option_stands():
    for call in (["company", "--json", "list"], ["company", "list", "--json"]):
        assert alur(*call).stdout.splitlines()[-1].startswith('{"companies": [{"slug": "test"')
