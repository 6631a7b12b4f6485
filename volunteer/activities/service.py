"""What can be done with activities: draft, preview, publish, describe anew, archive."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import contains_eager, joinedload

from .. import clock
from ..actor import Actor
from ..errors import Refused, or_missing
from ..notices import deeds
from ..notices.deeds import Effects
from ..storage.database import db
from ..teams import service as teams
from . import dates
from .models import Activity, Kind, Occurrence, ShiftPlan
from .recurrence import Planned, plan
from .rules import LONGEST_AGO, Details, Wanted
from .states import ActivityState


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


def is_uninsured(wanted: Wanted) -> bool:
    """Is it dangerous, and nothing said of an insurance? That is to be told, and hinders nobody."""
    return db.session.get_one(Kind, wanted.kind_id).dangerous and not wanted.details.insurance


def get_activity_for(actor: Actor, activity_id: int) -> Activity:
    """An activity of the actor's team that they may see, with its kind; Missing otherwise."""
    found = (
        select(Activity).join(Activity.kind).options(contains_eager(Activity.kind)).where(Activity.id == activity_id)
    )
    return or_missing(db.session.scalar(found.where(Activity.team_id == actor.team_id, shown_to(actor))))


def shown_to(actor: Actor) -> ColumnElement[bool]:
    """Of activities of their team with the kind: which may the actor see? Drafts and private kinds are for leaders."""
    shown = and_(Activity.state != ActivityState.DRAFT, Kind.private.is_(False))
    return true() if actor.leads else shown


def list_neighbours(activity: Activity) -> list[Activity]:
    """The series this one continues, and those that continue it, in the order in which they began."""
    beside = or_(Activity.id == activity.predecessor_id, Activity.predecessor_id == activity.id)
    return list(db.session.scalars(select(Activity).where(beside).order_by(Activity.id)))


def archive(actor: Actor, activity_id: int, now: datetime) -> None:
    """Put away what is over; its dates and hours stay. Twice changes nothing.

    Refused while dates are to come. Locks the activity.
    """
    activity = dates.lock(get_activity_for(actor, activity_id).id)
    if activity.state is ActivityState.ARCHIVED:
        return
    if not dates.is_over(activity, dates.list_for(activity), now):
        raise Refused("Dates of it are still to come. Once they are over it can go into the archive.")
    activity.state = ActivityState.ARCHIVED
    deeds.close(actor, "archive", f"activity {activity.id}", now)


def take_out_of_archive(actor: Actor, activity_id: int, now: datetime) -> None:
    """Let it stand among what is over again; twice changes nothing. Refused when no date is left to it. Locks it."""
    activity = dates.lock(get_activity_for(actor, activity_id).id)
    if activity.state is not ActivityState.ARCHIVED:
        return
    if not dates.list_for(activity):
        raise Refused("All its dates have gone on in another series. Look there.")
    activity.state = ActivityState.PUBLISHED
    deeds.close(actor, "take out of the archive", f"activity {activity.id}", now)


def draft(actor: Actor, wanted: Wanted, now: datetime) -> Activity:
    """Save a new activity that nobody but leaders sees yet. Refused for a rule without sense."""
    wanted = _judged(actor, wanted, now)
    activity = Activity(team_id=actor.team_id, zone=actor.zone, created_by_id=actor.person_id, created_at=now)
    db.session.add(activity)
    _write_down(activity, wanted)
    deeds.close(actor, "draft", f"activity {activity.id}", now)
    return activity


def _judged(actor: Actor, wanted: Wanted, now: datetime) -> Wanted:
    """With the name of its leader. Refused for dates or a draw without sense, and when nobody in the team is meant."""
    wanted.details.refuse_undrawable(wanted.by_draw)
    planned = planned_dates(actor, wanted)
    if planned[0].rule_date < clock.today(now, actor.zone) - LONGEST_AGO:
        raise Refused("Its first date is more than 400 days ago. Choose a later one.", field="date")
    if not any(one.on for one in planned):
        raise Refused("Every date of it falls on a public holiday. Choose other days, or keep the holidays.")
    return replace(wanted, details=with_leader(actor.team_id, wanted.details))


def revise_draft(actor: Actor, activity_id: int, version: int, wanted: Wanted, now: datetime) -> Activity:
    """Replace a draft. Refused when somebody else changed it since `version` was read."""
    activity = dates.lock(get_activity_for(actor, activity_id).id)
    refuse_stale(activity.version, version)
    activity.version += 1
    if activity.state is not ActivityState.DRAFT:
        raise Refused("This activity is published already. Look at it again, then change it for the dates to come.")
    wanted = _judged(actor, wanted, now)
    for one in dates.list_shift_plans(activity):
        db.session.delete(one)
    db.session.flush()
    _write_down(activity, wanted)
    deeds.close(actor, "revise", f"activity {activity.id}", now)
    return activity


def list_heirs(activity: Activity) -> list[Activity]:
    """The series that carry it on since it was split."""
    its = Activity.predecessor_id == activity.id, Activity.state == ActivityState.PUBLISHED
    return list(db.session.scalars(select(Activity).where(*its).order_by(Activity.id)))


def refuse_stale(version: int, read: int) -> None:
    """Refused when somebody else changed a locked activity, of this version, since that one was read."""
    if version != read:
        raise Refused("Somebody else has just changed this activity. Look at what it says now, then save again.")


def with_leader(team_id: int, details: Details) -> Details:
    """With the name of the member who leads it. Refused when nobody in the team is meant."""
    if details.responsible_id is None:
        return details
    leader = teams.find_member(team_id, details.responsible_id)
    if leader is None:
        raise Refused("Choose one of the members listed.", field="responsible_id")
    return replace(details, responsible=leader.name)


def _write_down(activity: Activity, wanted: Wanted) -> None:
    days = [day.isoformat() for day in wanted.dates]
    said = vars(wanted) | vars(wanted.details) | {"holidays": wanted.policy, "dates": days}
    for name in said.keys() & Activity.__table__.columns.keys():
        setattr(activity, name, said[name])
    db.session.flush()
    db.session.add_all(ShiftPlan(activity_id=activity.id, **vars(shift)) for shift in wanted.shifts)
    db.session.flush()


def publish(actor: Actor, activity_id: int, now: datetime) -> Activity:
    """Make the dates of a draft and show them to people; publishing twice changes nothing. Locks the activity."""
    activity = dates.lock(get_activity_for(actor, activity_id).id)
    if activity.state is not ActivityState.DRAFT:
        return activity
    activity.state = ActivityState.PUBLISHED
    dates.make(activity, now)
    deeds.close(actor, "publish", f"activity {activity.id}", now, Effects(teams=[activity.team_id]))
    return activity


def get_occurrence_for(actor: Actor, occurrence_id: int) -> Occurrence:
    """A date of the actor's team with its activity and kind; Missing otherwise."""
    found = (
        select(Occurrence)
        .options(joinedload(Occurrence.activity).joinedload(Activity.kind))
        .where(Occurrence.id == occurrence_id, Occurrence.team_id == actor.team_id)
    )
    return or_missing(db.session.scalar(found))
