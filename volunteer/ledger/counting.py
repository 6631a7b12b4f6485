"""How a person's time is counted: the one home of hours, of who has to confirm them, and of what they add up to. Pure.

A person's time is the union of their intervals; what is confirmed counts, all else is open. Of a calendar day eight
hours count on one person's word, twelve on two, more if one of them administers (rule 7 of the service).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import chain, pairwise
from operator import attrgetter
from typing import NamedTuple

from .. import clock
from .replay import ADMINISTRATOR, NEVER, Attendance, Span
from .states import CAME, EntryKind

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
    shares = _shares(said, as_of)
    return {n: Credit(said[n].confirmed or 0, _length(left) // 60) for n, (_, left) in shares.items()}


Share = tuple[list[Span], list[Span]]
"""What is confirmed of some time, and what is left of it."""


def _shares(said: Mapping[int, Attendance], as_of: datetime, first: int = 0) -> dict[int, Share]:
    """Of each sign-up the time that is its own; no moment belongs to two.

    What several cover belongs to what is confirmed, as far as that goes, the one that ends first before others; what
    is left then to one that is confirmed, to `first`, to the first of them. Service and other attendance are apart.
    """
    shares: dict[int, Share] = {n: ([], []) for n, one in said.items() if one.ends_at <= as_of}
    owed = {n: 60 * (said[n].confirmed or 0) for n in shares}
    edges = defaultdict[int, set[tuple[bool, int]]](set)
    for n in shares:
        for moment in (moment for span in said[n].spans for moment in span):
            edges[moment] ^= {(said[n].counts, n)}
    there = set[tuple[bool, int]]()
    for begin, end in pairwise(sorted(edges)):
        there ^= edges[begin]
        for serves in {serves for serves, _ in there}:
            its, at = sorted((said[n].spans[-1][1], n) for kind, n in there if kind is serves), begin
            for n in (n for _, n in its if owed[n] and at < end):
                took = min(owed[n], end - at)
                shares[n][0].append((at, at + took))
                owed[n], at = owed[n] - took, at + took
            if at < end:
                whose = min((said[n].confirmed is None, n != first, said[n].spans, n) for _, n in its)[-1]
                shares[whose][1].append((at, end))
    return shares


def _length(spans: Iterable[Span]) -> int:
    return sum(end - begin for begin, end in spans)


def _by_day(spans: Iterable[Span], zone: str) -> Iterator[tuple[date, int]]:
    for begin, end in spans:
        pieces = clock.split_at_midnight(clock.moment(begin), clock.moment(end), zone)
        yield from ((day, length // clock.SECOND) for day, length in pieces)


@dataclass(frozen=True)
class Word:
    """What somebody's confirming a sign-up would come to. minutes: that count then; rest: that wait still.

    waits: would it change anything?
    """

    minutes: int
    rest: int
    waits: bool


def word(which: int, said: Mapping[int, Attendance], by: int, administers: bool, now: datetime, zone: str) -> Word:
    """What it comes to when this person confirms one of somebody's sign-ups, too; no fewer minutes count than now.

    said: all that touch its days. What several cover is counted as its. Time somebody typed in counts on a second
    person's word only, and whoever confirmed before the lines came to something else has not confirmed that.
    """
    one, shares = said[which], _shares(said, now, which)
    confirmed, left = one.confirmed or 0, shares[which][1] if which in shares else []
    waiting = _length(left) // 60
    people = {by, *(one.signers if one.settled else ())} - {ADMINISTRATOR}
    if one.typed_by is not None and people == {one.typed_by}:
        return Word(confirmed, waiting, waits=False)
    people |= {one.typed_by} if one.typed_by is not None else set()
    above = administers or (one.settled and ADMINISTRATOR in one.signers)
    most = ON_ONE_WORD if len(people) == 1 else None if above else ON_TWO
    of_its_kind = [spans for n, (spans, _) in shares.items() if said[n].counts == one.counts]
    more = _fitting(left, of_its_kind, most, zone) // 60
    is_over = which in shares and bool(one.spans or one.confirmed is not None)
    changes = not one.settled or more > 0 or (waiting > 0 and by not in one.signers)
    return Word(confirmed + more, waiting - more, is_over and changes)


def _fitting(spans: Iterable[Span], counted: Iterable[Iterable[Span]], most: int | None, zone: str) -> int:
    """How many seconds of some time fit in its days beside what counts of them, at most so many a day; None: all."""
    used, fitting = defaultdict[date, int](int), 0
    for day, length in _by_day(chain.from_iterable(counted), zone):
        used[day] += length
    for day, length in _by_day(spans, zone):
        fits = length if most is None else min(length, max(0, most - used[day]))
        used[day], fitting = used[day] + fits, fitting + fits
    return fitting


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


def odd_days(said: Mapping[int, Attendance], credits: Mapping[int, Credit], zone: str) -> Iterator[str]:
    """What cannot be true of one person's days, a sentence each: counted in another way than above, by the minute."""
    marked: dict[date, timedelta] = defaultdict(timedelta)
    of_day: dict[date, set[int]] = defaultdict(set)
    for n, one in said.items():
        for begin, end in one.stays:
            for day, length in clock.split_at_midnight(begin, end, zone):
                marked[day] += length
                of_day[day].add(n)
    for day, its in sorted(of_day.items()):
        if marked[day] > clock.DAY:
            yield f"marks for {marked[day] // clock.MINUTE} minutes of {day}, which has {clock.DAY // clock.MINUTE}"
        as_given = [n for n in its if said[n].settled and (said[n].confirmed or 0) <= said[n].claimed]
        serves = [n for n in as_given if said[n].counts]
        given = {minute for n in serves for a, b in said[n].spans for minute in range(a // 60, -(-b // 60))}
        count = sum(credits[n].minutes for n in serves if n in credits)
        if count > len(given):
            yield f"{count} minutes count of the dates of {day}, {len(given)} were given"


class Measure(StrEnum):
    """What figures about many count: 场次, 人次, 人, 户, 时长, 学习时长, each a number of its own, never mixed.

    children: companions under 14, who stand apart. absent, unmarked: of whom nobody has decided, or said, whether
    they were there: numbers of their own, in no other one.
    """

    DATES = "dates"
    TIMES = "times"
    PEOPLE = "people"
    HOUSEHOLDS = "households"
    MINUTES = "minutes"
    TRAINING = "training"
    CHILDREN = "children"
    NO_SHOWS = "no_shows"
    EXCUSED = "excused"
    ABSENT = "absent"
    UNMARKED = "unmarked"


class Attended(NamedTuple):
    """One person's sign-up, as figures about many count it. household_id, group: theirs at that time.

    kind: of the line that says whether they were there; VOID: none that stands. minutes: that are confirmed;
    confirmed_at: when any first were. children: companions under 14.
    """

    occurrence_id: int
    person_id: int | None
    household_id: int | None
    kind: EntryKind | None
    counts: bool
    minutes: int
    children: int = 0
    signup_id: int = 0
    activity_id: int = 0
    group: str = ""
    starts_at: datetime = NEVER
    ends_at: datetime = NEVER
    confirmed_at: datetime | None = None


_SAID = {
    Measure.NO_SHOWS: (EntryKind.NO_SHOW,),
    Measure.EXCUSED: (EntryKind.EXCUSED, EntryKind.LEAVE),
    Measure.ABSENT: (EntryKind.ABSENT,),
    Measure.UNMARKED: (None,),
}
_THINGS: dict[Measure, str] = {
    Measure.DATES: "occurrence_id",
    Measure.PEOPLE: "person_id",
    Measure.HOUSEHOLDS: "household_id",
}


def behind(measure: Measure, signups: Iterable[Attended]) -> list[Attended]:
    """The sign-ups a figure is made of. A date on which nobody was is not held."""
    if measure in (Measure.MINUTES, Measure.TRAINING):
        serves = measure is Measure.MINUTES
        return [one for one in signups if one.minutes and one.counts is serves]
    kinds: tuple[EntryKind | None, ...] = _SAID.get(measure, CAME)
    return [one for one in signups if one.kind in kinds]


def things(measure: Measure, signups: Iterable[Attended]) -> set[int]:
    """Which dates, people or households it counts; sign-ups where it counts those."""
    name = _THINGS.get(measure, "signup_id")
    return set(map(attrgetter(name), behind(measure, signups))) - {None}


def tally(measure: Measure, signups: Iterable[Attended]) -> int:
    """What sign-ups come to, however many dates and people they are of."""
    if measure in (Measure.MINUTES, Measure.TRAINING):
        return sum(one.minutes for one in behind(measure, signups))
    if measure is Measure.CHILDREN:
        return sum(one.children for one in behind(measure, signups))
    return len(things(measure, signups) if measure in _THINGS else behind(measure, signups))
