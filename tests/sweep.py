"""Finds the forms of the application with all their fields, and sends them with one field that says something odd.

A form is whatever answers a POST. Its fields are what its page has and what its view asks for, so none is listed.
"""

import re
from collections.abc import Iterator, Mapping
from contextvars import Context
from dataclasses import dataclass
from html import unescape
from typing import Any

from bs4 import BeautifulSoup
from flask import Flask, Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.test import TestResponse

from tests.make import Someone
from tests.odd_values import SENDINGS, UNREADABLE
from tests.pages import BASE, Browser, _value

USERS = ("stranger", "member", "person", "leader", "administrator")
"""In the order in which they try whether a form is theirs to use."""
NO_CONTENT = {"csrf_token", "write_key"}
LONG = 8
"""A form with more fields takes seconds when each of them says everything."""
LONGEST_ADDRESS = 4000
"""No web server takes a longer one."""

_asked_for: set[str] = set()


class _Watched(ImmutableMultiDict[str, str]):
    """Fields that came with a request; notes which ones it is asked for."""

    def __getitem__(self, name: str) -> str:
        _asked_for.add(name)
        return super().__getitem__(name)

    def getlist(self, name: str, *how: Any) -> list[Any]:
        _asked_for.add(name)
        return super().getlist(name, *how)

    def __contains__(self, name: object) -> bool:
        _asked_for.add(str(name))
        return super().__contains__(name)


class WatchedRequest(Request):
    parameter_storage_class = _Watched


@dataclass
class Form:
    """A form, or a page with questions in its address, and somebody who may use it.

    typed: what they send. names: of all its fields. on_page: of those one sees. answer: to what they send.
    """

    sweep: "Sweep"
    who: str
    method: str
    path: str
    typed: dict[str, str]
    names: set[str]
    on_page: set[str]
    answer: TestResponse

    def complaints(self, *, thin: bool) -> Iterator[str]:
        """What is wrong with the answers when one field after the other says something odd.

        thin: where all forms have the same field, or one has many alike, a third of the values for each, and another
        third for the next.
        """
        for n, name in enumerate(sorted(self.names)):
            step = 3 if thin and (name in NO_CONTENT or len(self.names) > LONG) else 1
            for what in [*SENDINGS][n % step :: step]:
                if wrong := self._complaint(name, what):
                    yield f"{self.method} {self.path}, {name} is {what}: {wrong}"

    def _complaint(self, name: str, what: str) -> str:
        others = {other: text for other, text in self.typed.items() if other != name}
        how = SENDINGS[what](others, name)
        if self.method == "GET":
            how = {"query_string": how.get("data", b"")[:LONGEST_ADDRESS].decode("latin1")}
        answer = self.sweep.send(self.who, self.method, self.path, **how)
        wanted = UNREADABLE.get(what) if self.method == "POST" else None
        if answer.status_code >= 500 or wanted not in (None, answer.status_code):
            return str(answer.status_code)
        if answer.status_code != 422 or what == "JSON":  # of which nothing is read either
            return ""
        shown = _fields_in(answer.text)
        kept = self.on_page & others.keys() - NO_CONTENT
        lost = sorted(other for other in kept if shown.get(other, "") not in (others[other], _PASSWORD))
        return f"{', '.join(lost)} lost" if lost else ""

    def is_refused(self) -> bool:
        """Did the form come back, or the next page begin with an error?"""
        return self.answer.status_code == 422 or any(kind == "error" for kind, _ in self.sweep.told_by(self.answer))


class Sweep:
    """Everybody's browsers."""

    def __init__(self, app: Flask, people: Mapping[str, Someone | None]) -> None:
        self.client = app.test_client(use_cookies=False)
        self.keys = {who: _keys_of(Browser(app, people[who], "en")) for who in USERS}

    def send(self, who: str, method: str, path: str, **how: Any) -> TestResponse:
        headers = {"Cookie": self.keys[who][0], "Referer": BASE + "/", "Accept-Language": "en"}
        how = {"base_url": BASE, "buffered": True, **how, "headers": headers | how.get("headers", {})}
        return Context().run(self.client.open, path, method=method, **how)

    def told_by(self, answer: TestResponse) -> list[tuple[str, str]]:
        """The messages an answer leaves for the next page."""
        cookies = (one.partition(";")[0].partition("=") for one in answer.headers.getlist("Set-Cookie"))
        cookie = next((value for name, _, value in cookies if name == "session"), "")
        app = self.client.application
        session = app.session_interface.get_signing_serializer(app).loads(cookie) if cookie else {}
        return session.get("_flashes", [])

    def form(self, method: str, path: str, typed: Mapping[str, object]) -> Form:
        """The form at an address, in the hands of the first who may use it."""
        return next(form for who in USERS if (form := self._form_of(who, method, path, typed)))

    def _form_of(self, who: str, method: str, path: str, typed: Mapping[str, object]) -> Form | None:
        seen, sent = {}, {name: str(value) for name, value in typed.items()}
        if method == "POST":
            seen = self._fields_at(path, who)
            sent = seen | sent | {"csrf_token": self.keys[who][1], "write_key": "a-key-of-its-own"}
        _asked_for.clear()
        answer = self.send(who, method, path, **{"data" if method == "POST" else "query_string": sent})
        sent_away = who == "stranger" and (answer.location or "").startswith("/login")
        if sent_away or answer.status_code in (403, 404):
            return None
        return Form(self, who, method, path, sent, _asked_for | seen.keys(), {*seen}, answer)

    def _fields_at(self, path: str, who: str) -> dict[str, str]:
        to_read = re.sub("/sheet$", "/sheet/rows", path)  # its own address is the paper
        page = BeautifulSoup(self.send(who, "GET", to_read).text, "html.parser")
        forms = [form for form in page.find_all("form") if form.get("action") == path]
        fields = [field for form in forms[:1] for field in form.select(_FIELDS)]
        return {str(field["name"]): _value(field) or "" for field in fields}


_FIELDS = "input:not([type=radio]:not([checked])), select, textarea"


def _keys_of(browser: Browser) -> tuple[str, str]:
    """Somebody's cookie, and the token that belongs to it."""
    token = browser._token()
    cookie = browser.client.get_cookie("session", BASE.partition("//")[2])
    assert cookie
    return f"session={cookie.value}", token


_PASSWORD = "a password, which no page repeats"


def _fields_in(page: str) -> dict[str, str]:
    """The fields of a page of ours and what stands in them; by hand, because it reads thousands."""
    found: dict[str, str] = {}
    for tag in re.finditer(r'<(input|select|textarea)\b[^>]*\bname="([^"]*)"[^>]*>', page):
        if 'type="radio"' in tag[0] and " checked" not in tag[0]:
            continue
        inside = page[tag.end() : page.find(f"</{tag[1]}>", tag.end())]
        found.setdefault(tag[2], unescape(_said(tag[0], inside)))
    return found


def _said(tag: str, inside: str) -> str:
    if tag.startswith("<textarea"):
        return inside.removeprefix("\r\n")
    if 'type="password"' in tag:
        return _PASSWORD
    if 'type="checkbox"' in tag and " checked" not in tag:
        return ""
    chosen = re.search(r"<option\b[^>]*\bselected\b[^>]*>", inside) if tag.startswith("<select") else None
    value = re.search(r'\bvalue="([^"]*)"', chosen[0] if chosen else tag)
    return value[1] if value else ""
