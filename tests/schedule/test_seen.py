"""What is new about a date is known by who says so, or does something about the date."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest

from tests.bench.inside import counted_statements
from tests.make import Someone, make_date, make_member, make_team, move_date, sign_up, told, withdraw
from tests.moments import SetClock, on
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.schedule import cancellations, news
from volunteer.signups import organiser, stand_ins
from volunteer.signups import service as signups
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

FRIDAY, SATURDAY = date(2026, 11, 27), date(2026, 11, 28)


@pytest.fixture
def cleanup(leader: Someone) -> Occurrence:
    """Friday the 27th from nine to half past ten, two places."""
    return make_date(leader, day=FRIDAY, capacity=2)


def move(leader: Someone, occurrence: Occurrence, day: date = SATURDAY, hour: int = 9) -> None:
    occurrence_id = occurrence.id
    write(lambda: move_date(leader.actor, occurrence_id, day, time(hour), time(hour + 1, 30), clock.now()))


def unseen(occurrence: Occurrence) -> set[int]:
    db.session.rollback()
    return {person_id for _, person_id in db.session.execute(news.select_unseen([occurrence.id]))}


def test_nobody_has_missed_anything_before_something_changes(alice: Someone, cleanup: Occurrence) -> None:
    sign_up(alice, cleanup)
    assert unseen(cleanup) == set()


def test_who_is_on_a_moved_date_has_not_seen_it_until_they_say_so(
    team: Team, leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    bob, carol = make_member(team, "Bob"), make_member(team, "Carol")
    for someone in (alice, bob, carol, leader):
        sign_up(someone, cleanup)
    at(on(24, 9))
    move(leader, cleanup)
    assert unseen(cleanup) == {alice.id, bob.id, carol.id}  # the leader made the change
    phone = browser(alice)
    phone.get(f"/occurrences/{cleanup.id}")
    assert alice.id in unseen(cleanup)  # looking says nothing
    for _ in range(2):
        phone.post(f"/occurrences/{cleanup.id}/seen")
    assert unseen(cleanup) == {bob.id, carol.id}
    at(on(24, 10))
    move(leader, cleanup, SATURDAY, 14)
    assert unseen(cleanup) == {alice.id, bob.id, carol.id}
    write(lambda: cancellations.cancel_date(leader.actor, cleanup.id, "Storm", clock.now()))
    assert unseen(cleanup) == {alice.id, bob.id, carol.id}


def answers_an_offer(at: SetClock, bob: Someone, alice: Someone, cleanup: Occurrence) -> None:
    write(lambda: signups.accept_offer(alice.actor, cleanup.id, clock.now()))


def withdraws(at: SetClock, bob: Someone, alice: Someone, cleanup: Occurrence) -> None:
    withdraw(alice, cleanup)


def comes_again(at: SetClock, bob: Someone, alice: Someone, cleanup: Occurrence) -> None:
    withdraw(alice, cleanup)
    sign_up(alice, cleanup)


def asks_for_a_stand_in(at: SetClock, bob: Someone, alice: Someone, cleanup: Occurrence) -> None:
    write(lambda: stand_ins.ask(alice.actor, cleanup.id, clock.now()))


@pytest.mark.parametrize("deed", [withdraws, comes_again, asks_for_a_stand_in])
def test_any_deed_of_hers_on_the_date_says_that_she_knows(
    leader: Someone,
    alice: Someone,
    cleanup: Occurrence,
    at: SetClock,
    team: Team,
    deed: Callable[[SetClock, Someone, Someone, Occurrence], None],
) -> None:
    bob = make_member(team, "Bob")
    sign_up(alice, cleanup)
    at(on(24, 9))
    move(leader, cleanup)
    at(on(24, 10))
    deed(at, bob, alice, cleanup)
    assert unseen(cleanup) == set()


def test_who_takes_an_offer_after_a_change_knows_of_it_and_who_moves_up_does_not(
    team: Team, leader: Someone, alice: Someone, at: SetClock
) -> None:
    one = make_date(leader, day=FRIDAY, capacity=1)
    bob = make_member(team, "Bob")
    for someone in (bob, alice):
        sign_up(someone, one)
    at(on(24, 8))
    move(leader, one)
    at(on(24, 9))
    withdraw(bob, one)
    assert unseen(one) == {alice.id}
    sign_up(bob, one)
    assert unseen(one) == {alice.id}  # he comes to what it is now
    at(on(28, 1))
    withdraw(alice, one)
    at(on(28, 2))
    move(leader, one, SATURDAY, 10)
    assert unseen(one) == {bob.id}
    at(on(28, 3))
    answers_an_offer(at, alice, bob, one)
    assert unseen(one) == set()


def test_who_is_signed_up_after_a_change_is_told_of_it_as_it_is(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    move(leader, cleanup)
    at(on(24, 9))
    write(lambda: organiser.sign_up_member(leader.actor, cleanup.id, None, alice.id, clock.now(), despite_clash=False))
    assert unseen(cleanup) == set()


def test_who_is_not_on_a_date_has_nothing_to_confirm(alice: Someone, cleanup: Occurrence, browser: Open) -> None:
    page = browser(alice).post(f"/occurrences/{cleanup.id}/seen")
    assert "You are not on the list of this date" in page.text
    outsider = make_member(make_team(), "Outsider")
    browser(outsider).post(f"/occurrences/{cleanup.id}/seen", status=404)
    sign_up(alice, cleanup)
    withdraw(alice, cleanup)
    assert "You are not on the list" in browser(alice).post(f"/occurrences/{cleanup.id}/seen").text


def test_moves_within_ten_minutes_are_one_and_remember_what_was_before_the_first(
    leader: Someone, cleanup: Occurrence, at: SetClock
) -> None:
    def was() -> tuple[object, object]:
        db.session.rollback()
        db.session.expire_all()
        now = db.session.get_one(Occurrence, cleanup.id)
        return now.was_starts_at, now.was_ends_at

    for minute, hour in enumerate((10, 11, 12)):
        at(on(24, 9, minute))
        move(leader, cleanup, FRIDAY, hour)
    assert was() == (on(27, 9), on(27, 10, 30))
    move(leader, cleanup, FRIDAY, 9)
    assert was() == (None, None)
    move(leader, cleanup, FRIDAY, 13)
    assert was() == (on(27, 9), on(27, 10, 30))
    move(leader, cleanup, FRIDAY, 9)
    at(on(24, 11))
    move(leader, cleanup, FRIDAY, 14)
    assert was() == (on(27, 9), on(27, 10, 30))
    write(lambda: cancellations.cancel_date(leader.actor, cleanup.id, "Storm", clock.now() + timedelta(hours=1)))
    assert was() == (None, None)


def test_what_changed_stands_on_card_and_page_struck_out_until_she_says_that_she_knows(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    sign_up(alice, cleanup)
    at(on(24, 9))
    move(leader, cleanup, FRIDAY, 10)
    phone, address = browser(alice), f"/occurrences/{cleanup.id}"
    for path in ("/", "/me", address):
        page = phone.get(path)
        card = page.card(cleanup.id)
        assert "Changed" in card.get_text() and card["data-state"] == "confirmed"
        assert [one.get_text() for one in card.select("del")] == ["9:00–10:30"]
        assert card.select(f'a[href="{address}/withdraw"]') and card.select(f'form[action="{address}/seen"]')
    assert "Now from 10:00 on" in page.text
    assert "Changed by Lea, Today, Tue 9:00." in page.text
    assert "Changed" not in browser(leader).get(address).card(cleanup.id).get_text()
    page = page.submit("/seen")
    assert page.path == address
    assert not page.soup.select("del")
    assert "Add to calendar" in page.text
    assert not phone.get("/me").soup.select(".badge")


def test_who_knows_that_it_is_cancelled_says_so_and_who_has_no_place_is_not_asked(
    team: Team, leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    sign_up(alice, cleanup)
    at(on(24, 9))
    write(lambda: cancellations.cancel_date(leader.actor, cleanup.id, "Storm", clock.now()))
    page = browser(alice).get(f"/occurrences/{cleanup.id}")
    assert page.card(cleanup.id)["data-state"] == "cancelled"
    assert "Be there by" not in page.text and [one.get_text() for one in page.soup.select("dd del")] == ["9:00–10:30"]
    page.submit("/seen")
    assert unseen(cleanup) == set()
    bob = make_member(team, "Bob")
    assert not browser(bob).get(f"/occurrences/{cleanup.id}").soup.select('form[action$="/seen"]')


def test_what_changed_costs_the_page_of_a_week_no_further_question(
    leader: Someone, alice: Someone, cleanup: Occurrence, at: SetClock, browser: Open
) -> None:
    sign_up(alice, cleanup)
    phone = browser(alice)
    at(on(24, 9))
    with counted_statements() as before:
        phone.get("/")
    move(leader, cleanup, FRIDAY, 10)
    with counted_statements() as after:
        phone.get("/")
    assert len(after) == len(before)


def test_cancelling_a_date_with_a_hundred_people_tells_each_of_them_in_twelve_statements(
    team: Team, leader: Someone
) -> None:
    large = make_date(leader, day=FRIDAY, capacity=100)
    people = [make_member(team, f"Volunteer {n}") for n in range(100)]
    for someone in people:
        sign_up(someone, large)
    occurrence_id = large.id
    with counted_statements() as statements:
        write(lambda: cancellations.cancel_date(leader.actor, occurrence_id, "Storm", clock.now()))
    assert len(statements) <= 12, statements
    assert {len(told(someone)) for someone in people} == {1}
