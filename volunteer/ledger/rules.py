"""Who may say who was there, until when, and what can be judged. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from .. import clock
from ..actor import Actor
from ..clock import WorkingDays
from ..errors import Refused
from ..signups.rules import NO_SHOW_COUNTS_FOR
from ..signups.states import Came, Status
from .counting import Credit
from .replay import Attendance
from .states import EntryKind

CHECK_IN_OPENS = timedelta(minutes=30)
"""Attendance can be taken from so long before the start."""
SAME_TIME = timedelta(minutes=1)
"""By so much clocks may differ that go right, and a message be on its way."""
LEADERS_MARK_FOR = 10
"""Working days after the end in which a record is complete (rule 2 of the service)."""


def opens_at(planned_start: datetime) -> datetime:
    """When attendance for a shift can first be taken."""
    return planned_start - CHECK_IN_OPENS


def moment_of_deed(tapped: datetime, sent: datetime, opens: datetime, now: datetime) -> datetime:
    """When something was done that a phone tells of later, by our clock.

    tapped, sent: both by the phone's, which may be days off. A difference as small as that may be the network's and
    is none. What cannot be lies at the edge of what can.
    """
    off = now - sent
    return max(opens, min(now, tapped + off if abs(off) >= SAME_TIME else tapped))


def may_decide_about(actor: Actor, person_id: int | None) -> bool:
    """Has the actor a say in whether this person was there? In everybody's attendance but their own."""
    return person_id != actor.person_id


def may_tick_oneself(actor: Actor, said: Attendance, kind: EntryKind) -> bool:
    """A leader alone on the spot may say "here", where nobody else has said anything, and take that back.

    kind: what they want to write. It counts once somebody else has confirmed it.
    """
    alone = said.kind is None or (said.kind is EntryKind.CHECK_IN and said.said_by == actor.person_id)
    return alone and said.confirmed is None and kind in (EntryKind.CHECK_IN, EntryKind.VOID)


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


def came(marks: Iterable[tuple[Attendance, Credit]]) -> Came | None:
    """What the marks of a person's places on one date come to; None without any."""
    marks = [(said, credit) for said, credit in marks if said.kind]
    there = any(said.present for said, _ in marks)
    return Came(there, sum(credit.minutes + credit.open for _, credit in marks)) if marks else None


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
    return said.kind is EntryKind.NO_SHOW and now < said.planned_start + NO_SHOW_COUNTS_FOR
