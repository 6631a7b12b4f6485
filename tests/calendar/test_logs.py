"""No line a server writes down opens a calendar to whoever reads it."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import text

from tests.calendar.subscriber import addresses
from tests.make import make_member, make_team
from tests.pages import Open
from tests.server import Phone, serving
from volunteer.storage.database import db
from volunteer.web import tokens


@contextmanager
def without_feeds() -> Iterator[None]:
    """The service as it is when something is badly wrong with its database."""

    def rename(old: str, new: str) -> None:
        db.session.remove()
        with db.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    rename("feed", "feed_away")
    try:
        yield
    finally:
        rename("feed_away", "feed")


def test_a_server_that_fails_writes_down_no_address(
    app: Flask, browser: Open, capfd: pytest.CaptureFixture[str]
) -> None:
    address = addresses(browser, make_member(make_team()))["person"]
    path = "/cal/" + address.rpartition("/")[2]
    db.session.remove()
    with serving(app) as port:
        assert Phone(port).get(path)[0] == 200
        with without_feeds():
            assert Phone(port).get(path)[0] == 500
        assert Phone(port).get(path + "x")[0] == 404
    written = "".join(capfd.readouterr())
    assert re.search(r"Exception on /cal/[a-z2-7]{16}-\*\*\*\.ics \[GET\]", written)
    assert "Traceback" in written
    signature = path.partition("-")[2].removesuffix(".ics")
    assert signature not in written


@pytest.mark.parametrize("name", ["volunteer", "gunicorn.error", "gunicorn.access", "werkzeug"])
def test_whichever_part_of_the_server_writes_it_down(app: Flask, name: str, caplog: pytest.LogCaptureFixture) -> None:
    token = tokens.seal("feed", tokens.new_id())
    logger = logging.getLogger(name)
    with caplog.at_level(logging.INFO, logger=name):
        caplog.handler.setFormatter(logging.Formatter("%(message)s"))
        logger.addHandler(caplog.handler)
        try:
            logger.info('"GET %s HTTP/1.1" 200', f"/cal/{token}.ics")
            try:
                raise ValueError(token)
            except ValueError:
                logger.exception("failed for %(who)s", {"who": token.upper()})
        finally:
            logger.removeHandler(caplog.handler)
    assert f"/cal/{token[:16]}-***.ics" in caplog.text and "ValueError" in caplog.text
    assert token[17:] not in caplog.text.lower()
