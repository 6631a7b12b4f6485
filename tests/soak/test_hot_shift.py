"""A thousand people and one date, over HTTP, against the real server."""

import queue
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.make import make_date, make_leader, make_team
from tests.server import serving
from tests.soak.crowd import Answer, Guest, all_at_once, make_crowd, press
from tests.soak.dates import check
from volunteer.signups import places
from volunteer.signups.models import Signup
from volunteer.signups.states import Status
from volunteer.storage.database import db

pytestmark = pytest.mark.soak

PEOPLE, PLACES, AT_ONCE = 1000, 300, 64


def test_a_thousand_people_want_the_same_300_places(app: Flask, say: Callable[[str], None]) -> None:
    team = make_team()
    date = make_date(make_leader(team), capacity=PLACES)
    path = f"/occurrences/{date.id}/signup"
    crowd = make_crowd(app, team, PEOPLE)
    with serving(app) as port:
        answers = _everybody(port, crowd, path)

    assert {answer.status for answer in answers.values()} == {303}
    in_order = list(db.session.scalars(select(Signup).order_by(Signup.seq)))
    assert [signup.seq for signup in in_order] == list(range(1, PEOPLE + 1))
    confirmed, queue_ = in_order[:PLACES], in_order[PLACES:]
    assert {signup.status for signup in confirmed} == {Status.CONFIRMED}
    assert {signup.status for signup in queue_} == {Status.WAITING}
    assert [places.position_of(signup) for signup in queue_] == list(range(1, PEOPLE - PLACES + 1))
    _check_nobody_overtook([answers[signup.person_id] for signup in in_order])
    assert check() == []

    took = max(a.came for a in answers.values()) - min(a.sent for a in answers.values())
    slowest = max(answer.seconds for answer in answers.values())
    say(f"{PEOPLE} sign-ups in {took:.1f} s ({PEOPLE / took:.0f} a second), slowest answer {slowest:.2f} s")


def _everybody(port: int, crowd: list[Guest], path: str) -> dict[int, Answer]:
    left: queue.SimpleQueue[Guest] = queue.SimpleQueue()
    for guest in crowd:
        left.put(guest)
    answers: dict[int, Answer] = {}

    def run() -> None:
        while True:
            try:
                guest = left.get_nowait()
            except queue.Empty:
                return
            answers[guest.id] = press(port, guest, path)

    with all_at_once(run, AT_ONCE):
        pass
    return answers


def _check_nobody_overtook(in_order: list[Answer]) -> None:
    """Whoever had an answer before somebody else pressed the button stands before them in the queue."""
    first_answer_behind = float("inf")
    for answer in reversed(in_order):
        assert answer.sent < first_answer_behind
        first_answer_behind = min(first_answer_behind, answer.came)
