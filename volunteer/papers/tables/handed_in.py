"""Tables that people hand in, as CSV or XLSX.

Home of everything that is true of any table, whatever stands in it: which file is which, encodings and
delimiters, the bounds of an upload, and how a cell is kept from running as a formula or from bringing an
identity-card number along. What stands in which line is told by `lines.py`.
"""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from io import StringIO
from itertools import chain, islice

from ...errors import Refused
from ...words import visible
from .workbooks import LAST_ROW, Leaf, Span, opened

MAX_BYTES = 16 * 1024 * 1024
MAX_LINES = 20_000
MAX_COLUMNS = 60
MAX_CELL = 500
TITLE_ROWS = 30
"""So many filled rows are looked through for the headings."""
ID_MASK = "*" * 18
"""What is left of an identity-card number."""

_DELIMITERS = (",", "\t", ";", "，")
_FORMULA_MARKS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_HARMLESS = re.compile(r"[+-](?:\d[\d\s.,-]*)?")
_LITERAL_FORMULA = re.compile(r'="([^"]*)"')
_SCIENTIFIC = re.compile(r"(\d)\.(\d+)E\+?(\d{1,2})", re.IGNORECASE)
_FRACTION_OF_NOTHING = re.compile(r"(\d{7,})\.0+")
_ID_NUMBER = re.compile(r"(?<!\d)(?:\d[ -]*){17}[\dXxＸｘ](?!\d)|(?<!\d)\d\.\d+E\+?17(?!\d)", re.IGNORECASE)
_ID_INSIDE = re.compile(r"\d{6}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}\w")
_UNWRITTEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_HTML_STARTS = ("<!doctype", "<html", "<table", "<meta", "<head", "<?xml")


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


def read_sheet(data: bytes, is_heading: Callable[[Row], bool] = bool) -> Sheet:
    """Read an uploaded CSV or XLSX file: its first visible sheet with a row of headings, or simply the first.

    Cells are stripped of blanks, of what nobody sees and of identity-card numbers, and those a spreadsheet would
    run as a formula are defused; phone numbers and other numbers beginning with + or - stay as they are.

    Raises Refused, with a sentence for the person, for every file that cannot be read or is too large.
    """
    if len(data) > MAX_BYTES:
        raise Refused("This file is larger than %(limit)s MB. Split it and try again.", limit=MAX_BYTES // 1024**2)
    _refuse_other_formats(data)
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _chosen([Leaf(_csv_rows(_decoded(data)))], is_heading)
    with opened(data, MAX_COLUMNS + 1) as leaves:  # one column more, so that too much is noticed
        return _chosen(leaves, is_heading)


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


def _chosen(leaves: list[Leaf], is_heading: Callable[[Row], bool]) -> Sheet:
    rows = [_spread(_filled(leaf.rows), leaf.spans) for leaf in leaves]
    openings = [list(islice(each, TITLE_ROWS)) for each in rows]
    lists = [n for n, opening in enumerate(openings) if any(map(is_heading, opening))]
    chosen = next(iter(lists or (n for n, opening in enumerate(openings) if opening)), None)
    if chosen is None:
        raise _empty()
    found = tuple(_bounded(chain(openings[chosen], rows[chosen])))
    had_ids = any(ID_MASK in cell for row in found for cell in row.cells)
    return Sheet(found, leaves[chosen].hidden, tuple(leaves[n].name for n in lists[1:]), had_ids)


def _filled(rows: Iterable[tuple[int, list[str]]]) -> Iterator[Row]:
    """The rows that are not empty, their cells cleaned."""
    for number, raw in rows:
        cells = [cleaned(cell) if cell else "" for cell in raw] if any(raw) else []
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            yield Row(number, tuple(cells))


def _spread(rows: Iterable[Row], spans: tuple[Span, ...]) -> Iterator[Row]:
    """Every row that has something of its own gets what the merged cells say that it is part of."""
    begins: dict[int, list[Span]] = {}
    for span in spans:
        begins.setdefault(span.first, []).append(span)
    open_now: list[tuple[Span, str]] = []
    for row in rows:
        open_now = [(span, value) for span, value in open_now if row.number <= span.last]
        yield _with_merged(row, open_now) if open_now else row
        for span in begins.get(row.number, ()):
            if span.column < len(row.cells):
                open_now.append((span, row.cells[span.column]))


def _with_merged(row: Row, open_now: list[tuple[Span, str]]) -> Row:
    merged = {span.column: value for span, value in open_now if not "".join(row.cells[span.column : span.column + 1])}
    width = max(len(row.cells), *(column + 1 for column in merged), 0)
    cells = [merged.get(n) or "".join(row.cells[n : n + 1]) for n in range(width)]
    return replace(row, cells=tuple(cells), merged=tuple(merged))


def _bounded(rows: Iterable[Row]) -> Iterator[Row]:
    """Refused when there is too much of anything."""
    for filled, row in enumerate(rows):
        if filled > MAX_LINES or row.number > LAST_ROW:
            raise Refused("This table has more than %(limit)s lines. Split it and try again.", limit=MAX_LINES)
        if len(row.cells) > MAX_COLUMNS:
            raise Refused(
                "Line %(line)s has more than %(limit)s columns. Remove those that are not needed.",
                line=row.number,
                limit=MAX_COLUMNS,
            )
        if max(map(len, row.cells)) > MAX_CELL:
            raise Refused(
                "Line %(line)s has a cell with more than %(limit)s characters. Shorten it and try again.",
                line=row.number,
                limit=MAX_CELL,
            )
        yield row


def _empty() -> Refused:
    return Refused("This file is empty. Choose a CSV or .xlsx file with a first line of headings.")


def cleaned(cell: str) -> str:
    """A cell as it is kept: without what nobody sees, without an identity-card number, harmless as a formula."""
    text = visible(cell).strip()
    if literal := _LITERAL_FORMULA.fullmatch(text):  # ="138…" is how some programs protect a number
        text = literal[1].strip()
    text = _ID_NUMBER.sub(_masked, _whole(text)) if len(text) > 9 else text
    if not text.startswith(_FORMULA_MARKS):
        return text
    return text if _HARMLESS.fullmatch(unicodedata.normalize("NFKC", text)) else defused(text)


def _whole(text: str) -> str:
    """A long number as it was before a program wrote 1.3900013001E+10 or 13900013001.0, if no digit is lost."""
    if (number := _SCIENTIFIC.fullmatch(text)) and len(number[2]) == int(number[3]):
        return number[1] + number[2]
    fraction = _FRACTION_OF_NOTHING.fullmatch(text)
    return fraction[1] if fraction else text


def _masked(found: re.Match[str]) -> str:
    """Blanks may stand in an identity-card number; other numbers with blanks have no birthday in them."""
    joined = re.sub("[ -]", "", found[0])
    return ID_MASK if joined == found[0] or _ID_INSIDE.fullmatch(joined) else found[0]


# CSV


def _decoded(data: bytes) -> str:
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding).lstrip("\ufeff")  # some programs write a second one
        except UnicodeDecodeError:
            continue
        if visible(text).lstrip()[:9].lower().startswith(_HTML_STARTS):
            raise Refused(
                "This is a web page under the name of a table. Open it in Excel or WPS, "
                "save it as .xlsx or CSV and try again."
            )
        if not _UNWRITTEN.search(text) and not (encoding == "gb18030" and _is_broken_utf_8(data)):
            return text
    raise Refused("This file is not a table we can read. Save it as .xlsx or as CSV (UTF-8) and try again.")


def _encodings(data: bytes) -> tuple[str, ...]:
    """Those it may be in. UTF-16 without its mark is known by the noughts that each figure and comma brings."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    if data.startswith(b"\xef\xbb\xbf"):
        return ("utf-8-sig",)
    noughts = {"utf-16-be": data[::2].count(0), "utf-16-le": data[1::2].count(0)}
    likely = max(noughts, key=noughts.__getitem__)
    return (likely,) if noughts[likely] * 8 > len(data) else ("utf-8", "gb18030")


def _is_broken_utf_8(data: bytes) -> bool:
    """UTF-8 but for halves of characters (lone surrogates), which would look like Chinese in GB18030."""
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


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
