"""A person's record and hours as they read them: this month, this year, all together. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .. import clock
from .rules import Attendance


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
    served = [(start, said.minutes) for start, said in attended if said.counts]
    this_year = [(start, minutes) for start, minutes in served if start.year == here.year]
    return Hours(
        month=sum(minutes for start, minutes in this_year if start.month == here.month),
        year=sum(minutes for _, minutes in this_year),
        total=sum(minutes for _, minutes in served),
        times=len(attended),
    )
