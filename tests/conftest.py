"""Tests run on the embedded server, in a database that is kept while the migrations stay the same.

Every test has company `test` current and its changes are rolled back. One that must commit asks for `transactional_db`; what it leaves
is emptied afterwards. Several people can test at once: each gives `ALUR_TEST_DB` another name.
"""

import os

from alur.core.config import config
from tests import database

os.environ.pop("ALUR_READ_URL", None)
os.environ["DATABASE_URL"] = database.url()
os.environ["ALUR_DATA"] = str(database.HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "alur.settings"
config.cache_clear()  # starting the server has read it already

import pytest  # noqa: E402  the environment comes first
from django.conf import settings  # noqa: E402
from django.test import TransactionTestCase  # noqa: E402

# read now: pytest-django sets Django up when settings are there
assert settings.DATABASES["default"]["NAME"] == database.NAME, "tests would run on somebody's data"

settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] = 72  # races have 64 clients

# Django would empty every table it sees, those of public with the company included
TransactionTestCase._fixture_teardown = lambda _test: database.empty()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker):
    """Make or find the database, and make company `test` current for good."""
    with django_db_blocker.unblock(), database.session():
        yield


@pytest.fixture(autouse=True)
def _database(db):
    """Every test may use the database; finding it costs nothing."""
