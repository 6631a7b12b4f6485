"""Three independent readers of calendar files, and what each of them makes of a file."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

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
