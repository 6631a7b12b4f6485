"""What can be done with attendance: tick, mark absent, take back, walk in; and a person's own record.

Every mark locks its sign-up and is written once under a key of its own, so two leaders ticking the same person
agree. Nobody marks themselves, and ten working days after the end only an administrator still marks.
"""

from collections.abc import Container, Iterable
from datetime import datetime

from sqlalchemy import bindparam, select

from .. import clock
from ..activities import dates
from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..database import db
from ..errors import Refused
from ..signups import board, for_others, tickets
from ..signups import service as signups
from ..signups.models import Signup
from ..signups.states import Status
from ..teams import service as teams
from . import ledger, rules
from .hours import Record
from .states import EntryKind


def mark(actor: Actor, occurrence_id: int, signup_id: int, kind: EntryKind, now: datetime) -> None:
    """Tick somebody present or absent. The same mark twice is one mark; the other mark replaces it.

    Missing for sign-ups of another team or date; Refused for the actor's own, before attendance opens, too late,
    for somebody without a place, and on a cancelled date. Locks the sign-up.
    """
    signup = ledger.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id)
    refuse_own(actor, signup.person_id)
    refuse_late(actor, signup.shift.occurrence, now)
    _mark(actor, signup, kind, now)


def _mark(actor: Actor, signup: Signup, kind: EntryKind, now: datetime) -> None:
    if signup.status is not Status.CONFIRMED:
        raise Refused("This person holds no place on this date any more. Add them as a walk-in.")
    _refuse_unless_open(signup.shift.occurrence, now)
    said = ledger.standing(signup.id)
    if said.kind is not kind:
        ledger.record(actor, signup, said, kind, now)


def take_back(actor: Actor, occurrence_id: int, signup_id: int, now: datetime) -> None:
    """Undo the mark or judgement that stands; with none, nothing changes. A new line takes the last one back.

    Missing for sign-ups of another team or date; Refused for the actor's own and too late. Locks the sign-up.
    """
    signup = ledger.get_locked(actor, signup_id, Shift.occurrence_id == occurrence_id)
    refuse_own(actor, signup.person_id)
    refuse_late(actor, signup.shift.occurrence, now)
    _take_back(actor, signup, now)


def _take_back(actor: Actor, signup: Signup, now: datetime) -> None:
    said = ledger.standing(signup.id)
    if said.line:
        ledger.record(actor, signup, said, EntryKind.VOID, now)


def mark_everyone_present(actor: Actor, occurrence_id: int, now: datetime) -> int:
    """Tick everyone but the actor with a place who has no mark yet. Returns how many that were. Refused too late."""
    occurrence = get_occurrence_for(actor, occurrence_id)
    refuse_late(actor, occurrence, now)
    roster = board.list_roster(occurrence)
    known = ledger.attendance_of([line.signup_id for line in roster], now)
    unmarked = sorted(list_unmarked(actor, roster, known))
    for signup_id in unmarked:
        _mark(actor, ledger.get_locked(actor, signup_id), EntryKind.CHECK_IN, now)
    return len(unmarked)


def list_unmarked(actor: Actor, roster: Iterable[board.RosterLine], known: Container[int]) -> list[int]:
    """The sign-ups with a place of which nothing is known and the actor can say something."""
    with_place = [line for line in roster if line.status is Status.CONFIRMED and line.signup_id not in known]
    return [line.signup_id for line in with_place if rules.may_decide_about(actor, line.person_id)]


def walk_in(actor: Actor, occurrence_id: int, person_id: int, shift_id: int | None, now: datetime) -> None:
    """Take in a member of the team who came without a sign-up, and tick them. A second time changes nothing.

    Missing for people outside the team; Refused for the actor, before attendance opens, too late, and on a cancelled
    date. Whatever was judged of a leave they had asked for is taken back. Locks: person, the sign-up of a leave, shift.
    """
    occurrence = get_occurrence_for(actor, occurrence_id)
    teams.get_member_for(actor, person_id)
    refuse_own(actor, person_id)
    refuse_late(actor, occurrence, now)
    _refuse_unless_open(occurrence, now)
    tickets.lock_person(person_id)
    leaves = signups.select_on(occurrence.id, Signup.person_id == person_id, Signup.status == Status.ON_LEAVE)
    for signup_id in db.session.scalars(leaves.with_only_columns(Signup.id).order_by(Signup.id)).all():
        _take_back(actor, ledger.get_locked(actor, signup_id), now)
    signup = for_others.add_walk_in(actor, occurrence.id, person_id, shift_id, now)
    _mark(actor, ledger.get_locked(actor, signup.id), EntryKind.CHECK_IN, now)


def list_records(actor: Actor, as_of: datetime) -> list[Record]:
    """Everything the ledger says of the actor in this team, newest first."""
    said = ledger.attendance_of_person(actor, as_of)
    values = {"person": actor.person_id, "signups": list(said)}
    return [Record(*row, said[row[5]]) for row in db.session.connection().execute(_DATES, values)]


_ON_LEAVE = Signup.status == Status.ON_LEAVE
_DATES = (
    select(Occurrence.id, Occurrence.title, Occurrence.place, Shift.starts_at, Shift.ends_at, Signup.id, _ON_LEAVE)
    .select_from(Signup)
    .join(Signup.shift)
    .join(Shift.occurrence)
    .where(Signup.person_id == bindparam("person"), Signup.id.in_(bindparam("signups", expanding=True)))
    .order_by(Shift.starts_at.desc())
)


def _refuse_unless_open(occurrence: Occurrence, now: datetime) -> None:
    refuse_unless_on(occurrence)
    opens = rules.opens_at(occurrence.starts_at)
    if now < opens:
        raise Refused("It is too early to take attendance; that begins at %(opens)s.", opens=opens)


def refuse_own(actor: Actor, person_id: int | None) -> None:
    """Refused for what is the actor's own."""
    if not rules.may_decide_about(actor, person_id):
        raise Refused("Nobody decides about their own attendance. Please ask another leader or an administrator.")


def too_late(actor: Actor, occurrence: Occurrence, now: datetime) -> Refused | None:
    """What speaks against marking a date that ended long ago, if anything does for this actor."""
    if actor.administers or now < occurrence.ends_at:
        return None
    last = rules.last_day_for_leaders(occurrence.ends_at, actor.zone, dates.working_days(actor.team_id))
    if clock.today(now, actor.zone) <= last:
        return None
    return Refused(
        "This date ended more than %(n)d working days ago. Since %(day)s only an administrator marks who was there.",
        n=rules.LEADERS_MARK_FOR,
        day=last + clock.DAY,
    )


def refuse_late(actor: Actor, occurrence: Occurrence, now: datetime) -> None:
    """Refused to leaders for a date that ended long ago."""
    if objection := too_late(actor, occurrence, now):
        raise objection


def refuse_unless_on(occurrence: Occurrence) -> None:
    """Refused for a date that does not take place."""
    if occurrence.state is not OccurrenceState.PUBLISHED:
        raise Refused("This date does not take place, so there is no attendance to take.")
