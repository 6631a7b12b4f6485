"""The leader's home: what today and tomorrow bring, and all that waits for somebody who leads. Reads only."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from .. import clock
from ..activities import dates
from ..actor import Actor
from ..clock import WorkingDays
from ..ledger import counting, rules
from ..ledger.replay import NOTHING, Attendance
from ..ledger.states import EntryKind
from ..schedule import calls
from ..schedule.calls import Affected
from ..signups.states import Status
from .rules import ASKING, Waits, what_waits
from .waiting import Kept, Position, Waiting, list_kept, list_positions, list_waiting

ROOM = 4096
"""So many dates are kept as they stood last."""
SHORTEST = timedelta(days=rules.LEADERS_MARK_FOR)


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
class Unconfirmed:
    """A date whose hours wait for the reader's word. changed: who was confirmed before, by name. left: working days."""

    id: int
    title: str
    starts_at: datetime
    people: int
    changed: tuple[str, ...]
    left: int


@dataclass(frozen=True)
class Today:
    """All of the page. days: today's and tomorrow's dates; then, each in order of time, what waits.

    asking: with those answered just now. lists: dates that are over, with how many on them nobody has marked. late:
    the people of each date with a late change. unconfirmed: what is overdue comes first.
    """

    days: Sequence[tuple[Any, list[Due]]]
    asking: Sequence[Asking]
    lists: Sequence[tuple[Waiting, int]]
    unconfirmed: Sequence[Unconfirmed]
    late: Sequence[list[Affected]]
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
            "dates": len(self.lists) + len(self.unconfirmed),
            "short": sum(date.is_short for date in due) + len(self.short),
        }


def look(actor: Actor, now: datetime) -> Today:
    """What waits for the actor. Five statements at most."""
    waiting, days = list_waiting(actor, now), cache(lambda: dates.working_days(actor.team_id))
    kept = list_kept(actor, [one.signup_id for one in waiting if one.status in _IN_LEDGER], now)
    said = {one.signup_id: one.said for one in kept if one.holds}
    found = [(one, said.get(one.signup_id, NOTHING), _what(one, said, now)) for one in waiting]
    of: dict[Waits | None, list[Waiting]] = defaultdict(list)
    for one, _, what in _still_marked(actor, found, days, now):
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
        unconfirmed=_list_unconfirmed(actor, kept, days, now),
        late=[its for its in (list(people) for _, people in late) if not all(one.has_seen for one in its)],
        short=[date for date in later if date.is_short],
        offers=[(one, what) for what in (Waits.OFFER, Waits.STAND_IN) for one in of[what]],
        coming=[date for date in due if not date.begun][:2],
    )


_IN_LEDGER = (Status.CONFIRMED, Status.ON_LEAVE)
_Found = tuple[Waiting, Attendance, Waits | None]
Days = Callable[[], WorkingDays]


def _what(one: Waiting, said: Mapping[int, Attendance], now: datetime) -> Waits | None:
    kind = said.get(one.signup_id, NOTHING).kind
    return what_waits(one.status, kind, one.asks, bool(one.stand_in), (one.starts_at, one.ends_at), now)


def _list_unconfirmed(actor: Actor, kept: Iterable[Kept], days: Days, now: datetime) -> list[Unconfirmed]:
    """The dates that are over with somebody whose minutes the actor's word would change; never their own."""
    theirs = defaultdict[int, dict[int, Attendance]](dict)
    for one in kept:
        theirs[one.person_id][one.signup_id] = one.said
    by = (actor.person_id, actor.administers, now, actor.zone)
    others = [one for one in kept if one.ends_at <= now and rules.may_decide_about(actor, one.person_id)]
    open_ones = [one for one in others if counting.word(one.signup_id, theirs[one.person_id], *by).waits]
    return [
        _unconfirmed(list(its), days(), actor.zone, now) for _, its in groupby(open_ones, attrgetter("occurrence_id"))
    ]


def _unconfirmed(its: list[Kept], days: WorkingDays, zone: str, now: datetime) -> Unconfirmed:
    one, changed = its[0], tuple(one.name for one in its if one.said.confirmed is not None)
    left = rules.days_left(one.ends_at, now, zone, days)
    return Unconfirmed(one.occurrence_id, one.title, one.starts_at, len(its), changed, left)


def _still_marked(actor: Actor, found: Iterable[_Found], days: Days, now: datetime) -> list[_Found]:
    """Those in which the actor has a say: nobody judges their own, and leaders do so for some working days only."""
    may = [one for one in found if one[2] in _ANSWERED_BY_ALL or rules.may_decide_about(actor, one[0].person_id)]
    judged = [one for one, _, what in may if what in (Waits.LEAVE, Waits.ABSENCE, Waits.LIST)]
    if rules.may_mark_at_any_time(actor) or all(now - one.ends_at < SHORTEST for one in judged):
        return may
    late = {one for one in judged if not rules.may_mark(actor, one.ends_at, now, days())}
    return [found for found in may if found[0] not in late]


_ANSWERED_BY_ALL = (Waits.REQUEST, Waits.OFFER, Waits.STAND_IN)


def _by_date(waiting: Iterable[Waiting]) -> list[list[Waiting]]:
    return [list(its) for _, its in groupby(waiting, key=attrgetter("occurrence_id"))]


def _list_due(actor: Actor, now: datetime, begin: datetime, found: Sequence[_Found]) -> list[Due]:
    """The dates of today and the next seven days that are not over; of those under way who is missing."""
    rows = list_positions(actor, begin, now)
    people = defaultdict[int, list[_Found]](list)
    for one in found:
        if one[0].status is Status.CONFIRMED:
            people[one[0].occurrence_id].append(one)
    return [_due(actor, tuple(its), people, now) for _, its in groupby(rows, key=attrgetter("id"))]


def _due(actor: Actor, shifts: tuple[Position, ...], people: Mapping[int, list[_Found]], now: datetime) -> Due:
    due = _planned(actor.team_name, shifts, shifts[0].starts_at <= now)
    if not due.begun:
        return due
    its = people.get(due.id, [])
    missing = [one for one, _, what in its if what is Waits.MISSING and rules.may_decide_about(actor, one.person_id)]
    present = sum(bool(mark.present) for _, mark, _ in its)
    return replace(due, missing=tuple(missing), present=present, expected=len(its))


@lru_cache(ROOM)
def _planned(team: str, shifts: tuple[Position, ...], begun: bool) -> Due:
    """A date from its rows, one for each position; the same ones make the same one."""
    date = shifts[0]
    return Due(
        *(date.id, team, date.title, date.place, date.starts_at, date.ends_at, date.private),
        taken=sum(one.taken for one in shifts),
        free=sum(max(0, one.capacity - one.taken) for one in shifts),
        minimum=max(one.minimum if one.taken < one.minimum else 0 for one in shifts),
        begun=begun,
    )
