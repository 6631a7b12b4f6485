"""The service's processes, to be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from tests.server import ROOT


def children_of(pid: int) -> list[int]:
    """The processes that this one started and that are still there."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for children in lists for child in children.read_text().split()]


def web_processes(port: int) -> list[int]:
    """The processes of the web server on this port that answer requests."""
    for pid in children_of(os.getpid()):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"gunicorn" in words and f"127.0.0.1:{port}".encode() in words:
            return children_of(pid)
    raise AssertionError(f"no web server on port {port}")


class Worker:
    """The background worker; started again when it has ended, as a supervisor does."""

    def __init__(self, app: Flask) -> None:
        settings = app.config["SETTINGS"]
        self._environment = os.environ | {
            "VOLUNTEER_DATABASE_URL": settings.database_url,
            "VOLUNTEER_SECRET_KEY": settings.secret_key,
        }
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "flask", "--app", "wsgi", "worker"]
        self._process = subprocess.Popen(command, cwd=ROOT, env=self._environment)

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        self._process.send_signal(how)
        self._process.wait(30)


@contextmanager
def working(app: Flask) -> Iterator[Worker]:
    """The background worker on `app`'s database."""
    worker = Worker(app)
    try:
        yield worker
    finally:
        worker.end()
