"""People who come together, requests a leader answers, and what a leader does for others."""

from datetime import time

import pytest
from sqlalchemy import func, select

from tests import make
from tests.make import Someone, make_date, make_leader, make_member, make_team, shifts_of, sign_up, withdraw
from tests.moments import SetClock
from tests.pages import Open, Page
from volunteer import clock
from volunteer.accounts.models import Person
from volunteer.activities.models import Occurrence
from volunteer.activities.rules import PlannedShift
from volunteer.errors import Missing
from volunteer.signups import jobs, organiser
from volunteer.signups.models import Companion, Signup
from volunteer.signups.states import Status
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

LONGER = {"in_days": 5}


def together(
    open_browser: Open, someone: Someone, occurrence: Occurrence, *guests: tuple[str, str], **more: object
) -> Page:
    fields = {}
    for n, (name, age) in enumerate(guests):
        fields |= {f"guests-{n}-name": name, f"guests-{n}-age": age}
    status = int(str(more.pop("status", 200)))
    page = open_browser(someone).get(f"/occurrences/{occurrence.id}/party")
    return page.submit("/party", status=status, **(fields | more))


def state_of(open_browser: Open, someone: Someone, occurrence: Occurrence) -> str:
    return str(open_browser(someone).get(f"/occurrences/{occurrence.id}").card(occurrence.id)["data-state"])


def taken(occurrence: Occurrence) -> list[int]:
    return [shift.taken for shift in shifts_of(occurrence)]


def test_a_family_comes_on_one_sign_up_and_the_baby_takes_no_place(team: Team, leader: Someone, browser: Open) -> None:
    occurrence, alice = make_date(leader, kind="reading_day", capacity=5), make_member(team)
    page = together(browser, alice, occurrence, ("Bo", "adult"), ("Kim", "child"), ("Baby", "infant"), guardian="y")
    assert page.news == ["You are signed up. See you there!"]
    assert taken(occurrence) == [3]
    children = db.session.scalars(select(Companion).order_by(Companion.id)).all()
    assert [(one.first_name, one.guardian_tick_at is not None) for one in children] == [
        ("Bo", False),
        ("Kim", True),
        ("Baby", True),
    ]
    assert "and 2 more" in browser(leader).get(f"/occurrences/{occurrence.id}/roster").text


def test_whoever_comes_along_is_called_as_everybody_is(team: Team, leader: Someone, browser: Open) -> None:
    occurrence = make_date(leader, capacity=5)
    together(browser, make_member(team), occurrence, ("才让•\u200b卓玛", "adult"), ("ＷＡＮＧ  Lei", "adult"))
    names = db.session.scalars(select(Companion.first_name).order_by(Companion.id)).all()
    assert names == ["才让·卓玛", "WANG Lei"]


def test_a_party_gets_places_for_all_or_waits_as_one(team: Team, leader: Someone, browser: Open) -> None:
    occurrence = make_date(leader, capacity=3, **LONGER)
    alice, bob, carol, dora = (make_member(team, name) for name in ("Alice", "Bob", "Carol", "Dora"))
    together(browser, alice, occurrence, ("Ann", "adult"))
    together(browser, bob, occurrence, ("Ben", "adult"))
    sign_up(carol, occurrence)
    sign_up(dora, occurrence)
    assert [state_of(browser, who, occurrence) for who in (alice, bob, carol, dora)] == [
        *("confirmed", "waiting", "confirmed", "waiting")
    ]
    withdraw(carol, occurrence)
    assert state_of(browser, bob, occurrence) == "waiting"
    assert state_of(browser, dora, occurrence) == "confirmed"
    withdraw(alice, occurrence)
    assert state_of(browser, bob, occurrence) == "confirmed"
    assert jobs.check(clock.now()) == []


@pytest.mark.parametrize(
    ("kind", "guests", "complaint"),
    [
        ("reading_day", [("Kim", "child")], "a guardian has to agree"),
        ("reading_day", [("Baby", "infant")], "a guardian has to agree"),
        ("tree_planting", [("Jo", "youth")], "This activity is for adults: nobody under 18 can come along."),
        ("reading_day", [("x" * 21, "adult")], "This is too long."),
        ("reading_day", [("Kim", "old")], "Choose one of those listed."),
        ("reading_day", [("K\x00m", "adult")], "This text contains a character that cannot be stored."),
    ],
)
def test_a_party_that_cannot_come_is_told_why_and_nothing_typed_is_lost(
    team: Team, leader: Someone, browser: Open, kind: str, guests: list[tuple[str, str]], complaint: str
) -> None:
    occurrence = make_date(leader, kind=kind)
    page = together(browser, make_member(team), occurrence, *guests, status=422)
    assert complaint in page.text
    assert page.value("guests-0-name").replace("\ufffd", "\x00") == guests[0][0]
    assert taken(occurrence) == [0]


def test_who_returns_alone_brings_nobody(team: Team, leader: Someone, browser: Open) -> None:
    occurrence, alice = make_date(leader, **LONGER), make_member(team)
    together(browser, alice, occurrence, ("Bo", "adult"))
    withdraw(alice, occurrence)
    sign_up(alice, occurrence)
    assert taken(occurrence) == [1]
    assert db.session.scalar(select(func.count(Companion.id))) == 0


def contest(leader: Someone, capacity: int = 1) -> Occurrence:
    speakers = PlannedShift("Speakers", time(9), time(10, 30), capacity, 0, True)
    return make_date(leader, kind="contest", shifts=[speakers], **LONGER)


def decide(open_browser: Open, leader: Someone, occurrence: Occurrence, who: str, decision: str) -> Page:
    signup = signup_of(occurrence, who)
    return open_browser(leader).post(f"/occurrences/{occurrence.id}/list/{signup}", decision=decision)


def signup_of(occurrence: Occurrence, name: str) -> int:
    mine = select(Signup.id).join(Person, Person.id == Signup.person_id).where(Person.name == name)
    return db.session.scalars(mine.where(Signup.shift_id.in_([shift.id for shift in shifts_of(occurrence)]))).one()


def test_a_request_holds_no_place_until_a_leader_says_yes(team: Team, leader: Someone, browser: Open) -> None:
    occurrence = contest(leader)
    alice, bob = make_member(team, "Alice"), make_member(team, "Bob")
    page = browser(alice).get(f"/occurrences/{occurrence.id}").submit("/signup")
    assert page.news[0].startswith("Your request is with the leader. You will see the answer here.")
    sign_up(bob, occurrence)
    assert taken(occurrence) == [0]
    assert state_of(browser, alice, occurrence) == "requested"
    for _ in range(2):
        decide(browser, leader, occurrence, "Bob", "approve")
    decide(browser, leader, occurrence, "Alice", "approve")
    assert (state_of(browser, bob, occurrence), state_of(browser, alice, occurrence)) == ("confirmed", "waiting")
    assert jobs.check(clock.now()) == []


def test_a_declined_request_is_over(team: Team, leader: Someone, browser: Open) -> None:
    occurrence, alice = contest(leader), make_member(team)
    sign_up(alice, occurrence)
    decide(browser, leader, occurrence, "Alice", "decline")
    assert state_of(browser, alice, occurrence) == "open"
    assert decide(browser, leader, occurrence, "Alice", "perhaps").errors == ["Choose approve, decline or take off."]


def test_a_party_larger_than_all_places_does_not_wait_for_ever(team: Team, leader: Someone, browser: Open) -> None:
    occurrence, alice = make_date(leader, capacity=2), make_member(team)
    page = together(browser, alice, occurrence, ("Ann", "adult"), ("Ben", "adult"), status=422)
    assert page.errors == ["There are only 2 places in all. Come with fewer people."]
    assert state_of(browser, alice, occurrence) == "open"


def test_who_has_a_place_already_is_not_told_that_others_come_along(team: Team, leader: Someone, browser: Open) -> None:
    occurrence, alice = make_date(leader, capacity=5), make_member(team)
    sign_up(alice, occurrence)
    page = together(browser, alice, occurrence, ("Ann", "adult"), status=422)
    assert page.errors == ["You have signed up already. To come with more people, withdraw first and sign up together."]
    assert page.soup.select_one("[value=Ann]"), "what was typed stays"
    assert shifts_of(occurrence)[0].taken == 1


def test_a_leader_signs_up_somebody_without_a_phone_in_hand(team: Team, leader: Someone, browser: Open) -> None:
    occurrence, bob = make_date(leader, capacity=1), make_member(team, "Bob")
    page = browser(leader).get(f"/occurrences/{occurrence.id}/roster/add?q=bo")
    assert page.submit("/list/sign-up", person=bob.id).news[0] == "Signed up."
    assert state_of(browser, bob, occurrence) == "confirmed"


def test_a_leader_need_not_look_for_who_is_far_down_a_list_of_those_who_have_signed_up(
    team: Team, leader: Someone, browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("volunteer.checkin.views.MOST_FOUND", 1)
    occurrence, bob = make_date(leader), make_member(team, "Bob")
    sign_up(leader, occurrence)
    page = browser(leader).get(f"/occurrences/{occurrence.id}/roster/add")
    assert page.submit("/list/sign-up", person=bob.id).news[0] == "Signed up."


def test_a_letter_that_cannot_be_stored_is_left_out_of_what_a_leader_types(
    team: Team, leader: Someone, browser: Open
) -> None:
    occurrence, _ = make_date(leader), make_member(team, "Bob")
    path = f"/occurrences/{occurrence.id}"
    assert "Bob" in browser(leader).get(f"{path}/roster/add?q=b%00o").text
    browser(leader).post(f"{path}/list/reserve", label="The \x00school", places="2")
    assert "The school" in browser(leader).get(f"{path}/roster").text


def test_a_leader_can_insist_on_a_clash_and_it_is_written_down(team: Team, leader: Someone, browser: Open) -> None:
    first, second, bob = make_date(leader, title="First"), make_date(leader), make_member(team, "Bob")
    sign_up(bob, first)
    path = f"/occurrences/{second.id}/list/sign-up"
    assert "They are already signed up for “First”" in browser(leader).post(path, person=bob.id).errors[0]
    assert browser(leader).post(path, person=bob.id, despite_clash="1").news[0] == "Signed up."
    verbs = db.session.scalars(select(AuditEntry.verb).where(AuditEntry.actor_id == leader.id)).all()
    assert "sign up despite clash" in verbs


def test_reserved_places_are_taken_and_can_be_given_back(team: Team, leader: Someone, browser: Open) -> None:
    occurrence, bob = make_date(leader, capacity=3, **LONGER), make_member(team, "Bob")
    path = f"/occurrences/{occurrence.id}/list"
    page = browser(leader).post(f"{path}/reserve", label="County hospital", places=3)
    assert page.news[0] == "The places are kept."
    assert "County hospital" in browser(leader).get(f"/occurrences/{occurrence.id}/roster").text
    sign_up(bob, occurrence)
    assert state_of(browser, bob, occurrence) == "waiting"
    kept = db.session.scalars(select(Signup.id).where(Signup.person_id.is_(None))).one()
    browser(leader).post(f"{path}/{kept}", decision="take_off")
    assert state_of(browser, bob, occurrence) == "confirmed"
    assert jobs.check(clock.now()) == []


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ({"label": "", "places": 1}, "Say in up to 40 characters for whom the places are."),
        ({"label": "x" * 41, "places": 1}, "Say in up to 40 characters for whom the places are."),
        ({"label": "Guests", "places": 0}, "Reserve at least one place."),
        ({"label": "Guests", "places": -5}, "Reserve at least one place."),
        ({"label": "Guests", "places": "9" * 30}, "Reserve at least one place."),
        ({"label": "Guests", "places": 16}, "Only 15 places are free."),
    ],
)
def test_places_that_are_not_there_are_not_kept(
    leader: Someone, browser: Open, wish: dict[str, object], complaint: str
) -> None:
    occurrence = make_date(leader)
    assert browser(leader).post(f"/occurrences/{occurrence.id}/list/reserve", status=422, **wish).errors == [complaint]
    assert taken(occurrence) == [0]


def test_fewer_places_drop_nobody_and_more_let_the_queue_move_up(team: Team, leader: Someone, browser: Open) -> None:
    occurrence = make_date(leader, capacity=2, **LONGER)
    people = [make_member(team, f"Person {n}") for n in range(4)]
    for someone in people:
        sign_up(someone, occurrence)
    path = f"/occurrences/{occurrence.id}/list/places"
    browser(leader).post(path, capacity=1)
    assert [state_of(browser, one, occurrence) for one in people] == ["confirmed"] * 2 + ["waiting"] * 2
    withdraw(people[0], occurrence)
    assert [state_of(browser, one, occurrence) for one in people[1:]] == ["confirmed", "waiting", "waiting"]
    browser(leader).post(path, capacity=3)
    assert [state_of(browser, one, occurrence) for one in people[1:]] == ["confirmed"] * 3
    assert jobs.check(clock.now()) == []


@pytest.mark.parametrize("capacity", ["0", "-1", "", "5001", "many"])
def test_places_are_a_sensible_number(leader: Someone, browser: Open, capacity: str) -> None:
    occurrence = make_date(leader)
    page = browser(leader).post(f"/occurrences/{occurrence.id}/list/places", status=422, capacity=capacity)
    assert page.errors == ["Give the number of places, from 1 to 5000."]


def test_another_teams_people_are_not_signed_up(leader: Someone, browser: Open) -> None:
    occurrence, stranger = make_date(leader), make_member(make_team())
    browser(leader).post(f"/occurrences/{occurrence.id}/list/sign-up", status=404, person=stranger.id)
    other = make_date(make_leader(make_team()))
    with pytest.raises(Missing):
        write(lambda: organiser.reserve(leader.actor, other.id, None, "Guests", 1, clock.now()))


def test_leaders_see_which_dates_have_too_few_people(team: Team, leader: Someone, browser: Open) -> None:
    safe = PlannedShift("Guides", time(9), time(10, 30), 5, 2, False)
    occurrence = make_date(leader, title="Hill path", shifts=[safe])
    page = browser(leader).get("/short")
    assert "Hill path" in page.text and "Guides" in page.text and "0 of at least 2" in page.text
    for n in range(2):
        sign_up(make_member(team, f"Person {n}"), occurrence)
    assert "Hill path" not in browser(leader).get("/short").text


def test_a_full_date_points_to_those_that_need_people_more(team: Team, leader: Someone, browser: Open) -> None:
    full = make_date(leader, capacity=1)
    make_date(leader, title="Empty one", in_days=4)
    sign_up(make_member(team, "Bob"), full)
    page = browser(make_member(team)).get(f"/occurrences/{full.id}")
    assert "These need you more" in page.text and "Empty one" in page.text


def test_nobody_gets_a_place_by_a_yes_after_it_has_begun(
    leader: Someone, alice: Someone, browser: Open, at: SetClock
) -> None:
    occurrence = make_date(leader, shifts=[PlannedShift("", time(9), time(10), 5, needs_approval=True)])
    sign_up(alice, occurrence)
    at(occurrence.starts_at)
    assert "This has begun" in decide(browser, leader, occurrence, "Alice", "approve").errors[0]
    hers = signup_of(occurrence, "Alice")
    assert db.session.get_one(Signup, hers).status is Status.REQUESTED
    decide(browser, leader, occurrence, "Alice", "decline")
    assert db.session.get_one(Signup, hers).status is Status.DECLINED


def fewer(
    open_browser: Open, someone: Someone, occurrence: Occurrence, *guests: tuple[str, str], status: int = 200
) -> Page:
    """Somebody who has signed up changes who comes along."""
    page = open_browser(someone).get(f"/occurrences/{occurrence.id}").soup
    assert page.select_one(f'a[href="/occurrences/{occurrence.id}/party"]'), "the date's page leads there"
    typed = {f"guests-{n}-name": "" for n in range(5)}
    for n, (name, age) in enumerate(guests):
        typed |= {f"guests-{n}-name": name, f"guests-{n}-age": age}
    form = open_browser(someone).get(f"/occurrences/{occurrence.id}/party")
    return form.submit("/party", status=status, **typed)


def test_a_party_of_three_becomes_one_of_two_keeps_its_place_and_who_waits_gets_the_other(
    team: Team, leader: Someone, browser: Open
) -> None:
    occurrence = make_date(leader, kind="reading_day", capacity=3, **LONGER)
    alice, bob = make_member(team), make_member(team, "Bob")
    together(browser, alice, occurrence, ("Ann", "adult"), ("Kim", "child"), guardian="y")
    before = make.signup_of(alice, occurrence)
    seq, changed_at = before.seq, before.changed_at
    sign_up(bob, occurrence)
    page = browser(alice).get(f"/occurrences/{occurrence.id}/party")
    assert [page.value(f"guests-{n}-name") for n in range(3)] == ["Ann", "Kim", ""]
    assert page.soup.select_one('[name="guardian"]').has_attr("checked")
    page = fewer(browser, alice, occurrence, ("Kim", "child"))
    assert page.news == ["Saved."]
    assert "There are 2 places for you and those who come along." in page.text
    after = make.signup_of(alice, occurrence)
    assert (after.status, after.places, after.seq, after.changed_at) == (Status.CONFIRMED, 2, seq, changed_at)
    assert db.session.scalars(select(Companion.first_name)).all() == ["Kim"]
    assert state_of(browser, bob, occurrence) == "confirmed"
    assert (taken(occurrence), jobs.check(clock.now())) == ([3], [])


def test_a_party_that_waits_becomes_smaller_keeps_its_number_and_fits(
    team: Team, leader: Someone, browser: Open
) -> None:
    occurrence = make_date(leader, capacity=3, **LONGER)
    alice, bob, carol = (make_member(team, name) for name in ("Alice", "Bob", "Carol"))
    sign_up(alice, occurrence)
    together(browser, bob, occurrence, ("Ben", "adult"), ("Bea", "adult"))
    together(browser, carol, occurrence, ("Cleo", "adult"), ("Cem", "adult"))
    fewer(browser, bob, occurrence, ("Ben", "adult"))
    assert [state_of(browser, who, occurrence) for who in (bob, carol)] == ["confirmed", "waiting"]
    assert (taken(occurrence), jobs.check(clock.now())) == ([3], [])


def test_nobody_left_of_a_party_is_oneself_and_a_larger_one_signs_up_anew(
    team: Team, leader: Someone, browser: Open
) -> None:
    occurrence, alice = make_date(leader, **LONGER), make_member(team)
    together(browser, alice, occurrence, ("Ann", "adult"))
    page = fewer(browser, alice, occurrence, ("Ann", "adult"), ("Bo", "adult"), status=422)
    assert "You have signed up already. To come with more people, withdraw first" in page.errors[0]
    sign_up(alice, occurrence)  # one more tap changes nothing
    assert taken(occurrence) == [2]
    fewer(browser, alice, occurrence)
    assert (taken(occurrence), make.signup_of(alice).places) == ([1], 1)
    assert db.session.scalars(select(Companion)).all() == []


def test_once_it_has_begun_a_party_stays_as_it_is(team: Team, leader: Someone, browser: Open, at: SetClock) -> None:
    occurrence, alice = make_date(leader), make_member(team)
    together(browser, alice, occurrence, ("Ann", "adult"))
    form = browser(alice).get(f"/occurrences/{occurrence.id}/party")
    at(occurrence.starts_at)
    page = form.submit("/party", status=422, **{"guests-0-name": ""})
    assert "This has begun" in page.errors[0]
    assert taken(occurrence) == [2]
