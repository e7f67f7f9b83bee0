"""The address of a database, ours or somebody's own."""

import psycopg
from psycopg.conninfo import conninfo_to_dict

from alur.core.errors import Problem

OLDEST = 15  # what anybody's own PostgreSQL may be


def check(url: str) -> None:
    """Say in a sentence why somebody's own server cannot be used."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        raise Problem(f"The database that DATABASE_URL names does not answer ({str(error).splitlines()[0]}); start it, or correct DATABASE_URL.") from None
    if version < OLDEST:
        raise Problem(f"DATABASE_URL names a PostgreSQL {version}; Alur needs {OLDEST} or newer.")


def for_django(url: str) -> dict[str, object]:
    """Give the address in the words of Django's DATABASES."""
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {name: parts.get(key, "") for name, key in names.items()}
