"""Lists that people look at, search and take away: one value gives the page, the CSV file and the workbook.

A room says what its list is called, which columns it has and what it is asked from the database. How long a page is,
how words are looked for, and that no cell runs as a formula have their home here.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from io import BytesIO, StringIO
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, true
from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from ...storage.database import db
from ...storage.troubles import Trouble, Unwritable
from ...web.formats import hours
from ...words import AsHours, Tone, one_line
from .handed_in import defused

PAGE = 50
"""Rows of a page."""
MOST_WORDS = 5
"""Words that are looked for at once; further ones are not."""


@dataclass(frozen=True)
class Tag:
    """A state in a word of the reader's language, which pages draw as a chip."""

    words: str
    tone: Tone = Tone.RIGHT


Cell = str | date | Tag | int | Decimal | AsHours


@dataclass(frozen=True)
class ListRow:
    """One line of a list. id: of what it is about, which its first cell names. group: the heading it stands under."""

    id: int
    cells: tuple[Cell, ...]
    group: str = ""

    @property
    def written(self) -> tuple[Cell, ...]:
        """Its cells as a file has them, the group last."""
        return (*self.cells, self.group) if self.group else self.cells


@dataclass(frozen=True)
class ListPage:
    """One page of a list. total: rows of all its pages; number: which page this is, from 1."""

    headings: tuple[str, ...]
    rows: tuple[ListRow, ...]
    total: int
    number: int
    words: str
    asked: Mapping[str, str]

    @property
    def groups(self) -> list[tuple[str, list[ListRow]]]:
        """The rows under their headings."""
        return [(name, list(rows)) for name, rows in groupby(self.rows, key=attrgetter("group"))]

    @property
    def address(self) -> dict[str, str]:
        """What an address of this list says of what was looked for."""
        return {"q": self.words, **self.asked} if self.words else dict(self.asked)

    @property
    def first(self) -> int:
        """Which of all rows the first one here is, from 1."""
        return (self.number - 1) * PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


@dataclass(frozen=True)
class Listing:
    """A list. found: the ids of what is on it, in order; rows: all that its cells need, in the same order, of which
    `id` is the one of `found`; row: what a row of the database becomes.

    title and headings in the reader's language, that of the groups last if there are any; name: what the trail calls
    it; words: what was looked for; asked: what else the address asks for.
    """

    name: str
    title: str
    headings: tuple[str, ...]
    found: Select[int]
    rows: Select[*tuple[Any, ...]]
    id: SQLColumnExpression[int]
    row: Callable[..., ListRow]
    words: str
    has_people: bool
    asked: Mapping[str, str] = field(default_factory=dict)

    def page(self, number: int) -> ListPage:
        """The page with this number; the first when there is none. One statement for a page that is there."""
        cut = self.found.add_columns(func.count().over().label("total")).limit(PAGE).offset((number - 1) * PAGE)
        on_page = cut.subquery()
        rows = self.rows.join(on_page, on_page.c.id == self.id).add_columns(on_page.c.total)
        lines = db.session.execute(rows).all()
        if not lines and number > 1:
            return self.page(1)
        shown = tuple(self.row(*line[:-1]) for line in lines)
        headings = self.headings[: len(shown[0].cells)] if shown else ()
        return ListPage(headings, shown, lines[0][-1] if lines else 0, number, self.words, self.asked)

    def every_row(self) -> Iterator[ListRow]:
        """What all pages show."""
        rows = self.rows.where(self.id.in_(self.found.order_by(None)))
        return (self.row(*line) for line in db.session.execute(rows))

    def csv(self) -> bytes:
        return as_csv(self.headings, (map(_written, row.written) for row in self.every_row()))

    def xlsx(self) -> bytes:
        """One sheet; see `as_xlsx`."""
        return as_xlsx([(self.title, self.headings, (row.written for row in self.every_row()))])


Leaflet = tuple[str, Sequence[str], Iterable[Sequence[Cell]]]
"""What stands on one sheet of a workbook: its name, the headings, the rows."""


def as_xlsx(sheets: Iterable[Leaflet]) -> bytes:
    """A workbook with a filter on every heading; days are days, numbers numbers, hours minutes / 60 and not rounded.

    All else is text. Unwritable when the disk has no room to make it.
    """
    file = BytesIO()
    try:
        with Workbook(file, {"constant_memory": True}) as book:  # row by row: room on the disk instead of memory
            bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
            for title, headings, rows in sheets:
                _write_sheet(book.add_worksheet(title), headings, rows, bold, day)
    except (OSError, FileCreateError) as full:
        raise Unwritable(Trouble.FULL) from full
    return file.getvalue()


def _write_sheet(sheet: Any, headings: Sequence[str], rows: Iterable[Sequence[Cell]], bold: Any, day: Any) -> None:
    line = 0
    sheet.freeze_panes(1, 0)
    sheet.set_paper(9)  # A4, as wide as the sheet
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_column(0, len(headings) - 1, 18)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, bold)
    for line, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(line, column, cell, day)
            elif isinstance(cell, AsHours):
                sheet.write_number(line, column, cell.minutes / 60)
            elif isinstance(cell, int | Decimal):
                sheet.write_number(line, column, float(cell))
            else:
                sheet.write_string(line, column, defused(_written(cell)))
    sheet.autofilter(0, 0, line, len(headings) - 1)


def as_csv(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """UTF-8 with the mark by which spreadsheet programs know it; no cell runs as a formula."""
    text = StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(headings)
    lines.writerows(map(defused, row) for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _written(cell: Cell) -> str:
    """As a list says it, hours with one decimal."""
    if isinstance(cell, AsHours):
        return hours(cell.minutes)
    return one_line(cell.words if isinstance(cell, Tag) else str(cell))


Question = Callable[[Any], ColumnElement[bool]]
"""Does this text of the database hold a word?"""


def holding(words: str, somewhere: Callable[[Question], ColumnElement[bool]]) -> ColumnElement[bool]:
    """That each of these words stands somewhere. somewhere: asks the question of every text where one may stand."""
    return and_(true(), *(somewhere(partial(_holds, word)) for word in words.split()[:MOST_WORDS]))


def _holds(word: str, text: Any) -> ColumnElement[bool]:
    """Capitals do not matter, and what LIKE means by % and _ is a letter here."""
    # Chinese has no capitals: folding them takes as long as looking.
    look = text.contains if word.upper() == word.lower() else text.icontains
    found: ColumnElement[bool] = look(word, autoescape=True)
    return found
