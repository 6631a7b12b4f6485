"""Dates move, are called off and come back; nobody loses a place over it."""

from datetime import date, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.make import (
    Someone,
    make_activity,
    make_administrator,
    make_date,
    make_member,
    shifts_of,
    sign_up,
)
from tests.moments import MONDAY, ZONE, SetClock
from tests.pages import Open, Page
from volunteer import clock
from volunteer.activities import dates
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import HolidayPolicy, Repeat
from volunteer.activities.rules import PlannedShift
from volunteer.activities.states import ActivityState, OccurrenceState
from volunteer.signups import jobs
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

FRIDAYS = [date(2026, 11, 27), date(2026, 12, 4), date(2026, 12, 11), date(2026, 12, 18)]


def coming() -> list[Occurrence]:
    """Every date there is, in order of time, as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Occurrence).order_by(Occurrence.starts_at, Occurrence.id)))


def days() -> list[date]:
    return [clock.local(one.starts_at, ZONE).date() for one in coming()]


def move(open_browser: Open, leader: Someone, occurrence: Occurrence, status: int = 200, **to: object) -> Page:
    """Fill in where a date goes; for all that follow, look first and press the button then."""
    page = open_browser(leader).get(f"/occurrences/{occurrence.id}/move")
    if to.get("scope") == "following" and "action" not in to:
        page, to = page.submit("/move", action="preview", **to), {}
    return page.submit("/move", status=status, **({"action": "save"} | to))


def state_for(open_browser: Open, someone: Someone, occurrence: Occurrence) -> str:
    return str(open_browser(someone).get(f"/occurrences/{occurrence.id}").card(occurrence.id)["data-state"])


def test_one_date_moves_and_everyone_keeps_their_place(
    leader: Someone, alice: Someone, series: Activity, browser: Open
) -> None:
    first, *others = coming()
    sign_up(alice, first)
    name, others_before = first.public_id, [(one.id, one.starts_at, one.sequence) for one in others]
    page = move(browser, leader, first, date="2026-11-28", start="14:00", end="16:00")
    assert "Everyone keeps their place" in page.news[0]
    moved = db.session.get_one(Occurrence, first.id)
    assert clock.local(moved.starts_at, ZONE).isoformat().startswith("2026-11-28T14:00")
    assert (moved.public_id, moved.sequence, moved.fixed) == (name, 1, True)
    (shift,) = shifts_of(moved)
    assert (shift.starts_at, shift.ends_at, shift.taken) == (moved.starts_at, moved.ends_at, 1)
    assert state_for(browser, alice, moved) == "confirmed"
    assert [(one.id, one.starts_at, one.sequence) for one in coming() if one.id != first.id] == others_before


def test_shifts_move_with_their_date(leader: Someone, browser: Open) -> None:
    shifts = [PlannedShift("", time(9), time(11), 3), PlannedShift("Late", time(10), time(11), 2)]
    occurrence = make_date(leader, end=time(11), shifts=shifts)
    move(browser, leader, occurrence, start="14:00", end="17:00")
    whole, late = shifts_of(occurrence)
    assert late.starts_at - whole.starts_at == timedelta(hours=1)
    assert whole.ends_at == late.ends_at == whole.starts_at + timedelta(hours=3)


def test_a_look_before_moving_changes_nothing_and_names_who_is_affected(
    leader: Someone, alice: Someone, series: Activity, browser: Open
) -> None:
    second = coming()[1]
    sign_up(alice, second)
    before = [(one.id, one.starts_at) for one in coming()]
    page = move(browser, leader, second, action="preview", scope="following", date="2026-12-05")
    preview = page.soup.select_one("#preview")
    assert preview and [tag["datetime"] for tag in preview.select("time")] == ["2026-12-05", "2026-12-12", "2026-12-19"]
    assert "1 person keeps their place" in preview.get_text(" ")
    assert [(one.id, one.starts_at) for one in coming()] == before


def test_the_leader_learns_that_alice_would_be_elsewhere_before_the_date_moves(
    leader: Someone, alice: Someone, team: Team, browser: Open
) -> None:
    cleanup, lecture = make_date(leader, day=FRIDAYS[0]), make_date(leader, title="Lecture", day=FRIDAYS[1])
    for someone in (alice, make_member(team, "Bob")):
        sign_up(someone, cleanup)
    sign_up(alice, lecture)
    page = move(browser, leader, cleanup, 422, date="2026-12-04", start="10:00", end="11:00")
    assert page.errors == ["This is what would become of each date now. Look at it, then move them."]
    assert "2 people keep their places 1 of them is elsewhere at that time" in page.text
    assert days() == FRIDAYS[:2]
    page.submit("/move", action="save")
    assert days() == [FRIDAYS[1], FRIDAYS[1]]


def test_dates_that_move_along_are_not_elsewhere_and_back_to_back_is_no_clash(
    leader: Someone, alice: Someone, series: Activity, browser: Open
) -> None:
    for one in coming():
        sign_up(alice, one)
    sign_up(alice, make_date(leader, title="Lecture", day=FRIDAYS[3], start=time(11), end=time(12)))
    page = move(
        browser, leader, coming()[1], action="preview", scope="following", date="2026-12-11", start="9:30", end="11:00"
    )
    assert "elsewhere" not in page.text


def test_what_has_not_been_looked_at_does_not_move(leader: Someone, series: Activity, browser: Open) -> None:
    second = coming()[1]
    page = move(browser, leader, second, action="preview", scope="following", date="2026-12-05")
    page = page.submit("/move", action="save", date="2026-12-06", status=422)
    assert page.errors == ["This is what would become of each date now. Look at it, then move them."]
    assert days() == FRIDAYS
    page.submit("/move", action="save")
    assert days() == [FRIDAYS[0], date(2026, 12, 6), date(2026, 12, 13), date(2026, 12, 20)]


def test_this_and_all_that_follow_move_to_saturdays(
    leader: Someone, alice: Someone, series: Activity, browser: Open
) -> None:
    _first, second, *_ = coming()
    names = [one.public_id for one in coming()]
    sign_up(alice, second)
    move(browser, leader, second, scope="following", date="2026-12-05", start="10:00", end="11:00")
    assert days() == [FRIDAYS[0], date(2026, 12, 5), date(2026, 12, 12), date(2026, 12, 19)]
    assert [one.public_id for one in coming()] == names
    assert [one.sequence for one in coming()] == [0, 1, 1, 1]
    new = db.session.scalars(select(Activity).where(Activity.predecessor_id == series.id)).one()
    assert [one.rule_date for one in dates.list_for(new)] == days()[1:]
    assert [one.rule_date for one in dates.list_for(db.session.get_one(Activity, series.id))] == [FRIDAYS[0]]
    assert state_for(browser, alice, second) == "confirmed"
    assert write(lambda: dates.make(db.session.get_one(Activity, new.id), MONDAY)) == 0
    assert write(lambda: dates.make(db.session.get_one(Activity, series.id), MONDAY)) == 0
    assert jobs.check(clock.now()) == []


def test_moving_all_from_the_first_on_puts_the_old_series_away(
    leader: Someone, series: Activity, browser: Open
) -> None:
    move(browser, leader, coming()[0], scope="following", start="08:00", end="09:00")
    assert days() == FRIDAYS
    assert db.session.get_one(Activity, series.id).state is ActivityState.ARCHIVED
    assert len(browser(leader).get("/activities").soup.select(".list tbody tr")) == 1


def test_a_series_by_hand_moves_from_a_date_on(leader: Someone, browser: Open) -> None:
    by_hand = ("2026-12-01", "2026-12-08", "2026-12-10")
    from tests.make import wanted
    from volunteer.activities import service as activities

    wish = wanted(leader.actor, repeat=Repeat.BY_HAND)
    object.__setattr__(wish, "dates", tuple(map(date.fromisoformat, by_hand)))
    write(lambda: activities.publish(leader.actor, activities.draft(leader.actor, wish, MONDAY).id, MONDAY))
    move(browser, leader, coming()[1], scope="following", date="2026-12-09")
    assert days() == [date(2026, 12, 1), date(2026, 12, 9), date(2026, 12, 11)]


def test_a_date_moved_by_hand_stays_when_the_others_follow(leader: Someone, series: Activity, browser: Open) -> None:
    _, second, third, _ = coming()
    move(browser, leader, third, date="2026-12-13")
    move(browser, leader, second, scope="following", date="2026-12-05")
    assert days() == [FRIDAYS[0], date(2026, 12, 5), date(2026, 12, 13), date(2026, 12, 19)]


@pytest.mark.parametrize(
    ("to", "complaint"),
    [
        ({"date": "2026-11-20"}, "That time has passed. Choose a later one."),
        ({"date": "x"}, "Choose a day, for example 2026-12-04."),
        ({"start": "11:00"}, "The end lies before the start. Choose a later one."),
        ({"scope": "everything"}, "Choose one of those listed."),
    ],
)
def test_a_date_does_not_move_to_nonsense(
    leader: Someone, series: Activity, browser: Open, to: dict[str, str], complaint: str
) -> None:
    page = move(browser, leader, coming()[0], status=422, **to)
    assert complaint in page.text
    assert days() == FRIDAYS


def test_a_date_that_has_begun_stays(leader: Someone, series: Activity, browser: Open, at: SetClock) -> None:
    first = coming()[0]
    at(first.starts_at)
    page = browser(leader).post(
        f"/occurrences/{first.id}/move", date="2026-12-30", start="09:00", end="10:00", scope="this", status=422
    )
    assert page.errors == ["This date has begun; it can no longer be moved."]


def test_a_cancelled_date_comes_back_with_everyone_on_it(leader: Someone, alice: Someone, browser: Open) -> None:
    occurrence = make_date(leader, capacity=1)
    bob = make_member_of(leader)
    sign_up(alice, occurrence)
    sign_up(bob, occurrence)
    browser(leader).post(f"/occurrences/{occurrence.id}/cancel", reason="wind")
    page = browser(leader).get(f"/occurrences/{occurrence.id}").submit("/restore")
    assert "takes place again" in page.news[0]
    assert (state_for(browser, alice, occurrence), state_for(browser, bob, occurrence)) == ("confirmed", "waiting")
    db.session.expire_all()
    assert db.session.get_one(Occurrence, occurrence.id).sequence == 2
    browser(alice).post(f"/occurrences/{occurrence.id}/withdraw")
    assert state_for(browser, bob, occurrence) == "confirmed"
    assert jobs.check(clock.now()) == []


def make_member_of(leader: Someone) -> Someone:
    return make_member(db.session.get_one(Team, leader.actor.team_id), "Bob")


def test_a_date_skipped_for_a_holiday_can_take_place_after_all(leader: Someone, alice: Someone, browser: Open) -> None:
    make_activity(leader, repeat=Repeat.WEEKLY, day=date(2026, 12, 25), until=date(2027, 1, 8))
    skipped = next(one for one in coming() if one.state is OccurrenceState.SKIPPED)
    browser(leader).post(f"/occurrences/{skipped.id}/restore")
    assert state_for(browser, alice, skipped) == "open"
    sign_up(alice, skipped)


def test_nothing_comes_back_once_its_time_has_passed(leader: Someone, browser: Open, at: SetClock) -> None:
    occurrence = make_date(leader)
    browser(leader).post(f"/occurrences/{occurrence.id}/cancel", reason="wind")
    at(occurrence.starts_at)
    page = browser(leader).post(f"/occurrences/{occurrence.id}/restore")
    assert page.errors == ["Its time has passed; it cannot be brought back. Plan a new date instead."]


def add_holiday(open_browser: Open, team: Team, day: str, working: str = "off", status: int = 200, **more: str) -> Page:
    form = open_browser(make_administrator(team)).get("/holidays")
    notice = {"first": day, "working": working, "name": "Horse fair", "source": "County notice 12"}
    return form.submit("/holidays", status=status, **(notice | more))


def test_a_new_holiday_calls_a_date_off_only_after_a_leader_has_looked(
    team: Team, leader: Someone, alice: Someone, series: Activity, browser: Open
) -> None:
    sign_up(alice, coming()[1])
    page = add_holiday(browser, team, "2026-12-04")
    assert page.path == "/activities/out-of-plan"
    assert "Horse fair" in page.text and "1 person keeps their place" in page.text
    assert {one.state for one in coming()} == {OccurrenceState.PUBLISHED}
    page = browser(leader).get("/activities/out-of-plan").submit("/keep-to-plan")
    assert page.news == ["1 date changed. Calendars may lag a day."]
    off = coming()[1]
    assert (off.state, off.reason, off.sequence) == (OccurrenceState.CANCELLED, "Horse fair", 1)
    assert "All series agree" in browser(leader).get("/activities/out-of-plan").text


def test_a_holiday_moves_a_date_to_the_next_working_day(team: Team, leader: Someone, browser: Open) -> None:
    make_activity(leader, repeat=Repeat.WEEKLY, day=FRIDAYS[0], until=FRIDAYS[1], holidays=HolidayPolicy.NEXT)
    add_holiday(browser, team, "2026-12-04", last="2026-12-06").submit("/keep-to-plan")
    assert days() == [FRIDAYS[0], date(2026, 12, 7)]


def test_working_on_a_holiday_brings_a_skipped_date_back(team: Team, leader: Someone, browser: Open) -> None:
    make_activity(leader, repeat=Repeat.WEEKLY, day=date(2026, 12, 25), until=date(2027, 1, 8))
    add_holiday(browser, team, "2027-01-01", working="working").submit("/keep-to-plan")
    assert {one.state for one in coming()} == {OccurrenceState.PUBLISHED}


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"day": "2026-13-01"}, "Choose a day, for example 2026-12-04."),
        ({"day": "2026-12-04", "last": "2026-12-01"}, "The last day lies before the first"),
        ({"day": "2026-12-04", "last": "2027-12-04"}, "more than a month after it"),
        ({"day": "2026-12-04", "name": ""}, "Give it a name."),
        ({"day": "2026-12-04", "source": ""}, "Name the notice."),
    ],
)
def test_a_holiday_without_sense_is_refused(team: Team, browser: Open, wrong: dict[str, str], complaint: str) -> None:
    assert complaint in add_holiday(browser, team, status=422, **wrong).text


def test_two_notices_do_not_overlap(team: Team, browser: Open) -> None:
    add_holiday(browser, team, "2026-12-04")
    page = add_holiday(browser, team, "2026-12-03", last="2026-12-05", status=422)
    assert "2026-12-04 is written down already as “Horse fair”. Take that out first." in page.text


def test_a_holiday_can_be_taken_out_again(team: Team, browser: Open) -> None:
    add_holiday(browser, team, "2026-12-04")
    admin = browser(make_administrator(team))
    admin.get("/holidays").submit("/take-out")
    assert "Horse fair" not in admin.get("/holidays").text


def test_one_tap_signs_up_for_this_and_the_next_three(
    leader: Someone, alice: Someone, series: Activity, browser: Open
) -> None:
    first, second, *_ = coming()
    clash = make_date(leader, day=FRIDAYS[1], title="Talk", start=time(10), end=time(11))
    sign_up(alice, clash)
    page = browser(alice).get(f"/occurrences/{first.id}")
    button = page.soup.select_one('button[name="following"]')
    assert button
    page = browser(alice).post(f"/occurrences/{first.id}/signup", following=3)
    assert page.news == ["You are signed up for 3 dates."]
    assert page.errors == ["You are already signed up for “Talk” at this time (10:00–11:00)."]
    assert state_for(browser, alice, second) == "open"
    assert jobs.check(clock.now()) == []


def test_a_series_that_reaches_beyond_the_horizon_says_how_far_behind_it_is(leader: Someone, app: Flask) -> None:
    make_activity(leader, repeat=Repeat.WEEKLY, day=FRIDAYS[0], until=date(2028, 11, 24))
    assert dates.lag(MONDAY) <= 1
    assert dates.lag(MONDAY + timedelta(days=10)) == 10
    write(
        lambda: [
            dates.make(one, MONDAY + timedelta(days=10))
            for one in dates.list_series_in_need(MONDAY + timedelta(days=10))
        ]
    )
    assert dates.lag(MONDAY + timedelta(days=10)) <= 1
