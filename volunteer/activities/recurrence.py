"""Home of recurring dates: which days a series falls on, and what a public holiday does to them.

Pure: dates in, dates out, in the calendar of the team. Times and zones belong to the occurrence.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import islice

from dateutil.relativedelta import relativedelta
from dateutil.rrule import MONTHLY, WEEKLY, rrule, weekday

from ..clock import WorkingDays
from ..errors import Refused

LONGEST_YEARS = 5
MOST_DATES = 600
WIDEST_STEP = 52


class Repeat(StrEnum):
    """How a series repeats; `every` multiplies the step (weeks, months, quarters)."""

    NONE = "none"
    WEEKLY = "weekly"
    MONTHLY_DATE = "monthly_date"
    MONTHLY_WEEKDAY = "monthly_weekday"
    QUARTERLY = "quarterly"
    BY_HAND = "by_hand"


class HolidayPolicy(StrEnum):
    """What becomes of a date on a public holiday; previous and next mean working days."""

    SKIP = "skip"
    PREVIOUS = "previous"
    NEXT = "next"
    KEEP = "keep"


@dataclass(frozen=True)
class Rule:
    """When a series takes place. Refused, with the field it is about, when it cannot be followed.

    A repeating rule starts on `first` and ends with `until` (included) or after `count` dates, struck ones among them,
    whichever comes first, within five years. By hand, only `dates` count. What a repeat does not use is not judged.
    """

    repeat: Repeat
    first: date
    every: int = 1
    until: date | None = None
    count: int | None = None
    dates: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        if self.repeat is Repeat.BY_HAND:
            _judge_by_hand(self)
        elif self.repeat is not Repeat.NONE:
            _judge_repeating(self)


@dataclass(frozen=True)
class Planned:
    """One date of a series after the holidays."""

    rule_date: date
    on: date | None
    """None when it is struck: by `holiday` or, without one, because an earlier date was moved onto that day."""
    holiday: str | None
    """Also given when the date moved or was kept."""
    tentative: bool
    """The holiday notice of that year is not out (预计)."""


def rule_dates(rule: Rule) -> list[date]:
    """The dates of a rule, ascending, each once, holidays not looked at.

    By date: the 29th to 31st fall to the last day of a shorter month. By weekday: the ordinal of `first` (2nd Friday)
    is kept; in the last seven days of a month it means the last such weekday, since a fifth does not come every month.
    """
    if rule.repeat is Repeat.NONE:
        return [rule.first]
    if rule.repeat is Repeat.BY_HAND:
        return sorted(set(rule.dates))
    # The library deprecates until and count together: count is cut off here.
    return [moment.date() for moment in islice(_series(rule), rule.count)]


def plan(rule: Rule, policy: HolidayPolicy, days: WorkingDays) -> list[Planned]:
    """Every date of a rule with what the policy makes of it, in the order of the rule.

    Only days off with a name are touched, an ordinary weekend never. A moved date may lie before `first` or after
    `until`. Of two dates that land on one day the later is struck.
    """
    taken: set[date] = set()
    planned = []
    for rule_date in rule_dates(rule):
        holiday = days.holiday(rule_date)
        on = _place(rule_date, policy, days) if holiday else rule_date
        if on in taken:
            on = None
        if on:
            taken.add(on)
        tentative = not all(days.has_notice(year) for year in {rule_date.year, (on or rule_date).year})
        planned.append(Planned(rule_date, on, holiday, tentative))
    return planned


def _place(day: date, policy: HolidayPolicy, days: WorkingDays) -> date | None:
    """Where a date on a public holiday goes."""
    if policy is HolidayPolicy.PREVIOUS:
        return days.previous_working(day)
    if policy is HolidayPolicy.NEXT:
        return days.next_working(day)
    return day if policy is HolidayPolicy.KEEP else None


def _series(rule: Rule) -> rrule:
    first = rule.first
    until = rule.until or _limit(first)
    if rule.repeat is Repeat.WEEKLY:
        return rrule(WEEKLY, dtstart=first, until=until, interval=rule.every)
    if rule.repeat is Repeat.MONTHLY_WEEKDAY:
        last = (first + timedelta(weeks=1)).month != first.month
        nth = weekday(first.weekday(), -1 if last else (first.day - 1) // 7 + 1)
        return rrule(MONTHLY, dtstart=first, until=until, interval=rule.every, byweekday=nth)
    step = rule.every * (3 if rule.repeat is Repeat.QUARTERLY else 1)
    # "The last that exists of 28, 29, … first.day" is the 31st in January and the 30th in April.
    candidates = range(min(first.day, 28), first.day + 1)
    return rrule(MONTHLY, dtstart=first, until=until, interval=step, bymonthday=candidates, bysetpos=-1)


def _limit(first: date) -> date:
    return date.max if first.year > date.max.year - LONGEST_YEARS else first + relativedelta(years=LONGEST_YEARS)


def _judge_repeating(rule: Rule) -> None:
    if not 1 <= rule.every <= WIDEST_STEP:
        raise Refused("Choose a step from 1 to 52.", field="every")
    if rule.until is None and rule.count is None:
        raise Refused(
            "A series needs an end. Choose the last day, at most five years ahead, or the number of dates.",
            field="until",
        )
    if rule.count is not None and not 1 <= rule.count <= MOST_DATES:
        raise Refused("A series has 1 to 600 dates.", field="count")
    if rule.until is not None and rule.until < rule.first:
        raise Refused("The last day lies before the first. Choose a later one.", field="until")
    too_short = rule.until is None and len(rule_dates(rule)) < (rule.count or 0)
    if too_short or (rule.until is not None and rule.until > _limit(rule.first)):
        raise _too_far()


def _judge_by_hand(rule: Rule) -> None:
    if not rule.dates:
        raise Refused("Give at least one day, for example 2026-12-04.", field="dates")
    if len(set(rule.dates)) > MOST_DATES:
        raise Refused("A series by hand has at most 600 days.", field="dates")
    if max(rule.dates) > _limit(min(rule.dates)):
        raise _too_far()


def _too_far() -> Refused:
    return Refused("A series lasts at most five years. Choose an earlier last day.", field="until")
