"""A series as people look at it: month by month in whole weeks, each date on its day. Pure."""

from calendar import Calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class SeriesDay(Generic[T]):
    """A day of a sheet; None before the first and after the last of its month."""

    day: date | None
    dates: Sequence[T] = ()


@dataclass(frozen=True)
class SeriesMonth(Generic[T]):
    """A sheet. weekdays: on which it has dates, 0 for Monday."""

    first: date
    weeks: Sequence[Sequence[SeriesDay[T]]]
    weekdays: set[int]


def parted(
    days: Sequence[tuple[date, Sequence[T]]], following: T | None
) -> tuple[list[SeriesMonth[T]], list[SeriesMonth[T]]]:
    """The months before that of the date that follows next, and those from it on; None: all are before."""
    months, since = months_of(days), next((day for day, its in days if following in its), date.max).replace(day=1)
    return [month for month in months if month.first < since], [month for month in months if month.first >= since]


def months_of(days: Sequence[tuple[date, Sequence[T]]]) -> list[SeriesMonth[T]]:
    """The months that have dates. days: each once, in order, with what is on it."""
    return [_month(first, dict(its)) for first, its in groupby(days, key=lambda one: one[0].replace(day=1))]


def _month(first: date, on: dict[date, Sequence[T]]) -> SeriesMonth[T]:
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    cells = [
        [SeriesDay(day, on.get(day, ())) if day.month == first.month else SeriesDay[T](None) for day in week]
        for week in weeks
    ]
    return SeriesMonth(first, cells, {day.weekday() for day in on})
