"""Everybody at once, over HTTP, against the real server."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from tests.make import Someone, make_date, make_leader, make_member, make_team, sign_up
from tests.server import Phone, cookie_of, serving
from volunteer import clock
from volunteer.notices import service as notices
from volunteer.signups import jobs, places
from volunteer.signups.models import Signup
from volunteer.signups.states import Status
from volunteer.storage.database import db

PEOPLE, PLACES, LEAVING = 120, 20, 10


def _signups(status: Status) -> list[Signup]:
    db.session.rollback()
    return list(db.session.scalars(select(Signup).where(Signup.status == status).order_by(Signup.seq)))


def press_together(phones: list[Phone], path: str, **fields: str) -> list[int]:
    """Everyone has the page open; all press the button at the same moment."""
    barrier = threading.Barrier(len(phones))

    def press(phone: Phone) -> int:
        barrier.wait()
        return phone.post(path, **fields)

    with ThreadPoolExecutor(len(phones)) as pool:
        return list(pool.map(press, phones))


def test_120_people_race_for_20_places_and_ten_who_leave_are_followed_in_order(app: Flask) -> None:
    team = make_team()
    occurrence = make_date(make_leader(team), capacity=PLACES)
    people = [make_member(team, f"Volunteer {n}") for n in range(PEOPLE)]
    cookies = [cookie_of(app, someone) for someone in people]
    path = f"/occurrences/{occurrence.id}"
    with serving(app) as port:
        phones = [Phone(port, cookie) for cookie in cookies]
        assert {phone.get(path)[0] for phone in phones} == {200}
        assert set(press_together(phones, f"{path}/signup")) == {303}

        assert len(_signups(Status.CONFIRMED)) == PLACES
        queue = _signups(Status.WAITING)
        assert [places.position_of(waiting) for waiting in queue] == list(range(1, PEOPLE - PLACES + 1))
        assert jobs.check(clock.now()) == []

        first_in_queue = [waiting.person_id for waiting in queue[:LEAVING]]
        leaving = _leaving(people, {signup.person_id for signup in _signups(Status.CONFIRMED)})
        assert set(press_together([phones[n] for n in leaving], f"{path}/withdraw")) == {303}

    confirmed = {signup.person_id for signup in _signups(Status.CONFIRMED)}
    assert len(confirmed) == PLACES
    assert set(first_in_queue) <= confirmed
    assert [places.position_of(waiting) for waiting in _signups(Status.WAITING)] == list(range(1, 91))
    assert jobs.check(clock.now()) == []


def _leaving(people: list[Someone], confirmed: set[int]) -> list[int]:
    return random.sample([n for n, someone in enumerate(people) if someone.id in confirmed], LEAVING)


def test_one_impatient_person_tapping_twenty_times_at_once_has_one_place(app: Flask) -> None:
    team = make_team()
    occurrence = make_date(make_leader(team), capacity=PLACES)
    alice = make_member(team)
    cookie = cookie_of(app, alice)
    path = f"/occurrences/{occurrence.id}"
    with serving(app) as port:
        phones = [Phone(port, cookie) for _ in range(20)]
        for phone in phones:
            phone.get(path)
        assert set(press_together(phones, f"{path}/signup")) == {303}
    assert [signup.person_id for signup in _signups(Status.CONFIRMED)] == [alice.id]
    assert jobs.check(clock.now()) == []


def test_ten_people_leave_at_once_shortly_before_the_start_and_everybody_who_waits_is_told(app: Flask) -> None:
    team = make_team()
    soon = clock.local(clock.now() + timedelta(hours=1), team.zone).replace(second=0, microsecond=0)
    begins, ends = soon.time(), (soon + timedelta(hours=1)).time()
    occurrence = make_date(make_leader(team), day=soon.date(), start=begins, end=ends, capacity=LEAVING)
    people = [make_member(team, f"Volunteer {n}") for n in range(2 * LEAVING)]
    for someone in people:
        sign_up(someone, occurrence)
    path = f"/occurrences/{occurrence.id}"
    with serving(app) as port:
        phones = [Phone(port, cookie_of(app, someone)) for someone in people]
        for phone in phones:
            phone.get(f"{path}/withdraw")
        assert set(press_together(phones[:LEAVING], f"{path}/withdraw")) == {303}
        assert {len(notices.list_for(someone.actor, clock.now())) for someone in people[LEAVING:]} == {LEAVING}
        assert set(press_together(phones[LEAVING:], f"{path}/signup")) == {303}
    assert {signup.person_id for signup in _signups(Status.CONFIRMED)} == {someone.id for someone in people[LEAVING:]}
    assert jobs.check(clock.now()) == []
