"""How the dates of an activity come to be: made ahead up to a horizon, each once, by its rule and the holidays."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import joinedload

from .. import clock
from ..clock import Override, WorkingDays
from ..errors import or_missing
from ..storage.database import db
from .models import Activity, CalendarDay, Occurrence, Shift, ShiftPlan
from .recurrence import Planned, Repeat, Rule, plan
from .rules import HORIZON, Details, PlannedShift, Wanted, is_short, moments, moved_walls
from .states import ActivityState, OccurrenceState


def working_days(team_id: int) -> WorkingDays:
    """The national calendar with what the team knows better."""
    days = select(CalendarDay.day, CalendarDay.working, CalendarDay.name).where(CalendarDay.team_id == team_id)
    return WorkingDays({day: Override(working, name) for day, working, name in db.session.execute(days)})


def rule_of(activity: Activity) -> Rule:
    by_hand = tuple(date.fromisoformat(day) for day in activity.dates or ())
    return Rule(activity.repeat, activity.first_day, activity.every, activity.until, activity.count, by_hand)


def wanted_of(activity: Activity, of: Occurrence | None = None) -> Wanted:
    """A saved activity as a leader wants it. of: a date; then with what that one says for itself, and when it is."""
    said: dict[str, Any] = {one.name: getattr(activity, one.name, None) for one in fields(Wanted)}
    details = Details(**{one.name: getattr(activity, one.name) for one in fields(Details)})
    was = to = (activity.wall_start, activity.wall_end)
    if of:
        own = {one.plan_id: one for one in db.session.scalars(select(Shift).where(Shift.occurrence_id == of.id))}
        details = replace(details, title=of.title, place=of.place, meeting=of.meeting, bring=of.bring)
        starts, ends = (clock.local(at, activity.zone) for at in (of.starts_at, of.ends_at))
        to = starts.time(), ends.time()
        said |= {"first_day": starts.date(), "wall_start": to[0], "wall_end": to[1]}
    planned = tuple(
        PlannedShift(as_is.name, *walls, as_is.capacity, as_is.minimum, as_is.needs_approval)
        for plan in list_shift_plans(activity)
        for as_is in [own.get(plan.id, plan) if of else plan]
        for walls in [moved_walls((plan.wall_start, plan.wall_end), was, to)]
    )
    return Wanted(**said | {"details": details, "shifts": planned, "dates": rule_of(activity).dates})


def find_of(activity: Activity, occurrence_id: int | None) -> Occurrence | None:
    """The date of an activity that was chosen; of one that does not repeat its only one. Missing for another's."""
    its = Occurrence.activity_id == activity.id
    if occurrence_id is not None:
        return or_missing(db.session.scalar(select(Occurrence).where(its, Occurrence.id == occurrence_id)))
    single = its, Occurrence.rule_date == activity.first_day
    return db.session.scalar(select(Occurrence).where(*single)) if activity.repeat is Repeat.NONE else None


def version_of(activity: Activity, of: Occurrence | None) -> int:
    """The version of an activity as it is shown, of a date: with that one's."""
    return activity.version + (of.sequence if of else 0)


def planned_for(activity: Activity) -> list[Planned]:
    """Every date a saved activity has by its rule, as the holidays are known today."""
    return plan(rule_of(activity), activity.holidays, working_days(activity.team_id))


def list_for(activity: Activity) -> list[Occurrence]:
    """The dates made so far, skipped and cancelled ones among them, in order."""
    dates = select(Occurrence).where(Occurrence.activity_id == activity.id).order_by(Occurrence.rule_date)
    return list(db.session.scalars(dates))


def rename(days: Mapping[Occurrence, date]) -> None:
    """Let locked dates stand for other days of their rule; on the way each leaves its day to the next."""
    changed = {row: to for row, to in days.items() if row.rule_date != to}
    for row in changed:
        row.rule_date += _OUT_OF_THE_WAY
    db.session.flush()
    for row, to in changed.items():
        row.rule_date = to
    db.session.flush()


_OUT_OF_THE_WAY = timedelta(days=400 * 366)
"""No rule reaches so far."""


@dataclass(frozen=True)
class Filled:
    """A date with how many of its places are taken, how many there are, and how many people it lacks to be safe."""

    date: Occurrence
    taken: int
    places: int
    lacking: int
    undrawn: int
    """Of how many positions the places are still to be drawn."""

    @property
    def starts_at(self) -> datetime:
        return self.date.starts_at

    @property
    def ends_at(self) -> datetime:
        return self.date.ends_at

    @property
    def takes_place(self) -> bool:
        return self.date.state is OccurrenceState.PUBLISHED

    def is_short(self, now: datetime) -> bool:
        return self.takes_place and is_short(self.lacking, self.starts_at, now)

    @property
    def free(self) -> int:
        return self.places - self.taken


def list_filled(activity: Activity) -> list[Filled]:
    """The dates made so far, skipped and cancelled ones among them, in order of time."""
    places = (func.sum(Shift.taken), func.sum(Shift.capacity + Shift.extra), func.max(Shift.minimum - Shift.taken))
    undrawn = func.sum(case((Shift.undrawn, 1), else_=0))
    found = (
        select(Occurrence)
        .add_columns(*(func.coalesce(figure, 0) for figure in (*places, undrawn)))
        .outerjoin(Shift, and_(Shift.occurrence_id == Occurrence.id, Shift.open))
        .where(Occurrence.activity_id == activity.id)
    )
    rows = db.session.execute(found.group_by(Occurrence.id).order_by(Occurrence.starts_at, Occurrence.id))
    return [Filled(*row) for row in rows]


def is_over(activity: Activity, made: Iterable[Occurrence | Filled], now: datetime) -> bool:
    """Are all the dates of a published activity over, whatever became of them, and none to be made any more?"""
    published = activity.state is ActivityState.PUBLISHED and activity.planned_until is None
    return published and all(one.ends_at <= now for one in made)


def lock(activity_id: int) -> Activity:
    """Lock an activity against any other change of its rule or dates; returns it as it is now, with its kind."""
    found = select(Activity).options(joinedload(Activity.kind)).where(Activity.id == activity_id)
    locked = found.with_for_update(key_share=True, of=Activity)
    return db.session.scalars(locked.execution_options(populate_existing=True)).one()


def make(activity: Activity, now: datetime) -> int:
    """Make the dates up to the horizon that do not exist yet; safe to repeat. Returns how many are new.

    A date that was skipped, cancelled or moved keeps its row and is never made again; only a published activity gets
    any. Locks the activity.
    """
    activity = lock(activity.id)
    if activity.state is not ActivityState.PUBLISHED:
        return 0
    known = {occurrence.rule_date for occurrence in list_for(activity)}
    last = clock.today(now, activity.zone) + HORIZON
    dates = planned_for(activity)
    due = [planned for planned in dates if planned.rule_date <= last and planned.rule_date not in known]
    new = [_date(activity, planned, now) for planned in due]
    db.session.add_all(new)
    activity.planned_until = last if dates and dates[-1].rule_date > last else None
    db.session.flush()
    add_shifts(activity, [occurrence for occurrence in new if occurrence.state is OccurrenceState.PUBLISHED])
    return len(new)


def _date(activity: Activity, planned: Planned, now: datetime) -> Occurrence:
    starts_at, ends_at = times_on(activity, planned.on or planned.rule_date)
    return Occurrence(
        team_id=activity.team_id,
        activity_id=activity.id,
        rule_date=planned.rule_date,
        title=activity.title,
        place=activity.place,
        meeting=activity.meeting,
        bring=activity.bring,
        starts_at=starts_at,
        ends_at=ends_at,
        state=OccurrenceState.PUBLISHED if planned.on else OccurrenceState.SKIPPED,
        reason="" if planned.on else planned.holiday or "",
        counts=activity.counts,
        tentative=planned.tentative,
        changed_at=now,
    )


def times_on(activity: Activity, day: date) -> tuple[datetime, datetime]:
    """When the activity begins and ends on a day."""
    return moments(day, activity.wall_start, activity.wall_start, activity.wall_end, activity.zone)


def list_shift_plans(activity: Activity) -> list[ShiftPlan]:
    """The shifts each date of the activity offers."""
    plans = select(ShiftPlan).where(ShiftPlan.activity_id == activity.id).order_by(ShiftPlan.id)
    return list(db.session.scalars(plans))


def add_shifts(activity: Activity, occurrences: Iterable[Occurrence], plans: Sequence[ShiftPlan] | None = None) -> None:
    """Give dates that take place their shifts: of all plans, or of these new ones."""
    plans = list_shift_plans(activity) if plans is None else plans
    for occurrence in occurrences:
        day = clock.local(occurrence.starts_at, activity.zone).date()
        db.session.add_all(_shift(activity, occurrence, plan, day) for plan in plans)
    db.session.flush()


def _shift(activity: Activity, occurrence: Occurrence, plan: ShiftPlan, day: date) -> Shift:
    starts_at, ends_at = moments(day, activity.wall_start, plan.wall_start, plan.wall_end, activity.zone)
    kept = {name: getattr(plan, name) for name in ("name", "capacity", "minimum", "needs_approval")}
    this = {"team_id": occurrence.team_id, "occurrence_id": occurrence.id, "plan_id": plan.id}
    seed = secrets.token_hex(32) if activity.by_draw else None
    lots = {"seed": seed, "undrawn": activity.by_draw}
    return Shift(starts_at=starts_at, ends_at=ends_at, **lots, **this, **kept)


def list_series_in_need(now: datetime) -> list[Activity]:
    """Published series whose dates do not reach up to the horizon, in the order in which to lock them."""
    return list(db.session.scalars(select(Activity).where(*_behind(now)).order_by(Activity.id)))


def lag(now: datetime) -> int:
    """By how many days the furthest behind of all series misses the horizon; 0 when all dates are made."""
    behind = db.session.scalar(select(func.min(Activity.planned_until)).where(*_behind(now)))
    return (now.date() + HORIZON - behind).days if behind else 0


def _behind(now: datetime) -> list[ColumnElement[bool]]:
    return [Activity.planned_until < now.date() + HORIZON, Activity.state == ActivityState.PUBLISHED]
