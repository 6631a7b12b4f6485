"""Calendar files as every reader takes them. Pure: values in, bytes out.

One VEVENT for each date, never a rule; times in UTC; the same values give the same bytes for ever. A file is its
head, the bytes of its events and END: an event's bytes are its content, kept as it is, under a stamp.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

import icalendar

from ..words import one_line, printable

PRODUCT = "-//volunteer//calendar//EN"
END = b"END:VCALENDAR\r\n"
_BEGIN = b"BEGIN:VEVENT\r\n"
COLOUR = "teal"
MOST_SEQUENCE = 2**31 - 1

_ESCAPES = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"})


class vText(icalendar.vText):
    """Text as it was typed: the library takes a typed backslash and N, as in D:\\News, for the end of a line."""

    def to_ical(self) -> bytes:
        return str(self).translate(_ESCAPES).encode()


class EventStatus(StrEnum):
    """How sure an event is (RFC 5545, 3.8.1.11)."""

    CONFIRMED = "CONFIRMED"
    TENTATIVE = "TENTATIVE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class DateEvent:
    """A date as a calendar shows it. sequence and changed_at are its stamp: which version it is, and since when."""

    uid: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    title: str
    day: date | None = None
    """It takes the whole of this day, not from its start to its end."""
    status: EventStatus = EventStatus.CONFIRMED
    busy: bool = False
    """Does it take up the reader's time?"""
    place: str = ""
    description: str = ""
    category: str = ""
    colour: str = ""
    """By its name in CSS."""
    private: bool = False
    url: str = ""
    alarms: tuple[timedelta, ...] = ()
    """How long before the start it rings."""

    @property
    def takes_time(self) -> bool:
        return self.busy and self.status is not EventStatus.CANCELLED


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
    return stamped(content_bytes(event), event.sequence, event.changed_at)


def stamped(content: bytes, sequence: int, changed_at: datetime) -> bytes:
    """An event with which version it is and since when, in seconds; both follow from what it said before."""
    since = f"{changed_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    stamp = f"SEQUENCE:{min(sequence, MOST_SEQUENCE)}\r\nDTSTAMP:{since}\r\nLAST-MODIFIED:{since}\r\n"
    return _BEGIN + stamp.encode() + content


def content_bytes(event: DateEvent) -> bytes:
    """All of an event but its begin and its stamp."""
    properties = {
        "uid": event.uid,
        "dtstart": event.day or event.starts_at,
        "dtend": event.day + timedelta(days=1) if event.day else event.ends_at,
        "status": event.status.value,
        "transp": "OPAQUE" if event.takes_time else "TRANSPARENT",
        "x-microsoft-cdo-busystatus": _busyness(event),
        "class": "PRIVATE" if event.private else "",
        "location": vText(one_line(event.place)),
        "categories": vText(one_line(event.category)),
        "color": event.colour,
        "url": event.url,
        "description": vText("\n".join(map(one_line, printable(event.description).split("\n")))),
    }
    item = icalendar.Event()
    item.add("summary", vText(one_line(event.title)))
    for name, value in properties.items():
        if value:
            item.add(name, value)
    for before in event.alarms:
        item.add_component(_alarm(before, event.title))
    return bytes(item.to_ical()).removeprefix(_BEGIN)


def _busyness(event: DateEvent) -> str:
    if not event.takes_time:
        return "FREE"
    return "TENTATIVE" if event.status is EventStatus.TENTATIVE else "BUSY"


def _alarm(before: timedelta, title: str) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -before)
    alarm.add("description", vText(one_line(title)))
    return alarm
