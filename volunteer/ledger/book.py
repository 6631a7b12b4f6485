"""The ledger, read and written. Lines are only ever added, with the sign-up locked; `rules` says what they mean.

What a judgement means for later sign-ups stands in the sign-up itself (`Signup.no_show_at`) and is kept in step here,
in the transaction of the line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import contains_eager

from .. import clock
from ..activities.models import Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..errors import or_missing
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects
from ..notices.events import Event, Part
from ..notices.models import Topic
from ..signups import tickets
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db
from ..teams.models import Team
from . import counting, rules
from .models import Entry, Request
from .rules import NOTHING, Attendance, LedgerLine
from .states import VERDICTS, EntryKind, Evidence, RequestState


def get_locked(actor: Actor, signup_id: int, *which: ColumnElement[bool]) -> Signup:
    """A sign-up of the actor's team for which this holds too, locked, with its position and date; Missing otherwise."""
    found = (
        select(Signup)
        .join(Signup.shift)
        .join(Shift.occurrence)
        .options(contains_eager(Signup.shift).contains_eager(Shift.occurrence))
        .where(Signup.id == signup_id, Signup.team_id == actor.team_id, *which)
        .with_for_update(key_share=True, of=Signup)
    )
    return or_missing(db.session.scalar(found))


def record(actor: Actor, signup: Signup, was: Attendance, kind: EntryKind, now: datetime) -> None:
    """Add a line about a locked sign-up of which the ledger says `was`; VOID takes the line that decided back.

    It stands in the audit trail too, with what the ledger says from now on.
    """
    shift = signup.shift
    number = db.session.scalar(select(func.count(Entry.id)).where(Entry.signup_id == signup.id)) or 0
    entry = Entry(
        key=f"{signup.id}:{number + 1}",
        team_id=signup.team_id,
        signup_id=signup.id,
        kind=kind,
        at=shift.starts_at,
        evidence=Evidence.LEADER,
        by_id=actor.person_id,
        corrects_id=was.line.id if was.line and kind is EntryKind.VOID else None,
        planned_start=shift.starts_at,
        planned_end=shift.ends_at,
        counts=shift.occurrence.counts,
        recorded_at=max(now, signup.changed_at),  # machines' clocks differ; what is judged was there before
    )
    db.session.add(entry)
    db.session.flush()
    becomes = standing(signup.id)
    verb, effects = "mark", NO_EFFECTS
    if {was.kind, becomes.kind} & set(VERDICTS):
        _keep_in_step(actor, signup, becomes.kind, now)
        over = [deeds.heard_by(signup.person_id, Topic.RECORD, shift.occurrence_id)]
        over += [tickets.asked_of_leaders(event, signup) for event in (Event.LEAVE_ASKED, Event.APPEALED)]
        verb, effects = "judge", Effects(over=over) + _heard(signup, becomes.kind, entry.key)
    if kind is EntryKind.ABSENT:
        effects += _ask_about_absence(actor, signup, number + 1)
    elif was.kind is EntryKind.ABSENT:
        effects += Effects(over=[tickets.asked_of_leaders(Event.ABSENT, signup)])
    deeds.close(actor, verb, f"sign-up {signup.id}", now, effects, line=kind, says=becomes.kind or "nothing")


def _ask_about_absence(actor: Actor, signup: Signup, nth: int) -> Effects:
    """Leaders hear once of a date, however many were absent from it."""
    before = Effects(unsaid=[deeds.heard_before(Event.ABSENT, signup.shift.occurrence_id)])
    return before + tickets.ask_leaders(Event.ABSENT, [signup], [actor.person_id], nth)


def _keep_in_step(actor: Actor, signup: Signup, becomes: EntryKind | None, now: datetime) -> None:
    missed = becomes is EntryKind.NO_SHOW
    signup.no_show_at = signup.shift.starts_at if missed else None
    if missed:
        _ask_again(signup.id)
    else:
        answer_appeal(actor, signup.id, "", now)


def _ask_again(signup_id: int) -> None:
    """Where a no-show stands again that was taken away on an appeal, nothing has answered that appeal."""
    last = select(func.max(Request.id)).where(Request.signup_id == signup_id).scalar_subquery()
    granted = Request.id == last, Request.state == RequestState.ANSWERED, Request.answer == ""
    waits = {"state": RequestState.OPEN, "by_id": None, "answered_at": None}
    db.session.execute(update(Request).where(*granted).values(waits))


def _heard(signup: Signup, becomes: EntryKind | None, line: str) -> Effects:
    """The person hears what is judged."""
    if becomes not in VERDICTS:
        return NO_EFFECTS
    excused = Event.LEAVE_GRANTED if signup.status is Status.ON_LEAVE else Event.EXCUSED
    event = excused if becomes is EntryKind.EXCUSED else Event.NO_SHOW
    return tickets.news_to(event, [Part(signup.person_id, line)], signup.shift_id)


def answer_appeal(actor: Actor, signup_id: int, answer: str, now: datetime) -> bool:
    """Answer the open appeal about a locked sign-up. Returns whether there was one."""
    still_open = update(Request).where(Request.signup_id == signup_id, Request.state == RequestState.OPEN)
    said = {"state": RequestState.ANSWERED, "answer": answer, "by_id": actor.person_id, "answered_at": now}
    return db.session.scalar(still_open.values(said).returning(Request.id)) is not None


def standing(signup_id: int) -> Attendance:
    """What the ledger says of a locked sign-up, also by what others recorded while we waited for the lock."""
    return attendance_of([signup_id], datetime.max.replace(tzinfo=UTC)).get(signup_id, NOTHING)


def attendance_of(signup_ids: Iterable[int], as_of: datetime) -> dict[int, Attendance]:
    """What the ledger says of these sign-ups as of a moment; those without a standing mark are left out."""
    ids = list(signup_ids)
    return _read(_OF_SIGNUPS, as_of, signups=ids) if ids else {}


def attendance_of_person(
    actor: Actor, as_of: datetime, within: tuple[datetime, datetime] | None = None
) -> dict[int, Attendance]:
    """The same of all sign-ups of the actor in this team, with what counts of them as service.

    within: those from this moment to that one are enough. The days about them are read too, as they count together.
    """
    values = {"person": actor.person_id, "team": actor.team_id}
    if within is None:
        return counting.count(_read(_OF_PERSON, as_of, **values), actor.zone)
    since, until = within[0] - 2 * clock.DAY, within[1] + 2 * clock.DAY
    return counting.count(_read(_OF_PERSON_WITHIN, as_of, since=since, until=until, **values), actor.zone)


def attendance_of_everybody(as_of: datetime) -> Iterator[tuple[int, int, str, dict[int, Attendance]]]:
    """The same of everybody there is: person, team, the team's zone and what the ledger says. One statement."""
    rows = db.session.connection().execute(_OF_EVERYBODY)
    for (person_id, team_id, zone), its in groupby(rows, key=lambda row: tuple(row[-3:])):
        yield person_id, team_id, zone, counting.count(_said((LedgerLine(*row[:-3]) for row in its), as_of), zone)


def _read(lines: Select[*tuple[Any, ...]], as_of: datetime, **values: Any) -> dict[int, Attendance]:
    return _said((LedgerLine(*row) for row in db.session.connection().execute(lines, values)), as_of)


def _said(known: Iterable[LedgerLine], as_of: datetime) -> dict[int, Attendance]:
    said = {one: rules.attendance(its, as_of) for one, its in groupby(known, key=lambda line: line.signup_id)}
    return {signup_id: one for signup_id, one in said.items() if one is not NOTHING}


_LINES = (
    select(*(getattr(Entry, field.name) for field in fields(LedgerLine)))
    .join(Signup, Signup.id == Entry.signup_id)
    .join(Signup.shift)
    .join(Shift.occurrence)
    .where(
        or_(
            and_(
                Signup.status == Status.CONFIRMED,
                or_(Entry.kind.not_in(VERDICTS), Entry.recorded_at >= Shift.starts_at),
            ),
            and_(Signup.status == Status.ON_LEAVE, Entry.kind.in_((*VERDICTS, EntryKind.VOID))),
        ),
        Entry.recorded_at >= Signup.changed_at,
        Occurrence.state == OccurrenceState.PUBLISHED,
        Entry.planned_start == Shift.starts_at,
        or_(Entry.kind.in_((*VERDICTS, EntryKind.VOID)), Entry.planned_end == Shift.ends_at),
    )
    .order_by(Entry.signup_id, Entry.id)
)
"""Lines about sign-ups as they stand, on dates that take place, at the time they were written for.

Who came back after a leave starts anew, even at the moment it was judged: an absence is judged from the start on.
What was ticked before a leave is no service.
"""
_OF_SIGNUPS = _LINES.where(Entry.signup_id.in_(bindparam("signups", expanding=True)))
_OF_EVERYBODY = (
    _LINES.add_columns(Signup.person_id, Signup.team_id, Team.zone)
    .join(Team, Team.id == Signup.team_id)
    .where(Signup.person_id.is_not(None))
    .order_by(None)
    .order_by(Signup.person_id, Signup.team_id, Entry.signup_id, Entry.id)
)
_OF_PERSON = _LINES.where(Signup.person_id == bindparam("person"), Entry.team_id == bindparam("team"))
_OF_PERSON_WITHIN = _OF_PERSON.where(Entry.planned_start < bindparam("until"), Entry.planned_end > bindparam("since"))
