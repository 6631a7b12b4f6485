"""The primary of a real cluster dies, vanishes or freezes, and another machine takes over.

Needs a cluster of three PostgreSQL servers under Patroni with the scripts `up.sh` (starts what does not run and waits
until all is well) and `break.sh postmaster|node|freeze`, in the folder VOLUNTEER_HA_RIG; servers listen on ports 15432
to 15434 of this machine. `docs/soak.md` says how it is made.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.make import make_leader, make_team
from tests.server import serving
from tests.soak.crowd import Rush, make_crowd
from tests.soak.dates import check, make_calendar
from tests.soak.outage import opened

pytestmark = pytest.mark.soak

RIG = os.environ.get("VOLUNTEER_HA_RIG", "")
HOSTS = "host=127.0.0.1,127.0.0.1,127.0.0.1&port=15432,15433,15434&target_session_attrs=read-write"
AT_ONCE, BACK_WITHIN = 16, 35.0


@pytest.fixture
def cluster_url(database_kind: str) -> Iterator[str]:
    """The address of an empty database on the cluster, whichever machine leads it."""
    if database_kind != "postgresql":
        pytest.skip("a file has no other machine to pass to")
    if not RIG:
        pytest.skip("VOLUNTEER_HA_RIG is not set: it names the folder of the failover rig")
    _rig("up.sh")
    login, name = "postgresql://postgres:loopback-only@", "volunteer_soak"
    with psycopg.connect(f"{login}/postgres?{HOSTS}", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    yield f"{login}/{name}?{HOSTS}"
    _rig("up.sh")


def _rig(script: str, *words: str) -> str:
    with tempfile.TemporaryFile("w+") as said:  # not a pipe: what the script starts goes on holding its end
        command = ["timeout", "200", str(Path(RIG) / script), *words]
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=True)
        said.seek(0)
        return said.read()


@pytest.mark.parametrize(("what", "seconds"), [("postmaster", 25), ("node", 35), ("freeze", 55)])
def test_another_machine_takes_over_and_every_acknowledged_sign_up_is_there(
    cluster_url: str, say: Callable[[str], None], what: str, seconds: float
) -> None:
    with opened(cluster_url) as app:
        team = make_team()
        dates = make_calendar(make_leader(team), series=8, weeks=25, capacity=10)
        crowd = make_crowd(app, team, 300)
        with serving(app) as port:
            rush = Rush(port, crowd, dates)
            with rush.going_on(AT_ONCE):
                time.sleep(4)
                broken = time.monotonic()
                told = _rig("break.sh", what)
                time.sleep(max(0, broken + seconds - time.monotonic()))
        lost, wrong = rush.lost(), check()
        slowest = max(answer.seconds for answer in rush.others) if rush.others else 0
        say(
            f"{told.strip().splitlines()[-1]}, {rush.longest_gap:.1f} s without an acknowledged sign-up, "
            f"{len(rush.acknowledged)} acknowledged, {len(lost)} lost, other answers {rush.statuses} ({slowest:.0f} s)"
        )
    assert lost == set()
    assert wrong == []
    assert rush.longest_gap < BACK_WITHIN
    assert rush.statuses.keys() <= {503}
