"""SQLite: one file, several processes, and somebody who keeps it busy."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask

from tests.make import make_date, make_leader, make_team
from tests.server import serving
from tests.soak.crowd import Answer, Rush, all_at_once, guest_of, look, make_crowd, press
from tests.soak.dates import check, make_calendar

pytestmark = pytest.mark.soak


@pytest.fixture
def file(app: Flask, database_kind: str) -> Path:
    """The database."""
    if database_kind != "sqlite":
        pytest.skip("a server has no file to keep busy")
    return Path(app.config["SETTINGS"].database_url.removeprefix("sqlite:///"))


@contextmanager
def _holding(file: Path, begin: str) -> Iterator[sqlite3.Connection]:
    """Somebody else's transaction, open during the body."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=10)) as other:
        other.execute(begin)
        other.execute("SELECT count(*) FROM signup").fetchall()
        yield other
        if other.in_transaction:
            other.execute("ROLLBACK")


def test_two_processes_and_a_long_reader_disturb_nobody(app: Flask, file: Path, say: Callable[[str], None]) -> None:
    team = make_team()
    dates = make_calendar(make_leader(team), series=8, weeks=25, capacity=10)
    crowd = make_crowd(app, team, 200)
    with serving(app) as port, _holding(file, "BEGIN") as reader:
        rush = Rush(port, crowd, dates)
        with rush.going_on(threads=16):
            time.sleep(15)
        assert reader.execute("SELECT count(*) FROM signup").fetchone() == (0,)
    assert rush.others == []
    assert rush.lost() == set()
    assert check() == []
    say(
        f"{len(rush.acknowledged)} sign-ups in 15 s beside a reader that never ends, none failed, "
        f"at most {rush.longest_gap:.1f} s between two"
    )


def test_a_short_wait_is_not_noticed_and_after_a_long_one_people_are_told_when_to_try_again(
    app: Flask, file: Path, say: Callable[[str], None]
) -> None:
    team = make_team()
    leader = make_leader(team)
    path = f"/occurrences/{make_date(leader).id}"
    alice, bob = make_crowd(app, team, 2)
    lea = guest_of(app, leader)
    patient: list[Answer] = []
    with serving(app) as port:

        def wait() -> None:
            patient.append(press(port, bob, f"{path}/signup"))

        with _holding(file, "BEGIN IMMEDIATE") as other, all_at_once(wait, threads=1):
            time.sleep(3)
            other.execute("ROLLBACK")
        with _holding(file, "BEGIN IMMEDIATE"):
            page = look(port, alice, "/")
            refused = press(port, alice, f"{path}/signup")
        assert press(port, alice, f"{path}/signup").status == 303
        assert look(port, lea, f"{path}/roster").status == 200
    assert [answer.status for answer in patient] == [303]
    assert patient[0].seconds > 2
    assert page.status == 200
    assert refused.status == 503 and refused.retry_after
    assert check() == []
    say(
        f"sign-up done after {patient[0].seconds:.1f} s of a lock of 3 s; page {page.seconds:.2f} s, "
        f"sign-up given up with 503 after {refused.seconds:.0f} s"
    )
