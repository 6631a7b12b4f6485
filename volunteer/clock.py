"""Home of time: the present moment, wall clocks and zones, and the Chinese working calendar.

Moments are aware UTC everywhere; a zone is an IANA name ("Asia/Shanghai"), an unknown one raises
``zoneinfo.ZoneInfoNotFoundError``. Working days follow the State Council's yearly notice (放假安排) as the
``holidays`` package carries it, with a team's own days laid over it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from types import MappingProxyType
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
SATURDAY = 5


def now() -> datetime:
    """Return the present moment, aware UTC; everything else is handed ``now``."""
    return datetime.now(UTC)


def moment(seconds: int) -> datetime:
    """Return the moment so many seconds after the epoch."""
    return _EPOCH + seconds * SECOND


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(moment: datetime, zone: str) -> datetime:
    """Return an aware moment on the wall clock of a zone; ValueError for a naive one."""
    if moment.utcoffset() is None:
        raise ValueError("a moment needs its offset")
    return moment.astimezone(ZoneInfo(zone))


def utc(day: date, wall: time, zone: str) -> datetime:
    """Return the UTC moment at which the clocks of a zone show ``wall`` on ``day``.

    A time that the change to summer time leaves out moves forward by the length of the gap; one that
    happens twice is the first. ValueError when ``wall`` has a zone of its own.
    """
    if wall.tzinfo is not None:
        raise ValueError("a wall time has no zone of its own")
    return datetime.combine(day, wall.replace(fold=0), ZoneInfo(zone)).astimezone(UTC)


def today(now: datetime, zone: str) -> date:
    """Return the date on the calendar of a zone at an aware moment."""
    return local(now, zone).date()


class Starting(Protocol):
    """Anything that starts at a moment."""

    @property
    def starts_at(self) -> datetime: ...


S = TypeVar("S", bound=Starting)


def by_day(things: Iterable[S], zone: str) -> list[tuple[date, list[S]]]:
    """Things, already in order of time, under the day they start on in a zone."""
    grouped = groupby(things, key=lambda thing: local(thing.starts_at, zone).date())
    return [(day, list(group)) for day, group in grouped]


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the UTC moments [start, end) of a calendar day; 23 or 25 hours when clocks change."""
    return utc(day, time.min, zone), utc(day + DAY, time.min, zone)


def next_month(first: date) -> date:
    """Return the first day of the month after the one that begins on ``first``."""
    return (first + 31 * DAY).replace(day=1)


def month_named(text: str) -> date | None:
    """Return the first day of a month of our age written as YYYY-MM; None for anything else."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return first if 2000 <= first.year <= 2100 else None


def split_at_midnight(begin: datetime, end: datetime, zone: str) -> Iterator[tuple[date, timedelta]]:
    """Yield how much of [begin, end) lies on each calendar day of a zone, in order."""
    while begin < end:
        day = today(begin, zone)
        until = min(end, utc(day + DAY, time.min, zone))
        yield day, until - begin
        begin = until


@dataclass(frozen=True)
class Override:
    """A day that differs from the national calendar: a local day off or workday, or an early notice."""

    working: bool
    name: str


@dataclass(frozen=True)
class WorkingDays:
    """The national working calendar of China with overrides; cheap to make, years are read once."""

    overrides: Mapping[date, Override] = field(default_factory=lambda: MappingProxyType({}))

    def is_working(self, day: date) -> bool:
        """Return whether people work: a weekday that is not off, or a weekend day made up (补班)."""
        override = self.overrides.get(day)
        return override.working if override else not _is_off(day)

    def holiday(self, day: date) -> str | None:
        """Return the name of the festival (or override) that makes this a day off, else None.

        In-lieu and swapped days, and the weekend inside or beside them, belong to the festival of their
        run of days off, as in the notice: "10月1日至7日放假". An ordinary weekend has no name.
        """
        override = self.overrides.get(day)
        if override:
            return None if override.working else override.name or "放假"
        return _festival(day)

    def has_notice(self, year: int) -> bool:
        """Return whether the notice of a year is out: every notice has made-up weekend days.

        Without one the package only guesses from the statutory days. Overrides do not count.
        """
        return any(day.year == year for day in _year(year).weekend_workdays)

    def next_working(self, day: date) -> date:
        """Return the first working day after ``day``."""
        return self._step(day, DAY)

    def previous_working(self, day: date) -> date:
        """Return the last working day before ``day``."""
        return self._step(day, -DAY)

    def _step(self, day: date, step: timedelta) -> date:
        day += step
        while not self.is_working(day):
            day += step
        return day


@lru_cache(maxsize=64)
def _year(year: int) -> HolidayBase:
    """Read one year; asked about any other, ``expand=False`` would answer "no holiday" without a word,
    and its made-up days include some of other years."""
    return country_holidays("CN", years=year, expand=False, language="zh_CN")


def _is_off(day: date) -> bool:
    year = _year(day.year)
    return day in year or (day.weekday() >= SATURDAY and day not in year.weekend_workdays)


@lru_cache(maxsize=4096)
def _festival(day: date) -> str | None:
    """Name a national day off: its own festival, or the one with most days in its run."""
    if not _is_off(day):
        return None
    own = _own_names(day)
    if own:
        return "、".join(own)
    first = last = day
    while _is_off(first - DAY):
        first -= DAY
    while _is_off(last + DAY):
        last += DAY
    run = (first + DAY * n for n in range((last - first).days + 1))
    names = Counter(name for each in run for name in _own_names(each))
    return names.most_common(1)[0][0] if names else None


def _own_names(day: date) -> list[str]:
    """Return the festivals the package names for a day: none for a swapped one ("休息日（由 … 调休）").

    New Year's Eve and the extension of 2020 are days of 春节 (全国年节及纪念日放假办法 art. 2).
    """
    labels = (label.split("（")[0] for label in _year(day.year).get(day, "").split("; "))
    names = ("春节" if label in ("农历除夕", "春节延长假期") else label for label in labels)
    return [name for name in names if name not in ("", "休息日")]
