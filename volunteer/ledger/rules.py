"""Who may say who was there, until when, and what can be judged. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from .. import clock
from ..actor import Actor
from ..clock import WorkingDays
from ..errors import Refused
from ..signups.rules import NO_SHOW_COUNTS_FOR
from ..signups.states import Came, Status
from .counting import Credit
from .replay import Attendance
from .states import EntryKind, Question, RequestKind

CHECK_IN_OPENS = timedelta(minutes=30)
"""Attendance can be taken from so long before the start."""
LATE_ENTRIES_FOR = timedelta(days=365)
LEADERS_MARK_FOR = 10
"""Working days after the end in which a record is complete (rule 2 of the service)."""


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


def may_ask(said: Attendance, planned: tuple[datetime, datetime], holds: bool, now: datetime) -> RequestKind | None:
    """What the person can ask about their own record: another look at a no-show as long as it counts; other minutes.

    And to be entered late, within the year: who held a place on a date that is over, and is not known to have come.
    """
    starts_at, ends_at = planned
    if said.kind is EntryKind.NO_SHOW:
        return RequestKind.APPEAL if now < starts_at + NO_SHOW_COUNTS_FOR else None
    if now < ends_at:
        return None
    if said.present:
        return RequestKind.CORRECTION
    return RequestKind.LATE_ENTRY if holds and now < starts_at + LATE_ENTRIES_FOR else None


def is_settled(asked: Iterable[Question], kind: RequestKind) -> bool:
    """Has a question of this kind been turned down, and then what its author answered to that?"""
    return sum(one.kind is kind and one.answer != "" for one in asked) > 1


def end_of_day(words: str, now: datetime, zone: str) -> datetime:
    """The end of the day a page asks for, of today the present moment. Refused for nonsense and for days to come."""
    try:
        day = date.fromisoformat(words)
    except ValueError:
        raise Refused("That is no day. Write it like this: 2026-11-30.") from None
    if day > clock.today(now, zone):
        raise Refused("That day has not come yet. Choose today or an earlier one.")
    return min(now, clock.utc(day + clock.DAY, time.min, zone) - timedelta.resolution)
