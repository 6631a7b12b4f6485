"""What pages say of days, times and hours, in the reader's language and the team's zone."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from markupsafe import Markup

from .. import clock
from ..words import AsDay, AsFullDay, AsHours, Sentence
from .pages import ROOM, gettext, reader


def day(moment: datetime | date) -> str:
    """周五 11月27日."""
    return _day(local_day(moment), "EEE d MMM", "EEE M月d日", reader().locale)


def near_day(moment: datetime | date) -> str:
    """今天 周五, 明天 周六, 周日 11月29日: how people say it."""
    that_day, today = local_day(moment), clock.today(clock.now(), reader().zone)
    if that_day == today:
        return gettext("Today, %(weekday)s", weekday=_skeleton(that_day, "EEE", reader().locale))
    if that_day == today + clock.DAY:
        return gettext("Tomorrow, %(weekday)s", weekday=_skeleton(that_day, "EEE", reader().locale))
    return day(that_day)


def local_day(moment: datetime | date) -> date:
    """The day a moment is on in the team's zone."""
    return clock.local(moment, reader().zone).date() if isinstance(moment, datetime) else moment


def full_day(moment: datetime | date) -> str:
    """2026年11月27日 周五."""
    return _day(local_day(moment), "EEE d MMM y", "y年M月d日 EEE", reader().locale)


def month_name(day: date) -> str:
    """2026年11月."""
    return _skeleton(day, "yMMMM", reader().locale)


def weekday(day: date) -> str:
    """周五, as the head of a column."""
    return _day(day, "EEE", "EEEEE", reader().locale)


def weekday_name(day: date) -> str:
    """周五, within a sentence."""
    return _day(day, "EEEE", "EEE", reader().locale)


@lru_cache(ROOM)
def _day(day: date, english: str, chinese: str, locale: Locale) -> str:
    return format_date(day, english if locale.language == "en" else chinese, locale=locale)


@lru_cache(ROOM)
def _skeleton(day: date, skeleton: str, locale: Locale) -> str:
    return format_skeleton(skeleton, day, locale=locale)


def at(moment: datetime) -> str:
    """9:05 in the team's zone."""
    return wall(clock.local(moment, reader().zone).time())


def arrival(starts_at: datetime, minutes: int, zone: str = "") -> str:
    """9:50, so many minutes before a start; with its day where that is another one. zone: unless the reader's."""
    there = zone or reader().zone
    start, by = (clock.local(moment, there) for moment in (starts_at, starts_at - timedelta(minutes=minutes)))
    return wall(by.time()) if by.date() == start.date() else f"{day(by.date())} {wall(by.time())}"


def when(moment: datetime) -> str:
    """周五 11月27日 15:00."""
    return f"{day(moment)} {at(moment)}"


def span(starts_at: datetime, ends_at: datetime) -> str:
    """周五 11月27日 15:00–16:00."""
    return f"{when(starts_at)}–{at(ends_at) if day(starts_at) == day(ends_at) else when(ends_at)}"


def wall(clock_time: time) -> str:
    """9:05, as a clock on the wall shows it."""
    return f"{clock_time.hour}:{clock_time.minute:02}"


def said(sentence: Sentence) -> Markup:
    """A sentence in the reader's language, its values as people say them."""
    return gettext(sentence.text, **{name: spoken(value) for name, value in sentence.values.items()})


def spoken(value: object) -> object:
    """A value within a sentence: moments as times of day, days as days."""
    match value:
        case AsDay(moment):
            return near_day(moment)
        case AsFullDay(moment):
            return full_day(moment)
        case Sentence():
            return said(value)
        case AsHours(minutes):
            return hours(minutes)
        case datetime():
            return at(value)
        case date():
            return full_day(value)
    return value


def named(words: Iterable[str]) -> str:
    """Names or days in one breath: A, B and C."""
    return format_list(list(words), locale=reader().locale)


def hours(minutes: int) -> str:
    """Hours with one decimal from whole minutes, halves up, in whole-number arithmetic (令67)."""
    tenths = (minutes * 10 + 30) // 60
    return f"{tenths // 10}.{tenths % 10}"


def exact(minutes: int) -> str:
    """0:50, the same to the minute."""
    return f"{minutes // 60}:{minutes % 60:02}"


FILTERS = (day, near_day, local_day, full_day, at, when, arrival, month_name, weekday, wall, hours, exact, named, said)
"""What templates may ask for."""
