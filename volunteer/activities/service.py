"""What can be done with activities: draft, preview, publish, describe anew."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload

from .. import clock
from ..actor import Actor
from ..errors import Refused, or_missing
from ..notices import deeds
from ..notices.deeds import Effects
from ..papers.tables.listings import Listing, ListRow, Tag, holding
from ..storage.database import db
from ..teams import service as teams
from ..web.pages import gettext
from ..words import Tone
from . import dates
from .models import Activity, Kind, Occurrence, ShiftPlan
from .recurrence import Planned, Repeat, plan
from .rules import LONGEST_AGO, Details, Wanted
from .states import ActivityState, OccurrenceState


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
    """An activity of the actor's team with its kind; Missing otherwise."""
    found = select(Activity).options(joinedload(Activity.kind)).where(Activity.id == activity_id)
    return or_missing(db.session.scalar(found.where(Activity.team_id == actor.team_id)))


def list_for(actor: Actor, words: str, now: datetime) -> Listing:
    """What the team does, as a list: drafts first, then by the next date, at the end what has no date any more.

    Each of the words stands in its title, place or kind.
    """
    coming = and_(Occurrence.starts_at > now, Occurrence.state == OccurrenceState.PUBLISHED)
    next_at = select(func.min(Occurrence.starts_at)).where(Occurrence.activity_id == Activity.id, coming)
    next_date = next_at.scalar_subquery()
    order = (Activity.state, next_date.is_(None), next_date, Activity.id.desc())
    ours = and_(Activity.team_id == actor.team_id, Activity.state != ActivityState.ARCHIVED)
    told = holding(words, lambda holds: or_(holds(Activity.title), holds(Activity.place), holds(Kind.name)))
    about = (Activity.id, Activity.title, Activity.state, Activity.repeat, Kind.name, Activity.place, next_date)
    headings = (gettext("Title"), gettext("State"), gettext("Next date"), gettext("Kind"), gettext("Place"))
    return Listing(
        name="activities",
        title=str(gettext("Activities")),
        headings=tuple(map(str, headings)),
        found=select(Activity.id).join(Kind, Kind.id == Activity.kind_id).where(ours, told).order_by(*order),
        rows=select(*about).join(Kind, Kind.id == Activity.kind_id).order_by(*order),
        id=Activity.id,
        row=partial(_row, actor.zone),
        words=words,
        has_people=False,
    )


def _row(
    zone: str, id: int, title: str, state: ActivityState, repeat: Repeat, kind: str, place: str, at: datetime | None
) -> ListRow:
    draft = state is ActivityState.DRAFT
    none = gettext("only leaders see it") if draft else gettext("no more dates")
    shape = gettext("Draft") if draft else gettext("Single") if repeat is Repeat.NONE else gettext("Series")
    tag = Tag(str(shape), Tone.FEW if draft else Tone.RIGHT if at else Tone.WAIT)
    return ListRow(id, (title, tag, clock.local(at, zone).date() if at else str(none), kind, place))


def draft(actor: Actor, wanted: Wanted, now: datetime) -> Activity:
    """Save a new activity that nobody but leaders sees yet. Refused for a rule without sense."""
    wanted = _judged(actor, wanted, now)
    activity = Activity(team_id=actor.team_id, zone=actor.zone, created_by_id=actor.person_id, created_at=now)
    db.session.add(activity)
    _write_down(activity, wanted)
    deeds.close(actor, "draft", f"activity {activity.id}", now)
    return activity


def _judged(actor: Actor, wanted: Wanted, now: datetime) -> Wanted:
    """With the name of its leader. Refused for dates without sense, and when nobody in the team is meant."""
    planned = planned_dates(actor, wanted)
    if planned[0].rule_date < clock.today(now, actor.zone) - LONGEST_AGO:
        raise Refused("Its first date is more than 400 days ago. Choose a later one.", field="date")
    if not any(one.on for one in planned):
        raise Refused("Every date of it falls on a public holiday. Choose other days, or keep the holidays.")
    return replace(wanted, details=with_leader(actor.team_id, wanted.details))


def revise_draft(actor: Actor, activity_id: int, version: int, wanted: Wanted, now: datetime) -> Activity:
    """Replace a draft. Refused when somebody else changed it since `version` was read."""
    activity = dates.lock(get_activity_for(actor, activity_id).id)
    refuse_stale(activity, version)
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


def refuse_stale(activity: Activity, version: int) -> None:
    """Refused when somebody else changed a locked activity since this version of it was read."""
    if activity.version != version:
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
