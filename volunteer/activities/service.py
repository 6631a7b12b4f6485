"""What can be done with activities: draft, preview, publish, describe anew."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from .. import audit, clock, revisions
from ..actor import Actor
from ..database import db
from ..errors import Missing, Refused
from ..revisions import Scope
from . import dates
from .models import Activity, Kind, Occurrence, ShiftPlan
from .recurrence import Planned, Repeat, plan
from .rules import LONGEST_AGO, Details, Position, Wanted
from .states import ActivityState, OccurrenceState, Visibility


def list_kinds_for(actor: Actor) -> list[Kind]:
    """The kinds of the actor's team, in the order they ship."""
    return list(db.session.scalars(select(Kind).where(Kind.team_id == actor.team_id).order_by(Kind.id)))


def find_kind(actor: Actor, words: str) -> Kind | None:
    """The team's kind with this code, name or alias."""
    words = words.strip()
    return next((k for k in list_kinds_for(actor) if words in (k.code, k.name, *k.aliases)), None)


def planned_dates(actor: Actor, wanted: Wanted) -> list[Planned]:
    """Every date the activity would have, with what holidays do to it. Refused for a rule without sense."""
    return plan(wanted.rule, wanted.policy, dates.working_days(actor.team_id))


def get_activity_for(actor: Actor, activity_id: int) -> Activity:
    """An activity of the actor's team with its kind; Missing otherwise."""
    found = select(Activity).options(joinedload(Activity.kind)).where(Activity.id == activity_id)
    activity = db.session.scalar(found.where(Activity.team_id == actor.team_id))
    if activity is None:
        raise Missing
    return activity


@dataclass(frozen=True)
class ActivityLine:
    """An activity in the leaders' list, with its next date."""

    id: int
    title: str
    state: ActivityState
    repeat: Repeat
    next_at: datetime | None


def list_activities_for(actor: Actor, now: datetime) -> list[ActivityLine]:
    """The team's activities: drafts first, then by their next date, those without one last."""
    next_at = (
        select(func.min(Occurrence.starts_at))
        .where(
            Occurrence.activity_id == Activity.id,
            Occurrence.starts_at > now,
            Occurrence.state == OccurrenceState.PUBLISHED,
        )
        .scalar_subquery()
    )
    lines = (
        select(Activity.id, Activity.title, Activity.state, Activity.repeat, next_at.label("next_at"))
        .where(Activity.team_id == actor.team_id, Activity.state != ActivityState.ARCHIVED)
        .order_by(Activity.state, next_at.is_(None), "next_at", Activity.id.desc())
    )
    return [ActivityLine(*row) for row in db.session.execute(lines)]


def list_positions(activity: Activity) -> list[ShiftPlan]:
    """The positions each date of the activity offers."""
    plans = select(ShiftPlan).where(ShiftPlan.activity_id == activity.id).order_by(ShiftPlan.id)
    return list(db.session.scalars(plans))


def draft(actor: Actor, wanted: Wanted, now: datetime) -> Activity:
    """Save a new activity that nobody but leaders sees yet. Refused for a rule without sense."""
    _refuse_odd_dates(actor, wanted, now)
    activity = Activity(team_id=actor.team_id, zone=actor.zone, created_by_id=actor.person_id, created_at=now)
    db.session.add(activity)
    _write_down(activity, wanted)
    audit.note(actor, "draft", f"activity {activity.id}", now)
    return activity


def _refuse_odd_dates(actor: Actor, wanted: Wanted, now: datetime) -> None:
    planned = planned_dates(actor, wanted)
    if planned[0].rule_date < clock.today(now, actor.zone) - LONGEST_AGO:
        raise Refused("Its first date is more than 400 days ago. Choose a later one.", field="date")
    if not any(one.on for one in planned):
        raise Refused("Every date of it falls on a public holiday. Choose other days, or keep the holidays.")


def revise_draft(actor: Actor, activity_id: int, version: int, wanted: Wanted, now: datetime) -> Activity:
    """Replace a draft. Refused when somebody else changed it since `version` was read."""
    activity = _get_to_change(actor, activity_id, version)
    if activity.state is not ActivityState.DRAFT:
        raise Refused("This activity is published already. Only its description can still change.")
    _refuse_odd_dates(actor, wanted, now)
    for position in list_positions(activity):
        db.session.delete(position)
    db.session.flush()
    _write_down(activity, wanted)
    audit.note(actor, "revise", f"activity {activity.id}", now)
    return activity


def describe_anew(actor: Actor, activity_id: int, version: int, details: Details, now: datetime) -> Activity:
    """Change what a published activity says of itself; coming dates follow, and calendars are told.

    Refused when somebody else changed it since `version` was read.
    """
    activity = _get_to_change(actor, activity_id, version)
    changed = [name for name, value in asdict(details).items() if getattr(activity, name) != value]
    for name in changed:
        setattr(activity, name, getattr(details, name))
    if changed and activity.state is ActivityState.PUBLISHED:
        _tell_coming_dates(activity, now)
        revisions.touch([(Scope.TEAM, activity.team_id)])
    audit.note(actor, "describe", f"activity {activity.id}", now, fields=changed)
    return activity


def _tell_coming_dates(activity: Activity, now: datetime) -> None:
    """Dates ahead follow the activity; past ones keep what they were."""
    coming = update(Occurrence).where(Occurrence.activity_id == activity.id, Occurrence.ends_at > now)
    said = {"title": activity.title, "place": activity.place, "changed_at": now}
    db.session.execute(coming.values(sequence=Occurrence.sequence + 1, **said))


def _get_to_change(actor: Actor, activity_id: int, version: int) -> Activity:
    activity = _get_locked(actor, activity_id)
    if activity.version != version:
        raise Refused("Somebody else has just changed this activity. Look at what it says now, then save again.")
    activity.version += 1
    return activity


def _get_locked(actor: Actor, activity_id: int) -> Activity:
    return dates.lock(get_activity_for(actor, activity_id).id)


def _write_down(activity: Activity, wanted: Wanted) -> None:
    for name, value in asdict(wanted.details).items():
        setattr(activity, name, value)
    activity.kind_id = wanted.kind_id
    activity.visibility = Visibility.PUBLIC if wanted.public else Visibility.TEAM
    activity.first_day, activity.until, activity.count = wanted.first_day, wanted.until, wanted.count
    activity.every, activity.dates = wanted.every, [day.isoformat() for day in wanted.dates]
    activity.wall_start, activity.wall_end = wanted.start, wanted.end
    activity.arrive_before = wanted.arrive_before
    activity.repeat, activity.holidays = wanted.repeat, wanted.policy
    db.session.flush()
    for position in wanted.positions:
        db.session.add(_shift_plan(activity.id, position))
    db.session.flush()


def _shift_plan(activity_id: int, position: Position) -> ShiftPlan:
    return ShiftPlan(
        activity_id=activity_id,
        name=position.name,
        wall_start=position.start,
        wall_end=position.end,
        capacity=position.capacity,
        minimum=position.minimum,
        needs_approval=position.needs_approval,
    )


def publish(actor: Actor, activity_id: int, now: datetime) -> Activity:
    """Make the dates of a draft and show them to people; publishing twice changes nothing. Locks the activity."""
    activity = _get_locked(actor, activity_id)
    if activity.state is not ActivityState.DRAFT:
        return activity
    activity.state = ActivityState.PUBLISHED
    dates.make(activity, now)
    audit.note(actor, "publish", f"activity {activity.id}", now)
    revisions.touch([(Scope.TEAM, activity.team_id)])
    return activity


def get_occurrence_for(actor: Actor, occurrence_id: int) -> Occurrence:
    """A date of the actor's team with its activity and kind; Missing otherwise."""
    found = (
        select(Occurrence)
        .options(joinedload(Occurrence.activity).joinedload(Activity.kind))
        .where(Occurrence.id == occurrence_id, Occurrence.team_id == actor.team_id)
    )
    occurrence = db.session.scalar(found)
    if occurrence is None:
        raise Missing
    return occurrence
