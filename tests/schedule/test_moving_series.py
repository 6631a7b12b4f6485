"""A date and all that follow move: what was held stays, what follows keeps its people, nothing comes twice."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from sqlalchemy import event, select

from tests.make import Someone, make_administrator, move_date, move_following, wanted
from tests.moments import FRIDAY, MONDAY, ZONE, SetClock
from volunteer import clock
from volunteer.activities import dates, holidays
from volunteer.activities import jobs as planning
from volunteer.activities import service as activities
from volunteer.activities.holidays import HolidayNotice
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import HolidayPolicy, Repeat
from volunteer.activities.rules import PlannedShift
from volunteer.activities.states import OccurrenceState
from volunteer.schedule import cancellations, moves
from volunteer.storage.audit import AuditEntry
from volunteer.storage.database import db, write
from volunteer.teams.models import Team


def publish(leader: Someone, repeat: Repeat, day: date, until: date | None = None, **wishes: object) -> Activity:
    """A published series that keeps holidays unless told."""
    wish = wanted(leader.actor, repeat=repeat, day=day, until=until, holidays=HolidayPolicy.KEEP)
    draft = write(lambda: activities.draft(leader.actor, replace(wish, **wishes), clock.now()))
    return write(lambda: activities.publish(leader.actor, draft.id, clock.now()))


def all_dates() -> list[Occurrence]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Occurrence).order_by(Occurrence.starts_at, Occurrence.id)))


def days() -> list[str]:
    """The days on which something takes place, as MM-DD."""
    held = (one for one in all_dates() if one.state is OccurrenceState.PUBLISHED)
    return [f"{clock.local(one.starts_at, ZONE):%m-%d}" for one in held]


def move(leader: Someone, occurrence: Occurrence, day: date, start: time = time(9), end: time = time(10, 30)) -> None:
    occurrence_id = occurrence.id
    write(lambda: move_date(leader.actor, occurrence_id, day, start, end, clock.now()))


def move_on(
    leader: Someone, occurrence: Occurrence, day: date, start: time = time(9), end: time = time(10, 30)
) -> None:
    occurrence_id = occurrence.id
    write(lambda: move_following(leader.actor, occurrence_id, day, start, end, clock.now()))


def announce(team: Team, day: date, *, working: bool = False) -> None:
    ada = make_administrator(team)
    write(lambda: holidays.add(ada.actor, HolidayNotice(day, day, working, "Fair", "Notice 12"), clock.now()))


def keep_to_plan(leader: Someone, activity: Activity) -> int:
    activity_id = activity.id
    return write(lambda: moves.keep_to_plan(leader.actor, db.session.get_one(Activity, activity_id), clock.now()))


def test_a_series_that_moved_from_its_first_date_on_never_comes_back(leader: Someone, at: SetClock) -> None:
    publish(leader, Repeat.WEEKLY, FRIDAY, date(2027, 11, 26))
    made = len(all_dates())
    move_on(leader, all_dates()[0], FRIDAY + timedelta(days=1))
    at(MONDAY + timedelta(days=8))
    write(lambda: planning.tick(clock.now()))
    assert len(all_dates()) - made in (1, 2)
    assert {clock.local(one.starts_at, ZONE).strftime("%a") for one in all_dates()} == {"Sat"}
    assert dates.lag(clock.now()) <= 1


def test_moving_all_that_follow_to_where_they_stand_changes_nothing(leader: Someone) -> None:
    series = publish(leader, Repeat.WEEKLY, FRIDAY, date(2026, 12, 18))
    for _ in range(2):
        move_on(leader, all_dates()[1], date(2026, 12, 5))
    assert days() == ["11-27", "12-05", "12-12", "12-19"]
    assert [one.sequence for one in all_dates()] == [0, 1, 1, 1]
    assert len(list(db.session.scalars(select(Activity).where(Activity.id >= series.id)))) == 2


def test_dates_that_were_held_stay_when_one_before_them_was_put_off_and_moves_on(leader: Someone, at: SetClock) -> None:
    publish(leader, Repeat.WEEKLY, FRIDAY, date(2027, 1, 15))
    put_off = all_dates()[0]
    move(leader, put_off, date(2026, 12, 30))
    at(clock.utc(date(2026, 12, 12), time(8), ZONE))
    move_on(leader, put_off, date(2026, 12, 31))
    assert days() == ["12-04", "12-11", "12-19", "12-26", "12-31", "01-02", "01-09", "01-16"]
    write(lambda: planning.tick(clock.now()))
    assert len(days()) == 8


def test_a_date_put_off_behind_all_others_moves_on_alone(leader: Someone, at: SetClock) -> None:
    publish(leader, Repeat.WEEKLY, FRIDAY, date(2026, 12, 4))
    put_off = all_dates()[0]
    move(leader, put_off, date(2026, 12, 30))
    at(clock.utc(date(2026, 12, 12), time(8), ZONE))
    move_on(leader, put_off, date(2026, 12, 31))
    assert days() == ["12-04", "12-31"]


def test_the_date_chosen_goes_where_it_is_sent_although_it_was_moved_by_hand_before(leader: Someone) -> None:
    publish(leader, Repeat.WEEKLY, FRIDAY, date(2026, 12, 18))
    second = all_dates()[1]
    move(leader, second, date(2026, 12, 5))
    move_on(leader, second, date(2026, 12, 6), time(14), time(15))
    assert days() == ["11-27", "12-06", "12-12", "12-19"]


def test_the_date_chosen_takes_place_although_it_is_sent_to_a_holiday(leader: Someone) -> None:
    series = publish(leader, Repeat.WEEKLY, date(2026, 12, 25), date(2027, 1, 22), holidays=HolidayPolicy.SKIP)
    move_on(leader, all_dates()[0], date(2027, 1, 1))
    assert days() == ["01-01", "01-08", "01-15", "01-22", "01-29"]
    (new,) = db.session.scalars(select(Activity).where(Activity.predecessor_id == series.id))
    assert keep_to_plan(leader, new) == 0


@pytest.mark.parametrize(
    ("repeat", "first", "until", "chosen"),
    [
        (Repeat.MONTHLY_DATE, date(2026, 12, 31), date(2027, 5, 31), 2),
        (Repeat.MONTHLY_WEEKDAY, date(2027, 1, 22), date(2027, 5, 31), 1),
        (Repeat.QUARTERLY, date(2026, 11, 30), date(2027, 5, 31), 1),
        (Repeat.WEEKLY, FRIDAY, date(2026, 12, 18), 1),
    ],
)
def test_a_new_hour_leaves_every_day_as_it_was(
    leader: Someone, repeat: Repeat, first: date, until: date, chosen: int
) -> None:
    publish(leader, repeat, first, until)
    before = days()
    one = all_dates()[chosen]
    move_on(leader, one, clock.local(one.starts_at, ZONE).date(), time(14), time(15))
    assert days() == before
    assert [clock.local(one.starts_at, ZONE).hour for one in all_dates()] == [9] * chosen + [14] * (
        len(before) - chosen
    )


def test_no_date_is_left_behind_when_months_have_different_lengths(leader: Someone) -> None:
    publish(leader, Repeat.MONTHLY_DATE, date(2027, 1, 31), date(2027, 4, 30))
    move_on(leader, all_dates()[0], date(2027, 1, 30))
    assert days() == ["01-30", "02-28", "03-30", "04-30"]
    assert len({one.activity_id for one in all_dates()}) == 1


def test_a_series_of_five_years_moves_a_day_although_its_new_rule_would_outgrow_them(
    leader: Someone, at: SetClock
) -> None:
    at(clock.utc(date(2028, 3, 1), time(8), ZONE))
    publish(leader, Repeat.MONTHLY_WEEKDAY, date(2028, 3, 31), None, count=61)
    before = days()
    move_on(leader, all_dates()[0], date(2028, 4, 1))
    assert (before[0], days()[0], len(days())) == ("03-31", "04-01", len(before))


def test_no_date_moves_into_the_past_for_a_holiday_announced_late(team: Team, leader: Someone, at: SetClock) -> None:
    series = publish(leader, Repeat.WEEKLY, date(2026, 11, 30), date(2026, 12, 7), holidays=HolidayPolicy.PREVIOUS)
    at(clock.utc(date(2026, 11, 29), time(20), ZONE))
    announce(team, date(2026, 11, 30))
    assert keep_to_plan(leader, series) == 1
    off, kept = all_dates()
    assert (off.state, off.reason) == (OccurrenceState.CANCELLED, "Fair")
    assert kept.state is OccurrenceState.PUBLISHED
    assert keep_to_plan(leader, series) == 0


def test_a_date_skipped_in_the_past_does_not_come_back_when_the_day_was_worked_after_all(
    team: Team, leader: Someone, at: SetClock
) -> None:
    announce(team, date(2026, 11, 27))
    series = publish(leader, Repeat.WEEKLY, FRIDAY, date(2026, 12, 4), holidays=HolidayPolicy.NEXT)
    assert days() == ["11-30", "12-04"]
    at(clock.utc(date(2026, 11, 28), time(8), ZONE))
    ada = make_administrator(team)
    (day,) = holidays.list_for(ada.actor)
    write(lambda: holidays.take_out(ada.actor, day.id, clock.now()))
    assert keep_to_plan(leader, series) == 0
    assert days() == ["11-30", "12-04"]


def test_the_trail_says_from_where_to_where_a_date_moved_and_why_it_was_called_off(leader: Someone) -> None:
    publish(leader, Repeat.WEEKLY, FRIDAY, date(2026, 12, 4))
    first, second = all_dates()
    move(leader, first, date(2026, 11, 28))
    write(lambda: cancellations.cancel_date(leader.actor, second.id, "storm", clock.now()))
    moved, cancelled = db.session.scalars(
        select(AuditEntry.changes).where(AuditEntry.verb.in_(("move", "cancel"))).order_by(AuditEntry.id)
    )
    assert moved == {"changes": [[first.id, "2026-11-27T01:00+00:00", "2026-11-28T01:00+00:00"]]}
    assert cancelled == {"reason": "storm"}


def test_moving_a_long_series_with_many_shifts_asks_the_database_little(leader: Someone) -> None:
    many = tuple(PlannedShift(f"Corner {n}", time(9), time(10, 30), 2) for n in range(10))
    publish(leader, Repeat.WEEKLY, FRIDAY, date(2027, 5, 28), shifts=many)
    first = all_dates()[0]
    asked: list[str] = []

    def note(*said: object) -> None:
        asked.append(str(said[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        move_on(leader, first, date(2026, 11, 28))
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) < 60, len(asked)
