"""A roster file turned into people, values in and values out.

Home of the roster's headings and words for roles (in roster.json), and of what makes one of its lines wrong. A
wrong line never stops the right ones. Reasons never repeat what stands in a cell: it may be a phone number.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..accounts.rules import has_hidden, phones_in
from ..actor import Role
from ..errors import Refused
from ..papers.tables.handed_in import ID_MASK, Sheet, read_sheet
from ..papers.tables.lines import (
    Cell,
    ColumnMissing,
    Columns,
    Line,
    Note,
    Table,
    Unknown,
    WrongLine,
    read_lines,
    warnings_of,
)
from ..words import HAN, Sentence, as_written, visible

MAX_NAME = 40
_LONGEST = {"group": 40, "household": 40, "skills": 200}

_WORDS = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
COLUMNS = Columns(_WORDS["headings"], "name", frozenset({"name", "phone"}), beside=frozenset({"landline"}))
_NOTHING: Mapping[str, str] = {}
_ROLES: Mapping[str, Role] = {word: Role(role) for role, words in _WORDS["roles"].items() for word in words}
_NUMBER_CUT_SHORT = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)
_BESIDE_A_NAME = re.compile(rf"\(.*?\)|\[.*?\]|【.*?】|^[*★☆※#·、,]+|[*★☆※#·、,]+$|(?<=[{HAN}])\.+$")
_FIGURES = re.compile(r"\d{4,}")


@dataclass(frozen=True)
class RosterLine:
    """One person to be taken in. phone: 11 digits, no other line has it. group, household and skills may be empty."""

    number: int
    name: str
    phone: str
    role: Role
    group: str
    household: str
    skills: str


@dataclass(frozen=True)
class Roster:
    """Every line of the sheet: either right or wrong, or only a note because it is none.

    notes: what was done about a line, or that it is none; neither wrong nor in the way. unknown: filled columns
    that were left out. warnings: about the file as a whole.
    """

    lines: tuple[RosterLine, ...]
    wrong: tuple[WrongLine, ...]
    notes: tuple[Note, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    warnings: tuple[Sentence, ...] = ()

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(column.heading for column in self.unknown)


def read_roster(handed_in: bytes | Sheet, mapped: Mapping[str, str] = _NOTHING) -> Roster:
    """Judge every line by itself.

    handed_in: a file, or the sheet `open_roster` made of one, which holds no identity-card number and can be kept.
    mapped: unknown headings (`Unknown.heading`) that somebody matched with a column of COLUMNS by hand.
    Raises ColumnMissing (a Refused, with the unknown headings) when the column of names or of phones is missing.

    Where a phone number stands on several lines, the first has it, even if that line is wrong for another
    reason: whose number it is, is not ours to guess.
    """
    sheet = open_roster(handed_in) if isinstance(handed_in, bytes) else handed_in
    table = read_lines(sheet, COLUMNS, mapped)
    _refuse_missing(table)
    lines: list[RosterLine] = []
    wrong: list[WrongLine] = []
    notes = list(table.notes)
    first_with: dict[str, int] = {}
    for line in table.lines:
        try:
            person, what = _person(line, first_with)
        except Refused as why:
            wrong.append(WrongLine(line.number, why.with_traceback(None), line))
        else:
            lines.append(person)
            notes += [Note(line.number, each) for each in what]
    notes.sort(key=lambda note: note.number)
    return Roster(tuple(lines), tuple(wrong), tuple(notes), table.unknown, warnings_of(sheet))


def open_roster(data: bytes) -> Sheet:
    """The sheet of a file that holds the list. Raises Refused for a file that cannot be read."""
    return read_sheet(data, COLUMNS.is_heading)


def _refuse_missing(table: Table) -> None:
    missing = COLUMNS.needed - table.columns
    if not missing:
        return
    if missing == COLUMNS.needed:
        why = ColumnMissing("The first line must name the columns. Needed are 姓名 (name) and 手机号 (phone).")
    elif "name" in missing:
        why = ColumnMissing("There is no column for names. Needed are 姓名 (name) and 手机号 (phone).")
    else:
        why = ColumnMissing("There is no column for phone numbers. Needed are 姓名 (name) and 手机号 (phone).")
    why.unknown = table.unknown
    raise why


def _person(line: Line, first_with: dict[str, int]) -> tuple[RosterLine, list[Sentence]]:
    """A person, and what to say of the line. Raises Refused for the first thing wrong; notes in first_with which
    line has the phone number."""
    phone, notes = _phone(line)
    first = first_with.setdefault(phone, line.number) if phone else line.number
    name, left = _name(line.text("name"))
    if not phone:
        raise _no_phone(line)
    if first != line.number:
        raise Refused("The same phone number is already on line %(first)s.", first=first)
    words = {column: _words(line.text(column), column) for column in _LONGEST}
    role = _ROLES.get(as_written(line.text("role")).casefold())
    if role is None:
        raise Refused("The role is not known. Write 志愿者 (volunteer), 领队 (leader) or 管理员 (administrator).")
    if left:
        notes.append(Sentence("Beside the name stands “%(left)s”; it was left out.", left=_FIGURES.sub("…", left)))
    return RosterLine(line.number, name, phone, role, **words), [*notes, *_said_otherwise(line)]


def _said_otherwise(line: Line) -> list[Sentence]:
    """Of two columns with one meaning the first counts."""
    cells = [cells for column, cells in line.cells.items() if column not in ("phone", "landline")]
    others = [other for first, *rest in cells for other in rest if as_written(other.text) != as_written(first.text)]
    return [_otherwise(other) for other in others]


def _otherwise(cell: Cell) -> Sentence:
    return Sentence("What stands under “%(heading)s” says something else; it was left out.", heading=cell.heading)


def _phone(line: Line) -> tuple[str, list[Sentence]]:
    """The first mobile number, or "", and what to say about it: never the number itself."""
    cells, beside = line.cells.get("phone", ()), line.cells.get("landline", ())
    read = [(cell, *phones_in(cell.text)) for cell in (*cells, *beside)]
    taken = next(((cell, numbers, more) for cell, numbers, more in read if numbers), None)
    if taken is None:
        return "", []
    cell, numbers, more = taken
    notes = []
    if cell in beside:
        notes.append(
            Sentence("The mobile number stands under “%(heading)s”; it was taken from there.", heading=cell.heading)
        )
    if len(numbers) > 1:
        notes.append(Sentence("Two numbers stand in one cell; the first was taken. Is it the right one?"))
    elif more:
        notes.append(Sentence("Something else stands beside the mobile number; it was left out."))
    others = [other for other, found, _ in read if other in cells and other != cell and found != numbers[:1]]
    return numbers[0], notes + list(map(_otherwise, others))


def _no_phone(line: Line) -> Refused:
    cells = [cell.text for cell in line.cells.get("phone", ())]
    if not cells:
        return Refused("There is no phone number on this line.")
    if any(ID_MASK in cell for cell in cells):
        return Refused("An identity-card number stands in place of the phone number. It was not kept.")
    if any(re.search(r"[*＊]{2}", cell) for cell in cells):
        return Refused("This number is masked. Write all its 11 digits.")
    if any(map(_NUMBER_CUT_SHORT.fullmatch, cells)):
        return Refused("The spreadsheet has cut the phone number short. Format the column as text and type it again.")
    return Refused("This is not a mobile phone number of 11 digits.")


def _name(cell: str) -> tuple[str, str]:
    """A name as one string however it was typed, and what stands beside it. Raises Refused unless 1 to 40
    characters that can be a name are left."""
    whole = as_written(cell)
    if not whole:
        raise Refused("There is no name on this line.")
    name = as_written(_BESIDE_A_NAME.sub(" ", whole))
    if len(name) > MAX_NAME:
        raise Refused("The name is longer than %(limit)s characters.", limit=MAX_NAME)
    if name.startswith("'") or not any(map(str.isalpha, name)):
        raise Refused("What stands in the column of names is not a name.")
    _refuse_hidden(name)
    return name, " ".join(_BESIDE_A_NAME.findall(whole))


def _words(cell: str, column: str) -> str:
    words = " ".join(visible(cell).split()) if column == "skills" else as_written(cell)
    limit = _LONGEST[column]
    if len(words) > limit:
        raise Refused("Group, household or skills are longer than %(limit)s characters.", limit=limit)
    _refuse_hidden(words)
    return words


def _refuse_hidden(words: str) -> None:
    if has_hidden(words):
        raise Refused("There are invisible characters on this line. Type its words again by hand.")
