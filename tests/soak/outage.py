"""What can happen to a PostgreSQL server, and the service on another database than the tests'."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade

from volunteer import create_app
from volunteer.config import Settings
from volunteer.storage.database import db


class Server:
    """A running PostgreSQL server; `address` is the URL of its database."""

    def __init__(self, binaries: Path, address: str) -> None:
        self.address = address
        self._control = binaries / "pg_ctl"
        self._data = Path(address.partition("host=")[2]) / "data"
        self._become: dict[str, Any] = {}
        if os.getuid() == 0:
            owner = pwd.getpwuid(self._data.stat().st_uid)
            self._become = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}

    def stop(self, how: str) -> None:
        """`fast` breaks every connection, `immediate` is a crash: the log is replayed at the next start."""
        self._do("stop", "-m", how)

    def start(self) -> None:
        """With the settings it had. Returns when it answers."""
        self._do("restart")

    def end(self) -> None:
        """For good, if it is running."""
        self._do("stop", "-m", "immediate", check=False)

    def _do(self, *what: str, check: bool = True) -> None:
        command = [str(self._control), *what, "-w", "-t", "60", "-D", str(self._data)]
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=check, stdin=quiet, stdout=quiet, stderr=quiet, cwd="/", **self._become)


@contextmanager
def opened(database_url: str) -> Iterator[Flask]:
    """The application on this empty database, within its context."""
    app = create_app(Settings("a key for tests only", database_url, testing=True))
    with app.app_context():
        upgrade()
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
