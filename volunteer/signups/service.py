"""What can be done with places: sign up, withdraw, promote who waits, cancel a date.

Everyone who changes a shift draws its ticket first: one UPDATE that is the lock and the number at once. Locks
are always taken in this order: the acting person, then shifts by id, then revisions. So no place is ever
given twice and nobody overtakes, on any supported database.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from .. import audit, revisions
from ..accounts.models import Person
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..database import db
from ..errors import Missing, Refused
from ..revisions import Scope
from . import rules
from .models import Signup
from .states import Source, Status

HELD = (Status.CONFIRMED,)
"""States that hold a place."""
STANDING = (Status.CONFIRMED, Status.WAITING)
"""States that count: a waiting sign-up clashes too, so a promotion never does."""


@dataclass(frozen=True)
class Ticket:
    """A shift, locked for this transaction, and one's number in its queue."""

    shift_id: int
    places: int
    taken: int
    seq: int

    @property
    def free(self) -> int:
        return self.places - self.taken


@dataclass(frozen=True)
class Outcome:
    """Where a sign-up ended: confirmed (position 0), or waiting at a position from 1."""

    status: Status
    position: int


def sign_up(actor: Actor, occurrence_id: int, shift_id: int | None, now: datetime) -> Outcome:
    """Give the actor a place, or one in the queue when it is full; asking twice changes nothing.

    shift_id may be None when the date has one position only. Locks: person, shift, revision. Refused after
    the start, when the date is cancelled, and when the person has another sign-up at that time.
    """
    lock_person(actor.person_id)
    shift = _get_shift_for(actor, occurrence_id, shift_id)
    signup = _find_signup(shift.id, actor.person_id)
    if signup is None or signup.status not in STANDING:
        _refuse_late(shift, now)
        _refuse_clash(actor.person_id, shift)
        ticket = draw_ticket(shift.id)
        signup = _write_down(signup, shift, actor.person_id, now)
        signup.seq, signup.places, signup.source = ticket.seq, 1, Source.SELF
        signup.status = rules.decide(ticket.free, signup.places)
        if signup.status in HELD:
            _take(ticket, signup.places)
        db.session.flush()
        revisions.touch([(Scope.PERSON, actor.person_id)])
    return Outcome(signup.status, position_of(signup))


def withdraw(actor: Actor, occurrence_id: int, now: datetime) -> list[Signup]:
    """Give up the actor's places on a date; who waits longest moves up. Without a sign-up nothing changes.

    Returns the sign-ups given up. Locks: person, shifts by id, revisions. Refused after the start.
    """
    lock_person(actor.person_id)
    occurrence = get_occurrence_for(actor, occurrence_id)
    mine = (
        select(Signup, Shift)
        .join(Shift, Shift.id == Signup.shift_id)
        .where(
            Shift.occurrence_id == occurrence.id,
            Signup.person_id == actor.person_id,
            Signup.status.in_(STANDING),
        )
        .order_by(Shift.id)
    )
    found = db.session.execute(mine).all()
    promoted: list[Signup] = []
    for signup, shift in found:
        _refuse_late(shift, now)
        promoted += _give_up(signup, draw_ticket(shift.id), now)
    revisions.touch((Scope.PERSON, who) for who in [actor.person_id, *(s.person_id for s in promoted)])
    return [signup for signup, _ in found]


def _give_up(signup: Signup, ticket: Ticket, now: datetime) -> list[Signup]:
    db.session.refresh(signup)  # a promotion may have come before our ticket
    if signup.status in HELD:
        ticket = _take(ticket, -signup.places)
    signup.status, signup.changed_at, signup.sequence = Status.WITHDRAWN, now, signup.sequence + 1
    db.session.flush()
    return promote_waiting(ticket, now)


def promote_waiting(ticket: Ticket, now: datetime) -> list[Signup]:
    """Give free places to those who wait, in order; one whose party does not fit keeps its number."""
    promoted: list[Signup] = []
    while ticket.free > 0:
        first = (
            select(Signup)
            .where(
                Signup.shift_id == ticket.shift_id,
                Signup.status == Status.WAITING,
                Signup.places <= ticket.free,
            )
            .order_by(Signup.seq)
            .limit(1)
        )
        signup = db.session.scalar(first.execution_options(populate_existing=True))
        if signup is None:
            break
        signup.status, signup.changed_at, signup.sequence = Status.CONFIRMED, now, signup.sequence + 1
        ticket = _take(ticket, signup.places)
        db.session.flush()
        promoted.append(signup)
    return promoted


def add_walk_in(actor: Actor, occurrence_id: int, person_id: int, shift_id: int | None, now: datetime) -> Signup:
    """Take in a member who came without a sign-up, beside the places. A second time changes nothing.

    The caller has checked that the person is a member and that the date is under way.
    """
    lock_person(person_id)
    shift = _get_shift_for(actor, occurrence_id, shift_id)
    signup = _find_signup(shift.id, person_id)
    if signup is None or signup.status is not Status.CONFIRMED:
        ticket = draw_ticket(shift.id)
        signup = _write_down(signup, shift, person_id, now)
        signup.seq, signup.places, signup.source = ticket.seq, 0, Source.WALK_IN
        signup.status = Status.CONFIRMED
        db.session.flush()
        revisions.touch([(Scope.PERSON, person_id)])
    return signup


def cancel_date(actor: Actor, occurrence_id: int, reason: str, now: datetime) -> Occurrence:
    """Cancel a date; its sign-ups stay as they are and learn the reason. Cancelling twice changes nothing.

    Closes the shifts first: a sign-up queued behind gets no ticket. Refused without a reason or after the start.
    """
    reason = " ".join(reason.split())
    if not 1 <= len(reason) <= 200:
        raise Refused("Say why in up to 200 characters; everyone signed up reads it.", field="reason")
    occurrence = get_occurrence_for(actor, occurrence_id)
    _close_shifts(occurrence.id)
    db.session.refresh(occurrence, ["state"])
    if occurrence.state is not OccurrenceState.PUBLISHED:
        return occurrence
    if occurrence.starts_at <= now:
        raise Refused("This date has begun; it can no longer be cancelled.")
    occurrence.state, occurrence.reason = OccurrenceState.CANCELLED, reason
    occurrence.sequence, occurrence.changed_at = occurrence.sequence + 1, now
    db.session.flush()
    audit.note(
        now,
        team_id=actor.team_id,
        actor_id=actor.person_id,
        verb="cancel",
        object=f"occurrence {occurrence.id}",
    )
    revisions.touch([(Scope.TEAM, occurrence.team_id)])
    return occurrence


def _close_shifts(occurrence_id: int) -> None:
    shifts = Shift.occurrence_id == occurrence_id
    db.session.execute(select(Shift.id).where(shifts).order_by(Shift.id).with_for_update(key_share=True))
    db.session.execute(update(Shift).where(shifts).values(open=False, version=Shift.version + 1))


def position_of(signup: Signup) -> int:
    """How many wait before this one, and itself; 0 for one that does not wait."""
    if signup.status is not Status.WAITING:
        return 0
    before = select(func.count()).where(
        Signup.shift_id == signup.shift_id, Signup.status == Status.WAITING, Signup.seq <= signup.seq
    )
    return db.session.scalar(before) or 0


def lock_person(person_id: int) -> None:
    """Let a person do one thing at a time: also what keeps two sign-ups of theirs from overlapping unseen."""
    db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))


def draw_ticket(shift_id: int) -> Ticket:
    """Lock a shift and draw the next number of its queue. Refused when it is closed."""
    drawn = (
        update(Shift)
        .where(Shift.id == shift_id, Shift.open)
        .values(seq=Shift.seq + 1, version=Shift.version + 1)
        .returning(Shift.capacity + Shift.extra, Shift.taken, Shift.seq)
        .execution_options(synchronize_session=False)
    )
    row = db.session.execute(drawn).first()
    if row is None:
        raise Refused("This date has been cancelled. There is nothing left to do for you.")
    return Ticket(shift_id, *row)


def _take(ticket: Ticket, places: int) -> Ticket:
    taken = ticket.taken + places
    change = update(Shift).where(Shift.id == ticket.shift_id).values(taken=taken)
    db.session.execute(change.execution_options(synchronize_session=False))
    return Ticket(ticket.shift_id, ticket.places, taken, ticket.seq)


def _get_shift_for(actor: Actor, occurrence_id: int, shift_id: int | None) -> Shift:
    shifts = (
        select(Shift)
        .join(Shift.occurrence)
        .where(Shift.occurrence_id == occurrence_id, Shift.team_id == actor.team_id)
        .options(joinedload(Shift.occurrence))
    )
    found = list(db.session.scalars(shifts if shift_id is None else shifts.where(Shift.id == shift_id)))
    if not found:
        raise Missing
    if len(found) > 1:
        raise Refused("This date has several positions. Choose one of them.")
    return found[0]


def _find_signup(shift_id: int, person_id: int) -> Signup | None:
    return db.session.scalar(select(Signup).where(Signup.shift_id == shift_id, Signup.person_id == person_id))


def _write_down(signup: Signup | None, shift: Shift, person_id: int, now: datetime) -> Signup:
    """The person's one row for the shift, new or used again."""
    if signup is None:
        signup = Signup(team_id=shift.team_id, shift_id=shift.id, person_id=person_id, sequence=0)
        db.session.add(signup)
    else:
        signup.sequence += 1
    signup.changed_at = now
    return signup


def _refuse_late(shift: Shift, now: datetime) -> None:
    if shift.starts_at <= now:
        raise Refused("This has begun, so the list is closed. Call the leader if something has changed.")


def _refuse_clash(person_id: int, shift: Shift) -> None:
    clash = find_clash(person_id, shift)
    if clash:
        raise Refused(
            "You are already signed up for “%(title)s” at this time (%(start)s–%(end)s).",
            title=clash.title,
            start=clash.starts_at,
            end=clash.ends_at,
        )


@dataclass(frozen=True)
class Clash:
    """Another sign-up of the same person at the same time."""

    title: str
    starts_at: datetime
    ends_at: datetime


def find_clash(person_id: int, shift: Shift) -> Clash | None:
    """A sign-up of this person whose time overlaps the shift's. Times are half-open: back to back is none.

    Cancelled dates take up no time. Decide on it only while the person is locked.
    """
    overlapping = (
        select(Occurrence.title, Shift.starts_at, Shift.ends_at)
        .select_from(Signup)
        .join(Shift, Shift.id == Signup.shift_id)
        .join(Occurrence, Occurrence.id == Shift.occurrence_id)
        .where(
            Signup.person_id == person_id,
            Signup.status.in_(STANDING),
            Shift.id != shift.id,
            Shift.starts_at < shift.ends_at,
            Shift.ends_at > shift.starts_at,
            Occurrence.state == OccurrenceState.PUBLISHED,
        )
        .limit(1)
    )
    row = db.session.execute(overlapping).first()
    return Clash(*row) if row else None
