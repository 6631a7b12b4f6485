"""How a person's time is counted, and what they read of it: this month, this year, all together. Pure.

A person's day is the union of their intervals, and of each day eight hours count (docs/decisions/0014).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from .. import clock
from .rules import Attendance, Credit, Interval

DAY_COUNTS = timedelta(hours=8)
"""So much of a calendar day counts on one person's word; more waits for a second one's (rule 7 of the service)."""


def credit(intervals: Iterable[Interval], zone: str) -> dict[int, Credit]:
    """What counts of one person's intervals of service and what waits, by sign-up.

    Time that several cover counts under the first of them. Of a day it is enough to know all that touch it: days
    before and after change nothing.
    """
    credits: dict[int, Credit] = {}
    used: dict[date, timedelta] = defaultdict(timedelta)
    covered = datetime.min.replace(tzinfo=UTC)
    for one in sorted(intervals):
        counted = waiting = timedelta()
        for day, length in clock.split_at_midnight(max(one.starts_at, covered), one.ends_at, zone):
            fits = min(length, DAY_COUNTS - used[day])
            used[day] += fits
            counted += fits
            waiting += length - fits
        covered = max(covered, one.ends_at)
        credits[one.signup_id] = Credit(counted // clock.MINUTE, waiting // clock.MINUTE)
    return credits


def count(said: Mapping[int, Attendance], zone: str) -> dict[int, Attendance]:
    """What the ledger says of one person's sign-ups, with what counts of it."""
    credits = credit((one.given for one in said.values() if one.counts and one.given), zone)
    return {n: replace(one, credit=credits.get(n, one.credit)) for n, one in said.items()}


@dataclass(frozen=True)
class Record:
    """One line of a person's own record: the date, and what the ledger says of it."""

    occurrence_id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    signup_id: int
    on_leave: bool
    attendance: Attendance


@dataclass(frozen=True)
class Hours:
    """Service minutes and how often. times: attended dates of every kind, service or not."""

    month: int
    year: int
    total: int
    times: int


def sum_up(records: Iterable[Record], now: datetime, zone: str) -> Hours:
    """Sum a record up. A month is the team's calendar month; only service time is summed."""
    here = clock.local(now, zone)
    attended = [(clock.local(one.starts_at, zone), one.attendance) for one in records if one.attendance.present]
    served = [(start, said.credit.minutes) for start, said in attended]
    this_year = [(start, minutes) for start, minutes in served if start.year == here.year]
    return Hours(
        month=sum(minutes for start, minutes in this_year if start.month == here.month),
        year=sum(minutes for _, minutes in this_year),
        total=sum(minutes for _, minutes in served),
        times=len(attended),
    )
