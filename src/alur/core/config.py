"""Everything the surroundings decide, read once from ALUR_* and DATABASE_URL.

There is no development or production variant: places differ by values only.
"""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from alur.core.errors import Problem


@dataclass(frozen=True, slots=True)
class Config:
    """The values, checked."""

    data: Path  # where the embedded server and the secret live
    database_url: str  # empty = the embedded server
    postgres_bin: Path | None  # another PostgreSQL's programs for the embedded server
    url: str  # the address people open
    debug: bool

    @property
    def host(self) -> str:
        """The host name in the address people open."""
        return urlsplit(self.url).hostname or "localhost"

    def secret(self) -> str:
        """Sign sessions with this; made once and kept beside the data."""
        given = os.environ.get("ALUR_SECRET_KEY", "")
        if given:
            return given
        file = self.data / "secret"
        try:
            if not file.exists():
                self.data.mkdir(parents=True, exist_ok=True)
                _write_once(file, secrets.token_urlsafe(50))
            return file.read_text()
        except OSError as error:
            raise Problem(f"The secret key cannot be kept in {file} ({error.strerror}); set ALUR_DATA to a folder you may write to.") from None


@cache
def config() -> Config:
    """Read the environment, or say in a sentence what is wrong with it."""
    return Config(
        data=_data(),
        database_url=_database_url(),
        postgres_bin=_folder("ALUR_POSTGRES_BIN"),
        url=_url(),
        debug=_yes_or_no("ALUR_DEBUG"),
    )


def _write_once(file: Path, text: str) -> None:
    """Several processes may start at once: the first one's text stays, and nobody ever sees half of it."""
    unfinished = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    with suppress(FileExistsError):
        file.hardlink_to(unfinished)
    unfinished.unlink()


def _data() -> Path:
    given = os.environ.get("ALUR_DATA", "")
    if given:
        return Path(given).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/alur")  # the server runs as another user then, who must be able to reach it
    home = os.environ.get("XDG_DATA_HOME", "")
    return (Path(home) if home else Path("~/.local/share").expanduser()) / "alur"


def _database_url() -> str:
    url = os.environ.get("DATABASE_URL", "")
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise Problem("DATABASE_URL must start with postgresql://; leave it out to use the server that comes with Alur.")
    return url


def _folder(name: str) -> Path | None:
    given = os.environ.get(name, "")
    if not given:
        return None
    if not Path(given).is_dir():
        raise Problem(f"{name} names {given}, which is not a folder; correct it or leave it out.")
    return Path(given)


def _url() -> str:
    url = os.environ.get("ALUR_URL", "http://localhost:8000").rstrip("/")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise Problem(f"ALUR_URL is {url!r}; give the address people open, such as https://orders.example.com.")
    return url


def _yes_or_no(name: str) -> bool:
    given = os.environ.get(name, "0")
    if given not in ("", "0", "1"):
        raise Problem(f"{name} is {given!r}; it can be 1 (yes) or 0 (no).")
    return given == "1"
