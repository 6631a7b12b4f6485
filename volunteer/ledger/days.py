"""What cannot be true of a person's days, counted in another way than `counting` does, to find that out. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from ..clock import DAY, MINUTE, split_at_midnight
from .counting import Credit
from .replay import Attendance


def odd_days(said: Mapping[int, Attendance], credits: Mapping[int, Credit], zone: str) -> Iterator[str]:
    """What cannot be true of one person's days. It counts minute by minute."""
    marked: dict[date, timedelta] = defaultdict(timedelta)
    of_day: dict[date, set[int]] = defaultdict(set)
    for n, one in said.items():
        for begin, end in one.stays:
            for day, length in split_at_midnight(begin, end, zone):
                marked[day] += length
                of_day[day].add(n)
    for day, its in sorted(of_day.items()):
        if marked[day] > DAY:
            yield f"marks for {marked[day] // MINUTE} minutes of {day}, which has {DAY // MINUTE}"
        serves = [n for n in its if said[n].counts and said[n].settled]
        given = {minute for n in serves for a, b in said[n].spans for minute in range(a // 60, -(-b // 60))}
        count = sum(credits[n].minutes for n in serves if n in credits)
        if count > len(given):
            yield f"{count} minutes count of the dates of {day}, {len(given)} were given"
