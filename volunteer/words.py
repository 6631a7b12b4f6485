"""What people write, each written thing as one string; and sentences before they are said. Pure.

Sentences come with the values that go into them: whoever shows one says it.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

_NEW_LINE = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_FORMAT = (
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f"
)
"""Format characters but the joiners: nobody sees them, or they turn the rest of their line around."""
_IGNORABLE = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u200c\u200d\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff"
)
"""What Unicode calls ignorable by default: seen by none alone, but whole families of signs are written with them."""
_UNPRINTED = re.compile(f"[{_FORMAT}\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\ud800-\udfff\ufffe\uffff]")
_UNSEEN = re.compile(f"[{_FORMAT}{_IGNORABLE}]")


def printable(text: str) -> str:
    """A text without what nobody sees, or what turns the rest of its line around; its lines stay apart."""
    return _UNPRINTED.sub("", _NEW_LINE.sub("\n", text))


def one_line(text: str) -> str:
    """The same on one line, without blanks around."""
    return " ".join(printable(text).split())


HAN = r"\u2e80-\u2fd5\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Han characters, for use between the [] of a pattern."""

_DOT = re.compile(f" ?[\u00b7\u1427\u2022\u2027\u2219\u22c5\u2e31\u2e33\u30fb\ua78f] ?|(?<=[{HAN}]) ?\\. ?(?=[{HAN}])")
_NEEDLESS = re.compile(f"(?<=[{HAN}]) (?=[{HAN}0-9()])|(?<=[0-9()]) (?=[{HAN}])")


def visible(text: str) -> str:
    """The same words without what nobody sees, such as zero-width blanks, a second BOM or marks of direction."""
    return _UNSEEN.sub("", text)


def as_written(text: str) -> str:
    """One string for what looks the same: a name, a group or a household however it was typed. Idempotent.

    Full width becomes half width, every middle dot ·; there are no blanks between Han characters (nor between
    them and figures or brackets), and one between words of Latin letters.
    """
    plain = unicodedata.normalize("NFKC", visible(text))
    return _NEEDLESS.sub("", _DOT.sub("·", " ".join(plain.split())))


@dataclass(init=False)
class Sentence:
    """A whole English sentence; the message extractor knows `Sentence(...)`. values: of its `%(name)s` places."""

    text: str
    values: dict[str, Any]

    def __init__(self, text: str, **values: object) -> None:
        self.text, self.values = text, values

    def __str__(self) -> str:
        """In English, as the console says it."""
        return self.text % self.values if self.values else self.text


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
