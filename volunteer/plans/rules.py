"""What a plan says: a file of it read line by line, and where it should be today. Pure.

Home of the headings of a plan (in plan.json), of how its numbers and months are understood, and of what makes one of
its lines wrong. A wrong line never stops the right ones; what is only about right, or reckoned, is said in a note.
"""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import islice, takewhile
from pathlib import Path

from .. import clock
from ..activities.recurrence import Repeat
from ..clock import WorkingDays
from ..errors import Refused
from ..papers.tables.handed_in import Sheet, read_sheet
from ..papers.tables.lines import Cell, ColumnMissing, Columns, Line, Note, Unknown, WrongLine, read_lines, warnings_of
from ..words import Sentence, as_written
from .targets import WHOLE_YEAR, read_count, read_months, read_outcomes

_HEADINGS = json.loads(Path(__file__).with_name("plan.json").read_text(encoding="utf-8"))
COLUMNS = Columns(_HEADINGS, "title", frozenset({"title", "kind"}))
FIELDS = tuple(_HEADINGS)
LONGEST = {"title": 80, "lead": 60, "partners": 200}
MOST_ITEMS = 500

_YEAR_OF = re.compile(r"(?<!\d)(20\d\d)年(?!\d{1,2}月)")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")


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
    """Every line of a sheet: right or wrong, or only a note because it is none. unknown: columns left out.

    warnings: about the file as a whole.
    """

    lines: tuple[PlanLine, ...] = ()
    wrong: tuple[WrongLine, ...] = ()
    notes: tuple[Note, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    warnings: tuple[Sentence, ...] = ()


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
        reading.read(_line_of(line.number, texts) if texts else line)
    notes = sorted((*table.notes, *reading.notes), key=lambda note: note.number)
    return PlanFile(tuple(reading.lines), tuple(reading.wrong), tuple(notes), table.unknown, warnings_of(sheet))


def read_item(
    texts: Mapping[str, str], year: int, kinds: Mapping[str, int], days: WorkingDays
) -> tuple[PlanLine, list[Sentence]]:
    """An item as somebody types it, by column, and what there is to know of it. Refused for the first thing wrong."""
    said: list[Sentence] = []
    return _Reading(year, kinds, days).item(_line_of(0, texts), said), said


def _line_of(number: int, texts: Mapping[str, str]) -> Line:
    return Line(number, {column: (Cell(column, text),) for column, text in texts.items() if text})


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
            self.lines.append(self.item(line, said))
            self.notes += [Note(line.number, each) for each in said]
        except Refused as why:
            self.wrong.append(WrongLine(line.number, why.with_traceback(None), line))

    def item(self, line: Line, said: list[Sentence]) -> PlanLine:
        """Raises Refused for the first thing wrong. said: what there is to know of it."""
        words = {column: _words(line.text(column), column) for column in LONGEST}
        if not words["title"]:
            raise Refused("There is no task on this line.", field="title")
        if twice := next((one.number for one in self.lines if one.title == words["title"]), None):
            raise Refused("The same task is already on line %(first)s.", first=twice)
        kind_id = self.kinds.get(as_written(line.text("kind")))
        if kind_id is None:
            raise Refused("This kind of activity is not known. Write one of the team’s kinds.", field="kind")
        months = read_months(line.text("months"), said)
        read = partial(read_count, year=self.year, months=months, days=self.days, said=said)
        dates, attendances = (read(line.text(column)) for column in ("dates", "attendances"))
        outcomes = read_outcomes(line.text("outcomes"), said)
        said_of = (kind_id, dates, attendances, months, words["lead"], words["partners"], outcomes)
        return PlanLine(line.number, words["title"], *said_of)


def _words(text: str, column: str) -> str:
    words = as_written(text)
    if len(words) > LONGEST[column]:
        raise Refused("The task, its lead or its partners are longer than %(most)d characters.", most=LONGEST[column])
    return words


def expected_by(target: int, year: int, months: Collection[int], day: date) -> int:
    """How much of a target should be done when a day begins, its months all alike; none: the whole year."""
    firsts = [date(year, month, 1) for month in sorted(months or WHOLE_YEAR)]
    lengths = [(clock.next_month(first) - first).days for first in firsts]
    passed = [min(max((day - first) / timedelta(days=n), 0), 1) for first, n in zip(firsts, lengths, strict=True)]
    return int(target * sum(passed) / len(firsts) + 1e-9)


def first_day(title: str, year: int, months: Collection[int], today: date) -> date:
    """The day an item's activity may begin: in its next month, on the weekday its title names."""
    coming = [month for month in sorted(months or WHOLE_YEAR) if (year, month) >= (today.year, today.month)]
    first = max(date(year, (coming or [12])[0], 1), today)
    named = re.search("周([一二三四五六日])", title)
    return first + timedelta(days=("一二三四五六日".index(named[1]) - first.weekday()) % 7) if named else first


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


@dataclass(frozen=True)
class Holding:
    """An activity, as far as it matters for which item it is held. predecessor: the series it carries on."""

    id: int
    kind_id: int
    predecessor_id: int | None


def items_held_for(
    activities: Iterable[Holding], chosen: Mapping[int, int], kinds: Iterable[tuple[int, int]]
) -> dict[int, int]:
    """By activity, in order of their ids, the item of a plan it is held for.

    chosen: what somebody said, by activity, which holds for what carries it on, too. kinds: each item with its kind;
    of a kind with one item alone, that is the one.
    """
    of_kind = defaultdict[int, list[int]](list)
    for item_id, kind_id in kinds:
        of_kind[kind_id].append(item_id)
    said: dict[int, int] = {}
    found: dict[int, int] = {}
    for one in activities:
        if chosen_one := chosen.get(one.id) or said.get(one.predecessor_id or 0):
            said[one.id] = found[one.id] = chosen_one
        elif len(alone := of_kind[one.kind_id]) == 1:
            found[one.id] = alone[0]
    return found
