"""Places that change hands, and what their first holders do afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.make import Someone, make_date, make_member, only_these, shifts_of, sign_up, withdraw
from tests.moments import FRIDAY, SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.signups import jobs, stand_ins
from volunteer.signups.models import Signup, StandIn
from volunteer.signups.states import Asked, Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

NOTHING_LEFT = ["There is nothing to undo any more."]


@pytest.fixture
def cleanup(leader: Someone) -> Occurrence:
    return make_date(leader, day=FRIDAY, capacity=5)


@pytest.fixture
def bob(bob: Someone, team: Team, leader: Someone, alice: Someone) -> Someone:
    """The only one who can be asked."""
    only_these(team, alice, bob)
    return bob


def ask(alice: Someone, cleanup: Occurrence) -> int:
    """Alice, who has a place, asks for a stand-in; returns the question's id."""
    occurrence_id = cleanup.id
    return write(lambda: stand_ins.ask(alice.actor, occurrence_id, clock.now()).id)


@pytest.fixture
def handed_over(alice: Someone, bob: Someone, cleanup: Occurrence) -> int:
    """Bob stands in for Alice; the id of the question he said yes to."""
    sign_up(alice, cleanup)
    question = ask(alice, cleanup)
    write(lambda: stand_ins.answer(bob.actor, question, True, clock.now()))
    return question


def statuses(cleanup: Occurrence, *people: Someone) -> list[Status]:
    shift_ids = [shift.id for shift in shifts_of(cleanup)]
    found = select(Signup.person_id, Signup.status).where(Signup.shift_id.in_(shift_ids))
    by_person = dict(db.session.execute(found).all())
    return [by_person[one.id] for one in people]


def test_who_has_signed_up_anew_does_not_get_a_second_place_by_undoing(
    handed_over: int, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open
) -> None:
    sign_up(alice, cleanup)
    assert browser(bob).post(f"/stand-ins/{handed_over}/undo").errors == NOTHING_LEFT
    assert statuses(cleanup, alice, bob) == [Status.CONFIRMED, Status.CONFIRMED]
    assert jobs.check(clock.now()) == []


def test_a_place_does_not_come_back_to_who_is_elsewhere_at_that_time(
    handed_over: int, alice: Someone, bob: Someone, leader: Someone, cleanup: Occurrence, browser: Open
) -> None:
    sign_up(alice, make_date(leader, day=FRIDAY, title="Elsewhere"))
    page = browser(bob).post(f"/stand-ins/{handed_over}/undo")
    assert page.errors == ["The place cannot go back: its first holder has another sign-up at that time by now."]
    assert statuses(cleanup, alice, bob) == [Status.HANDED_OVER, Status.CONFIRMED]


def test_undoing_does_not_take_a_place_the_stand_in_got_alone(
    handed_over: int, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open
) -> None:
    withdraw(bob, cleanup)
    sign_up(bob, cleanup)
    assert browser(alice).post(f"/stand-ins/{handed_over}/undo").errors == NOTHING_LEFT
    assert statuses(cleanup, alice, bob) == [Status.HANDED_OVER, Status.CONFIRMED]


def test_yes_after_no_gives_no_place_and_says_so(
    alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open
) -> None:
    sign_up(alice, cleanup)
    question = ask(alice, cleanup)
    browser(bob).post(f"/stand-ins/{question}", answer="no")
    page = browser(bob).post(f"/stand-ins/{question}", answer="yes")
    assert page.errors == ["This question has lapsed. Thank you all the same."]
    assert statuses(cleanup, alice) == [Status.CONFIRMED]


def test_a_place_taken_anew_is_not_the_one_somebody_was_asked_about(
    alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open
) -> None:
    sign_up(alice, cleanup)
    question = ask(alice, cleanup)
    withdraw(alice, cleanup)
    assert "Can you stand in?" not in browser(bob).get("/me").text
    sign_up(alice, cleanup)
    page = browser(bob).post(f"/stand-ins/{question}", answer="yes")
    assert page.errors == ["This question has lapsed. Thank you all the same."]
    assert statuses(cleanup, alice) == [Status.CONFIRMED]


def test_who_signed_up_anew_after_handing_over_can_ask_again(
    handed_over: int, team: Team, alice: Someone, cleanup: Occurrence, browser: Open
) -> None:
    sign_up(alice, cleanup)
    carol = make_member(team, "Carol")
    page = browser(alice).get(f"/occurrences/{cleanup.id}/withdraw").submit("/stand-in")
    assert "The place is yours until they say yes" in page.text
    asked = select(StandIn.asked_id).where(StandIn.state == Asked.ASKED)
    assert list(db.session.scalars(asked)) == [carol.id]


def cards_of(browser: Open, someone: Someone) -> list[str]:
    headings = [heading.text for heading in browser(someone).get("/me").soup.select("main h2.h3")]
    return [heading for heading in headings if "stand" in heading]


@pytest.mark.parametrize("by_stand_in", [True, False])
def test_either_finds_on_their_page_who_stands_in_and_can_undo_it_there(
    handed_over: int, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open, by_stand_in: bool
) -> None:
    assert cards_of(browser, alice) == ["Bob stands in for you"]
    assert cards_of(browser, bob) == ["You stand in for Alice"]
    page = browser(bob if by_stand_in else alice).get("/me").submit("/undo")
    assert page.news == ["The place is back where it was."]
    assert statuses(cleanup, alice) == [Status.CONFIRMED]
    assert cards_of(browser, alice) == cards_of(browser, bob) == []


def test_within_two_hours_of_the_start_nobody_is_offered_to_undo(
    handed_over: int, alice: Someone, cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(cleanup.starts_at - timedelta(hours=2))
    assert cards_of(browser, alice) == []


def test_who_has_signed_up_since_being_asked_does_not_stand_in_as_well(
    alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open
) -> None:
    sign_up(alice, cleanup)
    question = ask(alice, cleanup)
    sign_up(bob, cleanup)
    page = browser(bob).post(f"/stand-ins/{question}", answer="yes")
    assert page.errors == ["You have another sign-up at that time by now."]
    assert statuses(cleanup, alice, bob) == [Status.CONFIRMED, Status.CONFIRMED]
    assert jobs.check(clock.now()) == []


def test_nobody_reads_of_a_stand_in_who_has_left_meanwhile(
    handed_over: int, alice: Someone, bob: Someone, cleanup: Occurrence, browser: Open
) -> None:
    withdraw(bob, cleanup)
    assert cards_of(browser, alice) == cards_of(browser, bob) == []
