"""Dates that have people, called off and brought back. Their sign-ups stay as they are."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update

from ..activities import dates
from ..activities.models import Activity, Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import Refused, or_missing, short_line
from ..ledger import book
from ..ledger.service import refuse_late, refuse_unless_on
from ..notices import deeds
from ..notices.deeds import Effects
from ..notices.events import Event
from ..signups.tickets import lock_dates
from ..storage.database import db
from . import hearers, news


def cancel_date(actor: Actor, occurrence_id: int, reason: str, now: datetime) -> Occurrence:
    """Cancel a date; its sign-ups stay as they are and learn the reason. Cancelling twice changes nothing.

    Closes the shifts: a sign-up queued behind gets no ticket. What was said of absences is taken back. Refused
    without a reason, where somebody is checked in, and when it was over too long ago for the actor to say so.
    """
    unsaid = Refused("Say why in up to 200 characters; everyone signed up reads it.", field="reason")
    reason = short_line(reason, 200, unsaid)
    occurrence = get_locked(actor, occurrence_id)
    if occurrence.state is not OccurrenceState.PUBLISHED:
        return occurrence
    refuse_late(actor, occurrence, now)
    book.forget(actor, [occurrence.id], now)
    call_off(actor, [(occurrence, reason)], now)
    event = Event.CANCELLED if now < occurrence.ends_at else Event.NOT_HELD
    effects = hearers.effects_of(actor, [(event, occurrence)], now)
    deeds.close(actor, "cancel", f"occurrence {occurrence.id}", now, effects, reason=reason)
    return occurrence


def end_date(actor: Actor, occurrence_id: int, at: datetime, reason: str, now: datetime) -> Occurrence:
    """End a date before its time, at a moment that has come: who is there leaves then, later positions close.

    Ending it twice at the same moment changes nothing. Refused without a reason, for a moment outside of the date, once
    hours are confirmed, too late, and for a date that does not take place. Everybody on it is told. Locks it and its
    sign-ups.
    """
    unsaid = Refused("Say why in up to 200 characters; everyone signed up reads it.", field="reason")
    reason = short_line(reason, 200, unsaid)
    occurrence = get_locked(actor, occurrence_id)
    refuse_unless_on(occurrence)
    refuse_late(actor, occurrence, now)
    if occurrence.ends_at == at:
        return occurrence
    if not occurrence.starts_at < at <= min(now, occurrence.ends_at):
        raise Refused("Give a time after the start that has come, and before its planned end.", field="at")
    effects = end(actor, occurrence, at, reason, now)
    deeds.close(actor, "end", f"occurrence {occurrence.id}", now, effects, at=at.isoformat(), reason=reason)
    return occurrence


def end(actor: Actor, occurrence: Occurrence, at: datetime, reason: str, now: datetime) -> Effects:
    """Let a locked date be over at a moment that has come. Refused once hours are confirmed. Locks its sign-ups."""
    book.check_everybody_out(actor, occurrence.id, at, now)
    its = update(Shift).where(Shift.occurrence_id == occurrence.id).values(version=Shift.version + 1)
    db.session.execute(its.where(Shift.starts_at < at, Shift.ends_at > at).values(ends_at=at))
    db.session.execute(its.where(Shift.starts_at >= at).values(open=False))
    occurrence.ends_at, occurrence.reason, occurrence.fixed = at, reason, True
    changed(occurrence, now)
    return hearers.effects_of(actor, [(Event.ENDED, occurrence)], now)


def restore_date(actor: Actor, occurrence_id: int, now: datetime) -> Occurrence:
    """Let a date take place after all that was cancelled or skipped; its sign-ups are as they were.

    Doing it twice changes nothing. Refused once it would have begun. Locks its shifts.
    """
    occurrence = get_locked(actor, occurrence_id)
    if occurrence.state is OccurrenceState.PUBLISHED:
        return occurrence
    if occurrence.starts_at <= now:
        raise Refused("Its time has passed; it cannot be brought back. Plan a new date instead.")
    was, occurrence.fixed = occurrence.reason, True
    bring_back(actor, [occurrence], now)
    effects = hearers.effects_of(actor, [(Event.RESTORED, occurrence)], now)
    deeds.close(actor, "restore", f"occurrence {occurrence.id}", now, effects, reason=was)
    return occurrence


def get_locked(actor: Actor, occurrence_id: int) -> Occurrence:
    """A date of the actor's team as it is now, locked with its shifts; Missing otherwise."""
    mine = lock_dates(Occurrence.id == occurrence_id, Occurrence.team_id == actor.team_id)
    return or_missing(mine[0] if mine else None)


def call_off(actor: Actor, off: Sequence[tuple[Occurrence, str]], now: datetime) -> None:
    """Let locked, published dates not take place, each for its reason."""
    for occurrence, reason in off:
        occurrence.state, occurrence.reason = OccurrenceState.CANCELLED, reason
    _open_shifts(actor, [occurrence for occurrence, _ in off], False, now)


def bring_back(actor: Actor, back: Sequence[Occurrence], now: datetime) -> None:
    """Let locked dates of an activity that were called off take place; those that were skipped get their shifts."""
    skipped = [one for one in back if one.state is OccurrenceState.SKIPPED]
    if skipped:
        dates.add_shifts(db.session.get_one(Activity, skipped[0].activity_id), skipped)
    for occurrence in back:
        occurrence.state, occurrence.reason = OccurrenceState.PUBLISHED, ""
    _open_shifts(actor, back, True, now)


def _open_shifts(actor: Actor, occurrences: Sequence[Occurrence], are_open: bool, now: datetime) -> None:
    for occurrence in occurrences:
        changed(occurrence, now)
        if now < occurrence.ends_at:  # nobody need be called about what is over
            news.set_news(actor, occurrence, now)
    if occurrences:
        shifts = update(Shift).where(Shift.occurrence_id.in_([one.id for one in occurrences]))
        db.session.execute(shifts.values(open=are_open, version=Shift.version + 1))


def changed(occurrence: Occurrence, now: datetime) -> None:
    """Say that something subscribers can see of a locked date has changed."""
    occurrence.sequence, occurrence.changed_at = occurrence.sequence + 1, now
