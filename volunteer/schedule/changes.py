"""What a new plan does to dates that exist and their people, and what is late about it. Pure: values in, values out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from ..activities.recurrence import Planned
from ..activities.states import OccurrenceState
from ..actor import Actor

Span = tuple[datetime, datetime]


class What(StrEnum):
    """What becomes of a date."""

    KEPT = "kept"
    MOVED = "moved"
    CALLED_OFF = "called off"
    RESTORED = "added"


@dataclass(frozen=True)
class Existing:
    """A date as it stands. people: how many hold or wait for a place."""

    id: int
    rule_date: date
    span: Span
    state: OccurrenceState
    fixed: bool
    tentative: bool
    people: int


@dataclass(frozen=True)
class Change:
    """What becomes of one date. span: when it takes place afterwards, None when it does not.

    fixed: planning leaves it alone from then on.
    """

    existing: Existing
    rule_date: date
    span: Span | None
    holiday: str
    tentative: bool
    fixed: bool

    @property
    def what(self) -> What:
        on = self.existing.state is OccurrenceState.PUBLISHED
        if self.span is None:
            return What.CALLED_OFF if on else What.KEPT
        if not on:
            return What.RESTORED
        return What.KEPT if self.span == self.existing.span else What.MOVED

    @property
    def matters(self) -> bool:
        """Is there anything to do at all?"""
        renamed = self.rule_date != self.existing.rule_date
        return self.what is not What.KEPT or renamed or self.tentative != self.existing.tentative


def compare(existing: Iterable[Existing], planned: Mapping[date, tuple[Planned, Span]], now: datetime) -> list[Change]:
    """Hold dates against what is planned for their rule dates.

    Cancelled dates, and those whose day or time somebody chose by hand, stay as they are. Nothing moves into the
    past: a date that should have taken place by now stays, or is called off when that day is a holiday.
    """
    return [_change(one, *planned[one.rule_date], now) for one in existing if one.rule_date in planned]


def _change(one: Existing, planned: Planned, span: Span, now: datetime) -> Change:
    missed = span[0] <= now
    if one.fixed or one.state is OccurrenceState.CANCELLED or (missed and not planned.holiday):
        stays = one.span if one.state is OccurrenceState.PUBLISHED else None
        return Change(one, planned.rule_date, stays, "", one.tentative, one.fixed)
    to = span if planned.on and not missed else None
    return Change(one, planned.rule_date, to, planned.holiday or "", planned.tentative, one.fixed)


def digest(changes: Iterable[Change]) -> str:
    """A word for exactly these changes, so that a form can say which ones its reader has seen."""
    said = [(one.existing.id, one.what.value, one.span and [at.isoformat() for at in one.span]) for one in changes]
    return sha256(repr(said).encode()).hexdigest()[:16]


LATE = timedelta(hours=24)
"""So near the start calendars may learn of a change too late: a feed lags up to a day."""
CALLS_LAST = timedelta(hours=48)
"""So long after a late change whoever has not seen it is on the call list."""
PHONES_AROUND = timedelta(hours=24)
"""Whole numbers are there from so long before a date begins to so long after it ends."""
PHONES_STAND = timedelta(minutes=30)
"""So long they stand for the leader who asked, and whose view is logged."""


def may_see_at_once(actor: Actor, people: int) -> bool:
    """May the actor see so many numbers at a time? 0: everybody's."""
    return actor.leads or people == 1


def comes_late(now: datetime, *starts: datetime | None) -> bool:
    """Does a change made now come late for a date that is, or was, to start then?"""
    return any(start - now < LATE for start in starts if start)


def is_to_be_called(news_at: datetime, starts_at: datetime, was_starts_at: datetime | None, now: datetime) -> bool:
    """Has a date changed so late, and so short a time ago, that people are called?"""
    return comes_late(news_at, starts_at, was_starts_at) and now < news_at + CALLS_LAST


def may_see_phones(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """So near a date, may its leaders see the numbers of those on it, and they its leader's?"""
    return starts_at - PHONES_AROUND <= now <= ends_at + PHONES_AROUND
