"""Who is not logged in rings at the door of a date: told to its leader, who lets them in with one tap."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from ..accounts import service as accounts
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..actor import Actor
from ..errors import Refused
from ..ledger.states import EntryKind
from ..notices import deeds
from ..signups import board
from ..signups.states import Status
from ..storage.database import db, insert
from ..teams import service as teams
from ..web import throttle
from ..words import as_written
from . import service as checkin
from .models import Caller

MOST_CALLERS = 30
"""So many wait at the door of one date; more is no crowd but mischief."""
RINGS_BY_ADDRESS = 40
"""In a quarter of an hour: a village shares one address."""


@dataclass(frozen=True)
class AtTheDoor:
    """Somebody who waits for a leader's answer. phone: of who is no member. signup_id: whom of the list they say they
    are, if one name alone is theirs."""

    id: int
    name: str
    phone: str
    signup_id: int | None


def ring(occurrence: Occurrence, caller: tuple[str, str], address: str, now: datetime) -> None:
    """Somebody who is not logged in says that they are here, once. caller: their name, and the number of a stranger.

    Refused when too many come from one network address, or wait already. Locks the date.
    """
    turn = throttle.count_try([throttle.Limit("door", address, RINGS_BY_ADDRESS)], now)
    db.session.execute(select(Occurrence.id).where(Occurrence.id == occurrence.id).with_for_update(key_share=True))
    if not turn.left or count_callers(occurrence.id) >= MOST_CALLERS:
        raise Refused("Too many people have written just now. Tell the leader yourself that you are here.")
    name, phone = caller
    row = {"team_id": occurrence.team_id, "occurrence_id": occurrence.id, "name": name, "phone": phone, "at": now}
    same = [Caller.occurrence_id, Caller.name, Caller.phone]
    db.session.execute(insert(Caller).values(row).on_conflict_do_nothing(index_elements=same))


def count_callers(occurrence_id: int) -> int:
    """How many wait at the door of a date."""
    return db.session.scalar(select(func.count()).where(Caller.occurrence_id == occurrence_id)) or 0


def list_callers(occurrence_id: int, roster: Sequence[board.ListedName]) -> list[AtTheDoor]:
    """Who waits at the door of a date with this list, in the order they came."""
    waiting = select(Caller).where(Caller.occurrence_id == occurrence_id).order_by(Caller.id)
    return [_at_the_door(caller, roster) for caller in db.session.scalars(waiting)]


def _at_the_door(caller: Caller, roster: Sequence[board.ListedName]) -> AtTheDoor:
    called = [] if caller.phone else [one for one in roster if as_written(one.name) == caller.name]
    theirs = [one.signup_id for one in called if one.person_id and one.status is Status.CONFIRMED]
    return AtTheDoor(caller.id, caller.name, caller.phone, theirs[0] if len(theirs) == 1 else None)


def let_in(actor: Actor, occurrence_id: int, caller_id: int, now: datetime) -> None:
    """Tick who waits at the door: on the list, or as a walk-in who is among the members as invited from now on.

    Refused when somebody else has answered, for a name that the list does not have once, and as `mark` or `walk_in`.
    """
    occurrence = get_occurrence_for(actor, occurrence_id)
    waits = select(Caller).where(Caller.id == caller_id, Caller.occurrence_id == occurrence_id).with_for_update()
    caller = db.session.scalar(waits)
    if caller is None:
        raise Refused("Somebody else has answered that already.")
    if caller.phone:
        person_id = checkin.take_in(actor, occurrence_id, caller.name, caller.phone, now)
        if teams.get_member_for(actor, person_id).is_invited:
            accounts.give_consent(person_id, caller.at)
        checkin.walk_in(actor, occurrence_id, person_id, _shift_now(occurrence_id, now), now)
    elif signup_id := _at_the_door(caller, board.list_roster(occurrence, now)).signup_id:
        checkin.mark(actor, occurrence_id, signup_id, EntryKind.CHECK_IN, now)
    else:
        raise Refused("%(name)s is not on the list, or twice. Tick them there, or add them.", name=caller.name)
    db.session.delete(caller)


def _shift_now(occurrence_id: int, now: datetime) -> int | None:
    """The shift of a date that is under way, or comes next."""
    left = select(Shift.id).where(Shift.occurrence_id == occurrence_id, Shift.open, Shift.ends_at > now)
    return db.session.scalar(left.order_by(Shift.starts_at, Shift.id).limit(1))


def turn_away(actor: Actor, occurrence_id: int, caller_id: int | None, now: datetime) -> None:
    """Forget who waits at the door, or everybody there."""
    get_occurrence_for(actor, occurrence_id)
    gone = delete(Caller).where(Caller.occurrence_id == occurrence_id)
    which = gone if caller_id is None else gone.where(Caller.id == caller_id)
    found = db.session.scalars(which.returning(Caller.id)).all()
    deeds.close(actor, "turn away at the door", f"occurrence {occurrence_id}", now, callers=len(found))
