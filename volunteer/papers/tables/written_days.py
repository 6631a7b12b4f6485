"""Days as people write them in the tables they hand in."""

import re
import unicodedata
from datetime import date, timedelta

from ...errors import Refused
from ...words import Sentence, visible

_WEEKDAY = re.compile(r"\(?(?:周|星期|礼拜)([一二三四五六日天])\)?$")
_WITH_YEAR = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?)")
_EIGHT_DIGITS = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_WITHOUT_YEAR = re.compile(r"(\d{1,2})(?:[-/.月])(\d{1,2})[日号]?")
_ONE_OR_TEN = re.compile(r"\d{1,2}\.[123]")
_SERIALS = range(36_526, 73_051)
"""How a spreadsheet counts the days of 2000 to 2099."""
_SERIAL_ZERO = date(1899, 12, 30)


def read_day(text: str, today: date) -> tuple[date, Sentence | None]:
    """A day, and what to say where its year was missing: it is the next such day then, today included.

    `2026/12/5`, `2026年12月5日（周六）`, `12月5日`, `12.5`, `20261205` and a spreadsheet's 46361 are understood.
    Raises Refused for what is no day, for a weekday that is not that day's, and for `12.1`, which may be the 1st
    or, with its nought lost, the 10th.
    """
    plain = "".join(unicodedata.normalize("NFKC", visible(text)).split())
    weekday = _WEEKDAY.search(plain)
    bare = plain[: weekday.start()] if weekday else plain
    day, has_year = _day(bare, today)
    if weekday and "一二三四五六日".index(weekday[1].replace("天", "日")) != day.weekday():
        raise Refused("Day and weekday do not agree. Correct one of them.")
    return day, None if has_year else Sentence("There is no year; %(day)s was taken, the next such day.", day=day)


def _day(bare: str, today: date) -> tuple[date, bool]:
    if bare.isascii() and bare.isdigit() and len(bare) == 5 and int(bare) in _SERIALS:
        return _SERIAL_ZERO + timedelta(days=int(bare)), True
    if found := _WITH_YEAR.fullmatch(bare):
        return _real(int(found[1]), int(found[3] or found[5]), int(found[4] or found[6])), True
    if found := _EIGHT_DIGITS.fullmatch(bare):
        return _real(int(found[1]), int(found[2]), int(found[3])), True
    if _ONE_OR_TEN.fullmatch(bare):
        raise Refused("This day may end in 1 or 10, 2 or 20, 3 or 30: write it with month and day, such as 12月1日.")
    if found := _WITHOUT_YEAR.fullmatch(bare):
        return _next(int(found[1]), int(found[2]), today), False
    raise Refused("This is not a day. Write it such as 2026-12-05.")


def _next(month: int, day: int, today: date) -> date:
    _real(2000, month, day)  # the 29th of February is a day, though not of every year
    years = range(today.year, today.year + 9)
    return next(each for year in years if (each := _or_none(year, month, day)) and each >= today)


def _real(year: int, month: int, day: int) -> date:
    found = _or_none(year, month, day)
    if found is None:
        raise Refused("There is no such day.")
    return found


def _or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
