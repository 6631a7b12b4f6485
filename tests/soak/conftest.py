"""Long races and crashes take turns, for they measure time; what they measure is printed."""

import fcntl
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url

from tests.cluster import find_postgresql, postgresql
from tests.soak.outage import Server


@pytest.fixture(autouse=True)
def _one_at_a_time() -> Iterator[None]:
    with (Path(tempfile.gettempdir()) / "volunteer-soak.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def say(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a line of figures, whether the test passes or not."""

    def tell(figures: str) -> None:
        with capfd.disabled():
            sys.stderr.write(f"\n  {request.node.name}: {figures}\n")
            sys.stderr.flush()  # pytest-xdist keeps what its processes say on stdout to itself

    return tell


@pytest.fixture
def server(database_kind: str) -> Iterator[Server]:
    """A PostgreSQL server of this test's own, as careful with its disk as a real one, that may be stopped."""
    if database_kind != "postgresql":
        pytest.skip("there is no server to stop: SQLite is a file")
    binaries = find_postgresql()
    assert binaries, "PostgreSQL is not installed"
    with postgresql(binaries) as address:
        running = Server(binaries, address)
        yield running
        running.end()


@pytest.fixture
def database_kind(app: Flask) -> str:
    """`sqlite` or `postgresql`: which of the two this run is about."""
    return make_url(app.config["SETTINGS"].database_url).get_backend_name()
