"""What a leader changes of an activity and its dates, in one deed; and the same taken back, whole."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, delete, exists, select, update

from .. import clock
from ..activities import dates
from ..activities.models import Activity, Occurrence, Shift, ShiftPlan
from ..activities.recurrence import Repeat
from ..activities.rules import PlannedShift, moments, moved_walls
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Refused, or_missing
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects
from ..notices.events import Event, Part
from ..signups import places, tickets
from ..signups.models import Signup, StandIn
from ..signups.states import STANDING, Status
from ..storage import inverse
from ..storage.database import Base, db
from . import cancellations, moves
from .changes import Existing, What
from .courses import Draft
from .impact import RULE, WORDS, Reach
from .models import UNDO_FOR, Edit


def get_for(actor: Actor, edit_id: int) -> Edit:
    """An edit of the actor's team; Missing otherwise."""
    return or_missing(db.session.scalar(select(Edit).where(Edit.id == edit_id, Edit.team_id == actor.team_id)))


def list_coming(activity: Activity, now: datetime) -> list[Existing]:
    """Its dates to come that take place, each with how many people it has."""
    its = Occurrence.activity_id == activity.id, Occurrence.starts_at > now
    return moves.existing_of(*its, Occurrence.state == OccurrenceState.PUBLISHED)[activity.id]


def save(actor: Actor, draft: Draft, now: datetime) -> Edit:
    """Make an edit found in this transaction, whose locks are held; everybody concerned is told.

    Refused without a reason where somebody loses a date they are on.
    """
    series, course = draft.series, draft.course
    if draft.impact.hurts and not draft.wish.reason:
        raise Refused("Say why: there are people on the dates that fall out, and they read it.", field="reason")
    before = inverse.look(_rows([series.id], now))
    effects = _release(actor, draft, now)
    activity, copies = series, dict[int, int]()
    if course.split:
        activity, copies = moves.split_series(course.split, course.handed, now)
    elif course.rule:
        moves.write_rule(series, course.rule)
        dates.rename({draft.rows[one.existing.id]: one.rule_date for one in course.handed})
    series.version += 1
    was_at = _say(draft, now)
    alone = draft.reach is Reach.THIS and series.repeat is not Repeat.NONE
    if not alone:
        _describe(activity, draft.said)
    new = _fit_positions(draft, activity, copies, now, alone=alone)
    effects += moves.carry_out(actor, course.changes, now, was_at, draft.wish.reason)
    effects += _retime(actor, draft, copies, now)
    dates.add_shifts(activity, [draft.rows[n] for n in _held(draft)] if new else [], new)
    effects += _move_up(draft, now, actor.zone) + Effects(teams=[actor.team_id])
    if course.rule:
        dates.make(activity, now)
    after = inverse.look(_rows([series.id, activity.id], now))
    edit = keep(actor, activity.id, inverse.difference(before, after), draft.impact.told, now)
    said = {"scope": draft.reach, "fields": sorted(draft.said), "changes": moves.trail_of(course.changes)}
    deeds.close(actor, "edit", f"activity {series.id}", now, effects, **said)
    return edit


def keep(actor: Actor, activity_id: int, undo: inverse.Trace, told: int, now: datetime) -> Edit:
    """Keep what an edit did for as long as it can be undone, and no longer."""
    old = update(Edit).where(Edit.team_id == actor.team_id, Edit.at <= now - UNDO_FOR)
    db.session.execute(old.values(undo={}).execution_options(synchronize_session=False))
    about = {"team_id": actor.team_id, "activity_id": activity_id, "by_id": actor.person_id}
    edit = Edit(at=now, undo=undo, told=told, **about)
    db.session.add(edit)
    return edit


def _rows(activity_ids: Sequence[int], now: datetime) -> Mapping[type[Base], ColumnElement[bool]]:
    coming = Occurrence.activity_id.in_(activity_ids) & (Occurrence.starts_at > now)
    theirs = Shift.occurrence_id.in_(select(Occurrence.id).where(coming))
    on_them = Signup.shift_id.in_(select(Shift.id).where(theirs))
    return {
        Activity: Activity.id.in_(activity_ids),
        ShiftPlan: ShiftPlan.activity_id.in_(activity_ids),
        Occurrence: coming,
        Shift: theirs,
        Signup: on_them,
        StandIn: questions_of(on_them),
    }


def questions_of(signups: ColumnElement[bool]) -> ColumnElement[bool]:
    """Who is asked, or was, to stand in for these."""
    return StandIn.signup_id.in_(select(Signup.id).where(signups))


def _held(draft: Draft) -> list[int]:
    """Its dates that take place afterwards."""
    off = {one.existing.id for one in draft.course.changes if one.what is What.CALLED_OFF}
    return [n for n in draft.targets if n not in off and draft.rows[n].state is OccurrenceState.PUBLISHED]


def _move_up(draft: Draft, now: datetime, zone: str) -> Effects:
    """Let the queues of dates that stay, but have more places, move up; those of dates that move have done so."""
    moved = {one.existing.id for one in draft.course.changes if one.what is What.MOVED}
    rest = [n for n in _held(draft) if n not in moved] if "shifts" in draft.said else []
    return tickets.follow_dates(rest, now, zone) if rest else NO_EFFECTS


def _release(actor: Actor, draft: Draft, now: datetime) -> Effects:
    """End the sign-ups that clash and were not to be kept."""
    effects = NO_EFFECTS
    for clash in draft.impact.clashes:
        if clash.who.signup_id in draft.wish.release:
            signup = db.session.get_one(Signup, clash.who.signup_id)
            effects += places.give_up(signup, now, actor.zone, becomes=Status.RELEASED)
            effects += tickets.news_of(Event.RELEASED, [signup])
    return effects


def _say(draft: Draft, now: datetime) -> dict[int, str]:
    """Let dates say what they are to say for themselves. Returns where those were that are elsewhere now."""
    change_of = {one.existing.id: one for one in draft.course.changes}
    was_at = {}
    for row in (draft.rows[n] for n in draft.targets):
        said = {name: draft.said[name] for name in WORDS if draft.takes(row, name)}
        what = change_of[row.id].what
        if what is What.CALLED_OFF or not said:
            continue
        if "place" in said:
            was_at[row.id] = row.place
        for name, value in said.items():
            setattr(row, name, value)
        if said.keys() & {"title", "place"} and what is What.KEPT:
            cancellations.changed(row, now)
        row.changed_at = now
    return was_at


def _describe(activity: Activity, said: Mapping[str, Any]) -> None:
    """Let the activity say what is said anew; its rule is another matter."""
    for name, value in said.items():
        if name in Activity.__table__.columns and name not in (*RULE, "first_day"):
            setattr(activity, name, value)
    activity.holidays = said.get("holidays", activity.holidays)


def _fit_positions(
    draft: Draft, activity: Activity, copies: Mapping[int, int], now: datetime, *, alone: bool
) -> list[ShiftPlan]:
    """Let the positions be as wanted: of the activity from now on, unless one date is meant alone, and of its dates.

    Returns those that are new.
    """
    was, wanted = draft.positions
    gone = was.keys() - wanted.keys()
    if alone and (gone or None in draft.wish.plan_ids):
        raise Refused("Positions come and go for the whole series. Choose all that follow, or all.", field="scope")
    for plan_id, to in wanted.items():
        _refit(draft, db.session.get_one(ShiftPlan, copies.get(plan_id, plan_id)), was[plan_id], to, alone=alone)
    for plan_id in gone:
        _take_out(copies.get(plan_id, plan_id), now)
    every = zip(draft.wish.plan_ids, draft.wish.wanted.shifts, strict=True)
    new = [ShiftPlan(activity_id=activity.id, **vars(to)) for plan_id, to in every if plan_id is None]
    db.session.add_all(new)
    db.session.flush()
    return new


def _refit(draft: Draft, plan: ShiftPlan, was: PlannedShift, to: PlannedShift, *, alone: bool) -> None:
    new = {name: value for name, value in vars(to).items() if value != getattr(was, name)}
    its = update(Shift).where(Shift.plan_id == plan.id, Shift.occurrence_id.in_(_held(draft)))
    its = its.values(version=Shift.version + 1).execution_options(synchronize_session=False)
    if alike := {name: new[name] for name in ("name", "minimum", "needs_approval") if name in new}:
        db.session.execute(its.values(alike))
    if "capacity" in new:
        beyond = case((Shift.taken > to.capacity, Shift.taken - to.capacity), else_=0)
        of_series = its if alone else its.where(Shift.capacity == plan.capacity)
        db.session.execute(of_series.values(capacity=to.capacity, extra=beyond))
    for name, value in () if alone else new.items():
        setattr(plan, name, value)


def _retime(actor: Actor, draft: Draft, copies: Mapping[int, int], now: datetime) -> Effects:
    """Let positions begin and end at other times within their dates; who is on one of a date that stays hears so."""
    was, wanted = draft.positions
    shown, to = ((one.wall_start, one.wall_end) for one in (draft.shown, draft.wish.wanted))
    along = {n: moved_walls((one.wall_start, one.wall_end), shown, to) for n, one in was.items()}
    anew = {copies.get(n, n): one for n, one in wanted.items() if along[n] != (one.wall_start, one.wall_end)}
    its = select(Shift).where(Shift.plan_id.in_(anew), Shift.occurrence_id.in_(_held(draft)))
    effects, moved = NO_EFFECTS, {one.existing.id for one in draft.course.changes if one.what is What.MOVED}
    for shift in db.session.scalars(its.execution_options(populate_existing=True)).all() if anew else ():
        row, one = draft.rows[shift.occurrence_id], anew[shift.plan_id]
        if row.fixed and draft.reach is not Reach.THIS:
            continue
        before, day = (shift.starts_at, shift.ends_at), clock.local(row.starts_at, draft.series.zone).date()
        shift.starts_at, shift.ends_at = moments(day, to[0], one.wall_start, one.wall_end, draft.series.zone)
        shift.version += 1
        if row.id not in moved:
            cancellations.changed(row, now)
            on = select(Signup.person_id).where(Signup.shift_id == shift.id, Signup.status.in_(STANDING))
            parts = [Part(who, row.id, row.sequence) for who in db.session.scalars(on) if who != actor.person_id]
            effects += tickets.news_to(Event.MOVED, parts, shift.id, was=before)
    return effects


def _take_out(plan_id: int, now: datetime) -> None:
    """Let a position be gone. Refused where anybody was ever signed up for it, or a date with it was held."""
    its = Shift.plan_id == plan_id
    used = exists().where(Signup.shift_id.in_(select(Shift.id).where(its)))
    held = select(Shift.id).join(Shift.occurrence).where(its, Occurrence.starts_at <= now).exists()
    if db.session.scalar(select(used | held)):
        raise Refused("Somebody is, or was, signed up for that position. Rename it, or give it fewer places.")
    db.session.execute(delete(Shift).where(its))
    db.session.execute(delete(ShiftPlan).where(ShiftPlan.id == plan_id))
