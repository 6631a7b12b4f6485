"""Within two hours of the start a free place is told to all who wait, and is whose comes first."""

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select

from tests.make import Someone, make_date, make_member, shifts_of, sign_up, status, take_off, tick, told, withdraw
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.notices.models import Notice
from volunteer.signups import jobs, organiser, rules
from volunteer.signups import service as signups
from volunteer.signups.rules import Guest
from volunteer.signups.states import AgeBand, Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

WHAT = "“Friday cleanup”, Fri 27 Nov 15:00"


FREE = f"There is a free place in {WHAT}. Whoever taps first has it."


def test_within_two_hours_all_who_wait_are_told_and_the_first_to_tap_has_the_place(
    queue: list[Someone], cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    alice, bob, charlie = queue
    at(on(27, 13, 30))
    withdraw(alice, cleanup)
    assert (told(alice), told(bob), told(charlie)) == ([], [FREE], [FREE])
    assert set(db.session.scalars(select(Notice.expires_at).where(Notice.event == "free_place"))) == {on(27, 15)}
    page = browser(charlie).get("/me/notices")
    (link,) = page.soup.select(".told a")
    page = browser(charlie).get(link["href"])
    card = page.card(cleanup.id)
    assert (card["data-state"], card["data-position"]) == ("waiting", "2")
    assert "A place is free now" in page.text
    page = page.submit("/signup")
    assert page.news == ["You are signed up. See you there!"]
    assert (status(bob), status(charlie)) == (Status.WAITING, Status.CONFIRMED)
    page = browser(bob).get(f"/occurrences/{cleanup.id}")
    assert page.card(cleanup.id)["data-position"] == "1"
    assert "Take the free place" not in page.text
    assert jobs.check(clock.now()) == []


@pytest.mark.parametrize("path", ["/", "/me", "/occurrences/{id}"])
def test_the_free_place_can_be_taken_wherever_the_date_stands(
    queue: list[Someone], cleanup: Occurrence, browser: Open, at: SetClock, path: str
) -> None:
    alice, bob, charlie = queue
    path = path.format(id=cleanup.id)
    at(on(27, 13, 30))
    assert "Take the free place" not in browser(bob).get(path).text
    withdraw(alice, cleanup)
    page = browser(bob).get(path)
    assert page.card(cleanup.id)["data-state"] == "waiting"
    late = browser(charlie).get(path)
    page = page.submit("/signup")
    assert page.card(cleanup.id)["data-state"] == "confirmed"
    late = late.submit("/signup")
    assert late.news == ["It is full. You are number 1 in the queue, and are told when a place is free."]


def test_who_waits_for_one_of_two_shifts_takes_the_place_there(
    leader: Someone, people: list[Someone], browser: Open, at: SetClock
) -> None:
    alice, bob, _ = people
    both = [PlannedShift(name, time(15), time(16), 1) for name in ("Street", "Square")]
    occurrence = make_date(leader, day=FRIDAY, start=time(15), end=time(16), shifts=both)
    _, square = shifts_of(occurrence)
    sign_up(alice, occurrence, square)
    sign_up(bob, occurrence, square)
    at(on(27, 14))
    withdraw(alice, occurrence)
    for path in ("/", f"/occurrences/{occurrence.id}"):
        form = browser(bob).get(path).soup.select_one(f'main form:has([value="{square.id}"])')
        assert form and "Take the free place" in form.get_text()
    browser(bob).get("/").submit("/signup")
    assert [shift.taken for shift in shifts_of(occurrence)] == [0, 1]


def test_a_party_of_three_is_not_told_of_one_free_place(
    leader: Someone, people: list[Someone], browser: Open, at: SetClock
) -> None:
    occurrence = make_date(leader, day=FRIDAY, start=time(15), end=time(16), capacity=3)
    alice, bob, charlie = people
    guests = [Guest("Kim", AgeBand.ADULT), Guest("Jo", AgeBand.ADULT)]
    write(lambda: signups.sign_up(alice.actor, occurrence.id, None, clock.now(), guests[:1]))
    dora = make_member(db.session.get_one(Team, alice.actor.team_id), "Dora")
    sign_up(dora, occurrence)
    write(lambda: signups.sign_up(bob.actor, occurrence.id, None, clock.now(), guests))
    sign_up(charlie, occurrence)
    at(on(27, 14))
    withdraw(dora, occurrence)
    assert (told(bob), told(charlie)) == ([], [FREE])
    assert "Take the free place" not in browser(bob).get(f"/occurrences/{occurrence.id}").text
    at(on(27, 14, 1))
    withdraw(alice, occurrence)
    assert (told(bob), told(charlie)) == ([FREE], [FREE, FREE])
    assert "Take the free place" in browser(bob).get(f"/occurrences/{occurrence.id}").text


def test_who_leaves_the_queue_frees_no_place_and_nobody_is_told_again(
    queue: list[Someone], cleanup: Occurrence, at: SetClock
) -> None:
    alice, bob, charlie = queue
    at(on(27, 14))
    withdraw(alice, cleanup)
    at(on(27, 14, 10))
    withdraw(bob, cleanup)
    assert told(charlie) == [FREE]


def test_each_further_place_is_told_of(queue: list[Someone], cleanup: Occurrence, browser: Open, at: SetClock) -> None:
    alice, bob, charlie = queue
    at(on(27, 14))
    withdraw(alice, cleanup)
    at(on(27, 14, 5))
    sign_up(charlie, cleanup)
    at(on(27, 14, 10))
    withdraw(charlie, cleanup)
    assert told(bob) == [FREE, FREE]


@pytest.mark.parametrize("how", ["take off", "more places", "offer lapses", "fewer places"])
def test_it_makes_no_difference_how_a_place_became_free(
    leader: Someone, queue: list[Someone], cleanup: Occurrence, at: SetClock, how: str
) -> None:
    alice, bob, charlie = queue
    if how == "offer lapses":
        at(on(27, 12))
        withdraw(alice, cleanup)
        tick(at, on(27, 13))
        assert status(bob) is Status.LAPSED
        assert told(charlie) == [FREE]
        return
    at(on(27, 13))
    if how == "take off":
        take_off(leader, alice, cleanup)
    else:
        for capacity in (3,) if how == "more places" else (3, 3, 2):
            write(lambda n=capacity: organiser.resize(leader.actor, cleanup.id, None, n, clock.now()))
            at(clock.now() + timedelta(minutes=1))
    assert told(bob) == told(charlie) == [FREE]


def test_once_it_has_begun_nobody_is_told_of_places(queue: list[Someone], cleanup: Occurrence, at: SetClock) -> None:
    at(on(27, 12))
    withdraw(queue[0], cleanup)
    tick(at, on(27, 15))
    assert status(queue[1]) is Status.LAPSED
    assert told(queue[2]) == []


def test_twenty_offers_that_lapse_at_once_are_one_piece_of_news_for_who_waits(
    team: Team, leader: Someone, at: SetClock
) -> None:
    occurrence = make_date(leader, day=FRIDAY, start=time(15), end=time(16), capacity=20)
    people = [make_member(team, f"Volunteer {n}") for n in range(41)]
    for someone in people:
        sign_up(someone, occurrence)
    at(on(27, 12))
    for someone in people[:20]:
        withdraw(someone, occurrence)
    assert all(len(told(someone)) == 1 for someone in people[20:40])
    tick(at, on(27, 13))
    assert all(len(told(someone)) == 2 for someone in people[20:40])
    assert told(people[40]) == [FREE]


STARTS = on(27, 15)


@pytest.mark.parametrize(
    ("now", "becomes", "first_come"),
    [
        (on(26, 15), Status.CONFIRMED, False),
        (on(26, 15, 1), Status.OFFERED, False),
        (on(27, 12, 59), Status.OFFERED, False),
        (on(27, 13), None, True),
        (on(27, 14, 59), None, True),
        (on(27, 15), None, False),
    ],
)
def test_a_free_place_is_given_then_offered_then_whose_comes_first(
    now: datetime, becomes: Status | None, first_come: bool
) -> None:
    assert rules.promotion(STARTS, now) is becomes
    assert rules.is_first_come(STARTS, now) is first_come


@pytest.mark.parametrize(
    ("mine", "places", "free", "now", "may"),
    [
        (Status.WAITING, 1, 1, on(27, 13), True),
        (Status.WAITING, 3, 3, on(27, 14), True),
        (Status.WAITING, 3, 2, on(27, 14), False),
        (Status.WAITING, 1, 0, on(27, 14), False),
        (Status.WAITING, 1, 1, on(27, 12, 59), False),
        (Status.WAITING, 1, 1, on(27, 15), False),
        (Status.CONFIRMED, 1, 1, on(27, 14), False),
        (Status.REQUESTED, 1, 1, on(27, 14), False),
        (None, 0, 1, on(27, 14), False),
    ],
)
def test_who_may_take_a_free_place(mine: Status | None, places: int, free: int, now: datetime, may: bool) -> None:
    assert rules.may_take(mine, places, free, STARTS, now) is may
