"""The service as it really runs: gunicorn with several processes, on the test's own database."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from tests.make import Someone
from volunteer.accounts import service as accounts
from volunteer.clock import now
from volunteer.storage.database import write

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def serving(app: Flask, module: str = "wsgi:app") -> Iterator[int]:
    """Serve `app`'s database, or another module, on a free port of this machine; yields the port."""
    settings = app.config["SETTINGS"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "VOLUNTEER_DATABASE_URL": settings.database_url,
        "VOLUNTEER_SECRET_KEY": settings.secret_key,
        "VOLUNTEER_BASE_URL": f"http://127.0.0.1:{port}",
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--preload",
        "-k",
        "gthread",
        "-w",
        "2",
        "--threads",
        "8",
        "--no-control-socket",
    ]
    command += ["--log-level", "warning", "-b", f"127.0.0.1:{port}", module]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if Phone(port).get("/readyz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def cookie_of(app: Flask, someone: Someone) -> str:
    """The cookie of a device of this person, as log-in would set it."""
    secret = write(lambda: accounts.add_device(someone.id, "test", now()))
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer
    return f"session={signer.dumps({'_user_id': secret, '_fresh': True})}"


class Phone:
    """A phone on the wire: one connection at a time, one cookie."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookie = cookie
        self.token = ""

    def get(self, path: str) -> tuple[int, str]:
        """Open a page; remembers its form token."""
        status, text = self._send("GET", path)
        found = re.search(r'name="csrf_token" value="([^"]+)"', text)
        self.token = found[1] if found else self.token
        return status, text

    def post(self, path: str, **fields: str) -> int:
        """Press a button of the page opened last; returns the status."""
        body = urlencode(fields | {"csrf_token": self.token})
        return self._send("POST", path, body)[0]

    def _send(self, method: str, path: str, body: str = "") -> tuple[int, str]:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, body or None, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        self.connection.close()
        cookie = answer.getheader("Set-Cookie")
        self.cookie = cookie.split(";")[0] if cookie else self.cookie
        return answer.status, text
