"""How the targets and months of a plan are written: numbers, how often something is, outcomes. Pure.

What is only about right, or reckoned, is understood and said; what may be two things is refused, never guessed.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from datetime import date

from .. import clock
from ..clock import WorkingDays
from ..errors import Refused
from ..ledger.rules import figure
from ..words import Sentence, visible

LARGEST, MOST = 100_000_000, 1_000_000
"""Of an outcome; of what is counted one by one."""
WHOLE_YEAR = tuple(range(1, 13))
FRIDAY = 4

_DIGITS = str.maketrans("一二两三四五六七八九", "1223456789")
_UNIT = r"[^\W\d_余多万千百十亿]{0,3}"
_NUMBER = re.compile(
    rf"(约|大约|近|计划|预计|至少|不少于)?([0-9]+(?:\.[0-9]{{1,2}})?)(万)?(余|多|左右|以上)?{_UNIT}(余|多|左右|以上)?"
)
_EACH = re.compile(r"每(周|月|季度|季|半年|年)(\d{1,2})(?:场次|次|场|期)", re.ASCII)
_TWO = re.compile(r"\d[^\d,;:]{0,2}[-~—–至到]+\d", re.ASCII)
_BESIDE = re.compile(r"\(.*?\)|暂定|[上中下]旬|[底初]$|前后|左右")
_MONTHS = re.compile(r"(\d{1,2})月?份?(?:[-~—–至到]{1,2}(\d{1,2})月?份?)?", re.ASCII)
_HALVES = dict.fromkeys(("全年", "每月", "常年"), WHOLE_YEAR) | {"上半年": WHOLE_YEAR[:6], "下半年": WHOLE_YEAR[6:]}


def read_count(text: str, year: int, months: Collection[int], days: WorkingDays, said: list[Sentence]) -> int | None:
    """A whole number, None for an empty text; of what is every so often, how often that is in these months.

    said: what there is to know. Raises Refused for what is no number, two of them, or less than none.
    """
    plain = _plain(text).translate(_DIGITS)
    if not plain:
        return None
    if each := _EACH.fullmatch(_BESIDE.sub("", plain)):
        n = int(each[2]) * _times(each[1], year, months or WHOLE_YEAR, days)
        said.append(Sentence("“%(often)s” was reckoned for the year: %(n)d.", often=each[0], n=n))
        return n
    hundredths = _hundredths(plain, said)
    if hundredths % 100 or hundredths > 100 * MOST:
        raise _no_number()
    return hundredths // 100


def _times(often: str, year: int, months: Collection[int], days: WorkingDays) -> int:
    """How often it is in these months; weekly things are on working Fridays."""
    if often == "周":
        every = (date(year, 1, 1) + n * clock.DAY for n in range(366))
        fridays = (day for day in every if day.weekday() == FRIDAY and day.year == year and day.month in months)
        return sum(map(days.is_working, fridays))
    length = {"月": 1, "季": 3, "季度": 3, "半年": 6, "年": 12}[often]
    return len({(month - 1) // length for month in months})


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", visible(text)).split())


def _no_number() -> Refused:
    return Refused("A target on this line is no number. Write a whole one, such as 12.")


def _hundredths(plain: str, said: list[Sentence]) -> int:
    """A target in hundredths. said: words beside it that make it no exact one."""
    if _TWO.search(plain):
        raise Refused("Two numbers stand where one should: which is the target?")
    if re.match(r"[-−–]", plain):
        raise Refused("A target cannot be negative.")
    bare = re.sub(r"\(.*?\)", "", plain)
    found = _NUMBER.fullmatch(re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", bare))
    if not found or float(found[2]) >= LARGEST:
        raise _no_number()
    whole, _, part = found[2].partition(".")
    n = (int(whole) * 100 + int(part.ljust(2, "0") or 0)) * (10_000 if found[3] else 1)
    beside = [word for word in (found[1], found[4], found[5], "(…)" if bare != plain else None) if word]
    said += [Sentence("Beside a number stands “%(word)s”; %(n)s was taken.", word=word, n=figure(n)) for word in beside]
    return n


def read_months(text: str, said: list[Sentence]) -> tuple[int, ...]:
    """Months in order, none for an empty text. Raises Refused for what is no month of a year."""
    plain = _plain(text)
    bare = _BESIDE.sub("", plain)
    if bare != plain:
        said.append(Sentence("Beside the months stands something else; it was left out."))
    return tuple(sorted(set(_months_in(bare.removesuffix("等")))))


def _months_in(bare: str) -> Iterator[int]:
    if bare in _HALVES:
        yield from _HALVES[bare]
    elif quarters := re.fullmatch(r"(?:第?([一二三四1-4])季?度?[、,;和及]?)*(?<=季度)", bare):
        for each in re.findall("[一二三四1-4]", quarters[0]):
            last = 3 * int(each.translate(_DIGITS))
            yield from range(last - 2, last + 1)
    else:
        for part in re.split("[、,;/和及]", bare) if bare else ():
            yield from _span(part)


def _span(part: str) -> range:
    found = _MONTHS.fullmatch(part)
    if not found:
        raise Refused("The months on this line are none. Write them such as 3,6,9 or 4-5.", field="months")
    first, last = int(found[1]), int(found[2] or found[1])
    for month in (first, last):
        if month not in WHOLE_YEAR:
            raise Refused("There is no month %(month)d.", field="months", month=month)
    if last < first:
        raise Refused("These months end before they begin.", field="months")
    return range(first, last + 1)


def read_outcomes(text: str, said: list[Sentence]) -> dict[str, int]:
    """植树:株:1500;面积:亩:30 as hundredths by 植树:株. Raises Refused for what is written otherwise, or twice."""
    outcomes: dict[str, int] = {}
    for part in filter(None, _plain(text.replace("\n", ";")).split(";")):
        words, _, number = part.rpartition(":")
        what, _, measure = words.rpartition(":")
        if not what or not measure or len(words) > 60 or ":" in what or words in outcomes:
            raise Refused(
                "Write what it is to bring as words, measure and number, each once: 植树:株:1500.", field="outcomes"
            )
        outcomes[words] = _hundredths(number, said)
    return outcomes


def months_written(months: Collection[int]) -> str:
    """4-5, or 3,6,9, as `read_months` reads them."""
    runs = len(months) > 1 and max(months) - min(months) == len(months) - 1
    return f"{min(months)}-{max(months)}" if runs else ",".join(map(str, months))
