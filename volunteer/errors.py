"""The three ways a request can be turned down.

Home of the refusals every room raises; `web.refusals` is the only place that turns them into pages.
"""

from typing import TypeVar

from .words import one_line

T = TypeVar("T")


class Refused(Exception):
    """A rule says no, and the person can do something about it.

    sentence: a whole English sentence that says what happened and what to do next. The message
        extractor knows `Refused(...)`, so the literal is translatable; it is translated where it is shown.
    field: the form field the sentence belongs to, if any.
    values: put into the sentence's `%(name)s` places.
    """

    def __init__(self, sentence: str, *, field: str = "", **values: object) -> None:
        super().__init__(sentence % values if values else sentence)
        self.sentence = sentence
        self.field = field
        self.values = values


class Missing(Exception):
    """There is no such thing, or not for this person (404): the two look the same from outside."""


def or_missing(thing: T | None) -> T:
    """The thing that was looked for; raises Missing when there is none."""
    if thing is None:
        raise Missing
    return thing


def short_line(text: str, most: int, otherwise: Refused) -> str:
    """What was typed, on one line of 1 to `most` characters; raises `otherwise` when it is none."""
    line = one_line(text)
    if not 1 <= len(line) <= most:
        raise otherwise
    return line


class Forbidden(Exception):
    """The thing is theirs to see, the deed is not theirs to do (403)."""
