"""What can be done on the day: tick, mark absent, take back, walk in.

Every mark locks its sign-up and is written once under a key of its own, so two leaders ticking the same person
agree.
"""

from collections.abc import Container, Iterable
from datetime import datetime

from sqlalchemy import select

from .. import clock
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..actor import Actor
from ..errors import Refused, or_missing
from ..ledger import balances, book, rules
from ..ledger.book import NewLine
from ..ledger.replay import NOTHING, Attendance
from ..ledger.service import refuse_late, refuse_own, refuse_unless_on
from ..ledger.states import EntryKind
from ..notices import deeds
from ..notices.events import About
from ..signups import board, organiser, places, tickets
from ..signups.models import Companion, Signup
from ..signups.states import Status
from ..storage.database import db
from ..teams import service as teams
from .rules import MOST_LATE, may_come_late

TICK = NewLine(EntryKind.CHECK_IN)


def mark(
    actor: Actor, occurrence_id: int, signup_id: int, kind: EntryKind, now: datetime, *, alone: bool = False
) -> None:
    """Tick somebody present or absent. The same mark twice is one mark; the other mark replaces it.

    Who comes along is ticked with them, unless they are there alone.
    Missing for sign-ups of another team or date; Refused for the actor's own but as `rules.may_tick_oneself` says,
    before attendance opens, too late, for somebody without a place, and on a cancelled date. Locks the sign-up.
    """
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id)
    refuse_late(actor, signup.shift.occurrence, now)
    write_mark(actor, signup, NewLine(kind), now, alone=alone)


def write_mark(actor: Actor, signup: Signup, line: NewLine, now: datetime, *, alone: bool = False) -> None:
    """Mark a locked sign-up of a date that can be marked; see `mark`. One that says more is never one too many."""
    _refuse_unless_here(signup, now)
    said = balances.standing(signup.id)
    refuse_mark(actor, signup.person_id, said, line.kind)
    if said.kind is not line.kind or line != NewLine(line.kind):
        said = book.record(actor, signup, line, now)
    if not alone:
        _tick_companions(signup, said, line.done_at or now)


def _tick_companions(signup: Signup, said: Attendance, at: datetime) -> None:
    """Who comes along is there when they are."""
    if signup.places:
        places.tick_companions(bool(said.present), at, Companion.signup_id == signup.id)


def tick_companion(
    actor: Actor, occurrence_id: int, whose: tuple[int, int], came: bool, now: datetime, done_at: datetime | None = None
) -> None:
    """Say of one who comes along whether they are there; whose: the sign-up, and their id. Twice changes nothing.

    Missing and Refused as for a mark on that sign-up, which is locked.
    """
    signup_id, companion_id = whose
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id)
    refuse_late(actor, signup.shift.occurrence, now)
    _refuse_unless_here(signup, now)
    refuse_mark(actor, signup.person_id, balances.standing(signup_id), EntryKind.CHECK_IN)
    theirs = Companion.id == companion_id, Companion.signup_id == signup_id
    or_missing(db.session.scalar(select(Companion.id).where(*theirs)))
    places.tick_companions(came, done_at or now, *theirs)
    deeds.close(actor, "tick companion", f"companion {companion_id}", now, came=came)


def _refuse_unless_here(signup: Signup, now: datetime) -> None:
    if signup.status is not Status.CONFIRMED:
        raise Refused("This person holds no place on this date any more. Add them as a walk-in.")
    refuse_unless_on(signup.shift.occurrence, signup.shift)
    refuse_early(signup.shift.occurrence, now)


def take_back(actor: Actor, occurrence_id: int, signup_id: int, now: datetime) -> None:
    """Undo the mark or judgement that stands; with none, nothing changes. A new line takes the last one back.

    Missing for sign-ups of another team or date; Refused for the actor's own and too late. Locks the sign-up.
    """
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id)
    refuse_late(actor, signup.shift.occurrence, now)
    _take_back(actor, signup, now)


def _take_back(actor: Actor, signup: Signup, now: datetime) -> None:
    said = balances.standing(signup.id)
    refuse_mark(actor, signup.person_id, said, EntryKind.VOID)
    if said.line_id:
        write_void(actor, signup, NewLine(EntryKind.VOID, corrects_id=said.line_id), now)


def write_void(actor: Actor, signup: Signup, line: NewLine, now: datetime) -> None:
    """Write a line that takes one back; who comes along is there when the person still is."""
    _tick_companions(signup, book.record(actor, signup, line, now), line.done_at or now)


def refuse_mark(actor: Actor, person_id: int | None, said: Attendance, kind: EntryKind) -> None:
    """Refused for the actor's own but as `rules.may_tick_oneself` says, and for what a leader has decided."""
    if not rules.may_say_otherwise(actor, said):
        raise Refused("A leader has decided this already. Please ask them.")
    if not rules.may_tick_oneself(actor, said, kind):
        refuse_own(actor, person_id)


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
    refuse_early(occurrence, now)
    tickets.lock_person(person_id)
    leaves = places.select_on(occurrence.id, Signup.person_id == person_id, Signup.status == Status.ON_LEAVE)
    for signup_id in db.session.scalars(leaves.with_only_columns(Signup.id).order_by(Signup.id)).all():
        _take_back(actor, book.get_locked(actor, signup_id), now)
    signup = organiser.add_walk_in(actor, occurrence.id, person_id, shift_id, now)
    write_mark(actor, book.get_locked(actor, signup.id), tick, now)
    return signup


def refuse_early(occurrence: Occurrence, now: datetime) -> None:
    """Refused before attendance opens."""
    opens = rules.opens_at(occurrence.starts_at)
    if now < opens:
        raise Refused("It is too early to take attendance; that begins at %(opens)s.", opens=opens)


def take_in(actor: Actor, occurrence_id: int, name: str, phone: str, now: datetime) -> int:
    """The id of somebody who came to a date and stands on no list; see `teams.service.take_in_at_the_door`."""
    date = get_occurrence_for(actor, occurrence_id)
    return teams.take_in_at_the_door(actor, name, phone, about_date(actor, date), now)


def come_late(actor: Actor, occurrence_id: int, minutes: int, now: datetime) -> None:
    """Say that the actor comes so many minutes after the start of each of their positions; 0: in time after all.

    Refused without a place, for more than three hours, long before the start, and once it is over.
    """
    if not 0 <= minutes <= MOST_LATE:
        raise Refused("Say by how many minutes you are late, three hours at most.")
    date = get_occurrence_for(actor, occurrence_id)
    mine = Signup.person_id == actor.person_id, Signup.team_id == actor.team_id, Signup.status == Status.CONFIRMED
    signups = book.list_locked(Shift.occurrence_id == occurrence_id, *mine)
    if not signups:
        raise Refused("You have no place on this date.")
    if not may_come_late(date.starts_at, date.ends_at, now):
        raise Refused("The leader is told of who comes late on the day, from three hours before the start.")
    for signup in signups:
        signup.comes_at = signup.shift.starts_at + minutes * clock.MINUTE if minutes else None


def list_expected(date: Occurrence, lines: Iterable[board.ListedName]) -> dict[int, tuple[datetime, bool]]:
    """By when each of these is expected, by sign-up; and whether they have said so, as they come late."""
    arrives = date.activity.arrive_before * clock.MINUTE
    return {one.signup_id: (one.comes_at or one.starts_at - arrives, one.comes_at is not None) for one in lines}


def about_date(actor: Actor, date: Occurrence) -> About:
    """What words need to know of a date of the actor's team."""
    return About(date.team_id, actor.zone, date.id, date.title, date.place, date.starts_at, date.ends_at)
