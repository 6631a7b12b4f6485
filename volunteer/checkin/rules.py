"""What becomes of a scan: one scan a person and date, in at the first, out at the last. Pure."""

from datetime import datetime, time, timedelta
from enum import StrEnum

from .. import clock
from ..activities.states import CheckIn
from ..errors import Refused
from ..ledger.replay import Seen
from ..ledger.rules import CLOSES_AFTER, opens_at
from ..ledger.states import EntryKind, Evidence
from ..words import AsDay
from .codes import CodeKind

OUT_FOR = timedelta(hours=1)
"""So long after the end somebody can still check out."""
ONE_SCAN = timedelta(minutes=1)
"""Whatever a person scans within it is one scan."""
MOST_TIMES = 3
"""So often a person comes and goes on one date (rule 7 of the service)."""
LATE_FROM = timedelta(hours=3)
"""So near the start somebody knows that they come late."""
MOST_LATE = 180
"""Minutes."""
LENT_FROM = timedelta(hours=24)
"""So long before the start whoever keeps the list of a date can open it; until the day is closed."""
HELD_FOR = timedelta(minutes=15)
"""So long after the scan it may be confirmed: logging in does not burn the code."""
EVIDENCE = {
    CodeKind.IN: Evidence.SCAN,
    CodeKind.OUT: Evidence.SCAN,
    CodeKind.POSTER: Evidence.POSTER,
    CodeKind.DIGITS: Evidence.CODE,
}


class Result(StrEnum):
    """in, out: what is written. same: it was, a moment ago. All others say why nothing is."""

    IN = "in"
    OUT = "out"
    SAME = "same"
    EARLY = "early"
    OVER = "over"
    NOT_IN = "not_in"
    OFTEN = "often"
    OLD = "old"
    UNKNOWN = "unknown"
    PAUSED = "paused"
    ELSEWHERE = "elsewhere"
    NOT_ON = "not_on"
    CANCELLED = "cancelled"
    KEEPER = "keeper"
    NO_POSTER = "no_poster"
    BY_LEADER = "by_leader"


WRITTEN = {Result.IN: EntryKind.CHECK_IN, Result.OUT: EntryKind.CHECK_OUT}
DONE = (*WRITTEN, Result.SAME)


def objection(takes_place: bool, how: CheckIn, code: CodeKind | None) -> Result | None:
    """Why a date takes no code of this kind from anybody. how: people check in to it."""
    if not takes_place:
        return Result.CANCELLED
    if how is CheckIn.LEADER:
        return Result.BY_LEADER
    return Result.NO_POSTER if code is CodeKind.POSTER and how is not CheckIn.POSTER else None


def judge(
    known: Seen, code: CodeKind, planned: tuple[datetime, datetime], at: datetime, wanted: Result | None
) -> Result:
    """What a good code comes to for somebody with a place; planned: when their date begins and ends.

    wanted: what the button said; without one, in at the first scan and out at each later one. Until the start nobody
    goes out: a scan too many would leave them without a minute.
    """
    starts, ends = planned
    is_in = known.here and not known.went
    is_again = known.here and known.last and abs(at - known.last) < ONE_SCAN
    if is_again or (is_in and (wanted is Result.IN or at < starts)):
        return Result.SAME
    if at < opens_at(starts):
        return Result.EARLY
    if at >= ends + OUT_FOR:
        return Result.OVER
    if known.here and wanted is not Result.IN:
        return Result.OUT
    if code is CodeKind.OUT or at >= ends or wanted is Result.OUT:
        return Result.NOT_IN
    return Result.OFTEN if known.times >= MOST_TIMES else Result.IN


def is_lent(starts_at: datetime, ends_at: datetime, at: datetime) -> bool:
    """Is the list of a date open to whoever keeps it for its leaders?"""
    return starts_at - LENT_FROM <= at < ends_at + CLOSES_AFTER


def may_come_late(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Can somebody say now that they come late to what begins and ends then?"""
    return starts_at - LATE_FROM <= now < ends_at


def refusal(result: Result, starts: datetime | None, leader: str) -> Refused:
    """What a result that writes nothing says to the person; starts: when their date does."""
    if result is Result.EARLY and starts:
        opens = opens_at(starts)
        return Refused(
            "Too early. Check-in begins: %(day)s %(opens)s. Nothing is used up, so scan again then.",
            day=AsDay(opens),
            opens=opens,
        )
    if result is Result.NOT_ON and leader:
        return Refused(
            "You are not signed up for this date. %(leader)s can put you on the list with one tap.", leader=leader
        )
    return _REFUSALS[result]


_REFUSALS = {
    Result.OVER: Refused("This date is over, and so is checking in and out. If you were there, tell the leader."),
    Result.NOT_IN: Refused("You had not checked in when this date ended. If you were there, tell the leader."),
    Result.OFTEN: Refused("You have come and gone three times, which is as often as a date counts. Tell the leader."),
    Result.OLD: Refused("This check-in code has expired. Scan the new one on the leader's phone."),
    Result.UNKNOWN: Refused("This is no check-in code that holds now. Look at the one on the leader's phone again."),
    Result.PAUSED: Refused("Too many wrong codes. Wait ten minutes, or ask the leader to tick you."),
    Result.ELSEWHERE: Refused(
        "This code is another team's. If you are in that one too, change to it in your settings and scan again."
    ),
    Result.NOT_ON: Refused("You are not signed up for this date. The leader can put you on the list with one tap."),
    Result.NO_POSTER: Refused("This date has no poster to check in by. Scan the code on the leader's phone."),
    Result.BY_LEADER: Refused("On this date the leader ticks everybody. Tell them that you are here."),
    Result.CANCELLED: Refused("This date does not take place. You need not check in."),
    Result.KEEPER: Refused("You keep the list of this date, so nobody but a leader ticks you: today or afterwards."),
}


def came_late_at(at: time, planned: tuple[datetime, datetime], zone: str) -> datetime:
    """The moment of a time of day on a sheet. Refused for one that is not between the start and the end."""
    starts_at, ends_at = planned
    moment = clock.utc(clock.today(starts_at, zone), at, zone)
    if moment < starts_at and clock.today(ends_at, zone) > clock.today(starts_at, zone):
        moment += clock.DAY
    if starts_at < moment < ends_at:
        return moment
    raise Refused("Who is late comes between %(start)s and %(end)s.", start=starts_at, end=ends_at)
