"""What can be done on the day: tick, mark absent, take back, walk in; who rings at the door.

Every mark locks its sign-up and is written once under a key of its own, so two leaders ticking the same person
agree.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from ..accounts import service as accounts
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..actor import Actor
from ..errors import Refused
from ..ledger import balances, book, rules
from ..ledger.book import NewLine
from ..ledger.replay import NOTHING, Attendance
from ..ledger.service import refuse_late, refuse_own, refuse_unless_on
from ..ledger.states import EntryKind
from ..notices import deeds
from ..signups import board, organiser, places, tickets
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db, insert
from ..teams import service as teams
from ..web import throttle
from ..words import as_written
from .models import Caller

TICK = NewLine(EntryKind.CHECK_IN)
MOST_CALLERS = 30
"""So many wait at the door of one date; more is no crowd but mischief."""
RINGS_BY_ADDRESS = 40
"""In a quarter of an hour: a village shares one address."""


def mark(actor: Actor, occurrence_id: int, signup_id: int, kind: EntryKind, now: datetime) -> None:
    """Tick somebody present or absent. The same mark twice is one mark; the other mark replaces it.

    Missing for sign-ups of another team or date; Refused for the actor's own but as `rules.may_tick_oneself` says,
    before attendance opens, too late, for somebody without a place, and on a cancelled date. Locks the sign-up.
    """
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id)
    refuse_late(actor, signup.shift.occurrence, now)
    write_mark(actor, signup, NewLine(kind), now)


def write_mark(actor: Actor, signup: Signup, line: NewLine, now: datetime) -> None:
    """Mark a locked sign-up of a date that can be marked; see `mark`. A line with a key is never one too many."""
    if signup.status is not Status.CONFIRMED:
        raise Refused("This person holds no place on this date any more. Add them as a walk-in.")
    refuse_unless_on(signup.shift.occurrence, signup.shift)
    _refuse_early(signup.shift.occurrence, now)
    said = balances.standing(signup.id)
    refuse_own_mark(actor, signup, said, line.kind)
    if line.key or said.kind is not line.kind:
        book.record(actor, signup, line, now)


def take_back(actor: Actor, occurrence_id: int, signup_id: int, now: datetime) -> None:
    """Undo the mark or judgement that stands; with none, nothing changes. A new line takes the last one back.

    Missing for sign-ups of another team or date; Refused for the actor's own and too late. Locks the sign-up.
    """
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id)
    refuse_late(actor, signup.shift.occurrence, now)
    _take_back(actor, signup, now)


def _take_back(actor: Actor, signup: Signup, now: datetime) -> None:
    said = balances.standing(signup.id)
    refuse_own_mark(actor, signup, said, EntryKind.VOID)
    if said.line_id:
        book.record(actor, signup, NewLine(EntryKind.VOID, corrects_id=said.line_id), now)


def refuse_own_mark(actor: Actor, signup: Signup, said: Attendance, kind: EntryKind) -> None:
    """Refused for the actor's own but as `rules.may_tick_oneself` says."""
    if not rules.may_tick_oneself(actor, said, kind):
        refuse_own(actor, signup.person_id)


def mark_everyone_present(actor: Actor, occurrence_id: int, now: datetime) -> int:
    """Tick everyone but the actor with a place who has no mark yet. Returns how many that were. Refused too late."""
    occurrence = get_occurrence_for(actor, occurrence_id)
    refuse_late(actor, occurrence, now)
    roster = board.list_roster(occurrence, now)
    known = balances.attendance_of([line.signup_id for line in roster])
    unmarked = sorted(list_unmarked(actor, roster, known))
    for signup_id in unmarked:
        signup = book.get_locked(actor, signup_id)
        if signup.status is Status.CONFIRMED and balances.standing(signup_id) is NOTHING:  # nobody was faster
            write_mark(actor, signup, NewLine(EntryKind.CHECK_IN), now)
    return len(unmarked)


def list_unmarked(actor: Actor, roster: Iterable[board.ListedName], known: Container[int]) -> list[int]:
    """The sign-ups with a place of which nothing is known and the actor can say something."""
    with_place = [line for line in roster if line.status is Status.CONFIRMED and line.signup_id not in known]
    return [line.signup_id for line in with_place if rules.may_decide_about(actor, line.person_id)]


def walk_in(
    actor: Actor,
    occurrence_id: int,
    person_id: int,
    shift_id: int | None,
    now: datetime,
    tick: NewLine = TICK,
) -> Signup:
    """Take in a member of the team who came without a sign-up, and tick them. A second time changes nothing.

    Missing for people outside the team; Refused before attendance opens, too late, and on a cancelled
    date. Whatever was judged of a leave they had asked for is taken back. Locks: person, the sign-up of a leave, shift.
    """
    occurrence = get_occurrence_for(actor, occurrence_id)
    teams.get_member_for(actor, person_id)
    refuse_late(actor, occurrence, now)
    refuse_unless_on(occurrence)
    _refuse_early(occurrence, now)
    tickets.lock_person(person_id)
    leaves = places.select_on(occurrence.id, Signup.person_id == person_id, Signup.status == Status.ON_LEAVE)
    for signup_id in db.session.scalars(leaves.with_only_columns(Signup.id).order_by(Signup.id)).all():
        _take_back(actor, book.get_locked(actor, signup_id), now)
    signup = organiser.add_walk_in(actor, occurrence.id, person_id, shift_id, now)
    write_mark(actor, book.get_locked(actor, signup.id), tick, now)
    return signup


def _refuse_early(occurrence: Occurrence, now: datetime) -> None:
    opens = rules.opens_at(occurrence.starts_at)
    if now < opens:
        raise Refused("It is too early to take attendance; that begins at %(opens)s.", opens=opens)


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
        person_id = teams.take_in_at_the_door(actor, caller.name, caller.phone, now)
        if teams.get_member_for(actor, person_id).is_invited:
            accounts.give_consent(person_id, caller.at)
        walk_in(actor, occurrence_id, person_id, _shift_now(occurrence_id, now), now)
    elif signup_id := _at_the_door(caller, board.list_roster(occurrence, now)).signup_id:
        mark(actor, occurrence_id, signup_id, EntryKind.CHECK_IN, now)
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
