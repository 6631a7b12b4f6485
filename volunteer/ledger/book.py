"""The ledger, written. Lines are only ever added, with the sign-up locked; `replay` says what they come to.

What they come to today is kept beside them, in the transaction of the line (`balances`). What a judgement means for
later sign-ups stands in the sign-up itself (`Signup.no_show_at`, `Signup.checked_in`) and is kept in step here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import contains_eager

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
from ..storage.database import db
from ..teams.models import HouseholdMember, Membership
from .balances import LINE, keep, lines_of
from .models import Entry, Request
from .replay import Attendance, LedgerLine, attendance
from .states import VERDICTS, EntryKind, Evidence, Quality, RequestKind, RequestState

_EVER = datetime.max.replace(tzinfo=UTC)


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


def line_of(entry: Entry) -> LedgerLine:
    return LedgerLine(*(getattr(entry, name) for name in LINE))


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
