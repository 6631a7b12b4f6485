"""The ledger, written. Lines are only ever added, with the sign-up locked; `replay` says what they come to.

What they come to today is kept beside them, in the transaction of the line (`balances`). What a judgement means for
later sign-ups stands in the sign-up itself (`Signup.no_show_at`, `Signup.checked_in`) and is kept in step here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import contains_eager, joinedload

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
from ..storage.database import db
from ..teams.models import HouseholdMember, Membership
from .balances import LINE, attendance_of, keep, lines_of
from .models import Balance, Entry, Request
from .replay import NOTHING, Attendance, LedgerLine, attendance
from .states import STAYED_AWAY, VERDICTS, EntryKind, Evidence, Quality, RequestState

_EVER = datetime.max.replace(tzinfo=UTC)


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

    Four statements, however many they are. Nobody is told, nothing is noted: that is the caller's.
    """
    known = lines_of(Entry.signup_id.in_([signup.id for signup in new]))
    homes = _homes(new)
    entries: dict[int, list[Entry]] = defaultdict(list)
    for signup, lines in new.items():
        for n, line in enumerate(lines, len(known.get(signup.id, ())) + 1):
            entries[signup.id].append(_entry(actor, signup, line, n, homes, now))
    db.session.add_all(one for its in entries.values() for one in its)
    db.session.flush()
    added = {}
    for signup in new:
        was, its = known.get(signup.id, []), [line_of(entry) for entry in entries[signup.id]]
        becomes = attendance([*was, *its], _EVER)
        added[signup.id] = Added(attendance(was, _EVER), becomes, f"{signup.id}:{len(was) + len(its)}")
        signup.checked_in = bool(added[signup.id].becomes.present)
    keep({signup: one.becomes for signup, one in zip(new, added.values(), strict=True)})
    return added


Home = tuple[str, int | None]
"""Somebody's group, and their household."""


def _entry(
    actor: Actor | None, signup: Signup, line: NewLine, n: int, homes: Mapping[int, Home], now: datetime
) -> Entry:
    shift = signup.shift
    group, household_id = homes.get(signup.person_id or 0, ("", None))
    then = max(now, signup.changed_at)  # machines' clocks differ; what is judged was there before
    said = asdict(line) | {"at": line.at or shift.starts_at, "key": line.key or f"{signup.id}:{n}"}
    return Entry(
        **said | {"done_at": line.done_at or then},
        team_id=signup.team_id,
        signup_id=signup.id,
        occurrence_id=shift.occurrence_id,
        person_id=signup.person_id,
        group=group,
        household_id=household_id,
        by_id=actor and actor.person_id,
        planned_start=shift.starts_at,
        planned_end=shift.ends_at,
        counts=shift.occurrence.counts,
        recorded_at=then,
    )


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


def line_of(entry: Entry) -> LedgerLine:
    return LedgerLine(*(getattr(entry, name) for name in LINE))


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
    away = {one: _not_taken_back(known[one.id]) for one in said if one.id in known}
    if any(away.values()):
        back = {one: [NewLine(EntryKind.VOID, corrects_id=n) for n in its] for one, its in away.items() if its}
        add(actor, back, now)
    for signup, one in said.items():
        if one.kind in VERDICTS:
            _keep_in_step(actor, signup, None, now)


def _not_taken_back(lines: Collection[LedgerLine]) -> list[int]:
    taken_back = {line.corrects_id for line in lines}
    return [line.id for line in lines if line.kind is not EntryKind.VOID and line.id not in taken_back]


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
    signups = select(Signup).join(Balance, Balance.signup_id == Signup.id)
    signups = signups.options(joinedload(Signup.shift).joinedload(Shift.occurrence))
    signups = signups.where(Balance.occurrence_id.in_(occurrence_ids)).order_by(Signup.id)
    found = db.session.scalars(signups.with_for_update(key_share=True, of=Signup)).all()
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
