"""What a page remembers while somebody reads: it never waits for who writes, and never fails the page."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.calendar.subscriber import addresses, fetch
from tests.databases import holding
from tests.make import Someone, make_member, make_team
from tests.pages import Browser
from volunteer.calendar.models import Feed, FeedScope
from volunteer.storage.database import db

Open = Callable[..., Browser]
SINCE_HALF_A_SECOND = "SELECT FROM pg_locks WHERE waitstart < clock_timestamp() - interval '500 milliseconds'"
AT_ONCE = 0.5
"""Seconds a page may take on a busy machine; a write waits for ten."""


@pytest.fixture
def alice(app: Flask) -> Someone:
    return make_member(make_team())


def somebody_writes(app: Flask) -> AbstractContextManager[object]:
    """Nobody else can write to feeds during the body."""
    db.session.rollback()
    return holding(app.config["SETTINGS"].database_url, "LOCK TABLE feed IN EXCLUSIVE MODE")


def last_day(alice: Someone) -> object:
    db.session.rollback()
    return db.session.scalar(select(Feed.last_day).where(Feed.person_id == alice.id, Feed.scope == FeedScope.PERSON))


@pytest.mark.parametrize("known", [False, True], ids=["new", "unchanged"])
def test_the_first_fetch_of_the_day_comes_at_once_though_somebody_writes(
    app: Flask, browser: Open, alice: Someone, known: bool
) -> None:
    address = addresses(browser, alice)["person"]
    tag = fetch(app, address, "HEAD").headers["ETag"]
    headers = {"If_None_Match": tag} if known else {}
    db.session.execute(text("UPDATE feed SET last_day = NULL"))
    db.session.commit()
    with somebody_writes(app):
        asked = time.monotonic()
        answer = fetch(app, address, **headers)
        assert time.monotonic() - asked < AT_ONCE
    assert answer.status_code == (304 if known else 200)
    assert last_day(alice) is None
    fetch(app, address)
    assert last_day(alice) is not None


def test_who_opens_the_settings_for_the_first_time_while_somebody_writes_can_make_the_addresses_afterwards(
    app: Flask, browser: Open, alice: Someone
) -> None:
    phone = browser(alice)
    with somebody_writes(app):
        asked = time.monotonic()
        page = phone.get("/me/settings")
        assert time.monotonic() - asked < AT_ONCE
    assert not page.soup.select("[data-feed] input[readonly]")
    assert "This calendar has no address at present." in page.text
    page = page.submit("/person/rotate")
    assert page.news and page.soup.select('[data-feed="person"] input[readonly]')
    assert list(addresses(browser, alice)) == ["person", "team", "public"]


def test_nothing_is_written_in_passing_while_others_wait_for_each_other(
    app: Flask, browser: Open, alice: Someone
) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("whom others wait for there, it waits for too")
    address = addresses(browser, alice)["person"]
    url, locking = app.config["SETTINGS"].database_url, "SELECT FROM team FOR UPDATE"
    db.session.rollback()
    with ExitStack() as until_released, holding(url, locking), psycopg.connect(url, autocommit=True) as onlooker:
        waiting = until_released.enter_context(psycopg.connect(url))
        thread = threading.Thread(target=waiting.execute, args=[locking])
        thread.start()
        until_released.callback(thread.join)
        while onlooker.execute(SINCE_HALF_A_SECOND).fetchone() is None:
            assert thread.is_alive()
        fetch(app, address)
        assert last_day(alice) is None
    fetch(app, address)
    assert last_day(alice) is not None


def test_whoever_writes_next_on_that_connection_waits_as_long_as_ever(
    app: Flask, browser: Open, alice: Someone
) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("on PostgreSQL it ends with the transaction")
    address = addresses(browser, alice)["person"]
    with somebody_writes(app):
        fetch(app, address)
    assert db.session.scalar(text("PRAGMA busy_timeout")) == 10_000
