"""Rows of the printed sheet as leaders type them: `A7 1-7,9,12 迟到:3@9:40 缺:8`. Pure.

Rows stand behind the word that says what became of them, those before any word were present; a word right behind its
row (`3迟到`) says it of that one. Nothing that was typed is left out in silence.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from ..errors import Refused
from ..words import Sentence, visible


class Presence(StrEnum):
    """What became of somebody on the sheet; who is late is present, too."""

    PRESENT = "present"
    LATE = "late"
    ABSENT = "absent"


@dataclass(frozen=True)
class RowMark:
    """What was typed of a row. at: when they came, if it was said."""

    presence: Presence
    at: time | None = None


@dataclass(frozen=True)
class Doubt:
    """Something about a piece of what was typed."""

    piece: str
    why: Sentence


@dataclass(frozen=True)
class Typed:
    """marks: of the rows that are clear. notes: what was taken, but not as it stands there. wrong: what was left out.
    asked: rows of which several things were said. edition: the mark of the print that was named, or ""."""

    marks: Mapping[int, RowMark]
    notes: tuple[Doubt, ...]
    wrong: tuple[Doubt, ...]
    asked: Mapping[int, tuple[RowMark, ...]]
    edition: str


_WORDS = {
    Presence.PRESENT: ("到场", "签到", "出席", "到", "present"),
    Presence.LATE: ("迟到", "晚到", "迟", "late"),
    Presence.ABSENT: ("缺席", "缺勤", "缺", "未到", "没到", "没来", "absent"),
}
_MEANING = {word: presence for presence, words in _WORDS.items() for word in words}
_DIGITS = {numeral: value for value, numeral in enumerate("〇一二三四五六七八九")} | {"零": 0}
_UNITS = {"十": 10, "百": 100}
_HAN = "".join((*_DIGITS, *_UNITS))

_CIRCLED = re.compile("[①-⑳㉑-㉟㊱-㊿]")
_SAME = str.maketrans(dict.fromkeys("‐‑‒–—―−~〜", "-") | {"和": ","})
_WORD = "|".join(sorted(_MEANING, key=len, reverse=True))
_ROW = rf"(?:第|\#)?(?:\d{{1,4}}|[{_HAN}]{{1,5}})号?"
_GAP = r"\s,;、。./|+&)√✓✔"
"""What may stand between rows; nothing else is passed over."""
_NEXT = rf"(?=[\d\#第{_HAN}])"
_TOKEN = re.compile(
    rf"""(?P<rows>(?P<first>{_ROW})(?:(?:[ ]*-+[ ]*|(?P<to>[到至]))(?P<last>{_ROW}))?
            (?:[ ]*(?:@|\((?=[ ]*\d+[:.点时]))[ ]*(?P<hour>\d{{1,2}})[:.点时]?(?P<minute>\d\d)分?\)?)?
            (?:[ ]*\(?(?P<behind>{_WORD})\)?(?=[ ]*(?:[^ \w:=(]|$))
              |(?P<unclear>{_WORD})\s+{_NEXT}
              |(?={_WORD}|[{_GAP}]|$)))
    |(?P<word>{_WORD})(?=\W|$|{_NEXT})[ ]*[:=(]?
    |(?P<edition>[a-z]\d{{1,2}})(?=[:={_GAP}]|$)[ ]*[:=]?
    |(?P<nobody>无|没有|none)(?=[{_GAP}]|$)
    |(?P<unknown>[^\W\d_]+)[ ]*[:=(]?[ ]*{_NEXT}
    |(?P<stray>[^{_GAP}]+)""",
    re.VERBOSE | re.IGNORECASE,
)

_NOT_READ = {
    "edition": Sentence("Another sheet was named before. Please type one sheet at a time."),
    "stray": Sentence("This is no row of a sheet."),
}


def read(text: str, rows: range) -> Typed:
    """What was typed of the rows of a sheet, its empty ones among them. Takes any text."""
    plain = _CIRCLED.sub(lambda found: f" {int(unicodedata.numeric(found[0]))} ", visible(text))
    reading = _Reading(rows)
    for token in _TOKEN.finditer(unicodedata.normalize("NFKC", plain).translate(_SAME)):
        reading.take(token)
    return reading.typed()


def name_in(line: str) -> tuple[str, Presence]:
    """Who a line names, as a phone copies somebody without a number, and what it says: `王芳`, or `王芳 缺`."""
    name, _, word = line.strip().rpartition(" ")
    presence = _MEANING.get(word)
    return (name, presence) if name and presence else (line.strip(), Presence.PRESENT)


class _Reading:
    """A text while it is being read. word: behind which rows stand now; idle: none has stood there yet."""

    def __init__(self, rows: range) -> None:
        self.rows, self.word, self.idle, self.edition = rows, "到", False, ""
        self.said = defaultdict[int, list[RowMark]](list)
        self.notes: list[Doubt] = []
        self.wrong: list[Doubt] = []

    def take(self, token: re.Match[str]) -> None:
        kind, text = token.lastgroup or "", token[0].strip()
        if kind in ("word", "unknown"):
            self.end_word()
            self.word, self.idle = token[kind].lower(), kind == "word"
        elif kind == "edition" and self.edition in ("", token[kind].upper()):
            self.edition = token[kind].upper()
        else:
            self.idle = False
            if why := self._mark(token, text) if kind == "rows" else _NOT_READ.get(kind):
                self.wrong.append(Doubt(text, why))

    def end_word(self) -> None:
        """Nothing more stands behind the word; something should have."""
        if self.idle:
            self.wrong.append(Doubt(self.word, Sentence("No row stands behind this word.")))

    def _mark(self, token: re.Match[str], text: str) -> Sentence | None:
        """Take in a row or several of them; returns why not."""
        first, last = _number(token["first"]), _number(token["last"] or token["first"])
        is_name = token.start() > 0 and token.string[token.start() - 1].isalpha() and self.word not in _MEANING
        word = (self.word if is_name else token["behind"] or self.word).lower()
        if token["unclear"]:
            self.word = word = f"{token['unclear']} …"
        elif token["to"] and first > last:
            word = f"{token['to']} …"
        rows, at = range(min(first, last), max(first, last) + 1), (int(token["hour"] or 0), int(token["minute"] or 0))
        if not (presence := _MEANING.get(word)):
            return Sentence("It is not clear what %(word)s says of this row.", word=word)
        if missing := [row for row in (rows[0], rows[-1]) if row not in self.rows]:
            return Sentence("This sheet has no row %(row)d.", row=missing[-1])
        if token["hour"] and (presence is Presence.ABSENT or at > (23, 59) or at[1] > 59):
            return Sentence("Only who came has a time of day, such as 9:40.")
        if token["behind"] or first > last or not {*token["first"], *(token["last"] or "")}.isdisjoint(_HAN):
            said = f"{word}:" * bool(token["behind"]) + _span(rows[0], rows[-1])
            self.notes.append(Doubt(text, Sentence("Read as %(rows)s.", rows=said)))
        if any(presence is known.presence for row in rows for known in self.said[row]):
            self.notes.append(Doubt(text, Sentence("Somebody here was named before and counts once.")))
        for row in rows:
            self.said[row].append(RowMark(presence, time(*at) if token["hour"] else None))
        return None

    def typed(self) -> Typed:
        self.end_word()
        summed = {row: _together(said) for row, said in sorted(self.said.items())}
        marks = {row: mark for row, mark in summed.items() if mark}
        asked = {row: tuple(self.said[row]) for row, mark in summed.items() if not mark}
        return Typed(marks, tuple(self.notes), tuple(self.wrong), asked, self.edition)


def _together(said: Sequence[RowMark]) -> RowMark | None:
    """What all that was said of a row says; None where it contradicts itself."""
    presences, times = {mark.presence for mark in said}, {mark.at for mark in said} - {None}
    if len(times) > 1 or (Presence.ABSENT in presences and len(presences) > 1):
        return None
    return RowMark(Presence.LATE if Presence.LATE in presences else said[0].presence, next(iter(times), None))


def _number(written: str) -> int:
    """7, 第7号 and 七 are 7; 二十三 is 23, and 二〇 is 20."""
    total = digit = 0
    for letter in written.strip("第#号"):
        if unit := _UNITS.get(letter):
            total, digit = total + (digit or 1) * unit, 0
        else:
            digit = digit * 10 + (_DIGITS[letter] if letter in _DIGITS else int(letter))
    return total + digit


def as_notation(marks: Mapping[int, RowMark], edition: str = "", late: str = "迟到", absent: str = "缺") -> str:
    """The shortest text that reads as these marks. late, absent: words for them, of those that are known."""
    parts = [edition]
    for presence, word in ((Presence.PRESENT, ""), (Presence.LATE, f"{late}:"), (Presence.ABSENT, f"{absent}:")):
        times = dict.fromkeys(mark.at for _, mark in sorted(marks.items()) if mark.presence is presence)
        if written := ",".join(_spans(marks, RowMark(presence, at)) for at in times):
            parts.append(word + written)
    return " ".join(filter(None, parts))


def _spans(marks: Mapping[int, RowMark], mark: RowMark) -> str:
    """The rows of a mark. Who was present stands in one piece with the late between them: late says more."""
    spans: list[list[int]] = []
    late = {row for row in marks if mark == RowMark(Presence.PRESENT) and marks[row].presence is Presence.LATE}
    for row in sorted(row for row in marks if marks[row] == mark):
        if spans and late.issuperset(range(spans[-1][1] + 1, row)):
            spans[-1][1] = row
        else:
            spans.append([row, row])
    at = f"@{mark.at.hour}:{mark.at:%M}" if mark.at else ""
    return ",".join(_span(*span) + at for span in spans)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def time_in(text: str) -> time | None:
    """A time of day however it was typed: 9:40, 0940, 9点40; None for nothing. Refused for anything else."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    found = re.fullmatch(r"(\d{1,2})[:.点时]?(\d\d)分?", plain)
    if found and int(found[1]) < 24 and int(found[2]) < 60:
        return time(int(found[1]), int(found[2]))
    if plain:
        raise Refused("Give the time as hours and minutes, for example 9:00.")
    return None


_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_EACH = 99
MARKS = len(_LETTERS) * _EACH
"""So many prints have marks of their own; then they begin anew."""


def mark_of(number: int) -> str:
    """The mark of a print: of the first A1, of the hundredth B1. No letter looks like a figure."""
    letter, n = divmod((number - 1) % MARKS, _EACH)
    return f"{_LETTERS[letter]}{n + 1}"


def number_of(mark: str) -> int | None:
    """Which print, up to MARKS, has this mark."""
    found = re.fullmatch(rf"([{_LETTERS}])([1-9]\d?)", mark)
    return _LETTERS.index(found[1]) * _EACH + int(found[2]) if found else None
