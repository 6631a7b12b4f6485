"""Sentences before they are said, with the values that go into them: whoever shows one says it. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(init=False)
class Sentence:
    """A whole English sentence; the message extractor knows `Sentence(...)`. values: of its `%(name)s` places."""

    text: str
    values: dict[str, object]

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
