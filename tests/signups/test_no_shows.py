"""Three no-shows in twelve months, and a leader decides about the next sign-ups; they expire."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from tests.ledger.missing import NOVEMBER, judge, miss, missed_three
from tests.make import (
    Someone,
    make_activity,
    make_administrator,
    make_date,
    make_leader,
    make_team,
    sign_up,
    signup_of,
    withdraw,
)
from tests.moments import ZONE, SetClock
from tests.pages import Open
from volunteer import clock
from volunteer.activities import dates
from volunteer.activities.recurrence import Repeat
from volunteer.errors import Refused
from volunteer.ledger import jobs
from volunteer.ledger.states import EntryKind
from volunteer.signups import organiser, rules, stand_ins
from volunteer.signups import service as signups
from volunteer.signups.states import Status
from volunteer.storage.database import write
from volunteer.teams.models import Team

pytestmark = pytest.mark.begins(NOVEMBER)

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
YEAR = timedelta(days=365)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("missed", "count"),
    [
        ([], 0),
        ([NOW], 1),
        ([NOW + SECOND], 0),
        ([NOW - YEAR], 0),
        ([NOW - YEAR + SECOND], 1),
        ([NOW, NOW - YEAR, NOW - 2 * YEAR], 1),
        ([NOW - timedelta(days=n) for n in (1, 8, 15)], 3),
    ],
)
def test_a_no_show_counts_for_365_days_from_the_start_of_the_date(missed: list[datetime], count: int) -> None:
    assert rules.that_count(missed, NOW) == sorted(rules.that_count(missed, NOW))
    assert len(rules.that_count(missed, NOW)) == count
    assert (rules.hold(missed, NOW) is not None) is (count >= 3)


def test_bob_missed_three_dates_and_his_fourth_sign_up_waits_for_a_leader(
    leader: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    missed_three(leader, bob, at)
    date_ = make_date(leader)
    page = browser(bob).get(f"/occurrences/{date_.id}").submit("/signup")
    assert page.news[0].startswith("Your request is with the leader. You will see the answer here. (3 no-shows, until ")
    assert signup_of(bob, date_).status is Status.REQUESTED
    roster = browser(leader).get(f"/occurrences/{date_.id}/roster")
    assert "3 no-shows" in roster.text
    roster.submit(f"/list/{signup_of(bob, date_).id}", decision="approve")
    assert signup_of(bob, date_).status is Status.CONFIRMED


def test_two_no_shows_change_nothing(leader: Someone, bob: Someone, at: SetClock) -> None:
    for days in (1, 8):
        miss(leader, bob, NOVEMBER + timedelta(days=days), at)
    at(NOVEMBER + timedelta(days=20))
    assert sign_up(bob, make_date(leader)).status is Status.CONFIRMED


def test_the_oldest_expires_after_365_days_and_the_next_sign_up_goes_through_at_once(
    leader: Someone, bob: Someone, at: SetClock
) -> None:
    first, *_ = missed_three(leader, bob, at)
    at(first.starts_at + YEAR - SECOND)
    assert sign_up(bob, make_date(leader)).status is Status.REQUESTED
    at(first.starts_at + YEAR)
    assert sign_up(bob, make_date(leader, start=time(14), end=time(15))).status is Status.CONFIRMED


def test_the_answer_says_how_many_no_shows_made_it_a_request_also_at_a_second_tap(
    leader: Someone, bob: Someone, at: SetClock, browser: Open
) -> None:
    missed_three(leader, bob, at)
    date_id, now = make_date(leader).id, clock.now()
    for _ in range(2):
        outcome = write(lambda: signups.sign_up(bob.actor, date_id, None, now))
        assert (outcome.status, outcome.signup.ground_n) == (Status.REQUESTED, 3)
    page = browser(bob).post(f"/occurrences/{date_id}/signup")
    assert "(3 no-shows, until " in page.news[0]


def test_what_was_excused_does_not_count(leader: Someone, team: Team, bob: Someone, at: SetClock) -> None:
    first, *_ = missed_three(leader, bob, at)
    judge(make_administrator(team), bob, first, EntryKind.EXCUSED)
    assert sign_up(bob, make_date(leader)).status is Status.CONFIRMED
    assert jobs.check(clock.now()) == []


def test_what_was_undone_does_not_count(leader: Someone, bob: Someone, browser: Open, at: SetClock) -> None:
    *_, last = missed_three(leader, bob, at)
    browser(leader).post(f"/occurrences/{last.id}/roster/{signup_of(bob, last).id}", mark="undo")
    assert sign_up(bob, make_date(leader)).status is Status.CONFIRMED
    assert jobs.check(clock.now()) == []


def test_two_teams_do_not_add_up(leader: Someone, bob: Someone, at: SetClock) -> None:
    missed_three(leader, bob, at)
    elsewhere = make_team()
    assert sign_up(bob_in(bob, elsewhere), make_date(make_leader(elsewhere))).status is Status.CONFIRMED


def bob_in(bob: Someone, team: Team) -> Someone:
    """Bob with his phone switched to another team he is in."""
    return Someone(replace(bob.actor, team_id=team.id, team_name=team.name), bob.phone)


def test_a_leader_who_signs_bob_up_has_decided(leader: Someone, bob: Someone, at: SetClock) -> None:
    missed_three(leader, bob, at)
    date_ = make_date(leader)
    actor, date_id, now = leader.actor, date_.id, clock.now()
    write(lambda: organiser.sign_up_member(actor, date_id, None, bob.id, now, despite_clash=False))
    assert signup_of(bob, date_).status is Status.CONFIRMED


def test_a_leader_who_missed_three_dates_does_not_decide_about_herself(
    leader: Someone, team: Team, browser: Open, at: SetClock
) -> None:
    lara = make_leader(team, "Lara")
    missed_three(lara, leader, at)
    cleanup = make_date(lara)
    assert sign_up(leader, cleanup).status is Status.REQUESTED
    path, no = f"/occurrences/{cleanup.id}/list", "Nobody decides about their own sign-ups."
    to_approve = f"{path}/{signup_of(leader, cleanup).id}"
    assert (
        browser(leader).post(to_approve, decision="approve").errors[0].startswith(f"{no} Please ask another leader. (3")
    )
    withdraw(leader, cleanup)
    assert browser(leader).post(f"{path}/sign-up", person=leader.id).errors[0].startswith(no)
    sign_up(leader, cleanup)
    assert browser(lara).post(to_approve, decision="approve").news[0] == "Done."


def test_the_next_fridays_and_a_family_wait_for_a_leader_too(
    leader: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    missed_three(leader, bob, at)
    today = clock.today(clock.now(), ZONE)
    series = make_activity(leader, in_days=2, repeat=Repeat.WEEKLY, until=today + timedelta(weeks=3))
    first = dates.list_for(series)[0]
    page = browser(bob).post(f"/occurrences/{first.id}/signup", following=2)
    assert len(page.news) == 1 and "(3 no-shows, until " in page.news[0]
    market = make_date(leader, in_days=4)
    page = browser(bob).get(f"/occurrences/{market.id}/party").submit("/party", **{"guests-0-name": "Ann"})
    assert "(3 no-shows, until " in page.news[0]
    assert {signup_of(bob, one).status for one in (first, market)} == {Status.REQUESTED}


def test_who_missed_three_dates_is_not_asked_to_stand_in(leader: Someone, bob: Someone, at: SetClock) -> None:
    missed_three(leader, bob, at)
    date_ = make_date(leader)
    sign_up(leader, date_)
    actor, date_id, now = leader.actor, date_.id, clock.now()
    with pytest.raises(Refused, match="Nobody else can be asked"):
        write(lambda: stand_ins.ask(actor, date_id, now))


def test_a_leave_refused_before_a_date_that_is_then_cancelled_counts_for_nothing(
    leader: Someone, bob: Someone, browser: Open, at: SetClock
) -> None:
    for days in (1, 8):
        miss(leader, bob, NOVEMBER + timedelta(days=days), at)
    at(NOVEMBER + timedelta(days=20))
    date_ = make_date(leader, in_days=1)
    sign_up(bob, date_)
    at(date_.starts_at - timedelta(hours=3))
    withdraw(bob, date_)
    judge(leader, bob, date_, EntryKind.NO_SHOW)
    browser(leader).post(f"/occurrences/{date_.id}/cancel", reason="storm")
    at(date_.ends_at + timedelta(days=1))
    assert sign_up(bob, make_date(leader)).status is Status.CONFIRMED
    assert jobs.check(clock.now()) == []


def test_who_comes_back_after_a_refused_leave_starts_anew(leader: Someone, bob: Someone, at: SetClock) -> None:
    date_ = make_date(leader, in_days=1)
    sign_up(bob, date_)
    at(date_.starts_at - timedelta(hours=3))
    withdraw(bob, date_)
    judge(leader, bob, date_, EntryKind.NO_SHOW)
    assert signup_of(bob, date_).no_show_at == date_.starts_at
    at(date_.starts_at - timedelta(hours=1))
    sign_up(bob, date_)
    assert (signup_of(bob, date_).status, signup_of(bob, date_).no_show_at) == (Status.CONFIRMED, None)
    assert jobs.check(clock.now()) == []
    at(date_.starts_at - timedelta(minutes=30))
    withdraw(bob, date_)
    assert jobs.check(clock.now()) == []
