"""A roster file turned into people, values in and values out.

Home of the roster's headings and words for roles (in roster.json), and of what makes one of its lines wrong. A
wrong line never stops the right ones. Reasons never repeat what stands in a cell: it may be a phone number.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..accounts.rules import has_hidden, normal_phone
from ..errors import Refused
from ..papers.tables.lines import Columns, Line, Note, Unknown, WrongLine, read_lines
from ..papers.tables.sheets import Sheet, read_sheet
from ..words import Sentence

MAX_NAME = 40
_LONGEST = {"group": 40, "household": 40, "skills": 200}

_WORDS = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
_HEADINGS: Mapping[str, list[str]] = _WORDS["headings"]
"""The headings we know for each column, the best first: where a file has two, the earlier one counts."""
COLUMNS = Columns({column: tuple(known) for column, known in _HEADINGS.items()}, "name", frozenset(("name", "phone")))
_NOTHING: Mapping[str, str] = {}
_ROLES = {word: role for role, words in _WORDS["roles"].items() for word in words}
_NUMBER_CUT_SHORT = re.compile(r"\d\.\d+E\+?\d+", re.IGNORECASE)


@dataclass(frozen=True)
class RosterLine:
    """One person to be taken in. role: volunteer, leader or administrator; group, household and skills
    may be empty; phone: 11 digits, no other line has it."""

    number: int
    name: str
    phone: str
    role: str
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
    columns = _columns(table.headings)
    lines: list[RosterLine] = []
    wrong: list[WrongLine] = []
    first_with: dict[str, int] = {}
    for line in table.lines:
        try:
            lines.append(_person(line, columns, first_with))
        except Refused as why:
            wrong.append(WrongLine(line.number, why.with_traceback(None)))
    return Roster(tuple(lines), tuple(wrong))


def open_roster(data: bytes) -> Sheet:
    """The sheet of a file that holds the list. Raises Refused for a file that cannot be read."""
    return read_sheet(data)


def _columns(headings: tuple[str, ...]) -> dict[str, str]:
    """Which of the file's headings holds what; what we do not know is left out."""
    written = {_heading(heading): heading for heading in reversed(headings)}
    columns = {
        column: written[next(alias for alias in aliases if alias in written)]
        for column, aliases in _HEADINGS.items()
        if not written.keys().isdisjoint(aliases)
    }
    if not columns.keys() & {"name", "phone"}:
        raise Refused("The first line must name the columns. Needed are 姓名 (name) and 手机号 (phone).")
    if "name" not in columns:
        raise Refused("There is no column for names. Needed are 姓名 (name) and 手机号 (phone).")
    if "phone" not in columns:
        raise Refused("There is no column for phone numbers. Needed are 姓名 (name) and 手机号 (phone).")
    return columns


def _heading(text: str) -> str:
    """手机号 *, 手 机 号, 手机号（必填） and 手机号： are all 手机号."""
    plain = re.sub(r"\(.*?\)", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"[\s*:_'-]", "", plain).casefold()


def _person(line: Line, columns: Mapping[str, str], first_with: dict[str, int]) -> RosterLine:
    """Raises Refused for the first thing wrong; notes in first_with which line has the phone number."""
    cells = {column: line.text(columns.get(column, "")) for column in _HEADINGS}
    phone = normal_phone(cells["phone"].removeprefix("'").removesuffix(".0"))
    first = first_with.setdefault(phone, line.number) if phone else line.number
    name = _name(cells["name"])
    if not phone:
        raise _no_phone(cells["phone"])
    if first != line.number:
        raise Refused("The same phone number is already on line %(first)s.", first=first)
    words = {column: _words(cells[column], limit) for column, limit in _LONGEST.items()}
    role: str | None = _ROLES.get(unicodedata.normalize("NFKC", cells["role"]).strip().casefold())
    if role is None:
        raise Refused("The role is not known. Write 志愿者 (volunteer), 领队 (leader) or 管理员 (administrator).")
    return RosterLine(line.number, name, phone, role, **words)


def _no_phone(cell: str) -> Refused:
    if not cell:
        return Refused("There is no phone number on this line.")
    if re.search(r"[*＊]{2}", cell):
        return Refused("This number is masked. Write all its 11 digits.")
    if _NUMBER_CUT_SHORT.fullmatch(cell):
        return Refused("The spreadsheet has cut the phone number short. Format the column as text and type it again.")
    return Refused("This is not a mobile phone number of 11 digits.")


def _name(cell: str) -> str:
    """Spaces are collapsed. Raises Refused unless 1 to 40 characters that can be a name are left."""
    name = _visible(cell)
    if not name:
        raise Refused("There is no name on this line.")
    if len(name) > MAX_NAME:
        raise Refused("The name is longer than %(limit)s characters.", limit=MAX_NAME)
    if name.startswith("'") or not any(map(str.isalpha, name)):
        raise Refused("What stands in the column of names is not a name.")
    return name


def _words(cell: str, limit: int) -> str:
    words = _visible(cell)
    if len(words) > limit:
        raise Refused("Group, household or skills are longer than %(limit)s characters.", limit=limit)
    return words


def _visible(cell: str) -> str:
    text = " ".join(cell.split())
    if has_hidden(text):
        raise Refused("There are invisible characters on this line. Type its words again by hand.")
    return text
