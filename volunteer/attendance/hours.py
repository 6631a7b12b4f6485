"""A person's hours as they read them: this month, this year, all together. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .. import clock
from .rules import Attendance


@dataclass(frozen=True)
class Hours:
    """Service minutes and how often. times: attended dates of every kind, service or not."""

    month: int
    year: int
    total: int
    times: int


def sum_up(attended: Iterable[tuple[datetime, Attendance]], now: datetime, zone: str) -> Hours:
    """Sum up (start, attendance) pairs. A month is the team's calendar month; only service time is summed."""
    here = clock.local(now, zone)
    month = year = total = times = 0
    for starts_at, said in attended:
        if not said.present:
            continue
        times += 1
        minutes = said.minutes if said.counts else 0
        local = clock.local(starts_at, zone)
        total += minutes
        year += minutes if local.year == here.year else 0
        month += minutes if (local.year, local.month) == (here.year, here.month) else 0
    return Hours(month, year, total, times)
