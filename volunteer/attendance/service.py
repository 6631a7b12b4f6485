"""What can be done with attendance: tick, mark absent, take back, walk in; and what the ledger says.

Every mark locks its sign-up and is written once under a key of its own, so two leaders ticking the same person
agree. Lines are only ever added.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Select, func, select

from ..activities.models import Occurrence, Shift
from ..activities.service import get_occurrence_for
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..database import db
from ..errors import Missing, Refused
from ..signups import board, for_others
from ..signups.models import Signup
from ..signups.states import Status
from ..teams import service as teams
from . import rules
from .models import Entry
from .rules import NOTHING, Attendance, Line
from .states import EntryKind, Evidence


def mark(actor: Actor, occurrence_id: int, signup_id: int, kind: EntryKind, now: datetime) -> None:
    """Tick somebody present or absent. The same mark twice is one mark; the other mark replaces it.

    Missing for sign-ups of another team or date; Refused before attendance opens, for somebody without a
    place, and on a cancelled date. Locks the sign-up.
    """
    signup, shift = _get_signup_for(actor, occurrence_id, signup_id)
    if signup.status is not Status.CONFIRMED:
        raise Refused("This person holds no place on this date any more. Add them as a walk-in.")
    _refuse_unless_on(get_occurrence_for(actor, occurrence_id), now)
    lines = _lines_of(signup.id)
    standing = rules.attendance(lines, now).line
    if standing is None or standing.kind is not kind:
        _record(actor, signup, shift, kind, now)


def take_back(actor: Actor, occurrence_id: int, signup_id: int, now: datetime) -> None:
    """Undo the mark that stands; with none, nothing changes. The lines stay, a new one takes the last back."""
    signup, shift = _get_signup_for(actor, occurrence_id, signup_id)
    lines = _lines_of(signup.id)
    standing = rules.attendance(lines, now).line
    if standing is not None:
        _record(actor, signup, shift, EntryKind.VOID, now, corrects_id=standing.id)


def mark_everyone_present(actor: Actor, occurrence_id: int, now: datetime) -> int:
    """Tick everyone with a place who has no mark yet. Returns how many that were."""
    occurrence = get_occurrence_for(actor, occurrence_id)
    roster = [line for line in board.list_roster(occurrence) if line.status is Status.CONFIRMED]
    known = attendance_of([line.signup_id for line in roster], now)
    unmarked = sorted(line.signup_id for line in roster if line.signup_id not in known)
    for signup_id in unmarked:
        mark(actor, occurrence.id, signup_id, EntryKind.CHECK_IN, now)
    return len(unmarked)


def walk_in(actor: Actor, occurrence_id: int, person_id: int, shift_id: int | None, now: datetime) -> None:
    """Take in a member of the team who came without a sign-up, and tick them. A second time changes nothing."""
    occurrence = get_occurrence_for(actor, occurrence_id)
    teams.get_member_for(actor, person_id)
    _refuse_unless_on(occurrence, now)
    signup = for_others.add_walk_in(actor, occurrence.id, person_id, shift_id, now)
    mark(actor, occurrence.id, signup.id, EntryKind.CHECK_IN, now)


def attendance_of(signup_ids: Sequence[int], as_of: datetime) -> dict[int, Attendance]:
    """What the ledger says of these sign-ups as of a moment; those without a standing mark are left out."""
    if not signup_ids:
        return {}
    found = _attendances(_select_lines().where(Entry.signup_id.in_(signup_ids)), as_of)
    return {signup_id: said for signup_id, said in found if said is not NOTHING}


@dataclass(frozen=True)
class Record:
    """One line of a person's own record: the date, and what the ledger says of it."""

    occurrence_id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    attendance: Attendance


def list_records(actor: Actor, as_of: datetime) -> list[Record]:
    """Everything the ledger says of the actor in this team, newest first."""
    mine = _select_lines().where(Signup.person_id == actor.person_id, Entry.team_id == actor.team_id)
    said = dict(_attendances(mine, as_of))
    dates = (
        select(Signup.id, Occurrence.id, Occurrence.title, Occurrence.place, Shift.starts_at, Shift.ends_at)
        .join(Shift, Shift.id == Signup.shift_id)
        .join(Occurrence, Occurrence.id == Shift.occurrence_id)
        .where(Signup.person_id == actor.person_id, Signup.id.in_(said))
        .order_by(Shift.starts_at.desc())
    )
    rows = db.session.execute(dates).all()
    return [Record(*row[1:], said[row[0]]) for row in rows if said[row[0]] is not NOTHING]


def _record(
    actor: Actor,
    signup: Signup,
    shift: Shift,
    kind: EntryKind,
    now: datetime,
    corrects_id: int | None = None,
) -> None:
    number = db.session.scalar(select(func.count(Entry.id)).where(Entry.signup_id == signup.id)) or 0
    counts = db.session.scalar(select(Occurrence.counts).where(Occurrence.id == shift.occurrence_id))
    db.session.add(
        Entry(
            key=f"{signup.id}:{number + 1}",
            team_id=signup.team_id,
            signup_id=signup.id,
            kind=kind,
            at=shift.starts_at,
            evidence=Evidence.LEADER,
            by_id=actor.person_id,
            corrects_id=corrects_id,
            planned_start=shift.starts_at,
            planned_end=shift.ends_at,
            counts=bool(counts),
            recorded_at=now,
        )
    )
    db.session.flush()


def _get_signup_for(actor: Actor, occurrence_id: int, signup_id: int) -> tuple[Signup, Shift]:
    found = (
        select(Signup, Shift)
        .join(Shift, Shift.id == Signup.shift_id)
        .where(Signup.id == signup_id, Signup.team_id == actor.team_id, Shift.occurrence_id == occurrence_id)
        .with_for_update(key_share=True, of=Signup)
    )
    row = db.session.execute(found).first()
    if row is None:
        raise Missing
    return row[0], row[1]


def _refuse_unless_on(occurrence: Occurrence, now: datetime) -> None:
    if occurrence.state is not OccurrenceState.PUBLISHED:
        raise Refused("This date does not take place, so there is no attendance to take.")
    opens = rules.opens_at(occurrence.starts_at)
    if now < opens:
        raise Refused("It is too early to take attendance; that begins at %(opens)s.", opens=opens)


def _select_lines() -> Select[Entry]:
    """Lines about places still held on dates that take place, at the time they were written for."""
    return (
        select(Entry)
        .join(Signup, Signup.id == Entry.signup_id)
        .join(Shift, Shift.id == Signup.shift_id)
        .join(Occurrence, Occurrence.id == Shift.occurrence_id)
        .where(
            Signup.status == Status.CONFIRMED,
            Occurrence.state == OccurrenceState.PUBLISHED,
            Entry.planned_start == Shift.starts_at,
        )
        .order_by(Entry.signup_id, Entry.id)
    )


def _lines_of(signup_id: int) -> list[Line]:
    return [_line(e) for e in db.session.scalars(_select_lines().where(Entry.signup_id == signup_id))]


def _attendances(select_lines: Select[Entry], as_of: datetime) -> Iterable[tuple[int, Attendance]]:
    entries = db.session.scalars(select_lines)
    for signup_id, lines in groupby(map(_line, entries), key=lambda line: line.signup_id):
        yield signup_id, rules.attendance(lines, as_of)


def _line(entry: Entry) -> Line:
    return Line(
        id=entry.id,
        signup_id=entry.signup_id,
        kind=entry.kind,
        at=entry.at,
        corrects_id=entry.corrects_id,
        planned_start=entry.planned_start,
        planned_end=entry.planned_end,
        counts=entry.counts,
        recorded_at=entry.recorded_at,
    )
