"""What cannot be true of a person's days, counted in another way than `counting` does, to find that out. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from ..clock import DAY, MINUTE, split_at_midnight
from .rules import Attendance, Interval


def odd_days(counted: Iterable[Attendance], zone: str) -> Iterator[str]:
    """What cannot be true of one person's days. It counts minute by minute."""
    marked: dict[date, timedelta] = defaultdict(timedelta)
    of_day: dict[date, list[Attendance]] = defaultdict(list)
    for one in counted:
        for day, length in split_at_midnight(one.given.starts_at, one.given.ends_at, zone) if one.given else ():
            marked[day] += length
            of_day[day].append(one)
    for day, its in sorted(of_day.items()):
        if marked[day] > DAY:
            yield f"marks for {marked[day] // MINUTE} minutes of {day}, which has {DAY // MINUTE}"
        given = {minute for one in its if one.counts and one.given for minute in _minutes_of(one.given)}
        count = sum(one.credit.minutes + one.credit.waiting for one in its)
        if count > len(given):
            yield f"{count} minutes count of the dates of {day}, {len(given)} were given"


def _minutes_of(one: Interval) -> range:
    return range(int(one.starts_at.timestamp()) // 60, -(-int(one.ends_at.timestamp()) // 60))
