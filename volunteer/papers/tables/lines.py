"""A sheet that people handed in, as lines of known columns.

Home of how the row of headings is found, how headings are matched, and which lines are none: what a column means
is known by the room that reads it (`teams/roster.py`, for one).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise, takewhile

from openpyxl.utils import get_column_letter

from ...errors import Refused
from ...words import HAN, Sentence, as_written, visible
from .handed_in import TITLE_ROWS, Row, Sheet

_COUNTING = {"序号", "序", "no", "number", "编号", "#"}
"""Headings of columns that only count the lines."""
_NUMBER_OF_QUESTION = re.compile(r"^q?\d{1,3}[.、,:)]")
_ASIDE = re.compile(r"\((?!旧|原|备用|家|监护|紧急|办|单位|座机|固)[^()]*\)|\[.*?\]|【.*?】")
"""What stands in brackets, unless it makes the heading another one."""
_POLITE = re.compile(r"^(?:请(?:填写|输入|选择))?(?:您|你|本人)?的?")
_BOTH_LANGUAGES = re.compile(rf"[/|\\\n]|(?<=[{HAN}])\s+(?=[A-Za-z])|(?<=[A-Za-z.])\s+(?=[{HAN}])")
_SHOWN = 40
_PHONELIKE = re.compile(r"(?<!\d)(?!(?:19|20)\d\d[-. ])\+?\d[\d\s.()-]{5,}\d")

_TOTALS = re.compile(r"(?:本页|全年|全部)?(?:合计|小计|总计|共计|累计|总人数)|共\d+[人户名项条]")
_REMARK = re.compile(
    r"※|(?:备?注|附注|说明|填表说明|注意)(?:事项)?\d*[:.、]|(?:备?注|附注|说明)$"
    r"|(?:填表|填报|制表|审核|审批|经办|负责|联系|统计|录入|校对|报送|签字|签名|盖章|单位|分管|主管)"
    r"(?:人|单位|部门|日期|时间|领导|负责人|签字|签名|盖章)*(?:\(.{1,6}\))?:"
)
_EXAMPLE = re.compile(r"(?:填写)?(?:示例|样例|范例|例如|例)(?::|$|\d)|\((?:示例|样例|例)\)")


@dataclass(frozen=True)
class Columns:
    """What a room knows. headings: for each column the headings known for it, as `folded` gives them, the best
    first. name: the column without which there is no list. needed: columns without which nothing can be taken.
    beside: columns that are only looked into where another is empty, and are left out all the same. by_hand: headings
    (`Unknown.heading`) that somebody matched with a column."""

    headings: Mapping[str, Sequence[str]]
    name: str
    needed: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    by_hand: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _known(self) -> dict[str, tuple[str, int]]:
        known = self.headings.items()
        return {alias: (column, rank) for column, aliases in known for rank, alias in enumerate(aliases)}

    def match(self, heading: str) -> tuple[str, int] | None:
        """The column of a heading, and how good a heading it is for it (0 is best); None for one not known."""
        if not heading:
            return None
        if (by_hand := self.by_hand.get(" ".join(heading.split()), "")) in self.headings:
            return by_hand, 0
        if whole := self._known.get(folded(heading)):
            return whole
        found = sorted(part for each in _BOTH_LANGUAGES.split(heading) if (part := self._known.get(folded(each))))
        return found[0] if len({column for column, _ in found}) == 1 else None

    def is_heading(self, row: Row) -> bool:
        """Are there two known headings in it, the name's among them?"""
        found = self.found_in(row)
        return self.name in found and len(found) > 1

    def found_in(self, row: Row) -> set[str]:
        """The columns whose headings stand in a row."""
        return {match[0] for match in map(self.match, row.cells) if match}


@dataclass(frozen=True)
class Cell:
    """What stands in a line, and the heading above it."""

    heading: str
    text: str


@dataclass(frozen=True)
class Line:
    """One line below the headings, or one of two halves that stand side by side.

    number: its row in the person's own program. cells: the filled ones of each column, best heading first.
    """

    number: int
    cells: Mapping[str, tuple[Cell, ...]]

    def text(self, column: str) -> str:
        """What stands in a column, or ""."""
        found = self.cells.get(column)
        return found[0].text if found else ""


@dataclass(frozen=True)
class WrongLine:
    """A line that is left out, and why, ready to be translated where it is shown. line: as it was read."""

    number: int
    why: Refused
    line: Line | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Note:
    """What people should know of a line; it is taken all the same, or was none. Says no phone and no ID number."""

    number: int
    what: Sentence


@dataclass(frozen=True)
class Unknown:
    """A filled column whose heading is not known; without a heading it is called by its letter. example: a cell
    of it that may be shown, its phone numbers masked, or "" where nothing stands in it."""

    heading: str
    example: str


@dataclass(frozen=True)
class Table:
    """The lines of a sheet. columns: those that were found. unknown: filled ones that were left out. notes: lines
    that are none."""

    columns: frozenset[str]
    lines: tuple[Line, ...]
    notes: tuple[Note, ...]
    unknown: tuple[Unknown, ...]


class ColumnMissing(Refused):
    """A needed column is not there; perhaps it is one of the unknown, under another heading."""

    unknown: tuple[Unknown, ...] = ()


def folded(heading: str) -> str:
    """`1.您的姓名`, `姓 名*`, `姓名（必填）` and `姓名：` are all 姓名."""
    plain = "".join(unicodedata.normalize("NFKC", visible(heading)).casefold().split())
    plain = _ASIDE.sub("", _NUMBER_OF_QUESTION.sub("", plain))
    letters = "".join(c for c in plain if unicodedata.category(c)[0] in "LMN" or c == "#")
    return _POLITE.sub("", letters)


def read_lines(sheet: Sheet, columns: Columns, mapped: Mapping[str, str]) -> Table:
    """The lines of a sheet. mapped: headings (`Unknown.heading`) that somebody matched with a column by hand."""
    return _Reading(sheet, replace(columns, by_hand=mapped)).table()


def warnings_of(sheet: Sheet) -> tuple[Sentence, ...]:
    """What to say of a file as a whole."""
    ids = Sentence("There are identity-card numbers in this file. They are not kept; better not to collect them.")
    unread = [
        Sentence("There is another list on the sheet “%(sheet)s”; it was not read.", sheet=s) for s in sheet.unread
    ]
    return (*([ids] if sheet.had_ids else []), *unread)


class _Reading:
    """A sheet while it is being read. matches: for each column of the sheet what it holds, and how good a heading
    says so."""

    def __init__(self, sheet: Sheet, columns: Columns) -> None:
        self.columns, self.hidden = columns, sheet.hidden
        rows = sheet.rows
        top = self._top(rows)
        second = top + 1 < len(rows) and self._goes_on(rows[top], rows[top + 1])
        self.below = rows[top + 1 + second :]
        said = [
            _at(rows[top + second], n) or _at(rows[top], n) for n in range(max(len(row.cells) for row in rows[top:]))
        ]
        self.headings = [" ".join(text.split()) or get_column_letter(n + 1) for n, text in enumerate(said)]
        self.matches = [columns.match(heading) for heading in self.headings]
        self.counting = {n for n, heading in enumerate(self.headings) if folded(heading) in _COUNTING}
        self.left_out = [n for n, match in enumerate(self.matches) if self._is_left_out(n, match)]
        self.examples: dict[str, str] = {}
        self.notes: dict[tuple[int, str], Note] = {}
        self.lines: list[Line] = []

    def table(self) -> Table:
        blocks = self._blocks()
        for row in self.below:
            for block in blocks:
                self._read(row, block)
        unknown = tuple(Unknown(heading, example) for heading, example in self.examples.items())
        found = frozenset(match[0] for match in self.matches if match)
        return Table(found, tuple(self.lines), tuple(self.notes.values()), unknown)

    def _top(self, rows: Sequence[Row]) -> int:
        """Where the headings are; without two known ones, the first row that looks like headings."""

        def likeness(row: Row) -> tuple[bool, int, bool]:
            known = min(2, len(self.columns.found_in(row)))
            words = sum(map(bool, row.cells)) > 1 and not any(_REMARK.match(as_written(cell)) for cell in row.cells)
            return self.columns.is_heading(row), known, words

        opening = [likeness(row) for row in rows[:TITLE_ROWS]]
        sure = (n for n, (is_heading, *_) in enumerate(opening) if is_heading)
        return next(sure, opening.index(max(opening)))

    def _goes_on(self, top: Row, below: Row) -> bool:
        """Headings on two rows: the name's is merged over both, or the second has none but another known one."""
        named = {
            n
            for n, cell in enumerate(top.cells)
            if (match := self.columns.match(cell)) and match[0] == self.columns.name
        }
        if named & set(below.merged):
            return True
        others = [match for n, cell in enumerate(below.cells) if n not in named and (match := self.columns.match(cell))]
        return bool(named and others) and not any(_at(below, n) for n in named)

    def _is_left_out(self, column: int, match: tuple[str, int] | None) -> bool:
        return match[0] in self.columns.beside if match else column not in self.counting

    def _blocks(self) -> list[range]:
        """Lists side by side: each begins where the headings before the first name's come again."""
        names = [n for n, match in enumerate(self.matches) if match and match[0] == self.columns.name]
        starts, before = [0], {folded(heading) for heading in self.headings[: names[0]]} if names else set()
        for name in names[1:]:
            again = takewhile(lambda n: folded(self.headings[n]) in before, range(name - 1, -1, -1))
            starts.append(min(again, default=name))
        blocks = [range(*ends) for ends in pairwise([*starts, len(self.headings)])]
        has_all = all(self.columns.needed <= {m[0] for m in self.matches[b.start : b.stop] if m} for b in blocks)
        return blocks if has_all else [range(len(self.headings))]

    def _read(self, row: Row, block: range) -> None:
        own = [n for n in block if _at(row, n) and n not in row.merged]
        if not own:
            return
        if what := self._no_line(row, own):
            self.notes.setdefault((row.number, what.text), Note(row.number, what))
            return
        for n in own:
            if n in self.left_out and self.headings[n] not in self.examples:
                self.examples[self.headings[n]] = _masked_phones(row.cells[n])[:_SHOWN]
        if any(self.matches[n] for n in own):
            self.lines.append(Line(row.number, self._cells(row, block)))

    def _cells(self, row: Row, block: range) -> dict[str, tuple[Cell, ...]]:
        """The filled ones of each column, those in sight and under the best heading first."""
        cells: dict[str, tuple[Cell, ...]] = {}
        filled = [
            (n in self.hidden, match[1], n, match[0]) for n in block if (match := self.matches[n]) and _at(row, n)
        ]
        for _, _, n, column in sorted(filled):
            cells[column] = (*cells.get(column, ()), Cell(self.headings[n], row.cells[n]))
        return cells

    def _no_line(self, row: Row, own: list[int]) -> Sentence | None:
        """Why nothing is taken from a row, judged by its first cell and its name."""
        words = [as_written(_at(row, n)) for n in own if n == own[0] or self._holds_name(n)]
        if any(map(_TOTALS.match, words)):
            return Sentence("A line of totals; nothing was taken from it.")
        if any(map(_EXAMPLE.search, words)):
            return Sentence("An example; nothing was taken from it.")
        if any(map(_REMARK.match, words)) or self._is_beside_the_list(row, own):
            return Sentence("A remark or a signature; nothing was taken from it.")
        if any(self._holds_name(n) and " ".join(row.cells[n].split()) == self.headings[n] for n in own):
            return Sentence("The headings once more; nothing was taken from this line.")
        return None

    def _holds_name(self, column: int) -> bool:
        match = self.matches[column]
        return match is not None and match[0] == self.columns.name

    def _is_beside_the_list(self, row: Row, own: list[int]) -> bool:
        """Words, and not a number, alone in a column that counts the lines."""
        return own[0] in self.counting and len(own) == 1 and not any(map(str.isdecimal, row.cells[own[0]][:1]))


def _at(row: Row, column: int) -> str:
    return row.cells[column] if column < len(row.cells) else ""


def _masked_phones(text: str) -> str:
    return _PHONELIKE.sub("****", unicodedata.normalize("NFKC", text))
