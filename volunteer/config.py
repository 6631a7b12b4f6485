"""Every setting of the service: its name, default, environment variable and meaning.

`Settings.from_environment()` is the only reader of the environment; nonsense stops the start with one sentence.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"
KEY_FILE = INSTANCE / "secret_key"


class BadSetting(SystemExit):
    """A setting makes no sense; the text says which one and what would."""


@dataclass(frozen=True)
class Settings:
    """What this installation runs with."""

    secret_key: str
    """VOLUNTEER_SECRET_KEY: signs cookies and feed addresses; at least 16 characters, the same on every machine."""
    database_url: str = ""
    """VOLUNTEER_DATABASE_URL: `sqlite:///path` (default: instance/volunteer.db) or `postgresql://…`."""
    base_url: str = "http://127.0.0.1:8000"
    """VOLUNTEER_BASE_URL: how people reach the service; stands in links, QR codes and calendar entries."""
    demo: bool = True
    """VOLUNTEER_DEMO: 0 starts without the demo team and insists on a secret key of one's own."""
    demo_people: int = 40
    """VOLUNTEER_DEMO_PEOPLE: volunteers of the demo team, 5 to 900."""
    proxies: int = 0
    """VOLUNTEER_PROXIES: how many web servers of one's own a request passes; so many are believed about its origin."""
    threads: int = 8
    """VOLUNTEER_THREADS: threads of each web process, 2 to 64; half of them may wait while nobody can write."""
    testing: bool = False
    """Set by the test suite only: exceptions surface."""

    @property
    def host(self) -> str:
        """The host name that stands in every calendar UID."""
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def behind_tls(self) -> bool:
        return self.base_url.startswith("https://")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read and check the environment. For a demo, makes the key file at the first run."""
        demo = _switch(environ, "VOLUNTEER_DEMO", default=True)
        return cls(
            secret_key=_secret_key(environ, may_make=demo),
            database_url=_database_url(environ),
            base_url=_base_url(environ),
            demo=demo,
            demo_people=_number(environ, "VOLUNTEER_DEMO_PEOPLE", default=40, least=5, most=900),
            proxies=_number(environ, "VOLUNTEER_PROXIES", default=0, least=0, most=9),
            threads=_number(environ, "VOLUNTEER_THREADS", default=8, least=2, most=64),
        )


def _switch(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = environ.get(name, "").strip().lower()
    if value not in ("", "0", "1", "false", "true", "no", "yes"):
        raise BadSetting(f"{name} is {value!r}; it takes 1 or 0.")
    return default if value == "" else value in ("1", "true", "yes")


def _number(environ: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    value = environ.get(name, "").strip() or str(default)
    if not value.isdecimal() or not least <= int(value) <= most:
        raise BadSetting(f"{name} is {value!r}; it takes a whole number from {least} to {most}.")
    return int(value)


def _secret_key(environ: Mapping[str, str], *, may_make: bool) -> str:
    key = environ.get("VOLUNTEER_SECRET_KEY", "")
    if not key and may_make:
        make_key_file()
    if not key and KEY_FILE.exists():
        key = KEY_FILE.read_text(encoding="ascii").strip()
    if not key:
        raise BadSetting(
            "VOLUNTEER_SECRET_KEY is missing. Set it to a long random text, for example the output of "
            "`openssl rand -hex 32`, the same on every machine."
        )
    if len(key) < 16:
        raise BadSetting("VOLUNTEER_SECRET_KEY is too short; it takes at least 16 characters.")
    return key


def make_key_file() -> None:
    """Write a new random key that only the owner can read, unless there is one; two starts at once agree."""
    INSTANCE.mkdir(mode=0o700, exist_ok=True)
    draft = KEY_FILE.with_name(f"{KEY_FILE.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_hex(32), encoding="ascii")
    try:
        os.link(draft, KEY_FILE)
    except FileExistsError:
        return  # there is one, or another process was first: that one it is
    finally:
        draft.unlink()


def _database_url(environ: Mapping[str, str]) -> str:
    url = environ.get("VOLUNTEER_DATABASE_URL", "").strip()
    if not url:
        INSTANCE.mkdir(mode=0o700, exist_ok=True)
        return f"sqlite:///{INSTANCE / 'volunteer.db'}"
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise BadSetting("VOLUNTEER_DATABASE_URL takes sqlite:///path or postgresql://user@host/name.")
    return url


def _base_url(environ: Mapping[str, str]) -> str:
    port = _number(environ, "PORT", default=8000, least=1, most=65535)
    url = environ.get("VOLUNTEER_BASE_URL", "").strip().rstrip("/") or f"http://127.0.0.1:{port}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSetting(f"VOLUNTEER_BASE_URL is {url!r}; it takes an address such as https://volunteers.example.org.")
    return url
