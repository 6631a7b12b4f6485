"""Reads go on while writes wait: once nobody gets through, half of the threads wait on, and nobody else."""

import time
from contextlib import ExitStack

import pytest
from flask import Flask
from sqlalchemy import text

from tests import waiting
from tests.databases import A_WRITE
from tests.make import make_date, make_leader, make_team
from tests.server import serving
from tests.soak.crowd import Answer, all_at_once, make_crowd, press
from volunteer.storage import gate
from volunteer.storage.database import db, writing
from volunteer.storage.gate import STANDSTILL, Gate, Watch

pytestmark = pytest.mark.alone


def test_pages_and_calendars_go_on_while_twenty_posts_wait_and_those_who_waited_are_in(app: Flask) -> None:
    waiting.check(waiting.spend(app, seconds=5))


def test_nobody_is_turned_away_while_somebody_else_gets_through_every_second(app: Flask) -> None:
    evening = waiting.spend(app, seconds=4, commits_every=1)
    assert [answer.status for answer in evening.posts] == [303] * waiting.POSTS


def test_nobody_is_turned_away_while_a_rule_refuses_everybody_at_once(app: Flask) -> None:
    team = make_team()
    date = make_date(make_leader(team))
    crowd, button = iter(make_crowd(app, team, 24)), f"/occurrences/{date.id}/accept"
    answers: list[Answer] = []
    db.session.rollback()
    with serving(app) as port:
        over = time.monotonic() + 2 * STANDSTILL

        def take_an_offer_nobody_made() -> None:
            guest = next(crowd)
            while time.monotonic() < over:
                answers.append(press(port, guest, button))

        with all_at_once(take_an_offer_nobody_made, 24):
            pass
    assert {answer.status for answer in answers} == {303}


def test_who_came_first_waits_on_and_whoever_leaves_makes_place_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Gate(6, lambda: False)
    with ExitStack() as others:
        first = others.enter_context(ExitStack())
        may_wait = [first.enter_context(line.line())]
        may_wait += [others.enter_context(line.line()) for _ in range(5)]
        assert [ask() for ask in may_wait] == [True] * 6
        monkeypatch.setattr(gate, "STANDSTILL", 0)
        assert [ask() for ask in may_wait] == [True] * 3 + [False] * 3
        first.close()
        assert [ask() for ask in may_wait[1:]] == [True] * 3 + [False] * 2


def test_whether_somebody_wrote_is_seen_and_who_only_waited_or_read_is_not_taken_for_it(app: Flask) -> None:
    make_team()
    db.session.rollback()
    has_moved = Watch(db.engine)
    has_moved()
    with db.engine.connect() as other:
        other.execution_options(**writing(db.engine))
        assert not has_moved()
        other.exec_driver_sql(A_WRITE)
        assert not has_moved()
        other.rollback()
        assert not has_moved()
        other.execute(text("SELECT count(*) FROM team"))
        other.commit()
        assert not has_moved()
        other.exec_driver_sql(A_WRITE)
        assert not has_moved()
        other.commit()
        assert has_moved()
        assert not has_moved()
    has_moved.close()
