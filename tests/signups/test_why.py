"""By which rule, and on which figures, a sign-up stands as it does: as of that moment, the same for all who read it."""

from datetime import time, timedelta

import pytest

from tests.ledger.missing import NOVEMBER, judge, missed_three
from tests.make import (
    Someone,
    make_administrator,
    make_date,
    make_member,
    shifts_of,
    sign_up,
    signup_of,
    tick,
    withdraw,
)
from tests.moments import SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.accounts.models import Person
from volunteer.activities.rules import PlannedShift
from volunteer.ledger.states import EntryKind
from volunteer.signups import organiser, rules
from volunteer.signups.states import Ground, Status, Why
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

pytestmark = pytest.mark.begins(NOVEMBER)
YEAR = timedelta(days=365)


def zh(open_browser: Open, someone: Someone, path: str) -> str:
    write(lambda: setattr(db.session.get_one(Person, someone.id), "locale", "zh_Hans_CN"))
    text = open_browser(someone).get(path).text
    write(lambda: setattr(db.session.get_one(Person, someone.id), "locale", "en"))
    return text


def test_in_chinese_the_line_stands_in_chinese_brackets(leader: Someone, team: Team, browser: Open) -> None:
    date = make_date(leader, shifts=[PlannedShift("", time(9), time(10), 5, needs_approval=True)], end=time(10))
    someone = make_member(team, locale=None)
    page = browser(someone, locale="zh").get(f"/occurrences/{date.id}").submit("/signup")
    assert page.news == ["已提交，等领队同意，结果会显示在这里（这个岗位的报名都要领队同意）"]


def test_a_hold_names_the_no_shows_and_until_when_and_the_leader_reads_the_same_line(
    leader: Someone, bob: Someone, team: Team, browser: Open, at: SetClock
) -> None:
    first, *_ = missed_three(leader, bob, at)
    date = make_date(leader)
    ends = first.starts_at + YEAR
    page = browser(bob).get(f"/occurrences/{date.id}").submit("/signup")
    line = f"3 no-shows, until {ends:%a} {ends.day} {ends:%b %Y}: a leader decides first"
    assert page.news == [f"Your request is with the leader. You will see the answer here. ({line})"]
    assert signup_of(bob, date).why == Why(Ground.NO_SHOWS, 3, 0, ends)
    roster = f"/occurrences/{date.id}/roster"
    assert line in page.text
    assert line in browser(leader).get(roster).text
    assert f"3 次爽约，到 {ends.year}年{ends.month}月{ends.day}日" in zh(browser, leader, roster)
    judge(make_administrator(team), bob, first, EntryKind.EXCUSED)  # afterwards: it was three then
    assert line in browser(leader).get(roster).text
    assert line in browser(bob).get(f"/occurrences/{date.id}").text
    browser(leader).get(roster).submit(f"/list/{signup_of(bob, date).id}", decision="decline")
    assert line in browser(bob).get(f"/occurrences/{date.id}").text


def test_of_five_no_shows_the_third_newest_says_until_when() -> None:
    missed = [NOVEMBER + timedelta(days=n) for n in range(5)]
    now = NOVEMBER + timedelta(days=9)
    assert rules.hold(missed, now) == Why(Ground.NO_SHOWS, 5, 0, missed[2] + YEAR)
    assert rules.hold(missed, missed[2] + YEAR - timedelta(seconds=1)) is not None
    assert rules.hold(missed, missed[2] + YEAR) is None


def test_a_request_for_a_position_says_that_a_leader_answers_each(
    leader: Someone, alice: Someone, browser: Open
) -> None:
    position = PlannedShift("", time(9), time(10), 5, needs_approval=True)
    date = make_date(leader, start=time(9), end=time(10), shifts=[position])
    line = "A leader answers every sign-up for this position"
    assert line in browser(alice).get(f"/occurrences/{date.id}").submit("/signup").text
    assert line in browser(leader).get(f"/occurrences/{date.id}/roster").text


def test_who_waits_reads_how_many_places_were_free_then(
    leader: Someone, alice: Someone, bob: Someone, browser: Open
) -> None:
    date = make_date(leader, capacity=1, in_days=5)
    sign_up(alice, date)
    sign_up(bob, date)
    (shift,) = shifts_of(date)
    assert signup_of(bob).why == Why(Ground.FULL, 0, 1)
    assert "0 of 1 places were free when you signed up" in browser(bob).get(f"/occurrences/{date.id}").text
    assert shift.taken == 1


def test_an_offer_says_why_it_is_one_and_until_when_also_once_it_has_lapsed(
    leader: Someone, alice: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    date = make_date(leader, capacity=1, in_days=2, start=time(15), end=time(16))
    sign_up(alice, date)
    sign_up(bob, date)
    at(date.starts_at - timedelta(hours=6))
    withdraw(alice, date)
    line = "Within 24 hours of the start: offered until Today, "
    assert line in browser(bob).get(f"/occurrences/{date.id}").text
    until = signup_of(bob).offer_until
    assert until and signup_of(bob).why == Why(Ground.NEAR, 24, 0, until)
    tick(at, until)
    assert signup_of(bob).status is Status.LAPSED
    assert line in browser(bob).get(f"/occurrences/{date.id}").text


def test_who_has_a_place_or_is_signed_up_by_a_leader_needs_no_reason(
    leader: Someone, alice: Someone, bob: Someone
) -> None:
    date = make_date(leader)
    sign_up(alice, date)
    write(lambda: organiser.sign_up_member(leader.actor, date.id, None, bob.id, clock.now(), despite_clash=False))
    assert (signup_of(alice).why, signup_of(bob).why) == (None, None)


def test_nobody_answers_their_own_request_and_is_told_on_which_figures(
    leader: Someone, team: Team, browser: Open, at: SetClock
) -> None:
    other = make_administrator(team)
    missed_three(other, leader, at)
    date = make_date(other)
    sign_up(leader, date)
    page = browser(leader).post(f"/occurrences/{date.id}/list/{signup_of(leader, date).id}", decision="approve")
    assert page.errors[0].startswith(
        "Nobody decides about their own sign-ups. Please ask another leader. (3 no-shows, "
    )
