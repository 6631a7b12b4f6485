"""Dates that have people, moved: one date, it and all that follow, a series held against new holidays.

Nobody is ever silently moved: every deed has a preview of the same changes it then makes. A date keeps its row and
its name in calendars; who holds or waits for a place keeps it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, func, select, update

from .. import clock
from ..activities import dates
from ..activities.models import Activity, Occurrence, Shift, ShiftPlan
from ..activities.recurrence import Repeat, Rule, plan, rule_dates
from ..activities.rules import moments
from ..activities.service import get_occurrence_for
from ..activities.states import ActivityState, OccurrenceState
from ..actor import Actor
from ..clock import WorkingDays
from ..errors import Refused
from ..ledger import book
from ..notices import deeds
from ..notices.events import Event
from ..signups.models import Signup
from ..signups.places import select_on
from ..signups.states import STANDING
from ..signups.tickets import follow_dates, lock_dates
from ..storage.database import db
from . import cancellations, changes, hearers, news
from .changes import Change, Existing, Span, What


@dataclass(frozen=True)
class Split:
    """A series that ends before its rule date `since`; a new one carries on by `rule`, at these wall times."""

    series: Activity
    since: date
    rule: Rule
    start: time
    end: time


@dataclass(frozen=True)
class Move:
    """What moving makes of each date, the chosen one first. split: of its series, if any. verb, what: for the trail."""

    verb: str
    what: str
    changes: list[Change]
    split: Split | None = None


def preview_date(actor: Actor, occurrence_id: int, day: date, start: time, end: time, now: datetime) -> Move:
    """One date, moved; planning leaves it alone from then on.

    Refused for a date that has begun or is called off, and for a time that has passed. Locks it and its shifts.
    """
    occurrence = cancellations.get_locked(actor, occurrence_id)
    span = moments(day, start, start, end, actor.zone)
    if occurrence.state is not OccurrenceState.PUBLISHED:
        raise Refused("This date does not take place. Restore it first.")
    if occurrence.starts_at <= now:
        raise Refused("This date has begun; it can no longer be moved.")
    if span[0] <= now:
        raise Refused("That time has passed. Choose a later one.", field="date")
    (existing,) = _existing(Occurrence.id == occurrence_id)[occurrence.activity_id]
    chosen = Change(existing, occurrence.rule_date, span, "", occurrence.tentative, fixed=True)
    return Move("move", f"occurrence {occurrence_id}", [chosen])


def preview_following(actor: Actor, occurrence_id: int, day: date, start: time, end: time, now: datetime) -> Move:
    """A date and all that follow, moved: the series ends before it, and a new one carries its dates on.

    Dates that have begun stay with the old series, and what the rule has before them is left alone but for the date
    chosen. Refused as for one date. Locks the series and its coming dates.
    """
    series = _lock_series(actor, occurrence_id, now)
    (chosen,) = preview_date(actor, occurrence_id, day, start, end, now).changes
    move = Move("move following", f"activity {series.id}", [chosen])
    by = day - clock.local(chosen.existing.span[0], series.zone).date()
    left = _still_to_come(series, chosen.rule_date, now)
    if not left or (not by and (start, end) == (series.wall_start, series.wall_end)):
        return move
    rule = _moved(series, left, by)
    planned = plan(rule, series.holidays, dates.working_days(series.team_id))
    whens = [moments(one.on or one.rule_date, start, start, end, series.zone) for one in planned]
    spans = dict(zip(left, zip(planned, whens, strict=True), strict=True))
    if chosen.rule_date in spans:  # it goes where it is sent, whatever the rule makes of that day
        to, when = spans[chosen.rule_date]
        by_hand = to.on is None or when != chosen.span
        chosen = replace(chosen, rule_date=to.rule_date, tentative=to.tentative, fixed=by_hand)
    coming = _existing(Occurrence.activity_id == series.id, Occurrence.starts_at > now)[series.id]
    others = changes.compare((one for one in coming if one.id != occurrence_id), spans, now)
    return replace(move, changes=[chosen, *others], split=Split(series, left[0], rule, start, end))


def count_clashes(found: Sequence[Change]) -> dict[int, int]:
    """By date, how many of its people have a sign-up elsewhere at the time it would move to; none are left out."""
    moving = [change for change in found if change.what is What.MOVED]
    n = {change.existing.id: _count_clashes(change, [one.existing.id for one in moving]) for change in moving}
    return {occurrence_id: people for occurrence_id, people in n.items() if people}


def _count_clashes(change: Change, moving: Sequence[int]) -> int:
    starts_at, ends_at = change.span or change.existing.span
    here = select_on(change.existing.id, Signup.status.in_(STANDING)).with_only_columns(Signup.person_id)
    elsewhere = (
        select(func.count(Signup.person_id.distinct()))
        .join(Signup.shift)
        .where(Signup.person_id.in_(here.correlate(None)), Signup.status.in_(STANDING))
        .where(Shift.occurrence_id.not_in(moving), Shift.open)
        .where(Shift.starts_at < ends_at, Shift.ends_at > starts_at)
    )
    return db.session.scalar(elsewhere) or 0


def keep_to_plan(actor: Actor, activity: Activity, now: datetime) -> int:
    """Make the changes `list_out_of_plan` shows for a series. Returns how many. Locks it and its coming dates."""
    activity = dates.lock(activity.id)
    coming = Occurrence.activity_id == activity.id, Occurrence.starts_at > now
    lock_dates(*coming)
    found = preview_plan(activity, _existing(*coming)[activity.id], dates.working_days(activity.team_id), now)
    make(actor, Move("keep to plan", f"activity {activity.id}", found), now)
    return len(found)


def list_out_of_plan(actor: Actor, now: datetime) -> list[tuple[Activity, list[Change]]]:
    """The team's series that no longer agree with the holidays, and what keeping to the plan would change."""
    repeats = Activity.state == ActivityState.PUBLISHED, Activity.repeat != Repeat.NONE
    series = select(Activity).where(Activity.team_id == actor.team_id, *repeats)
    existing = _existing(Occurrence.team_id == actor.team_id, Occurrence.starts_at > now)
    days = dates.working_days(actor.team_id)
    found = [(one, preview_plan(one, existing[one.id], days, now)) for one in db.session.scalars(series)]
    return [(activity, would_change) for activity, would_change in found if would_change]


def preview_plan(activity: Activity, existing: list[Existing], days: WorkingDays, now: datetime) -> list[Change]:
    """What today's knowledge of the holidays would change in a series' coming dates."""
    planned = plan(dates.rule_of(activity), activity.holidays, days)
    spans = {one.rule_date: (one, dates.times_on(activity, one.on or one.rule_date)) for one in planned}
    return [change for change in changes.compare(existing, spans, now) if change.matters]


def _lock_series(actor: Actor, occurrence_id: int, now: datetime) -> Activity:
    """Lock the series of a date with its coming dates; while we wait, the date may be handed on to another."""
    occurrence = get_occurrence_for(actor, occurrence_id)
    series = dates.lock(occurrence.activity_id)
    db.session.refresh(occurrence, ["activity_id"])
    if occurrence.activity_id != series.id:
        return _lock_series(actor, occurrence_id, now)
    lock_dates(Occurrence.activity_id == series.id, Occurrence.starts_at > now)
    return series


def _still_to_come(series: Activity, since: date, now: datetime) -> list[date]:
    """The rule's dates from one on that lie behind everything that has begun."""
    begun = select(func.max(Occurrence.rule_date)).where(Occurrence.activity_id == series.id)
    last = db.session.scalar(begun.where(Occurrence.starts_at <= now)) or date.min
    return [one for one in rule_dates(dates.rule_of(series)) if one >= since and one > last]


def _moved(series: Activity, left: Sequence[date], by: timedelta) -> Rule:
    """The rest of a series' rule, so many days later; written out by hand when the rule cannot say these days."""
    days = tuple(one + by for one in left)
    by_hand = Rule(Repeat.BY_HAND, days[0], dates=days)
    try:
        rule = Rule(series.repeat, days[0], series.every, count=len(days))
    except Refused:
        return by_hand
    return rule if by or tuple(rule_dates(rule)) == days else by_hand


def _split(split: Split, found: Sequence[Change], now: datetime) -> None:
    """Let a new series carry on with its share of the dates found, each shift with its copy."""
    old, rule = split.series, split.rule
    kept = {column.key for column in Activity.__table__.columns} - {"id", "version", "planned_until", "until"}
    new = Activity(**{name: getattr(old, name) for name in kept})
    new.predecessor_id, new.created_at = old.id, now
    new.repeat, new.first_day, new.count = rule.repeat, rule.first, rule.count
    new.dates = [one.isoformat() for one in rule.dates]
    new.wall_start, new.wall_end = split.start, split.end
    db.session.add(new)
    _end_before(old, split.since)
    db.session.flush()
    handed = {one.existing.id: one for one in found if one.existing.rule_date >= split.since}
    for occurrence in db.session.scalars(select(Occurrence).where(Occurrence.id.in_(handed))):
        occurrence.activity_id, occurrence.rule_date = new.id, handed[occurrence.id].rule_date
    for was, copy in _copy_shift_plans(old, new).items():
        shifts = update(Shift).where(Shift.plan_id == was, Shift.occurrence_id.in_(handed))
        db.session.execute(shifts.values(plan_id=copy).execution_options(synchronize_session=False))
    dates.make(new, now)


def _end_before(activity: Activity, day: date) -> None:
    """Let a series end before a day; one with nothing left goes to the archive."""
    left = [one for one in rule_dates(dates.rule_of(activity)) if one < day]
    activity.planned_until = None
    if not left:
        activity.state = ActivityState.ARCHIVED
        return
    activity.until, activity.count = left[-1], None
    activity.dates = [one.isoformat() for one in left] if activity.repeat is Repeat.BY_HAND else []


def _copy_shift_plans(old: Activity, new: Activity) -> dict[int, int]:
    """Give the new series the old one's shifts, moved with its start. Returns new ids by old ones."""
    day, copies = date(2000, 1, 1), {}
    was, to = (moments(day, one.wall_start, one.wall_start, one.wall_end, "UTC") for one in (old, new))
    for one in dates.list_shift_plans(old):
        span = moments(day, old.wall_start, one.wall_start, one.wall_end, "UTC")
        begins, ends = moved_span(span, was, to)
        kept = {name: getattr(one, name) for name in ("name", "capacity", "minimum", "needs_approval")}
        copy = ShiftPlan(activity_id=new.id, wall_start=begins.time(), wall_end=ends.time(), **kept)
        db.session.add(copy)
        db.session.flush()
        copies[one.id] = copy.id
    return copies


def moved_span(span: Span, was: Span, to: Span) -> Span:
    """A shift's time when its date moves from `was` to `to`: as long after the start, the end with the end."""
    begins = to[0] + (span[0] - was[0])
    ends = to[1] if span[1] == was[1] else to[0] + (span[1] - was[0])
    return (begins, ends) if to[0] <= begins < ends <= to[1] else to


def _existing(*which: ColumnElement[bool]) -> Mapping[int, list[Existing]]:
    """Dates with how many people they have, in order of the rule, by activity."""
    theirs = select(func.count(Signup.id)).join(Signup.shift).where(Shift.occurrence_id == Occurrence.id)
    people = theirs.where(Signup.status.in_(STANDING)).scalar_subquery()
    found = defaultdict(list)
    for o, n in db.session.execute(select(Occurrence, people).where(*which).order_by(Occurrence.rule_date)):
        existing = Existing(o.id, o.rule_date, (o.starts_at, o.ends_at), o.state, o.fixed, o.tentative, n)
        found[o.activity_id].append(existing)
    return found


def make(actor: Actor, move: Move, now: datetime) -> None:
    """Make a move found in this transaction, whose locks are held; where nothing changes, nothing is done."""
    if move.split:
        _split(move.split, move.changes, now)
    elif not any(change.matters for change in move.changes):
        return
    found = {change.existing.id: change for change in move.changes}
    book.forget(actor, [n for n, change in found.items() if change.what in (What.MOVED, What.CALLED_OFF)], now)
    moved = [occurrence_id for occurrence_id, change in found.items() if change.what is What.MOVED]
    shifts = select(Shift).where(Shift.occurrence_id.in_(moved)).execution_options(populate_existing=True)
    for shift in db.session.scalars(shifts):
        change = found[shift.occurrence_id]
        was, to = change.existing.span, change.span or change.existing.span
        shift.starts_at, shift.ends_at = moved_span((shift.starts_at, shift.ends_at), was, to)
        shift.version += 1
    became: list[hearers.Became] = []
    for occurrence in db.session.scalars(select(Occurrence).where(Occurrence.id.in_(found))):
        change = found[occurrence.id]
        _change(actor, occurrence, change, now)
        if change.what in _EVENTS:
            back = change.what is What.MOVED and not occurrence.was_starts_at
            became.append((Event.RESTORED if back else _EVENTS[change.what], occurrence))
    effects = hearers.effects_of(actor, became, now) + follow_dates(moved, now, actor.zone)
    trail = [[one.existing.id, *(_said(span) for span in (one.existing.span, one.span))] for one in move.changes]
    deeds.close(actor, move.verb, move.what, now, effects, changes=trail)


_EVENTS = {What.MOVED: Event.MOVED, What.CALLED_OFF: Event.CANCELLED, What.RESTORED: Event.RESTORED}


def _said(span: Span | None) -> str | None:
    return span[0].isoformat(timespec="minutes") if span else None


def _change(actor: Actor, occurrence: Occurrence, change: Change, now: datetime) -> None:
    if change.span:
        occurrence.starts_at, occurrence.ends_at = change.span
    if change.what is What.CALLED_OFF:
        cancellations.call_off(actor, occurrence, change.holiday, now)
    elif change.what is What.RESTORED:
        cancellations.bring_back(actor, occurrence, now)
    elif change.what is What.MOVED or change.tentative != change.existing.tentative:
        cancellations.changed(occurrence, now)
    if change.what is What.MOVED:
        news.set_news(actor, occurrence, now, change.existing.span)
    occurrence.tentative, occurrence.fixed = change.tentative, change.fixed
