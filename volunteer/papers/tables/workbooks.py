"""XLSX workbooks as rows of texts: which files are harmless, which sheets can be seen, what merged cells cover."""

import datetime
import re
import struct
import threading
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string

from ...errors import Refused

MAX_UNPACKED_BYTES = 60 * 1024 * 1024
MAX_PARTS = 2_000
MAX_RATIO = 200
MAX_MERGED = 100_000
LAST_ROW = 1_048_576
"""The last row a spreadsheet program has; rows left empty count up to here."""

_ROW_NUMBER = re.compile(rb'<(?:\w+:)?row\s(?:[^<>]*?\s)?r="([0-9]{1,9})"')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s(?:[^<>]*?\s)?ref="([A-Z]{1,3})([0-9]{1,7}):[A-Z]{1,3}([0-9]{1,7})"')
_COLUMN = re.compile(rb"<(?:\w+:)?col\s[^<>]*>")
_ATTRIBUTE = re.compile(rb'(\w+)="(\w+)"')

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
class Span:
    """A merged cell of several rows; its value stands in the first of them. column: the first being 0."""

    column: int
    first: int
    last: int


@dataclass(frozen=True)
class Leaf:
    """A sheet that can be seen. rows: read when they are asked for, while the workbook is open; numbers from 1."""

    rows: Iterator[tuple[int, list[str]]]
    name: str = ""
    hidden: tuple[int, ...] = ()
    spans: tuple[Span, ...] = ()


@contextmanager
def opened(data: bytes, columns: int) -> Iterator[list[Leaf]]:
    """The visible sheets of a workbook, so many columns of each; of a formula, the value last saved.

    Refused when it is damaged or hostile, here or while its rows are read.
    """
    with _one_workbook, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about extensions and styles, which we do not read
        with _readable():
            layouts = _layouts(data)
            workbook = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
            leaves = [_leaf(sheet, layouts, columns) for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        try:
            yield leaves
        finally:
            workbook.close()


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except _BROKEN_WORKBOOK:
        raise Refused(
            "This file is not a workbook we can read. Open it in Excel or WPS, save it as .xlsx or CSV and try again."
        ) from None


def _leaf(sheet: Any, layouts: dict[str, bytes], columns: int) -> Leaf:
    """openpyxl's read-only mode knows neither merged nor hidden cells: they are read beside it."""
    layout = layouts.get(sheet._worksheet_path.lstrip("/"), b"")
    return Leaf(_rows(sheet, columns), sheet.title, _hidden(layout), _spans(layout))


def _rows(sheet: Any, columns: int) -> Iterator[tuple[int, list[str]]]:
    with _readable():
        # The sheet's own statement of its size is often wrong and is not asked.
        for number, row in enumerate(sheet.iter_rows(1, LAST_ROW, 1, columns, values_only=True), start=1):
            if any(row):
                yield number, [_text(cell) for cell in row]


def _spans(layout: bytes) -> tuple[Span, ...]:
    """Of a merged cell that is several columns wide, the first is filled: a title over all is one cell."""
    found = (
        (column_index_from_string(c.decode()) - 1, int(top), int(last)) for c, top, last in _MERGED.findall(layout)
    )
    return tuple(Span(*span) for span in found if span[1] < span[2])


def _hidden(layout: bytes) -> tuple[int, ...]:
    marks = [dict(_ATTRIBUTE.findall(column)) for column in _COLUMN.findall(layout)]
    hidden = [(int(mark[b"min"]), int(mark[b"max"])) for mark in marks if mark.get(b"hidden") in (b"1", b"true")]
    return tuple(column - 1 for first, last in hidden for column in range(first, min(last, 100) + 1))


def _layouts(data: bytes) -> dict[str, bytes]:
    """What stands in each sheet round its rows, by the part's name; Refused, or an error of a broken workbook, for
    a hostile archive.

    A zip is judged by its directory before anything is unpacked; what unpacks to more than the directory says is
    broken off by zipfile itself.
    """
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = archive.infolist()
        swelling = any(part.file_size > max(1024**2, MAX_RATIO * part.compress_size) for part in parts)
        if len(parts) > MAX_PARTS or swelling or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
            raise _too_large()
        if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
            raise zipfile.BadZipFile
        return {part.filename: _harmless(archive.read(part)) for part in parts}


def _harmless(xml: bytes) -> bytes:
    numbers = [int(number) for number in _ROW_NUMBER.findall(xml)]
    if any(after <= before for before, after in pairwise(numbers)):  # openpyxl would leave them out
        raise zipfile.BadZipFile
    if b"<!DOCTYPE" in xml or b"<\0!\0D" in xml:  # entities; no workbook has any
        raise zipfile.BadZipFile
    if xml.count(b"mergeCell ") > MAX_MERGED:
        raise _too_large()
    head, _, rest = xml.partition(b"sheetData")
    return head + rest.rpartition(b"sheetData")[2] if rest else b""


def _too_large() -> Refused:
    return Refused(
        "This workbook is far too large once it is unpacked. Copy the table alone into a new workbook and try again."
    )


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
