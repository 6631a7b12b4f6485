"""Dates that move nearer or further away than two hours, with people who wait and places on offer."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from tests.make import Someone, move_date, sign_up, signup_of, withdraw
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.signups import jobs, stand_ins
from volunteer.signups.models import StandIn
from volunteer.signups.states import Status
from volunteer.storage.database import db, write


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
    at(on(27, 14))
    withdraw(alice, cleanup)
    assert signup_of(bob).status is Status.WAITING
    move(leader, cleanup, hour, day)
    assert signup_of(bob).status is becomes
    assert jobs.check(clock.now()) == []


def test_an_offer_ends_two_hours_before_the_new_start(
    queue: None, alice: Someone, bob: Someone, leader: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    at(on(27, 10))
    withdraw(alice, cleanup)
    assert signup_of(bob).offer_until == on(27, 12)
    move(leader, cleanup, 13)
    assert signup_of(bob).offer_until == on(27, 11)
    move(leader, cleanup, 18)
    assert signup_of(bob).offer_until == on(27, 11)


def test_no_offer_is_taken_once_its_date_has_moved_within_two_hours(
    queue: None,
    alice: Someone,
    bob: Someone,
    leader: Someone,
    cleanup: Occurrence,
    at: SetClock,
    browser: Open,
) -> None:
    at(on(27, 10))
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
    at(on(27, 10))
    occurrence_id = cleanup.id
    write(lambda: stand_ins.ask(alice.actor, occurrence_id, clock.now()))
    move(leader, cleanup, 13)
    assert db.session.scalars(select(StandIn.until)).one() == on(27, 11)
