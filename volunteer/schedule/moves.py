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
from ..activities.rules import moments, moved_span, moved_walls
from ..activities.service import get_occurrence_for
from ..activities.states import ActivityState, OccurrenceState
from ..actor import Actor
from ..clock import WorkingDays
from ..errors import Refused
from ..ledger import book
from ..notices import deeds
from ..notices.deeds import Effects
from ..notices.events import Event
from ..signups.models import Signup
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
    (existing,) = existing_of(Occurrence.id == occurrence_id)[occurrence.activity_id]
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
    left = still_to_come(series, chosen.rule_date, now)
    if not left or (not by and (start, end) == (series.wall_start, series.wall_end)):
        return move
    rule = moved_rule(series, left, by)
    planned = plan(rule, series.holidays, dates.working_days(series.team_id))
    whens = [moments(one.on or one.rule_date, start, start, end, series.zone) for one in planned]
    spans = dict(zip(left, zip(planned, whens, strict=True), strict=True))
    if chosen.rule_date in spans:  # it goes where it is sent, whatever the rule makes of that day
        to, when = spans[chosen.rule_date]
        by_hand = to.on is None or when != chosen.span
        chosen = replace(chosen, rule_date=to.rule_date, tentative=to.tentative, fixed=by_hand)
    coming = existing_of(Occurrence.activity_id == series.id, Occurrence.starts_at > now)[series.id]
    others = changes.compare((one for one in coming if one.id != occurrence_id), spans, now)
    return replace(move, changes=[chosen, *others], split=Split(series, left[0], rule, start, end))


def keep_to_plan(actor: Actor, activity: Activity, now: datetime) -> int:
    """Make the changes `list_out_of_plan` shows for a series. Returns how many. Locks it and its coming dates."""
    activity = dates.lock(activity.id)
    coming = Occurrence.activity_id == activity.id, Occurrence.starts_at > now
    lock_dates(*coming)
    found = preview_plan(activity, existing_of(*coming)[activity.id], dates.working_days(activity.team_id), now)
    make(actor, Move("keep to plan", f"activity {activity.id}", found), now)
    return len(found)


def list_out_of_plan(actor: Actor, now: datetime) -> list[tuple[Activity, list[Change]]]:
    """The team's series that no longer agree with the holidays, and what keeping to the plan would change."""
    repeats = Activity.state == ActivityState.PUBLISHED, Activity.repeat != Repeat.NONE
    series = select(Activity).where(Activity.team_id == actor.team_id, *repeats)
    existing = existing_of(Occurrence.team_id == actor.team_id, Occurrence.starts_at > now)
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


def still_to_come(series: Activity, since: date, now: datetime, rule: Rule | None = None) -> list[date]:
    """The dates of its rule, or of a new one, from one on that lie behind everything that has begun."""
    begun = select(func.max(Occurrence.rule_date)).where(Occurrence.activity_id == series.id)
    last = db.session.scalar(begun.where(Occurrence.starts_at <= now)) or date.min
    return [one for one in rule_dates(rule or dates.rule_of(series)) if one >= since and one > last]


def moved_rule(series: Activity, left: Sequence[date], by: timedelta) -> Rule:
    """The rest of a series' rule, so many days later; written out by hand when the rule cannot say these days."""
    days = tuple(one + by for one in left)
    by_hand = Rule(Repeat.BY_HAND, days[0], dates=days)
    try:
        rule = Rule(series.repeat, days[0], series.every, count=len(days))
    except Refused:
        return by_hand
    return rule if by or tuple(rule_dates(rule)) == days else by_hand


def split_series(split: Split, found: Sequence[Change], now: datetime) -> tuple[Activity, dict[int, int]]:
    """Let a new series carry on with its share of the dates found, each shift with its copy; no dates are made yet.

    Returns it, and its plans of shifts by the old ones.
    """
    old = split.series
    kept = {column.key for column in Activity.__table__.columns} - {"id", "version", "planned_until"}
    new = Activity(**{name: getattr(old, name) for name in kept})
    new.predecessor_id, new.created_at = old.id, now
    write_rule(new, split.rule)
    new.wall_start, new.wall_end = split.start, split.end
    db.session.add(new)
    _end_before(old, split.since)
    db.session.flush()
    handed = {one.existing.id: one for one in found if one.existing.rule_date >= split.since}
    for occurrence in db.session.scalars(select(Occurrence).where(Occurrence.id.in_(handed))):
        occurrence.activity_id, occurrence.rule_date = new.id, handed[occurrence.id].rule_date
    copies = _copy_shift_plans(old, new)
    for was, copy in copies.items():
        shifts = update(Shift).where(Shift.plan_id == was, Shift.occurrence_id.in_(handed))
        db.session.execute(shifts.values(plan_id=copy).execution_options(synchronize_session=False))
    return new, copies


def write_rule(activity: Activity, rule: Rule) -> None:
    """Let a locked activity follow this rule."""
    activity.repeat, activity.first_day, activity.every = rule.repeat, rule.first, rule.every
    activity.until, activity.count = rule.until, rule.count
    activity.dates = [one.isoformat() for one in rule.dates]
    activity.planned_until = None


def _end_before(activity: Activity, day: date) -> None:
    """Let a series end before a day; one with nothing left goes to the archive."""
    rule = dates.rule_of(activity)
    left = tuple(one for one in rule_dates(rule) if one < day)
    if not left:
        activity.state, activity.planned_until = ActivityState.ARCHIVED, None
    else:
        by_hand = left if rule.repeat is Repeat.BY_HAND else ()
        write_rule(activity, replace(rule, until=left[-1], count=None, dates=by_hand))


def _copy_shift_plans(old: Activity, new: Activity) -> dict[int, int]:
    """Give the new series the old one's shifts, moved with its start. Returns new ids by old ones."""
    copies, was, to = {}, (old.wall_start, old.wall_end), (new.wall_start, new.wall_end)
    for one in dates.list_shift_plans(old):
        start, end = moved_walls((one.wall_start, one.wall_end), was, to)
        kept = {name: getattr(one, name) for name in ("name", "capacity", "minimum", "needs_approval")}
        copy = ShiftPlan(activity_id=new.id, wall_start=start, wall_end=end, **kept)
        db.session.add(copy)
        db.session.flush()
        copies[one.id] = copy.id
    return copies


def existing_of(*which: ColumnElement[bool]) -> Mapping[int, list[Existing]]:
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
        dates.make(split_series(move.split, move.changes, now)[0], now)
    elif not any(change.matters for change in move.changes):
        return
    effects = carry_out(actor, move.changes, now)
    deeds.close(actor, move.verb, move.what, now, effects, changes=trail_of(move.changes))


def carry_out(
    actor: Actor, found: Sequence[Change], now: datetime, was_at: Mapping[int, str] | None = None, reason: str = ""
) -> Effects:
    """Change locked dates, and let people and places follow. was_at: where those were that are at another place now."""
    change_of, was_at = {change.existing.id: change for change in found}, was_at or {}
    book.forget(actor, [n for n, change in change_of.items() if change.what in (What.MOVED, What.CALLED_OFF)], now)
    moved = [n for n, change in change_of.items() if change.what is What.MOVED]
    _move_shifts(change_of, moved)
    occurrences = db.session.scalars(select(Occurrence).where(Occurrence.id.in_(change_of))).all()
    for occurrence in occurrences:
        change = change_of[occurrence.id]
        _change(occurrence, change, now)
        if change.what is What.MOVED or occurrence.id in was_at:
            was = change.existing.span if change.what is What.MOVED else None
            news.set_news(actor, occurrence, now, was, was_at.get(occurrence.id, ""))
    off = [(one, change_of[one.id].holiday) for one in occurrences if change_of[one.id].what is What.CALLED_OFF]
    cancellations.call_off(actor, off, now)
    cancellations.bring_back(actor, [one for one in occurrences if change_of[one.id].what is What.RESTORED], now)
    became = [(event, one) for one in occurrences if (event := _event(change_of[one.id], one, one.id in was_at))]
    return hearers.effects_of(actor, became, now, reason) + follow_dates(moved, now, actor.zone)


def _event(change: Change, occurrence: Occurrence, elsewhere: bool) -> Event | None:
    """What people hear of it; there and back in one breath is no move."""
    if change.what is What.MOVED and not occurrence.was_starts_at:
        return Event.PLACE_CHANGED if occurrence.was_place else Event.RESTORED
    if change.what is What.KEPT and elsewhere and occurrence.state is OccurrenceState.PUBLISHED:
        return Event.PLACE_CHANGED if occurrence.was_place else Event.RESTORED
    return _EVENTS.get(change.what)


_EVENTS = {What.MOVED: Event.MOVED, What.CALLED_OFF: Event.CANCELLED, What.RESTORED: Event.RESTORED}


def _move_shifts(change_of: Mapping[int, Change], moved: Sequence[int]) -> None:
    shifts = select(Shift).where(Shift.occurrence_id.in_(moved)).execution_options(populate_existing=True)
    for shift in db.session.scalars(shifts):
        change = change_of[shift.occurrence_id]
        was, to = change.existing.span, change.span or change.existing.span
        shift.starts_at, shift.ends_at = moved_span((shift.starts_at, shift.ends_at), was, to)
        shift.version += 1


def trail_of(found: Sequence[Change]) -> list[list[int | str | None]]:
    """What the trail says of dates: which, from when to when."""
    return [[one.existing.id, *(_said(span) for span in (one.existing.span, one.span))] for one in found]


def _said(span: Span | None) -> str | None:
    return span[0].isoformat(timespec="minutes") if span else None


def _change(occurrence: Occurrence, change: Change, now: datetime) -> None:
    if change.span:
        occurrence.starts_at, occurrence.ends_at = change.span
    if change.what is What.MOVED or (change.what is What.KEPT and change.tentative != change.existing.tentative):
        cancellations.changed(occurrence, now)
    occurrence.tentative, occurrence.fixed = change.tentative, change.fixed
