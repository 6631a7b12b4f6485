"""A throw-away PostgreSQL cluster that only this process can reach."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
"""Forgets about safety on disk for speed, and does nothing by itself: right for tests, wrong for measuring."""


def find_postgresql() -> Path | None:
    """The folder with initdb and postgres of the newest PostgreSQL that is installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    elsewhere = shutil.which("initdb")
    if debian:
        return debian[-1].parent
    return Path(elsewhere).resolve().parent if elsewhere else None


@contextmanager
def postgresql(binaries: Path, **settings: str) -> Iterator[str]:
    """A cluster with these settings, behind a socket in a private folder; yields its address.

    It ends with this process, even if that is killed.
    """
    folder = Path(tempfile.mkdtemp(prefix="volunteer-pg-", dir="/tmp"))
    user = pwd.getpwuid(os.getuid()).pw_name
    if user == "root":  # PostgreSQL refuses to run as root
        user = "postgres"
        shutil.chown(folder, user, user)
    account = pwd.getpwnam(user)
    become: dict[str, Any] = (
        {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    )
    data = folder / "data"
    server = None
    try:
        subprocess.run(
            [
                *(binaries / "initdb", "-D", data, "-U", "postgres"),
                *("--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"),
            ],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            **become,
        )
        settings |= {"listen_addresses": "", "unix_socket_directories": str(folder), "max_connections": "300"}
        die_with_us = ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [*die_with_us, str(binaries / "postgres"), "-D", str(data)]
                + [part for name, value in settings.items() for part in ("-c", f"{name}={value}")],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is ours to answer, after pytest has ended
                **become,
            )
        _wait_until_ready(binaries, folder, server)
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        if server:
            server.send_signal(signal.SIGQUIT)
            server.wait(30)
        shutil.rmtree(folder)


def _wait_until_ready(binaries: Path, folder: Path, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while subprocess.run([binaries / "pg_isready", "-q", "-h", folder], check=False).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            sys.exit("PostgreSQL did not start:\n" + (folder / "log").read_text(errors="replace"))
        time.sleep(0.1)
