"""Two deeds about one place at once: each decides on what the other has done.

One waits for the ticket the other has drawn, having read before all the other's deed was done: the worst of races.
"""

import os
import threading
import time as clocks
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import text

from tests.make import Someone, make_date, make_member, shifts_of, sign_up, signup_of, withdraw
from tests.moments import FRIDAY, SetClock, on
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.checkin import service as checkin
from volunteer.errors import Refused
from volunteer.ledger import verdicts
from volunteer.ledger.states import EntryKind
from volunteer.schedule import cancellations
from volunteer.signups import jobs, organiser, stand_ins, tickets
from volunteer.signups import service as signups
from volunteer.signups.states import Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

pytestmark = [
    pytest.mark.begins(on(27, 8)),
    pytest.mark.skipif(
        os.environ.get("VOLUNTEER_TEST_DATABASE", "sqlite") == "sqlite",
        reason="SQLite lets one write in at a time, so nobody reads before another writes",
    ),
]


@pytest.fixture
def alice(alice: Someone, cleanup: Occurrence) -> Someone:
    """She has the place."""
    sign_up(alice, cleanup)
    return alice


@pytest.fixture
def bob(bob: Someone, alice: Someone, cleanup: Occurrence) -> Someone:
    """He is offered Alice's place until ten."""
    sign_up(bob, cleanup)
    withdraw(alice, cleanup)
    assert signup_of(bob).status is Status.OFFERED
    return bob


@contextmanager
def while_another_holds_the_ticket(
    app: Flask, other: Callable[[], object], then: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """What the body does reads before `other` is committed, and gets its ticket afterwards.

    then: what the other goes on to do while the body waits.
    """
    held = threading.Event()
    wrong: list[Exception] = []

    def do_other() -> None:
        with app.app_context():
            try:
                write(lambda: [other(), held.set(), _until_somebody_waits(), then()])
            except Exception as error:  # noqa: BLE001 - it is raised below
                wrong.append(error)

    thread = threading.Thread(target=do_other)
    thread.start()
    held.wait(5)
    try:
        yield
    finally:
        thread.join()
    assert wrong == []


def _until_somebody_waits() -> None:
    deadline = clocks.monotonic() + 5
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while not db.session.scalar(text(waiting)):
        assert clocks.monotonic() < deadline, "nobody draws the ticket"
        db.session.execute(text("SELECT pg_stat_clear_snapshot()"))  # or a transaction sees what it saw first


def test_an_offer_that_lapses_while_it_is_taken_is_not_taken(app: Flask, bob: Someone, cleanup: Occurrence) -> None:
    occurrence_id, just_in_time = cleanup.id, on(27, 10) - timedelta(seconds=1)
    with (
        pytest.raises(Refused, match="This offer has lapsed"),
        while_another_holds_the_ticket(app, lambda: jobs.tick(on(27, 10))),
    ):
        write(lambda: signups.accept_offer(bob.actor, occurrence_id, just_in_time))
    assert signup_of(bob).status is Status.LAPSED


def test_who_walks_in_while_their_offer_lapses_gives_one_place_back(
    app: Flask, bob: Someone, leader: Someone, cleanup: Occurrence
) -> None:
    occurrence_id = cleanup.id
    with while_another_holds_the_ticket(app, lambda: jobs.tick(on(27, 15))):
        write(lambda: organiser.add_walk_in(leader.actor, occurrence_id, bob.id, None, on(27, 15)))
    assert signup_of(bob).status is Status.CONFIRMED
    assert jobs.check(on(27, 15)) == []


def test_nobody_is_asked_to_stand_in_for_who_has_just_been_taken_off(
    app: Flask, alice: Someone, leader: Someone, cleanup: Occurrence
) -> None:
    occurrence_id, signup_id = cleanup.id, signup_of(alice).id
    with (
        pytest.raises(Refused, match="You hold no place on this date any more"),
        while_another_holds_the_ticket(
            app, lambda: organiser.take_off(leader.actor, occurrence_id, signup_id, on(27, 8))
        ),
    ):
        write(lambda: stand_ins.ask(alice.actor, occurrence_id, on(27, 8)))


def test_a_date_cancelled_meanwhile_does_not_stop_the_worker(
    app: Flask, bob: Someone, leader: Someone, cleanup: Occurrence
) -> None:
    occurrence_id = cleanup.id
    cancel = lambda: cancellations.cancel_date(leader.actor, occurrence_id, "storm", on(27, 9))  # noqa: E731
    with while_another_holds_the_ticket(app, cancel):
        assert write(lambda: jobs.tick(on(27, 10))) == 0
    assert signup_of(bob).status is Status.OFFERED


def test_no_question_lapses_on_a_date_cancelled_meanwhile(
    app: Flask, alice: Someone, leader: Someone, cleanup: Occurrence
) -> None:
    occurrence_id = cleanup.id
    write(lambda: stand_ins.ask(alice.actor, occurrence_id, on(27, 8)))
    cancel = lambda: cancellations.cancel_date(leader.actor, occurrence_id, "storm", on(27, 9))  # noqa: E731
    with while_another_holds_the_ticket(app, cancel):
        write(lambda: stand_ins.tick(on(27, 10)))
    assert stand_ins.find_open(signup_of(alice).id)


def test_the_worker_holds_no_ticket_of_an_offer_while_it_waits_for_one_of_a_question(
    app: Flask, team: Team, leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    """Tickets are drawn in order within a transaction, or the worker and who wants both wait for each other."""
    occurrence_id = cleanup.id
    write(lambda: stand_ins.ask(alice.actor, occurrence_id, on(27, 8)))
    later = make_date(leader, day=FRIDAY, start=time(17), end=time(18), capacity=1)
    carol, dora = make_member(team, "Carol"), make_member(team, "Dora")
    sign_up(carol, later)
    sign_up(dora, later)
    withdraw(carol, later)
    (first,), (second,) = ([shift.id for shift in shifts_of(date)] for date in (cleanup, later))
    at(on(27, 10))

    def go_on_to_the_second() -> None:
        db.session.execute(text("SET LOCAL lock_timeout = '500ms'"))
        tickets.draw_ticket(second)

    with while_another_holds_the_ticket(app, lambda: tickets.draw_ticket(first), go_on_to_the_second):
        assert app.test_cli_runner().invoke(args=["tick"]).exit_code == 0
    assert signup_of(dora).status is Status.LAPSED


def test_who_signs_up_again_while_a_leader_walks_them_in_does_not_wait_for_the_leader_who_waits_for_them(
    app: Flask, alice: Someone, leader: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    at(on(27, 14) + timedelta(minutes=40))
    withdraw(alice, cleanup)
    occurrence_id, signup_id = cleanup.id, signup_of(alice).id
    write(partial(verdicts.judge, leader.actor, occurrence_id, signup_id, EntryKind.NO_SHOW, clock.now()))

    def sign_up_again() -> None:
        db.session.execute(text("SET LOCAL lock_timeout = '500ms'"))
        signups.sign_up(alice.actor, occurrence_id, None, clock.now())

    with while_another_holds_the_ticket(app, lambda: tickets.lock_person(alice.id), sign_up_again):
        write(lambda: checkin.walk_in(leader.actor, occurrence_id, alice.id, None, clock.now()))
    assert signup_of(alice).status is Status.CONFIRMED


def test_who_is_ticked_while_she_gives_her_place_up_has_it(
    app: Flask, alice: Someone, leader: Someone, cleanup: Occurrence
) -> None:
    occurrence_id, signup_id, now = cleanup.id, signup_of(alice).id, on(27, 14, 40)
    tick = partial(checkin.mark, leader.actor, occurrence_id, signup_id, EntryKind.CHECK_IN, now)
    with pytest.raises(Refused, match="You are checked in already"), while_another_holds_the_ticket(app, tick):
        write(lambda: signups.withdraw(alice.actor, occurrence_id, now))
    assert (signup_of(alice).status, signup_of(alice).checked_in) == (Status.CONFIRMED, True)


def test_who_gives_her_place_up_while_she_is_ticked_is_not_there(
    app: Flask, alice: Someone, leader: Someone, cleanup: Occurrence
) -> None:
    occurrence_id, signup_id, now = cleanup.id, signup_of(alice).id, on(27, 14, 40)
    leave = partial(signups.withdraw, alice.actor, occurrence_id, now)
    with (
        pytest.raises(Refused, match="holds no place on this date any more"),
        while_another_holds_the_ticket(app, leave),
    ):
        write(lambda: checkin.mark(leader.actor, occurrence_id, signup_id, EntryKind.CHECK_IN, now))
    assert (signup_of(alice).status, signup_of(alice).checked_in) == (Status.ON_LEAVE, False)


@pytest.mark.parametrize("other", ["sign-up", "draw"])
def test_what_waits_while_places_are_drawn_finds_them_drawn(
    app: Flask, team: Team, leader: Someone, other: str
) -> None:
    date = make_date(leader, day=FRIDAY, start=time(17), end=time(18), capacity=1, by_draw=True, deadline_before=120)
    carol, dora, date_id = make_member(team, "Carol"), make_member(team, "Dora"), date.id
    sign_up(carol, date)
    draw, just_in_time = lambda: jobs.tick_draws(on(27, 15)), on(27, 15) - timedelta(seconds=1)
    late = {"sign-up": lambda: signups.sign_up(dora.actor, date_id, None, just_in_time), "draw": draw}
    with while_another_holds_the_ticket(app, draw):
        write(late[other])
    assert signup_of(carol).status is Status.CONFIRMED
    if other == "sign-up":
        assert signup_of(dora).status is Status.WAITING and not signup_of(dora).in_draw
    assert jobs.check(on(27, 15)) == []
