"""Dates that have people, moved: one date, it and all that follow, a series held against new holidays.

Nobody is ever silently moved: every deed has a preview of the same changes it then makes. A date keeps its row and
its name in calendars; who holds or waits for a place keeps it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time

from sqlalchemy import func, select, update

from .. import clock
from ..activities import dates
from ..activities.models import Activity, Occurrence, Shift, ShiftPlan
from ..activities.recurrence import Planned, Repeat, Rule, plan, rule_dates
from ..activities.rules import moments
from ..activities.service import get_occurrence_for
from ..activities.states import ActivityState, OccurrenceState
from ..actor import Actor
from ..database import db
from ..errors import Refused
from . import calling_off, changes
from .changes import Change, Existing, Span, What
from .models import Signup
from .states import STANDING
from .tickets import lock_shifts


def move_date(actor: Actor, occurrence_id: int, day: date, start: time, end: time, now: datetime) -> Occurrence:
    """Move one date; planning leaves it alone from then on. Moving it to where it stands changes nothing.

    Refused for a date that has begun or is called off, and for a time that has passed. Locks its shifts.
    """
    occurrence = _get_to_move(actor, occurrence_id, now)
    span = moments(day, start, start, end, actor.zone)
    _refuse_past(span, now)
    if span != (occurrence.starts_at, occurrence.ends_at):
        _move(occurrence, span, now)
        occurrence.fixed = True
        calling_off.tell(actor, "move", f"occurrence {occurrence.id}", now)
    return occurrence


def preview_date(actor: Actor, occurrence_id: int, day: date, start: time, end: time, now: datetime) -> list[Change]:
    """What `move_date` would do."""
    occurrence = _get_to_move(actor, occurrence_id, now)
    span = moments(day, start, start, end, actor.zone)
    _refuse_past(span, now)
    (existing,) = (one for one in _existing(occurrence.activity, now) if one.id == occurrence.id)
    return [Change(existing, occurrence.rule_date, span, "", occurrence.tentative)]


def preview_following(
    actor: Actor, occurrence_id: int, day: date, start: time, end: time, now: datetime
) -> list[Change]:
    """What `move_following` would do, date by date."""
    occurrence = _get_to_move(actor, occurrence_id, now)
    _refuse_past(moments(day, start, start, end, actor.zone), now)
    return _changes_following(occurrence, day, start, end)


def move_following(actor: Actor, occurrence_id: int, day: date, start: time, end: time, now: datetime) -> Activity:
    """Move a date and all that follow: the series ends before it, and a new one carries its dates on.

    Past dates stay with the old series. Refused as for one date. Locks the shifts of all that follow.
    """
    occurrence = _get_to_move(actor, occurrence_id, now)
    _refuse_past(moments(day, start, start, end, actor.zone), now)
    old = occurrence.activity
    found = _changes_following(occurrence, day, start, end)
    new = _carry_on(occurrence, day, start, end, now)
    _end_before(old, occurrence.rule_date)
    _hand_over(found, new, _copy_positions(old, new))
    _apply(new, found, now)
    dates.make(new, now)
    calling_off.tell(actor, "move following", f"activity {new.id}", now)
    return new


def preview_plan(activity: Activity, now: datetime) -> list[Change]:
    """What today's knowledge of the holidays would change in a series' coming dates."""
    planned = {one.rule_date: (one, _span(activity, one)) for one in dates.planned_for(activity)}
    return [change for change in changes.compare(_existing(activity, now), planned) if change.matters]


def keep_to_plan(actor: Actor, activity: Activity, now: datetime) -> int:
    """Make the changes of `preview_plan`. Returns how many. Locks the shifts of the dates it changes."""
    found = preview_plan(activity, now)
    _apply(activity, found, now)
    if found:
        calling_off.tell(actor, "keep to plan", f"activity {activity.id}", now)
    return len(found)


def list_out_of_plan(actor: Actor, now: datetime) -> list[tuple[Activity, list[Change]]]:
    """The team's series that no longer agree with the holidays, and what keeping to the plan would change."""
    series = select(Activity).where(
        Activity.team_id == actor.team_id,
        Activity.state == ActivityState.PUBLISHED,
        Activity.repeat != Repeat.NONE,
    )
    found = [(activity, preview_plan(activity, now)) for activity in db.session.scalars(series)]
    return [(activity, would_change) for activity, would_change in found if would_change]


def _get_to_move(actor: Actor, occurrence_id: int, now: datetime) -> Occurrence:
    occurrence = get_occurrence_for(actor, occurrence_id)
    lock_shifts(occurrence.id)
    db.session.refresh(occurrence, ["state", "starts_at", "ends_at"])
    if occurrence.state is not OccurrenceState.PUBLISHED:
        raise Refused("This date does not take place. Restore it first.")
    if occurrence.starts_at <= now:
        raise Refused("This date has begun; it can no longer be moved.")
    return occurrence


def _refuse_past(span: Span, now: datetime) -> None:
    if span[0] <= now:
        raise Refused("That time has passed. Choose a later one.", field="date")


def _changes_following(occurrence: Occurrence, day: date, start: time, end: time) -> list[Change]:
    activity = occurrence.activity
    first, *others = (one for one in _existing(activity, None) if one.rule_date >= occurrence.rule_date)
    following = [replace(first, fixed=False), *others]  # it is the one being moved, by hand or not
    planned = plan(_rule_following(occurrence, day), activity.holidays, dates.working_days(activity.team_id))
    spans = [(one, moments(one.on or one.rule_date, start, start, end, activity.zone)) for one in planned]
    return changes.carry_over(following, spans)


def _rule_following(occurrence: Occurrence, day: date) -> Rule:
    """The series' rule from a date on, moved with it to `day`."""
    rule = dates.rule_of(occurrence.activity)
    by = day - clock.local(occurrence.starts_at, occurrence.activity.zone).date()
    left = [one for one in rule_dates(rule) if one >= occurrence.rule_date]
    return Rule(
        rule.repeat,
        occurrence.rule_date + by,
        rule.every,
        until=rule.until + by if rule.until else None,
        count=len(left) if rule.count else None,
        dates=tuple(one + by for one in left) if rule.dates else (),
    )


def _carry_on(occurrence: Occurrence, day: date, start: time, end: time, now: datetime) -> Activity:
    old, rule = occurrence.activity, _rule_following(occurrence, day)
    kept = {column.key for column in Activity.__table__.columns} - {"id", "version", "created_at", "planned_until"}
    new = Activity(**{name: getattr(old, name) for name in kept})
    new.predecessor_id, new.created_at = old.id, now
    new.first_day, new.until, new.count = rule.first, rule.until, rule.count
    new.dates = [one.isoformat() for one in rule.dates]
    new.wall_start, new.wall_end = start, end
    db.session.add(new)
    db.session.flush()
    return new


def _end_before(activity: Activity, day: date) -> None:
    """Let a series end before a day; one with nothing left goes to the archive."""
    left = [one for one in rule_dates(dates.rule_of(activity)) if one < day]
    if not left:
        activity.state = ActivityState.ARCHIVED
        return
    activity.until, activity.count, activity.planned_until = left[-1], None, None
    activity.dates = [one.isoformat() for one in left] if activity.repeat is Repeat.BY_HAND else []


def _hand_over(found: Sequence[Change], new: Activity, positions: dict[int, int]) -> None:
    """Give dates to the series that carries them on, each position to its copy."""
    for change in found:
        occurrence = db.session.get_one(Occurrence, change.existing.id)
        occurrence.activity_id, occurrence.rule_date = new.id, change.rule_date
        for old_plan, new_plan in positions.items():
            shifts = update(Shift).where(Shift.occurrence_id == occurrence.id, Shift.plan_id == old_plan)
            db.session.execute(shifts.values(plan_id=new_plan))
    db.session.flush()


def _copy_positions(old: Activity, new: Activity) -> dict[int, int]:
    """Give the new series the old one's positions, moved with its start. Returns new ids by old ones."""
    plans = db.session.scalars(select(ShiftPlan).where(ShiftPlan.activity_id == old.id).order_by(ShiftPlan.id))
    copies = {}
    for one in list(plans):
        begins, ends = _moved_walls(old, new, one)
        kept = {name: getattr(one, name) for name in ("name", "capacity", "minimum", "needs_approval")}
        copy = ShiftPlan(activity_id=new.id, wall_start=begins, wall_end=ends, **kept)
        db.session.add(copy)
        db.session.flush()
        copies[one.id] = copy.id
    return copies


def _moved_walls(old: Activity, new: Activity, position: ShiftPlan) -> tuple[time, time]:
    day = date(2000, 1, 1)
    was = moments(day, old.wall_start, old.wall_start, old.wall_end, "UTC")
    to = moments(day, new.wall_start, new.wall_start, new.wall_end, "UTC")
    span = moments(day, old.wall_start, position.wall_start, position.wall_end, "UTC")
    begins, ends = shift_within(span, was, to)
    return begins.time(), ends.time()


def shift_within(span: Span, was: Span, to: Span) -> Span:
    """A position's time when its date moves from `was` to `to`: as long after the start, the end with the end."""
    begins = to[0] + (span[0] - was[0])
    ends = to[1] if span[1] == was[1] else to[0] + (span[1] - was[0])
    if not to[0] <= begins < ends <= to[1]:
        return to
    return begins, ends


def _existing(activity: Activity, now: datetime | None) -> list[Existing]:
    """The series' dates with their people, those that have not begun when `now` is given."""
    people = (
        select(Shift.occurrence_id, func.count(Signup.id).label("n"))
        .join(Signup, Signup.shift_id == Shift.id)
        .where(Signup.status.in_(STANDING))
        .group_by(Shift.occurrence_id)
        .subquery()
    )
    rows = (
        select(Occurrence, func.coalesce(people.c.n, 0))
        .outerjoin(people, people.c.occurrence_id == Occurrence.id)
        .where(Occurrence.activity_id == activity.id)
        .order_by(Occurrence.rule_date)
    )
    if now is not None:
        rows = rows.where(Occurrence.starts_at > now)
    return [
        Existing(o.id, o.rule_date, (o.starts_at, o.ends_at), o.state, o.fixed, o.tentative, n)
        for o, n in db.session.execute(rows)
    ]


def _span(activity: Activity, planned: Planned) -> Span:
    return dates.times_on(activity, planned.on or planned.rule_date)


def _apply(activity: Activity, found: Sequence[Change], now: datetime) -> None:
    for change in sorted(found, key=lambda one: one.existing.id):
        occurrence = db.session.get_one(Occurrence, change.existing.id)
        lock_shifts(occurrence.id)
        if change.what is What.MOVED and change.span:
            _move(occurrence, change.span, now)
        elif change.what is What.CALLED_OFF:
            calling_off.call_off(occurrence, change.holiday, now)
        elif change.what is What.ADDED and change.span:
            occurrence.starts_at, occurrence.ends_at = change.span
            calling_off.bring_back(occurrence, now)
        elif change.tentative != change.existing.tentative:
            calling_off.changed(occurrence, now)
        occurrence.tentative = change.tentative
    db.session.flush()


def _move(occurrence: Occurrence, span: Span, now: datetime) -> None:
    was = occurrence.starts_at, occurrence.ends_at
    for shift in db.session.scalars(select(Shift).where(Shift.occurrence_id == occurrence.id).order_by(Shift.id)):
        shift.starts_at, shift.ends_at = shift_within((shift.starts_at, shift.ends_at), was, span)
        shift.version += 1
    occurrence.starts_at, occurrence.ends_at = span
    calling_off.changed(occurrence, now)
