"""What happens to people's places behind their back, they are told."""

from datetime import datetime, time
from functools import partial

import pytest
from sqlalchemy import func, select, update

from tests.make import (
    Someone,
    make_date,
    make_member,
    only_these,
    sign_up,
    signup_of,
    status,
    take_off,
    tick,
    told,
    withdraw,
)
from tests.moments import FRIDAY, SetClock, on
from tests.pages import Open
from volunteer import clock
from volunteer.accounts.models import Person
from volunteer.activities.models import Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.errors import Refused
from volunteer.notices import service as notices
from volunteer.notices.models import Notice, Topic
from volunteer.signups import organiser, stand_ins
from volunteer.signups import service as signups
from volunteer.signups.models import StandIn
from volunteer.signups.states import Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Membership, MembershipState, Team

WHAT = "“Friday cleanup”, Fri 27 Nov 15:00"


def expiries(someone: Someone) -> list[datetime]:
    return [notice.expires_at for notice in reversed(notices.list_for(someone.actor, clock.now()))]


MOVED_UP = f"A place has become free and it is yours: {WHAT}. See you there!"


# The queue


def test_who_moves_up_is_told(queue: list[Someone], cleanup: Occurrence) -> None:
    withdraw(queue[0], cleanup)
    assert [told(someone) for someone in queue] == [[], [MOVED_UP], []]
    assert expiries(queue[1]) == [on(27, 16)]


def test_who_is_offered_a_place_is_told_until_when_and_when_it_has_lapsed(
    queue: list[Someone], cleanup: Occurrence, at: SetClock
) -> None:
    alice, bob, charlie = queue
    at(on(27, 9))
    withdraw(alice, cleanup)
    offer = f"A place in {WHAT}, is kept for you until Fri 27 Nov 11:00. Take it if you can come."
    assert told(bob) == [offer]
    assert expiries(bob) == [on(27, 11)]
    tick(at, on(27, 11))
    tick(at, on(27, 11))
    lapsed = f"The place kept for you in {WHAT}, has gone on to others. You can still sign up again."
    assert told(bob) == [offer, lapsed]
    assert told(charlie) == [offer.replace("11:00", "13:00")]


def test_each_reads_it_in_their_own_language_and_on_the_teams_clock(team: Team, leader: Someone, browser: Open) -> None:
    write(lambda: db.session.execute(update(Team).values(zone="Asia/Tokyo")))
    occurrence = make_date(leader, day=FRIDAY, start=time(15), end=time(16), capacity=3)
    holders = [make_member(team, f"Holder {n}", locale="en") for n in range(3)]
    readers = [make_member(team, f"Reader {n}", locale=locale) for n, locale in enumerate(("en", "zh_Hans_CN", None))]
    for someone in (*holders, *readers):
        sign_up(someone, occurrence)
    for someone in holders:
        browser(someone).post(f"/occurrences/{occurrence.id}/withdraw")
    chinese = "有名额了，你已补上「Friday cleanup」（周五 11月27日 16:00）。到时见！"
    assert [told(someone) for someone in readers] == [[MOVED_UP.replace("15:00", "16:00")], [chinese], [chinese]]


def test_twenty_people_move_up_at_once_and_each_is_told_once(team: Team, leader: Someone, browser: Open) -> None:
    occurrence = make_date(leader, day=FRIDAY, start=time(15), end=time(16), capacity=1)
    people = [make_member(team, f"Volunteer {n}", locale="en" if n % 2 else None) for n in range(22)]
    for someone in people:
        sign_up(someone, occurrence)
    for _ in range(2):
        browser(leader).post(f"/occurrences/{occurrence.id}/list/places", capacity=21)
    assert [len(told(someone)) for someone in people] == [0, *[1] * 20, 0]


def test_the_same_deed_sent_twice_tells_once(queue: list[Someone], cleanup: Occurrence, browser: Open) -> None:
    page = browser(queue[0]).get(f"/occurrences/{cleanup.id}/withdraw")
    for _ in range(2):
        page.submit("/withdraw")
    assert told(queue[1]) == [MOVED_UP]


def test_a_refused_deed_tells_nobody(queue: list[Someone], cleanup: Occurrence) -> None:
    def deed() -> None:
        signups.withdraw(queue[0].actor, cleanup.id, clock.now())
        assert db.session.scalar(select(func.count(Notice.id))) == 1
        raise Refused("Not today.")

    with pytest.raises(Refused):
        write(deed)
    assert told(queue[1]) == []
    assert status(queue[0]) is Status.CONFIRMED


def test_who_has_no_account_is_told_nothing(queue: list[Someone], cleanup: Occurrence) -> None:
    write(lambda: db.session.execute(update(Person).where(Person.id == queue[1].id).values(phone=None)))
    withdraw(queue[0], cleanup)
    assert status(queue[1]) is Status.CONFIRMED
    assert told(queue[1]) == []


# What a leader does


def test_whom_the_leader_takes_off_the_list_is_told_and_may_come_back(
    leader: Someone, queue: list[Someone], cleanup: Occurrence, browser: Open
) -> None:
    alice, bob, _ = queue
    for _ in range(2):
        browser(leader).post(f"/occurrences/{cleanup.id}/list/{signup_of(alice).id}", decision="take_off")
    released = f"The leader has taken you off the list of {WHAT}. Call them if you have a question."
    assert told(alice) == [released]
    assert status(alice) is Status.RELEASED
    assert told(bob) == [MOVED_UP]
    page = browser(alice).get(f"/occurrences/{cleanup.id}")
    assert page.card(cleanup.id)["data-state"] == "full"
    browser(alice).post(f"/occurrences/{cleanup.id}/signup")
    assert status(alice) is Status.WAITING
    take_off(leader, alice, cleanup)
    assert told(alice) == [released, released]


def test_reserved_places_that_are_given_back_have_nobody_to_tell(
    leader: Someone, people: list[Someone], cleanup: Occurrence
) -> None:
    kept = write(lambda: organiser.reserve(leader.actor, cleanup.id, None, "Guests", 1, clock.now()))
    sign_up(people[0], cleanup)
    write(lambda: organiser.take_off(leader.actor, cleanup.id, kept.id, clock.now()))
    assert told(people[0]) == [MOVED_UP]
    assert db.session.scalar(select(func.count(Notice.id))) == 1


@pytest.mark.parametrize(
    ("decisions", "sentence"),
    [
        (("approve", "approve"), "The leader has said yes: you have a place in “Contest”, Fri 27 Nov 15:00."),
        (("decline", "approve"), "The leader could not give you a place in “Contest”, Fri 27 Nov 15:00."),
    ],
)
def test_who_asked_for_a_place_is_told_the_answer(
    leader: Someone, people: list[Someone], browser: Open, decisions: tuple[str, str], sentence: str
) -> None:
    speakers = PlannedShift("Speakers", time(15), time(16), 1, 0, True)
    contest = make_date(leader, title="Contest", day=FRIDAY, start=time(15), end=time(16), shifts=[speakers])
    sign_up(people[0], contest)
    for decision in decisions:
        browser(leader).post(f"/occurrences/{contest.id}/list/{signup_of(people[0]).id}", decision=decision)
    (body,) = told(people[0])
    assert body.startswith(sentence)


def test_a_yes_when_it_is_full_says_so(leader: Someone, people: list[Someone]) -> None:
    speakers = PlannedShift("Speakers", time(15), time(16), 1, 0, True)
    contest = make_date(leader, title="Contest", day=FRIDAY, start=time(15), end=time(16), shifts=[speakers])
    for someone in people[:2]:
        sign_up(someone, contest)
        answer = partial(organiser.answer_request, leader.actor, contest.id, signup_of(someone).id, True)
        write(lambda yes=answer: yes(clock.now()))
    (body,) = told(people[1])
    assert body.endswith("It is full; you wait and move up by yourself.")


def test_whom_the_leader_signs_up_is_told_once(
    leader: Someone, people: list[Someone], cleanup: Occurrence, browser: Open
) -> None:
    alice, bob, charlie = people
    sign_up(charlie, cleanup)
    withdraw(charlie, cleanup)
    for someone in (alice, alice, bob):
        browser(leader).post(f"/occurrences/{cleanup.id}/list/sign-up", person=someone.id)
    assert told(alice) == [f"The leader has signed you up for {WHAT}. If you can't come, just withdraw."]
    assert told(bob) == [f"The leader has put you in the queue for {WHAT}. You move up by yourself."]
    sign_up(charlie, cleanup)
    browser(leader).post(f"/occurrences/{cleanup.id}/list/sign-up", person=charlie.id)
    assert told(charlie) == []


# Standing in


@pytest.fixture
def asked(team: Team, people: list[Someone], cleanup: Occurrence) -> StandIn:
    """Alice can't come, Bob is asked."""
    alice, bob, _ = people
    sign_up(alice, cleanup)
    only_these(team, alice, bob)
    question = write(lambda: stand_ins.ask(alice.actor, cleanup.id, clock.now()))
    write(lambda: db.session.execute(update(Membership).values(state=MembershipState.ACTIVE)))
    return question


def test_who_is_asked_to_stand_in_is_told_by_when_but_not_for_whom(people: list[Someone], asked: StandIn) -> None:
    question = f"Somebody can't come to {WHAT}. Can you stand in? Please answer under “Me” by Mon 23 Nov 10:00."
    assert [told(someone) for someone in people] == [[], [question], []]
    assert expiries(people[1]) == [on(23, 10)]
    assert db.session.scalars(select(Notice.kind)).one() is Topic.STAND_IN


def test_the_next_who_is_asked_is_told_too(team: Team, people: list[Someone], asked: StandIn, at: SetClock) -> None:
    only_these(team, people[0], people[2])
    tick(at, on(23, 10))
    (body,) = told(people[2])
    assert body.endswith("by Mon 23 Nov 12:00.")


def test_who_cannot_come_is_told_who_stands_in(people: list[Someone], asked: StandIn, browser: Open) -> None:
    for _ in range(2):
        browser(people[1]).post(f"/stand-ins/{asked.id}", answer="yes")
    assert told(people[0]) == [f"Bob stands in for you at {WHAT}. You need not come."]
    assert len(told(people[1])) == 1


@pytest.mark.parametrize("by", [0, 1])
def test_the_other_of_the_two_is_told_that_it_is_undone(
    people: list[Someone], asked: StandIn, browser: Open, by: int
) -> None:
    browser(people[1]).post(f"/stand-ins/{asked.id}", answer="yes")
    browser(people[by]).post(f"/stand-ins/{asked.id}/undo")
    last = {
        0: f"Nobody stands in for you any more at {WHAT}. The place is yours again.",
        1: f"You need not stand in any more at {WHAT}. Thank you all the same!",
    }
    assert told(people[1 - by])[-1] == last[1 - by]
    assert last[by] not in told(people[by])
