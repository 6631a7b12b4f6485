"""Charts of a report as values: where each bar stands, across in per cent, down in pixels. Pages draw them as SVG.

So labels keep their size on every screen. Beside each one stands its table, and a sentence says what it shows.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ..ledger.counting import Measure
from ..web.formats import day as day_name
from ..web.formats import hours, month_name
from ..web.pages import gettext
from .progress import Progress
from .report import Report

BASE, TALLEST, MOST_BARS = 186, 150, 24
"""Pixels: where bars stand, how tall one is; how many fit."""
WEEKS, MOST_DAYS = 27, 366
"""Of a row of a map of days, and days it has at most."""


@dataclass(frozen=True)
class Mark:
    """A rectangle of a chart: x, width and middle in per cent, y and height in pixels; look: how strong, 0 to 4."""

    x: float
    y: int
    width: float
    height: int
    look: int

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)


@dataclass(frozen=True)
class Label:
    """Words of a chart: across in per cent, down in pixels; minor: left out where there is little room."""

    x: float
    y: int
    words: str
    minor: bool = False
    is_value: bool = False


@dataclass(frozen=True)
class Chart:
    """What is drawn, and in a sentence what can be seen in it."""

    sentence: str
    marks: Sequence[Mark]
    labels: Sequence[Label]


def months(made: Report) -> Chart | None:
    """Hours of each month; only the highest bar and the last say theirs. None for more than anybody could read."""
    lines = made.section("months").lines
    given = [next(one for one in line.numbers if one.cut.of == Measure.MINUTES) for line in lines]
    if not 1 < len(given) <= MOST_BARS:
        return None
    step, most = 100 / len(given), max(1, *(one.value for one in given))
    marks, labels = list[Mark](), list[Label]()
    top = max(range(len(given)), key=lambda n: given[n].value)
    last = max((n for n, one in enumerate(given) if one.value), default=0)
    for n, one in enumerate(given):
        height = round(one.value / most * TALLEST)
        bar = Mark(round(n * step + 0.14 * step, 2), BASE - height, round(0.72 * step, 2), height, 4 if n == top else 2)
        marks.append(bar)
        labels.append(Label(bar.middle, BASE + 22, str(one.cut.period.first.month), minor=n % 2 == 1))
        if one.value and n in (top, last):
            labels.append(Label(bar.middle, bar.y - 8, hours(one.value), is_value=True))
    about = {"month": month_name(given[top].cut.period.first), "hours": hours(given[top].value)}
    return Chart(str(gettext("Hours of each month; most in %(month)s: %(hours)s", **about)), marks, labels)


def plan(items: Sequence[Progress]) -> Chart | None:
    """How much of its first target each item has done, whole at most, and a line where it should be by today.

    They are told by their numbers, in the order of the plan. None where nothing is known of any target.
    """
    firsts = [next((goal for goal in one.goals if goal.target and goal.done is not None), None) for one in items]
    step, marks, labels = 100 / max(1, len(firsts)), list[Mark](), list[Label]()
    for n, goal in enumerate(firsts):
        x, width = round(n * step + 0.14 * step, 2), round(0.72 * step, 2)
        labels.append(Label(round(x + width / 2, 2), BASE + 22, str(n + 1)))
        if goal and goal.target:
            done, due = (round(min(1, (part or 0) / goal.target) * TALLEST) for part in (goal.done, goal.expected))
            marks.append(Mark(x, BASE - done, width, done, 2))
            marks.append(Mark(x, BASE - due - 1, width, 3, 4))
    late = sum(one.is_behind for one in firsts if one)
    words = gettext("Done of each item's first target, a line where it should be today; behind: %(n)d", n=late)
    return Chart(str(words), marks, labels) if marks else None


def days(made: Report) -> list[Chart]:
    """How many came on each day of a year at most, in rows of some weeks each; the stronger, the more."""
    first, last = made.period.first, made.period.last
    if (last - first).days >= MOST_DAYS:
        return []
    of_days = (line.numbers[0] for line in made.section("days").lines)
    came = Counter({one.cut.period.first: one.value for one in of_days})
    begin, most = first - timedelta(days=first.weekday()), max(came.values(), default=1)
    best = max(came, key=lambda day: came[day], default=first)
    sentence = gettext("People on each day; most on %(day)s: %(n)d", day=day_name(best), n=came[best])
    rows = range(((last - begin).days // 7) // WEEKS + 1)
    return [_half(begin + n * WEEKS * timedelta(days=7), first, last, came, most, str(sentence)) for n in rows]


def _half(begin: date, first: date, last: date, came: Counter[date], most: int, sentence: str) -> Chart:
    step = 100 / WEEKS
    marks, labels = list[Mark](), list[Label]()
    for n in range(7 * WEEKS):
        day = begin + timedelta(days=n)
        if first <= day <= last:
            x, look = round(n // 7 * step, 2), -(-4 * came[day] // most)
            marks.append(Mark(x, 24 + n % 7 * 12, 3.1, 10, look))
            if day.day == 1:
                labels.append(Label(x, 15, str(day.month)))
    return Chart(sentence, marks, labels)
