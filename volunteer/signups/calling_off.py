"""Dates that have people, called off and brought back. Their sign-ups stay as they are."""

from datetime import datetime

from sqlalchemy import update

from .. import audit, revisions
from ..activities import dates
from ..activities.models import Activity, Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..database import db
from ..errors import Refused
from ..revisions import Scope
from .tickets import close_shifts, lock_shifts


def cancel_date(actor: Actor, occurrence_id: int, reason: str, now: datetime) -> Occurrence:
    """Cancel a date; its sign-ups stay as they are and learn the reason. Cancelling twice changes nothing.

    Closes the shifts first: a sign-up queued behind gets no ticket. Refused without a reason or after the start.
    """
    reason = " ".join(reason.split())
    if not 1 <= len(reason) <= 200:
        raise Refused("Say why in up to 200 characters; everyone signed up reads it.", field="reason")
    occurrence = get_occurrence_for(actor, occurrence_id)
    lock_shifts(occurrence.id)
    db.session.refresh(occurrence, ["state"])
    if occurrence.state is not OccurrenceState.PUBLISHED:
        return occurrence
    if occurrence.starts_at <= now:
        raise Refused("This date has begun; it can no longer be cancelled.")
    call_off(occurrence, reason, now)
    tell(actor, "cancel", f"occurrence {occurrence.id}", now)
    return occurrence


def restore_date(actor: Actor, occurrence_id: int, now: datetime) -> Occurrence:
    """Let a date take place after all that was cancelled or skipped; its sign-ups are as they were.

    Doing it twice changes nothing. Refused once it would have begun. Locks its shifts.
    """
    occurrence = get_occurrence_for(actor, occurrence_id)
    lock_shifts(occurrence.id)
    db.session.refresh(occurrence, ["state"])
    if occurrence.state is OccurrenceState.PUBLISHED:
        return occurrence
    if occurrence.starts_at <= now:
        raise Refused("Its time has passed; it cannot be brought back. Plan a new date instead.")
    occurrence.fixed = True
    bring_back(occurrence, now)
    tell(actor, "restore", f"occurrence {occurrence.id}", now)
    return occurrence


def call_off(occurrence: Occurrence, reason: str, now: datetime) -> None:
    """Let a published date not take place; closes its shifts first, so a sign-up queued behind gets no ticket."""
    close_shifts(occurrence.id)
    occurrence.state, occurrence.reason = OccurrenceState.CANCELLED, reason
    changed(occurrence, now)
    db.session.flush()


def bring_back(occurrence: Occurrence, now: datetime) -> None:
    """Let a date that was called off take place; one that was skipped gets its positions."""
    was_skipped = occurrence.state is OccurrenceState.SKIPPED
    occurrence.state, occurrence.reason = OccurrenceState.PUBLISHED, ""
    changed(occurrence, now)
    db.session.flush()
    if was_skipped:
        dates.add_shifts(db.session.get_one(Activity, occurrence.activity_id), [occurrence])
    reopen = update(Shift).where(Shift.occurrence_id == occurrence.id)
    db.session.execute(reopen.values(open=True, version=Shift.version + 1))


def changed(occurrence: Occurrence, now: datetime) -> None:
    """Say that something subscribers can see of a date has changed."""
    occurrence.sequence, occurrence.changed_at = occurrence.sequence + 1, now


def tell(actor: Actor, verb: str, what: str, now: datetime) -> None:
    """Write a deed into the audit trail and tell the team's calendars; the last step of a deed."""
    db.session.flush()
    audit.note(now, team_id=actor.team_id, actor_id=actor.person_id, verb=verb, object=what)
    revisions.touch([(Scope.TEAM, actor.team_id)])
