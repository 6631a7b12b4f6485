"""Edits of all sorts, numbered, as tests draw them."""

from dataclasses import replace
from datetime import datetime, timedelta

from volunteer.activities import dates
from volunteer.activities.models import Activity, Occurrence
from volunteer.activities.recurrence import HolidayPolicy, Repeat
from volunteer.activities.rules import Wanted, moved_walls
from volunteer.actor import Actor
from volunteer.schedule import courses, edits
from volunteer.schedule.courses import Draft
from volunteer.schedule.impact import Reach, Wish
from volunteer.schedule.models import Edit
from volunteer.storage.database import db

REACHES = (Reach.THIS, Reach.FOLLOWING, Reach.ALL)


def look_at(actor: Actor, occurrence_id: int, n: int, now: datetime) -> Draft:
    """What the nth edit of a date, or of its series from there or as a whole, would come to."""
    occurrence = db.session.get_one(Occurrence, occurrence_id)
    activity = db.session.get_one(Activity, occurrence.activity_id)
    shown = dates.wanted_of(activity, occurrence)
    ids = tuple(one.id for one in dates.list_shift_plans(activity))
    cancel = [occurrence_id] if n % 11 == 10 else []
    wish = Wish(
        REACHES[n // 3 % 3], occurrence_id, _anew(shown, n), ids, dates.version_of(activity, occurrence), "wind", cancel
    )
    return courses.preview(actor, activity.id, wish, now)


def edit(actor: Actor, occurrence_id: int, n: int, now: datetime) -> Edit:
    """The same, done at once."""
    return edits.save(actor, look_at(actor, occurrence_id, n, now), now)


def _anew(shown: Wanted, n: int) -> Wanted:
    """What somebody might want instead."""
    if n % 11 == 0:
        return replace(shown, first_day=shown.first_day + timedelta(days=n % 3 - 1 or 1))
    if n % 11 in (1, 2):
        was = shown.wall_start, shown.wall_end
        to = was[0].replace(hour=8 + n % 5), was[1].replace(hour=14 + n % 5)
        shifts = [(one, moved_walls((one.wall_start, one.wall_end), was, to)) for one in shown.shifts]
        moved = tuple(replace(one, wall_start=start, wall_end=end) for one, (start, end) in shifts)
        return replace(shown, wall_start=to[0], wall_end=to[1], shifts=moved)
    if n % 11 in (3, 4):
        return replace(
            shown, shifts=tuple(replace(one, capacity=1 + (n + k) % 4) for k, one in enumerate(shown.shifts))
        )
    if n % 11 == 5:
        return replace(shown, details=replace(shown.details, place=("Square", "Hill")[n % 2], bring="Gloves"))
    if n % 11 == 6 and shown.until:
        return replace(shown, until=shown.until + timedelta(weeks=n % 5 - 2))
    if n % 11 == 7:
        return replace(shown, every=1 + n % 2)
    if n % 11 == 8:
        return replace(shown, holidays=list(HolidayPolicy)[n % 4])
    if n % 11 == 9:
        days = tuple(shown.first_day + timedelta(days=k * (1 + n % 4)) for k in range(4))
        return replace(shown, repeat=Repeat.BY_HAND, dates=days, until=None, count=None)
    return replace(shown, details=replace(shown.details, title=f"Cleanup {n % 3}", risk="Cars"))
