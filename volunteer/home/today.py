"""The leader's home: what today and tomorrow bring, and all that waits for somebody who leads. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, and_, bindparam, case, cast, exists, func, or_, select, text, union
from sqlalchemy.orm import aliased

from .. import clock
from ..accounts.models import Person
from ..activities import dates
from ..activities.models import Activity, Kind, Occurrence, Shift
from ..activities.states import OccurrenceState
from ..actor import Actor
from ..ledger import book, rules
from ..ledger.models import Entry, Request
from ..ledger.rules import NOTHING, Attendance
from ..ledger.states import EntryKind, RequestState
from ..schedule import calls
from ..schedule.calls import Hearer, is_shown
from ..schedule.rules import PHONES_STAND
from ..signups.models import FOR_LEADERS, Signup, StandIn
from ..signups.rules import UNDO_FOR
from ..signups.states import Asked, Leave, Status
from ..storage.audit import AuditEntry
from ..storage.database import UtcDateTime
from ..storage.hot import Hot
from .rules import ASKING, Waits, what_waits

WEEK = timedelta(days=7)
LONGEST = timedelta(days=31)
"""The working days in which leaders still mark who was there are never spread over more, whatever the holidays."""
SHORTEST = timedelta(days=rules.LEADERS_MARK_FOR)


class Waiting(NamedTuple):
    """A sign-up that waits for a leader, or was answered just now.

    is_shown: does its person's whole number stand for the reader? appeal: what they say of a no-show. stand_in: who is
    asked, until when. answered: has the reader just answered it?
    """

    signup_id: int
    occurrence_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    person_id: int | None
    name: str
    phone: str | None
    is_shown: bool
    status: Status
    leave_reason: Leave | None
    offer_until: datetime | None
    appeal: str | None
    stand_in: str | None
    stand_in_until: datetime | None
    answered: bool


class Asking(NamedTuple):
    """What stands on one line of those that are answered. what: None when it has been, `said` then says how."""

    one: Waiting
    what: Waits | None
    said: EntryKind | None = None


@dataclass(frozen=True)
class Due:
    """A date of the next days. minimum: with fewer people than so many it is not safe; 0 when there are enough.

    missing: who has not come although it has begun; present, expected: of those with a place.
    """

    id: int
    team: str
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    private: bool
    taken: int
    free: int
    minimum: int
    begun: bool
    missing: tuple[Waiting, ...] = ()
    present: int = 0
    expected: int = 0

    @property
    def is_short(self) -> bool:
        return not self.begun and bool(self.free or self.minimum)


@dataclass(frozen=True)
class Today:
    """All of the page. days: today's and tomorrow's dates; then, each in order of time, what waits.

    asking: with those answered just now. lists: dates that are over, with how many on them nobody has marked. late:
    the people of each date with a late change.
    """

    days: Sequence[tuple[Any, list[Due]]]
    asking: Sequence[Asking]
    lists: Sequence[tuple[Waiting, int]]
    late: Sequence[list[Hearer]]
    short: Sequence[Due]
    offers: Sequence[tuple[Waiting, Waits]]
    coming: Sequence[Due]

    @property
    def is_under_way(self) -> bool:
        return any(date.begun for _, dates in self.days for date in dates)

    @property
    def counters(self) -> dict[str, int]:
        due = [date for _, dates in self.days for date in dates]
        return {
            "missing": sum(len(date.missing) for date in due),
            "calls": sum(not one.has_seen for people in self.late for one in people),
            "asking": sum(one.what is not None for one in self.asking),
            "lists": len(self.lists),
            "short": sum(date.is_short for date in due) + len(self.short),
        }


def look(actor: Actor, now: datetime) -> Today:
    """What waits for the actor. Five statements at most."""
    waiting = list(_WAITING.rows(**_values(actor, now)))
    said = book.attendance_of([one.signup_id for one in waiting if one.status in _IN_LEDGER], now)
    found = [(one, said.get(one.signup_id, NOTHING), _what(one, said, now)) for one in waiting]
    of: dict[Waits | None, list[Waiting]] = defaultdict(list)
    for one, _, what in _still_marked(actor, found, now):
        of[what].append(one)
    today = clock.today(now, actor.zone)
    begin, end = (clock.day_bounds(today + n * clock.DAY, actor.zone)[0] for n in (0, 2))
    due = _list_due(actor, now, begin, found)
    soon = [date for date in due if date.starts_at < end]
    later = [date for date in due if date.starts_at >= end]
    asking = sorted((Asking(one, what) for what in ASKING for one in of[what]), key=lambda line: line.one.starts_at)
    asking += [Asking(one, None, mark.kind) for one, mark, what in found if one.answered and what not in ASKING]
    late = groupby(calls.list_late(actor, now), key=attrgetter("occurrence_id"))
    return Today(
        days=clock.by_day(soon, actor.zone),
        asking=asking,
        lists=[(its[0], len(its)) for its in _by_date(of[Waits.LIST])],
        late=[its for its in (list(people) for _, people in late) if not all(one.has_seen for one in its)],
        short=[date for date in later if date.is_short],
        offers=[(one, what) for what in (Waits.OFFER, Waits.STAND_IN) for one in of[what]],
        coming=[date for date in due if not date.begun][:2],
    )


_IN_LEDGER = (Status.CONFIRMED, Status.ON_LEAVE)
_Found = tuple[Waiting, Attendance, Waits | None]


def _values(actor: Actor, now: datetime) -> dict[str, Any]:
    stands = {"asked": now - PHONES_STAND, "since": now - LONGEST, "answered": now - UNDO_FOR}
    return {"team": actor.team_id, "me": actor.person_id, "now": now, **stands}


def _what(one: Waiting, said: Mapping[int, Attendance], now: datetime) -> Waits | None:
    kind = said.get(one.signup_id, NOTHING).kind
    return what_waits(one.status, kind, one.appeal is not None, bool(one.stand_in), (one.starts_at, one.ends_at), now)


def _still_marked(actor: Actor, found: Iterable[_Found], now: datetime) -> list[_Found]:
    """Those in which the actor has a say: nobody judges their own, and leaders do so for some working days only."""
    may = [one for one in found if one[2] in _ANSWERED_BY_ALL or rules.may_decide_about(actor, one[0].person_id)]
    judged = [one for one, _, what in may if what in (Waits.LEAVE, Waits.ABSENCE, Waits.LIST)]
    if rules.may_mark_at_any_time(actor) or all(now - one.ends_at < SHORTEST for one in judged):
        return may
    days = dates.working_days(actor.team_id)
    late = {one for one in judged if not rules.may_mark(actor, one.ends_at, now, days)}
    return [found for found in may if found[0] not in late]


_ANSWERED_BY_ALL = (Waits.REQUEST, Waits.OFFER, Waits.STAND_IN)


def _by_date(waiting: Iterable[Waiting]) -> list[list[Waiting]]:
    return [list(its) for _, its in groupby(waiting, key=attrgetter("occurrence_id"))]


def _list_due(actor: Actor, now: datetime, begin: datetime, found: Sequence[_Found]) -> list[Due]:
    """The dates of today and the next seven days that are not over; of those under way who is missing."""
    rows = _DATES.rows(team=actor.team_id, begin=begin - clock.DAY, now=now, end=now + WEEK)
    people = defaultdict[int, list[_Found]](list)
    for one in found:
        if one[0].status is Status.CONFIRMED:
            people[one[0].occurrence_id].append(one)
    return [_due(actor, list(its), people, now) for _, its in groupby(rows, key=attrgetter("id"))]


def _due(actor: Actor, shifts: list["_Shift"], people: Mapping[int, list[_Found]], now: datetime) -> Due:
    date = shifts[0]
    begun = date.starts_at <= now
    its = people.get(date.id, []) if begun else []
    missing = [one for one, _, what in its if what is Waits.MISSING and rules.may_decide_about(actor, one.person_id)]
    return Due(
        *(date.id, actor.team_name, date.title, date.place, date.starts_at, date.ends_at, date.private),
        taken=sum(one.taken for one in shifts),
        free=sum(max(0, one.capacity - one.taken) for one in shifts),
        minimum=max(one.minimum if one.taken < one.minimum else 0 for one in shifts),
        begun=begun,
        missing=tuple(missing),
        present=sum(bool(mark.present) for _, mark, _ in its),
        expected=len(its),
    )


class _Shift(NamedTuple):
    """A position of a date, and the date."""

    id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    private: bool
    taken: int
    capacity: int
    minimum: int


_OURS = Shift.team_id == bindparam("team")
_DATES = Hot(
    _Shift,
    select(Occurrence.id, Occurrence.title, Occurrence.place, Occurrence.starts_at, Occurrence.ends_at)
    .add_columns(Kind.private, Shift.taken, Shift.capacity + Shift.extra, Shift.minimum)
    .join(Shift, Shift.occurrence_id == Occurrence.id)
    .join(Occurrence.activity)
    .join(Activity.kind)
    .where(Occurrence.team_id == bindparam("team"), Occurrence.state == OccurrenceState.PUBLISHED)
    .where(Occurrence.starts_at >= bindparam("begin"), Occurrence.starts_at < bindparam("end"))
    .where(Occurrence.ends_at > bindparam("now"))
    .order_by(Occurrence.starts_at, Occurrence.id, Shift.id),
)
_NOW, _SINCE = bindparam("now", type_=UtcDateTime), bindparam("since", type_=UtcDateTime)
_ABSENT, _MARK, _VOID = aliased(Entry), aliased(Entry), aliased(Entry)
_IS_MARKED = exists(
    select(_MARK.id)
    .where(_MARK.signup_id == Signup.id, _MARK.kind != EntryKind.VOID, _MARK.recorded_at >= Signup.changed_at)
    .where(_MARK.planned_start == Shift.starts_at, _MARK.planned_end == Shift.ends_at)
    .where(~exists(select(_VOID.id).where(_VOID.signup_id == _MARK.signup_id, _VOID.corrects_id == _MARK.id)))
)
"""Only keeps people of whom nothing waits from being read; what the ledger says is asked of it."""


def _ids(*which: Any) -> Select[int]:
    return select(Signup.id).join(Signup.shift).where(_OURS, Shift.open, *which)


_ANSWERED = select(cast(func.substr(AuditEntry.object, len("sign-up ") + 1), Integer)).where(
    AuditEntry.team_id == bindparam("team"),
    AuditEntry.actor_id == bindparam("me"),
    AuditEntry.at > bindparam("answered", type_=UtcDateTime),
    AuditEntry.verb.in_(("approve", "decline", "judge")),
)
_CONFIRMED, _BEGUN = Signup.status == Status.CONFIRMED, and_(Shift.starts_at <= _NOW, Shift.starts_at > _SINCE)
_THESE = union(
    select(Signup.id)
    .join(Signup.shift)
    .where(text(f"signup.{FOR_LEADERS}"), Signup.team_id == bindparam("team"), Shift.open)
    .where(or_(Shift.starts_at > _NOW, and_(Signup.status == Status.ON_LEAVE, Shift.starts_at > _SINCE))),
    _ids(_CONFIRMED, _BEGUN, or_(Shift.ends_at > _NOW, ~_IS_MARKED), Signup.person_id.is_not(None)),
    _ids(_CONFIRMED, _BEGUN).join(_ABSENT, and_(_ABSENT.signup_id == Signup.id, _ABSENT.kind == EntryKind.ABSENT)),
    select(Request.signup_id).where(Request.team_id == bindparam("team"), Request.state == RequestState.OPEN),
    select(StandIn.signup_id).where(StandIn.team_id == bindparam("team"), StandIn.state == Asked.ASKED),
    _ANSWERED,
).subquery()
_IS_SHOWN = case((_CONFIRMED & _BEGUN, is_shown(Person.id, Occurrence.id)), else_=False)
"""Only who is missing is called from here."""
_ASKED = aliased(Person)
_WAITING = Hot(
    Waiting,
    select(Signup.id, Occurrence.id, Occurrence.title, Shift.starts_at, Shift.ends_at, Signup.person_id)
    .add_columns(func.coalesce(Person.name, Signup.label), Person.phone, _IS_SHOWN)
    .add_columns(Signup.status, Signup.leave_reason, Signup.offer_until, Request.text, _ASKED.name, StandIn.until)
    .add_columns(Signup.id.in_(_ANSWERED))
    .select_from(_THESE)
    .join(Signup, Signup.id == _THESE.c[0])
    .join(Signup.shift)
    .join(Shift.occurrence)
    .outerjoin(Person, Person.id == Signup.person_id)
    .outerjoin(Request, and_(Request.signup_id == Signup.id, Request.state == RequestState.OPEN))
    .outerjoin(StandIn, and_(StandIn.signup_id == Signup.id, StandIn.state == Asked.ASKED))
    .outerjoin(_ASKED, _ASKED.id == StandIn.asked_id)
    .where(Signup.team_id == bindparam("team"))
    .order_by(Shift.starts_at, Occurrence.id, Signup.seq, Signup.id),
)
