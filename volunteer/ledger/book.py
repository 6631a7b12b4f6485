"""The ledger, written. Lines are only ever added, with the sign-up locked; `replay` says what they come to.

What they come to today is kept beside them, in the transaction of the line (`balances`). What a judgement means for
later sign-ups stands in the sign-up itself (`Signup.no_show_at`, `Signup.checked_in`) and is kept in step here.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import contains_eager

from ..activities.models import Shift
from ..actor import Actor
from ..errors import Refused, or_missing
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects
from ..notices.events import Event, Part
from ..notices.models import Topic
from ..signups import tickets
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db, insert
from ..teams.models import HouseholdMember, Membership
from .balances import LINE, attendance_of, keep, lines_of
from .models import Balance, Entry, Request
from .replay import NOTHING, Attendance, LedgerLine, attendance, not_taken_back
from .rules import refuse_fourth_stay
from .states import STAYED_AWAY, VERDICTS, EntryKind, Evidence, Quality, RequestKind, RequestState


def get_locked(actor: Actor, signup_id: int, *which: ColumnElement[bool]) -> Signup:
    """A sign-up of the actor's team for which this holds too, locked, with its position and date; Missing otherwise."""
    return or_missing(next(iter(list_locked(Signup.id == signup_id, Signup.team_id == actor.team_id, *which)), None))


def list_locked(*which: ColumnElement[bool]) -> Sequence[Signup]:
    """The sign-ups for which this holds, locked in order, each with its position and date."""
    found = (
        select(Signup)
        .join(Signup.shift)
        .join(Shift.occurrence)
        .options(contains_eager(Signup.shift).contains_eager(Shift.occurrence))
        .where(*which)
        .order_by(Signup.id)
        .with_for_update(key_share=True, of=Signup)
    )
    return db.session.scalars(found).all()


@dataclass(frozen=True)
class NewLine:
    """What a new line says; who, when and of which sign-up is added as it is written. at: None is the planned start.

    key, done_at: of what was done elsewhere before it is written.
    """

    kind: EntryKind
    at: datetime | None = None
    until: datetime | None = None
    minutes: int | None = None
    claimed: int | None = None
    evidence: Evidence = Evidence.LEADER
    quality: Quality | None = None
    reason: str = ""
    corrects_id: int | None = None
    key: str = ""
    done_at: datetime | None = None


def confirming(actor: Actor, minutes: int, claimed: int) -> NewLine:
    """So many minutes count by the actor's word, of those that the other lines come to."""
    evidence = Evidence.ADMINISTRATOR if actor.administers else Evidence.LEADER
    return NewLine(EntryKind.CONFIRM, minutes=minutes, claimed=claimed, evidence=evidence)


def record(actor: Actor, signup: Signup, line: NewLine, now: datetime) -> Attendance:
    """Add a line about a locked sign-up; returns what the ledger says from now on.

    It stands in the audit trail too, and what follows from it for later sign-ups and for people is done.
    """
    was, becomes, key = add(actor, {signup: [line]}, now)[signup.id]
    verb, effects = "mark", NO_EFFECTS
    if {was.kind, becomes.kind} & set(VERDICTS):
        _keep_in_step(actor, signup, becomes.kind, now)
        over = [deeds.heard_by(signup.person_id, Topic.RECORD, signup.shift.occurrence_id)]
        over += [tickets.asked_of_leaders(event, signup) for event in (Event.LEAVE_ASKED, Event.APPEALED)]
        verb, effects = "judge", Effects(over=over) + _heard(signup, becomes.kind, key)
    if line.kind is becomes.kind is EntryKind.ABSENT:
        effects += ask_about_absence(signup, key, actor.person_id)
    elif was.kind is EntryKind.ABSENT and becomes.kind is not EntryKind.ABSENT:
        effects += Effects(over=[tickets.asked_of_leaders(Event.ABSENT, signup)])
    deeds.close(actor, verb, f"sign-up {signup.id}", now, effects, line=line.kind, says=becomes.kind or "nothing")
    return becomes


class Added(NamedTuple):
    """What the ledger said of a sign-up before, says now, and by sign-up and number which line was added last."""

    was: Attendance
    becomes: Attendance
    key: str


def add(actor: Actor | None, new: Mapping[Signup, Sequence[NewLine]], now: datetime) -> dict[int, Added]:
    """Add lines about locked sign-ups and write down what they come to now; actor None: the service itself.

    Four statements, however many they are; Refused for a fourth stay on one date. Nobody is told, nothing is noted:
    that is the caller's.
    """
    known = lines_of(Entry.signup_id.in_([signup.id for signup in new]))
    homes = _homes(new)
    rows: dict[int, list[dict[str, Any]]] = {}
    for signup, lines in new.items():
        numbered = enumerate(lines, len(known.get(signup.id, ())) + 1)
        rows[signup.id] = [_row(actor, signup, line, n, homes, now) for n, line in numbered]
    ids = _insert([row for its in rows.values() for row in its])
    added = {}
    for signup in new:
        was, its = known.get(signup.id, []), [_line_of(row, ids) for row in rows[signup.id]]
        refuse_fourth_stay([*was, *its])
        becomes = attendance([*was, *its])
        added[signup.id] = Added(attendance(was), becomes, f"{signup.id}:{len(was) + len(its)}")
        signup.checked_in = bool(becomes.present)
    keep({signup: one.becomes for signup, one in zip(new, added.values(), strict=True)})
    return added


def _insert(rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Write these lines; their ids, by key."""
    new = insert(Entry).returning(Entry.key, Entry.id)
    return dict(db.session.connection().execute(new, rows).all()) if rows else {}


Home = tuple[str, int | None]
"""Somebody's group, and their household."""


def _row(
    actor: Actor | None, signup: Signup, line: NewLine, n: int, homes: Mapping[int, Home], now: datetime
) -> dict[str, Any]:
    shift = signup.shift
    group, household_id = homes.get(signup.person_id or 0, ("", None))
    then = max(now, signup.changed_at)  # machines' clocks differ; what is judged was there before
    whose: dict[str, Any] = {"team_id": signup.team_id, "signup_id": signup.id, "person_id": signup.person_id}
    whose |= {"group": group, "household_id": household_id, "by_id": actor and actor.person_id}
    which: dict[str, Any] = {"occurrence_id": shift.occurrence_id, "counts": shift.occurrence.counts}
    which |= {"planned_start": shift.starts_at, "planned_end": shift.ends_at}
    says = asdict(line) | {"key": line.key or f"{signup.id}:{n}", "at": line.at or shift.starts_at}
    return says | whose | which | {"done_at": line.done_at or then, "recorded_at": then}


def _homes(signups: Iterable[Signup]) -> dict[int, Home]:
    """Of each of these people, in their team, as of now."""
    theirs = {signup.person_id: signup.team_id for signup in signups if signup.person_id}
    at_home = and_(
        HouseholdMember.person_id == Membership.person_id,
        HouseholdMember.team_id == Membership.team_id,
        HouseholdMember.until.is_(None),
    )
    found = select(Membership.person_id, Membership.group, HouseholdMember.household_id)
    found = found.outerjoin(HouseholdMember, at_home).where(
        Membership.person_id.in_(theirs), Membership.team_id.in_(set(theirs.values()))
    )
    return {person_id: (group, home) for person_id, group, home in db.session.execute(found)}


def _line_of(row: Mapping[str, Any], ids: Mapping[str, int]) -> LedgerLine:
    return LedgerLine(ids[row["key"]], *(row[name] for name in LINE[1:]))


def forget(actor: Actor, occurrence_ids: Collection[int], now: datetime) -> None:
    """Take back what was said of absences on locked dates that do not take place as planned.

    Refused where somebody is checked in, and once hours are confirmed. Locks their sign-ups.
    """
    said = _lock_said(occurrence_ids)
    if any(one.present for one in said.values()):
        raise Refused("Somebody is checked in already. End the date early, or undo the ticks on the list first.")
    if any(one.confirmed for one in said.values()):
        raise Refused("Hours of this date are confirmed already. Correct them there.")
    theirs = Entry.signup_id.in_([signup.id for signup in said]), Entry.kind.in_((*STAYED_AWAY, EntryKind.VOID))
    known = lines_of(*theirs) if said else {}
    away = {one: not_taken_back(known[one.id]) for one in said if one.id in known}
    back = {one: [NewLine(EntryKind.VOID, corrects_id=line.id) for line in its] for one, its in away.items() if its}
    if back:
        add(actor, back, now)
    for signup, one in said.items():
        if one.kind in VERDICTS:
            _keep_in_step(actor, signup, None, now)


def check_everybody_out(actor: Actor, occurrence_id: int, at: datetime, now: datetime) -> None:
    """Whoever is there longer leaves a locked date at this moment. Refused once hours are confirmed. Locks sign-ups."""
    said = _lock_said([occurrence_id])
    if any(one.confirmed is not None for one in said.values()):
        raise Refused("Hours of this date are confirmed already. Correct them there.")
    stays = {signup: one.stays for signup, one in said.items() if one.ends_at > at}
    leave = {signup: max(at, its[-1][0]) for signup, its in stays.items() if its}
    if leave:
        add(actor, {one: [NewLine(EntryKind.CHECK_OUT, at=then)] for one, then in leave.items()}, now)


def _lock_said(occurrence_ids: Collection[int]) -> dict[Signup, Attendance]:
    """What the ledger says of the sign-ups for these dates of which it has lines; they are locked."""
    found = list_locked(Signup.id.in_(select(Balance.signup_id).where(Balance.occurrence_id.in_(occurrence_ids))))
    said = attendance_of(signup.id for signup in found)
    return {signup: said.get(signup.id, NOTHING) for signup in found}


def ask_about_absence(signup: Signup, line: str, by_id: int | None = None) -> Effects:
    """Leaders but this one hear once of a date, however many were absent from it; line: the key of what says so."""
    before = Effects(unsaid=[deeds.heard_before(Event.ABSENT, signup.shift.occurrence_id)])
    return before + tickets.ask_leaders(Event.ABSENT, [signup], [by_id], int(line.rpartition(":")[2]))


def _keep_in_step(actor: Actor, signup: Signup, becomes: EntryKind | None, now: datetime) -> None:
    missed = becomes is EntryKind.NO_SHOW
    signup.no_show_at = signup.shift.starts_at if missed else None
    if missed:
        _ask_again(signup.id)
    else:
        answer(actor, signup.id, RequestKind.APPEAL, "", now)


def _ask_again(signup_id: int) -> None:
    """Where a no-show stands again that was taken away on an appeal, nothing has answered that appeal."""
    last = select(func.max(Request.id)).where(Request.signup_id == signup_id).scalar_subquery()
    granted = Request.id == last, Request.kind == RequestKind.APPEAL, Request.answer == ""
    waits = {"state": RequestState.OPEN, "by_id": None, "answered_at": None}
    db.session.execute(update(Request).where(*granted, Request.state == RequestState.ANSWERED).values(waits))


def _heard(signup: Signup, becomes: EntryKind | None, line: str) -> Effects:
    """The person hears what is judged."""
    if becomes not in VERDICTS:
        return NO_EFFECTS
    excused = Event.LEAVE_GRANTED if signup.status is Status.ON_LEAVE else Event.EXCUSED
    event = excused if becomes is EntryKind.EXCUSED else Event.NO_SHOW
    return tickets.news_to(event, [Part(signup.person_id, line)], signup.shift_id)


def answer(actor: Actor, signup_id: int, kind: RequestKind, words: str, now: datetime) -> None:
    """Answer the open question of a kind about a locked sign-up, if there is one; no words: it is granted."""
    still_open = Request.signup_id == signup_id, Request.kind == kind, Request.state == RequestState.OPEN
    said = {"state": RequestState.ANSWERED, "answer": words, "by_id": actor.person_id, "answered_at": now}
    db.session.execute(update(Request).where(*still_open).values(said))
