"""What a plan says: a file of it read line by line, and where it should be today. Pure.

Home of the headings of a plan (in plan.json), of how its numbers and months are understood, and of what makes one of
its lines wrong. A wrong line never stops the right ones; what is only about right, or reckoned, is said in a note.
"""

import json
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice, takewhile
from pathlib import Path

from .. import clock
from ..activities.recurrence import Repeat
from ..clock import WorkingDays
from ..errors import Refused
from ..papers.tables.lines import Cell, ColumnMissing, Columns, Line, Note, Unknown, WrongLine, read_lines
from ..papers.tables.sheets import Sheet, read_sheet
from ..words import Sentence, as_written, visible

_HEADINGS = json.loads(Path(__file__).with_name("plan.json").read_text(encoding="utf-8"))
COLUMNS = Columns(_HEADINGS, "title", frozenset({"title", "kind"}))
FIELDS = tuple(_HEADINGS)
LONGEST = {"title": 80, "lead": 60, "partners": 200}
MOST_ITEMS, LARGEST = 500, 10_000_000
WHOLE_YEAR = tuple(range(1, 13))
FRIDAY = 4

_YEAR_OF = re.compile(r"(?<!\d)(20\d\d)年(?!\d{1,2}月)")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_DIGITS = str.maketrans("一二两三四五六七八九", "1223456789")
_UNIT = r"[^\W\d_余多万千百十亿]{0,3}"
_NUMBER = re.compile(
    rf"(约|大约|近|计划|预计|至少|不少于)?([0-9]+(?:\.[0-9]{{1,2}})?)(万)?(余|多|左右|以上)?{_UNIT}(余|多|左右|以上)?"
)
_EACH = re.compile(r"每(周|月|季度|季|半年|年)(\d{1,2})(?:场次|次|场|期)", re.ASCII)
_TWO = re.compile(r"\d[^\d,;:]{0,2}[-~—–至到]+\d", re.ASCII)
_BESIDE = re.compile(r"\(.*?\)|暂定|[上中下]旬|[底初]$|前后|左右")
_MONTHS = re.compile(r"(\d{1,2})月?份?(?:[-~—–至到]{1,2}(\d{1,2})月?份?)?", re.ASCII)
_HALVES = {"全年": WHOLE_YEAR, "每月": WHOLE_YEAR, "常年": WHOLE_YEAR, "上半年": WHOLE_YEAR[:6], "下半年": WHOLE_YEAR[6:]}


@dataclass(frozen=True)
class PlanLine:
    """One item. dates, attendances: None where nothing is said of them. outcomes: as in `models.PlanItem`."""

    number: int
    title: str
    kind_id: int
    dates: int | None
    attendances: int | None
    months: tuple[int, ...]
    lead: str
    partners: str
    outcomes: Mapping[str, int]

    @property
    def said(self) -> dict[str, object]:
        """What it says, by column of an item; what it leaves open, nobody has said."""
        kept = {"months": list(self.months), "outcomes": dict(self.outcomes)}
        said = {name: value for name, value in (vars(self) | kept).items() if value not in (None, "", [], {})}
        return {name: value for name, value in said.items() if name not in ("number", "title")}


@dataclass(frozen=True)
class PlanFile:
    """Every line of a sheet: right or wrong, or only a note because it is none. unknown: columns left out."""

    lines: tuple[PlanLine, ...] = ()
    wrong: tuple[WrongLine, ...] = ()
    notes: tuple[Note, ...] = ()
    unknown: tuple[Unknown, ...] = ()


def open_plan(data: bytes) -> Sheet:
    """The sheet of a file that holds the plan. Raises Refused for a file that cannot be read."""
    return read_sheet(data, COLUMNS.is_heading)


def year_of(sheet: Sheet, file_name: str) -> int | None:
    """The year its title names, else the name of its file."""
    titles = takewhile(lambda row: not COLUMNS.is_heading(row), islice(sheet.rows, 5))
    title = " ".join(cell for row in titles for cell in row.cells)
    found = _YEAR_OF.search(title) or _YEAR.search(title) or _YEAR.search(file_name)
    return int(found[1]) if found else None


_NOTHING: Mapping[str, Mapping[str, str]] = {}


def read_plan(
    sheet: Sheet,
    year: int,
    kinds: Mapping[str, int],
    days: WorkingDays,
    mapped: Mapping[str, str] | None = None,
    mended: Mapping[str, Mapping[str, str]] = _NOTHING,
) -> PlanFile:
    """Judge every line by itself.

    kinds: the team's, by all their words. mapped: see `lines.read_lines`. mended: by number of a line what somebody
    wrote instead. Raises ColumnMissing without a column of tasks or of kinds, Refused for more lines than a plan has.
    """
    table = read_lines(sheet, COLUMNS, mapped or {})
    if not table.columns >= COLUMNS.needed:
        why = ColumnMissing("The first line must name the columns. Needed are 任务 (task) and 类别 (kind).")
        why.unknown = table.unknown
        raise why
    if len(table.lines) > MOST_ITEMS:
        raise Refused("A plan has at most %(most)d lines. Is this the right file?", most=MOST_ITEMS)
    reading = _Reading(year, kinds, days)
    for line in table.lines:
        texts = mended.get(str(line.number))
        reading.read(Line(line.number, {c: (Cell(c, texts[c]),) for c in texts if texts[c]}) if texts else line)
    notes = sorted((*table.notes, *reading.notes), key=lambda note: note.number)
    return PlanFile(tuple(reading.lines), tuple(reading.wrong), tuple(notes), table.unknown)


@dataclass
class _Reading:
    """A plan while it is read."""

    year: int
    kinds: Mapping[str, int]
    days: WorkingDays
    lines: list[PlanLine] = field(default_factory=list)
    wrong: list[WrongLine] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def read(self, line: Line) -> None:
        said: list[Sentence] = []
        try:
            self.lines.append(self._item(line, said))
            self.notes += [Note(line.number, each) for each in said]
        except Refused as why:
            self.wrong.append(WrongLine(line.number, why.with_traceback(None), line))

    def _item(self, line: Line, said: list[Sentence]) -> PlanLine:
        """Raises Refused for the first thing wrong. said: what there is to know of it."""
        words = {column: _words(line.text(column), column) for column in LONGEST}
        if not words["title"]:
            raise Refused("There is no task on this line.")
        if twice := next((one.number for one in self.lines if one.title == words["title"]), None):
            raise Refused("The same task is already on line %(first)s.", first=twice)
        kind_id = self.kinds.get(as_written(line.text("kind")))
        if kind_id is None:
            raise Refused("This kind of activity is not known. Write one of the team’s kinds.")
        months = read_months(line.text("months"), said)
        counts = {one: self._count(line, one, months, said) for one in ("dates", "attendances")}
        outcomes = read_outcomes(line.text("outcomes"), said)
        return PlanLine(line.number, kind_id=kind_id, months=months, outcomes=outcomes, **counts, **words)

    def _count(self, line: Line, column: str, months: Collection[int], said: list[Sentence]) -> int | None:
        plain = _plain(line.text(column)).translate(_DIGITS)
        if not plain:
            return None
        if each := _EACH.fullmatch(_BESIDE.sub("", plain)):
            n = int(each[2]) * self._times(each[1], months or WHOLE_YEAR)
            said.append(Sentence("“%(often)s” was reckoned for the year: %(n)d.", often=each[0], n=n))
            return n
        hundredths = _hundredths(plain, said)
        if hundredths % 100:
            raise _no_number()
        return hundredths // 100

    def _times(self, often: str, months: Collection[int]) -> int:
        """How often it is in these months; weekly things are on working Fridays."""
        if often == "周":
            first = date(self.year, 1, 1)
            year = (first + n * clock.DAY for n in range(366))
            fridays = (day for day in year if day.weekday() == FRIDAY and day.year == self.year and day.month in months)
            return sum(map(self.days.is_working, fridays))
        length = {"月": 1, "季": 3, "季度": 3, "半年": 6, "年": 12}[often]
        return len({(month - 1) // length for month in months})


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", visible(text)).split())


def _words(text: str, column: str) -> str:
    words = as_written(text)
    if len(words) > LONGEST[column]:
        raise Refused("The task, its lead or its partners are longer than %(most)d characters.", most=LONGEST[column])
    return words


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
    said += [Sentence("Beside a number stands “%(word)s”; %(n)g was taken.", word=word, n=n / 100) for word in beside]
    return n


def read_months(text: str, said: list[Sentence]) -> tuple[int, ...]:
    """Months in order, none for an empty text. Raises Refused for what is no month of a year."""
    plain = _plain(text)
    bare = _BESIDE.sub("", plain)
    if bare != plain:
        said.append(Sentence("Beside the months stands something else; it was left out."))
    return tuple(sorted({month for month in _months_in(bare.removesuffix("等"))}))


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
        raise Refused("The months on this line are none. Write them such as 3,6,9 or 4-5.")
    first, last = int(found[1]), int(found[2] or found[1])
    for month in (first, last):
        if month not in WHOLE_YEAR:
            raise Refused("There is no month %(month)d.", month=month)
    if last < first:
        raise Refused("These months end before they begin.")
    return range(first, last + 1)


def read_outcomes(text: str, said: list[Sentence]) -> dict[str, int]:
    """植树:株:1500;面积:亩:30 as hundredths by 植树:株. Raises Refused for what is written otherwise, or twice."""
    outcomes: dict[str, int] = {}
    for part in filter(None, _plain(text).split(";")):
        words, _, number = part.rpartition(":")
        what, _, measure = words.rpartition(":")
        if not what or not measure or len(words) > 60 or ":" in what or words in outcomes:
            raise Refused("Write what it is to bring as words, measure and number, each once: 植树:株:1500.")
        outcomes[words] = _hundredths(number, said)
    return outcomes


def expected_by(target: int, year: int, months: Collection[int], day: date) -> int:
    """How much of a target should be done when a day begins, its months all alike; none: the whole year."""
    firsts = [date(year, month, 1) for month in sorted(months or WHOLE_YEAR)]
    lengths = [(clock.next_month(first) - first).days for first in firsts]
    passed = [min(max((day - first) / timedelta(days=n), 0), 1) for first, n in zip(firsts, lengths, strict=True)]
    return int(target * sum(passed) / len(firsts) + 1e-9)


def proposed(dates: int | None, months: Collection[int]) -> Repeat:
    """As what an item's activity begins, by how often and when it is to be."""
    span = len(months or WHOLE_YEAR)
    if not dates or dates == 1:
        return Repeat.NONE
    if dates >= 3 * span:
        return Repeat.WEEKLY
    if dates == span == 12:
        return Repeat.MONTHLY_WEEKDAY
    quarterly = dates == 4 and sorted(months) in ([], [1, 4, 7, 10], [2, 5, 8, 11], [3, 6, 9, 12])
    return Repeat.QUARTERLY if quarterly else Repeat.BY_HAND
