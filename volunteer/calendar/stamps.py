"""The stamp an event carries in a feed: it follows from what that feed last said of the date. Pure.

Calendars take an event anew when its SEQUENCE or its LAST-MODIFIED has risen, and some look at one only. So whatever
makes its bytes differ, a setting or a new edition of this program too, raises LAST-MODIFIED by a second at least; what
people notice, its time, place, title or status in that feed, raises SEQUENCE by one, and nothing else does.
"""

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from ..papers.ics import DateEvent

UNKNOWN = ""


class Stamp(NamedTuple):
    """What a feed said of a date. look, content: digests of what people notice, and of all; moments in seconds."""

    look: str
    content: str
    sequence: int
    changed_at: int
    ends_at: int


def say(now: Stamp, before: Stamp | None) -> Stamp:
    """What a feed says of a date whose stored look, content and stamp are `now`, after it said `before`.

    A date of which nothing is remembered may have been said before this program remembered, with its stored stamp.
    """
    before = before or now._replace(look=UNKNOWN, content=UNKNOWN)
    if before.content == now.content:
        return before
    sequence = before.sequence + (before.look != now.look)
    return now._replace(sequence=sequence, changed_at=max(now.changed_at, before.changed_at + 1))


def first_said(event: DateEvent) -> DateEvent:
    """An event by itself, stamped as in a feed that never said anything of it."""
    return replace(event, sequence=event.sequence + 1, changed_at=event.changed_at + timedelta(seconds=1))
