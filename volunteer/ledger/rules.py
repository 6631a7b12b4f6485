"""Who may say who was there, until when, and what can be judged. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from .. import clock
from ..actor import Actor
from ..clock import WorkingDays
from ..errors import Refused, short_line
from ..signups.rules import CHECK_IN_OPENS, NO_SHOW_COUNTS_FOR
from ..signups.states import Came, Status
from .counting import Credit
from .replay import Attendance, LedgerLine
from .states import MEASURED, VERDICTS, EntryKind, Evidence, Quality, Question, RequestKind

CLOSES_AFTER = timedelta(hours=12)
"""After the end of a shift, and after somebody was seen there: whoever forgot to check out has gone home."""
MOST_MINUTES = 24 * 60
"""That somebody can be given of one date."""
MOST_STAYS = 3
LATE_ENTRIES_FOR = timedelta(days=365)
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

    kind: what they want to write. It counts once somebody else has confirmed it. Who only keeps the list never does.
    """
    alone = said.kind is None or (said.kind is EntryKind.CHECK_IN and said.said_by == actor.person_id)
    return actor.leads and alone and said.confirmed is None and kind in (EntryKind.CHECK_IN, EntryKind.VOID)


def may_judge(actor: Actor) -> bool:
    """May the actor say whether somebody had a reason to stay away?"""
    return actor.leads


def may_say_otherwise(actor: Actor, said: Attendance) -> bool:
    """May the actor mark somebody of whom this is said? Who only keeps the list not once a leader has decided."""
    return actor.leads or (said.kind not in VERDICTS and said.confirmed is None)


def last_day_for_leaders(ended_at: datetime, zone: str, days: WorkingDays) -> date:
    """The last day on which a leader marks who was there; from the next on only an administrator does."""
    day = clock.today(ended_at, zone)
    for _ in range(LEADERS_MARK_FOR):
        day = days.next_working(day)
    return day


def days_left(ended_at: datetime, now: datetime, zone: str, days: WorkingDays) -> int:
    """Working days in which the record of a date is still to be completed, after today; -1: it is overdue."""
    today, last = clock.today(now, zone), last_day_for_leaders(ended_at, zone, days)
    left = -1 if today > last else 0
    while today < last:
        today, left = days.next_working(today), left + 1
    return left


def may_mark_at_any_time(actor: Actor) -> bool:
    """May the actor say who was there on a date however long ago it was?"""
    return actor.administers


def may_mark(actor: Actor, ended_at: datetime, now: datetime, days: WorkingDays) -> bool:
    """May the actor still say who was there on a date that ended then?"""
    last = last_day_for_leaders(ended_at, actor.zone, days)
    return may_mark_at_any_time(actor) or clock.today(now, actor.zone) <= last


def refuse_fourth_stay(lines: Iterable[LedgerLine]) -> None:
    """Refused where somebody was checked in more often on one date than rule 7 of the service has it."""
    known = list(lines)
    gone = {line.corrects_id for line in known if line.kind is EntryKind.VOID}
    ins = [line for line in known if line.kind is EntryKind.CHECK_IN and line.evidence in MEASURED]
    if len([line for line in ins if line.id not in gone]) > MOST_STAYS:
        raise Refused("They have come and gone three times on this date already. Please tell the leader.")


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


class Remark(StrEnum):
    """Why a leader looks at somebody before their time is confirmed."""

    CHANGED = "changed"
    UNMARKED = "unmarked"
    ABSENT = "absent"
    TYPED = "typed"
    ASSUMED = "assumed"
    LATE = "late"
    EARLY = "early"
    LONG = "long"


def remarks(said: Attendance, rest: int, ends_at: datetime) -> Iterator[Remark]:
    """What is to be looked at. rest: minutes that will wait for somebody else even when they are confirmed.

    ends_at: of their position, which may have ended before it was planned to.
    """
    if said.confirmed is not None:
        yield from [Remark.CHANGED] if not said.settled else []
    elif said.kind in (None, EntryKind.ABSENT):
        yield Remark.UNMARKED if said.kind is None else Remark.ABSENT
    elif said.present:
        found = {Remark.TYPED: said.typed_by is not None, Remark.ASSUMED: said.unmeasured_end}
        late = said.was_late or said.evidence is Evidence.UNTIMED
        found |= {Remark.LATE: late, Remark.EARLY: said.left_before(ends_at)}
        yield from (remark for remark, holds in found.items() if holds)
    if rest:
        yield Remark.LONG


class Choice(StrEnum):
    """What a leader answers about somebody. proposed: as it stands; the minutes of the lines otherwise, or a mark.

    kept: what is confirmed stays, whatever was written since. fewer: what was written since counts, though it is less.
    planned: the whole time. other: so many minutes.
    """

    PROPOSED = "proposed"
    KEPT = "kept"
    FEWER = "fewer"
    PLANNED = "planned"
    OTHER = "other"
    CAME = "came"
    EXCUSED = "excused"
    NO_SHOW = "no_show"


def choices(said: Attendance) -> list[Choice]:
    """What can be answered about somebody, the proposed answer first."""
    if not said.present and said.confirmed is None:
        return [Choice.PROPOSED, Choice.EXCUSED, Choice.NO_SHOW, Choice.CAME]
    planned, confirmed = planned_minutes(said), said.confirmed or 0
    offered = [Choice.PROPOSED]
    if said.confirmed is not None and not said.settled and said.claimed != confirmed:
        offered += [Choice.FEWER if said.claimed < confirmed else Choice.KEPT]
    offered += [Choice.PLANNED] if said.present and planned not in (said.claimed, confirmed) else []
    return [*offered, Choice.OTHER] if said.present else offered


@dataclass(frozen=True)
class Decision:
    """What a leader says of somebody: which of the choices, and how it was done where that differs from the others."""

    choice: Choice = Choice.PROPOSED
    minutes: int | None = None
    reason: str = ""
    quality: Quality | None = None
    word: str = ""


def other_minutes(said: Attendance, answer: Decision, name: str) -> tuple[int, str]:
    """The minutes a leader sets, and why. Refused for none, for more than a day has, and without a reason."""
    if answer.choice is Choice.KEPT:
        return said.confirmed or 0, ""
    if answer.choice is Choice.PLANNED:
        return planned_minutes(said), ""
    if answer.minutes is None or not 0 <= answer.minutes <= MOST_MINUTES:
        raise Refused("Write the minutes for %(name)s as a number from 0 to 1440.", name=name)
    why = Refused("Say in a few words why it is other minutes for %(name)s.", name=name)
    return answer.minutes, short_line(answer.reason, 200, why)


def typed_span(
    planned: tuple[datetime, datetime], wall: tuple[time | None, time | None], minutes: int | None, zone: str
) -> tuple[datetime, datetime]:
    """From when to when somebody was there who is typed in: as on the wall, or so many minutes from the planned start.

    Refused for neither, and for an end before the start, which only a date over midnight can have.
    """
    starts_at, ends_at = planned
    begin, end = wall
    if begin is None or end is None:
        if minutes is None or begin or end:
            raise Refused("Give from when to when, or how many minutes.", field="came")
        return starts_at, starts_at + minutes * clock.MINUTE
    day, last = clock.today(starts_at, zone), clock.today(ends_at, zone)
    if last > day and begin < clock.local(ends_at, zone).time():
        day = last
    begins_at = clock.utc(day, begin, zone)
    if end <= begin and day == last:
        raise Refused("They cannot have left before they came. Give a later time.", field="gone")
    return begins_at, clock.utc(day if end > begin else last, end, zone)


def planned_minutes(said: Attendance) -> int:
    return (said.planned_end - said.planned_start) // clock.MINUTE


def figure(hundredths: int | None) -> str:
    """38, 2.5, or "" for nothing."""
    return "" if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".")


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
