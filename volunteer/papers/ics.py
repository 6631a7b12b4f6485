"""Calendar files as every reader takes them. Pure: values in, bytes out.

One VEVENT for each date, never a rule; times in UTC; the same values give the same bytes for ever. A file is its
head, the bytes of its events and END: an event's bytes depend on nothing but the event, so they may be kept.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import icalendar
from icalendar import vText

PRODUCT = "-//volunteer//calendar//EN"
END = b"END:VCALENDAR\r\n"
COLOUR = "teal"
MOST_SEQUENCE = 2**31 - 1

_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_MARKS = frozenset("\u200e\u200f\u061c\ufeff\ufffe\uffff")


class EventStatus(StrEnum):
    """How sure an event is (RFC 5545, 3.8.1.11)."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class DateEvent:
    """A date as a calendar shows it. changed_at is when anything of it was last changed, as stored."""

    uid: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    title: str
    status: EventStatus = EventStatus.CONFIRMED
    busy: bool = False
    """Does it take up the reader's time?"""
    place: str = ""
    description: str = ""
    category: str = ""
    url: str = ""
    alarm: timedelta | None = None
    """How long before the start it rings; None: not at all."""


@dataclass(frozen=True)
class Head:
    """What a calendar says of itself; the zone is a hint, every time stands in UTC."""

    name: str
    description: str
    zone: str


def uid(public_id: str, host: str) -> str:
    """The name of a date in every calendar and mail: never changes, says nothing."""
    return f"occ-{public_id}@{host}"


def build(head: Head, events: Iterable[DateEvent]) -> bytes:
    return b"".join([head_bytes(head), *map(event_bytes, events), END])


@lru_cache(maxsize=256)
def head_bytes(head: Head) -> bytes:
    """Everything before the first event."""
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, vText(one_line(head.name)))
    for name in ("description", "x-wr-caldesc"):
        calendar.add(name, vText(one_line(head.description)))
    calendar.add("x-wr-timezone", vText(head.zone))
    calendar.add("color", COLOUR)
    calendar.add("refresh-interval", timedelta(hours=1), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")  # P1H is no duration; a reader refused the whole file for it
    return bytes(calendar.to_ical()).removesuffix(END)


def event_bytes(event: DateEvent) -> bytes:
    item = icalendar.Event()
    item.add("uid", event.uid)
    item.add("sequence", min(event.sequence, MOST_SEQUENCE))
    item.add("dtstamp", event.changed_at)
    item.add("last-modified", event.changed_at)
    item.add("dtstart", event.starts_at)
    item.add("dtend", event.ends_at)
    item.add("summary", one_line(event.title))
    item.add("status", event.status.value)
    takes_time = event.busy and event.status is not EventStatus.CANCELLED
    item.add("transp", "OPAQUE" if takes_time else "TRANSPARENT")
    if event.place:
        item.add("location", one_line(event.place))
    if event.category:
        item.add("categories", [one_line(event.category)])
    if event.url:
        item.add("url", event.url)
    if event.description:
        item.add("description", "\n".join(map(one_line, _BREAKS.split(event.description))))
    if event.alarm is not None:
        alarm = icalendar.Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("trigger", -event.alarm)
        alarm.add("description", one_line(event.title))
        item.add_component(alarm)
    return bytes(item.to_ical())


def one_line(text: str) -> str:
    """The text in one line, without what is no text: control characters, and marks that turn its direction."""
    kept = "".join(letter if letter.isprintable() else _safe(letter) for letter in text)
    return " ".join(kept.split())


def _safe(letter: str) -> str:
    if letter.isspace():
        return " "
    if letter in _MARKS or unicodedata.category(letter) in ("Cc", "Cs"):
        return ""
    return "" if unicodedata.bidirectional(letter) in _BIDI else letter
