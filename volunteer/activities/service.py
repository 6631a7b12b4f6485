"""What can be done with activities: draft, preview, publish, describe anew; and how dates come to be."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from .. import audit, clock, revisions
from ..actor import Actor
from ..clock import WorkingDays
from ..database import db
from ..errors import Missing, Refused
from ..revisions import Scope
from .models import Activity, Kind, Occurrence, Shift, ShiftPlan, new_public_id
from .recurrence import BadRule, Planned, Repeat, Rule, plan
from .rules import FAULTS, HORIZON, Details, Position, Wanted
from .states import ActivityState, OccurrenceState, Visibility


def list_kinds_for(actor: Actor) -> list[Kind]:
    """The kinds of the actor's team, in the order they ship."""
    return list(db.session.scalars(select(Kind).where(Kind.team_id == actor.team_id).order_by(Kind.id)))


def find_kind(actor: Actor, words: str) -> Kind | None:
    """The team's kind with this code, name or alias."""
    words = words.strip()
    return next((k for k in list_kinds_for(actor) if words in (k.code, k.name, *k.aliases)), None)


def planned_dates(wanted: Wanted) -> list[Planned]:
    """Every date the activity would have, with what holidays do to it. Refused for a rule without sense."""
    try:
        return plan(wanted.rule, wanted.policy, WorkingDays())
    except BadRule as bad:
        fault = FAULTS[bad.fault]
        raise Refused(fault.sentence, field=fault.field) from bad


def planned_for(activity: Activity) -> list[Planned]:
    """Every date a saved activity has by its rule."""
    rule = Rule(activity.repeat, activity.first_day, activity.every, activity.until)
    return plan(rule, activity.holidays, WorkingDays())


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
        .where(Activity.team_id == actor.team_id)
        .order_by(Activity.state, next_at.is_(None), "next_at", Activity.id.desc())
    )
    return [ActivityLine(*row) for row in db.session.execute(lines)]


def list_positions(activity: Activity) -> list[ShiftPlan]:
    """The positions each date of the activity offers."""
    plans = select(ShiftPlan).where(ShiftPlan.activity_id == activity.id).order_by(ShiftPlan.id)
    return list(db.session.scalars(plans))


def list_dates(activity: Activity) -> list[Occurrence]:
    """The dates made so far, skipped and cancelled ones among them, in order."""
    dates = select(Occurrence).where(Occurrence.activity_id == activity.id).order_by(Occurrence.rule_date)
    return list(db.session.scalars(dates))


def draft(actor: Actor, wanted: Wanted, now: datetime) -> Activity:
    """Save a new activity that nobody but leaders sees yet. Refused for a rule without sense."""
    planned_dates(wanted)
    activity = Activity(team_id=actor.team_id, zone=actor.zone, created_by_id=actor.person_id, created_at=now)
    db.session.add(activity)
    _write_down(activity, wanted)
    audit.note(now, team_id=actor.team_id, actor_id=actor.person_id, verb="draft", object=f"activity {activity.id}")
    return activity


def revise_draft(actor: Actor, activity_id: int, version: int, wanted: Wanted, now: datetime) -> Activity:
    """Replace a draft. Refused when somebody else changed it since `version` was read."""
    activity = _get_to_change(actor, activity_id, version)
    if activity.state is not ActivityState.DRAFT:
        raise Refused("This activity is published already. Only its description can still change.")
    planned_dates(wanted)
    for position in list_positions(activity):
        db.session.delete(position)
    db.session.flush()
    _write_down(activity, wanted)
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
    audit.note(
        now,
        team_id=actor.team_id,
        actor_id=actor.person_id,
        verb="describe",
        object=f"activity {activity.id}",
        fields=changed,
    )
    return activity


def _tell_coming_dates(activity: Activity, now: datetime) -> None:
    """Dates ahead follow the activity; past ones keep what they were."""
    coming = update(Occurrence).where(Occurrence.activity_id == activity.id, Occurrence.ends_at > now)
    said = {"title": activity.title, "place": activity.place, "changed_at": now}
    db.session.execute(coming.values(sequence=Occurrence.sequence + 1, **said))


def _get_to_change(actor: Actor, activity_id: int, version: int) -> Activity:
    activity = get_activity_for(actor, activity_id)
    raise_version = (
        update(Activity)
        .where(Activity.id == activity.id, Activity.version == version)
        .values(version=version + 1)
        .returning(Activity.id)
    )
    if db.session.scalar(raise_version) is None:
        raise Refused("Somebody else has just changed this activity. Look at what it says now, then save again.")
    return activity


def _write_down(activity: Activity, wanted: Wanted) -> None:
    for name, value in asdict(wanted.details).items():
        setattr(activity, name, value)
    activity.kind_id = wanted.kind_id
    activity.visibility = Visibility.PUBLIC if wanted.public else Visibility.TEAM
    activity.first_day, activity.until = wanted.first_day, wanted.until
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
    )


def publish(actor: Actor, activity_id: int, now: datetime) -> Activity:
    """Make the dates of a draft and show them to people; publishing twice changes nothing."""
    activity = get_activity_for(actor, activity_id)
    if activity.state is ActivityState.PUBLISHED:
        return activity
    activity.state = ActivityState.PUBLISHED
    make_dates(activity, now)
    audit.note(now, team_id=actor.team_id, actor_id=actor.person_id, verb="publish", object=f"activity {activity.id}")
    revisions.touch([(Scope.TEAM, activity.team_id)])
    return activity


def make_dates(activity: Activity, now: datetime) -> int:
    """Make the dates up to the horizon that do not exist yet; safe to repeat. Returns how many are new.

    A date that was skipped, cancelled or moved keeps its row and is never made again.
    """
    db.session.execute(select(Activity.id).where(Activity.id == activity.id).with_for_update(key_share=True))
    counts = db.session.scalar(select(Kind.counts_as_service).where(Kind.id == activity.kind_id)) or False
    known = {occurrence.rule_date for occurrence in list_dates(activity)}
    last = clock.today(now, activity.zone) + HORIZON
    due = [p for p in planned_for(activity) if p.rule_date <= last and p.rule_date not in known]
    new = [_date(activity, planned, counts, now) for planned in due]
    db.session.add_all(new)
    db.session.flush()
    _add_shifts(activity, (occurrence for occurrence in new if occurrence.state is OccurrenceState.PUBLISHED))
    return len(new)


def _date(activity: Activity, planned: Planned, counts: bool, now: datetime) -> Occurrence:
    day = planned.on or planned.rule_date
    return Occurrence(
        team_id=activity.team_id,
        activity_id=activity.id,
        rule_date=planned.rule_date,
        public_id=new_public_id(),
        title=activity.title,
        place=activity.place,
        starts_at=clock.utc(day, activity.wall_start, activity.zone),
        ends_at=clock.utc(day, activity.wall_end, activity.zone),
        state=OccurrenceState.PUBLISHED if planned.on else OccurrenceState.SKIPPED,
        reason="" if planned.on else planned.holiday or "",
        counts=counts,
        tentative=planned.tentative,
        changed_at=now,
    )


def _add_shifts(activity: Activity, occurrences: Iterable[Occurrence]) -> None:
    positions = list_positions(activity)
    for occurrence in occurrences:
        day = clock.local(occurrence.starts_at, activity.zone).date()
        db.session.add_all(_shift(occurrence, position, day, activity.zone) for position in positions)
    db.session.flush()


def _shift(occurrence: Occurrence, position: ShiftPlan, day: date, zone: str) -> Shift:
    return Shift(
        team_id=occurrence.team_id,
        occurrence_id=occurrence.id,
        plan_id=position.id,
        name=position.name,
        starts_at=clock.utc(day, position.wall_start, zone),
        ends_at=clock.utc(day, position.wall_end, zone),
        capacity=position.capacity,
    )


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


def list_unfinished_series(now: datetime) -> list[Activity]:
    """Published series that may still need dates."""
    today = now.date()
    return list(
        db.session.scalars(
            select(Activity).where(
                Activity.state == ActivityState.PUBLISHED,
                Activity.repeat != Repeat.NONE,
                Activity.until >= today,
            )
        )
    )
