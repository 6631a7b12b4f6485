"""Two leaders, or two taps, change the same dates at once: each decides on what the other has done.

While one request has read but not yet locked, the other does its deed and is through: the worst that a race can be.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import select

from tests.edits import edit
from tests.make import (
    Someone,
    describe,
    make_activity,
    make_administrator,
    make_date,
    make_draft,
    move_date,
    move_following,
    sign_up,
    signup_of,
    wanted,
)
from tests.moments import FRIDAY
from volunteer import clock
from volunteer.activities import dates, holidays
from volunteer.activities import service as activities
from volunteer.activities.models import Activity, CalendarDay, Occurrence
from volunteer.activities.recurrence import Repeat
from volunteer.activities.states import ActivityState, OccurrenceState
from volunteer.errors import Refused
from volunteer.schedule import cancellations, moves, undoing, weather
from volunteer.schedule.models import Edit
from volunteer.signups import jobs
from volunteer.signups import service as signups
from volunteer.signups.states import Status
from volunteer.storage.database import db, write
from volunteer.teams.models import Team

T = TypeVar("T")

pytestmark = pytest.mark.skipif(
    os.environ.get("VOLUNTEER_TEST_DATABASE", "sqlite") == "sqlite",
    reason="SQLite lets one write in at a time, so nobody reads before another writes",
)


def all_dates() -> list[Occurrence]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Occurrence).order_by(Occurrence.rule_date, Occurrence.id)))


def after_reading(app: Flask, other: Callable[[], object], deed: Callable[[], T]) -> T:
    """Do a deed whose request has read everything before another's was done."""

    def do_other() -> None:
        with app.app_context():
            write(other)

    def race() -> T:
        read = [*db.session.scalars(select(Activity)), *db.session.scalars(select(Occurrence))]
        thread = threading.Thread(target=do_other)
        thread.start()
        thread.join()
        result = deed()
        assert read
        return result

    return write(race)


def on_from(leader: Someone, occurrence: Occurrence, day: date) -> Callable[[], object]:
    occurrence_id = occurrence.id
    return lambda: move_following(leader.actor, occurrence_id, day, time(9), time(10), clock.now())


def to(leader: Someone, occurrence: Occurrence, day: date) -> Callable[[], object]:
    occurrence_id = occurrence.id
    return lambda: move_date(leader.actor, occurrence_id, day, time(9), time(10), clock.now())


def test_two_taps_move_a_series_once(app: Flask, leader: Someone, series: Activity) -> None:
    deed = on_from(leader, all_dates()[1], date(2026, 12, 5))
    after_reading(app, deed, deed)
    assert [one.sequence for one in all_dates()] == [0, 1, 1, 1]
    assert len(list(db.session.scalars(select(Activity)))) == 2


def test_two_leaders_move_a_series_from_different_dates_on_and_every_date_is_there_once(
    app: Flask, leader: Someone, series: Activity
) -> None:
    _, second, _, fourth, *_ = all_dates()
    after_reading(app, on_from(leader, second, date(2026, 12, 5)), on_from(leader, fourth, date(2026, 12, 20)))
    assert [f"{one.starts_at:%m-%d}" for one in all_dates()] == ["11-27", "12-05", "12-12", "12-20"]
    in_use = {one.activity_id for one in all_dates()}
    assert {one.id for one in db.session.scalars(select(Activity))} == in_use


def changed(leader: Someone, occurrence: Occurrence, n: int) -> Callable[[], object]:
    occurrence_id = occurrence.id
    return lambda: edit(leader.actor, occurrence_id, n, clock.now())


def stormy(leader: Someone, occurrence: Occurrence, to: date | None) -> Callable[[], object]:
    storm = weather.Storm(None, occurrence.id, "Storm", to)
    return lambda: weather.save(leader.actor, weather.preview(leader.actor, storm, clock.now()), clock.now())


LATER, PLACE = 34, 16
"""Edits of a whole series, as `tests.edits` numbers them."""


def test_of_two_leaders_who_save_an_edit_at_once_the_second_is_shown_both(
    app: Flask, leader: Someone, series: Activity
) -> None:
    first = all_dates()[0]
    with pytest.raises(Refused, match="Somebody else has just changed this activity"):
        after_reading(app, changed(leader, first, PLACE), changed(leader, first, LATER))
    assert {(one.place, one.sequence) for one in all_dates()} == {("Square", 1)}
    assert len(list(db.session.scalars(select(Edit)))) == 1


def test_a_storm_and_an_edit_at_once_are_two_changes_of_the_same_date(
    app: Flask, leader: Someone, series: Activity, alice: Someone
) -> None:
    first, second, *_ = all_dates()
    sign_up(alice, second)
    after_reading(app, stormy(leader, second, date(2026, 12, 6)), changed(leader, first, LATER))
    assert [(f"{one.starts_at:%m-%d}", one.sequence) for one in all_dates()] == [
        ("11-27", 1),
        ("12-06", 1),
        ("12-11", 1),
        ("12-18", 1),
    ]
    after_reading(app, changed(leader, first, PLACE), stormy(leader, second, None))
    assert [one.state for one in all_dates()].count(OccurrenceState.CANCELLED) == 1
    assert jobs.check(clock.now()) == []


def test_two_leaders_call_the_same_day_off_and_it_is_called_off_once(
    app: Flask, leader: Someone, series: Activity
) -> None:
    second = all_dates()[1]
    with pytest.raises(Refused, match="Nothing takes place then"):
        after_reading(app, stormy(leader, second, None), stormy(leader, second, date(2026, 12, 6)))
    assert [one.sequence for one in all_dates()] == [0, 1, 0, 0]


def test_an_edit_is_taken_back_once_and_not_from_under_who_signs_up_meanwhile(
    app: Flask, leader: Someone, series: Activity, alice: Someone
) -> None:
    first, second, *_ = all_dates()
    edit_id, second_id = write(changed(leader, first, LATER)).id, second.id

    def back() -> object:
        return undoing.undo(leader.actor, undoing.preview(leader.actor, edit_id, clock.now()), clock.now())

    after_reading(app, lambda: signups.sign_up(alice.actor, second_id, None, clock.now()), back)
    assert {one.sequence for one in all_dates()} == {2}
    assert signup_of(alice).status is Status.CONFIRMED
    with pytest.raises(Refused, match="cannot be taken back any more"):
        write(back)
    assert jobs.check(clock.now()) == []


def test_planning_ahead_does_not_bring_back_a_series_that_has_just_moved(
    app: Flask, leader: Someone, series: Activity
) -> None:
    deed, series_id = on_from(leader, all_dates()[1], date(2026, 12, 5)), series.id
    plan_ahead = lambda: dates.make(db.session.get_one(Activity, series_id), clock.now())  # noqa: E731
    assert after_reading(app, deed, plan_ahead) == 0
    assert len(all_dates()) == 4


def test_two_moves_of_a_date_are_two_changes_for_its_calendars(app: Flask, leader: Someone) -> None:
    one = make_date(leader)
    after_reading(app, to(leader, one, date(2026, 12, 5)), to(leader, one, date(2026, 12, 6)))
    assert [one.sequence for one in all_dates()] == [2]


def test_a_new_title_and_a_move_are_two_changes_for_its_calendars(app: Flask, leader: Someone) -> None:
    one = make_date(leader)
    details, activity_id = replace(wanted(leader.actor).details, title="New"), one.activity_id
    after_reading(
        app,
        lambda: describe(leader.actor, activity_id, details, clock.now()),
        to(leader, one, date(2026, 12, 5)),
    )
    assert [(one.title, one.sequence) for one in all_dates()] == [("New", 2)]


def test_a_skipped_date_brought_back_twice_has_its_shifts_once(app: Flask, leader: Someone) -> None:
    make_activity(leader, repeat=Repeat.WEEKLY, day=date(2026, 12, 25), until=date(2027, 1, 8))
    skipped = next(one.id for one in all_dates() if one.state is OccurrenceState.SKIPPED)
    restore = lambda: cancellations.restore_date(leader.actor, skipped, clock.now())  # noqa: E731
    after_reading(app, restore, restore)
    assert jobs.check(clock.now()) == []


def test_a_draft_published_meanwhile_is_no_longer_replaced(app: Flask, leader: Someone) -> None:
    draft_id, other = make_draft(leader).id, wanted(leader.actor, title="Another")
    with pytest.raises(Refused, match="published already"):
        after_reading(
            app,
            lambda: activities.publish(leader.actor, draft_id, clock.now()),
            lambda: activities.revise_draft(leader.actor, draft_id, 1, other, clock.now()),
        )
    assert [one.title for one in all_dates()] == ["Friday cleanup"]


def test_a_draft_replaced_meanwhile_is_published_as_it_is_now(app: Flask, leader: Someone) -> None:
    draft_id, other = make_draft(leader).id, wanted(leader.actor, title="Another", in_days=5)
    after_reading(
        app,
        lambda: activities.revise_draft(leader.actor, draft_id, 1, other, clock.now()),
        lambda: activities.publish(leader.actor, draft_id, clock.now()),
    )
    assert [(one.title, one.rule_date) for one in all_dates()] == [("Another", FRIDAY + timedelta(days=1))]
    assert db.session.get_one(Activity, draft_id).state is ActivityState.PUBLISHED


def test_the_reason_a_leader_gives_is_not_lost_to_a_holiday(
    app: Flask, team: Team, leader: Someone, series: Activity
) -> None:
    notice = holidays.HolidayNotice(date(2026, 12, 4), date(2026, 12, 4), False, "Fair", "Notice 12")
    ada = make_administrator(team)
    write(lambda: holidays.add(ada.actor, notice, clock.now()))
    second, series_id = all_dates()[1].id, series.id
    changed = after_reading(
        app,
        lambda: cancellations.cancel_date(leader.actor, second, "storm", clock.now()),
        lambda: moves.keep_to_plan(leader.actor, db.session.get_one(Activity, series_id), clock.now()),
    )
    assert (changed, all_dates()[1].reason, all_dates()[1].sequence) == (0, "storm", 1)


def test_the_same_holiday_written_down_twice_at_once_is_refused_once(app: Flask, team: Team) -> None:
    ada = make_administrator(team)
    notice = holidays.HolidayNotice(date(2026, 12, 4), date(2026, 12, 4), False, "Fair", "Notice 12")
    asked, go = threading.Event(), threading.Event()

    def first() -> None:
        with app.app_context():
            write(lambda: [holidays.add(ada.actor, notice, clock.now()), asked.set(), go.wait(0.3)])

    thread = threading.Thread(target=first)
    thread.start()
    asked.wait()
    with pytest.raises(Refused, match="Somebody else"):
        write(lambda: holidays.add(ada.actor, notice, clock.now()))
    thread.join()
    assert len(list(db.session.scalars(select(CalendarDay)))) == 1
