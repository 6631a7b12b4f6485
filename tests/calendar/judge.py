"""A judge of calendars from fetch to fetch, and two calendar apps that look at one mark of an event only."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import icalendar
from flask import Flask

from tests.calendar.subscriber import fetch, unfolded

LOOK = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "STATUS")
"""What people notice of a date."""
_EVENT = re.compile(r"BEGIN:VEVENT\r\n.*?END:VEVENT\r\n", re.DOTALL)
_STAMP = re.compile(r"^(?:SEQUENCE|DTSTAMP|LAST-MODIFIED):.*\r\n", re.MULTILINE)


@dataclass(frozen=True)
class Seen:
    """An event as it was served."""

    text: str
    sequence: int
    modified: datetime
    look: tuple[str, ...]

    @property
    def content(self) -> str:
        return _STAMP.sub("", self.text)


def events(body: bytes) -> dict[str, Seen]:
    """What a file says, by UID."""
    found = {}
    for text in _EVENT.findall(unfolded(body)):
        (item,) = icalendar.Calendar.from_ical(f"BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n").walk("VEVENT")
        assert item["DTSTAMP"].dt == item["LAST-MODIFIED"].dt
        look = tuple(item[name].to_ical().decode() if name in item else "" for name in LOOK)
        found[str(item["UID"])] = Seen(text, int(item["SEQUENCE"]), item["LAST-MODIFIED"].dt, look)
    return found


@dataclass
class Judge:
    """Watches one feed. by_time, by_sequence: what two apps show that take an event when that has risen."""

    app: Flask
    address: str
    body: bytes = b""
    tag: str = ""
    since: datetime | None = None
    known: dict[str, Seen] = field(default_factory=dict)
    by_time: dict[str, Seen] = field(default_factory=dict)
    by_sequence: dict[str, Seen] = field(default_factory=dict)

    def poll(self, *, may_be_late: bool = False) -> dict[str, Seen]:
        """Fetch as an app does that knows its last tag, and as one that does not. may_be_late: somebody writes."""
        conditional = fetch(self.app, self.address, If_None_Match=self.tag or '"never"')
        response = fetch(self.app, self.address)
        if may_be_late and response.status_code == 503:
            assert conditional.status_code in (304, 503) and int(response.headers["Retry-After"]) > 0
            return self.known
        assert response.status_code == 200
        same = response.data == self.body
        assert (response.headers["ETag"] == self.tag) == same
        assert conditional.status_code == (304 if same else 200) or may_be_late
        since = parsedate_to_datetime(response.headers["Last-Modified"])
        assert self.since is None or since >= self.since
        now = events(response.data)
        for uid, seen in now.items():
            if uid in self.known:
                compare(self.known[uid], seen)
        self.known |= now
        self.body, self.tag, self.since = response.data, response.headers["ETag"], since
        self._update_apps(now)
        return now

    def _update_apps(self, now: dict[str, Seen]) -> None:
        for uid, seen in now.items():
            if uid not in self.by_time or seen.modified > self.by_time[uid].modified:
                self.by_time[uid] = seen
            if uid not in self.by_sequence or seen.sequence > self.by_sequence[uid].sequence:
                self.by_sequence[uid] = seen
            assert self.by_time[uid] == seen
            assert self.by_sequence[uid].look == seen.look


def compare(before: Seen, after: Seen) -> None:
    """The promise of every feed about every event."""
    assert (after.sequence > before.sequence) == (after.look != before.look), (before, after)
    if after.text != before.text:
        assert after.modified >= before.modified + timedelta(seconds=1), (before, after)
        assert after.content != before.content, "nothing but its stamp has changed"
