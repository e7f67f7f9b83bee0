"""One company is one schema, and every statement sees only the current one's."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from alur.core import company
from alur.core.errors import Problem


def path():
    """Ask the server, not the program."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('search_path')")
        return cursor.fetchone()[0]


@pytest.fixture
def other(transactional_db):
    """A second company, with everything it needs."""
    return company.create("other-one", name="Other", currency="USD", time_zone="Asia/Singapore", language="en")


def test_test_is_current():
    assert company.current().slug == "test"
    assert path() == "test, public"


def test_companies_take_turns_on_one_connection(other):
    for _ in range(3):
        with company.use("other-one"):
            assert path() == "other_one, public"
            with company.use("test"):
                assert path() == "test, public"
            assert path() == "other_one, public"
        with company.use(None):
            assert path() == "public"
    assert path() == "test, public"
