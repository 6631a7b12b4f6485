"""A calendar app for tests: fetches feeds as calendars do, and reads them with two independent readers."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

import icalendar
import vobject
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.make import Someone
from tests.pages import BASE, Open
from tests.papers.test_ics import check_bytes
from volunteer.calendar.subscriptions import PURPOSE
from volunteer.storage.database import db
from volunteer.web import tokens

SEEN = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "STATUS")
"""What a reader of a calendar notices."""


def addresses(browser: Open, someone: Someone) -> dict[str, str]:
    """The addresses on somebody's settings page, by what they hold; without those revoked."""
    page = browser(someone).get("/me/settings")
    return {
        str(card["data-feed"]): str(field["value"])
        for card in page.soup.select("[data-feed]")
        for field in card.select("input[readonly]")
    }


def fetch(app: Flask, address: str, method: str = "GET", **headers: str) -> TestResponse:
    """One request by a calendar: no cookies, no log-in."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    path = address.removeprefix(BASE)
    client = app.test_client(use_cookies=False)
    return Context().run(client.open, path, method=method, base_url=BASE, headers=sent)


def read(body: bytes) -> dict[str, icalendar.Event]:
    """The dates in a file by UID, after checking that its bytes are right and another reader sees the same."""
    check_bytes(body)
    items = {str(item["UID"]): item for item in icalendar.Calendar.from_ical(body).walk("VEVENT")}
    others = {item.uid.value: item for item in vobject.readOne(body.decode()).contents.get("vevent", [])}
    assert list(items) == list(others)
    for uid, item in items.items():
        other = others[uid]
        assert item["DTSTART"].dt == other.dtstart.value and item["DTEND"].dt == other.dtend.value
        assert item["DTSTAMP"].dt == item["LAST-MODIFIED"].dt
        for name in ("SUMMARY", "STATUS", "TRANSP", "SEQUENCE", "DESCRIPTION", "URL"):
            assert str(item[name]) == other.contents[name.lower()][0].value
    return items


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement the database is asked in the meantime."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(" ".join(statement.split()))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def check_gone(app: Flask, address: str) -> None:
    """The one answer to everyone who may not read a feed."""
    response, unknown = fetch(app, address), fetch(app, f"/cal/{tokens.seal(PURPOSE, tokens.new_id())}.ics")
    assert (response.status_code, response.text) == (404, "Not found\n")
    assert (unknown.data, list(unknown.headers)) == (response.data, list(response.headers))
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


def unfolded(body: bytes) -> str:
    """The text of a file, its lines whole again."""
    return body.replace(b"\r\n ", b"").decode()


@dataclass
class Subscriber:
    """Somebody's calendar that watches one feed and holds it to its promises from fetch to fetch."""

    app: Flask
    address: str
    body: bytes = b""
    tag: str = ""
    known: dict[str, icalendar.Event] = field(default_factory=dict)

    def poll(self) -> dict[str, icalendar.Event]:
        """Fetch, and compare with everything fetched before."""
        response, again = fetch(self.app, self.address), fetch(self.app, self.address)
        assert response.status_code == 200
        assert (response.data, response.headers["ETag"]) == (again.data, again.headers["ETag"])
        conditional = fetch(self.app, self.address, If_None_Match=self.tag or '"never"')
        if response.data != self.body:
            assert response.headers["ETag"] != self.tag
            assert (conditional.status_code, conditional.data) == (200, response.data)
        items = read(response.data)
        for uid, item in items.items():
            self._compare(self.known.get(uid), item)
        self.known |= items
        self.body, self.tag = response.data, response.headers["ETag"]
        return items

    @staticmethod
    def _compare(before: icalendar.Event | None, after: icalendar.Event) -> None:
        if before is None:
            return
        assert after["SEQUENCE"] >= before["SEQUENCE"]
        assert after["DTSTAMP"].dt >= before["DTSTAMP"].dt
        if _seen(before) != _seen(after):
            assert after["SEQUENCE"] > before["SEQUENCE"]
            assert after["DTSTAMP"].dt > before["DTSTAMP"].dt


def _seen(item: icalendar.Event) -> list[Any]:
    return [item[name].to_ical() if name in item else None for name in SEEN]
