"""A browser for tests: it reads every page it gets, finds fault with it, and fills in the forms that are there."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from werkzeug.test import TestResponse

from tests.make import Someone
from volunteer.accounts import service as accounts
from volunteer.clock import now
from volunteer.storage.database import db, write


class Browser:
    """A phone of somebody, or of a stranger. Keeps cookies, follows redirects, checks pages."""

    def __init__(self, app: Flask, someone: Someone | None, locale: str) -> None:
        self.client = app.test_client()
        self.locale = locale
        if someone:
            secret = write(lambda: accounts.add_device(someone.id, "test", now()))
            with self.client.session_transaction(base_url=BASE) as session:
                session["_user_id"] = secret

    def get(self, path: str, *, status: int = 200) -> "Page":
        """Open a page, following redirects."""
        return self._page(self._send(self.client.get, path, **self._how()), status)

    def post(self, path: str, *, status: int = 200, referrer: str = "/", **fields: Any) -> "Page":
        """Post without a form, as a tool would, but with a right token."""
        how = self._how(referrer)
        fields["csrf_token"] = self._token()
        return self._page(self._send(self.client.post, path, data=fields, **how), status)

    def _token(self) -> str:
        html = self._send(self.client.get, "/me/password", **self._how()).text
        found = BeautifulSoup(html, "html.parser").find("input", {"name": "csrf_token"})
        assert isinstance(found, Tag)
        return str(found["value"])

    def _send(self, method: Callable[..., TestResponse], *args: Any, **how: Any) -> TestResponse:
        """Every request in a context of its own, or it would share the test's session and log-in."""
        return Context().run(method, *args, **how)

    def _how(self, referrer: str = "/") -> dict[str, Any]:
        headers = {"Accept-Language": self.locale, "Referer": BASE + referrer}
        return {"base_url": BASE, "headers": headers, "follow_redirects": True}

    def _page(self, response: TestResponse, status: int) -> "Page":
        db.session.rollback()
        db.session.expire_all()  # the test's own view of the data starts anew
        assert response.status_code == status, f"{response.status_code}, not {status}:\n{response.text[:2000]}"
        return Page(self, response)


Open = Callable[..., Browser]
BASE = "https://volunteers.example.org"


@dataclass
class Page:
    """A page as a person reads it."""

    browser: Browser
    response: TestResponse

    def __post_init__(self) -> None:
        if self.response.mimetype == "text/html":
            self.soup = BeautifulSoup(self.response.text, "html.parser")
            check(self.soup)

    @property
    def text(self) -> str:
        return " ".join(self.soup.get_text(" ").split())

    @property
    def path(self) -> str:
        return self.response.request.path

    @property
    def errors(self) -> list[str]:
        """What the page complains about."""
        return [" ".join(tag.get_text(" ").split()) for tag in self.soup.select('[role="alert"]')]

    @property
    def news(self) -> list[str]:
        """What the page reports."""
        return [" ".join(tag.get_text(" ").split()) for tag in self.soup.select('[role="status"]')]

    def card(self, occurrence_id: int) -> Tag:
        """The element that carries a date's data."""
        found = self.soup.select_one(f'[data-occurrence="{occurrence_id}"]')
        assert found, f"no date {occurrence_id} on {self.path}"
        return found

    def value(self, name: str) -> str:
        """What stands in a field."""
        field = self.soup.select_one(f'[name="{name}"]')
        assert field, f"no field {name} on {self.path}"
        return _value(field) or ""

    def submit(self, to: str, /, *, status: int = 200, **fields: Any) -> "Page":
        """Fill in and send the form whose address ends with `to`; what is not given stays as it is."""
        form = next((f for f in self.soup.find_all("form") if str(f.get("action", "")).endswith(to)), None)
        assert form, f"no form to {to} on {self.path}"
        filled = {str(f["name"]): v for f in form.select("[name]") if (v := _value(f)) is not None}
        filled |= {name: str(value) for name, value in fields.items()}
        how = self.browser._how(self.path)
        response = self.browser._send(self.browser.client.post, str(form["action"]), data=filled, **how)
        return self.browser._page(response, status)


def _value(field: Tag) -> str | None:
    """What a browser would send of this field; None for nothing."""
    if field.name == "textarea":
        return field.get_text().removeprefix("\r\n")  # as a browser does with the first one
    if field.name == "select":
        chosen = field.select_one("option[selected]") or field.select_one("option")
        return str(chosen["value"]) if chosen else None
    if field.name == "button" or (field.get("type") in ("checkbox", "radio") and not field.has_attr("checked")):
        return None
    return str(field.get("value", ""))


def check(soup: BeautifulSoup) -> None:
    """What holds of every page."""
    assert soup.title and soup.title.get_text(strip=True), "a page needs a title"
    assert len(soup.find_all("h1")) == 1, "a page has exactly one h1"
    html = soup.find("html")
    assert isinstance(html, Tag) and html.get("lang"), "a page says its language"
    assert soup.find("meta", {"name": "viewport"}), "a page fits a phone"
    assert not soup.select("[style], style, script:not([src]), [onclick], [onsubmit], [onchange]"), "inline code"
    ids = [str(tag["id"]) for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids)), f"an id stands twice: {sorted(i for i in ids if ids.count(i) > 1)}"
    for form in soup.find_all("form"):
        assert form.get("action"), "a form says where it goes"
        if str(form.get("method", "get")).lower() == "post":
            assert form.select_one('[name="csrf_token"][value]'), f"the form to {form['action']} has no token"
    for field in soup.select("input:not([type=hidden]):not([type=submit]), select, textarea"):
        labelled = field.get("aria-label") or field.find_parent("label") or field.get("aria-labelledby")
        assert labelled or soup.select_one(f'label[for="{field.get("id")}"]'), f"no label for {field}"
    for image in soup.find_all("img"):
        assert image.has_attr("alt"), "an image without words"
    for button in soup.select("button, a"):
        assert button.get_text(strip=True) or button.get("aria-label"), f"a button without words: {button}"
