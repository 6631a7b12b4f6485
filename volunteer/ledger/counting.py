"""How a person's time is counted: the one home of hours, of who has to confirm them, and of what they add up to. Pure.

A person's time is the union of their intervals; what is confirmed counts, all else is open. Of a calendar day eight
hours count on one person's word, twelve on two, more if one of them administers (rule 7 of the service).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from .. import clock
from .replay import ADMINISTRATOR, Attendance, Span, without

ON_ONE_WORD, ON_TWO = 8 * 3600, 12 * 3600
"""Seconds of a day."""


@dataclass(frozen=True)
class Credit:
    """Whole minutes of a sign-up that count, and those yet to be confirmed."""

    minutes: int = 0
    open: int = 0


def credit(said: Mapping[int, Attendance], as_of: datetime) -> dict[int, Credit]:
    """What counts of one person's sign-ups and what is open, those that are over as of a moment.

    Of a day it is enough to know all that touch it: days before and after change nothing.
    """
    credits = {}
    for n, spans in _own_time(said, as_of).items():
        confirmed = said[n].confirmed or 0
        credits[n] = Credit(confirmed, max(0, _length(spans) // 60 - confirmed))
    return credits


def _own_time(said: Mapping[int, Attendance], as_of: datetime) -> dict[int, list[Span]]:
    """The time that is each sign-up's own: what several cover belongs to what is confirmed, then to the first of them.

    Service and other attendance are counted apart.
    """
    own: dict[int, list[Span]] = {}
    covered: dict[bool, list[Span]] = {True: [], False: []}
    for n in sorted(said, key=lambda n: (said[n].confirmed is None, said[n].spans, n)):
        one = said[n]
        if one.ends_at > as_of:
            continue
        own[n] = list(one.spans)
        for begin, end in covered[one.counts]:
            own[n] = list(without(own[n], begin, end))
        covered[one.counts] += own[n]
    return own


def _length(spans: Iterable[Span]) -> int:
    return sum(end - begin for begin, end in spans)


def _by_day(spans: Iterable[Span], zone: str) -> Iterator[tuple[date, int]]:
    for begin, end in spans:
        pieces = clock.split_at_midnight(clock.moment(begin), clock.moment(end), zone)
        yield from ((day, length // clock.SECOND) for day, length in pieces)


def confirmable(
    which: int, said: Mapping[int, Attendance], by: int, administers: bool, now: datetime, zone: str
) -> int:
    """How many minutes of one of a person's sign-ups count once this person confirms them, too.

    said: all that touch its days. Time somebody typed in counts on a second person's word only.
    """
    one = said[which]
    signers = {*one.signers, by, *([ADMINISTRATOR] if administers else ())}
    people = signers - {ADMINISTRATOR}
    if one.typed_by is not None and not people - {one.typed_by}:
        return one.confirmed or 0
    people |= {one.typed_by} if one.typed_by is not None else set()
    most = ON_ONE_WORD if len(people) == 1 else None if ADMINISTRATOR in signers else ON_TWO
    own = _own_time(said, now)
    used: dict[date, int] = defaultdict(int)
    for n, spans in own.items():
        left = 60 * (said[n].confirmed or 0) if n != which and said[n].counts == one.counts else 0
        for day, length in _by_day(spans, zone):
            used[day] += min(length, left)
            left -= min(length, left)
    counted = 0
    for day, length in _by_day(own.get(which, ()), zone):
        counted += length if most is None else min(length, max(0, most - used[day]))
        used[day] += length
    return counted // 60


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
    credit: Credit = Credit()


@dataclass(frozen=True)
class Hours:
    """Minutes of service that count, and how often. open: not confirmed yet; training: of what is no service.

    times: attended dates of every kind. typed: those of the total that were typed in.
    """

    month: int = 0
    year: int = 0
    total: int = 0
    open: int = 0
    training: int = 0
    times: int = 0
    typed: int = 0


def sum_up(said: Mapping[int, Attendance], credits: Mapping[int, Credit], now: datetime, zone: str) -> Hours:
    """Sum a person's sign-ups up. A month is the team's calendar month."""
    here = clock.local(now, zone)
    month = year = total = waits = training = typed = 0
    for n, one in credits.items():
        start = clock.local(said[n].planned_start, zone)
        if not said[n].counts:
            training += one.minutes
            continue
        total += one.minutes
        typed += one.minutes if said[n].typed_by else 0
        waits += one.open
        year += one.minutes if start.year == here.year else 0
        month += one.minutes if (start.year, start.month) == (here.year, here.month) else 0
    return Hours(month, year, total, waits, training, sum(bool(one.present) for one in said.values()), typed)


@dataclass(frozen=True)
class Month:
    """Minutes of one month, and how many of its confirmed records the person has not said are right."""

    minutes: int = 0
    open: int = 0
    training: int = 0
    to_affirm: int = 0

    def __add__(self, other: "Month") -> "Month":
        open, training = self.open + other.open, self.training + other.training
        return Month(self.minutes + other.minutes, open, training, self.to_affirm + other.to_affirm)


def by_month(said: Mapping[int, Attendance], credits: Mapping[int, Credit], zone: str) -> dict[date, Month]:
    """What a person's sign-ups come to, by the first day of the team's calendar month."""
    months: dict[date, Month] = defaultdict(Month)
    for n, one in said.items():
        credit, asks = credits.get(n) or Credit(one.confirmed or 0), one.confirmed is not None and not one.affirmed
        serves = credit if one.counts else Credit()
        month = Month(serves.minutes, serves.open, 0 if one.counts else credit.minutes, asks)
        months[month_of(one.planned_start, zone)] += month
    return months


def month_of(moment: datetime, zone: str) -> date:
    return clock.today(moment, zone).replace(day=1)
