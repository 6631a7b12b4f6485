"""Decisions about an activity before it has dates. Pure: values in, values out."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from .. import clock
from .recurrence import HolidayPolicy, Repeat, Rule
from .states import CheckIn, Visibility

HORIZON = timedelta(weeks=30)
"""How far ahead dates are made."""
LONGEST_AGO = timedelta(days=400)
"""How old a date may be that is planned only now, so that who came can still be typed in."""
MOST_PLACES = 5000


@dataclass(frozen=True)
class PlannedShift:
    """A shift as planned: its places, and its wall times on the day. Named as in its table."""

    name: str
    wall_start: time
    wall_end: time
    capacity: int
    minimum: int = 0
    needs_approval: bool = False


def moments(day: date, opens: time, start: time, end: time, zone: str) -> tuple[datetime, datetime]:
    """When wall times `start` to `end` are, on the `day` of an activity that begins at `opens`.

    A start before `opens` belongs to the next day, and so does an end that is not after its start. What would end
    before it starts, because clocks leave that time out, lasts as long as the wall times say.
    """
    start_day = day + timedelta(days=start < opens)
    end_day = start_day + timedelta(days=end <= start)
    begins, ends = clock.utc(start_day, start, zone), clock.utc(end_day, end, zone)
    lasts = datetime.combine(end_day, end) - datetime.combine(start_day, start)
    return begins, ends if begins < ends else begins + lasts


Moments = tuple[datetime, datetime]


def moved_span(span: Moments, was: Moments, to: Moments) -> Moments:
    """A shift's time when its date moves from `was` to `to`: as long after the start, the end with the end."""
    begins = to[0] + (span[0] - was[0])
    ends = to[1] if span[1] == was[1] else to[0] + (span[1] - was[0])
    return (begins, ends) if to[0] <= begins < ends <= to[1] else to


def moved_walls(span: tuple[time, time], was: tuple[time, time], to: tuple[time, time]) -> tuple[time, time]:
    """The same on the clock, of dates that are from `was` to be at `to`."""
    day = date(2000, 1, 1)
    old, new = (moments(day, walls[0], *walls, "UTC") for walls in (was, to))
    begins, ends = moved_span(moments(day, was[0], *span, "UTC"), old, new)
    return begins.time(), ends.time()


def lies_within(begins: time, ends: time, start: time, end: time) -> bool:
    """Does a shift from `begins` to `ends` lie within an activity from `start` to `end`, midnight or not?"""
    day = date(2000, 1, 1)
    opens, closes = moments(day, start, start, end, "UTC")
    first, last = moments(day, start, begins, ends, "UTC")
    return opens <= first < last <= closes


def years_end(day: date) -> date:
    """The last day of its year: a series ends there unless somebody says otherwise."""
    return day.replace(month=12, day=31)


@dataclass(frozen=True)
class Details:
    """What an activity says of itself; may change after publishing."""

    title: str
    content: str
    place: str
    meeting: str
    bring: str
    risk: str
    protection: str
    responsible: str
    responsible_id: int | None = None
    requirements: str = ""
    insurance: str = ""
    min_age: int | None = None
    opens_before: int | None = None
    deadline_before: int = 0
    check_in: CheckIn = CheckIn.ROLLING


@dataclass(frozen=True)
class Wanted:
    """A whole activity as a leader wants it, named as in its table.

    An end that is not after the start lies on the next day.
    """

    kind_id: int
    details: Details
    visibility: Visibility
    first_day: date
    wall_start: time
    wall_end: time
    arrive_before: int
    repeat: Repeat
    until: date | None
    holidays: HolidayPolicy
    shifts: tuple[PlannedShift, ...]
    every: int = 1
    count: int | None = None
    dates: tuple[date, ...] = ()
    voluntary: bool = True

    @property
    def rule(self) -> Rule:
        """The rule of its dates; Refused for one without sense."""
        return Rule(self.repeat, self.first_day, self.every, self.until, self.count, self.dates)

    @property
    def policy(self) -> HolidayPolicy:
        """Somebody who names a single date means that date, holiday or not."""
        return HolidayPolicy.KEEP if self.repeat is Repeat.NONE else self.holidays
