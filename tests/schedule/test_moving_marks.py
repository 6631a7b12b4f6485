"""Dates that move nearer or further away than two hours, with people who wait and places on offer."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.make import Someone, make_date, make_leader, make_member, make_team, move_date, sign_up, withdraw
from tests.pages import Browser
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.signups import jobs, stand_ins
from volunteer.signups.models import Signup, StandIn
from volunteer.signups.states import Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

SetClock = Callable[[datetime], None]
FRIDAY = date(2026, 11, 27)


def on_friday(hour: int, minute: int = 0) -> datetime:
    return clock.utc(FRIDAY, time(hour, minute), "Asia/Shanghai")


@pytest.fixture
def team(app: Flask, at: SetClock) -> Team:
    at(clock.utc(date(2026, 11, 23), time(8), "Asia/Shanghai"))
    return make_team()


@pytest.fixture
def leader(team: Team) -> Someone:
    return make_leader(team)


@pytest.fixture
def cleanup(leader: Someone) -> Occurrence:
    """Friday from 15:00 to 16:00, one place."""
    return make_date(leader, day=FRIDAY, start=time(15), end=time(16), capacity=1)


@pytest.fixture
def alice(team: Team) -> Someone:
    return make_member(team, "Alice")


@pytest.fixture
def bob(team: Team) -> Someone:
    return make_member(team, "Bob")


@pytest.fixture
def queue(cleanup: Occurrence, alice: Someone, bob: Someone) -> None:
    """Alice has the place, Bob waits."""
    sign_up(alice, cleanup)
    sign_up(bob, cleanup)


def move(leader: Someone, cleanup: Occurrence, hour: int, day: date = FRIDAY) -> None:
    occurrence_id = cleanup.id
    write(
        lambda: move_date(leader.actor, occurrence_id, day, time(hour), time(hour + 1), clock.now()),
    )


def signup_of(someone: Someone) -> Signup:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Signup).where(Signup.person_id == someone.id)).one()


@pytest.mark.parametrize(
    ("hour", "day", "becomes"),
    [
        (15, FRIDAY, Status.WAITING),
        (19, FRIDAY, Status.OFFERED),
        (15, FRIDAY + timedelta(days=1), Status.CONFIRMED),
    ],
)
def test_who_waits_beside_a_free_place_moves_up_when_the_date_is_put_off(
    queue: None,
    alice: Someone,
    bob: Someone,
    leader: Someone,
    cleanup: Occurrence,
    at: SetClock,
    hour: int,
    day: date,
    becomes: Status,
) -> None:
    at(on_friday(14))
    withdraw(alice, cleanup)
    assert signup_of(bob).status is Status.WAITING
    move(leader, cleanup, hour, day)
    assert signup_of(bob).status is becomes
    assert jobs.check(clock.now()) == []


def test_an_offer_ends_two_hours_before_the_new_start(
    queue: None, alice: Someone, bob: Someone, leader: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    at(on_friday(10))
    withdraw(alice, cleanup)
    assert signup_of(bob).offer_until == on_friday(12)
    move(leader, cleanup, 13)
    assert signup_of(bob).offer_until == on_friday(11)
    move(leader, cleanup, 18)
    assert signup_of(bob).offer_until == on_friday(11)


def test_no_offer_is_taken_once_its_date_has_moved_within_two_hours(
    queue: None,
    alice: Someone,
    bob: Someone,
    leader: Someone,
    cleanup: Occurrence,
    at: SetClock,
    browser: Callable[..., Browser],
) -> None:
    at(on_friday(10))
    withdraw(alice, cleanup)
    move(leader, cleanup, 11)
    page = browser(bob).post(f"/occurrences/{cleanup.id}/accept")
    assert page.errors == ["This offer has lapsed. If places are free you can still sign up."]
    write(lambda: jobs.tick(clock.now()))
    browser(bob).post(f"/occurrences/{cleanup.id}/signup")
    assert signup_of(bob).status is Status.CONFIRMED


def test_a_question_ends_two_hours_before_the_new_start(
    alice: Someone, bob: Someone, leader: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    sign_up(alice, cleanup)
    at(on_friday(10))
    occurrence_id = cleanup.id
    write(lambda: stand_ins.ask(alice.actor, occurrence_id, clock.now()))
    move(leader, cleanup, 13)
    assert db.session.scalars(select(StandIn.until)).one() == on_friday(11)
