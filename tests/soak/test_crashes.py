"""Processes of the service killed in the middle of their work, twenty times."""

import os
import random
import signal
import time
from collections.abc import Callable

import pytest
from flask import Flask

from tests.make import make_leader, make_team
from tests.server import serving
from tests.soak.crowd import Rush, make_crowd
from tests.soak.dates import check, make_calendar
from tests.soak.processes import web_processes, working

pytestmark = pytest.mark.soak

KILLS, AT_ONCE, AGAIN_WITHIN = 20, 16, 10.0


def test_nobody_loses_a_place_when_processes_are_killed_twenty_times(app: Flask, say: Callable[[str], None]) -> None:
    team = make_team()
    dates = make_calendar(make_leader(team), series=8, weeks=25, capacity=10)
    crowd = make_crowd(app, team, 300)
    with serving(app) as port, working(app) as worker:
        rush = Rush(port, crowd, dates)
        with rush.going_on(AT_ONCE):
            time.sleep(2)
            for n in range(KILLS):
                if n % 4 == 3:
                    worker.end(signal.SIGKILL)
                    worker.start()
                else:
                    os.kill(random.choice(web_processes(port)), signal.SIGKILL)
                time.sleep(random.uniform(1, 2))
    assert rush.lost() == set()
    assert check() == []
    assert rush.statuses.keys() <= {0}
    assert rush.longest_gap < AGAIN_WITHIN
    say(
        f"{KILLS} kills, {len(rush.acknowledged)} sign-ups acknowledged, 0 lost, {rush.statuses.get(0, 0)} without an "
        f"answer, longest time without an acknowledged sign-up {rush.longest_gap:.1f} s"
    )
