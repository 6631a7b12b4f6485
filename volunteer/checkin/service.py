"""What can be done on the day: tick, mark absent, take back, walk in.

Every mark locks its sign-up and is written once under a key of its own, so two leaders ticking the same person
agree.
"""

from collections.abc import Container, Iterable
from datetime import datetime

from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..actor import Actor
from ..errors import Refused
from ..ledger import balances, book, rules
from ..ledger.book import NewLine
from ..ledger.replay import NOTHING, Attendance
from ..ledger.service import refuse_late, refuse_own, refuse_unless_on
from ..ledger.states import EntryKind
from ..signups import board, organiser, places, tickets
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db
from ..teams import service as teams

TICK = NewLine(EntryKind.CHECK_IN)


def mark(actor: Actor, occurrence_id: int, signup_id: int, kind: EntryKind, now: datetime) -> None:
    """Tick somebody present or absent. The same mark twice is one mark; the other mark replaces it.

    Missing for sign-ups of another team or date; Refused for the actor's own but as `rules.may_tick_oneself` says,
    before attendance opens, too late, for somebody without a place, and on a cancelled date. Locks the sign-up.
    """
    signup = book.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id)
    refuse_late(actor, signup.shift.occurrence, now)
    write_mark(actor, signup, NewLine(kind), now)


def write_mark(actor: Actor, signup: Signup, line: NewLine, now: datetime) -> None:
    """Mark a locked sign-up of a date that can be marked; see `mark`. One that says more is never one too many."""
    if signup.status is not Status.CONFIRMED:
        raise Refused("This person holds no place on this date any more. Add them as a walk-in.")
    refuse_unless_on(signup.shift.occurrence, signup.shift)
    refuse_early(signup.shift.occurrence, now)
    said = balances.standing(signup.id)
    refuse_own_mark(actor, signup, said, line.kind)
    if said.kind is not line.kind or line != NewLine(line.kind):
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
