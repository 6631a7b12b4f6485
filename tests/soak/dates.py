"""A team with a full calendar."""

from collections.abc import Sequence
from datetime import time, timedelta

from sqlalchemy import select

from tests.make import Someone, make_activity
from volunteer import clock
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import HolidayPolicy, Repeat
from volunteer.signups import jobs
from volunteer.storage.database import db


def make_series(leader: Someone, weeks: int, start: time, end: time, **wishes: object) -> Activity:
    """A series with a date a week, holidays or not."""
    until = clock.today(clock.now(), leader.actor.zone) + timedelta(days=3, weeks=weeks - 1)
    weekly = {"repeat": Repeat.WEEKLY, "until": until, "holidays": HolidayPolicy.KEEP}
    return make_activity(leader, start=start, end=end, **weekly, **wishes)


def make_calendar(leader: Someone, series: int, weeks: int, capacity: int) -> list[int]:
    """So many series whose dates never overlap; returns the ids of all dates."""
    hours = [(time(5 + 2 * n), time(6 + 2 * n)) for n in range(series)]
    return ids_of([make_series(leader, weeks, *span, capacity=capacity) for span in hours])


def ids_of(activities: Sequence[Activity]) -> list[int]:
    """The ids of all dates of these activities, in order of time."""
    found = select(Occurrence.id).where(Occurrence.activity_id.in_([activity.id for activity in activities]))
    return list(db.session.scalars(found.order_by(Occurrence.starts_at, Occurrence.id)))


def check() -> list[str]:
    """What is wrong with the places at this moment, in one consistent read.

    It is read a little later than `now` is taken, when a date may have come within two hours: so a second is added.
    """
    db.session.rollback()
    return jobs.check(clock.now() + timedelta(seconds=1))
