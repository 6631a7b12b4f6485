"""A sheet that people handed in, as lines of known columns.

Home of how the row of headings is found, how headings are matched, and which lines are none: what a column means
is known by the room that reads it (`teams/roster.py`, for one).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import Refused
from ...words import Sentence
from .sheets import Sheet

TITLE_ROWS = 9


@dataclass(frozen=True)
class Columns:
    """What a room knows. headings: for each column the headings known for it, as `folded` gives them, the best
    first. name: the column without which there is no list. needed: columns without which nothing can be taken."""

    headings: Mapping[str, tuple[str, ...]]
    name: str
    needed: frozenset[str]


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
    """A line that is left out, and why, ready to be translated where it is shown."""

    number: int
    why: Refused


@dataclass(frozen=True)
class Note:
    """What people should know of a line; it is taken all the same, or was none. Says no phone and no ID number."""

    number: int
    what: Sentence


@dataclass(frozen=True)
class Unknown:
    """A filled column whose heading is not known; without a heading it is called by its letter. example: a cell
    of it that may be shown, its phone numbers masked."""

    heading: str
    example: str


@dataclass(frozen=True)
class Table:
    """The lines of a sheet. unknown: what was left out. notes: lines that are none, and the like. warnings: what
    people should know of the file as a whole."""

    headings: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[Note, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    warnings: tuple[Sentence, ...] = ()

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(column.heading for column in self.unknown)


class ColumnMissing(Refused):
    """A needed column is not there; perhaps it is one of the unknown, under another heading."""

    unknown: tuple[Unknown, ...] = ()


def read_lines(sheet: Sheet, columns: Columns, mapped: Mapping[str, str]) -> Table:
    """The lines of a sheet. mapped: headings (`Unknown.heading`) that somebody matched with a column by hand.

    Raises ColumnMissing without the needed columns.
    """
    top = next((at for at, row in enumerate(sheet.rows[: TITLE_ROWS + 1]) if sum(map(bool, row.cells)) > 1), 0)
    headings = tuple(" ".join(heading.split()) for heading in sheet.rows[top].cells)
    lines = tuple(
        Line(row.number, {h: (Cell(h, cell),) for h, cell in reversed([*zip(headings, row.cells, strict=False)]) if h})
        for row in sheet.rows[top + 1 :]
    )
    return Table(tuple(dict.fromkeys(filter(None, headings))), lines)
