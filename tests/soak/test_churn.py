"""Everything that can happen to 200 dates and 500 people, all at once, for half a minute."""

import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.server import serving
from tests.soak import forgers, leaders, volunteers
from tests.soak.checks import count_deadlocks, doubles_in_queues, overlaps, split_parties, wrong_labels
from tests.soak.crowd import all_at_once
from tests.soak.dates import check
from tests.soak.life import Life, go_on
from tests.soak.processes import working
from volunteer import clock
from volunteer.signups.models import Signup, StandIn
from volunteer.signups.states import Asked, Status
from volunteer.storage.database import db

pytestmark = pytest.mark.soak

PEOPLE, SECONDS, AT_ONCE = 500, 40, 16
PATIENCE = 3
"""How many times as long a busy machine may take until everything has happened once."""
DEEDS = (*volunteers.DEEDS, *leaders.DEEDS, *forgers.DEEDS)
UNMOVED = ("quiet", "stage", "tonight", "soon", "turning", "wide")


def test_200_dates_and_500_people_who_change_their_minds(
    app: Flask, say: Callable[[str], None], database_kind: str
) -> None:
    checks, every_deed = 0, {deed.name for deed in DEEDS}
    with serving(app) as port, working(app) as worker:
        life = Life(app, port, PEOPLE, SECONDS)
        began = time.monotonic()
        with all_at_once(lambda: go_on(life, DEEDS), AT_ONCE):
            try:
                while (took := time.monotonic() - began) < SECONDS or life.done.keys() != every_deed:
                    if life.over.is_set():
                        break
                    assert took < SECONDS * PATIENCE, f"never done: {every_deed - life.done.keys()}"
                    _check(life)
                    checks += 1
                    app.test_cli_runner().invoke(args=["tick"], catch_exceptions=False)
                    time.sleep(1)
            finally:
                life.over.set()
        assert worker.is_alive
    _check(life)
    deadlocks = count_deadlocks(database_kind)
    say(
        f"{life.done.total() / took:.0f} deeds a second for {took:.0f} s, the slowest {life.slowest.seconds:.2f} s, "
        f"{checks + 1} checks clean, {deadlocks} deadlocks; {dict(life.done)}; refused {life.refused.total()}"
    )
    assert wrong_labels(life.labels) == []
    assert _count_lapsed_offers() and _count_lapsed_questions()
    assert deadlocks == 0


def _check(life: Life) -> None:
    life.look_at_all_phones()
    assert check() == []
    assert doubles_in_queues() == []
    assert split_parties() == []
    assert overlaps([one for group in UNMOVED for one in life.dates[group]]) == []


def _count_lapsed_offers() -> int:
    return db.session.scalar(select(func.count()).where(Signup.status == Status.LAPSED)) or 0


def _count_lapsed_questions() -> int:
    """Those whose time was up, not those whose place was given up."""
    over = select(func.count()).where(StandIn.state == Asked.LAPSED, StandIn.until <= clock.now())
    return db.session.scalar(over) or 0
