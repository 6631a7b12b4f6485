"""The database server goes away under load, and comes back."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from tests.make import make_leader, make_team
from tests.server import serving
from tests.soak.crowd import Answer, Guest, Rush, look, make_crowd
from tests.soak.dates import check, make_calendar
from tests.soak.outage import Server, opened
from tests.soak.processes import working
from volunteer.storage.database import RETRY_FOR, db

pytestmark = pytest.mark.soak

AT_ONCE, BACK_WITHIN = 8, 6.0


@contextmanager
def _rush(server: Server) -> Iterator[tuple[Rush, list[Answer]]]:
    """Sign-ups go on during the body, and somebody looks at a page four times a second; then all is checked."""
    with opened(server.address) as app:
        team = make_team()
        dates = make_calendar(make_leader(team), series=8, weeks=25, capacity=10)
        crowd = make_crowd(app, team, 300)
        with serving(app) as port, working(app) as worker:
            rush = Rush(port, crowd, dates)
            with rush.going_on(AT_ONCE), _looking_on(port, crowd[0]) as looks:
                time.sleep(2)
                yield rush, looks
                time.sleep(5)
            assert worker.is_alive
        assert rush.lost() == set()
        assert check() == []
        assert {one.status for one in looks} <= {200, 503}
        assert all(one.retry_after for one in looks if one.status == 503)
        assert looks[-1].status == 200


@contextmanager
def _looking_on(port: int, guest: Guest) -> Iterator[list[Answer]]:
    looks: list[Answer] = []
    over = threading.Event()

    def run() -> None:
        while not over.wait(0.25):
            looks.append(look(port, guest, "/"))

    reader = threading.Thread(target=run)
    reader.start()
    try:
        yield looks
    finally:
        over.set()
        reader.join(60)


def test_a_page_that_has_been_read_is_shown_though_the_server_crashes_before_it_is_sent(server: Server) -> None:
    with opened(server.address):
        assert db.session.scalar(text("SELECT count(*) FROM team")) == 0
        server.stop("immediate")
        db.session.remove()  # the end of every request
        server.start()
        assert db.session.scalar(text("SELECT count(*) FROM team")) == 0


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_restart_costs_seconds_and_no_sign_up(server: Server, say: Callable[[str], None], how: str) -> None:
    with _rush(server) as (rush, looks):
        began = time.monotonic()
        server.stop(how)
        server.start()
        took = time.monotonic() - began
    assert rush.statuses == {}
    assert rush.longest_gap < took + BACK_WITHIN
    say(
        f"restart of {took:.1f} s, {rush.longest_gap:.1f} s without an acknowledged sign-up, "
        f"{len(rush.acknowledged)} acknowledged, 0 lost, {_unavailable(looks)}"
    )


def test_who_waits_longer_than_half_a_minute_is_told_when_to_try_again(
    server: Server, say: Callable[[str], None]
) -> None:
    with _rush(server) as (rush, looks):
        server.stop("fast")
        time.sleep(RETRY_FOR + 8)
        server.start()
        back = time.monotonic()
        time.sleep(BACK_WITHIN)
    assert rush.statuses.keys() == {503}
    assert all(answer.retry_after for answer in rush.others)
    assert rush.first_after(back) < BACK_WITHIN
    say(
        f"{rush.longest_gap:.1f} s without an acknowledged sign-up, {rush.first_after(back):.1f} s of them after the "
        f"start, {len(rush.acknowledged)} acknowledged, 0 lost, {len(rush.others)} answered 503 after "
        f"{min(one.seconds for one in rush.others):.0f} to {max(one.seconds for one in rush.others):.0f} s, "
        f"{_unavailable(looks)}"
    )


def _unavailable(looks: list[Answer]) -> str:
    told = sum(one.status == 503 for one in looks)
    return f"{told} of {len(looks)} pages answered 503, the slowest page {max(one.seconds for one in looks):.1f} s"
