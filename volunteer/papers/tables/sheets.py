"""Tables that people hand in, as CSV or XLSX.

Home of everything that is true of any table, whatever stands in it: which file is which, encodings and
delimiters, the bounds of an upload, and how a cell is kept from running as a formula. What a column means
is known by the room that reads it (`teams/roster.py`, for one).
"""

import csv
import datetime
import re
import struct
import threading
import unicodedata
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from itertools import islice, pairwise

from openpyxl import load_workbook

from ...errors import Refused

MAX_BYTES = 16 * 1024 * 1024
MAX_UNPACKED_BYTES = 60 * 1024 * 1024
MAX_PARTS = 2_000
MAX_RATIO = 200
MAX_LINES = 20_000
MAX_COLUMNS = 60
MAX_CELL = 500
LAST_ROW = 1_048_576
"""The last row a spreadsheet program has; rows left empty count up to here."""

_DELIMITERS = (",", "\t", ";", "，")
_FORMULA_MARKS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_HARMLESS = re.compile(r"[+-](?:\d[\d\s.,-]*)?")
_LITERAL_FORMULA = re.compile(r'="([^"]*)"')
_ROW_NUMBER = re.compile(rb'<(?:\w+:)?row\s(?:[^<>]*?\s)?r="([0-9]{1,9})"')
_UNWRITTEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_HTML_STARTS = ("<!doctype", "<html", "<table", "<meta", "<head", "<?xml")

# What openpyxl is known to raise on a damaged or hostile workbook.
_BROKEN_WORKBOOK = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
# One workbook at a time in a process: bounds the memory, and `catch_warnings` is not safe in threads.
_one_workbook = threading.Lock()


@dataclass(frozen=True)
class Row:
    """A row with something in it. number: as the person's own program shows it, the first being 1. cells: what
    stands in it, without empty ones at the end. merged: which of them hold the value of a merged cell above."""

    number: int
    cells: tuple[str, ...]
    merged: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """The sheet that holds the list, as plain values that can be kept: no cell holds an identity-card number.

    hidden: columns nobody sees, the first being 0. unread: other visible sheets that look like such a list.
    had_ids: there were identity-card numbers, which are masked.
    """

    rows: tuple[Row, ...]
    hidden: tuple[int, ...] = ()
    unread: tuple[str, ...] = ()
    had_ids: bool = False


def read_sheet(data: bytes) -> Sheet:
    """Read an uploaded CSV or XLSX file, its first visible sheet.

    Cells are stripped, and those a spreadsheet would run as a formula are defused; phone numbers and other
    numbers beginning with + or - stay as they are.

    Raises Refused, with a sentence for the person, for every file that cannot be read or is too large.
    """
    if len(data) > MAX_BYTES:
        raise Refused("This file is larger than %(limit)s MB. Split it and try again.", limit=MAX_BYTES // 1024**2)
    _refuse_other_formats(data)
    is_zip = data.startswith((b"PK\x03\x04", b"PK\x05\x06"))
    rows = _xlsx_rows(data) if is_zip else _csv_rows(_decoded(data))
    found = tuple(Row(number, tuple(cells)) for number, cells in _bounded(rows))
    if not found:
        raise _empty()
    return Sheet(found)


def defused(value: str) -> str:
    """The same text, with an apostrophe before it when a spreadsheet would run it as a formula."""
    if value.startswith(("\t", "\r", "\n")) or value.lstrip().startswith(_FORMULA_MARKS):
        return "'" + value
    return value


def _refuse_other_formats(data: bytes) -> None:
    if not data.strip():
        raise _empty()
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Refused("This file is locked with a password. Save it without one and try again.")
        raise Refused("This is an old Excel file (.xls). Save it as .xlsx or CSV and try again.")
    if b"%PDF-" in data[:1024]:
        raise Refused("This is a PDF. Save the table as .xlsx or CSV and try again.")


def _bounded(rows: Iterable[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, their cells cleaned; Refused when there is too much of anything."""
    filled = 0
    for number, raw in rows:
        row = [_cleaned(cell) for cell in raw] if any(raw) else []
        while row and not row[-1]:
            row.pop()
        filled += bool(row)
        if filled > MAX_LINES + 1 or number > LAST_ROW:
            raise Refused("This table has more than %(limit)s lines. Split it and try again.", limit=MAX_LINES)
        if len(row) > MAX_COLUMNS:
            raise Refused(
                "Line %(line)s has more than %(limit)s columns. Remove those that are not needed.",
                line=number,
                limit=MAX_COLUMNS,
            )
        if max(map(len, row), default=0) > MAX_CELL:
            raise Refused(
                "Line %(line)s has a cell with more than %(limit)s characters. Shorten it and try again.",
                line=number,
                limit=MAX_CELL,
            )
        if row:
            yield number, row


def _empty() -> Refused:
    return Refused("This file is empty. Choose a CSV or .xlsx file with a first line of headings.")


def _cleaned(cell: str) -> str:
    text = cell.strip()
    if literal := _LITERAL_FORMULA.fullmatch(text):  # ="138…" is how some programs protect a number
        text = literal[1].strip()
    if not text.startswith(_FORMULA_MARKS):
        return text
    return text if _HARMLESS.fullmatch(unicodedata.normalize("NFKC", text)) else defused(text)


# CSV


def _decoded(data: bytes) -> str:
    utf_16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    with_bom = data.startswith(b"\xef\xbb\xbf")
    for encoding in ("utf-16",) if utf_16 else ("utf-8-sig",) if with_bom else ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.lstrip()[:9].lower().startswith(_HTML_STARTS):
            raise Refused(
                "This is a web page under the name of a table. Open it in Excel or WPS, "
                "save it as .xlsx or CSV and try again."
            )
        if not _UNWRITTEN.search(text):
            return text
    raise Refused("This file is not a table we can read. Save it as .xlsx or as CSV (UTF-8) and try again.")


def _csv_rows(text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_physical_lines(text), delimiter=_delimiter(text), strict=True)
    number = 0
    try:
        for number, row in enumerate(reader, start=1):
            yield number, row
    except csv.Error:
        raise Refused(
            'The quotation marks (") in line %(line)s do not pair up. Correct the line and try again.',
            line=number + 1,
        ) from None


def _physical_lines(text: str) -> Iterator[str]:
    longest = 2 * MAX_COLUMNS * (MAX_CELL + 3)
    for number, line in enumerate(StringIO(text, newline=""), start=1):
        if len(line) > longest:
            raise Refused("Line %(line)s is far too long for a table. Is this the right file?", line=number)
        yield line


def _delimiter(text: str) -> str:
    """The delimiter that gives the most lines the same number of cells."""
    sample = list(islice(_physical_lines(text), 50))

    def agreement(delimiter: str) -> int:
        rows = (next(csv.reader([line], delimiter=delimiter)) for line in sample if delimiter in line)
        return max(Counter(map(len, rows)).values(), default=0)

    return max(_DELIMITERS, key=agreement)


# XLSX


def _xlsx_rows(data: bytes) -> list[tuple[int, list[str]]]:
    """The filled rows of the first visible sheet, with their numbers; of a formula, the value last saved."""
    with _one_workbook, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about extensions and styles, which we do not read
        try:
            _refuse_hostile_archive(data)
            workbook = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
            sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
            # One column and row more than allowed, so that too much is noticed. The sheet's own statement
            # of its size is often wrong and is not asked.
            rows = sheets[0].iter_rows(1, LAST_ROW, 1, MAX_COLUMNS + 1, values_only=True)
            texts = ((number, [_text(cell) for cell in row]) for number, row in enumerate(rows, start=1) if any(row))
            filled = ((number, row) for number, row in texts if any(map(str.strip, row)))
            lines = list(islice(filled, MAX_LINES + 2))
            workbook.close()
            return lines
        except _BROKEN_WORKBOOK:
            raise Refused(
                "This file is not a workbook we can read. Open it in Excel or WPS, "
                "save it as .xlsx or CSV and try again."
            ) from None


def _refuse_hostile_archive(data: bytes) -> None:
    """Judge a zip by its directory before anything is unpacked; what unpacks to more than the directory
    says is broken off by zipfile itself."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = archive.infolist()
        swelling = any(part.file_size > max(1024**2, MAX_RATIO * part.compress_size) for part in parts)
        if len(parts) > MAX_PARTS or swelling or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise Refused(
                "This workbook is far too large once it is unpacked. "
                "Copy the table alone into a new workbook and try again."
            )
        if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
            raise zipfile.BadZipFile
        for xml in map(archive.read, parts):
            numbers = [int(number) for number in _ROW_NUMBER.findall(xml)]
            if any(after <= before for before, after in pairwise(numbers)):  # openpyxl would leave them out
                raise zipfile.BadZipFile
            if b"<!DOCTYPE" in xml or b"<\0!\0D" in xml:  # entities; no workbook has any
                raise zipfile.BadZipFile


def _text(value: object) -> str:
    """A cell as it would be typed: whole numbers without ".0" or exponent, dates as YYYY-MM-DD."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, datetime.time):
        return f"{value:%H:%M}"
    return str(value)
