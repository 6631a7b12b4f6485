"""What can be done with places: sign up, withdraw, walk in; and what stands in the way of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload

from .. import revisions
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..database import db
from ..errors import Missing, Refused
from ..revisions import Scope
from . import rules, tickets
from .models import Signup
from .states import HELD, STANDING, Source, Status


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
    tickets.lock_person(actor.person_id)
    outcome = _give_place(actor.person_id, _get_shift_for(actor, occurrence_id, shift_id), now)
    revisions.touch([(Scope.PERSON, actor.person_id)])
    return outcome


def _give_place(person_id: int, shift: Shift, now: datetime) -> Outcome:
    """The person is locked; revisions are the caller's, last of all."""
    signup = _find_signup(shift.id, person_id)
    if signup is None or signup.status not in STANDING:
        _refuse_late(shift, now)
        _refuse_clash(person_id, shift)
        ticket = tickets.draw_ticket(shift.id)
        signup = _write_down(signup, shift, person_id, now)
        signup.seq, signup.places, signup.source = ticket.seq, 1, Source.SELF
        signup.status = rules.decide(ticket.free, signup.places)
        if signup.status in HELD:
            tickets.take(ticket, signup.places)
        db.session.flush()
    return Outcome(signup.status, position_of(signup))


MOST_FOLLOWING = 12


def sign_up_following(
    actor: Actor, occurrence_id: int, shift_id: int | None, following: int, now: datetime
) -> list[Outcome | Refused]:
    """Sign the actor up for a date and the same position on the next `following` dates of its series.

    Each date for itself: what became of it, or why not, in order of time. Locks as for one, shifts by id.
    """
    tickets.lock_person(actor.person_id)
    first = _get_shift_for(actor, occurrence_id, shift_id)
    same = (
        select(Shift)
        .join(Shift.occurrence)
        .options(contains_eager(Shift.occurrence))
        .where(
            Occurrence.activity_id == first.occurrence.activity_id,
            Shift.plan_id == first.plan_id,
            Occurrence.state == OccurrenceState.PUBLISHED,
            Shift.starts_at >= first.starts_at,
        )
        .order_by(Shift.starts_at)
        .limit(1 + min(max(following, 0), MOST_FOLLOWING))
    )
    shifts = list(db.session.scalars(same))
    became = {shift.id: _try_place(actor, shift, now) for shift in sorted(shifts, key=lambda shift: shift.id)}
    revisions.touch([(Scope.PERSON, actor.person_id)])
    return [became[shift.id] for shift in shifts]


def _try_place(actor: Actor, shift: Shift, now: datetime) -> Outcome | Refused:
    try:
        return _give_place(actor.person_id, shift, now)
    except Refused as refused:
        return refused


def withdraw(actor: Actor, occurrence_id: int, now: datetime) -> list[Signup]:
    """Give up the actor's places on a date; who waits longest moves up. Without a sign-up nothing changes.

    Returns the sign-ups given up. Locks: person, shifts by id, revisions. Refused after the start.
    """
    tickets.lock_person(actor.person_id)
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
        promoted += _give_up(signup, tickets.draw_ticket(shift.id), now)
    revisions.touch((Scope.PERSON, who) for who in [actor.person_id, *(s.person_id for s in promoted)])
    return [signup for signup, _ in found]


def _give_up(signup: Signup, ticket: tickets.Ticket, now: datetime) -> list[Signup]:
    db.session.refresh(signup)  # a promotion may have come before our ticket
    if signup.status in HELD:
        ticket = tickets.take(ticket, -signup.places)
    signup.status, signup.changed_at, signup.sequence = Status.WITHDRAWN, now, signup.sequence + 1
    db.session.flush()
    return tickets.promote_waiting(ticket, now)


def add_walk_in(actor: Actor, occurrence_id: int, person_id: int, shift_id: int | None, now: datetime) -> Signup:
    """Take in a member who came without a sign-up, beside the places. A second time changes nothing.

    The caller has checked that the person is a member and that the date is under way.
    """
    tickets.lock_person(person_id)
    shift = _get_shift_for(actor, occurrence_id, shift_id)
    signup = _find_signup(shift.id, person_id)
    if signup is None or signup.status is not Status.CONFIRMED:
        ticket = tickets.draw_ticket(shift.id)
        signup = _write_down(signup, shift, person_id, now)
        signup.seq, signup.places, signup.source = ticket.seq, 0, Source.WALK_IN
        signup.status = Status.CONFIRMED
        db.session.flush()
        revisions.touch([(Scope.PERSON, person_id)])
    return signup


def position_of(signup: Signup) -> int:
    """How many wait before this one, and itself; 0 for one that does not wait."""
    if signup.status is not Status.WAITING:
        return 0
    before = select(func.count()).where(
        Signup.shift_id == signup.shift_id, Signup.status == Status.WAITING, Signup.seq <= signup.seq
    )
    return db.session.scalar(before) or 0


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
