"""Who was there, from when to when: the one home of that rule; `counting` says what of it counts.

Pure, and a function of the ledger and a moment: the same ones always give the same figures, for any moment in the past
too. Only what was recorded by then is looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .. import clock
from ..actor import Actor
from ..clock import WorkingDays
from ..errors import Refused
from ..signups.rules import NO_SHOW_COUNTS_FOR
from ..signups.states import Came, Status
from .states import EntryKind

CHECK_IN_OPENS = timedelta(minutes=30)
"""Attendance can be taken from so long before the start."""
LEADERS_MARK_FOR = 10
"""Working days after the end in which a record is complete (rule 2 of the service)."""


@dataclass(frozen=True)
class LedgerLine:
    """A line of the ledger as the rules see it; lines come in the order they were recorded."""

    id: int
    signup_id: int
    kind: EntryKind
    at: datetime
    corrects_id: int | None
    planned_start: datetime
    planned_end: datetime
    counts: bool
    recorded_at: datetime


@dataclass(frozen=True, order=True)
class Interval:
    """Time given under a sign-up. They sort by start and sign-up: the order in which a day is counted."""

    starts_at: datetime
    signup_id: int
    ends_at: datetime


@dataclass(frozen=True)
class Credit:
    """What counts of an interval, in whole minutes of service, and what waits for a second person (see `counting`)."""

    minutes: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Attendance:
    """What the ledger says of one sign-up. present None: nothing yet. given: time within the plan, once it is over.

    credit: what counts of that as service, where all of the person's day is known.
    """

    present: bool | None
    counts: bool
    given: Interval | None
    line: LedgerLine | None
    credit: Credit = Credit()

    @property
    def doubled(self) -> int:
        """Minutes that count under another sign-up."""
        if not self.counts or not self.given:
            return 0
        return (self.given.ends_at - self.given.starts_at) // clock.MINUTE - self.credit.minutes - self.credit.waiting

    @property
    def kind(self) -> EntryKind | None:
        """Of the line that decides."""
        return self.line.kind if self.line else None


NOTHING = Attendance(None, False, None, None)


def opens_at(planned_start: datetime) -> datetime:
    """When attendance for a shift can first be taken."""
    return planned_start - CHECK_IN_OPENS


def may_decide_about(actor: Actor, person_id: int | None) -> bool:
    """Has the actor a say in whether this person was there? In everybody's attendance but their own."""
    return person_id != actor.person_id


def last_day_for_leaders(ended_at: datetime, zone: str, days: WorkingDays) -> date:
    """The last day on which a leader marks who was there; from the next on only an administrator does."""
    day = clock.today(ended_at, zone)
    for _ in range(LEADERS_MARK_FOR):
        day = days.next_working(day)
    return day


def may_mark_at_any_time(actor: Actor) -> bool:
    """May the actor say who was there on a date however long ago it was?"""
    return actor.administers


def may_mark(actor: Actor, ended_at: datetime, now: datetime, days: WorkingDays) -> bool:
    """May the actor still say who was there on a date that ended then?"""
    last = last_day_for_leaders(ended_at, actor.zone, days)
    return may_mark_at_any_time(actor) or clock.today(now, actor.zone) <= last


def attendance(lines: Iterable[LedgerLine], as_of: datetime) -> Attendance:
    """What the ledger of one sign-up says as of a moment: the last line that was not taken back decides.

    Present without a check-out counts to the planned end, once that has come.
    """
    known = [line for line in lines if line.recorded_at <= as_of]
    taken_back = {line.corrects_id for line in known if line.kind is EntryKind.VOID}
    standing = [line for line in known if line.kind is not EntryKind.VOID and line.id not in taken_back]
    if not standing:
        return NOTHING
    last = standing[-1]
    present = last.kind is EntryKind.CHECK_IN
    return Attendance(present, last.counts, _given(last) if present and last.planned_end <= as_of else None, last)


def came(marks: Iterable[Attendance]) -> Came | None:
    """What the marks of a person's places on one date come to; None without any."""
    marks = list(marks)
    there = any(mark.present for mark in marks)
    return Came(there, sum(mark.credit.minutes for mark in marks)) if marks else None


def objection_to_judging(
    status: Status, said: Attendance, planned: tuple[datetime, datetime], now: datetime
) -> Refused | None:
    """What speaks against judging a sign-up now: (starts, ends) are planned. A leave can be judged at once.

    An absence can once the date has begun and the person is marked absent, or once it is over.
    """
    starts_at, ends_at = planned
    if status is Status.ON_LEAVE:
        return None
    if status is not Status.CONFIRMED:
        return Refused("There is nothing to judge: this person is not on the list any more.")
    if said.present:
        return Refused("This person was ticked as there. Undo the tick first.")
    if now < (ends_at if said.present is None else starts_at):
        return Refused("It is too early to judge that. Mark the person absent once it has begun.")
    return None


def may_appeal(said: Attendance, now: datetime) -> bool:
    """Can the person ask for another look? As long as the no-show counts."""
    return (
        said.kind is EntryKind.NO_SHOW and said.line is not None and now < said.line.planned_start + NO_SHOW_COUNTS_FOR
    )


def _given(line: LedgerLine) -> Interval | None:
    """The time really given within the planned one (令67 art. 9: travel and waiting do not count)."""
    begin = max(line.at, line.planned_start)
    return Interval(begin, line.signup_id, line.planned_end) if begin < line.planned_end else None
