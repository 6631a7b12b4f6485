"""What is left of what people type; and sentences before they are said, with the values that go into them. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

_NEW_LINE = re.compile("\r\n|[\r\u2028\u2029]")
_JOINERS = "\u200c\u200d"
"""Nobody sees them either, but whole families of signs, and some scripts, are written with them."""


def printable(text: str) -> str:
    """A text without what nobody sees, or what turns the rest of its line around; its lines stay apart."""
    plain = _NEW_LINE.sub("\n", text)
    return plain if plain.isascii() and plain.isprintable() else "".join(filter(_is_seen, plain))


def _is_seen(letter: str) -> bool:
    return letter in "\n\t" or letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs")


def one_line(text: str) -> str:
    """The same on one line, without blanks around."""
    return " ".join(printable(text).split())


@dataclass(init=False)
class Sentence:
    """A whole English sentence; the message extractor knows `Sentence(...)`. values: of its `%(name)s` places."""

    text: str
    values: dict[str, Any]

    def __init__(self, text: str, **values: object) -> None:
        self.text, self.values = text, values


@dataclass(frozen=True)
class AsDay:
    """A moment of which the day is said."""

    moment: datetime


@dataclass(frozen=True)
class AsFullDay:
    """A moment of which the day is said with its year."""

    moment: datetime


@dataclass(frozen=True)
class AsHours:
    """Minutes that are said as hours."""

    minutes: int


class Tone(StrEnum):
    """How a chip looks: as is right, few (late, nearly full, to be answered), wait, off (wrong or cancelled)."""

    RIGHT = ""
    FEW = "few"
    WAIT = "wait"
    OFF = "off"


@dataclass(frozen=True)
class Chip:
    """A state in a word."""

    words: Sentence
    tone: Tone = Tone.RIGHT
