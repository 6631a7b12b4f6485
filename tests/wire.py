"""Answers as they come over the wire: redirects are not followed and pages not judged."""

from contextvars import Context
from typing import Any

from werkzeug.test import TestResponse

from tests.pages import BASE, Browser
from volunteer.papers.tables.handed_in import read_sheet
from volunteer.storage.database import db


def send(browser: Browser, method: str, path: str, *, token: bool = True, **how: Any) -> TestResponse:
    """One request of this browser; a POST carries a right token unless told otherwise."""
    how.setdefault("base_url", BASE)
    how.setdefault("headers", {"Accept-Language": browser.locale, "Referer": BASE + "/"})
    if method == "POST" and token:
        how["data"] = {**how.get("data", {}), "csrf_token": browser._token()}
    answer = Context().run(browser.client.open, path, method=method, buffered=True, **how)
    db.session.rollback()  # the test's own view of the data starts anew
    return answer


def read_rows(data: bytes) -> list[list[str]]:
    """The rows of a list taken away, the headings first, read as what people hand in is."""
    rows = [list(row.cells) for row in read_sheet(data).rows]
    return [row + [""] * (len(rows[0]) - len(row)) for row in rows]
