"""On what terms people sign up: from when until when, and what they say of themselves with a tick."""

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import update

from tests.make import Someone, make_activity, make_date, only_these, shifts_of, sign_up, signup_of
from tests.moments import MONDAY, SetClock
from tests.pages import Open
from tests.signups.test_parties import together
from volunteer import clock
from volunteer.activities import dates
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import Repeat
from volunteer.activities.rules import PlannedShift
from volunteer.signups import jobs, organiser, rules, stand_ins
from volunteer.signups.rules import Guest, Terms
from volunteer.signups.states import AgeBand, Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)


def asking(occurrence: Occurrence, **terms: object) -> Occurrence:
    """Let the date's activity ask that."""
    activity_id = occurrence.activity_id
    write(lambda: db.session.execute(update(Activity).where(Activity.id == activity_id).values(terms)))
    return occurrence


@pytest.mark.parametrize(
    ("terms", "now", "shut"),
    [
        (Terms(), MONDAY, None),
        (Terms(opens_at=MONDAY), MONDAY, None),
        (Terms(opens_at=MONDAY), MONDAY - SECOND, "Sign-up opens"),
        (Terms(closes_at=MONDAY), MONDAY - SECOND, None),
        (Terms(closes_at=MONDAY), MONDAY, "Sign-up closed"),
        (Terms(MONDAY, MONDAY + DAY), MONDAY + DAY, "Sign-up closed"),
    ],
)
def test_sign_up_is_open_from_one_moment_until_another(terms: Terms, now: datetime, shut: str | None) -> None:
    why = terms.shut(now)
    assert (why and why.text[: len(shut or "")]) == shut


def test_before_it_opens_and_after_the_deadline_nobody_signs_up_and_everybody_reads_when(
    leader: Someone, alice: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    date = asking(make_date(leader, in_days=5), opens_before=3 * 24 * 60, deadline_before=12 * 60)
    opens, closes, path = date.starts_at - 3 * DAY, date.starts_at - 12 * HOUR, f"/occurrences/{date.id}"
    page = browser(alice).get(path)
    assert page.card(date.id)["data-state"] == "closed"
    assert "Sign-up opens on Wed 25 Nov at 9:00." in page.text
    assert page.soup.select('form[action$="/signup"] button:not([name])') == []
    assert "Sign-up opens on Wed 25 Nov at 9:00." in browser(alice).post(f"{path}/signup").errors[0]
    at(opens)
    assert browser(alice).get(path).submit("/signup").news == ["You are signed up. See you there!"]
    at(closes)
    page = browser(bob).get(path)
    assert page.card(date.id)["data-state"] == "closed"
    assert "Sign-up closed on Fri 27 Nov at 21:00" in page.text or "Sign-up closed on Today, Fri at 21:00" in page.text
    assert "Sign-up closed on" in browser(bob).post(f"{path}/signup").errors[0]
    assert browser(alice).get(path).card(date.id)["data-state"] == "confirmed"
    write(lambda: organiser.sign_up_member(leader.actor, date.id, None, bob.id, clock.now(), despite_clash=False))
    assert signup_of(bob).status is Status.CONFIRMED
    assert jobs.check(clock.now()) == []


def test_dates_of_a_series_open_each_at_its_own_time(leader: Someone, alice: Someone, browser: Open) -> None:
    first, *_ = dates.list_for(make_activity(leader, repeat=Repeat.WEEKLY, until=(MONDAY + 20 * DAY).date()))
    asking(first, opens_before=10 * 24 * 60)
    page = browser(alice).post(f"/occurrences/{first.id}/signup", following=3)
    assert page.news == ["You are signed up for 2 dates."] or page.news == ["You are signed up for 1 date."]
    assert all("Sign-up opens on" in error for error in page.errors) and page.errors


UNTICKED = "Nothing has been done yet. Please tick that this is true, then sign up again: “%s”"
GROWN = "I am 16 or older."


@pytest.mark.parametrize(
    ("terms", "claim"),
    [
        ({"min_age": 16}, GROWN),
        ({"requirements": "Can swim"}, "I meet the requirements: Can swim"),
        ({"min_age": 16, "requirements": "Can swim"}, "I am 16 or older and meet the requirements: Can swim"),
    ],
)
def test_who_signs_up_ticks_what_is_asked_and_is_refused_kindly_without_it(
    leader: Someone, alice: Someone, browser: Open, terms: dict[str, object], claim: str
) -> None:
    date = asking(make_date(leader), **terms)
    week = browser(alice).get("/")
    assert week.soup.select('form[action$="/signup"]') == []
    page = browser(alice).get(f"/occurrences/{date.id}")
    assert claim in page.text
    assert page.submit("/signup").errors == [UNTICKED % claim]
    page.submit("/signup", meets="1")
    signup = signup_of(alice)
    assert (signup.status, signup.meets_at) == (Status.CONFIRMED, clock.now())
    assert browser(alice).post(f"/occurrences/{date.id}/signup").errors == []  # asking again changes nothing


def test_so_does_who_has_a_position_and_takes_the_only_one_left_to_them(
    leader: Someone, alice: Someone, browser: Open
) -> None:
    shifts = PlannedShift("Gloves", time(9), time(10), 5), PlannedShift("Bags", time(10), time(11), 5)
    date = asking(make_date(leader, start=time(9), end=time(11), shifts=shifts), min_age=16)
    gloves, _ = shifts_of(date)
    path = f"/occurrences/{date.id}"
    browser(alice).post(f"{path}/signup", shift=gloves.id, meets="1")
    page = browser(alice).get(path)
    assert page.submit("/signup").errors == [UNTICKED % GROWN]
    assert page.submit("/signup", meets="1").errors == []
    assert [shift.taken for shift in shifts_of(date)] == [1, 1]


def test_so_does_who_signs_up_for_this_and_the_next_ones(leader: Someone, alice: Someone, browser: Open) -> None:
    first, *_ = dates.list_for(make_activity(leader, repeat=Repeat.WEEKLY, until=(MONDAY + 20 * DAY).date()))
    asking(first, min_age=16)
    path = f"/occurrences/{first.id}/signup"
    assert browser(alice).post(path, following=3).errors == [UNTICKED % GROWN]
    assert browser(alice).post(path, following=3, meets="1").errors == []


def test_so_does_who_comes_with_others_and_nobody_too_young_comes_along(
    leader: Someone, alice: Someone, browser: Open
) -> None:
    date = asking(make_date(leader, kind="reading_day"), min_age=16)
    child = together(browser, alice, date, ("Kim", "child"), guardian="y", meets="1", status=422)
    assert "Only people of 16 and older come to this, so Kim cannot come along." in child.text
    assert UNTICKED % GROWN in together(browser, alice, date, ("Bo", "youth"), status=422).text
    together(browser, alice, date, ("Bo", "youth"), meets="1")
    assert signup_of(alice).places == 2


@pytest.mark.parametrize(
    ("band", "min_age", "comes"),
    [
        (AgeBand.INFANT, 3, False),
        (AgeBand.CHILD, 13, True),
        (AgeBand.CHILD, 14, False),
        (AgeBand.YOUTH, 17, True),
        (AgeBand.YOUTH, 18, False),
        (AgeBand.ADULT, 60, True),
    ],
)
def test_who_is_surely_too_young_cannot_come_along(band: AgeBand, min_age: int, comes: bool) -> None:
    objection = rules.objection([Guest("Kim", band)], True, dangerous=False, min_age=min_age)
    assert (objection is None) is comes


def test_so_does_who_stands_in_for_another(
    team: Team, leader: Someone, alice: Someone, bob: Someone, browser: Open
) -> None:
    date = make_date(leader)
    sign_up(alice, date)
    asking(date, min_age=16)
    only_these(team, alice, bob)
    question = write(lambda: stand_ins.ask(alice.actor, date.id, clock.now()))
    page = browser(bob).get("/me")
    assert GROWN in page.text
    assert page.submit(f"/stand-ins/{question.id}", answer="yes").errors == [UNTICKED % GROWN]
    page.submit(f"/stand-ins/{question.id}", answer="yes", meets="1")
    assert signup_of(bob).status is Status.CONFIRMED


def test_whoever_a_leader_signs_up_needs_no_tick(leader: Someone, alice: Someone) -> None:
    date = asking(make_date(leader), min_age=16)
    write(lambda: organiser.sign_up_member(leader.actor, date.id, None, alice.id, clock.now(), despite_clash=False))
    assert signup_of(alice).status is Status.CONFIRMED
