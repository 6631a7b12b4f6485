"""Near the start: offers, first come, leave, and people who stand in for each other."""

from datetime import datetime, time

import pytest
from sqlalchemy import func, select

from tests.make import (
    Someone,
    make_date,
    make_leader,
    make_member,
    make_team,
    only_these,
    shifts_of,
    sign_up,
    status,
    tick,
    withdraw,
)
from tests.moments import FRIDAY, ZONE, SetClock, on
from tests.pages import Open
from volunteer import clock
from volunteer.activities.models import Occurrence
from volunteer.errors import Missing, Refused
from volunteer.signups import jobs, rules, stand_ins
from volunteer.signups.models import Signup, StandIn
from volunteer.signups.states import Asked, Leave, Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Team


def test_a_day_before_the_start_a_place_is_offered_and_taken(
    queue: list[Someone], cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    alice, bob, charlie = queue
    at(on(27, 9))
    withdraw(alice, cleanup)
    assert [status(one) for one in queue] == [Status.ON_LEAVE, Status.OFFERED, Status.WAITING]
    page = browser(bob).get(f"/occurrences/{cleanup.id}")
    assert page.card(cleanup.id)["data-state"] == "offered"
    page = page.submit("/accept")
    assert page.card(cleanup.id)["data-state"] == "confirmed"
    browser(bob).post(f"/occurrences/{cleanup.id}/accept")
    assert [shift.taken for shift in shifts_of(cleanup)] == [1]
    assert status(charlie) is Status.WAITING


def test_an_offer_nobody_takes_goes_to_the_next(
    queue: list[Someone], cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    alice, bob, charlie = queue
    at(on(27, 9))
    withdraw(alice, cleanup)
    tick(at, on(27, 10, 59))
    assert status(bob) is Status.OFFERED
    tick(at, on(27, 11))
    assert (status(bob), status(charlie)) == (Status.LAPSED, Status.OFFERED)
    page = browser(bob).post(f"/occurrences/{cleanup.id}/accept")
    assert page.errors == ["This offer has lapsed. If places are free you can still sign up."]


def test_an_offer_cannot_be_taken_late_even_before_anybody_noticed(
    queue: list[Someone], cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 9))
    withdraw(queue[0], cleanup)
    at(on(27, 11))
    assert browser(queue[1]).post(f"/occurrences/{cleanup.id}/accept").errors
    assert browser(queue[2]).post(f"/occurrences/{cleanup.id}/accept").errors
    assert status(queue[1]) is Status.OFFERED


def test_saying_no_to_an_offer_passes_it_on_at_once(
    queue: list[Someone], cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    at(on(27, 9))
    withdraw(queue[0], cleanup)
    browser(queue[1]).post(f"/occurrences/{cleanup.id}/withdraw")
    assert (status(queue[1]), status(queue[2])) == (Status.WITHDRAWN, Status.OFFERED)


def test_in_the_last_two_hours_whoever_comes_first_has_the_place(
    queue: list[Someone], cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    alice, bob, charlie = queue
    at(on(27, 13, 30))
    withdraw(alice, cleanup)
    assert (status(bob), status(charlie)) == (Status.WAITING, Status.WAITING)
    assert jobs.check(clock.now()) == []
    browser(charlie).post(f"/occurrences/{cleanup.id}/signup")
    assert (status(bob), status(charlie)) == (Status.WAITING, Status.CONFIRMED)


@pytest.mark.parametrize(
    ("asked_at", "ends_at"),
    [
        (on(26, 16), on(26, 18)),
        (on(26, 21), on(27, 8)),
        (on(26, 23), on(27, 9)),
        (on(27, 3), on(27, 9)),
        (on(27, 11, 30), on(27, 13)),
    ],
)
def test_an_offer_lasts_two_waking_hours_and_ends_two_hours_before_the_start(
    asked_at: datetime, ends_at: datetime
) -> None:
    assert rules.offer_ends(on(27, 15), asked_at, ZONE) == ends_at


def test_giving_a_place_up_late_is_leave_with_a_reason(
    people: list[Someone], cleanup: Occurrence, browser: Open, at: SetClock, team: Team
) -> None:
    sign_up(people[0], cleanup)
    at(on(26, 15, 1))
    page = browser(people[0]).get(f"/occurrences/{cleanup.id}/withdraw").submit("/withdraw", reason="family")
    assert page.news == ["Your sign-up is withdrawn. The leader sees that you ask for leave."]
    signup = db.session.scalars(select(Signup)).one()
    assert (signup.status, signup.leave_reason) == (Status.ON_LEAVE, Leave.FAMILY)
    leader = make_leader(team, "Leo")
    assert "On leave 1" in browser(leader).get(f"/occurrences/{cleanup.id}/roster").text


def test_until_24_hours_before_one_withdraws_freely(people: list[Someone], cleanup: Occurrence, at: SetClock) -> None:
    sign_up(people[0], cleanup)
    at(on(26, 15))
    withdraw(people[0], cleanup)
    assert status(people[0]) is Status.WITHDRAWN


def asked() -> list[tuple[int, Asked]]:
    db.session.rollback()
    db.session.expire_all()
    return [(one.asked_id, one.state) for one in db.session.scalars(select(StandIn).order_by(StandIn.id))]


def test_a_place_stays_mine_until_somebody_stands_in(
    people: list[Someone], cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    alice, bob, _ = people
    sign_up(alice, cleanup)
    busy = make_date(make_leader_of(alice), day=FRIDAY, start=time(15, 30), end=time(17))
    for who in db.session.scalars(select(Signup.person_id)).all():
        assert who == alice.id
    sign_up(bob, busy)
    page = browser(alice).get(f"/occurrences/{cleanup.id}/withdraw").submit("/stand-in")
    assert "The place is yours until they say yes" in page.text
    browser(alice).post(f"/occurrences/{cleanup.id}/stand-in")
    ((first, state),) = asked()
    assert state is Asked.ASKED and first not in (alice.id, bob.id)
    assert status(alice) is Status.CONFIRMED


def make_leader_of(someone: Someone) -> Someone:
    return make_leader(db.session.get_one(Team, someone.actor.team_id), "Leo")


def test_who_says_yes_has_the_place_and_both_may_undo_it(
    team: Team, people: list[Someone], cleanup: Occurrence, browser: Open
) -> None:
    alice, bob, _ = people
    sign_up(alice, cleanup)
    only_these(team, alice, bob)
    browser(alice).post(f"/occurrences/{cleanup.id}/stand-in")
    page = browser(bob).get("/me")
    assert "Can you stand in?" in page.text
    stand_in = db.session.scalars(select(StandIn.id)).one()
    browser(bob).post(f"/stand-ins/{stand_in}", answer="yes")
    assert (status(alice), status(bob)) == (Status.HANDED_OVER, Status.CONFIRMED)
    assert [shift.taken for shift in shifts_of(cleanup)] == [1]
    browser(alice).post(f"/stand-ins/{stand_in}/undo")
    assert (status(alice), status(bob)) == (Status.CONFIRMED, Status.WITHDRAWN)
    assert jobs.check(clock.now()) == []


def test_who_says_no_is_not_asked_again_and_the_next_is(
    team: Team, people: list[Someone], cleanup: Occurrence, browser: Open, at: SetClock
) -> None:
    alice, bob, charlie = people
    sign_up(alice, cleanup)
    only_these(team, alice, bob, charlie)
    browser(alice).post(f"/occurrences/{cleanup.id}/stand-in")
    first = db.session.scalars(select(StandIn)).one()
    browser(bob if first.asked_id == bob.id else charlie).post(f"/stand-ins/{first.id}", answer="no")
    assert sorted(asked()) == sorted([(bob.id, Asked.DECLINED), (charlie.id, Asked.ASKED)])
    at(on(23, 10))
    write(lambda: stand_ins.tick(on(23, 10)))
    assert (charlie.id, Asked.LAPSED) in asked()
    assert status(alice) is Status.CONFIRMED
    page = browser(alice).post(f"/occurrences/{cleanup.id}/stand-in")
    assert page.errors == ["Nobody else can be asked. Please call the leader."]


def test_a_question_for_others_is_not_mine_to_answer(
    team: Team, people: list[Someone], cleanup: Occurrence, browser: Open
) -> None:
    alice, bob, charlie = people
    sign_up(alice, cleanup)
    only_these(team, alice, bob)
    asked_one = write(lambda: stand_ins.ask(alice.actor, cleanup.id, clock.now()))
    for someone in (alice, charlie, make_member(make_team(), "Olga")):
        with pytest.raises(Missing):
            write(lambda who=someone: stand_ins.answer(who.actor, asked_one.id, True, clock.now()))


def test_while_people_wait_withdrawing_is_the_way(queue: list[Someone], cleanup: Occurrence, browser: Open) -> None:
    page = browser(queue[0]).post(f"/occurrences/{cleanup.id}/stand-in")
    assert page.errors == ["People are waiting for a place: just withdraw, and your place goes to them."]
    assert db.session.scalar(select(func.count(StandIn.id))) == 0


def test_two_hours_before_the_start_nobody_is_asked_any_more(
    people: list[Someone], cleanup: Occurrence, at: SetClock
) -> None:
    sign_up(people[0], cleanup)
    at(on(27, 13, 1))
    with pytest.raises(Refused, match="within two hours"):
        write(lambda: stand_ins.ask(people[0].actor, cleanup.id, clock.now()))
