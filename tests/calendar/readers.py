"""Five independent readers of calendar files, and what each of them makes of a file."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed, so ical.js reads nothing")

Event = dict[str, object]


def by_icalendar(files: Sequence[bytes]) -> list[list[Event]]:
    return [[_of_icalendar(item) for item in icalendar.Calendar.from_ical(file).walk("VEVENT")] for file in files]


def _of_icalendar(item: icalendar.Event) -> Event:
    return {
        "uid": str(item["UID"]),
        "sequence": int(item["SEQUENCE"]),
        "title": str(item["SUMMARY"]),
        "place": str(item.get("LOCATION", "")),
        "status": str(item["STATUS"]),
        "starts_at": item["DTSTART"].dt,
        "ends_at": item["DTEND"].dt,
        "changed_at": item["DTSTAMP"].dt,
        "description": str(item.get("DESCRIPTION", "")),
    }


def by_vobject(files: Sequence[bytes]) -> list[list[Event]]:
    found = (vobject.readOne(file.decode()).contents.get("vevent", []) for file in files)
    return [[_of_vobject(item) for item in items] for items in found]


def _of_vobject(item: vobject.base.Component) -> Event:
    def value(name: str) -> str:
        return str(item.contents[name][0].value) if name in item.contents else ""

    return {
        "uid": value("uid"),
        "sequence": int(value("sequence")),
        "title": value("summary"),
        "place": value("location"),
        "status": value("status"),
        "starts_at": item.dtstart.value,
        "ends_at": item.dtend.value,
        "changed_at": item.dtstamp.value,
        "description": value("description"),
    }


def by_icaljs(files: Sequence[bytes]) -> list[list[Event]]:
    """Needs node; reads all the files in one go."""
    script = Path(__file__).with_name("icaljs.cjs")
    asked = json.dumps([file.decode() for file in files])
    answer = subprocess.run(["node", script], input=asked, capture_output=True, text=True, check=True).stdout
    return [[_of_icaljs(event) for event in events] for events in json.loads(answer)]


def _of_icaljs(event: Event) -> Event:
    moments = {name: _moment(str(event[name])) for name in ("starts_at", "ends_at", "changed_at")}
    return event | moments


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def by_home_assistant(files: Sequence[bytes]) -> list[list[Event]]:
    """As Home Assistant's calendar reads them."""
    stream = pytest.importorskip("ical.calendar_stream", reason="ical, Home Assistant's reader, is not installed")
    return [
        [_of_home_assistant(event) for event in stream.IcsCalendarStream.calendar_from_ics(file.decode()).events]
        for file in files
    ]


def _of_home_assistant(event: Any) -> Event:
    return {
        "uid": event.uid,
        "sequence": event.sequence,
        "title": event.summary,
        "place": event.location or "",
        "status": event.status.value,
        "starts_at": event.dtstart,
        "ends_at": event.dtend,
        "changed_at": event.dtstamp,
        "description": event.description or "",
    }


_APPOINTMENT = re.compile(r"(\S+ @ \S+) -> (\S+ @ \S+?)(?:>\S+ )?[|!](.*)")


def by_calcurse(file: bytes) -> list[tuple[str, datetime, datetime]]:
    """Titles and times of what calcurse, a terminal's calendar, takes over from a file; in order of time."""
    with tempfile.TemporaryDirectory(prefix="volunteer-calcurse-") as folder:
        path = Path(folder, "feed.ics")
        path.write_bytes(file)
        taking = ["calcurse", "-q", "-D", folder, "-i", str(path)]
        environment = os.environ | {"TZ": "UTC", "LC_ALL": "C.UTF-8"}
        subprocess.run(taking, check=True, capture_output=True, env=environment)
        found = Path(folder, "apts").read_text(encoding="utf-8").splitlines()
    lines = [_APPOINTMENT.fullmatch(line) for line in found]
    return sorted((line[3], _calcurse_moment(line[1]), _calcurse_moment(line[2])) for line in lines if line)


def _calcurse_moment(text: str) -> datetime:
    return datetime.strptime(text, "%m/%d/%Y @ %H:%M").replace(tzinfo=UTC)
