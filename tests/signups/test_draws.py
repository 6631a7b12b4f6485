"""Places by draw: everybody waits until sign-up closes, then an order anyone can recompute decides."""

import hashlib
import re
import threading
from datetime import time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.make import (
    Someone,
    cancel,
    make_activity,
    make_date,
    make_member,
    move_date,
    reserve,
    shifts_of,
    sign_up,
    told,
    withdraw,
)
from tests.make import signup_of as its
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Open, Page
from volunteer import clock
from volunteer.activities.models import Activity, Occurrence, Shift
from volunteer.activities.recurrence import Repeat
from volunteer.schedule import cancellations
from volunteer.signups import jobs, organiser, rules
from volunteer.signups import service as signups
from volunteer.signups.rules import Guest, Lot
from volunteer.signups.states import AgeBand, Status
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

CLOSES = on(25, 15)
"""Sign-up for the trip closes two days before its start, and the draw is made."""
HEX = re.compile(r"\b[0-9a-f]{64}\b")


@pytest.fixture
def trip(leader: Someone) -> Occurrence:
    """FRIDAY from 15:00 to 16:00, two places by draw."""
    return make_date(
        leader, day=FRIDAY, start=time(15), end=time(16), capacity=2, by_draw=True, deadline_before=48 * 60
    )


@pytest.fixture
def crowd(team: Team, trip: Occurrence) -> list[Someone]:
    """Six people who sign up for the trip one after the other."""
    crowd = [make_member(team, f"Member {n}") for n in range(6)]
    for someone in crowd:
        sign_up(someone, trip)
    return crowd


def draw(at: SetClock, moment: object = CLOSES) -> None:
    at(moment)
    write(lambda: jobs.tick_draws(moment))
    assert jobs.check(moment) == []


def state(people: list[Someone]) -> list[str]:
    return [its(one).status.value for one in people]


def page_of(browser: Open, someone: Someone, date: Occurrence) -> Page:
    return browser(someone).get(f"/occurrences/{date.id}")


def in_order(people: list[Someone], date: Occurrence) -> list[Someone]:
    """As the date's seed says, by nothing but the recipe."""
    (seed,) = [shift.seed for shift in shifts_of(date)]
    numbers = {its(one, date).id: one for one in people}
    return [numbers[n] for n in sorted(numbers, key=lambda n: hashlib.sha256(f"{seed}|{n}".encode()).hexdigest())]


# Before the draw


def test_until_sign_up_closes_everybody_waits_for_the_draw_and_nobody_has_a_number_in_a_queue(
    crowd: list[Someone], trip: Occurrence, browser: Open, alice: Someone
) -> None:
    assert state(crowd) == ["waiting"] * 6
    page = page_of(browser, alice, trip)
    assert page.card(trip.id)["data-state"] == "open" and "By draw: 2 places, 6 signed up" in page.text
    assert page.submit("/signup").news == ["You take part in the draw. The result will stand here and under “Me”."]
    card = page_of(browser, alice, trip).card(trip.id)
    assert (card["data-state"], card.get("data-position"), card["data-taken"]) == ("waiting", None, "0")
    assert "Signed up, waiting for the draw" in page_of(browser, alice, trip).text
    assert jobs.check(clock.now()) == []


def test_who_withdraws_before_the_draw_is_not_in_it(
    crowd: list[Someone], trip: Occurrence, browser: Open, at: SetClock
) -> None:
    page = browser(crowd[0]).get(f"/occurrences/{trip.id}/withdraw")
    assert "queue" not in page.text
    page.submit("/withdraw")
    draw(at)
    assert its(crowd[0]).status is Status.WITHDRAWN
    assert len(shifts_of(trip)[0].drawn or ()) == 5


def test_a_leader_signs_people_up_into_the_draw_and_reserves_places_as_ever(
    crowd: list[Someone], trip: Occurrence, leader: Someone, alice: Someone, browser: Open, at: SetClock
) -> None:
    page = browser(leader).post(f"/occurrences/{trip.id}/list/sign-up", person=alice.id)
    assert page.news[0] == "They take part in the draw."
    assert its(alice).status is Status.WAITING and "You are in the draw" in told(alice)[-1]
    reserve(leader, trip, "Guests")
    assert shifts_of(trip)[0].taken == 1
    draw(at)
    assert sorted(state([*crowd, alice])) == ["confirmed"] + ["waiting"] * 6


def test_no_page_calendar_or_trail_says_the_seed_before_it_is_drawn(
    crowd: list[Someone], trip: Occurrence, leader: Someone, ada: Someone, browser: Open, app: Flask
) -> None:
    (seed,) = [shift.seed for shift in shifts_of(trip)]
    assert seed and len(seed) == 64
    shown = page_of(browser, crowd[0], trip).text
    assert HEX.findall(shown) == [hashlib.sha256(seed.encode()).hexdigest()]
    (feed, *_) = re.findall(r"/cal/[a-z2-7-]+\.ics", browser(crowd[0]).get("/me/settings").response.text)
    for path in (f"/occurrences/{trip.id}/roster", f"/activities/{trip.activity_id}", "/activities", "/today", feed):
        assert seed not in browser(ada).client.get(path).text
    trail = db.session.execute(select(AuditEntry.verb, AuditEntry.object, AuditEntry.changes)).all()
    assert seed not in str(trail) and seed not in str(told(leader))


def test_who_waits_for_the_draw_has_it_in_their_calendar_as_not_sure(
    crowd: list[Someone], trip: Occurrence, browser: Open, at: SetClock
) -> None:
    opened = browser(crowd[0])
    (feed, *_) = re.findall(r"/cal/[a-z2-7-]+\.ics", opened.get("/me/settings").response.text)
    before = opened.client.get(feed).text
    assert "STATUS:TENTATIVE" in before and "[Waiting for the draw]" in before
    draw(at)
    after = opened.client.get(feed).text
    assert "[Waiting for the draw]" not in after and after != before


def test_leaders_are_not_asked_to_find_people_while_places_are_to_be_drawn(
    crowd: list[Someone], trip: Occurrence, leader: Someone, at: SetClock
) -> None:
    write(lambda: db.session.execute(update(Shift).values(minimum=2)))
    write(lambda: db.session.execute(update(Activity).values(deadline_before=60)))
    write(lambda: jobs.tick_understaffed(on(26, 15)))
    assert told(leader) == []


# The draw


def test_the_draw_gives_the_places_in_the_order_anyone_can_recompute_and_all_are_told(
    crowd: list[Someone], trip: Occurrence, browser: Open, at: SetClock
) -> None:
    (seal,) = HEX.findall(page_of(browser, crowd[0], trip).text)
    write(lambda: jobs.tick_draws(CLOSES - timedelta(seconds=1)))
    assert state(crowd) == ["waiting"] * 6
    draw(at)
    page = page_of(browser, crowd[0], trip)
    (seed,) = {found for found in HEX.findall(page.text) if found != seal}
    assert hashlib.sha256(seed.encode()).hexdigest() == seal
    numbers = [int(str(one["data-lot"])) for one in page.soup.select("[data-lot]")]
    assert sorted(numbers) == sorted(its(one).id for one in crowd)
    assert numbers == sorted(numbers, key=lambda n: hashlib.sha256(f"{seed}|{n}".encode()).hexdigest())
    drawn = in_order(crowd, trip)
    assert [its(one).id for one in drawn] == numbers
    assert state(drawn) == ["confirmed"] * 2 + ["waiting"] * 4
    noted = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "draw")).one()
    assert (noted.actor_id, noted.changes) == (None, {"of": 6, "won": numbers[:2], "seed": seed})
    assert [told(one)[-1].partition(" “")[0] for one in drawn[1:3]] == [
        "The draw has given you a place in",
        "The draw has given you no place in",
    ]
    last = page_of(browser, drawn[5], trip)
    assert last.card(trip.id)["data-position"] == "4" and "Number 6 of 6 in the draw" in last.text


def test_a_second_draw_changes_nothing(crowd: list[Someone], trip: Occurrence, at: SetClock) -> None:
    draw(at)
    once = [(its(one).status, its(one).seq, its(one).sequence, told(one)) for one in crowd]
    draw(at, CLOSES + timedelta(minutes=1))
    assert [(its(one).status, its(one).seq, its(one).sequence, told(one)) for one in crowd] == once


def test_two_workers_at_once_draw_once(crowd: list[Someone], trip: Occurrence, app: Flask, at: SetClock) -> None:
    at(CLOSES)
    db.session.rollback()
    together, wrong = threading.Barrier(2), list[Exception]()

    def work() -> None:
        with app.app_context():
            try:
                together.wait(5)
                write(lambda: jobs.tick_draws(CLOSES))
            except Exception as error:  # noqa: BLE001 - it is raised below
                wrong.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and jobs.check(CLOSES) == []
    assert state(in_order(crowd, trip)) == ["confirmed"] * 2 + ["waiting"] * 4
    assert {len(told(one)) for one in crowd} == {1}


def test_whoever_withdraws_after_the_draw_makes_room_for_the_next_drawn(
    crowd: list[Someone], trip: Occurrence, at: SetClock
) -> None:
    draw(at)
    first, second, third, *others = in_order(crowd, trip)
    withdraw(first, trip)
    assert state([first, second, third, *others]) == ["withdrawn", "confirmed", "confirmed"] + ["waiting"] * 3


def test_a_party_is_drawn_as_one_and_whom_it_does_not_fit_is_passed_over(
    people: list[Someone], trip: Occurrence, at: SetClock
) -> None:
    guests, trip_id = [Guest("Bo", AgeBand.ADULT)], trip.id
    for someone in people:
        write(lambda who=someone: signups.sign_up(who.actor, trip_id, None, clock.now(), guests))
    draw(at)
    assert state(in_order(people, trip)) == ["confirmed", "waiting", "waiting"]


PARTIES = {
    "all fit": ([1, 2, 1], 4, [True, True, True]),
    "one too large is passed over": ([2, 3, 1], 3, [True, False, True]),
    "none is left": ([2, 1, 1], 2, [True, False, False]),
    "no place at all": ([1, 1], 0, [False, False]),
    "nobody": ([], 3, []),
}


@pytest.mark.parametrize("case", PARTIES)
def test_places_go_down_the_order_to_every_party_that_fits(case: str) -> None:
    sizes, free, won = PARTIES[case]
    order = sorted(range(1, len(sizes) + 1), key=lambda n: hashlib.sha256(f"salt|{n}".encode()).hexdigest())
    parties = dict(zip(order, sizes, strict=True))
    assert rules.draw("salt", parties, free) == [Lot(n, parties[n], has) for n, has in zip(order, won, strict=True)]


# After the draw


def test_who_comes_after_the_draw_comes_after_the_last(
    crowd: list[Someone], trip: Occurrence, leader: Someone, alice: Someone, at: SetClock
) -> None:
    trip_id = trip.id
    draw(at)
    write(lambda: organiser.sign_up_member(leader.actor, trip_id, None, alice.id, clock.now(), despite_clash=False))
    assert its(alice).status is Status.WAITING
    assert its(alice).seq > max(its(one).seq for one in crowd)


def test_a_request_answered_too_late_comes_after_the_last_drawn(
    crowd: list[Someone], trip: Occurrence, leader: Someone, alice: Someone, bob: Someone, at: SetClock
) -> None:
    trip_id = trip.id
    write(lambda: db.session.execute(update(Shift).values(needs_approval=True)))
    requests = [sign_up(someone, trip).id for someone in (alice, bob)]
    write(lambda: organiser.answer_request(leader.actor, trip_id, requests[0], True, clock.now()))
    assert its(alice).in_draw and "You are in the draw" in told(alice)[-1]
    write(lambda: organiser.answer_request(leader.actor, trip_id, requests[1], True, clock.now()))
    write(lambda: organiser.take_back_answer(leader.actor, trip_id, requests[1], clock.now()))
    assert its(bob).status is Status.REQUESTED
    draw(at)
    assert len(shifts_of(trip)[0].drawn or ()) == 7
    write(lambda: organiser.answer_request(leader.actor, trip_id, requests[1], True, clock.now()))
    assert its(bob).status is Status.WAITING and not its(bob).in_draw
    assert its(bob).seq > max(its(one).seq for one in (*crowd, alice))


def test_a_date_moved_before_the_draw_is_drawn_at_its_new_deadline(
    crowd: list[Someone], trip: Occurrence, leader: Someone, at: SetClock
) -> None:
    trip_id = trip.id
    write(lambda: move_date(leader.actor, trip_id, FRIDAY + clock.DAY, time(15), time(16), clock.now()))
    draw(at)
    assert state(crowd) == ["waiting"] * 6
    draw(at, CLOSES + clock.DAY)
    assert sorted(state(crowd)) == ["confirmed"] * 2 + ["waiting"] * 4


def test_a_date_moved_after_the_draw_stays_drawn_and_who_signs_up_then_comes_last(
    crowd: list[Someone], trip: Occurrence, leader: Someone, alice: Someone, at: SetClock
) -> None:
    trip_id = trip.id
    draw(at)
    drawn = in_order(crowd, trip)
    write(lambda: move_date(leader.actor, trip_id, FRIDAY + 7 * clock.DAY, time(15), time(16), clock.now()))
    sign_up(alice, trip)
    draw(at, CLOSES + 7 * clock.DAY)
    assert state([*drawn, alice]) == ["confirmed"] * 2 + ["waiting"] * 5
    assert its(alice).seq > its(drawn[5]).seq


def test_a_deadline_put_off_puts_the_draw_off_and_cannot_be_taken_away(
    crowd: list[Someone], trip: Occurrence, leader: Someone, browser: Open, at: SetClock
) -> None:
    path = f"/activities/{trip.activity_id}/edit"
    page = browser(leader).get(path).submit("/edit", deadline="", action="preview", status=422)
    assert "Places go by draw when sign-up closes" in page.text
    browser(leader).get(path).submit("/edit", deadline="24", action="preview").submit("/edit", action="save")
    draw(at)
    assert state(crowd) == ["waiting"] * 6
    draw(at, CLOSES + clock.DAY)
    assert sorted(state(crowd)) == ["confirmed"] * 2 + ["waiting"] * 4


def test_a_cancelled_date_is_drawn_only_once_it_takes_place_after_all(
    crowd: list[Someone], trip: Occurrence, leader: Someone, at: SetClock
) -> None:
    trip_id = trip.id
    (seed,) = [shift.seed for shift in shifts_of(trip)]
    cancel(leader, trip)
    draw(at)
    assert state(crowd) == ["waiting"] * 6
    write(lambda: cancellations.restore_date(leader.actor, trip_id, clock.now()))
    draw(at)
    assert sorted(state(crowd)) == ["confirmed"] * 2 + ["waiting"] * 4
    assert [shift.seed for shift in shifts_of(trip)] == [seed]


def test_an_order_that_is_not_the_one_of_the_seed_is_found(
    crowd: list[Someone], trip: Occurrence, at: SetClock
) -> None:
    draw(at)
    (shift,) = shifts_of(trip)
    (first, second, *others), shift_id = shift.drawn or [], shift.id
    other = update(Shift).values(drawn=[[second[0], 1, True], [first[0], 1, True], *others])
    write(lambda: db.session.execute(other))
    assert jobs.check(CLOSES) == [f"shift {shift_id}: its draw is not the one of its seed"]


# The form


def test_a_leader_chooses_the_draw_and_says_when_sign_up_closes(leader: Someone, browser: Open) -> None:
    fields = {"title": "Bus", "kind": "friday_cleanup", "place": "Gate", "date": "2026-12-04", "capacity": 5}
    fields |= {"start": "09:00", "end": "10:30", "action": "publish", "places_by": "draw"}
    page = browser(leader).post("/activities/new", status=422, **fields)
    assert "Places go by draw when sign-up closes" in page.text
    page = browser(leader).post("/activities/new", **fields, deadline="24")
    assert "By draw when sign-up closes" in page.text
    assert db.session.scalars(select(Activity.by_draw)).one()
    assert all(shift.seed for shift in db.session.scalars(select(Shift)))


def test_every_date_of_a_series_has_a_draw_of_its_own(leader: Someone, alice: Someone, browser: Open) -> None:
    weekly = {"repeat": Repeat.WEEKLY, "day": FRIDAY, "until": FRIDAY + 7 * clock.DAY}
    activity = make_activity(leader, **weekly, by_draw=True, deadline_before=60, public=True)
    first, second = db.session.scalars(select(Occurrence).where(Occurrence.activity_id == activity.id))
    assert shifts_of(first)[0].seed != shifts_of(second)[0].seed
    assert "Places by draw" in browser().get(f"/p/{first.public_id}").text
    page = browser(alice).post(f"/occurrences/{first.id}/signup", following=3)
    assert page.news == ["You take part in 2 draws."]
