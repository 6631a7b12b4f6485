"""The ledger, read and written. Lines are only ever added, with the sign-up locked; `replay` says what they come to.

What they come to today is kept beside them (`Balance`), in the transaction of the line: pages of today read that, a
question about the past reads the lines again. What a judgement means for later sign-ups stands in the sign-up itself
(`Signup.no_show_at`, `Signup.checked_in`) and is kept in step here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import contains_eager

from .. import clock
from ..activities.models import Shift
from ..actor import Actor
from ..errors import or_missing
from ..notices import deeds
from ..notices.deeds import NO_EFFECTS, Effects
from ..notices.events import Event, Part
from ..notices.models import Topic
from ..signups import tickets
from ..signups.models import Signup
from ..signups.states import Status
from ..storage.database import db, insert
from ..teams.models import HouseholdMember, Membership
from .models import Balance, Entry, Request
from .replay import NEVER, NOTHING, Attendance, LedgerLine, attendance
from .states import CAME, VERDICTS, EntryKind, Evidence, Quality, RequestState

Theirs = dict[int, Attendance]
"""What the ledger says of one person's sign-ups."""
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
    """What a new line says; who, when and of which sign-up is added as it is written. at: None is the planned start."""

    kind: EntryKind
    at: datetime | None = None
    until: datetime | None = None
    minutes: int | None = None
    claimed: int | None = None
    evidence: Evidence = Evidence.LEADER
    quality: Quality | None = None
    reason: str = ""
    corrects_id: int | None = None


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
    if line.kind is EntryKind.ABSENT:
        effects += _ask_about_absence(actor, signup, int(key.rpartition(":")[2]))
    elif was.kind is EntryKind.ABSENT:
        effects += Effects(over=[tickets.asked_of_leaders(Event.ABSENT, signup)])
    deeds.close(actor, verb, f"sign-up {signup.id}", now, effects, line=line.kind, says=becomes.kind or "nothing")
    return becomes


class Added(NamedTuple):
    """What the ledger said of a sign-up before, says now, and the key of the last line added."""

    was: Attendance
    becomes: Attendance
    key: str


def add(actor: Actor | None, new: Mapping[Signup, Sequence[NewLine]], now: datetime) -> dict[int, Added]:
    """Add lines about locked sign-ups and write down what they come to now; actor None: the service itself.

    Four statements, however many they are. Nobody is told, nothing is noted: that is the caller's.
    """
    known = lines_of([signup.id for signup in new])
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
        added[signup.id] = Added(attendance(was, _EVER), becomes, entries[signup.id][-1].key)
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
    said = asdict(line) | {"at": line.at or shift.starts_at}
    return Entry(
        **said,
        key=f"{signup.id}:{n}",
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
        done_at=then,
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


def lines_of(signup_ids: Collection[int] | None = None) -> dict[int, list[LedgerLine]]:
    """All lines of these sign-ups; None: of all there are."""
    return _by_signup(_LINES if signup_ids is None else _LINES.where(Entry.signup_id.in_(signup_ids)))


def _by_signup(lines: Select[*tuple[Any, ...]]) -> dict[int, list[LedgerLine]]:
    found: dict[int, list[LedgerLine]] = defaultdict(list)
    for row in db.session.execute(lines):
        found[row.signup_id].append(LedgerLine(*row))
    return found


def line_of(entry: Entry) -> LedgerLine:
    return LedgerLine(*(getattr(entry, name) for name in LINE))


def keep(balances: Mapping[Signup, Attendance]) -> None:
    """Write down what the lines of these sign-ups come to."""
    if not balances:
        return
    rows = [
        asdict(said)
        | {"signup_id": one.id, "team_id": one.team_id, "person_id": one.person_id, "open": said.open}
        | {"occurrence_id": one.shift.occurrence_id}
        for one, said in balances.items()
    ]
    for first in range(0, len(rows), deeds.AT_ONCE):
        new = insert(Balance).values(rows[first : first + deeds.AT_ONCE])
        changed = {column.name: new.excluded[column.name] for column in Balance.__table__.columns}
        db.session.execute(new.on_conflict_do_update(index_elements=[Balance.signup_id], set_=changed))


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
    return attendance_of([signup_id]).get(signup_id, NOTHING)


def attendance_of(signup_ids: Iterable[int]) -> dict[int, Attendance]:
    """What the ledger says of these sign-ups; those of which it says nothing are left out.

    Who came back after a leave starts anew, even at the moment it was judged: what was said of an absence before holds
    no more.
    """
    ids = list(signup_ids)
    return read(_OF_SIGNUPS, signups=ids) if ids else {}


def attendance_of_person(actor: Actor, within: tuple[datetime, datetime] | None = None) -> dict[int, Attendance]:
    """The same of all sign-ups of the actor in this team. within: only what is planned to touch that time."""
    since, until = within or (NEVER, datetime.max.replace(tzinfo=UTC))
    return read(_OF_PERSON, person=actor.person_id, team=actor.team_id, since=since, until=until)


def attendance_of_people(team_id: int, people: Collection[int], begin: datetime, end: datetime) -> dict[int, Theirs]:
    """What the ledger says of all that these people have in the team about these days, by person."""
    since, until = begin - 2 * clock.DAY, end + 2 * clock.DAY
    near = select_balances(Balance.team_id == team_id, Balance.person_id.in_(people)).add_columns(Balance.person_id)
    near = near.where(Balance.planned_start < until, Balance.planned_end > since)
    theirs: dict[int, Theirs] = defaultdict(dict)
    for signup_id, *said, person_id in db.session.execute(near):
        theirs[person_id][signup_id] = _attendance(said)
    return theirs


def as_of(actor: Actor, moment: datetime) -> Theirs:
    """What the ledger said of the actor's sign-ups in this team at a moment: its lines, read again."""
    mine = _by_signup(_LINES.where(Entry.person_id == actor.person_id, Entry.team_id == actor.team_id))
    return {signup_id: attendance(lines, moment) for signup_id, lines in mine.items()}


def select_balances(*which: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """What is kept of the sign-ups for which this holds, to be read by `read`."""
    return _BALANCES.where(*which)


def read(balances: Select[*tuple[Any, ...]], **values: Any) -> Theirs:
    """What the ledger says, by sign-up, in the order asked for."""
    return attendances(db.session.connection().execute(balances, values))


def attendances(rows: Iterable[Sequence[Any]]) -> Theirs:
    """What is kept of sign-ups, as `select_balances` finds it."""
    return {signup_id: _attendance(said) for signup_id, *said in rows}


def _attendance(said: Sequence[Any]) -> Attendance:
    one = Attendance(*said)
    return replace(one, spans=tuple((begin, end) for begin, end in one.spans), signers=tuple(one.signers))


LINE = [field.name for field in fields(LedgerLine)]
_LINES = select(*(getattr(Entry, name) for name in LINE)).order_by(Entry.signup_id, Entry.id)
_BALANCES = select(Balance.signup_id, *(getattr(Balance, field.name) for field in fields(Attendance)))
_OF_SIGNUPS = (
    _BALANCES.join(Signup, Signup.id == Balance.signup_id)
    .where(Balance.signup_id.in_(bindparam("signups", expanding=True)))
    .where(or_(Balance.kind.in_(CAME), Balance.confirmed.is_not(None), Balance.said_at >= Signup.changed_at))
)
_OF_PERSON = _BALANCES.where(
    Balance.person_id == bindparam("person"),
    Balance.team_id == bindparam("team"),
    Balance.planned_start < bindparam("until"),
    Balance.planned_end > bindparam("since"),
)
